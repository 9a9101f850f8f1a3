/** The wire's shapes, as the server answers them: unset and empty fields are left out. */

export type RunStatus = "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";

export interface KeyValue {
  key: string;
  value: string;
}

/** A double as JSON carries it: what is not finite travels as text. */
export type WireNumber = number | "NaN" | "Infinity" | "-Infinity";

export interface Metric {
  key: string;
  value: WireNumber;
  timestamp: number;
  step?: number;
}

export interface RunInfo {
  run_id: string;
  run_name?: string;
  experiment_id: string;
  user_id?: string;
  status: RunStatus;
  start_time?: number;
  end_time?: number;
  artifact_uri?: string;
  lifecycle_stage?: string;
}

export interface Run {
  info: RunInfo;
  data: { metrics?: Metric[]; params?: KeyValue[]; tags?: KeyValue[] };
}

export interface Experiment {
  experiment_id: string;
  name: string;
  artifact_location?: string;
  lifecycle_stage?: string;
  creation_time?: number;
  last_update_time?: number;
  tags?: KeyValue[];
}

export interface FileInfo {
  path: string;
  is_dir: boolean;
  file_size?: number;
}

export interface SearchExperimentsResponse {
  experiments?: Experiment[];
  next_page_token?: string;
}

export interface SearchRunsResponse {
  runs?: Run[];
  next_page_token?: string;
}

/** A page of runs with how many match in all, and each run's number in the store. */
export interface ListRunsResponse extends SearchRunsResponse {
  total: number;
  numbers?: number[];
}

export interface RunCount {
  experiment_id: string;
  runs: number;
  running: number;
  last_start_time: number;
}

export interface CountRunsResponse {
  counts?: RunCount[];
}

export interface ListArtifactsResponse {
  root_uri?: string;
  files?: FileInfo[];
}

export interface SeriesRequest {
  run_ids: string[];
  metric_keys: string[];
  buckets?: number;
  start_step?: number;
  end_step?: number;
}

export interface WireSeries {
  run_id: string;
  key: string;
  count: number;
  steps: number[];
  timestamps: number[];
  values: WireNumber[];
}

export interface SeriesResponse {
  series?: WireSeries[];
}
