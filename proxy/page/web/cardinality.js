// Cardinality: which metric has the series, which tag makes them, and what it would save to drop it.
import { html } from "./htm.js";
import * as api from "./api.js";
import { number, share } from "./format.js";
import { Figure, Table, Trouble, useAnswer } from "./shared.js";

const LIMIT = 20000;
const DAY = 86400;

function Bars({ rows, pick, empty }) {
  const most = Math.max(1, ...rows.map((row) => row.value));
  if (rows.length === 0) return html`<p class="infos">${empty}</p>`;
  return html`<div class="scroll"><table class="bars"><tbody>${rows.map((row) => html`<tr>
    <td>${pick ? html`<button class="link" onClick=${() => pick(row.name)}>${row.name}</button>` : row.name}</td>
    <td><svg width="100%" height="8" aria-hidden="true">
      <rect width=${`${100 * row.value / most}%`} height="8" rx="3" fill="var(--accent)" /></svg></td>
    <td class="n">${number(row.value)}</td></tr>`)}</tbody></table></div>`;
}

const identity = (labels, without) => JSON.stringify(Object.entries(labels).filter(([name]) => name !== without).sort());

// Per tag: how many values, and how many series there would be without it.
export function costs(series) {
  const labels = new Set(series.flatMap((one) => Object.keys(one)));
  labels.delete("__name__");
  return [...labels].map((label) => ({
    label,
    values: new Set(series.map((one) => one[label]).filter((value) => value !== undefined)).size,
    without: new Set(series.map((one) => identity(one, label))).size,
  })).sort((a, b) => a.without - b.without);
}

function Metric({ name, change }) {
  const now = Date.now() / 1000;
  const series = useAnswer((signal) => Promise.all([
    api.series(name, now - 3600, now, LIMIT, signal),
    api.series(name, now - DAY - 3600, now - DAY, LIMIT, signal).catch(() => ({ data: [] })),
  ]), [name]);
  if (!series.value) return series.error ? html`<${Trouble} ...${series} />` : html`<p class="infos" role="status">Reading its series…</p>`;
  const [{ data: current, warnings }, { data: before }] = series.value;
  return html`<section class="panel"><h2>${name} <small><button class="link" onClick=${() => change({ look: "" })}>all metrics</button></small></h2>
    <div class="figures"><${Figure} name="series, last hour" value=${number(current.length)} />
      <${Figure} name="a day earlier" value=${number(before.length)} />
      <${Figure} name="growth in a day" value=${before.length > 0 ? share(current.length / before.length - 1) : "–"} /></div>
    ${current.length >= LIMIT && html`<p class="infos warn-text">The first ${number(LIMIT)} series are counted.</p>`}
    ${(warnings || []).map((text) => html`<p class="infos">${text}</p>`)}
    <${Table} empty="No series of it in the last hour." rows=${costs(current)} columns=${[
      { title: "tag", cell: (row) => row.label },
      { title: "values", number: true, cell: (row) => number(row.values) },
      { title: "series without it", number: true, cell: (row) => number(row.without) },
      { title: "what it costs", number: true, cell: (row) => `${number(current.length - row.without)} series, ${share(1 - row.without / current.length)}` },
    ]} /></section>`;
}

const rowsOf = (list) => (list || []).map(({ name, value }) => ({ name, value: Number(value) }));

export function Cardinality({ state, change }) {
  const stats = useAnswer(api.tsdb, [], 60);
  if (!stats.value) return stats.error ? html`<${Trouble} ...${stats} />` : html`<p class="infos" role="status">Counting…</p>`;
  const data = stats.value.data;
  const metrics = rowsOf(data.seriesCountByMetricName);
  return html`${state.look && html`<${Metric} name=${state.look} change=${change} />`}
    <section class="panel"><h2>Series <small>of the whole cluster</small></h2><div class="figures">
      <${Figure} name="series" value=${number(data.headStats?.numSeries)} />
      <${Figure} name="metrics listed" value=${number(metrics.length)} />
      <${Figure} name="tags listed" value=${number(rowsOf(data.labelValueCountByLabelName).length)} /></div></section>
    <section class="panel"><h2>Metrics with most series <small>pick one to see what its tags cost</small></h2>
      <${Bars} rows=${metrics} pick=${(name) => change({ look: name })} empty="Nothing is stored yet." /></section>
    <section class="panel"><h2>Tags with most values</h2><${Bars} rows=${rowsOf(data.labelValueCountByLabelName)} empty="No tags yet." /></section>
    <section class="panel"><h2>Tag values with most series</h2><${Bars} rows=${rowsOf(data.seriesCountByLabelValuePair)} empty="No tags yet." /></section>`;
}
