/** A Vite middleware that answers the operations the interface uses, for `npm run dev:mock`. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";

import type { Run, SeriesRequest } from "../src/api/types.ts";
import { filesOf, readArtifact } from "./artifacts.ts";
import { latest, series } from "./curves.ts";
import { experiments, type MockRun, runs } from "./data.ts";
import { filterRuns, sortRuns } from "./search.ts";

class Refusal extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

type Body = Record<string, unknown>;
type Handler = (body: Body, query: URLSearchParams) => unknown;

const withMetrics = (mock: MockRun): Run => ({
  info: mock.run.info,
  data: { ...mock.run.data, metrics: latest(mock) },
});

function page<T>(items: T[], body: Body, name: string): Body {
  const offset = Number(body["page_token"] ?? 0);
  const size = Number(body["max_results"] ?? 1000);
  const next = offset + size < items.length ? { next_page_token: String(offset + size) } : {};
  return items.length ? { [name]: items.slice(offset, offset + size), ...next } : {};
}

function findRun(id: string | null): MockRun {
  const found = runs.find((mock) => mock.run.info.run_id === id);
  if (!found) throw new Refusal(404, "RESOURCE_DOES_NOT_EXIST", `Run with id=${id} not found`);
  return found;
}

function search(body: Body): Run[] {
  const ids = body["experiment_ids"] as string[];
  const all = runs.filter((mock) => ids.includes(mock.run.info.experiment_id)).map(withMetrics);
  const found = filterRuns(all, String(body["filter"] ?? ""));
  if (typeof found === "string") throw new Refusal(400, "INVALID_PARAMETER_VALUE", found);
  return sortRuns(found, (body["order_by"] as string[] | undefined)?.[0]);
}

const handlers: Record<string, Handler> = {
  "mlflow/experiments/search": (body) => {
    const wanted = /ILIKE '%(.*)%'/.exec(String(body["filter"] ?? ""))?.[1]?.toLowerCase() ?? "";
    return page(experiments.filter((e) => e.name.toLowerCase().includes(wanted)), body, "experiments");
  },
  "mlflow/experiments/get": (_, query) => {
    const experiment = experiments.find((e) => e.experiment_id === query.get("experiment_id"));
    if (!experiment) throw new Refusal(404, "RESOURCE_DOES_NOT_EXIST", "No Experiment with that id exists");
    return { experiment };
  },
  "mlflow/runs/search": (body) => page(search(body), body, "runs"),
  "runstone/runs/list": (body) => {
    const found = search(body);
    const shown = page(found, body, "runs");
    const numbers = ((shown["runs"] ?? []) as Run[]).map(({ info }) => runs.findIndex((mock) => mock.run.info.run_id === info.run_id) + 1);
    return { ...shown, numbers, total: found.length };
  },
  "runstone/experiments/count-runs": (body) => {
    const infos = runs.map((mock) => mock.run.info);
    const counts = (body["experiment_ids"] as string[]).map((id) => {
      const own = infos.filter((info) => info.experiment_id === id);
      const running = own.filter((info) => info.status === "RUNNING").length;
      return { experiment_id: id, runs: own.length, running, last_start_time: Math.max(0, ...own.map((info) => info.start_time ?? 0)) };
    });
    return { counts: counts.filter((one) => one.runs > 0) };
  },
  "mlflow/runs/get": (_, query) => ({ run: withMetrics(findRun(query.get("run_id"))) }),
  "mlflow/artifacts/list": (_, query) => filesOf(query.get("path") ?? ""),
  "runstone/metrics/get-series": (body) => {
    const request = body as unknown as SeriesRequest;
    const found = request.run_ids.flatMap((id) => request.metric_keys.map((key) => series(findRun(id), key, request)));
    return { series: found.filter((one) => one !== undefined) };
  },
};

async function bodyOf(request: IncomingMessage): Promise<Body> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text ? (JSON.parse(text) as Body) : {};
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}

async function handle(request: IncomingMessage, response: ServerResponse, next: () => void): Promise<void> {
  const url = new URL(request.url ?? "/", "http://mock");
  if (url.pathname === "/health") return void response.end("OK");
  if (url.pathname === "/get-artifact") return readArtifact(url.searchParams.get("path") ?? "", response);
  const handler = handlers[url.pathname.replace("/ajax-api/2.0/", "")];
  if (!handler) return next();
  try {
    answer(response, 200, handler(await bodyOf(request), url.searchParams));
  } catch (error) {
    const { status, code, message } = error instanceof Refusal ? error : new Refusal(500, "INTERNAL_ERROR", String(error));
    answer(response, status, { error_code: code, message });
  }
}

export function mockServer(): Plugin {
  return {
    name: "runstone-mock",
    configureServer(server) {
      server.middlewares.use((request, response, next) => void handle(request, response, next));
    },
    configurePreviewServer(server) {
      server.middlewares.use((request, response, next) => void handle(request, response, next));
    },
  };
}
