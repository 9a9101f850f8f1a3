/** Runs as a tree: children under the parent that their tag names. Pure. */

import type { Run } from "../api/types";
import { indexOf, PARENT_TAG } from "./model";

export interface Row {
  run: Run;
  depth: number;
  kids: number;
  open: boolean;
  /** The last child of its parent: the tree's line ends here. */
  last: boolean;
}

/** Children under their parent when both are loaded; a family stands where its first member stands in the order. */
export function buildTree(runs: Run[], shut: ReadonlySet<string>): Row[] {
  const parents = parentsOf(runs);
  const kids = new Map<Run, Run[]>();
  const roots = new Set<Run>();
  for (const run of runs) {
    const parent = parents.get(run);
    if (parent) kids.set(parent, [...(kids.get(parent) ?? []), run]);
    roots.add(rootOf(parents, run));
  }
  const rows: Row[] = [];
  const walk = (run: Run, depth: number, last: boolean) => {
    const own = kids.get(run) ?? [];
    const open = own.length > 0 && !shut.has(run.info.run_id);
    rows.push({ run, depth, kids: own.length, open, last });
    if (open) own.forEach((kid, i) => walk(kid, depth + 1, i === own.length - 1));
  };
  for (const root of roots) walk(root, 0, false);
  return rows;
}

/** The loaded parent of each run. Tags are free text: runs that claim each other as parents have none. */
function parentsOf(runs: Run[]): Map<Run, Run> {
  const byId = new Map(runs.map((run) => [run.info.run_id, run]));
  const claimed = new Map<Run, Run>();
  for (const run of runs) {
    const parent = byId.get(indexOf(run).tags.get(PARENT_TAG) ?? "");
    if (parent) claimed.set(run, parent);
  }
  return new Map([...claimed].filter(([run]) => !isOwnAncestor(claimed, run)));
}

function isOwnAncestor(parents: Map<Run, Run>, run: Run): boolean {
  const passed = new Set<Run>();
  for (let up = parents.get(run); up && !passed.has(up); up = parents.get(up)) {
    if (up === run) return true;
    passed.add(up);
  }
  return false;
}

function rootOf(parents: Map<Run, Run>, run: Run): Run {
  let root = run;
  for (let up = parents.get(root); up; up = parents.get(root)) root = up;
  return root;
}
