// Fleet percentiles: one metric, filtered and grouped, at any quantile.
import { html, useEffect, useMemo, useState } from "./htm.js";
import * as api from "./api.js";
import { Chart, colour } from "./chart.js";
import { duration, number, quantile, rangeSeconds } from "./format.js";
import { GRID, cells, column, nearest, read } from "./quantiles.js";
import { Figure, Remarks, Table, Trouble, useAnswer } from "./shared.js";

const RANGES = ["15m", "1h", "6h", "1d", "1w", "4w"];
const POINTS = 120;
const MAX_LINES = 10;
const WEEK = 7 * 86400;

// Whole intervals, so that each column holds whole rows.
export function stepOf(range, interval) {
  return Math.max(interval, Math.ceil(range / POINTS / interval) * interval);
}

export function question(state, step, by) {
  const grouping = by.length > 0 ? ` by (${by.map((label) => JSON.stringify(label)).join(", ")})` : "";
  return `quantile([${GRID.join(", ")}], ${api.selector(state.metric, state.filters)}[${step}s])${grouping}`;
}

function ask(state, interval, signal) {
  const seconds = rangeSeconds(state.range);
  const step = stepOf(seconds, interval);
  const align = step >= 3600 ? 3600 : step >= 60 ? 60 : interval;  // rows of a minute and of an hour end so
  const end = Math.floor((state.end ? Date.parse(state.end) / 1000 : Date.now() / 1000 - interval) / align) * align;
  const start = end - seconds + step;
  const by = state.by ? state.by.split(",") : [];
  const shift = state.compare === "week" ? WEEK : 0;
  return Promise.all([
    api.range(question(state, step, by), start, end, step, signal),
    by.length > 0 ? api.range(question(state, step, []), start, end, step, signal) : undefined,
    shift ? api.range(question(state, step, by), start - shift, end - shift, step, signal) : undefined,
  ]).then(([grouped, whole, before]) => ({
    step, from: start - step, to: end,
    groups: read(grouped.data.result),
    whole: read((whole || grouped).data.result),
    before: before && read(before.data.result.map((series) => ({ ...series, values: series.values.map(([t, v]) => [t + shift, v]) }))),
    warnings: [...new Set([grouped, whole, before].filter(Boolean).flatMap((answer) => answer.warnings))],
    infos: grouped.infos,
  }));
}

function Filters({ state, change, labels }) {
  const [label, setLabel] = useState("");
  const values = useAnswer((signal) => (label ? api.values(state.metric, label, signal) : Promise.resolve([])), [state.metric, label]);
  const add = (value) => {
    if (value) change({ filters: [...state.filters, `${label}=${value}`] });
    setLabel("");
  };
  return html`<div class="field wide"><span id="filters">Only where</span><div class="chips" role="group" aria-labelledby="filters">
    ${state.filters.map((filter) => html`<span class="chip">${filter}
      <button aria-label=${`remove ${filter}`} onClick=${() => change({ filters: state.filters.filter((one) => one !== filter) })}>×</button></span>`)}
    <select aria-label="filter by label" value=${label} onChange=${(event) => setLabel(event.target.value)}>
      <option value="">add a filter…</option>${labels.map((name) => html`<option value=${name}>${name}</option>`)}</select>
    ${label && html`<select aria-label=${`value of ${label}`} value="" onChange=${(event) => add(event.target.value)}>
      <option value="">${values.busy ? "…" : "is…"}</option>${(values.value || []).map((value) => html`<option value=${value}>${value}</option>`)}</select>`}
  </div></div>`;
}

function Groups({ state, change, labels }) {
  const by = state.by ? state.by.split(",") : [];
  const toggle = (label) => change({ by: (by.includes(label) ? by.filter((one) => one !== label) : [...by, label]).join(",") });
  return html`<div class="field wide"><span id="groups">One line for each</span><div class="chips" role="group" aria-labelledby="groups">
    ${labels.length === 0 && html`<span>no tags</span>`}
    ${labels.map((label) => html`<button class="chip" aria-pressed=${String(by.includes(label))} onClick=${() => toggle(label)}>${label}</button>`)}
  </div></div>`;
}

function MetricPicker({ state, change, names }) {
  const [text, setText] = useState(state.metric);
  useEffect(() => setText(state.metric), [state.metric]);
  const pick = (value) => {
    setText(value);
    if ((names.value || []).includes(value)) change({ metric: value, filters: [], by: "" });
  };
  return html`<label class="wide">Metric
    <input list="metrics" value=${text} placeholder="api.latency" spellcheck="false" autocomplete="off"
      onInput=${(event) => pick(event.target.value)} onKeyDown=${(event) => event.key === "Enter" && change({ metric: text, filters: [], by: "" })} />
    <datalist id="metrics">${(names.value || []).map((name) => html`<option value=${name} />`)}</datalist></label>`;
}

function Controls({ state, change, names, labels }) {
  const at = nearest(Number(state.q));
  return html`<section class="panel" aria-label="what is asked"><div class="controls">
    <${MetricPicker} ...${{ state, change, names }} />
    <label>Over the last<select onChange=${(event) => change({ range: event.target.value })}>
      ${RANGES.map((range) => html`<option value=${range} selected=${range === state.range}>${range}</option>`)}</select></label>
    <label>Quantile: ${quantile(GRID[at])}
      <input type="range" id="quantile" min="0" max=${GRID.length - 1} value=${at} aria-valuetext=${quantile(GRID[at])}
        onInput=${(event) => change({ q: String(GRID[event.target.value]) }, true)} /></label>
    <${Filters} ...${{ state, change, labels }} />
    <${Groups} ...${{ state, change, labels }} />
    <label class="check"><input type="checkbox" checked=${state.compare === "week"}
      onChange=${(event) => change({ compare: event.target.checked ? "week" : "" })} />Compare with a week ago</label>
  </div></section>`;
}

function linesOf(answer, q) {
  const lines = answer.groups.groups.slice(0, MAX_LINES).map((group, i) => ({ label: group.name, values: column(group, q), colour: colour(i) }));
  if (!answer.before) return { times: answer.groups.times, lines };
  // The week before may have other columns: those of now count.
  const place = new Map(answer.before.times.map((time, i) => [time, i]));
  answer.before.groups.slice(0, MAX_LINES).forEach((group) => {
    const values = column(group, q);
    const twin = lines.findIndex((line) => line.label === group.name);
    lines.push({ label: `${group.name}, a week ago`, colour: colour(Math.max(0, twin)), dash: [5, 5],
      values: answer.groups.times.map((time) => (place.has(time) ? values[place.get(time)] : null)) });
  });
  return { times: answer.groups.times, lines };
}

const last = (values) => values.reduce((found, value) => (value === null ? found : value), null);

function Answer({ answer, state, theme }) {
  const q = Number(state.q);
  const { times, lines } = useMemo(() => linesOf(answer, q), [answer, q]);
  const heat = useMemo(() => cells(answer.whole, answer.step), [answer]);
  const whole = answer.whole.groups[0];
  if (!whole) {
    return html`<div class="notice"><p>No samples of <code>${state.metric}</code> in this time${state.filters.length > 0 ? " with these filters" : ""}.
      Widen the time, or take a filter away.</p></div>`;
  }
  const rungs = [0.5, 0.9, 0.99].map((at, i) => ({ label: quantile(at), values: column(whole, at), colour: colour([9, 4, 1][i]) }));
  return html`
    <section class="panel"><h2>${quantile(GRID[nearest(q)])} of ${state.metric} <small>each point from ${duration(answer.step)} of samples, merged over the fleet</small></h2>
      <${Chart} ...${{ times, lines, from: answer.from, to: answer.to, onTheme: theme }} />
      ${answer.groups.groups.length > MAX_LINES && html`<p class="infos">${MAX_LINES} of ${answer.groups.groups.length} groups are drawn; all are in the table.</p>`}
      <${Remarks} infos=${answer.infos} /></section>
    <section class="panel"><h2>Where all samples lie <small>the stronger the colour, the more of the fleet’s samples</small></h2>
      <${Chart} times=${answer.whole.times} lines=${rungs} heat=${heat} from=${answer.from} to=${answer.to} onTheme=${theme} /></section>
    <section class="panel"><h2>Now <small>the last ${duration(answer.step)}</small></h2>
      <div class="figures">${[0.5, 0.9, 0.95, 0.99, 0.999].map((at) => html`<${Figure} name=${quantile(at)} value=${number(last(column(whole, at)))} />`)}</div></section>
    ${answer.groups.groups.length > 1 && html`<section class="panel"><h2>Each group, worst first</h2>
      <${Table} rows=${[...answer.groups.groups].sort((a, b) => last(column(b, q)) - last(column(a, q)))}
        columns=${[{ title: "group", cell: (group) => group.name }, ...[0.5, 0.9, 0.99, q].filter((at, i, all) => all.indexOf(at) === i)
          .map((at) => ({ title: quantile(at), number: true, cell: (group) => number(last(column(group, at))) }))]} /></section>`}`;
}

export function Fleet({ state, change, interval, theme }) {
  const names = useAnswer(api.names, []);
  const labels = useAnswer((signal) => (state.metric ? api.labels(state.metric, signal) : Promise.resolve([])), [state.metric]);
  const every = state.end ? 0 : Math.max(10, stepOf(rangeSeconds(state.range), interval));
  const answer = useAnswer((signal) => (state.metric ? ask(state, interval, signal) : Promise.resolve(null)),
    [state.metric, state.filters.join("\n"), state.by, state.range, state.end, state.compare, interval], every);
  const pick = (name) => () => change({ metric: name, filters: [], by: "" });
  return html`
    <${Controls} state=${state} change=${change} names=${names} labels=${labels.value || []} />
    <${Trouble} error=${names.error || labels.error || answer.error} retry=${() => [names, labels, answer].forEach((one) => one.retry())} />
    ${answer.value && html`<${Remarks} warnings=${answer.value.warnings} />`}
    ${!state.metric && !names.error && html`<section class="panel"><h2>Which metric?</h2>
      ${names.busy && html`<p class="infos">Looking which there are…</p>`}
      ${!names.busy && (names.value || []).length === 0 && html`<p>Nothing has been committed yet. Send something:
        <code>tributary emit timer api.latency 12</code>, and look again after an interval.</p>`}
      <div class="chips">${(names.value || []).slice(0, 60).map((name) => html`<button class="chip" onClick=${pick(name)}>${name}</button>`)}</div></section>`}
    ${state.metric && !answer.value && answer.busy && html`<p class="infos" role="status">Asking the fleet…</p>`}
    ${state.metric && answer.value && html`<div class=${answer.busy ? "busy" : ""}><${Answer} ...${{ answer: answer.value, state, theme }} /></div>`}`;
}
