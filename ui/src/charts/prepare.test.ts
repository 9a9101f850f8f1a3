import { expect, test } from "vitest";

import { readings } from "./nearest";
import { prepare } from "./prepare";
import { smooth } from "./smooth";
import type { ChartOptions, ChartRun, LinesModel, Series } from "./types";
import { stepsWithin } from "./useSeries";

const OPTIONS: ChartOptions = { x: "step", log: false, smoothing: 0, clip: false, zoom: undefined };

const runOf = (id: string, started = 1000): ChartRun => ({
  id, started, name: id, ink: { slot: 1, dash: 0 }, running: false, version: () => "", has: () => true,
});

const seriesOf = (runId: string, values: number[], steps = values.map((_, i) => i)): Series => ({
  runId, key: "loss", count: values.length, steps, times: steps.map((step) => 1000 + step * 10), values,
});

function lines(runs: ChartRun[], series: Series[], options: Partial<ChartOptions> = {}): LinesModel {
  const model = prepare(runs, series, { ...OPTIONS, ...options });
  if (model.kind !== "lines") throw new Error(`expected lines, got ${model.kind}`);
  return model;
}

test("lines stand in the order of the runs, not of the series", () => {
  const model = lines([runOf("b"), runOf("a")], [seriesOf("a", [1, 2]), seriesOf("b", [3, 4])]);
  expect(model.lines.map((line) => line.run.id)).toEqual(["b", "a"]);
  expect(model.xRange).toEqual([0, 1]);
});

test("runs that are not plotted are left out although their series are still at hand", () => {
  expect(lines([runOf("a")], [seriesOf("a", [1, 2]), seriesOf("gone", [900, 901])]).yRange[1]).toBeLessThan(3);
});

test("no points at all is empty, one point for each run is bars", () => {
  expect(prepare([runOf("a")], [], OPTIONS).kind).toBe("empty");
  const model = prepare([runOf("a"), runOf("b")], [seriesOf("a", [0.9]), seriesOf("b", [NaN])], OPTIONS);
  expect(model.kind === "bars" && model.bars.map((bar) => bar.value)).toEqual([0.9, NaN]);
});

test("a metric with one point stays bars while other charts are zoomed away from it", () => {
  const whole = [seriesOf("a", [0.9])];
  expect(prepare([runOf("a")], [], { ...OPTIONS, zoom: [50, 60] }, whole).kind).toBe("bars");
});

test("NaN and infinities are gaps with a marker, and do not scale the axis", () => {
  const [line] = lines([runOf("a")], [seriesOf("a", [1, NaN, Infinity, -Infinity, 2])]).lines;
  expect(line?.raw).toEqual([1, NaN, NaN, NaN, 2]);
  expect(line?.markers).toEqual([{ x: 1, kind: "nan" }, { x: 2, kind: "up" }, { x: 3, kind: "down" }]);
  expect(lines([runOf("a")], [seriesOf("a", [1, Infinity, 2])]).yRange[1]).toBeLessThan(3);
});

test("a logarithm leaves out what it cannot show, and says so", () => {
  const model = lines([runOf("a")], [seriesOf("a", [10, 0, -1, 1000])], { log: true });
  expect(model.lines[0]?.raw).toEqual([10, NaN, NaN, 1000]);
  expect(model.yRange[0]).toBeGreaterThan(0);
  expect(lines([runOf("a")], [seriesOf("a", [1, 2])], { log: true }).hiddenByLog).toBe(0);
});

test("steps that were never counted are shown by time", () => {
  const still: Series = { runId: "a", key: "loss", count: 3, steps: [0, 0, 0], times: [1000, 1500, 2500], values: [3, 2, 1] };
  const model = lines([runOf("a")], [still]);
  expect(model.x).toBe("rel");
  expect(model.lines[0]?.xs).toEqual([0, 500, 1500]);
});

test("relative time starts with the run, and time is ascending even if steps were not", () => {
  const back: Series = { runId: "a", key: "loss", count: 2, steps: [1, 2], times: [9000, 3000], values: [1, 2] };
  expect(lines([runOf("a", 2000)], [back], { x: "rel" }).lines[0]?.xs).toEqual([1000, 7000]);
  expect(lines([runOf("a", 2000)], [back], { x: "wall" }).lines[0]?.raw).toEqual([2, 1]);
});

test("a zoom scales y to what is in sight", () => {
  const model = lines([runOf("a")], [seriesOf("a", [1000, 5, 1, 2, 3])], { zoom: [2, 4] });
  expect(model.xRange).toEqual([2, 4]);
  expect(model.yRange[1]).toBeLessThan(4);
});

test("without outliers one spike in a hundred points does not flatten the line", () => {
  const values = Array.from({ length: 200 }, (_, i) => (i === 100 ? 1e6 : i / 200));
  expect(lines([runOf("a")], [seriesOf("a", values)], { clip: true }).yRange[1]).toBeLessThan(2);
});

test("equal values still have a scale", () => {
  const [low, high] = lines([runOf("a")], [seriesOf("a", [5, 5, 5])]).yRange;
  expect(low).toBeLessThan(5);
  expect(high).toBeGreaterThan(5);
});

test("smoothing equals the debiased average for evenly spaced points", () => {
  const [a, b, c] = smooth([0, 1, 2], [1, 2, 4], 0.5);
  expect([a, b, c]).toEqual([1, (0.5 + 2) / 1.5, (0.25 + 1 + 4) / 1.75]);
});

test("smoothing forgets across a long gap, keeps gaps as they are, and is off at zero", () => {
  const far = smooth([0, 1, 2, 1000], [100, 100, 100, 1], 0.5);
  expect(far[3]).toBeLessThan(30);
  expect(smooth([0, 1, 2], [1, NaN, 3], 0.5)[1]).toBeNaN();
  const values = [1, 2];
  expect(smooth([0, 1], values, 0)).toBe(values);
});

test("the reading nearest to the pointer comes first, ended lines are not read beyond their end", () => {
  const { lines: all } = lines([runOf("a"), runOf("b"), runOf("short")], [
    seriesOf("a", [0, 0, 0, 0]), seriesOf("b", [10, 10, 10, 10]), seriesOf("short", [5, 5], [0, 1]),
  ]);
  const found = readings(all, 3, 9, 0.1, (value) => value);
  expect(found.map((reading) => reading.line.run.id)).toEqual(["b", "a"]);
});

test("a zoom asks for finer points only where some were left out", () => {
  const complete = seriesOf("a", [1, 2, 3]);
  expect(stepsWithin([complete], [runOf("a")], "step", [0, 1])).toBeUndefined();
  expect(stepsWithin([{ ...complete, count: 99 }], [runOf("a")], "step", [100, 200])).toEqual([98, 202]);
  expect(stepsWithin([{ ...complete, count: 99 }], [runOf("a")], "rel", [5, 25])).toEqual([0, 2]);
});
