/** One run in the pane: its eye, colour, state, name and a few figures. */

import { Link } from "@tanstack/react-router";
import { memo } from "react";

import { hover, leave } from "../charts/hover";
import { Icon } from "../frame/icons";
import { Name } from "../frame/Name";
import { StateMark } from "../frame/StateMark";
import { Swatch } from "../frame/Swatch";
import { colorVar, type Ink } from "../lib/palette";
import { useStore } from "../lib/store";
import { indexOf, metricOf, nameOf, type PaneColumn } from "./model";
import type { Row } from "./tree";

interface RunRowProps {
  row: Row;
  top: number;
  columns: PaneColumn[];
  formats: (((value: number) => string) | undefined)[];
  experimentId: string;
  ink: Ink;
  plotted: boolean;
  focused: boolean;
  onEye: (id: string) => void;
  onTurn: (id: string) => void;
}

export const RunRow = memo(
  function RunRow({ row, top, columns, formats, experimentId, ink, plotted, focused, onEye, onTurn }: RunRowProps) {
    const { run, depth, kids, open, last } = row;
    const { run_id: runId, status } = run.info;
    const lifted = useStore(hover, (state) => state.run === runId);
    const classes = ["rr", !plotted && "off", depth > 0 && "kid", last && "last", kids > 0 && open && "open", focused && "kf", lifted && "hl"];
    const style = { transform: `translateY(${top}px)`, "--c": colorVar(ink.slot), "--depth": depth } as React.CSSProperties;
    const name = nameOf(run);
    return (
      <div className={classes.filter(Boolean).join(" ")} role="row" aria-level={depth + 1} aria-expanded={kids ? open : undefined} data-run={runId} style={style} onMouseEnter={() => plotted && hover.set({ run: runId })} onMouseLeave={leave}>
        <button type="button" className="eye" aria-pressed={plotted} aria-label={`${plotted ? "Hide" : "Plot"} ${name}`} title={plotted ? "Hide (Space)" : "Plot (Space)"} tabIndex={-1} onClick={() => onEye(runId)}>
          <Icon name={plotted ? "eye" : "eyeoff"} />
        </button>
        <span className="nmw" role="rowheader">
          {kids > 0 && (
            <button type="button" className="tw" aria-label={open ? "Close" : "Open"} tabIndex={-1} onClick={() => onTurn(runId)}><Icon name={open ? "down" : "right"} /></button>
          )}
          <Swatch ink={ink} />
          <StateMark status={status} />
          <Link to="/experiments/$experimentId/runs/$runId" params={{ experimentId, runId }} className="runlink" tabIndex={-1}><Name text={name} /></Link>
          {kids > 0 && <span className="nkids">{kids}</span>}
        </span>
        {columns.map((column, i) => <Figure key={column.field} row={row} column={column} format={formats[i]} />)}
      </div>
    );
  },
  (before, after) =>
    before.row.run === after.row.run && before.row.open === after.row.open && before.row.last === after.row.last && before.row.depth === after.row.depth &&
    before.row.kids === after.row.kids && before.top === after.top && before.columns === after.columns && before.formats === after.formats &&
    before.ink.slot === after.ink.slot && before.ink.dash === after.ink.dash && before.plotted === after.plotted && before.focused === after.focused &&
    before.onEye === after.onEye && before.onTurn === after.onTurn,
);

interface FigureProps {
  row: Row;
  column: PaneColumn;
  format: ((value: number) => string) | undefined;
}

function Figure({ row: { run }, column, format }: FigureProps) {
  if (column.kind === "params") {
    const value = indexOf(run).params.get(column.label);
    return <span className="num clip" title={value} role="gridcell">{value || "–"}</span>;
  }
  const value = metricOf(run, column.label);
  return <span className="num" title={value === undefined ? undefined : String(value)} role="gridcell">{value === undefined ? "–" : (format ?? String)(value)}</span>;
}
