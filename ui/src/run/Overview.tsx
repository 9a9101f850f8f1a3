/** Everything about a run that is not a curve or a file. */

import { Link } from "@tanstack/react-router";

import type { Run } from "../api/types";
import type { ChartRun } from "../charts/types";
import { CopyButton } from "../frame/bits";
import { indexOf, PARENT_TAG } from "../runs/model";
import { MetricsTable } from "./MetricsTable";
import { ParamsTable } from "./ParamsTable";

interface OverviewProps {
  run: Run;
  chartRun: ChartRun | undefined;
  keys: string[];
}

export function Overview({ run, chartRun, keys }: OverviewProps) {
  return (
    <div className="scroll">
      <div className="ov">
        <MetricsTable run={run} chartRun={chartRun} keys={keys} />
        <ParamsTable run={run} />
        <aside className="stack side">
          <Note run={run} />
          <Source run={run} />
          <Tags run={run} />
        </aside>
      </div>
    </div>
  );
}

function Note({ run }: { run: Run }) {
  const note = indexOf(run).tags.get("mlflow.note.content");
  if (!note) return null;
  return (
    <section className="blk">
      <div className="bh"><b>Note</b></div>
      <div className="note">{note}</div>
    </section>
  );
}

const FACTS: [tag: string, name: string][] = [
  ["mlflow.source.name", "Entry"], ["mlflow.source.type", "Kind"], ["mlflow.project.entryPoint", "Entry point"],
  ["mlflow.source.git.commit", "Commit"], ["mlflow.source.git.branch", "Branch"], ["mlflow.source.git.repoURL", "Repository"],
  ["mlflow.source.git.dirty", "Uncommitted"],
];
const SHOWN_ELSEWHERE = new Set([...FACTS.map(([tag]) => tag), "mlflow.note.content", "mlflow.runName", "mlflow.user", PARENT_TAG]);

function Source({ run }: { run: Run }) {
  const { tags } = indexOf(run);
  const { experiment_id: experimentId, artifact_uri: files } = run.info;
  const parent = tags.get(PARENT_TAG);
  const facts = FACTS.flatMap(([tag, name]) => {
    const value = tags.get(tag);
    return value ? [[name, value] as const] : [];
  });
  return (
    <section className="blk">
      <div className="bh"><b>Source</b></div>
      <table className="kv facts">
        <tbody>
          {facts.map(([name, value]) => <tr key={name}><th>{name}</th><td className="mono" title={value}>{value}</td></tr>)}
          <tr>
            <th>Parent</th>
            <td>{parent ? <Link to="/experiments/$experimentId/runs/$runId" params={{ experimentId, runId: parent }} className="mono">{parent.slice(0, 12)}</Link> : <span className="mut">none</span>}</td>
          </tr>
          {files && <tr><th>Artifacts</th><td className="mono" title={files}>{files}</td></tr>}
        </tbody>
      </table>
    </section>
  );
}

function Tags({ run }: { run: Run }) {
  const tags = (run.data.tags ?? []).filter((tag) => !SHOWN_ELSEWHERE.has(tag.key));
  if (tags.length === 0) return null;
  return (
    <section className="blk">
      <div className="bh"><b>Tags</b><span className="n">{tags.length}</span><span className="grow" /><CopyButton text={tags.map(({ key, value }) => `${key}: ${value}`).join("\n")} label="Copy the tags" /></div>
      <table className="kv facts">
        <tbody>
          {tags.map(({ key, value }) => (
            <tr key={key}><th title={key}><bdi>{key}</bdi></th><td title={value}><bdi>{value}</bdi></td></tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
