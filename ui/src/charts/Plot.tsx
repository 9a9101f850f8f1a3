/** A chart of lines: the canvas, its linked cursor, and the values under the pointer. */

import { useEffect, useId, useRef, useState } from "react";

import { useStore } from "../lib/store";
import { theme } from "../lib/theme";
import { chartColors } from "./colors";
import { hover, leave } from "./hover";
import { type Reading, readings } from "./nearest";
import { createPlot, type PlotEvents, type PlotHandle } from "./render";
import { Tooltip } from "./Tooltip";
import type { LinesModel, Range } from "./types";

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

const REACH = 0.02;

export function Plot({ model, label, onZoom }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const handle = useRef<PlotHandle>(undefined);
  const colors = chartColors(useStore(theme, (value) => value));
  const [pointed, setPointed] = useState<Pointed>();
  const [frozen, setFrozen] = useState(false);
  const id = useId();
  const now = useRef({ model, frozen, onZoom, colors });
  now.current = { model, frozen, onZoom, colors };

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const plot = createPlot(element, now.current.model, now.current.colors, eventsOf(id, now, handle, setPointed));
    handle.current = plot;
    const resized = new ResizeObserver(() => plot.resize(element.clientWidth, element.clientHeight));
    resized.observe(element);
    const follow = () => {
      const { run, x, axis, source } = hover.get();
      plot.lift(run);
      const here = axis === now.current.model.x ? x : undefined;
      if (source !== id) plot.point(here);
      plot.mark(run, here);
    };
    const unsubscribe = hover.subscribe(follow);
    return () => {
      unsubscribe();
      resized.disconnect();
      plot.destroy();
    };
  }, [id, model.log]);

  useEffect(() => {
    handle.current?.update(model, colors);
  }, [model, colors]);

  const onClick = () => {
    if (frozen) leave();
    setFrozen(!frozen && pointed !== undefined);
    if (frozen) setPointed(undefined);
  };
  return (
    <div ref={box} className={frozen ? "plot frozen" : "plot"} role="img" aria-label={label} onClick={onClick}>
      {pointed && <Tooltip model={model} found={pointed.found} left={pointed.left} top={pointed.top} frozen={frozen} />}
    </div>
  );
}

type Now = React.RefObject<{ model: LinesModel; frozen: boolean; onZoom: (range: Range | undefined) => void }>;

function eventsOf(id: string, now: Now, handle: React.RefObject<PlotHandle | undefined>, setPointed: (pointed: Pointed | undefined) => void): PlotEvents {
  return {
    onZoom: (range) => now.current.onZoom(range),
    onReset: () => now.current.onZoom(undefined),
    onCursor: (x, y) => {
      if (now.current.frozen) return;
      const plot = handle.current;
      if (x === undefined || y === undefined || !plot) {
        setPointed(undefined);
        if (hover.get().source === id) leave();
        return;
      }
      const { lines, xRange, x: axis } = now.current.model;
      const top = y + plot.top();
      const found = readings(lines, x, top, (xRange[1] - xRange[0]) * REACH, plot.toY);
      hover.set({ run: found[0]?.line.run.id, x, axis, source: id });
      setPointed({ left: plot.toX(x), top, found });
    },
  };
}
