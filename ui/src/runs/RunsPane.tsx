/** The only selector: the runs as a tree, with filter, order and an eye for each. */

import { useEffect, useMemo, useRef, useState } from "react";

import { isLive } from "../api/queries";
import { Name } from "../frame/Name";
import { Swatch } from "../frame/Swatch";
import { Icon } from "../frame/icons";
import { count, plural } from "../lib/format";
import { paneWidth, setPaneWidth } from "../lib/memory";
import { FilterBox } from "./FilterBox";
import { nameOf, paneColumns } from "./model";
import { RunsList } from "./RunsList";
import { SortMenu } from "./SortMenu";
import type { Workspace } from "./useWorkspace";

const MIN_WIDTH = 240;
const MAX_WIDTH = 700;
const NAME_ROOM = 216;
const COLUMN = 70;

export function RunsPane({ workspace, title }: { workspace: Workspace; title: string }) {
  const pane = useRef<HTMLElement>(null);
  const [chosen, setChosen] = useState(paneWidth);
  const [shownOnPhone, setShownOnPhone] = useState(false);
  const width = useWidth(pane);
  const { runs, sort, plotted, search, patch } = workspace;
  const room = Math.max(1, Math.min(6, Math.floor((width - NAME_ROOM) / COLUMN)));
  const columns = useMemo(() => paneColumns(runs, sort, room), [runs, sort, room]);
  const resize = (next: number) => {
    const clamped = Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, next));
    setChosen(clamped);
    setPaneWidth(clamped);
  };
  const style = chosen ? ({ "--pane-w": `${chosen}px` } as React.CSSProperties) : undefined;
  return (
    <aside ref={pane} className={shownOnPhone ? "pane" : "pane collapsible"} style={style} aria-label="Runs">
      <div className="ptitle">
        <h1 className="clip" title={title}><bdi>{title}</bdi></h1>
        <span className="grow" />
        <button type="button" className="ib only-s" aria-label="List the runs" aria-expanded={shownOnPhone} onClick={() => setShownOnPhone(!shownOnPhone)}>
          <Icon name={shownOnPhone ? "x" : "runs"} />
        </button>
      </div>
      <Rail workspace={workspace} onOpen={() => setShownOnPhone(true)} />
      <div className="pfilter">
        <FilterBox value={search.q ?? ""} onApply={(q) => patch({ q: q || undefined })} error={workspace.refused} />
      </div>
      <div className="ptools">
        <Count workspace={workspace} />
        <span className="grow" />
        <SortMenu workspace={workspace} />
      </div>
      <RunsList workspace={workspace} columns={columns} />
      <div className="pfoot">
        <span>{plural(workspace.total, "run")}</span>
        <span>{count(runs.filter(isLive).length)} running</span>
        <span className="grow" />
        <span className="hide-m"><kbd>↑</kbd> <kbd>↓</kbd> move</span>
        <span className="hide-m"><kbd>Space</kbd> plot</span>
        <span className="hide-m"><kbd>Enter</kbd> open</span>
      </div>
      <Grip onMove={(x) => resize(x - (pane.current?.getBoundingClientRect().left ?? 0))} onStep={(by) => resize(width + by)} width={width} />
      <span className="sr" aria-live="polite">{plotted.size} of {workspace.total} runs plotted</span>
    </aside>
  );
}

export function Count({ workspace }: { workspace: Workspace }) {
  const { plotted, total, refused } = workspace;
  return (
    <span className="count">
      <b>{count(plotted.size)}</b> visible of <b>{count(total)}</b>
      {refused && <span className="mut"> from the last valid filter</span>}
    </span>
  );
}

/** On a phone: the plotted runs as a strip in place of the list. */
function Rail({ workspace, onOpen }: { workspace: Workspace; onOpen: () => void }) {
  const { rows, plotted, inkOf, total } = workspace;
  return (
    <div className="rail">
      <button type="button" className="count" onClick={onOpen}><b>{plotted.size}</b> of <b>{count(total)}</b></button>
      {rows.filter(({ run }) => plotted.has(run.info.run_id)).map(({ run }) => (
        <button type="button" key={run.info.run_id} className="chip" onClick={onOpen}>
          <span className="row"><Swatch ink={inkOf(run.info.run_id)} /><Name text={nameOf(run)} /></span>
        </button>
      ))}
    </div>
  );
}

interface GripProps {
  width: number;
  onMove: (clientX: number) => void;
  onStep: (by: number) => void;
}

function Grip({ width, onMove, onStep }: GripProps) {
  const move = (moved: PointerEvent) => onMove(moved.clientX);
  const onPointerDown = (event: React.PointerEvent<HTMLDivElement>) => {
    const grip = event.currentTarget;
    grip.setPointerCapture(event.pointerId);
    grip.addEventListener("pointermove", move);
    grip.addEventListener("pointerup", () => grip.removeEventListener("pointermove", move), { once: true });
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const by = event.key === "ArrowLeft" ? -16 : event.key === "ArrowRight" ? 16 : 0;
    if (by === 0) return;
    event.preventDefault();
    event.stopPropagation();
    onStep(by);
  };
  return (
    <div className="grip" role="separator" aria-orientation="vertical" aria-label="Width of the runs pane" aria-valuenow={Math.round(width)} aria-valuemin={MIN_WIDTH} aria-valuemax={MAX_WIDTH} tabIndex={0} onPointerDown={onPointerDown} onKeyDown={onKeyDown} />
  );
}

function useWidth(ref: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(432);
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.offsetWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return width;
}
