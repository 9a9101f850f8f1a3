/** The state of an experiment's page: the address, the runs it asks for, and what follows from both. */

import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";

import { ApiError } from "../api/client";
import { isLive, useRuns } from "../api/queries";
import type { Run } from "../api/types";
import type { ChartRun } from "../charts/types";
import { assignInk, type Ink, slotOf } from "../lib/palette";
import { rememberOrder, rememberView } from "../lib/memory";
import { useStable } from "../lib/stable";
import { joinList, splitList, stringifySearch, toggled } from "../lib/url";
import type { Patch, WorkspaceSearch } from "../lib/view";
import { chartRunOf } from "./chartRun";
import { DEFAULT_SORT, keysOf, orderClause, plottedIds } from "./model";
import { buildTree, type Row } from "./tree";

const RECHECK_MS = 5000;
const NOBODY: ReadonlySet<string> = new Set();

export interface Workspace {
  experimentId: string;
  search: WorkspaceSearch;
  patch: Patch<WorkspaceSearch>;
  sort: string;
  /** In the server's order. */
  runs: Run[];
  /** How many runs match in all. */
  total: number;
  /** In the tree's order, without what is closed. */
  rows: Row[];
  plotted: ReadonlySet<string>;
  inkOf: (runId: string) => Ink;
  chartRuns: ChartRun[];
  metricKeys: string[];
  more: (() => void) | undefined;
  /** Nothing has been answered yet. */
  pending: boolean;
  /** What is shown is older than what was asked for. */
  stale: boolean;
  refused: ApiError | undefined;
  failed: Error | undefined;
  live: boolean;
  toggleEye: (runId: string) => void;
}

export function useWorkspace(): Workspace {
  const { experimentId } = useParams({ from: "/experiments/$experimentId" });
  const search: WorkspaceSearch = useSearch({ from: "/experiments/$experimentId" });
  const patch = usePatch();
  const sort = search.sort ?? DEFAULT_SORT;
  const result = useRuns(experimentId, search.q ?? "", orderClause(sort));
  const data = useLastGood(experimentId, result.data);
  const runs = useMemo(() => unique((data?.pages ?? []).flatMap((page) => page.runs ?? [])), [data]);
  const { shut, eye, on, off } = search;
  const family = useMemo(() => buildTree(runs, NOBODY), [runs]);
  const rows = useMemo(() => (shut ? buildTree(runs, new Set(splitList(shut))) : family), [runs, shut, family]);
  const order = family.map((row) => row.run.info.run_id).join();
  const plotted = useMemo(() => plottedIds(order ? order.split(",") : [], { eye, on, off }), [order, eye, on, off]);
  const ink = useMemo(() => inkOfPlotted(runs, plotted), [runs, plotted]);
  const tick = Math.floor(result.dataUpdatedAt / RECHECK_MS);
  const chartRuns = useMemo(
    () => family.flatMap(({ run }) => {
      const color = ink.get(run.info.run_id);
      return color ? [chartRunOf(run, color, tick)] : [];
    }),
    [family, ink, tick],
  );
  const names = useMemo(() => keysOf(runs, "metrics").join("\n"), [runs]);
  const metricKeys = useMemo(() => (names ? names.split("\n") : []), [names]);
  useEffect(() => rememberView(experimentId, stringifySearch(search)), [experimentId, search]);
  useEffect(() => rememberOrder(experimentId, order.split(",")), [experimentId, order]);
  const toggleEye = useStable((id: string) => patch(switched(id, plotted.has(id), search)));
  const error = result.error ?? undefined;
  const refused = error instanceof ApiError && error.status === 400 ? error : undefined;
  return {
    experimentId, search, patch, sort, runs, rows, total: Math.max(runs.length, data?.pages.at(-1)?.total ?? 0), plotted, chartRuns, metricKeys, refused,
    inkOf: (id) => ink.get(id) ?? { slot: slotOf(id), dash: 0 },
    more: result.hasNextPage && !result.isFetchingNextPage ? () => void result.fetchNextPage() : undefined,
    pending: result.isPending && !data,
    stale: result.isPlaceholderData || result.isPending,
    failed: refused || data ? undefined : error,
    live: runs.some(isLive),
    toggleEye,
  };
}

function usePatch(): Patch<WorkspaceSearch> {
  const navigate = useNavigate({ from: "/experiments/$experimentId" });
  return (changes, push = false) =>
    void navigate({ search: (before) => ({ ...before, ...changes }), replace: !push, resetScroll: false });
}

/** The rows of the last valid answer stay while a filter is wrong or the server is gone. */
function useLastGood<T>(experimentId: string, data: T | undefined): T | undefined {
  const [last, setLast] = useState({ experimentId, data });
  if (data !== undefined && data !== last.data) setLast({ experimentId, data });
  return data ?? (last.experimentId === experimentId ? last.data : undefined);
}

/** A run that moved between two pages while they were read is kept once. */
function unique(runs: Run[]): Run[] {
  return [...new Map(runs.map((run) => [run.info.run_id, run])).values()];
}

function inkOfPlotted(runs: Run[], plotted: ReadonlySet<string>): Map<string, Ink> {
  const shown = runs.filter((run) => plotted.has(run.info.run_id));
  return assignInk(shown.map((run) => ({ id: run.info.run_id, started: run.info.start_time ?? 0 })));
}

function switched(id: string, isPlotted: boolean, { on, off }: WorkspaceSearch): WorkspaceSearch {
  const [added, removed] = [splitList(on), splitList(off)];
  const without = (items: string[]) => joinList(items.filter((item) => item !== id));
  if (isPlotted) return added.includes(id) ? { on: without(added), off: joinList([...new Set([...removed, id])]) } : { off: joinList(toggled(removed, id)) };
  return { on: joinList([...new Set([...added, id])]), off: without(removed) };
}
