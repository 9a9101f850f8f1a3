/** Numbers, times and sizes as text. Pure; every figure the interface shows passes through here. */

import type { WireNumber } from "../api/types";

const MINUS = "−";
const signed = (text: string) => text.replace("-", MINUS);

export function toNumber(value: WireNumber): number {
  return typeof value === "number" ? value : Number(value);
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "+∞";
  if (value === -Infinity) return `${MINUS}∞`;
  return undefined;
}

/** A lone value: at most five significant digits, integers whole, very large or small ones in exponents. */
export function formatValue(value: number): string {
  const odd = special(value);
  if (odd) return odd;
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (Number.isInteger(value) && size < 1e9) return signed(value.toLocaleString("en-US"));
  if (size >= 1e6 || size < 1e-3) return signed(trimExponent(value.toExponential(3)));
  if (size >= 1e4) return signed(value.toLocaleString("en-US", { maximumFractionDigits: 1 }));
  return signed(String(Number(value.toPrecision(5))));
}

function trimExponent(text: string): string {
  return text.replace(/\.?0+e/, "e").replace("e+", "e");
}

/** One precision for a column of values, so that digits line up. */
export function columnFormat(values: Iterable<number>): (value: number) => string {
  let largest = 0;
  let smallest = Infinity;
  let whole = true;
  for (const value of values) {
    if (!Number.isFinite(value) || value === 0) continue;
    const size = Math.abs(value);
    largest = Math.max(largest, size);
    smallest = Math.min(smallest, size);
    whole &&= Number.isInteger(value);
  }
  if (whole && largest < 1e9) return formatValue;
  if (largest >= 1e6 || smallest < 1e-3) return shortValue;
  const digits = Math.max(1, Math.floor(Math.log10(largest || 1)) + 1);
  const decimals = Math.min(4, Math.max(0, 5 - digits));
  const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return (value) => special(value) ?? signed(value.toLocaleString("en-US", options));
}

/** Four significant digits at most; fits 62 pixels. */
export function shortValue(value: number): string {
  const odd = special(value);
  if (odd) return odd;
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 1e5 || size < 1e-3) return signed(trimExponent(value.toExponential(2)));
  return signed(String(Number(value.toPrecision(4))));
}

/** An axis tick: `12k`, `0.05`, `2e−4`; `step` is the distance between ticks. */
export function formatTick(value: number, step: number): string {
  const size = Math.abs(value);
  if (size < step / 1e6) return "0";
  if (size >= 1e15) return signed(trimExponent(value.toExponential(1)));
  for (const [unit, letter] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]] as const) {
    if (size >= unit * 10 || (size >= unit && unit > 1e3)) return signed(fixed(value / unit, step / unit) + letter);
  }
  if (size < 1e-3) return signed(trimExponent(value.toExponential(step < size ? significant(value, step) : 0)));
  return signed(fixed(value, step));
}

/** The marks of one axis in one manner: all in thousands, all with the same decimals, or all with an exponent. */
export function axisLabels(marks: number[], step: number): string[] {
  const largest = Math.max(...marks.map(Math.abs));
  const decimals = decimalsOf(step);
  if (largest >= 1e4 || decimals <= 4) {
    const unit = UNITS.find(([size]) => largest >= (size === 1e3 ? 1e4 : size)) ?? [1, ""];
    const places = decimalsOf(step / unit[0]);
    return marks.map((value) => (value === 0 ? "0" : signed((value / unit[0]).toFixed(places) + unit[1])));
  }
  return marks.map((value) => (value === 0 ? "0" : signed(trimExponent(value.toExponential(2)))));
}

const UNITS: [number, string][] = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];

/** Decimals that write a step of 1, 2, 2.5 or 5 times a power of ten exactly. */
function decimalsOf(step: number): number {
  for (let places = 0; places < 10; places++) if (Math.abs(step * 10 ** places - Math.round(step * 10 ** places)) < 1e-6) return places;
  return 10;
}

/** At most four characters: `68k`, `950`, `1.2M`. */
export function compactCount(value: number): string {
  const [size, letter] = UNITS.find(([unit]) => Math.abs(value) >= unit) ?? [1, ""];
  const scaled = value / size;
  return signed((Math.abs(scaled) < 10 && size > 1 ? scaled.toFixed(1).replace(/\.0$/, "") : String(Math.round(scaled))) + letter);
}

const significant = (value: number, step: number) =>
  Math.min(3, Math.max(0, Math.floor(Math.log10(Math.abs(value))) - Math.floor(Math.log10(step))));

function fixed(value: number, step: number): string {
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const text = value.toFixed(Math.min(8, decimals + (isRound(step) ? 0 : 1)));
  return text.includes(".") && decimals === 0 ? text.replace(/\.0$/, "") : text;
}

function isRound(step: number): boolean {
  const mantissa = step / 10 ** Math.floor(Math.log10(step) + 1e-9);
  return Math.abs(mantissa - Math.round(mantissa)) < 1e-6;
}

/** `3 h 06 m`, `11 m 04 s`, `42 s`, `350 ms`. */
export function formatDuration(ms: number): string {
  if (ms < 0) return MINUS + formatDuration(-ms);
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${pad(seconds % 60)} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${pad((seconds % 3600) / 60)} m`;
  return `${Math.floor(seconds / 86400)} d ${pad((seconds % 86400) / 3600)} h`;
}

const pad = (value: number) => String(Math.floor(value)).padStart(2, "0");

export function formatBytes(size: number): string {
  if (size < 1000) return `${size} B`;
  const units = ["kB", "MB", "GB", "TB"];
  const power = Math.min(units.length, Math.floor(Math.log10(size) / 3));
  const value = size / 1000 ** power;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power - 1]}`;
}

const WEEKDAY = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTH = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_MS = 86_400_000;

export function clock(ms: number, withSeconds = false): string {
  const at = new Date(ms);
  const text = `${pad(at.getHours())}:${pad(at.getMinutes())}`;
  return withSeconds ? `${text}:${pad(at.getSeconds())}` : text;
}

/** As short as it can be told: `14:02` today, `Fri 22:10` this week, `12 Nov` this year, else `12 Nov 2024`. */
export function shortTime(ms: number, now = Date.now()): string {
  const at = new Date(ms);
  const today = new Date(now);
  if (at.toDateString() === today.toDateString()) return clock(ms);
  if (now - ms > 0 && now - ms < 6 * DAY_MS) return `${WEEKDAY[at.getDay()]} ${clock(ms)}`;
  const day = `${at.getDate()} ${MONTH[at.getMonth()]}`;
  return at.getFullYear() === today.getFullYear() ? day : `${day} ${at.getFullYear()}`;
}

/** `Sat 21 Nov 09:41`, with the year when it is not this one. */
export function longTime(ms: number, now = Date.now()): string {
  const at = new Date(ms);
  const year = at.getFullYear() === new Date(now).getFullYear() ? "" : ` ${at.getFullYear()}`;
  return `${WEEKDAY[at.getDay()]} ${at.getDate()} ${MONTH[at.getMonth()]}${year} ${clock(ms)}`;
}

/** Everything there is to say about a moment, for a title. */
export function fullTime(ms: number): string {
  return new Date(ms).toLocaleString(undefined, { dateStyle: "full", timeStyle: "medium" });
}

export function ago(ms: number, now = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - ms) / 1000));
  if (seconds < 5) return "now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / 86400);
  return days === 1 ? "1 day ago" : days < 60 ? `${days} days ago` : shortTime(ms, now);
}

export const count = (n: number) => n.toLocaleString("en-US");
export const plural = (n: number, one: string, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
