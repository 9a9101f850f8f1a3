/** A chart of lines: the canvas, its linked cursor, and the values under the pointer. */

import { useEffect, useId, useRef, useState } from "react";

import { useStable } from "../lib/stable";
import { useStore } from "../lib/store";
import { theme } from "../lib/theme";
import { chartColors } from "./colors";
import { hover, leave } from "./hover";
import { type Reading, readings } from "./nearest";
import { createPlot, type PlotHandle } from "./render";
import { Tooltip } from "./Tooltip";
import type { LinesModel, Range } from "./types";

/** A line that ended is still read this far beyond its end, as a share of the axis. */
const REACH = 0.02;

interface PlotProps {
  model: LinesModel;
  label: string;
  onZoom: (range: Range | undefined) => void;
}

interface Pointed {
  left: number;
  top: number;
  found: Reading[];
}

/** Mount it anew when `model.log` changes: a scale keeps its kind for life. */
export function Plot({ model, label, onZoom }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const handle = useRef<PlotHandle>(undefined);
  const colors = chartColors(useStore(theme, (value) => value));
  const [first] = useState({ model, colors });
  const [pointed, setPointed] = useState<Pointed>();
  const [frozen, setFrozen] = useState(false);
  const id = useId();

  const onCursor = useStable((x: number | undefined, y: number | undefined) => {
    const plot = handle.current;
    if (frozen || !plot) return;
    if (x === undefined || y === undefined) {
      setPointed(undefined);
      if (hover.get().source === id) leave();
      return;
    }
    const { lines, xRange, x: axis } = model;
    const top = y + plot.top();
    const found = readings(lines, x, top, (xRange[1] - xRange[0]) * REACH, plot.toY);
    hover.set({ run: found[0]?.line.run.id, x, axis, source: id });
    setPointed({ left: plot.toX(x), top, found });
  });
  const follow = useStable(() => {
    const { run, x, axis, source } = hover.get();
    const here = axis === model.x ? x : undefined;
    handle.current?.lift(run);
    if (source !== id && !frozen) handle.current?.point(here);
    handle.current?.mark(run, here);
  });

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const plot = createPlot(element, first.model, first.colors, { onCursor, onZoom, onReset: () => onZoom(undefined) });
    handle.current = plot;
    const resized = new ResizeObserver(() => plot.resize(element.clientWidth, element.clientHeight));
    resized.observe(element);
    const unsubscribe = hover.subscribe(follow);
    return () => {
      unsubscribe();
      resized.disconnect();
      plot.destroy();
    };
  }, [first, onCursor, onZoom, follow]);
  useEffect(() => handle.current?.update(model, colors), [model, colors]);

  const onClick = () => {
    if (frozen) {
      leave();
      setPointed(undefined);
    }
    setFrozen(!frozen && pointed !== undefined);
  };
  return (
    <div ref={box} className={frozen ? "plot frozen" : "plot"} role="img" aria-label={label} onClick={onClick}>
      {pointed && <Tooltip model={model} found={pointed.found} left={pointed.left} top={pointed.top} frozen={frozen} />}
    </div>
  );
}
