// uPlot in the page's colours: lines over time, and a heatmap behind them.
import { html, useEffect, useRef } from "./htm.js";
import { number } from "./format.js";

const PALETTE = ["#0b6e8f", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#7570b3", "#56b4e9", "#a65628", "#66a61e", "#999999"];
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const colour = (index) => PALETTE[index % PALETTE.length];

const time = (unix, step) => new Date(1000 * unix).toLocaleString("en-GB",
  step >= 86400 ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit", ...(step < 60 && { second: "2-digit" }) });

function axes() {
  const paint = { stroke: css("--quiet"), grid: { stroke: css("--line"), width: 1 }, ticks: { stroke: css("--line"), width: 1 } };
  return [{ ...paint, values: (_, ticks, __, ___, step) => ticks.map((tick) => time(tick, step)) }, { ...paint, size: 64, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : number(tick))) }];
}

// cells: [{from, to, low, high, weight 0..1}], in the coordinates of the plot.
function paintCells(cells) {
  return (plot) => {
    const { ctx } = plot;
    const rgb = css("--heat");
    ctx.save();
    ctx.beginPath();
    ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
    ctx.clip();
    for (const cell of cells) {
      const [left, right] = [cell.from, cell.to].map((at) => Math.round(plot.valToPos(at, "x", true)));
      const [top, bottom] = [cell.high, cell.low].map((at) => Math.round(plot.valToPos(at, "y", true)));
      ctx.fillStyle = `rgb(${rgb} / ${0.05 + 0.85 * cell.weight})`;
      ctx.fillRect(left, top, Math.max(1, right - left), Math.max(1, bottom - top));
    }
    ctx.restore();
  };
}

// times: unix seconds, within [from, to]; lines: [{label, values, colour, dash}], null is a gap; heat: {cells, log, low, high};
// bands: [{series: [upper, lower], fill: a colour of the page}], lines by number, from 1.
export function Chart({ times, lines, heat, bands, from, to, height = 300, onTheme }) {
  const place = useRef();
  useEffect(() => {
    const widthOf = () => Math.max(200, place.current.clientWidth);
    const plot = new uPlot({
      width: widthOf(), height,
      axes: axes(),
      scales: { x: { range: [from, to] }, y: heat ? { distr: heat.log ? 3 : 1, range: [heat.low, heat.high] }
        : { range: (_, low, high) => [Math.min(0, low), high <= 0 ? 1 : high * 1.05] } },
      series: [{ label: "time" }, ...lines.map((line) => ({
        label: line.label, stroke: line.colour, width: 2, dash: line.dash, points: { show: times.length < 3 },
        value: (_, value) => number(value) }))],
      bands: (bands || []).map(({ series, fill }) => ({ series, fill: css(fill) })),
      hooks: { drawAxes: heat ? [paintCells(heat.cells)] : [] },
      cursor: { points: { size: 7 } },
    }, [times, ...lines.map((line) => line.values)], place.current);
    const resize = new ResizeObserver(() => plot.setSize({ width: widthOf(), height }));
    resize.observe(place.current);
    return () => {
      resize.disconnect();
      plot.destroy();
    };
  }, [times, lines, heat, bands, onTheme]);
  return html`<div class="chart" ref=${place} role="img" aria-label=${lines.map((line) => line.label).join(", ")}></div>`;
}
