/** The one place that talks to the server: JSON in, JSON out, errors as `ApiError`. */

import { reportAnswer, reportSilence } from "./connection";

const PREFIX = "/ajax-api/2.0/";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Where in a filter (1-based), if the server says so. */
    readonly column?: number,
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** The server did not answer at all, or a gateway answered in its place. */
  get unreachable(): boolean {
    return this.status === 0 || (this.status >= 502 && this.status <= 504);
  }
}

export async function call<T>(path: string, init: RequestInit): Promise<T> {
  const response = await send(PREFIX + path, init);
  if (!response.ok) throw await errorOf(response);
  return (await response.json()) as T;
}

export function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  return call<T>(path, { method: "POST", headers, body: JSON.stringify(body), signal: signal ?? null });
}

export function get<T>(
  path: string,
  query: Record<string, string | undefined>,
  signal?: AbortSignal,
): Promise<T> {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, value);
  return call<T>(`${path}?${search}`, { signal: signal ?? null });
}

/** A request outside the JSON operations (an artifact's bytes, the health check). */
export async function send(url: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    reportSilence();
    throw new ApiError(0, "UNREACHABLE", "The server does not answer.");
  }
  if (response.status >= 502 && response.status <= 504) reportSilence();
  else reportAnswer();
  return response;
}

export async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    const body = JSON.parse(text) as { error_code?: string; message?: string; column?: number };
    return new ApiError(response.status, body.error_code ?? "UNKNOWN", body.message ?? text, body.column);
  } catch {
    return new ApiError(response.status, "UNKNOWN", `The server answered ${response.status}.`);
  }
}

export function artifactUrl(runId: string, path: string): string {
  return `/get-artifact?${new URLSearchParams({ run_id: runId, path })}`;
}
