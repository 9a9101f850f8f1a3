/** A metric's series for the plotted runs, kept on screen while newer or finer ones come. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { loadSeries } from "./series";
import type { ChartRun, Range, Series, XAxis } from "./types";

interface Found {
  /** What to draw: the zoomed part in its own resolution once it is here, else the whole. */
  series: Series[];
  whole: Series[];
  /** Nothing has been read yet. */
  pending: boolean;
  error: Error | null;
}

export function useSeries(key: string, runs: ChartRun[], axis: XAxis, zoom: Range | undefined): Found {
  const versions = runs.map((run) => (run.has(key) ? `${run.id}@${run.version(key)}` : "")).join();
  const whole = useQuery({
    queryKey: ["series", key, versions],
    queryFn: () => loadSeries(key, runs, undefined),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 10_000,
  });
  const steps = useMemo(() => (zoom && whole.data ? stepsWithin(whole.data, runs, axis, zoom) : undefined), [whole.data, runs, axis, zoom]);
  const detail = useQuery({
    queryKey: ["detail", key, versions, steps],
    queryFn: () => loadSeries(key, runs, steps),
    placeholderData: keepPreviousData,
    enabled: steps !== undefined,
    staleTime: Infinity,
    gcTime: 10_000,
  });
  const all = whole.data ?? EMPTY;
  return {
    whole: all,
    series: steps && detail.data ? detail.data : all,
    pending: whole.isPending,
    error: whole.error,
  };
}

const EMPTY: Series[] = [];

/** Read a little more than is seen, so that lines run out of the picture. */
const BESIDE = 0.02;

/** The steps that lie in the zoom, if there are more points in it than were read. */
export function stepsWithin(series: Series[], runs: ChartRun[], axis: XAxis, [from, to]: Range): Range | undefined {
  if (series.every((one) => one.values.length >= one.count)) return undefined;
  if (axis === "step") return [Math.max(0, from - (to - from) * BESIDE), to + (to - from) * BESIDE];
  const started = new Map(runs.map((run) => [run.id, run.started]));
  let [low, high] = [Infinity, -Infinity];
  for (const one of series) {
    const origin = axis === "rel" ? (started.get(one.runId) ?? 0) : 0;
    one.times.forEach((time, i) => {
      if (time - origin < from || time - origin > to) return;
      low = Math.min(low, one.steps[i - 1] ?? one.steps[i] ?? low);
      high = Math.max(high, one.steps[i + 1] ?? one.steps[i] ?? high);
    });
  }
  return low < high ? [low, high] : undefined;
}
