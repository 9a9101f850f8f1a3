/** What the runs pane decides, as pure functions: the tree, what is plotted, the order, the columns. */

import type { Metric, Run } from "../api/types";
import { toNumber } from "../lib/format";
import { naturally } from "../lib/text";
import { splitList } from "../lib/url";

export const PARENT_TAG = "mlflow.parentRunId";
export const DEFAULT_SORT = "-attributes.start_time";
export const DEFAULT_FIRST = 5;

interface Index {
  metrics: Map<string, Metric>;
  params: Map<string, string>;
  tags: Map<string, string>;
}

const indexes = new WeakMap<Run, Index>();

/** The run's data by key, built once per answer. */
export function indexOf(run: Run): Index {
  let index = indexes.get(run);
  if (!index) {
    const { metrics = [], params = [], tags = [] } = run.data;
    index = {
      metrics: new Map(metrics.map((metric) => [metric.key, metric])),
      params: new Map(params.map(({ key, value }) => [key, value])),
      tags: new Map(tags.map(({ key, value }) => [key, value])),
    };
    indexes.set(run, index);
  }
  return index;
}

export const nameOf = (run: Run) => run.info.run_name || indexOf(run).tags.get("mlflow.runName") || run.info.run_id;
export const userOf = (run: Run) => indexOf(run).tags.get("mlflow.user") ?? run.info.user_id ?? "";
export const sourceOf = (run: Run) => indexOf(run).tags.get("mlflow.source.name") ?? "";

export function durationOf(run: Run, now: number): number | undefined {
  const { start_time: start, end_time: end, status } = run.info;
  if (start === undefined || status === "SCHEDULED") return undefined;
  if (end === undefined) return status === "RUNNING" ? now - start : undefined;
  return end - start;
}

export interface Eyes {
  eye?: string | undefined;
  on?: string | undefined;
  off?: string | undefined;
}

/** Which of the listed runs are plotted: the rule of the header's eye, then what was switched by hand. */
export function plottedIds(ids: string[], eyes: Eyes): Set<string> {
  const first = eyes.eye === "all" ? ids.length : eyes.eye === "none" ? 0 : firstOf(eyes.eye);
  const plotted = new Set(ids.slice(0, first));
  const listed = new Set(ids);
  for (const id of splitList(eyes.on)) if (listed.has(id)) plotted.add(id);
  for (const id of splitList(eyes.off)) plotted.delete(id);
  return plotted;
}

export function firstOf(eye: string | undefined): number {
  const n = Number(eye);
  return Number.isInteger(n) && n > 0 ? n : DEFAULT_FIRST;
}

/** `-metrics.val/acc` as the order clause of the API. */
export function orderClause(sort: string): string {
  const descending = sort.startsWith("-");
  const [entity, key] = sortField(sort);
  const quote = key.includes("`") ? '"' : "`";
  const field = entity === "attributes" ? `attributes.${key}` : `${entity}.${quote}${key}${quote}`;
  return `${field} ${descending ? "DESC" : "ASC"}`;
}

export function sortField(sort: string): [entity: string, key: string] {
  const text = sort.replace(/^-/, "");
  const dot = text.indexOf(".");
  return [text.slice(0, dot), text.slice(dot + 1)];
}

/** The sort that a click on a column asks for: texts begin ascending, figures descending, a second click turns. */
export function nextSort(current: string, field: string): string {
  if (current === `-${field}`) return field;
  if (current === field) return `-${field}`;
  return /^metrics\.|_time$/.test(field) ? `-${field}` : field;
}

const machine = (key: string) => Number(/^system[/_.]/.test(key));

/** The keys that occur: the most frequent first, then by name, the machine's own figures last. */
export function keysOf(runs: Run[], kind: "metrics" | "params" | "tags"): string[] {
  const counts = new Map<string, number>();
  for (const run of runs) for (const key of indexOf(run)[kind].keys()) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts.keys()].toSorted(
    (a, b) => machine(a) - machine(b) || (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || naturally(a, b),
  );
}

export interface PaneColumn {
  field: string;
  label: string;
  kind: "metrics" | "params";
}

const TELLING = [/^(val|valid|validation|eval|test)[/_.-]?.*(acc|auc|f1|score)/i, /^(val|valid|validation|eval|test)[/_.-]?.*(loss|error|rmse|mae)/i, /acc|auc|f1|score|r2/i, /loss|error|rmse|mae/i];

function rank(key: string): number {
  const at = TELLING.findIndex((pattern) => pattern.test(key));
  return machine(key) ? TELLING.length + 1 : at < 0 ? TELLING.length : at;
}

/** The figures worth a place in the pane: what the list is sorted by, telling metrics, a param that differs. */
export function paneColumns(runs: Run[], sort: string, room: number): PaneColumn[] {
  const [entity, sorted] = sortField(sort);
  const metrics = keysOf(runs, "metrics");
  const common = runs.length / 3;
  const often = metrics.filter((key) => runs.filter((run) => indexOf(run).metrics.has(key)).length >= common);
  const telling = often.toSorted((a, b) => rank(a) - rank(b));
  const differing = keysOf(runs, "params").find((key) => new Set(runs.flatMap((run) => indexOf(run).params.get(key) ?? [])).size > 1);
  const fields = [
    ...(entity === "metrics" || entity === "params" ? [`${entity}.${sorted}`] : []),
    ...telling.slice(0, 2).map((key) => `metrics.${key}`),
    ...(differing === undefined ? [] : [`params.${differing}`]),
    ...telling.slice(2).map((key) => `metrics.${key}`),
  ];
  return [...new Set(fields)].slice(0, room).map((field) => {
    const [kind, key] = sortField(field);
    return { field, label: key, kind: kind as PaneColumn["kind"] };
  });
}

export function metricOf(run: Run, key: string): number | undefined {
  const metric = indexOf(run).metrics.get(key);
  return metric && toNumber(metric.value);
}

/** Where in the filter the server's message points: the column it names, or the words it quotes. */
export function errorSpan(filter: string, message: string): [from: number, to: number] | undefined {
  const named = /\b(?:column|col|position|offset|char(?:acter)?)\s*[:=]?\s*(\d+)/i.exec(message);
  if (named) {
    const from = Math.max(0, Math.min(filter.length, Number(named[1]) - 1));
    const word = /^(?:`[^`]*`?|'[^']*'?|"[^"]*"?|[^\s`'"])+/.exec(filter.slice(from))?.[0].length ?? 1;
    return [from, from + word];
  }
  for (const [, quoted] of message.matchAll(/['"`]([^'"`]+)['"`]/g)) {
    const at = quoted ? filter.indexOf(quoted) : -1;
    if (at >= 0 && quoted) return [at, at + quoted.length];
  }
  return undefined;
}
