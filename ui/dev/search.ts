/** A small share of the search grammar, enough to see filters, sorting and an error at its column. */

import type { Run } from "../src/api/types.ts";
import { toNumber } from "../src/lib/format.ts";

const CLAUSE = /^\s*(?:(\w+)\.)?[`"]?([^`"=<>!~]+?)[`"]?\s*(>=|<=|!=|=|>|<|LIKE|ILIKE)\s*(?:'([^']*)'|"([^"]*)"|([-+.\de]+))\s*$/i;

/** The runs that match, or the message of what is wrong with the filter. */
export function filterRuns(runs: Run[], filter: string): Run[] | string {
  let found = runs;
  let column = 1;
  for (const clause of filter.trim() ? filter.split(/\band\b/i) : []) {
    const parts = CLAUSE.exec(clause);
    if (!parts) return `Invalid clause(s) in filter string: '${clause.trim()}' at column ${column + clause.search(/\S|$/)}`;
    const [, entity = "attributes", key = "", operator = "=", single, double, number] = parts;
    const wanted = single ?? double ?? number ?? "";
    found = found.filter((run) => matches(valueOf(run, entity, key), operator.toUpperCase(), wanted));
    column += clause.length + 3;
  }
  return found;
}

function valueOf(run: Run, entity: string, key: string): string | number | undefined {
  if (entity.startsWith("metric")) {
    const metric = run.data.metrics?.find((m) => m.key === key);
    return metric && toNumber(metric.value);
  }
  if (entity.startsWith("param")) return run.data.params?.find((p) => p.key === key)?.value;
  if (entity.startsWith("tag")) return run.data.tags?.find((t) => t.key === key)?.value;
  return (run.info as unknown as Record<string, string | number>)[key];
}

function matches(value: string | number | undefined, operator: string, wanted: string): boolean {
  if (value === undefined) return false;
  const other = typeof value === "number" ? Number(wanted) : wanted;
  switch (operator) {
    case "=": return value === other;
    case "!=": return value !== other;
    case ">": return value > other;
    case ">=": return value >= other;
    case "<": return value < other;
    case "<=": return value <= other;
    default: return String(value).toLowerCase().includes(wanted.replaceAll("%", "").toLowerCase());
  }
}

export function sortRuns(runs: Run[], order = "attributes.start_time DESC"): Run[] {
  const [, entity = "attributes", key = "start_time", direction] = /^(\w+)\.[`"]?(.*?)[`"]?(?: (ASC|DESC))?$/.exec(order) ?? [];
  const sign = direction === "DESC" ? -1 : 1;
  return runs.toSorted((a, b) => {
    const [x, y] = [valueOf(a, entity, key), valueOf(b, entity, key)];
    if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
    return x < y ? -sign : x > y ? sign : 0;
  });
}
