// Topology: who sends to whom, who owns what, what lags, and whether the books balance.
import { html } from "./htm.js";
import * as api from "./api.js";
import { bytes, duration, number, share } from "./format.js";
import { Figure, Remarks, Table, Trouble, useAnswer } from "./shared.js";

const ROW = 46;
const BOXES = 14;  // agents that are drawn one by one

function Node({ x, y, width, title, small, bad, part }) {
  return html`<g class=${`node ${bad ? "bad" : ""}`} transform=${`translate(${x} ${y})`}>
    <rect width=${width} height="36" rx="6" />
    ${part !== undefined && html`<rect class="share" x="0" y="33" height="3" width=${Math.max(2, width * part)} />`}
    <text x="10" y="16">${title}</text><text class="small" x="10" y="29">${small}</text></g>`;
}

const Edge = ({ from, to, bad }) =>
  html`<path class=${`edge ${bad ? "bad" : ""}`} d=${`M${from[0]} ${from[1]} C${from[0] + 60} ${from[1]} ${to[0] - 60} ${to[1]} ${to[0]} ${to[1]}`} />`;

function Picture({ data }) {
  const alive = data.agents.filter((agent) => agent.state === "live" || agent.state === "silent");
  const shown = alive.slice(0, BOXES);
  const members = data.view.members;
  const rest = alive.length - shown.length;
  const height = Math.max(shown.length + (rest > 0 ? 1 : 0), members.length, 1) * ROW + 10;
  const middle = (count, i) => (height - count * ROW) / 2 + i * ROW + 23;
  const agents = shown.length + (rest > 0 ? 1 : 0);
  const all = members.reduce((sum, member) => sum + member.partitions, 0) || 1;
  const heard = new Map(data.globals.map((global) => [global.id, global]));
  return html`<svg class="topology" viewBox=${`0 0 900 ${height}`} role="img" aria-label="agents, this proxy, globals">
    ${Array.from({ length: agents }, (_, i) => html`<${Edge} from=${[200, middle(agents, i)]} to=${[350, height / 2]} bad=${shown[i]?.state === "silent"} />`)}
    ${members.map((member, i) => html`<${Edge} from=${[550, height / 2]} to=${[700, middle(members.length, i)]} bad=${!member.connected} />`)}
    ${shown.map((agent, i) => html`<${Node} x="0" y=${middle(agents, i) - 18} width="200" title=${agent.host} bad=${agent.state !== "live"}
      small=${agent.samples ? `${agent.state}, ${number(agent.samples.pending)} on the way` : agent.state} />`)}
    ${rest > 0 && html`<${Node} x="0" y=${middle(agents, shown.length) - 18} width="200" title=${`and ${rest} more`} small="in the table below" />`}
    <${Node} x="350" y=${height / 2 - 18} width="200" title="this proxy" small=${`view of ${new Date(data.view.effective_from * 1000).toLocaleTimeString()}`} />
    ${members.map((member, i) => {
      const state = heard.get(member.id);
      return html`<${Node} x="700" y=${middle(members.length, i) - 18} width="200" title=${member.id} bad=${!member.connected || !state?.heard}
        part=${member.partitions / all} small=${state?.heard ? `${share(member.partitions / all)}, lag ${duration(state.lag_seconds)}` : "not heard"} />`;
    })}</svg>`;
}

const dropped = (drops) => drops.reduce((sum, drop) => sum + drop.samples, 0);
const reasons = (drops) => drops.map((drop) => `${drop.reason} ${number(drop.samples)}`).join(", ") || "none";

function Globals({ data }) {
  const partitions = new Map(data.view.members.map((member) => [member.id, member.partitions]));
  return html`<${Table} empty="The proxy knows no globals yet." rows=${data.globals} columns=${[
    { title: "global", cell: (global) => global.id },
    { title: "state", cell: (global) => (global.heard ? html`<span class="good">heard</span>` : html`<span class="bad-text">${global.error || "not heard"}</span>`) },
    { title: "partitions", number: true, cell: (global) => number(partitions.get(global.id) ?? 0) },
    { title: "lag", number: true, cell: (global) => (global.heard ? duration(global.lag_seconds) : "") },
    { title: "windows open", number: true, cell: (global) => (global.heard ? number(global.windows_open) : "") },
    { title: "series", number: true, cell: (global) => (global.heard ? number(global.series) : "") },
    { title: "store", number: true, cell: (global) => (global.heard ? bytes(global.store_bytes) : "") },
    { title: "committed", number: true, cell: (global) => (global.heard ? number(global.samples.committed) : "") },
    { title: "dropped", cell: (global) => (global.heard ? reasons(global.samples.dropped) : "") },
    { title: "sinks", cell: (global) => (global.sinks || []).map((sink) => html`<div>${sink.name}: ${duration(sink.lag_seconds)} behind, ${number(sink.rows_queued)} waiting</div>`) },
  ]} />`;
}

function Agents({ data }) {
  return html`<${Table} empty="No agent has reported yet." rows=${data.agents.slice(0, 200)} columns=${[
    { title: "host", cell: (agent) => agent.host },
    { title: "state", cell: (agent) => html`<span class=${agent.state === "live" ? "good" : agent.state === "left" ? "" : "bad-text"}>${agent.state}</span>` },
    { title: "accepted", number: true, cell: (agent) => number(agent.samples?.accepted) },
    { title: "committed", number: true, cell: (agent) => number(agent.samples?.committed) },
    { title: "on the way", number: true, cell: (agent) => number(agent.samples?.pending) },
    { title: "dropped", cell: (agent) => (agent.samples ? reasons(agent.samples.dropped) : "") },
    { title: "books", cell: (agent) => (agent.balanced === null ? "not told" : agent.balanced ? html`<span class="good">balance</span>` : html`<span class="bad-text">off</span>`) },
  ]} />`;
}

function Audit() {
  const audit = useAnswer(api.audit, [], 30);
  if (!audit.value) return html`<${Trouble} ...${audit} />`;
  const { samples, balanced, problems } = audit.value.data;
  return html`<div class="figures">
      <${Figure} name="announced by agents" value=${number(samples.announced)} />
      <${Figure} name="committed by globals" value=${number(samples.committed)} />
      <${Figure} name="missing" value=${number(samples.missing)} state=${samples.missing > 0 ? "bad-text" : "good"} />
      <${Figure} name="doubled" value=${number(samples.doubled)} state=${samples.doubled > 0 ? "bad-text" : "good"} />
      <${Figure} name="the books" value=${balanced ? "balance" : "do not balance"} state=${balanced ? "good" : "bad-text"} /></div>
    ${(problems || []).map((problem) => html`<p class="infos bad-text">${problem}</p>`)}`;
}

export function Topology() {
  const cluster = useAnswer(api.cluster, [], 5);
  if (!cluster.value) return cluster.error ? html`<${Trouble} ...${cluster} />` : html`<p class="infos" role="status">Asking every global…</p>`;
  const { data, warnings } = cluster.value;
  const lost = dropped(data.agents.flatMap((agent) => agent.samples?.dropped || []));
  return html`<${Trouble} ...${cluster} /><${Remarks} warnings=${warnings} />
    <section class="panel"><h2>${data.cluster} <small>intervals of ${duration(data.interval_seconds)}</small></h2>
      <div class="figures">
        <${Figure} name="agents that live" value=${number(data.agents.filter((agent) => agent.state === "live").length)} />
        <${Figure} name="globals heard" value=${`${data.globals.filter((global) => global.heard).length} of ${data.globals.length}`}
          state=${data.globals.every((global) => global.heard) ? "good" : "bad-text"} />
        <${Figure} name="samples accepted" value=${number(data.samples.accepted)} />
        <${Figure} name="dropped by agents" value=${number(lost)} state=${lost > 0 ? "warn-text" : "good"} />
        <${Figure} name="the agents' books" value=${data.samples.balanced ? "balance" : `off by ${number(data.samples.difference)}`}
          state=${data.samples.balanced ? "good" : "bad-text"} /></div></section>
    <section class="panel"><h2>Who sends to whom <small>the bar is the share of partitions</small></h2><${Picture} data=${data} /></section>
    <section class="panel"><h2>Globals</h2><${Globals} data=${data} /></section>
    <section class="panel"><h2>Agents ${data.agents.length > 200 && html`<small>200 of ${data.agents.length}</small>`}</h2><${Agents} data=${data} /></section>
    <section class="panel"><h2>Audit <small>of the newest intervals: what was announced against what was committed</small></h2><${Audit} /></section>`;
}
