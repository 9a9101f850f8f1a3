/** Boots the interface: old hash addresses become paths, the theme is set, the routes are mounted. */

import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/menus.css";
import "./styles/frame.css";
import "./styles/runs.css";
import "./styles/charts.css";
import "./styles/bars.css";
import "./styles/tables.css";
import "./styles/table.css";
import "./styles/run.css";
import "./styles/artifacts.css";
import "./styles/states.css";
import "./styles/messages.css";
import "./styles/widths.css";

import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { queryClient } from "./api/queries";
import { startTheme } from "./lib/theme";
import { pathOfHash } from "./lib/url";
import { router } from "./router";

const RELOADED = "runstone:reloaded";
const RELOAD_PAUSE_MS = 30_000;

const path = pathOfHash(location.hash);
if (path !== undefined) history.replaceState(null, "", path);

// The server was upgraded while this page was open: what it would load next is no longer there.
window.addEventListener("vite:preloadError", (event) => {
  const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
  if (Date.now() - last < RELOAD_PAUSE_MS) return;
  event.preventDefault();
  sessionStorage.setItem(RELOADED, String(Date.now()));
  location.reload();
});

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
