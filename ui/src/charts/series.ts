/** Reads series: what several cards ask for in one moment goes out as one request, and what has not changed is kept. */

import { post } from "../api/client";
import type { SeriesResponse } from "../api/types";
import { toNumber } from "../lib/format";
import type { ChartRun, Range, Series } from "./types";

/** Buckets of a card: up to four points each, so about one bucket for two pixels. */
export const BUCKETS = 200;
const MAX_RUNS = 100;
const MAX_CELLS = 300;
const KEPT = 4000;

interface Wanted {
  runId: string;
  key: string;
  version: string;
  resolve: (series: Series | undefined) => void;
  reject: (error: unknown) => void;
}

interface Kept {
  version: string;
  series: Series | undefined;
}

const kept = new Map<string, Kept>();
const waiting = new Map<string, Wanted[]>();

/** Buckets of a sparkline. */
export const SPARK_BUCKETS = 24;

/** The series of one metric for several runs, in the runs' order; runs without the metric are left out. */
export async function loadSeries(key: string, runs: ChartRun[], steps: Range | undefined, buckets = BUCKETS): Promise<Series[]> {
  const range = steps ? `${buckets}~${Math.floor(steps[0])}~${Math.ceil(steps[1])}` : `${buckets}`;
  const all = runs.filter((run) => run.has(key)).map((run) => loadOne(run.id, key, run.version(key), range));
  return (await Promise.all(all)).filter((one) => one !== undefined);
}

function loadOne(runId: string, key: string, version: string, range: string): Promise<Series | undefined> {
  const known = kept.get(nameOf(runId, key, range));
  if (known?.version === version) return Promise.resolve(known.series);
  return new Promise((resolve, reject) => {
    const queue = waiting.get(range);
    const wanted = { runId, key, version, resolve, reject };
    if (queue) queue.push(wanted);
    else {
      waiting.set(range, [wanted]);
      setTimeout(() => flush(range), 0);
    }
  });
}

const nameOf = (runId: string, key: string, range: string) => `${runId}\n${range}\n${key}`;

function flush(range: string): void {
  const queue = waiting.get(range) ?? [];
  waiting.delete(range);
  for (const group of grouped(queue)) void fetchGroup(group, range);
}

/** Groups that ask for the same runs share a request; a request stays small enough to answer quickly. */
export function grouped<T extends { runId: string; key: string }>(queue: T[]): T[][] {
  const byKey = groupBy(queue, (one) => one.key);
  const byRuns = groupBy([...byKey.values()], (ones) => ones.map((one) => one.runId).join());
  const groups: T[][] = [];
  for (const lists of byRuns.values()) {
    const runs = lists[0]?.length ?? 1;
    const perRequest = Math.max(1, Math.floor(MAX_CELLS / Math.min(runs, MAX_RUNS)));
    for (let k = 0; k < lists.length; k += perRequest) {
      const keys = lists.slice(k, k + perRequest);
      for (let r = 0; r < runs; r += MAX_RUNS) groups.push(keys.flatMap((ones) => ones.slice(r, r + MAX_RUNS)));
    }
  }
  return groups;
}

function groupBy<T>(items: T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

async function fetchGroup(group: Wanted[], range: string): Promise<void> {
  const [buckets, start, end] = range.split("~").map(Number);
  try {
    const answer = await post<SeriesResponse>("runstone/metrics/get-series", {
      run_ids: [...new Set(group.map((one) => one.runId))],
      metric_keys: [...new Set(group.map((one) => one.key))],
      buckets, start_step: start, end_step: end,
    });
    const found = new Map((answer.series ?? []).map((one) => [nameOf(one.run_id, one.key, range), one]));
    for (const wanted of group) {
      const name = nameOf(wanted.runId, wanted.key, range);
      const wire = found.get(name);
      const series = wire && {
        runId: wire.run_id, key: wire.key, count: wire.count, steps: wire.steps, times: wire.timestamps,
        values: wire.values.map(toNumber),
      };
      keep(name, { version: wanted.version, series });
      wanted.resolve(series);
    }
  } catch (error) {
    for (const wanted of group) wanted.reject(error);
  }
}

function keep(name: string, entry: Kept): void {
  kept.delete(name);
  kept.set(name, entry);
  const oldest = kept.size > KEPT ? kept.keys().next().value : undefined;
  if (oldest !== undefined) kept.delete(oldest);
}
