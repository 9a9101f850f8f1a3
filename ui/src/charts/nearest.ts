/** Which lines a cursor means: the values at its x, ordered by how near they pass. Pure. */

import type { Line } from "./types";

export interface Reading {
  line: Line;
  index: number;
  raw: number;
  smooth: number;
  /** Pixels between the cursor and the line at this x. */
  distance: number;
}

/** The reading of every line that is there at x or ended within `reach` of it, nearest to the cursor first. `toY` maps a value to pixels. */
export function readings(lines: Line[], x: number, y: number | undefined, reach: number, toY: (value: number) => number): Reading[] {
  const found: Reading[] = [];
  for (const line of lines) {
    const index = nearestIndex(line, x);
    if (index < 0 || beyond(line, x) > reach) continue;
    const smooth = line.smooth[index] ?? NaN;
    const raw = line.raw[index] ?? NaN;
    const distance = y === undefined ? 0 : Math.abs(toY(smooth) - y);
    found.push({ line, index, raw, smooth, distance });
  }
  return y === undefined ? found : found.toSorted((a, b) => a.distance - b.distance);
}

/** How far x lies outside the line. */
function beyond({ xs }: Line, x: number): number {
  return Math.max(0, (xs[0] ?? Infinity) - x, x - (xs.at(-1) ?? -Infinity));
}

/** The drawn point nearest to x; among several at the same place, the last. */
export function nearestIndex(line: Line, x: number): number {
  const { xs, smooth } = line;
  let low = 0;
  let high = xs.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((xs[mid] ?? 0) <= x) low = mid + 1;
    else high = mid;
  }
  let left = low - 1;
  let right = low;
  while (left >= 0 && Number.isNaN(smooth[left])) left--;
  while (right < xs.length && Number.isNaN(smooth[right])) right++;
  if (left < 0) return right < xs.length ? right : -1;
  if (right >= xs.length) return left;
  return x - (xs[left] ?? 0) <= (xs[right] ?? 0) - x ? left : right;
}
