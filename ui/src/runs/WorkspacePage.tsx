/** An experiment: the runs pane on the left, its charts on the right; or the pane widened to a table. */

import { Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";

import { useExperiment } from "../api/queries";
import { Charts } from "../charts/Charts";
import { Empty, Progress, Python } from "../frame/bits";
import { Missing } from "../frame/Failure";
import { TopBar } from "../frame/TopBar";
import { useHotkeys } from "../lib/hotkeys";
import { usePageTitle } from "../lib/title";
import { RunsPane } from "./RunsPane";
import { Tabs } from "./Tabs";
import { useWorkspace, type Workspace } from "./useWorkspace";

const RunsTable = lazy(() => import("./table/RunsTable"));

export function WorkspacePage() {
  const workspace = useWorkspace();
  const { experimentId, search, patch } = workspace;
  const experiment = useExperiment(experimentId);
  const name = experiment.data?.name ?? "";
  const isTable = search.tab === "table";
  usePageTitle(name, isTable ? "Table" : "Charts");
  useHotkeys({
    1: () => patch({ tab: "table" }, true),
    2: () => patch({ tab: undefined }, true),
    f: () => document.querySelector<HTMLElement>("[data-filter]")?.focus(),
  });
  if (experiment.error && !experiment.data) {
    return (
      <>
        <TopBar />
        <Missing what={`Experiment ${experimentId}`} error={experiment.error} />
      </>
    );
  }
  return (
    <>
      <TopBar crumb={<Link to="/">Experiments</Link>} live={workspace.live} />
      <Progress busy={workspace.stale} />
      {isTable ? (
        <div className="full">
          <Tabs workspace={workspace} title={name} />
          <Suspense fallback={null}><RunsTable workspace={workspace} /></Suspense>
        </div>
      ) : (
        <div className="frame">
          <RunsPane workspace={workspace} title={name} />
          <main className="main">
            <Tabs workspace={workspace} />
            <Content workspace={workspace} name={name} />
          </main>
        </div>
      )}
    </>
  );
}

function Content({ workspace, name }: { workspace: Workspace; name: string }) {
  const { runs, pending, failed, search, patch, metricKeys, chartRuns } = workspace;
  if (pending) return <div className="scroll" aria-busy="true" />;
  if (failed) return <Missing what="The list of runs" error={failed} />;
  if (runs.length === 0 && !search.q) return <NoRuns experimentId={workspace.experimentId} name={name} />;
  if (runs.length === 0) return <Empty title="No run matches the filter"><p>Change it on the left, or clear it to see every run.</p></Empty>;
  const hint = "No run has logged a metric yet";
  return <Charts keys={metricKeys} runs={chartRuns} search={search} patch={patch} hint={hint} />;
}

function NoRuns({ experimentId, name }: { experimentId: string; name: string }) {
  const code = `import runstone as mlflow
mlflow.set_tracking_uri("${location.origin}")
mlflow.start_run(experiment_id="${experimentId}")
mlflow.log_metric("val/acc", 0.83, step=1)`;
  return (
    <Empty title={`No runs in ${name || "this experiment"} yet`}>
      <p>Run this where you train. The first point shows here within two seconds.</p>
      <Python code={code} />
    </Empty>
  );
}
