// Capacity: who is near a limit, what is to come, and whether a launch fits.
import { html, useEffect, useMemo, useState } from "./htm.js";
import * as api from "./api.js";
import { Chart, colour } from "./chart.js";
import { duration, number, share } from "./format.js";
import { Figure, Remarks, Table, Trouble, inTurn, useAnswer } from "./shared.js";

const WINDOWS = ["1h", "1d", "7d", "28d"];
const HORIZONS = ["1d", "7d", "14d", "28d"];
const LENGTHS = ["10m", "1h", "2h", "6h", "24h"];
const SETTLE_MS = 350;  // a slider moves many times a second, and each answer is a simulation
const NEAR = 1.2;       // of its load until the limit

const times = (factor) => (factor === null ? "–" : `${number(factor)} ×`);
const resource = (row) => (row.instance ? `${row.resource} ${row.instance}` : row.resource);
const nearness = (multiplier) => (multiplier === null ? "" : multiplier < 1 ? "bad-text" : multiplier < NEAR ? "warn-text" : "good");
const Notes = ({ notes }) => (notes || []).map((text) => html`<p class="infos">${text}</p>`);
const select = (label, value, options, change) => html`<label>${label}<select onChange=${(event) => change(event.target.value)}>
  ${options.map((option) => html`<option value=${option} selected=${option === value}>${option || "all"}</option>`)}</select></label>`;

function daysToLimit(row) {
  if (row.days_to_limit === null) return "not in sight";
  return row.days_to_limit === 0 ? html`<span class="bad-text">reached</span>` : `${number(row.days_to_limit)} d`;
}

// How full at its peaks, with a mark at the limit.
function Level({ row }) {
  const part = Math.min(1, row.p95);
  return html`<svg width="110" height="10" role="img" aria-label=${`${share(row.p95)} of 100 %`}>
    <rect width="110" height="10" rx="3" fill="var(--line)" />
    <rect width=${110 * part} height="10" rx="3" fill=${row.p95 >= row.limit ? "var(--bad)" : "var(--accent)"} />
    <rect x=${110 * Math.min(1, row.limit) - 1} width="2" height="10" fill="var(--ink)" /></svg>`;
}

function Headroom({ answer, state, change }) {
  const { data } = answer;
  return html`<section class="panel"><h2>Headroom <small>the nearest to its limit first</small></h2>
    <p>${data.summary}</p>
    <div class="controls">${select("Service", state.service, ["", ...data.services], (service) => change({ service }))}
      ${select("For each", state.each, ["host", "pod", "zone"], (each) => change({ each }))}
      ${select("Peaks of the last", state.window, WINDOWS, (window) => change({ window }))}</div>
    <${Table} empty="No utilisation is known here. Agents tell of their hosts by themselves unless host_metrics.enabled is false; pods and zones need these tags."
      rows=${data.rows} columns=${[
      { title: data.by, cell: (row) => row.entity },
      { title: "resource", cell: (row) => html`${resource(row)}${row.bottleneck ? html` <small>bottleneck</small>` : ""}` },
      { title: "peaks (p95), limit", cell: (row) => html`<${Level} row=${row} />` },
      { title: "p95", number: true, cell: (row) => share(row.p95) },
      { title: "now", number: true, cell: (row) => share(row.now) },
      { title: "room for", number: true, cell: (row) => html`<span class=${nearness(row.multiplier)}>${times(row.multiplier)}</span>` },
      { title: "limit in", number: true, cell: daysToLimit },
      { title: "confidence", cell: (row) => row.confidence },
    ]} />
    <div class="figures"><${Figure} name="the fleet's load may grow" value=${times(data.fleet_multiplier)} state=${nearness(data.fleet_multiplier)} />
      <${Figure} name="busiest against mean" value=${times(data.imbalance)} />
      <${Figure} name="lost to imbalance" value=${share(data.lost_to_imbalance)} />
      <${Figure} name="compared" value=${number(data.entities)} /></div>
    ${data.left_out > 0 && html`<p class="infos">${number(data.left_out)} rows with more room are not shown.</p>`}
    <${Notes} notes=${data.notes} /></section>`;
}

// The past, and the fan of what is to come.
export function fan(data) {
  const past = data.history.map(({ time }) => time);
  const coming = data.forecast.map(({ time }) => time);
  const before = past.map(() => null);
  const after = coming.map(() => null);
  const of = (pick) => [...before, ...data.forecast.map(pick)];
  const lines = [
    { label: "seen", values: [...data.history.map(({ value }) => value), ...after], colour: colour(0) },
    { label: `${share(data.confidence)} below`, values: of(({ high }) => high), colour: colour(4), dash: [2, 4] },
    { label: `${share(data.confidence)} above`, values: of(({ low }) => low), colour: colour(4), dash: [2, 4] },
    { label: "expected", values: of(({ mean }) => mean), colour: colour(1) },
  ];
  const all = [...past, ...coming];
  if (data.capacity) lines.push({ label: `${data.capacity.resource} of ${data.capacity.host} full`, values: all.map(() => data.capacity.load), colour: colour(9), dash: [8, 6] });
  return { times: all, lines, bands: [{ series: [2, 3], fill: "--band" }], from: all[0], to: all[all.length - 1] };
}

function Forecast({ state, change, theme }) {
  const answer = useAnswer(inTurn(() => (state.service ? api.forecast(state.service, state.horizon) : Promise.resolve(null))),
    [state.service, state.horizon], 600);
  const chart = useMemo(() => answer.value && fan(answer.value.data), [answer.value]);
  return html`<section class="panel"><h2>Forecast <small>requests a second of ${state.service || "a service"}</small></h2>
    ${!state.service && html`<p>Pick a service above. Services are named in the configuration of agents and proxies, under <code>services</code>.</p>`}
    ${state.service && html`<div class="controls">${select("Ahead", state.horizon, HORIZONS, (horizon) => change({ horizon }))}</div>`}
    <${Trouble} ...${answer} />
    ${chart && html`<div class=${answer.busy ? "busy" : ""}><${Chart} ...${chart} onTheme=${theme} />
      <p class="infos">${answer.value.data.method}; ${share(answer.value.data.confidence)} intervals, which held
        ${" "}${share(answer.value.data.backtested_coverage)} of the time in backtests. ${answer.value.data.caveat}</p>
      <${Notes} notes=${answer.value.data.notes} /></div>`}</section>`;
}

// What is typed settles before it is asked.
function useSettled(value) {
  const [settled, set] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => set(value), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

const local = (unix) => {
  const at = new Date(1000 * unix);
  return new Date(at - 60000 * at.getTimezoneOffset()).toISOString().slice(0, 16);
};
const tomorrow = () => (Math.floor(Date.now() / 3600000) + 24) * 3600;

export function launchQuestion(state) {
  return { service: state.service, multiplier: state.times, at: state.at || String(tomorrow()), for: state.length, ramp: state.ramp, slo: state.slo,
    replicas: state.more === "0" ? "" : state.more, depends: state.depends };
}

function LaunchForm({ state, change }) {
  const slide = (key) => (event) => change({ [key]: event.target.value }, true);
  return html`<div class="controls" role="group" aria-label="what if">
    <label class="wide">Times today's load: ${number(Number(state.times))} ×
      <input type="range" id="times" min="1" max="10" step="0.1" value=${state.times} onInput=${slide("times")} /></label>
    <label class="wide">More replicas: ${state.more}
      <input type="range" id="more" min="0" max="20" step="1" value=${state.more} onInput=${slide("more")} /></label>
    <label>From<input type="datetime-local" value=${local(Number(state.at) || tomorrow())}
      onChange=${(event) => event.target.value && change({ at: String(Date.parse(event.target.value) / 1000) })} /></label>
    ${select("For", state.length, LENGTHS, (length) => change({ length }))}
    <label>Rising over<input value=${state.ramp} placeholder="at once, or 10m" onInput=${slide("ramp")} /></label>
    <label>Must hold<input value=${state.slo} placeholder="p99<300ms" spellcheck="false" onInput=${slide("slo")} /></label>
    ${select("Dependencies", state.depends, ["auto", "none"], (depends) => change({ depends }))}</div>`;
}

const VERDICTS = { YES: "good", RISKY: "warn-text", NO: "bad-text", UNKNOWN: "warn-text" };
const level = (check, value) => (value === null ? "–" : check.unit === "share" ? share(value) : check.unit === "per_second" ? `${number(value)} /s` : number(value));

function Verdict({ data }) {
  const { first_to_break: first, load_test: test } = data;
  const more = data.replicas.filter((row) => row.more === null || row.more > 0);
  return html`<div class="verdict" role="status"><b class=${VERDICTS[data.verdict] || ""}>${data.verdict}</b><span>${data.reason}</span></div>
    <div class="figures">
      <${Figure} name="all limits and targets hold" value=${data.probability === null ? "–" : share(data.probability)} state=${VERDICTS[data.verdict]} />
      <${Figure} name="first to break" value=${first ? `${first.name} of ${first.service}` : "nothing"} />
      <${Figure} name="it breaks at" value=${first ? times(first.multiplier) : "–"} />
      <${Figure} name="load at launch, per host" value=${`${number(data.demand.host_p95)} /s`} />
      <${Figure} name="highest ever seen, per host" value=${`${number(data.demand.highest_seen_host)} /s`} /></div>
    ${data.missing.map((text) => html`<p class="infos warn-text">${text}</p>`)}
    ${test && html`<div class="notice warn"><p>Run a load test: ${number(test.host_load)} requests a second on one host of ${test.service} for ${duration(test.for_seconds)}, then mark it:</p>
      <p><code>tributary capacity calibrate --service ${test.service} --from … --to …</code></p></div>`}
    ${more.map((row) => html`<p>${row.more === null ? `No number of replicas of ${row.service} mends this.`
      : `${number(row.more)} more of ${row.service} (of ${number(row.now)} now) would make it hold.`}</p>`)}
    <${Table} empty="Nothing could be checked." rows=${data.checks} columns=${[
      { title: "service", cell: (check) => check.service }, { title: "what", cell: (check) => check.name }, { title: "host", cell: (check) => check.host },
      { title: "now", number: true, cell: (check) => level(check, check.now) },
      { title: "at launch, likely", number: true, cell: (check) => level(check, check.expected_p50) },
      { title: "at launch, p90", number: true, cell: (check) => level(check, check.expected_p90) },
      { title: "limit", number: true, cell: (check) => level(check, check.limit) },
      { title: "goes beyond", number: true, cell: (check) => html`<span class=${check.exceeds > 0.5 ? "bad-text" : check.exceeds > 0.05 ? "warn-text" : "good"}>${share(check.exceeds)}</span>` },
    ]} />
    ${data.dependencies.map((one) => html`<p class="infos">${one.service}: ${number(one.elasticity)} requests for each of ${data.service}${one.included ? "" : ", not counted"}.</p>`)}
    <${Notes} notes=${[...data.caveats, ...data.notes]} />`;
}

function Launch({ state, change }) {
  const settled = useSettled(JSON.stringify(launchQuestion(state)));
  const question = JSON.parse(settled);
  const answer = useAnswer(inTurn(() => (question.service ? api.launch(question) : Promise.resolve(null))), [settled]);
  return html`<section class="panel"><h2>Can we take it? <small>${state.service ? `a launch of ${state.service}` : "a launch"}</small></h2>
    ${!state.service ? html`<p>Pick a service above.</p>` : html`<${LaunchForm} ...${{ state, change }} />`}
    <${Trouble} ...${answer} />
    ${state.service && !answer.value && answer.busy && html`<p class="infos" role="status">Playing it through…</p>`}
    ${answer.value && html`<div class=${answer.busy ? "busy" : ""}><${Verdict} data=${answer.value.data} /></div>`}</section>`;
}

export function Capacity({ state, change, theme }) {
  const headroom = useAnswer(inTurn(() => api.headroom({ service: state.service, by: state.each, window: state.window, top: 20 })),
    [state.service, state.each, state.window], 60);
  // A fleet of one service needs no choice.
  const services = headroom.value?.data.services || [];
  useEffect(() => {
    if (!state.service && services.length === 1) change({ service: services[0] }, true);
  }, [state.service, services.length]);
  return html`<${Trouble} ...${headroom} />
    ${!headroom.value && headroom.busy && html`<p class="infos" role="status">Reading the hosts' peaks…</p>`}
    ${headroom.value && html`<${Remarks} ...${headroom.value} /><${Headroom} answer=${headroom.value} ...${{ state, change }} />
      <${Launch} ...${{ state, change }} /><${Forecast} ...${{ state, change, theme }} />`}`;
}
