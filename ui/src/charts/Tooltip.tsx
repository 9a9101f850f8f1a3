/** At most five values at the cursor, the nearest line first. */

import { useLayoutEffect, useRef } from "react";

import { Name } from "../frame/Name";
import { Swatch } from "../frame/Swatch";
import { clock, columnFormat, count, formatDuration, longTime } from "../lib/format";
import type { Reading } from "./nearest";
import type { LinesModel } from "./types";

const ROWS = 5;
const GAP = 16;

interface TooltipProps {
  model: LinesModel;
  found: Reading[];
  left: number;
  top: number;
  frozen: boolean;
}

export function Tooltip({ model, found, left, top, frozen }: TooltipProps) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (box.current) place(box.current, left, top);
  });
  const near = found[0];
  if (!near) return null;
  const { steps, times, run } = near.line;
  const [step, time] = [steps[near.index] ?? 0, times[near.index] ?? 0];
  const shown = found.slice(0, ROWS);
  const raw = columnFormat(shown.map((reading) => reading.raw));
  const smooth = columnFormat(shown.map((reading) => reading.smooth));
  const columns = model.smoothed ? "tip two" : "tip";
  return (
    <div ref={box} className={columns} role="tooltip">
      <div className="tr tc">
        <span />
        <span className="clip"><b>{count(step)}</b>{run.started > 0 && ` · ${formatDuration(time - run.started)}`}</span>
        <span>{model.smoothed ? "raw" : "value"}</span>
        {model.smoothed && <span>smooth</span>}
      </div>
      {shown.map((reading, i) => (
        <div key={reading.line.run.id} className={i === 0 ? "tr near" : "tr"}>
          <Swatch ink={reading.line.run.ink} />
          <Name text={reading.line.run.name} />
          <span>{raw(reading.raw)}</span>
          {model.smoothed && <span>{smooth(reading.smooth)}</span>}
        </div>
      ))}
      <div className="tf">
        {longTime(time).replace(clock(time), clock(time, true))}
        {found.length > ROWS && ` · ${found.length - ROWS} more`}
        {frozen && " · held, click to release"}
      </div>
    </div>
  );
}

/** Beside the cursor, on the side where there is room within the scrolled area. */
function place(box: HTMLElement, left: number, top: number): void {
  const plot = box.parentElement?.getBoundingClientRect();
  const area = box.closest(".scroll")?.getBoundingClientRect();
  if (!plot || !area) return;
  const { offsetWidth: width, offsetHeight: height } = box;
  const fitsRight = plot.left + left + GAP + width <= area.right - 8;
  const x = fitsRight ? left + GAP : Math.max(area.left - plot.left + 8, left - GAP - width);
  const room = area.bottom - plot.top - height - 8;
  box.style.left = `${Math.min(x, area.right - plot.left - width - 8)}px`;
  box.style.top = `${Math.max(area.top - plot.top + 4, Math.min(top + GAP, room))}px`;
}
