import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

import { mockServer } from "./dev/server.ts";

const API = "http://127.0.0.1:5000";
const BACKEND = ["/api", "/ajax-api", "/get-artifact", "/health", "/version", "/openapi.json"];

export default defineConfig(({ mode }) => ({
  plugins: [react(), ...(mode === "mock" ? [mockServer()] : [])],
  build: {
    outDir: "../src/runstone/server/static",
    emptyOutDir: true,
    target: ["chrome123", "firefox120", "safari17.5"],
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    host: "127.0.0.1",
    proxy: mode === "mock" ? {} : Object.fromEntries(BACKEND.map((path) => [path, API])),
  },
}));
