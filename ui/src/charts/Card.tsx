/** One metric: a title line and a plot to the edges. Mounted only near the visible part of the page. */

import { memo, useMemo, useRef } from "react";

import { splitKey } from "../lib/text";
import { Icon } from "../frame/icons";
import { Bars } from "./Bars";
import { Plot } from "./Plot";
import { prepare } from "./prepare";
import type { ChartSettings } from "./settings";
import type { ChartModel, ChartRun, Range } from "./types";
import { useSeries } from "./useSeries";
import { useVisible } from "./useVisible";

export interface CardProps {
  metric: string;
  runs: ChartRun[];
  settings: ChartSettings;
  onZoom: (range: Range | undefined) => void;
  /** Fill the page with this chart, or return from it. */
  onFull: (metric: string) => void;
  /** Show the whole key, not only what follows the section's prefix. */
  full?: boolean;
}

export const Card = memo(function Card(props: CardProps) {
  const frame = useRef<HTMLElement>(null);
  const visible = useVisible(frame);
  return (
    <figure ref={frame} className="card" data-metric={props.metric}>
      {visible ? <Content {...props} /> : <figcaption className="ct"><Title metric={props.metric} /></figcaption>}
    </figure>
  );
});

function Title({ metric, full }: { metric: string; full?: boolean | undefined }) {
  const [prefix, name] = splitKey(metric);
  return <span className="t" title={metric}>{full && <span className="p">{prefix}</span>}{name || metric}</span>;
}

function Content({ metric, runs, settings, onZoom, onFull, full = false }: CardProps) {
  const { series, whole, pending, error } = useSeries(metric, runs, settings.x, settings.zoom);
  const { x, log, smoothing, clip, zoom } = settings;
  const model = useMemo(
    () => prepare(runs, series, { x, log, smoothing, clip, zoom }, whole),
    [runs, series, whole, x, log, smoothing, clip, zoom],
  );
  return (
    <>
      <figcaption className="ct">
        <Title metric={metric} full={full} />
        <Notes model={model} settings={settings} />
        <span className="acts">
          <button type="button" className="ib" aria-pressed={full} aria-label={full ? `All charts` : `Only ${metric}`} title={full ? "All charts (Esc)" : "Fill the page"} onClick={() => onFull(metric)}>
            <Icon name={full ? "x" : "full"} />
          </button>
        </span>
      </figcaption>
      <Body model={model} metric={metric} onZoom={onZoom} pending={pending} failed={error !== null} />
    </>
  );
}

interface BodyProps {
  model: ChartModel;
  metric: string;
  onZoom: (range: Range | undefined) => void;
  pending: boolean;
  failed: boolean;
}

function Body({ model, metric, onZoom, pending, failed }: BodyProps) {
  if (model.kind === "lines") {
    const label = `${metric}, ${model.lines.length === 1 ? "one run" : `${model.lines.length} runs`}`;
    return <Plot key={String(model.log)} model={model} label={label} onZoom={onZoom} />;
  }
  if (model.kind === "bars") return <Bars bars={model.bars} label={metric} />;
  if (pending && !failed) return <div className="plot" aria-busy="true" />;
  return <div className="plot none">{failed ? "The points could not be read" : "No points in the plotted runs"}</div>;
}

/** What must be said beside the title: how the line differs from the points as they were logged. */
function Notes({ model, settings }: { model: ChartModel; settings: ChartSettings }) {
  if (model.kind !== "lines") return null;
  const notes = [
    model.log && "log",
    model.smoothed && `smoothed ${settings.smoothing.toFixed(2)}`,
    settings.clip && "outliers off",
    model.x !== settings.x && "no steps, by time",
  ].filter((note) => note !== false);
  const odd = [
    model.nans > 0 && `NaN ×${model.nans}`,
    model.hiddenByLog > 0 && `${model.hiddenByLog} with values ≤ 0`,
  ].filter((note) => note !== false);
  return (
    <>
      {notes.length > 0 && <span className="u">{notes.join(", ")}</span>}
      {odd.length > 0 && <span className="flag"><Icon name="warn" />{odd.join(", ")}</span>}
    </>
  );
}
