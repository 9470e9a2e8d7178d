// Figures as people read them.

export function number(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return value.toExponential(2);
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(4)));
}

export const share = (part) => (Number.isFinite(part) ? `${number(100 * part)} %` : "–");

export function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  for (; value >= 1024 && at < units.length - 1; ++at) value /= 1024;
  return `${number(value)} ${units[at]}`;
}

export function duration(seconds) {
  if (seconds < 60) return `${number(seconds)} s`;
  if (seconds < 3600) return `${number(seconds / 60)} min`;
  if (seconds < 172800) return `${number(seconds / 3600)} h`;
  return `${number(seconds / 86400)} d`;
}

export const quantile = (q) => `p${number(100 * q)}`;

const RANGES = { m: 60, h: 3600, d: 86400, w: 604800 };
export function rangeSeconds(text) {
  const match = /^(\d+)([mhdw])$/.exec(text);
  return match ? Number(match[1]) * RANGES[match[2]] : 3600;
}
