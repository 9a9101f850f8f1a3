/** What a file is, told from its name, and whether it is looked into or only offered. Pure. */

import type { FileInfo } from "../../api/types";

export type Kind = "image" | "html" | "json" | "table" | "text" | "other";

const KINDS: Record<Exclude<Kind, "other">, string> = {
  image: "png jpg jpeg gif webp svg bmp avif ico",
  html: "html htm",
  json: "json ipynb geojson",
  table: "csv tsv",
  text: "txt log md markdown rst yaml yml toml ini cfg conf py r jl js ts css sh sql xml tex diff patch requirements lock env properties jsonl ndjson MLmodel Dockerfile Makefile LICENSE README",
};

const BY_EXTENSION = new Map(
  Object.entries(KINDS).flatMap(([kind, names]) => names.split(" ").map((name) => [name.toLowerCase(), kind as Kind])),
);

/** Text is fetched up to here; what is larger is offered for download. */
export const MAX_TEXT = 1_000_000;
export const MAX_IMAGE = 30_000_000;

export const fileName = (path: string) => path.slice(path.lastIndexOf("/") + 1);
export const folderOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));

export function kindOf(path: string): Kind {
  const name = fileName(path).toLowerCase();
  return BY_EXTENSION.get(name.slice(name.lastIndexOf(".") + 1)) ?? "other";
}

/** Why a file is not shown, or undefined when it is. */
export function refusal(file: FileInfo): string | undefined {
  const kind = kindOf(file.path);
  const size = file.file_size ?? 0;
  if (kind === "other") return "This kind of file has no preview.";
  if (size > (kind === "image" ? MAX_IMAGE : MAX_TEXT)) return "This file is too large to show.";
  return undefined;
}

/** `a/b/c.txt` lies in `a` and `a/b`. */
export function parentsOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
}
