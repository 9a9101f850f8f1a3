/** Who the run is: colour, name, state, times, maker, source. */

import type { ReactNode } from "react";

import type { Run } from "../api/types";
import { CopyButton } from "../frame/bits";
import { Icon } from "../frame/icons";
import { StateMark, stateName } from "../frame/StateMark";
import { Swatch } from "../frame/Swatch";
import { useNow } from "../lib/clock";
import { clock, formatDuration, fullTime, longTime } from "../lib/format";
import { slotOf } from "../lib/palette";
import { durationOf, indexOf, nameOf, sourceOf, userOf } from "../runs/model";

export function Header({ run, back }: { run: Run; back: ReactNode }) {
  const { status, run_id: runId } = run.info;
  const { tags } = indexOf(run);
  const commit = tags.get("mlflow.source.git.commit");
  const branch = tags.get("mlflow.source.git.branch");
  const [user, source] = [userOf(run), sourceOf(run)];
  return (
    <div className="rh">
      <div className="only-s up">{back}</div>
      <div className="l1">
        <Swatch ink={{ slot: slotOf(runId), dash: 0 }} />
        <h1><bdi>{nameOf(run)}</bdi></h1>
        <span className={`badge stx ${status.toLowerCase()}`}><StateMark status={status} />{stateName(status)}</span>
        {run.info.lifecycle_stage === "deleted" && <span className="badge stx failed">Deleted</span>}
      </div>
      <div className="l2">
        <Times run={run} />
        {user && <span className="clip">by <b title={user}>{user}</b></span>}
        {source && <span className="clip"><Icon name="file" /><b className="mono" title={source}>{source}</b></span>}
        {commit && <span><Icon name="git" /><b className="mono" title={commit}>{commit.slice(0, 7)}</b>{branch && ` ${branch}`}</span>}
        <span className="rid"><span className="mono clip" title={runId}>{runId}</span><CopyButton text={runId} label="Copy the run's id" /></span>
      </div>
    </div>
  );
}

function Times({ run }: { run: Run }) {
  const live = run.info.status === "RUNNING";
  const now = useNow(live ? 1000 : 60_000);
  const { start_time: start, end_time: end } = run.info;
  const duration = durationOf(run, now);
  if (start === undefined) return <span>not started</span>;
  const sameDay = end !== undefined && new Date(start).toDateString() === new Date(end).toDateString();
  return (
    <>
      {duration !== undefined && <span><b>{formatDuration(duration)}</b></span>}
      <span title={`${fullTime(start)}${end === undefined ? "" : ` – ${fullTime(end)}`}`}>
        {longTime(start)}{end !== undefined && ` – ${sameDay ? clock(end) : longTime(end)}`}{live && " – now"}
      </span>
    </>
  );
}
