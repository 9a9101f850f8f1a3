/** Boots the interface: old hash addresses become paths, the theme is set, the routes are mounted. */

import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/menus.css";
import "./styles/frame.css";
import "./styles/runs.css";
import "./styles/charts.css";
import "./styles/tables.css";
import "./styles/table.css";
import "./styles/run.css";
import "./styles/artifacts.css";
import "./styles/states.css";
import "./styles/widths.css";

import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { queryClient } from "./api/queries";
import { startTheme } from "./lib/theme";
import { pathOfHash } from "./lib/url";
import { router } from "./router";

const path = pathOfHash(location.hash);
if (path !== undefined) history.replaceState(null, "", path);

startTheme();

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
