/** The only importer of uPlot: axes, scales, cursor and zoom are its; the lines are drawn in its frame. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { axisLabels, formatTick } from "../lib/format";
import type { ChartColors } from "./colors";
import { colorVar } from "../lib/palette";
import { drawLines, type Frame } from "./draw";
import { nearestIndex } from "./nearest";
import { TIME_STEPS, wallTicks, xLabel } from "./ticks";
import type { LinesModel, Range } from "./types";

const Y_AXIS = 38;
const CHARACTER = 6.3;
const NAN_RAIL = 11;

export interface PlotEvents {
  onCursor: (x: number | undefined, y: number | undefined) => void;
  onZoom: (range: Range) => void;
  onReset: () => void;
}

export interface PlotHandle {
  update: (model: LinesModel, colors: ChartColors) => void;
  lift: (runId: string | undefined) => void;
  /** Shows the cursor at a value of x that another chart gave. */
  point: (x: number | undefined) => void;
  /** Marks where a line passes x. */
  mark: (runId: string | undefined, x: number | undefined) => void;
  resize: (width: number, height: number) => void;
  /** Pixels from the top-left of the plot's box. */
  toX: (value: number) => number;
  toY: (value: number) => number;
  /** Where the plot area begins, below the box's top. */
  top: () => number;
  destroy: () => void;
}

export function createPlot(box: HTMLElement, first: LinesModel, firstColors: ChartColors, events: PlotEvents): PlotHandle {
  let model = first;
  let colors = firstColors;
  let lifted: string | undefined;
  let silent = false;
  const plot = new uPlot(
    {
      width: Math.max(60, box.clientWidth),
      height: Math.max(60, box.clientHeight),
      padding: [8, 12, 0, 0],
      legend: { show: false },
      scales: {
        x: { time: false, range: () => [...model.xRange] as [number, number] },
        y: { distr: model.log ? 3 : 1, range: () => [...model.yRange] as [number, number] },
      },
      axes: [xAxis(() => model, () => colors), yAxis(() => model, () => colors)],
      series: [{}, { scale: "y", paths: () => null, points: { show: false } }],
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false, dist: 5 },
        bind: { dblclick: () => () => (events.onReset(), null) },
      },
      hooks: {
        draw: [(u) => drawLines(u.ctx, frameOf(u), model, colors, lifted)],
        setCursor: [
          (u) => {
            if (silent) return;
            const { left = -1, top = -1 } = u.cursor;
            events.onCursor(left < 0 ? undefined : u.posToVal(left, "x"), top < 0 ? undefined : top);
          },
        ],
        setSelect: [
          (u) => {
            const { left, width } = u.select;
            if (width < 4) return;
            events.onZoom([u.posToVal(left, "x"), u.posToVal(left + width, "x")]);
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    },
    dataOf(model),
    box,
  );
  const dot = plot.over.appendChild(document.createElement("i"));
  dot.className = "dot";
  dot.hidden = true;
  railed(plot, model);
  return {
    update(nextModel, nextColors) {
      model = nextModel;
      colors = nextColors;
      railed(plot, model);
      plot.setData(dataOf(model), true);
    },
    lift(runId) {
      if (runId === lifted) return;
      lifted = runId;
      plot.redraw(false, false);
    },
    point(x) {
      silent = true;
      const left = x === undefined ? -10 : plot.valToPos(x, "x");
      plot.setCursor({ left, top: -10 }, false);
      silent = false;
    },
    mark(runId, x) {
      const line = model.lines.find((one) => one.run.id === runId);
      const at = line && x !== undefined ? nearestIndex(line, x) : -1;
      const value = line?.smooth[at];
      dot.hidden = line === undefined || value === undefined;
      if (!line || value === undefined) return;
      dot.style.setProperty("--c", colorVar(line.run.ink.slot));
      dot.style.transform = `translate(${plot.valToPos(line.xs[at] ?? 0, "x")}px, ${plot.valToPos(value, "y")}px)`;
    },
    resize: (width, height) => plot.setSize({ width: Math.max(60, width), height: Math.max(60, height) }),
    toX: (value) => plot.over.offsetLeft + plot.valToPos(value, "x"),
    toY: (value) => plot.over.offsetTop + plot.valToPos(value, "y"),
    top: () => plot.over.offsetTop,
    destroy: () => plot.destroy(),
  };
}

/** Marks of the x axis make room for the rail of NaN under it. */
function railed(plot: uPlot, model: LinesModel): void {
  const axis = plot.axes[0];
  if (axis) axis.gap = model.nans > 0 ? 2 + NAN_RAIL : 2;
}

/** uPlot wants data to have a scale; the lines themselves are drawn from the model. */
function dataOf(model: LinesModel): uPlot.AlignedData {
  return [[...model.xRange], [...model.yRange]];
}

function frameOf(u: uPlot): Frame {
  const { left, top, width, height } = u.bbox;
  const { x, y } = u.scales;
  const [x0, x1] = [x?.min ?? 0, x?.max ?? 1];
  const scale = y?.distr === 3 ? Math.log10 : (value: number) => value;
  const [y0, y1] = [scale(y?.min ?? 0), scale(y?.max ?? 1)];
  return {
    left, top, width, height, ratio: uPlot.pxRatio,
    x: (value) => left + (width * (value - x0)) / (x1 - x0),
    y: (value) => top + height * (1 - (scale(value) - y0) / (y1 - y0)),
  };
}

function xAxis(model: () => LinesModel, colors: () => ChartColors): uPlot.Axis {
  return {
    ...plain(colors),
    size: () => (model().nans > 0 ? 20 + NAN_RAIL : 20),
    gap: 2,
    space: (_, __, ___, ____, width) => Math.max(56, width / 12),
    grid: { show: false },
    border: { show: true, width: 1, stroke: () => colors().axis },
    incrs: () => (model().x === "step" ? stepIncrements() : TIME_STEPS),
    splits: (u, axis, low, high, step) =>
      model().x === "wall" ? wallTicks(low, high, step) : plainTicks(u, axis, low, high, step),
    values: (_, splits, __, ___, step) => splits.map((value) => xLabel(model().x, value, step)),
  };
}

function plainTicks(_u: uPlot, _axis: number, low: number, high: number, step: number): number[] {
  const marks: number[] = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) marks.push(Number((n * step).toPrecision(12)));
  return marks;
}

function stepIncrements(): number[] {
  const powers = Array.from({ length: 16 }, (_, n) => 10 ** n);
  return powers.flatMap((power) => (power === 1 ? [1, 2, 5] : [power, 2 * power, 2.5 * power, 5 * power]));
}

function yAxis(model: () => LinesModel, colors: () => ChartColors): uPlot.Axis {
  return {
    ...plain(colors),
    size: (_, labels) => Math.max(Y_AXIS, 12 + CHARACTER * Math.max(0, ...(labels ?? []).map((label) => label?.length ?? 0))),
    gap: 4,
    space: (_, __, ___, ____, height) => Math.max(26, height / 9),
    grid: { show: true, width: 1, stroke: () => colors().grid },
    values: (_, splits, __, ___, step) =>
      model().log ? splits.map((value) => (value === null ? "" : decade(value, splits))) : axisLabels(splits, step),
    filter: (u, splits) => (model().log ? splits.map((value) => (shown(value, u) ? value : null)) : splits),
  };
}

/** Of a logarithmic axis the decades are named; when fewer than two are in sight, also 2 and 5. */
function shown(value: number, u: uPlot): boolean {
  const [low, high] = [u.scales["y"]?.min ?? 1, u.scales["y"]?.max ?? 1];
  const decades = Math.log10(high / low);
  const mantissa = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
  const is = (n: number) => Math.abs(mantissa - n) < 1e-6;
  if (decades > 8) return is(1) && Math.round(Math.log10(value)) % 2 === 0;
  return is(1) || (decades < 2 && (is(2) || is(5))) || decades < 0.5;
}

function decade(value: number, splits: (number | null)[]): string {
  const power = Math.round(Math.log10(value));
  const exact = Math.abs(value / 10 ** power - 1) < 1e-6;
  if (exact && (power < -2 || power > 4)) return `1e${String(power).replace("-", "−")}`;
  const named = splits.filter((one) => one !== null);
  return formatTick(value, named.length > 1 ? Math.min(value, Math.abs((named[1] ?? 1) - (named[0] ?? 0))) : value);
}

function plain(colors: () => ChartColors): uPlot.Axis {
  return { stroke: () => colors().tick, font: colors().font, ticks: { show: false } };
}
