/** The words charts are made of. */

import type { Ink } from "../lib/palette";

/** The points of one metric of one run, ordered by step then time; non-finite values as they are. */
export interface Series {
  runId: string;
  key: string;
  /** Points on the server in the range that was asked for, before down-sampling. */
  count: number;
  steps: number[];
  times: number[];
  values: number[];
}

/** A run as charts see it. */
export interface ChartRun {
  id: string;
  name: string;
  ink: Ink;
  running: boolean;
  started: number;
  /** Changes whenever a metric of the run may have new points. */
  version: (key: string) => string;
  has: (key: string) => boolean;
}

export type XAxis = "step" | "rel" | "wall";
export type Range = readonly [low: number, high: number];

export interface ChartOptions {
  x: XAxis;
  log: boolean;
  /** 0 shows the points as they are; towards 1 the past weighs more. */
  smoothing: number;
  /** Scale y to the middle 98 % of the values. */
  clip: boolean;
  zoom: Range | undefined;
}

export type MarkerKind = "nan" | "up" | "down";

export interface Marker {
  x: number;
  kind: MarkerKind;
}

export interface Line {
  run: ChartRun;
  xs: number[];
  /** NaN wherever the line has a gap. */
  raw: number[];
  /** Equal to `raw` (the same array) without smoothing. */
  smooth: number[];
  steps: number[];
  times: number[];
  markers: Marker[];
  nans: number;
  /** The last point is the newest of a run that goes on. */
  live: boolean;
}

export interface Bar {
  run: ChartRun;
  value: number;
  step: number;
}

export type ChartModel =
  | { kind: "empty" }
  | { kind: "bars"; bars: Bar[] }
  | {
      kind: "lines";
      lines: Line[];
      x: XAxis;
      xRange: Range;
      yRange: Range;
      log: boolean;
      smoothed: boolean;
      nans: number;
      /** Runs with values a logarithm cannot show. */
      hiddenByLog: number;
    };

export type LinesModel = Extract<ChartModel, { kind: "lines" }>;
