/** The artifacts of every mock run: one of each kind that has a preview, and two that do not. */

import type { ServerResponse } from "node:http";

import type { ListArtifactsResponse } from "../src/api/types.ts";

const cells = Array.from({ length: 100 }, (_, i) => {
  const [row, column] = [Math.floor(i / 10), i % 10];
  const level = row === column ? 72 : Math.abs(row - column) < 3 ? 18 : 4;
  return `<rect x="${60 + column * 30}" y="${24 + row * 24}" width="29" height="23" fill="rgb(${235 - level * 2},${240 - level * 1.6},${250 - level})"/>`;
}).join("");
const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="404" height="300"><rect width="404" height="300" fill="#fff"/><text x="60" y="14" font-family="sans-serif" font-size="11">Confusion, step 90,000</text>${cells}</svg>`;

const FILES: Record<string, string> = {
  "config.yaml": "optim:\n  name: adamw\n  lr: 5e-4\ndata:\n  version: 1k-v3\n",
  "eval/confusion_matrix.svg": picture,
  "eval/report.md": "# Report\n\nTop-1 **0.834**, top-5 0.967.\n",
  "eval/report.html": "<h1>Report</h1><p id=out>static</p><script>document.getElementById('out').textContent='origin '+origin</script>",
  "eval/metrics.json": JSON.stringify({ accuracy: 0.834, loss: 0.687, classes: ["bird", "boat"], nested: { ok: true, none: null } }),
  "eval/per_class.csv": "class,precision,recall\nbird,0.86,0.84\nboat,0.94,0.91\ncar,0.87,0.9\n",
  "model/weights.bin": "\u0000\u0001\u0002",
  "logs/train.log": Array.from({ length: 400 }, (_, i) => `step ${i * 90} loss ${(2 / (i + 1) + 0.7).toFixed(4)}`).join("\n"),
  "empty.txt": "",
};
const SIZES: Record<string, number> = { "model/weights.bin": 331_000_000 };

export function filesOf(folder: string): ListArtifactsResponse {
  const prefix = folder ? `${folder}/` : "";
  const names = Object.keys(FILES).filter((path) => path.startsWith(prefix));
  const found = new Map<string, { path: string; is_dir: boolean; file_size?: number }>();
  for (const path of names) {
    const slash = path.indexOf("/", prefix.length);
    const child = slash < 0 ? path : path.slice(0, slash);
    const size = SIZES[path] ?? FILES[path]?.length ?? 0;
    found.set(child, slash < 0 ? { path, is_dir: false, ...(size ? { file_size: size } : {}) } : { path: child, is_dir: true });
  }
  const files = [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return { root_uri: "mlflow-artifacts:/mock", ...(files.length ? { files } : {}) };
}

export function readArtifact(path: string, response: ServerResponse): void {
  const text = FILES[path];
  if (text === undefined) return void response.writeHead(404).end();
  const type = path.endsWith(".svg") ? "image/svg+xml" : "application/octet-stream";
  response.writeHead(200, { "Content-Type": type, "Content-Disposition": "attachment" });
  response.end(text);
}
