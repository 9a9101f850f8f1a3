/** The three pages and the names that may stand in their addresses. */

import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from "@tanstack/react-router";

import { ExperimentsPage } from "./experiments/ExperimentsPage";
import { Failure, NotFound } from "./frame/Failure";
import { Keys } from "./frame/Keys";
import { parseSearch, pick, stringifySearch } from "./lib/url";
import { RUN_KEYS, WORKSPACE_KEYS } from "./lib/view";

const root = createRootRoute({
  component: () => (
    <>
      <Outlet />
      <Keys />
    </>
  ),
  notFoundComponent: NotFound,
  errorComponent: Failure,
});

const experiments = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: (search: Record<string, unknown>) => pick(search, ["q"]),
  component: ExperimentsPage,
});

const alias = createRoute({ getParentRoute: () => root, path: "/experiments", component: ExperimentsPage });

const workspace = createRoute({
  getParentRoute: () => root,
  path: "/experiments/$experimentId",
  validateSearch: (search: Record<string, unknown>) => pick(search, WORKSPACE_KEYS),
  component: lazyRouteComponent(() => import("./runs/WorkspacePage"), "WorkspacePage"),
});

const run = createRoute({
  getParentRoute: () => root,
  path: "/experiments/$experimentId/runs/$runId",
  validateSearch: (search: Record<string, unknown>) => pick(search, RUN_KEYS),
  component: lazyRouteComponent(() => import("./run/RunPage"), "RunPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([experiments, alias, workspace, run]),
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
