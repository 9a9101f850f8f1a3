/** One run: what it was, its curves, its files. */

import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";

import { isLive, useExperiment, useRun, useSiblings } from "../api/queries";
import type { Run } from "../api/types";
import { Charts } from "../charts/Charts";
import { Progress } from "../frame/bits";
import { Missing } from "../frame/Failure";
import { TopBar } from "../frame/TopBar";
import { count } from "../lib/format";
import { useHotkeys } from "../lib/hotkeys";
import { lastOrder, lastView } from "../lib/memory";
import { slotOf } from "../lib/palette";
import { usePageTitle } from "../lib/title";
import { parseSearch, pick } from "../lib/url";
import { CHART_KEYS, type Patch, type RunSearch } from "../lib/view";
import { chartRunOf } from "../runs/chartRun";
import { keysOf, nameOf } from "../runs/model";
import { Header } from "./Header";
import { Overview } from "./Overview";

const Artifacts = lazy(() => import("./artifacts/Artifacts"));
const RECHECK_MS = 5000;
const TABS = [[undefined, "Overview"], ["charts", "Charts"], ["artifacts", "Artifacts"]] as const;

export function RunPage() {
  const { experimentId, runId } = useParams({ from: "/experiments/$experimentId/runs/$runId" });
  const search: RunSearch = useSearch({ from: "/experiments/$experimentId/runs/$runId" });
  const navigate = useNavigate({ from: "/experiments/$experimentId/runs/$runId" });
  const patch: Patch<RunSearch> = (changes, push = false) =>
    void navigate({ search: (before) => ({ ...before, ...changes }), replace: !push, resetScroll: false });
  const experiment = useExperiment(experimentId);
  const result = useRun(runId);
  const run = result.data;
  const name = run ? nameOf(run) : "";
  usePageTitle(name, experiment.data?.name);
  const beside = useNeighbours(experimentId, runId);
  const go = (id: string | undefined) => {
    const kept = pick(search, ["tab", ...CHART_KEYS]);
    if (id) void navigate({ params: { experimentId, runId: id }, search: { ...kept, zoom: undefined } });
  };
  useHotkeys({
    1: () => patch({ tab: undefined }, true),
    2: () => patch({ tab: "charts" }, true),
    3: () => patch({ tab: "artifacts" }, true),
    j: () => go(beside.next),
    k: () => go(beside.previous),
    f: () => document.querySelector<HTMLElement>(".bh input, .tools input")?.focus(),
  });
  const crumb = (
    <>
      <Link to="/" className="firm">Experiments</Link>
      <span>/</span>
      <Link to="/experiments/$experimentId" params={{ experimentId }} search={parseSearch(lastView(experimentId))} className="clip"><bdi>{experiment.data?.name ?? experimentId}</bdi></Link>
      <span>/</span>
      <b className="clip"><bdi>{name}</bdi></b>
    </>
  );
  return (
    <>
      <TopBar crumb={crumb} live={run !== undefined && isLive(run)} />
      <Progress busy={result.isPending} />
      {result.error && !run && <Missing what="This run" error={result.error} />}
      {run && (
        <>
          <Header run={run} back={<Link to="/experiments/$experimentId" params={{ experimentId }} search={parseSearch(lastView(experimentId))}>{experiment.data?.name ?? experimentId}</Link>} />
          <RunTabs run={run} search={search} patch={patch} beside={beside} go={go} />
          <Content key={runId} run={run} search={search} patch={patch} updated={result.dataUpdatedAt} />
        </>
      )}
    </>
  );
}

interface ContentProps {
  run: Run;
  search: RunSearch;
  patch: Patch<RunSearch>;
  updated: number;
}

function Content({ run, search, patch, updated }: ContentProps) {
  const tick = Math.floor(updated / RECHECK_MS);
  const ink = useMemo(() => ({ slot: slotOf(run.info.run_id), dash: 0 }), [run.info.run_id]);
  const chartRuns = useMemo(() => [chartRunOf(run, ink, tick)], [run, ink, tick]);
  const keys = useMemo(() => keysOf([run], "metrics"), [run]);
  if (search.tab === "charts") return <Charts keys={keys} runs={chartRuns} search={search} patch={patch} hint="This run has logged no metric yet" />;
  if (search.tab === "artifacts") return <Suspense fallback={null}><Artifacts run={run} search={search} patch={patch} /></Suspense>;
  return <Overview run={run} chartRun={chartRuns[0]} keys={keys} />;
}

interface Neighbours {
  previous: string | undefined;
  next: string | undefined;
}

/** The runs before and after this one, in the order in which they were last listed. */
function useNeighbours(experimentId: string, runId: string): Neighbours {
  const listed = useMemo(() => lastOrder(experimentId), [experimentId]);
  const known = listed?.includes(runId) ?? false;
  const siblings = useSiblings(experimentId, !known);
  const order = (known ? listed : siblings.data) ?? [];
  const at = order.indexOf(runId);
  return { previous: at > 0 ? order[at - 1] : undefined, next: at >= 0 ? order[at + 1] : undefined };
}

interface RunTabsProps {
  run: Run;
  search: RunSearch;
  patch: Patch<RunSearch>;
  beside: Neighbours;
  go: (id: string | undefined) => void;
}

function RunTabs({ run, search, patch, beside, go }: RunTabsProps) {
  const metrics = run.data.metrics?.length ?? 0;
  return (
    <div className="tabs" role="tablist" aria-label="Views">
      {TABS.map(([tab, label], i) => (
        <button type="button" key={label} className="tab" role="tab" aria-selected={search.tab === tab} onClick={() => patch({ tab }, true)}>
          <kbd>{i + 1}</kbd>{label} {tab === "charts" && metrics > 0 && <span className="n">{count(metrics)}</span>}
        </button>
      ))}
      <span className="grow" />
      <span className="row beside">
        <button type="button" className="btn q" disabled={!beside.previous} onClick={() => go(beside.previous)} title="Previous run"><kbd>K</kbd><span className="hide-m">previous</span></button>
        <button type="button" className="btn q" disabled={!beside.next} onClick={() => go(beside.next)} title="Next run"><kbd>J</kbd><span className="hide-m">next</span></button>
      </span>
    </div>
  );
}
