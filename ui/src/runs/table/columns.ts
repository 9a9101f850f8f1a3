/** The columns of the full table: what a run is, its metrics, params and tags. Pure. */

import type { Run } from "../../api/types";
import { columnFormat } from "../../lib/format";
import { durationOf, indexOf, keysOf, metricOf, sourceOf, userOf } from "../model";

export interface Column {
  id: string;
  group: string;
  label: string;
  /** What the server can order by, if it can. */
  field: string | undefined;
  numeric: boolean;
  width: number;
  text: (run: Run, now: number) => string;
  title?: (run: Run) => string;
}

interface Times {
  started: (run: Run) => string;
  startedTitle: (run: Run) => string;
  duration: (ms: number) => string;
}

const CHARACTER = 6.6;
const MIN_WIDTH = 76;
const MAX_WIDTH = 190;

export function columnsOf(runs: Run[], times: Times): Column[] {
  return [
    ...metricColumns(runs),
    ...textColumns(runs, "params", "Params"),
    ...textColumns(runs, "tags", "Tags"),
    ...runColumns(runs, times),
  ];
}

function metricColumns(runs: Run[]): Column[] {
  return keysOf(runs, "metrics").map((key) => {
    const format = columnFormat(runs.map((run) => metricOf(run, key) ?? 0));
    return {
      id: `metrics.${key}`, group: "Metrics", label: key, field: `metrics.${key}`, numeric: true,
      width: widthOf([key, "0.00000"]),
      text: (run) => {
        const value = metricOf(run, key);
        return value === undefined ? "" : format(value);
      },
      title: (run) => String(metricOf(run, key) ?? ""),
    };
  });
}

function textColumns(runs: Run[], kind: "params" | "tags", group: string): Column[] {
  const keys = keysOf(runs, kind).filter((key) => !key.startsWith("mlflow."));
  return keys.map((key) => {
    const text = (run: Run) => indexOf(run)[kind].get(key) ?? "";
    const sample = runs.slice(0, 50).map(text);
    return {
      id: `${kind}.${key}`, group, label: key, field: `${kind}.${key}`, text, title: text,
      numeric: kind === "params" && sample.every((value) => value === "" || Number.isFinite(Number(value))),
      width: widthOf([key, ...sample]),
    };
  });
}

function runColumns(runs: Run[], times: Times): Column[] {
  const column = (label: string, field: string | undefined, text: Column["text"], width: number, extra: Partial<Column> = {}): Column => ({
    id: `run.${label}`, group: "Run", label, field, text, width, numeric: false, ...extra,
  });
  return [
    column("Started", "attributes.start_time", times.started, 96, { title: times.startedTitle }),
    column("Duration", undefined, (run, now) => {
      const ms = durationOf(run, now);
      return ms === undefined ? "" : times.duration(ms);
    }, 92, { numeric: true }),
    column("User", "attributes.user_id", userOf, widthOf(["User", ...runs.slice(0, 50).map(userOf)]), { title: userOf }),
    column("Source", undefined, sourceOf, widthOf(["Source", ...runs.slice(0, 50).map(sourceOf)]), { title: sourceOf }),
    column("Run id", "attributes.run_id", (run) => run.info.run_id, 110, { title: (run) => run.info.run_id }),
  ];
}

/** Wide enough for its usual content, never so wide that one long value pushes the others out of sight. */
function widthOf(texts: string[]): number {
  const longest = Math.max(...texts.map((text) => text.length));
  return Math.round(Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, longest * CHARACTER + 22)));
}
