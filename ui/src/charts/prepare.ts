/** Decides what a chart shows: from series and options to lines, markers and ranges. Pure; draws nothing. */

import { smooth } from "./smooth";
import type { ChartModel, ChartOptions, ChartRun, Line, Marker, Range, Series, XAxis } from "./types";

/** `whole` tells what a metric is at all when `series` holds only the zoomed part of it. */
export function prepare(runs: ChartRun[], series: Series[], options: ChartOptions, whole = series): ChartModel {
  const shown = paired(runs, series);
  const singles = paired(runs, whole);
  if (singles.length === 0) return { kind: "empty" };
  if (singles.every(({ one }) => one.count === 1)) {
    const bars = singles.map(({ run, one }) => ({ run, value: one.values[0] ?? NaN, step: one.steps[0] ?? 0 }));
    return { kind: "bars", bars };
  }
  const x = usableAxis(singles.map(({ one }) => one), options.x);
  const newest = new Map(singles.map(({ run, one }) => [run.id, one.steps.at(-1)]));
  const lines = shown.map(({ run, one }) => ({
    ...lineOf(run, one, x, options),
    live: run.running && one.steps.at(-1) === newest.get(run.id),
  }));
  const span = extent(lines.map((line) => line.xs));
  const xRange = options.zoom ?? widened(span, 0);
  return {
    kind: "lines", lines, x, xRange, log: options.log,
    yRange: yRange(lines, xRange, options),
    smoothed: options.smoothing > 0,
    nans: lines.reduce((sum, line) => sum + line.nans, 0),
    hiddenByLog: options.log ? lines.filter((line) => line.raw.some((value) => value <= 0)).length : 0,
  };
}

function paired(runs: ChartRun[], series: Series[]): { run: ChartRun; one: Series }[] {
  const byRun = new Map(series.map((one) => [one.runId, one]));
  return runs.flatMap((run) => {
    const one = byRun.get(run.id);
    return one && one.values.length > 0 ? [{ run, one }] : [];
  });
}

/** Steps that were never counted (all the same) say nothing on x: time is shown instead. */
function usableAxis(series: Series[], wanted: XAxis): XAxis {
  if (wanted !== "step") return wanted;
  const still = series.every((one) => one.count < 2 || one.steps[0] === one.steps.at(-1));
  const several = series.some((one) => one.count > 1);
  return still && several ? "rel" : wanted;
}

function lineOf(run: ChartRun, one: Series, axis: XAxis, options: ChartOptions): Omit<Line, "live"> {
  const order = ordered(positions(run, one, axis));
  const at = (values: number[]) => order.map(({ i }) => values[i] ?? NaN);
  const xs = order.map(({ x }) => x);
  const values = at(one.values);
  const raw = values.map((value) => (Number.isFinite(value) && !(options.log && value <= 0) ? value : NaN));
  const markers = values.flatMap((value, i): Marker[] => {
    const x = xs[i] ?? 0;
    if (Number.isNaN(value)) return [{ x, kind: "nan" }];
    return Number.isFinite(value) ? [] : [{ x, kind: value > 0 ? "up" : "down" }];
  });
  return {
    run, xs, raw, markers,
    smooth: smooth(xs, raw, options.smoothing),
    steps: at(one.steps),
    times: at(one.times),
    nans: markers.filter((marker) => marker.kind === "nan").length,
  };
}

function positions(run: ChartRun, one: Series, axis: XAxis): number[] {
  if (axis === "step") return one.steps;
  if (axis === "wall") return one.times;
  const origin = Math.min(run.started || Infinity, one.times[0] ?? Infinity);
  return one.times.map((time) => time - origin);
}

function ordered(xs: number[]): { x: number; i: number }[] {
  const points = xs.map((x, i) => ({ x, i }));
  const inOrder = xs.every((x, i) => i === 0 || x >= (xs[i - 1] ?? x));
  return inOrder ? points : points.toSorted((a, b) => a.x - b.x || a.i - b.i);
}

function extent(columns: number[][]): Range {
  let [low, high] = [Infinity, -Infinity];
  for (const column of columns) {
    low = Math.min(low, column[0] ?? low);
    high = Math.max(high, column.at(-1) ?? high);
  }
  return [low, high];
}

function widened([low, high]: Range, share: number): Range {
  if (!(low <= high)) return [0, 1];
  if (low === high) return low === 0 ? [-1, 1] : [low - Math.abs(low) * 0.1, high + Math.abs(high) * 0.1];
  const margin = (high - low) * share;
  return [low - margin, high + margin];
}

/** What is in sight decides the scale: the smoothed line when there is one, else every point. */
function yRange(lines: Line[], [from, to]: Range, options: ChartOptions): Range {
  const inSight: number[] = [];
  for (const line of lines) {
    line.smooth.forEach((value, i) => {
      const x = line.xs[i] ?? NaN;
      if (Number.isFinite(value) && x >= from && x <= to) inSight.push(value);
    });
  }
  if (inSight.length === 0) return options.log ? [0.1, 10] : [0, 1];
  const [low, high] = options.clip ? middle(inSight) : bounds(inSight);
  if (!options.log) return widened([low, high], 0.06);
  const [a, b] = [Math.log10(low), Math.log10(high)];
  const margin = a === b ? 0.5 : (b - a) * 0.05;
  return [10 ** (a - margin), 10 ** (b + margin)];
}

function bounds(values: number[]): Range {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function middle(values: number[]): Range {
  const sorted = Float64Array.from(values).toSorted();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return [at(0.01), at(0.99)];
}
