/** How charts are shown, read from the address. */

import { splitList } from "../lib/url";
import type { ChartSearch } from "../lib/view";
import type { Range, XAxis } from "./types";

export type CardSize = "S" | "M" | "L";

export interface ChartSettings {
  query: string;
  x: XAxis;
  log: boolean;
  clip: boolean;
  smoothing: number;
  zoom: Range | undefined;
  size: CardSize;
  folded: string[];
  /** The metric whose chart fills the page. */
  card: string | undefined;
}

export const AXIS_NAMES: Record<XAxis, string> = { step: "Step", rel: "Relative time", wall: "Wall time" };
export const MAX_SMOOTHING = 0.99;

export function chartSettings(search: ChartSearch): ChartSettings {
  const smoothing = Number(search.smooth ?? 0);
  return {
    query: search.cq ?? "",
    x: search.x === "rel" || search.x === "wall" ? search.x : "step",
    log: search.y === "log",
    clip: search.clip === "1",
    smoothing: smoothing > 0 && smoothing < 1 ? smoothing : 0,
    zoom: parseZoom(search.zoom),
    size: search.size === "S" || search.size === "L" ? search.size : "M",
    folded: splitList(search.fold),
    card: search.card,
  };
}

function parseZoom(text: string | undefined): Range | undefined {
  const [low = NaN, high = NaN] = (text ?? "").split("~").map(Number);
  return low < high ? [low, high] : undefined;
}

/** Six significant digits of the range's width are more than a screen can show. */
export function formatZoom([low, high]: Range): string {
  const digits = Math.max(0, 6 - Math.floor(Math.log10(high - low)));
  const text = (value: number) => String(Number(value.toFixed(Math.min(12, digits))));
  return `${text(low)}~${text(high)}`;
}

export const nextAxis = (x: XAxis): XAxis => (x === "step" ? "rel" : x === "rel" ? "wall" : "step");
export const axisParam = (x: XAxis): string | undefined => (x === "step" ? undefined : x);
