/** The small curve of a metric, and its least and greatest point. Pure. */

import type { Series } from "../charts/types";

const WIDTH = 104;
const HEIGHT = 22;
const EDGE = 3;

export interface SparkPath {
  line: string;
  endX: number;
  endY: number;
}

export function sparkPath({ steps, times, values }: Series): SparkPath | undefined {
  const finite = values.filter(Number.isFinite);
  if (finite.length < 2) return undefined;
  const xs = steps[0] === steps.at(-1) ? times : steps;
  const [x0, x1] = [xs[0] ?? 0, xs.at(-1) ?? 1];
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const x = (value: number) => EDGE + ((WIDTH - 2 * EDGE) * (value - x0)) / (x1 - x0 || 1);
  const y = (value: number) => (high === low ? HEIGHT / 2 : EDGE + (HEIGHT - 2 * EDGE) * (1 - (value - low) / (high - low)));
  let line = "";
  let pen = "M";
  let [endX, endY] = [0, 0];
  values.forEach((value, i) => {
    if (!Number.isFinite(value)) {
      pen = "M";
      return;
    }
    [endX, endY] = [x(xs[i] ?? x0), y(value)];
    line += `${pen}${endX.toFixed(1)} ${endY.toFixed(1)}`;
    pen = "L";
  });
  return { line, endX, endY };
}

export interface Extremes {
  least: { value: number; step: number };
  greatest: { value: number; step: number };
}

/** Down-sampling keeps the extremes of every bucket, so those of the whole series are among the points. */
export function summary({ steps, values }: Series): Extremes | undefined {
  let [least, greatest] = [-1, -1];
  values.forEach((value, i) => {
    if (!Number.isFinite(value)) return;
    if (least < 0 || value < (values[least] ?? 0)) least = i;
    if (greatest < 0 || value > (values[greatest] ?? 0)) greatest = i;
  });
  if (least < 0) return undefined;
  const at = (i: number) => ({ value: values[i] ?? 0, step: steps[i] ?? 0 });
  return { least: at(least), greatest: at(greatest) };
}
