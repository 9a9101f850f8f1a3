/** A run as the charts need it. */

import type { Run } from "../api/types";
import type { ChartRun } from "../charts/types";
import type { Ink } from "../lib/palette";
import { indexOf, nameOf } from "./model";

/**
 * A series is read again when its latest point or the run's state has changed. A live run is also read again with
 * every `tick`, since points may come with steps below the latest.
 */
export function chartRunOf(run: Run, ink: Ink, tick: number): ChartRun {
  const { run_id: id, status, start_time: started = 0 } = run.info;
  const { metrics } = indexOf(run);
  const running = status === "RUNNING";
  return {
    id, ink, started, running,
    name: nameOf(run),
    has: (key) => metrics.has(key),
    version: (key) => {
      const latest = metrics.get(key);
      return `${latest?.step ?? 0}:${latest?.timestamp}:${latest?.value}:${status}${running ? `:${tick}` : ""}`;
    },
  };
}
