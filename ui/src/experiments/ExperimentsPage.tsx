/** Every experiment, last active first. */

import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";

import { useExperiments, useLatestRun, useRunCounts } from "../api/queries";
import type { Experiment, RunCount } from "../api/types";
import { Empty, Message, Progress, Python, SearchField } from "../frame/bits";
import { Name } from "../frame/Name";
import { StateMark } from "../frame/StateMark";
import { TopBar } from "../frame/TopBar";
import { useNow } from "../lib/clock";
import { ago, count, fullTime, shortTime } from "../lib/format";
import { useHotkeys } from "../lib/hotkeys";
import { nameOf } from "../runs/model";
import { usePageTitle } from "../lib/title";

const ROW = 40;

export function ExperimentsPage() {
  const { q = "" } = useSearch({ strict: false });
  const navigate = useNavigate();
  const result = useExperiments(q);
  const pages = result.data?.pages ?? [];
  const experiments = pages.flatMap((page) => page.experiments ?? []);
  const field = useRef<HTMLInputElement>(null);
  const [at, setAt] = useState(-1);
  usePageTitle("Experiments");
  const open = (experiment: Experiment | undefined) =>
    experiment && void navigate({ to: "/experiments/$experimentId", params: { experimentId: experiment.experiment_id } });
  const focusField = () => field.current?.focus();
  const move = (by: number) => setAt(Math.max(0, Math.min(experiments.length - 1, at + by)));
  useHotkeys({
    "/": focusField, f: focusField,
    ArrowDown: () => move(1), ArrowUp: () => move(-1), Enter: () => open(experiments[at]), Escape: () => setAt(-1),
  });
  const search = (value: string) => {
    setAt(-1);
    void navigate({ to: "/", search: value ? { q: value } : {}, replace: true });
  };
  const only = result.isSuccess && !q && experiments.length === 1 ? experiments[0]?.experiment_id : undefined;
  const nothingYet = useLatestRun(only).data === null;
  return (
    <>
      <TopBar />
      <Progress busy={result.isPlaceholderData || result.isPending} />
      <main className="exps">
        <div className="exphead">
          <h1>Experiments</h1>
          {result.isSuccess && <span className="count">{count(experiments.length)}{result.hasNextPage && "+"}</span>}
          <span className="grow" />
          <div className="expsearch">
            <SearchField
              value={q} onChange={search} label="Search by name" hotkey="F" inputRef={field}
              onKeyDown={(event) => {
                if (event.key === "ArrowDown") { event.preventDefault(); field.current?.blur(); setAt(0); }
                if (event.key === "Enter") open(experiments[Math.max(0, at)]);
              }}
            />
          </div>
        </div>
        {result.error && !result.data && <Message kind="bad">{result.error.message}</Message>}
        {experiments.length > 0 && <List experiments={experiments} at={at} onEnd={() => result.hasNextPage && !result.isFetching && void result.fetchNextPage()} />}
        {result.isSuccess && experiments.length === 0 && q && <Empty title={`No experiment is named like ${q}`}><p>Capitals do not matter; <span className="mono">%</span> stands for anything.</p></Empty>}
        {((only && nothingYet) || (result.isSuccess && experiments.length === 0 && !q)) && <FirstLines />}
      </main>
    </>
  );
}

function FirstLines() {
  const code = `import runstone as mlflow\nmlflow.set_tracking_uri("${location.origin}")\nmlflow.log_metric("loss", 0.83, step=1)`;
  return (
    <Empty title="No experiment has a run yet">
      <p>Run this where you train. The experiment shows here by itself.</p>
      <Python code={code} />
    </Empty>
  );
}

function List({ experiments, at, onEnd }: { experiments: Experiment[]; at: number; onEnd: () => void }) {
  const area = useRef<HTMLDivElement>(null);
  const now = useNow(10_000);
  const counts = useRunCounts(experiments.map((experiment) => experiment.experiment_id)).data;
  const rows = useVirtualizer({ count: experiments.length, getScrollElement: () => area.current, estimateSize: () => ROW, overscan: 10 });
  const items = rows.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lastShown >= experiments.length - 1) onEnd();
  });
  useEffect(() => {
    if (at >= 0) rows.scrollToIndex(at);
  }, [at, rows]);
  return (
    <div className="explist" ref={area} role="table" aria-label="Experiments" aria-rowcount={experiments.length}>
      <div className="er hd" role="row">
        <span role="columnheader">Name</span>
        <span role="columnheader" className="num">Id</span>
        <span role="columnheader" className="num">Runs</span>
        <span role="columnheader" className="hide-s">Last run</span>
        <span role="columnheader" className="when">Last activity</span>
        <span role="columnheader" className="when hide-s">Created</span>
      </div>
      <div style={{ height: rows.getTotalSize() }} role="rowgroup">
        {items.map(({ index, start }) => {
          const experiment = experiments[index];
          return experiment && <ExperimentRow key={experiment.experiment_id} experiment={experiment} runs={counts?.get(experiment.experiment_id)} top={start} focused={index === at} now={now} />;
        })}
      </div>
    </div>
  );
}

interface RowProps {
  experiment: Experiment;
  runs: RunCount | undefined;
  top: number;
  focused: boolean;
  now: number;
}

function ExperimentRow({ experiment, runs, top, focused, now }: RowProps) {
  const { experiment_id: experimentId, name, last_update_time: updated, creation_time: created } = experiment;
  const latest = useLatestRun(experimentId).data;
  const active = latest ? (latest.info.status === "RUNNING" ? now : (latest.info.end_time ?? latest.info.start_time)) : updated;
  return (
    <Link to="/experiments/$experimentId" params={{ experimentId }} className={focused ? "er kf" : "er"} role="row" style={{ transform: `translateY(${top}px)` }}>
      <span role="cell" className="nmw"><Name text={name} /></span>
      <span role="cell" className="num mut">{experimentId.length > 8 ? <span title={experimentId}>…{experimentId.slice(-6)}</span> : experimentId}</span>
      <span role="cell" className="num" title={runs?.running ? `${count(runs.running)} running` : ""}>{runs ? count(runs.runs) : ""}</span>
      <span role="cell" className="nmw hide-s">{latest && <><StateMark status={latest.info.status} /><Name text={nameOf(latest)} className="sec" /></>}{latest === null && <span className="mut">no runs</span>}</span>
      <span role="cell" className="when" title={active ? fullTime(active) : ""}>{active ? ago(active, now) : "–"}</span>
      <span role="cell" className="when hide-s" title={created ? fullTime(created) : ""}>{created ? shortTime(created, now) : "–"}</span>
    </Link>
  );
}
