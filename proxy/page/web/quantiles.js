// Dense quantiles are asked for once; the slider, the lines and the heatmap all read from them.

export const GRID = [0, 0.001, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85,
  0.9, 0.925, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.999, 0.9999, 1];

export const nearest = (q) => GRID.reduce((best, at, i) => (Math.abs(at - q) < Math.abs(GRID[best] - q) ? i : best), 0);

// A matrix answer with the label `quantile` -> {times, groups: [{name, labels, at: Map(quantile -> values)}]}.
export function read(matrix) {
  const times = [...new Set(matrix.flatMap((series) => series.values.map(([time]) => time)))].sort((a, b) => a - b);
  const place = new Map(times.map((time, i) => [time, i]));
  const groups = new Map();
  for (const series of matrix) {
    const { quantile, ...labels } = series.metric;
    const name = Object.entries(labels).map(([key, value]) => `${key}=${value}`).join(", ") || "the fleet";
    if (!groups.has(name)) groups.set(name, { name, labels, at: new Map() });
    const values = times.map(() => null);
    for (const [time, text] of series.values) {
      const value = Number(text);
      values[place.get(time)] = Number.isFinite(value) ? value : null;
    }
    groups.get(name).at.set(Number(quantile), values);
  }
  return { times, groups: [...groups.values()].sort((a, b) => a.name.localeCompare(b.name)) };
}

export const column = (group, q) => group.at.get(GRID[nearest(q)]) || [];

// Where the mass of each column lies, on `rows` rungs between the least and the greatest value; `low` and `high` bound what is worth
// showing.
export function cells({ times, groups }, step, rows = 36) {
  const group = groups[0];
  if (!group) return { cells: [], log: false, low: 0, high: 1 };
  const all = GRID.flatMap((q) => group.at.get(q) || []).filter((value) => value !== null);
  const low = Math.min(...all);
  const high = Math.max(...all);
  const log = low > 0 && high / low > 20;
  const to = log ? Math.log : (value) => value;
  const from = log ? Math.exp : (value) => value;
  const height = (to(high) - to(low)) / rows || 1;
  const found = [];
  times.forEach((time, i) => {
    const mass = new Float64Array(rows);
    for (let k = 1; k < GRID.length; ++k) {
      const a = group.at.get(GRID[k - 1])?.[i];
      const b = group.at.get(GRID[k])?.[i];
      if (a === null || b === null || a === undefined || b === undefined) continue;
      spread(mass, (to(a) - to(low)) / height, (to(b) - to(low)) / height, GRID[k] - GRID[k - 1]);
    }
    const most = Math.max(...mass);
    mass.forEach((part, row) => {
      if (part <= 0.0005) return;
      found.push({ from: time - step, to: time, low: from(to(low) + row * height), high: from(to(low) + (row + 1) * height),
        weight: Math.sqrt(part / most) });
    });
  });
  return { cells: found, log, low: Math.min(...found.map((cell) => cell.low)), high: Math.max(...found.map((cell) => cell.high)) };
}

// `part` evenly over rungs [a, b].
function spread(mass, a, b, part) {
  const last = mass.length - 1;
  const first = Math.min(last, Math.floor(a));
  const end = Math.min(last, Math.floor(b));
  if (first === end) {
    mass[first] += part;
    return;
  }
  for (let row = first; row <= end; ++row) {
    const overlap = Math.min(b, row + 1) - Math.max(a, row);
    mass[row] += part * Math.max(0, overlap) / (b - a);
  }
}
