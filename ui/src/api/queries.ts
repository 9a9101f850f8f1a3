/** Every read of the interface, as queries: what is shown stays while new data comes, and polls itself while live. */

import { keepPreviousData, QueryClient, useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { hasNumber, learnNumbers } from "../lib/palette";
import { ApiError, get, post } from "./client";
import { isGone } from "./connection";
import type { CountRunsResponse, Experiment, ListArtifactsResponse, ListRunsResponse, Run, SearchExperimentsResponse, SearchRunsResponse } from "./types";

const PAGE = 100;
const LIVE_MS = 1000;
const QUIET_MS = 4000;
const MANY_PAGES = 3;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      networkMode: "always",
      retry: (failures, error) => failures < 1 && error instanceof ApiError && error.status === 500,
      retryDelay: 500,
      gcTime: 60_000,
    },
  },
});

/** A poll never takes more than a fifth of the time: a slow answer slows its own polling. */
const pace = new Map<string, number>();

async function timed<T>(name: string, work: Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work;
  pace.set(name, performance.now() - began);
  return result;
}

function pollAfter(name: string, live: boolean): number | false {
  if (isGone()) return false;
  return Math.max(live ? LIVE_MS : QUIET_MS, 4 * (pace.get(name) ?? 0));
}

export function useExperiments(search: string) {
  const filter = search ? `name ILIKE '%${search.replaceAll("'", "_")}%'` : undefined;
  return useInfiniteQuery({
    queryKey: ["experiments", search],
    queryFn: ({ pageParam, signal }) =>
      post<SearchExperimentsResponse>(
        "mlflow/experiments/search",
        { max_results: 500, filter, order_by: ["last_update_time DESC"], page_token: pageParam },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_page_token,
    placeholderData: keepPreviousData,
    refetchInterval: () => pollAfter("experiments", false),
  });
}

/** The run that started last, for the list of experiments. */
export function useLatestRun(experimentId: string | undefined) {
  return useQuery({
    queryKey: ["latest", experimentId],
    queryFn: ({ signal }) => post<SearchRunsResponse>("mlflow/runs/search", { experiment_ids: [experimentId], max_results: 1 }, signal),
    select: (answer) => answer.runs?.[0] ?? null,
    enabled: experimentId !== undefined,
    staleTime: 5000,
    refetchInterval: () => (isGone() ? false : 10_000),
  });
}

/** How many runs the experiments have, by id. */
export function useRunCounts(experimentIds: string[]) {
  return useQuery({
    queryKey: ["counts", experimentIds.join()],
    queryFn: ({ signal }) => post<CountRunsResponse>("runstone/experiments/count-runs", { experiment_ids: experimentIds }, signal),
    select: (answer) => new Map((answer.counts ?? []).map((one) => [one.experiment_id, one])),
    enabled: experimentIds.length > 0,
    placeholderData: keepPreviousData,
    refetchInterval: () => pollAfter("counts", false),
  });
}

export function useExperiment(experimentId: string) {
  return useQuery({
    queryKey: ["experiment", experimentId],
    queryFn: ({ signal }) =>
      get<{ experiment: Experiment }>("mlflow/experiments/get", { experiment_id: experimentId }, signal),
    select: (answer) => answer.experiment,
    refetchInterval: () => (isGone() ? false : 30_000),
  });
}

export function isLive(run: Run): boolean {
  return run.info.status === "RUNNING";
}

async function listRuns(body: object, signal: AbortSignal): Promise<ListRunsResponse> {
  const answer = await post<ListRunsResponse>("runstone/runs/list", body, signal);
  learnNumbers((answer.runs ?? []).map((run) => run.info.run_id), answer.numbers ?? []);
  return answer;
}

export function useRuns(experimentId: string, filter: string, orderBy: string) {
  const name = `runs ${experimentId}`;
  return useInfiniteQuery({
    queryKey: ["runs", experimentId, filter, orderBy],
    queryFn: ({ pageParam, signal }) => {
      const body = { experiment_ids: [experimentId], filter, order_by: [orderBy], max_results: PAGE, page_token: pageParam };
      return timed(name, listRuns(body, signal));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_page_token,
    placeholderData: (previous, query) => (query?.queryKey[1] === experimentId ? previous : undefined),
    refetchInterval: (query) => {
      const pages = query.state.data?.pages ?? [];
      const runs = pages.flatMap((page) => page.runs ?? []);
      const fast = runs.length === 0 || (pages.length <= MANY_PAGES && runs.some(isLive));
      return query.state.status === "error" ? pollAfter(name, false) : pollAfter(name, fast);
    },
  });
}

async function getRun(runId: string, signal: AbortSignal): Promise<{ run: Run }> {
  const answer = await get<{ run: Run }>("mlflow/runs/get", { run_id: runId }, signal);
  if (!hasNumber(runId)) {
    const { experiment_id: experimentId } = answer.run.info;
    await listRuns({ experiment_ids: [experimentId], filter: `run_id = '${runId}'`, run_view_type: "ALL", max_results: 1 }, signal);
  }
  return answer;
}

export function useRun(runId: string) {
  return useQuery({
    queryKey: ["run", runId],
    queryFn: ({ signal }) => timed("run", getRun(runId, signal)),
    select: (answer) => answer.run,
    refetchInterval: (query) => pollAfter("run", query.state.data?.run.info.status === "RUNNING"),
  });
}

/** The runs beside this one, newest first: what the previous and next keys walk when no list was open before. */
export function useSiblings(experimentId: string | undefined, wanted: boolean) {
  return useQuery({
    queryKey: ["siblings", experimentId],
    queryFn: ({ signal }) => post<SearchRunsResponse>("mlflow/runs/search", { experiment_ids: [experimentId], max_results: 1000 }, signal),
    select: (answer) => (answer.runs ?? []).map((run) => run.info.run_id),
    enabled: wanted && experimentId !== undefined,
    staleTime: Infinity,
  });
}

export function useArtifacts(runId: string, path: string, live: boolean, enabled = true) {
  return useQuery({
    queryKey: ["artifacts", runId, path],
    queryFn: ({ signal }) =>
      get<ListArtifactsResponse>("mlflow/artifacts/list", { run_id: runId, path: path || undefined }, signal),
    select: (answer) => answer.files ?? [],
    enabled,
    refetchInterval: () => (isGone() || !live ? false : 5000),
  });
}
