/** One run of the full table: a pinned first cell and the columns in sight. */

import { Link } from "@tanstack/react-router";

import type { Run } from "../../api/types";
import { Icon } from "../../frame/icons";
import { Name } from "../../frame/Name";
import { StateMark } from "../../frame/StateMark";
import { Swatch } from "../../frame/Swatch";
import { colorVar } from "../../lib/palette";
import { indexOf, nameOf, PARENT_TAG } from "../model";
import type { Workspace } from "../useWorkspace";
import type { Placed } from "./Head";

interface TableRowProps {
  run: Run;
  top: number;
  across: Placed[];
  workspace: Workspace;
  now: number;
}

export function TableRow({ run, top, across, workspace, now }: TableRowProps) {
  const { experimentId, plotted, inkOf, toggleEye } = workspace;
  const { run_id: runId, status } = run.info;
  const isPlotted = plotted.has(runId);
  const ink = inkOf(runId);
  const name = nameOf(run);
  const style = { top, "--c": colorVar(ink.slot) } as React.CSSProperties;
  return (
    <div className={isPlotted ? "gr" : "gr off"} role="row" style={style} data-run={runId}>
      <div className="gfirst" role="rowheader">
        <button type="button" className="eye" aria-pressed={isPlotted} aria-label={`${isPlotted ? "Hide" : "Plot"} ${name}`} onClick={() => toggleEye(runId)}>
          <Icon name={isPlotted ? "eye" : "eyeoff"} />
        </button>
        <Swatch ink={ink} />
        <StateMark status={status} />
        <Link to="/experiments/$experimentId/runs/$runId" params={{ experimentId, runId }} className="runlink"><Name text={name} /></Link>
        {indexOf(run).tags.has(PARENT_TAG) && <span className="nkids" title="Has a parent run">child</span>}
      </div>
      {across.map(({ column, left, width, opens }) => {
        const text = column.text(run, now);
        const classes = `gc ${column.numeric ? "num" : ""} ${opens ? "opens" : ""} ${column.group === "Params" ? "par" : ""}`;
        return <div key={column.id} className={classes} role="gridcell" style={{ left, width }} title={column.title?.(run)}>{text}</div>;
      })}
    </div>
  );
}
