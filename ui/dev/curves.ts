/** The curves of the mock: y(t) by kind of metric, with noise, divergence, NaN and infinities. */

import type { Metric, SeriesRequest, WireNumber, WireSeries } from "../src/api/types.ts";
import { type MockRun, random } from "./data.ts";

const STARTED = Date.now();
const cache = new Map<string, WireNumber[]>();

/** How many points of a run exist now: a running one grows by one a second. */
export function visiblePoints(mock: MockRun, key: string): number {
  if (/^(test_|best|final)/.test(key)) return 1;
  if (mock.run.info.status !== "RUNNING") return mock.points;
  return Math.min(4000, 640 + mock.seed * 9 + Math.floor((Date.now() - STARTED) / 1000));
}

function gauss(next: () => number): number {
  return Math.sqrt(-2 * Math.log(next() + 1e-9)) * Math.cos(6.283 * next());
}

function curve(mock: MockRun, key: string): WireNumber[] {
  const name = `${mock.run.info.run_id}:${key}`;
  const known = cache.get(name);
  if (known) return known;
  const next = random(mock.seed * 97 + key.length * 131 + key.charCodeAt(key.length - 1) * 7);
  const q = random(mock.seed)();
  const total = mock.run.info.status === "RUNNING" ? 4000 : mock.points;
  const values: WireNumber[] = [];
  for (let i = 0; i < total; i++) {
    const t = i / 1000;
    const blowUp = mock.diverges && t > 0.36 ? Math.exp(Math.min(9, (t - 0.36) * 22)) * 0.12 : 0;
    values.push(valueAt(key, t, q, next, blowUp, mock));
  }
  cache.set(name, values);
  return values;
}

function valueAt(key: string, t: number, q: number, next: () => number, blowUp: number, mock: MockRun): WireNumber {
  const noise = gauss(next);
  if (key.includes("grad_norm")) {
    if (mock.diverges && t > 0.38 && t < 0.39) return "Infinity";
    if (mock.diverges && t > 0.4 && next() > 0.5) return "NaN";
    return 0.9 + 2.2 * (1 + t * 40) ** -0.7 + Math.abs(noise) * 0.14 + blowUp * 3;
  }
  if (key.endsWith("acc_top5")) return 0.965 - 0.05 * q - 0.72 * (1 + t * 60) ** -1.1 + 0.002 * noise;
  if (key.includes("acc") || key.startsWith("test") || key.startsWith("best")) return 0.83 - 0.05 * q - 0.8 * (1 + t * 46) ** -0.98 + 0.003 * noise - blowUp * 0.05;
  if (key === "train/lr") return 1e-3 * (q + 0.2) * (t < 0.06 ? 0.02 + (0.98 * t) / 0.06 : Math.max(0.004, 0.5 * (1 + Math.cos(Math.PI * Math.min(1, t)))));
  if (key.includes("throughput")) return 2980 + q * 240 + noise * 26 - (next() > 0.985 ? 500 * next() : 0);
  if (key.includes("util")) return Math.min(99.6, 94 + noise * 2.2 - (Math.floor(t * 1000) % 137 < 4 ? 38 * next() : 0));
  if (key.includes("memory")) return 61 + q * 3 + Math.min(2, t * 21) + noise * 0.08;
  if (key.includes("power")) return 612 + noise * 24;
  if (key.includes("ece")) return 0.031 + 0.012 * q + 0.09 * (1 + t * 30) ** -0.9 + 0.003 * noise;
  return 0.7 + 0.4 * q + 4 * (1 + t * 70) ** -0.7 + noise * 0.06 + blowUp;
}

const stepOf = (i: number) => i * 90;
const timeOf = (mock: MockRun, i: number) =>
  (mock.run.info.start_time ?? 0) + i * (mock.run.info.status === "RUNNING" ? 12_000 : 11_000);

export function latest(mock: MockRun): Metric[] {
  return mock.keys.map((key) => {
    const last = visiblePoints(mock, key) - 1;
    const value = curve(mock, key)[last] ?? 0;
    return { key, value, timestamp: timeOf(mock, last), step: last ? stepOf(last) : 0 };
  });
}

export function series(mock: MockRun, key: string, request: SeriesRequest): WireSeries | undefined {
  if (!mock.keys.includes(key)) return undefined;
  const all = curve(mock, key).slice(0, visiblePoints(mock, key));
  const picked = all
    .map((value, i) => ({ value, i }))
    .filter(({ i }) => stepOf(i) >= (request.start_step ?? 0) && stepOf(i) <= (request.end_step ?? Infinity));
  const kept = downSample(picked, request.buckets ?? 0);
  return {
    run_id: mock.run.info.run_id,
    key,
    count: picked.length,
    steps: kept.map(({ i }) => stepOf(i)),
    timestamps: kept.map(({ i }) => timeOf(mock, i)),
    values: kept.map(({ value }) => value),
  };
}

type Point = { value: WireNumber; i: number };

function downSample(points: Point[], buckets: number): Point[] {
  if (!buckets || points.length <= buckets * 4) return points;
  const size = points.length / buckets;
  const kept: Point[] = [];
  for (let b = 0; b < buckets; b++) {
    const part = points.slice(Math.floor(b * size), Math.floor((b + 1) * size));
    const finite = part.filter((p) => typeof p.value === "number").toSorted((a, c) => Number(a.value) - Number(c.value));
    const odd = part.find((p) => typeof p.value === "string");
    const chosen = new Set([part[0], part.at(-1), finite[0], finite.at(-1), odd]);
    kept.push(...part.filter((p) => chosen.has(p)));
  }
  return kept;
}
