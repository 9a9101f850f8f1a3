/** Where an axis of time has its marks, and what they say. Pure. */

import { clock, formatDuration, formatTick } from "../lib/format";
import type { XAxis } from "./types";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Distances between marks of time, in milliseconds, that read well. */
export const TIME_STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500,
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 30, 90, 180, 365, 730, 3650].map((n) => n * DAY),
];

export function xLabel(axis: XAxis, value: number, step: number): string {
  if (axis === "step") return formatTick(value, step);
  if (axis === "rel") return relative(value, step);
  return wall(value, step);
}

function relative(value: number, step: number): string {
  if (value === 0) return "0";
  if (step < SECOND) return `${Number((value / SECOND).toFixed(3))} s`;
  if (step < MINUTE) return value < MINUTE ? `${value / SECOND} s` : formatDuration(value).replace(/ m 00 s$/, " m");
  if (step < HOUR) return value < HOUR ? `${value / MINUTE} m` : formatDuration(value).replace(/ h 00 m$/, " h");
  return step < DAY ? `${value / HOUR} h` : `${value / DAY} d`;
}

function wall(value: number, step: number): string {
  const at = new Date(value);
  const midnight = at.getHours() === 0 && at.getMinutes() === 0 && at.getSeconds() === 0;
  if (step >= DAY || (midnight && step >= MINUTE)) {
    return at.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  }
  const text = clock(value, step < MINUTE);
  return step < SECOND ? `${text}.${String(at.getMilliseconds()).padStart(3, "0").slice(0, step < 100 ? 3 : 1)}` : text;
}

/** Marks of wall time fall on whole hours and days of this place, not of Greenwich. */
export function wallTicks(low: number, high: number, step: number): number[] {
  const offset = new Date(low).getTimezoneOffset() * MINUTE;
  const marks: number[] = [];
  for (let t = Math.ceil((low - offset) / step) * step + offset; t <= high; t += step) marks.push(t);
  return marks;
}
