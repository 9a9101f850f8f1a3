/** The names the interface uses for the wire's shapes. `schema.ts` is generated (`npm run api`) and never edited. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type RunStatus = "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";

/** A double as JSON carries it: "NaN", "Infinity" and "-Infinity" travel as text. */
export type WireNumber = Schemas["Metric"]["value"];

export interface KeyValue {
  key: string;
  value: string;
}

export type Metric = Schemas["Metric"];
export type Experiment = Schemas["Experiment"];
export type FileInfo = Schemas["FileInfo"];
export type SearchExperimentsResponse = Schemas["SearchExperimentsResponse"];
export type ListArtifactsResponse = Schemas["ListArtifactsResponse"];
export type SeriesRequest = Schemas["GetSeries"];
export type WireSeries = Schemas["Series"];
export type SeriesResponse = Schemas["GetSeriesResponse"];

export interface Run {
  info: Omit<Schemas["RunInfo"], "status"> & { status: RunStatus };
  data: { metrics?: Metric[]; params?: KeyValue[]; tags?: KeyValue[] };
}

export type RunCount = Schemas["RunCount"];
export type CountRunsResponse = Schemas["CountRunsResponse"];

/** A page of runs; `runstone/runs/list` adds how many match in all, and each run's number in the store. */
export interface ListRunsResponse extends SearchRunsResponse {
  total: number;
  numbers?: number[];
}

export interface SearchRunsResponse {
  runs?: Run[];
  next_page_token?: string;
}
