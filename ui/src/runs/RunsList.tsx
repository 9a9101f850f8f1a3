/** The virtual rows of the pane, and the keys that walk them. */

import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";

import { columnFormat } from "../lib/format";
import { useHotkeys } from "../lib/hotkeys";
import { rowHeight } from "../lib/measure";
import { useStable } from "../lib/stable";
import { joinList, splitList, toggled } from "../lib/url";
import { EyeMenu } from "./EyeMenu";
import { DEFAULT_SORT, indexOf, metricOf, nextSort, type PaneColumn, PARENT_TAG } from "./model";
import { RunRow } from "./RunRow";
import type { Row } from "./tree";
import type { Workspace } from "./useWorkspace";

export function RunsList({ workspace, columns }: { workspace: Workspace; columns: PaneColumn[] }) {
  const { rows, runs, search, patch, sort, more, experimentId } = workspace;
  const area = useRef<HTMLDivElement>(null);
  const height = rowHeight();
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => area.current, estimateSize: () => height, overscan: 12, paddingStart: 28, scrollPaddingStart: 28 });
  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lastShown >= rows.length - 5) more?.();
  });
  const formats = useMemo(
    () => columns.map(({ kind, label }) => (kind === "metrics" ? columnFormat(runs.map((run) => metricOf(run, label) ?? 0)) : undefined)),
    [columns, runs],
  );
  const turn = useStable((id: string) => patch({ shut: joinList(toggled(splitList(search.shut), id)) }));
  const focused = useRowKeys(workspace, turn, (index) => virtual.scrollToIndex(index));
  const onSort = (field: string) => {
    const next = nextSort(sort, field);
    patch({ sort: next === DEFAULT_SORT ? undefined : next });
  };
  const style = { "--mc": columns.map(() => "minmax(58px, 66px)").join(" ") || "0" } as React.CSSProperties;
  return (
    <div className="runs" ref={area} role="treegrid" aria-label="Runs" aria-rowcount={rows.length} style={style}>
      <div className="rr hd" role="row">
        <EyeMenu workspace={workspace} withName />
        {columns.map(({ field, label }) => {
          const direction = sort === field ? "ascending" : sort === `-${field}` ? "descending" : undefined;
          return (
            <button type="button" key={field} className={direction ? "num sorted" : "num"} role="columnheader" aria-sort={direction} title={`${label}: sort`} onClick={() => onSort(field)}>
              <span className="clip rtl"><bdi>{label}</bdi></span>{direction && (direction === "ascending" ? " ↑" : " ↓")}
            </button>
          );
        })}
      </div>
      <div style={{ height: virtual.getTotalSize() - 28, position: "relative" }} role="rowgroup">
        {items.map(({ index, start }) => {
          const row = rows[index];
          return row && (
            <RunRow
              key={row.run.info.run_id} row={row} top={start - 28} columns={columns} formats={formats} experimentId={experimentId}
              ink={workspace.inkOf(row.run.info.run_id)} plotted={workspace.plotted.has(row.run.info.run_id)} focused={focused === row.run.info.run_id}
              onEye={workspace.toggleEye} onTurn={turn}
            />
          );
        })}
      </div>
    </div>
  );
}

/** Arrow keys, Space and Enter on the list; answers the run that has them. */
function useRowKeys(workspace: Workspace, turn: (id: string) => void, show: (index: number) => void): string | undefined {
  const { rows, toggleEye, experimentId } = workspace;
  const [id, setId] = useState<string>();
  const navigate = useNavigate();
  const at = rows.findIndex((row) => row.run.info.run_id === id);
  const row = rows[at];
  const go = (index: number) => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (!next) return;
    setId(next.run.info.run_id);
    show(rows.indexOf(next));
  };
  useHotkeys({
    ArrowDown: () => go(at + 1),
    ArrowUp: () => go(at < 0 ? rows.length - 1 : at - 1),
    Home: () => go(0),
    End: () => go(rows.length - 1),
    ArrowLeft: () => (row ? (row.open ? turn(row.run.info.run_id) : go(parentOf(rows, at))) : false),
    ArrowRight: () => (row && row.kids > 0 ? (row.open ? go(at + 1) : turn(row.run.info.run_id)) : false),
    " ": () => row && toggleEye(row.run.info.run_id),
    Enter: () => row && void navigate({ to: "/experiments/$experimentId/runs/$runId", params: { experimentId, runId: row.run.info.run_id } }),
    Escape: () => (id ? setId(undefined) : false),
  });
  return id;
}

function parentOf(rows: Row[], at: number): number {
  const row = rows[at];
  const parent = row && indexOf(row.run).tags.get(PARENT_TAG);
  const found = rows.findIndex((one) => one.run.info.run_id === parent);
  return found < 0 ? at : found;
}
