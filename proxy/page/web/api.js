// Prometheus's HTTP API as this proxy serves it, and its own pages of state. Errors say what to do.

const TOKEN = "tributary-token";
export const setToken = (token) => sessionStorage.setItem(TOKEN, token);

export class ApiError extends Error {
  constructor(message, status, type) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

// {data, warnings, infos}
export async function get(path, parameters, signal) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters || {})) {
    for (const one of [value].flat()) if (one !== undefined && one !== "") query.append(name, one);
  }
  const token = sessionStorage.getItem(TOKEN);
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  let reply;
  try {
    reply = await fetch(`${path}?${query}`, { headers, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("The proxy does not answer. Is it running, and can this machine reach it?", 0);
  }
  const text = await reply.text();
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ApiError(reply.status === 404 ? "This proxy does not have this page yet." : text.slice(0, 200) || `HTTP ${reply.status}`,
      reply.status);
  }
  if (body.status !== "success") throw new ApiError(body.error || `HTTP ${reply.status}`, reply.status, body.errorType);
  return { data: body.data, warnings: body.warnings || [], infos: body.infos || [] };
}

const quoted = (text) => JSON.stringify(text);

// {"name","a"="b"}; filters are "a=b", "a!=b", "a=~b" or "a!~b".
export function selector(metric, filters) {
  const matchers = filters.map(parseFilter).filter(Boolean).map(({ label, op, value }) => `${quoted(label)}${op}${quoted(value)}`);
  return `{${[quoted(metric), ...matchers].join(",")}}`;
}

export function parseFilter(text) {
  const match = /^([^=!~]+)(=~|!~|!=|=)(.*)$/s.exec(text);
  return match && { label: match[1], op: match[2], value: match[3] };
}

export const names = (signal) => get("/api/v1/label/__name__/values", {}, signal).then(({ data }) => data);
export const labels = (metric, signal) =>
  get("/api/v1/labels", { "match[]": selector(metric, []) }, signal).then(({ data }) => data.filter((name) => name !== "__name__"));
export const values = (metric, label, signal) =>
  get(`/api/v1/label/${encodeURIComponent(label)}/values`, { "match[]": selector(metric, []) }, signal).then(({ data }) => data);
export const range = (query, start, end, step, signal) => get("/api/v1/query_range", { query, start, end, step }, signal);
export const series = (metric, start, end, limit, signal) =>
  get("/api/v1/series", { "match[]": selector(metric, []), start, end, limit }, signal);
export const cluster = (signal) => get("/api/v1/status/cluster", {}, signal);
export const audit = (signal) => get("/api/v1/status/audit", {}, signal);
export const headroom = (parameters) => get("/api/v1/capacity/headroom", parameters);
export const forecast = (service, horizon) => get("/api/v1/capacity/forecast", { service, horizon });
export const launch = (parameters) => get("/api/v1/capacity/launch", parameters);
export const tsdb = (signal) => get("/api/v1/status/tsdb", { limit: 20 }, signal);
