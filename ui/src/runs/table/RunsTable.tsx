/** The pane widened to a table: virtual in both directions, ordered by the server. */

import { columnResizingFeature, columnSizingFeature, tableFeatures, useTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef } from "react";

import { Empty } from "../../frame/bits";
import { Missing } from "../../frame/Failure";
import type { Run } from "../../api/types";
import { useNow } from "../../lib/clock";
import { formatDuration, fullTime, plural, shortTime } from "../../lib/format";
import { rowHeight } from "../../lib/measure";
import { FilterBox } from "../FilterBox";
import { keysOf } from "../model";
import { Count } from "../RunsPane";
import { SortMenu } from "../SortMenu";
import type { Workspace } from "../useWorkspace";
import { type Column, columnsOf } from "./columns";
import { Head } from "./Head";
import { TableRow } from "./TableRow";

const features = tableFeatures({ columnSizingFeature, columnResizingFeature, columnMeta: {} as Column });
const HEAD = 52;

export default function RunsTable({ workspace }: { workspace: Workspace }) {
  const { runs, search, patch, refused, failed, pending } = workspace;
  return (
    <>
      <div className="tbar">
        <FilterBox value={search.q ?? ""} onApply={(q) => patch({ q: q || undefined })} error={refused} />
        <Count workspace={workspace} />
        <span className="grow" />
        <SortMenu workspace={workspace} />
      </div>
      {failed && <Missing what="The list of runs" error={failed} />}
      {!failed && !pending && runs.length === 0 && <Empty title={search.q ? "No run matches the filter" : "No runs yet"}><p>{search.q ? "Clear it to see every run." : "The Charts tab shows how to log the first one."}</p></Empty>}
      {runs.length > 0 && <Grid workspace={workspace} />}
      <div className="pfoot">
        <span>{plural(workspace.total, "run")}</span>
        <span>{plural(keysOf(runs, "metrics").length, "metric")}</span>
        <span>{plural(keysOf(runs, "params").length, "param")}</span>
      </div>
    </>
  );
}

const TIMES = {
  started: (run: Run) => (run.info.start_time === undefined ? "" : shortTime(run.info.start_time)),
  startedTitle: (run: Run) => (run.info.start_time === undefined ? "" : fullTime(run.info.start_time)),
  duration: formatDuration,
};

function Grid({ workspace }: { workspace: Workspace }) {
  const { runs, more } = workspace;
  const area = useRef<HTMLDivElement>(null);
  const now = useNow(5000);
  const columns = useMemo(() => columnsOf(runs, TIMES), [runs]);
  const definitions = useMemo(() => columns.map((column) => ({ id: column.id, size: column.width, minSize: 56, maxSize: 900, meta: column })), [columns]);
  const table = useTable({ features, columns: definitions, data: runs, columnResizeMode: "onChange" });
  const leaves = table.getAllLeafColumns();
  const sizes = leaves.map((leaf) => leaf.getSize());
  const height = rowHeight();
  const first = firstColumn();
  const vertical = useVirtualizer({ count: runs.length, getScrollElement: () => area.current, estimateSize: () => height, overscan: 8, paddingStart: HEAD });
  const horizontal = useVirtualizer({ count: leaves.length, getScrollElement: () => area.current, estimateSize: (i) => sizes[i] ?? 80, overscan: 3, horizontal: true, paddingStart: first });
  const widths = sizes.join();
  useEffect(() => horizontal.measure(), [horizontal, widths]);
  const across = horizontal.getVirtualItems().flatMap(({ index, start, size }) => {
    const column = columns[index];
    return column ? [{ column, index, left: start, width: size, opens: column.group !== columns[index - 1]?.group }] : [];
  });
  const down = vertical.getVirtualItems();
  const lastShown = down.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lastShown >= runs.length - 10) more?.();
  });
  const headers = table.getHeaderGroups()[0]?.headers ?? [];
  const style = { width: horizontal.getTotalSize(), height: vertical.getTotalSize(), "--first": `${first}px` } as React.CSSProperties;
  return (
    <div className="gridw" ref={area}>
      <div className="g" role="grid" aria-label="Runs" aria-rowcount={runs.length} aria-colcount={leaves.length + 1} style={style}>
        <Head workspace={workspace} columns={columns} sizes={sizes} across={across} onResize={(i) => headers[i]?.getResizeHandler()} />
        {down.map(({ index, start }) => {
          const run = runs[index];
          return run && <TableRow key={run.info.run_id} run={run} top={start} across={across} workspace={workspace} now={now} />;
        })}
      </div>
    </div>
  );
}

function firstColumn(): number {
  return window.innerWidth <= 720 ? 176 : 296;
}
