import { expect, test } from "vitest";

import type { Run } from "../api/types";
import { assignInk, learnNumbers, SLOTS, slotOf } from "../lib/palette";
import { errorSpan, nextSort, orderClause, paneColumns, plottedIds } from "./model";
import { buildTree } from "./tree";

function runOf(id: string, parent?: string, metrics: Record<string, number> = {}, params: Record<string, string> = {}): Run {
  return {
    info: { run_id: id, run_uuid: id, experiment_id: "1", status: "FINISHED", lifecycle_stage: "active" },
    data: {
      tags: parent ? [{ key: "mlflow.parentRunId", value: parent }] : [],
      metrics: Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp: 0 })),
      params: Object.entries(params).map(([key, value]) => ({ key, value })),
    },
  };
}

const shape = (runs: Run[], shut: string[] = []) =>
  buildTree(runs, new Set(shut)).map((row) => "  ".repeat(row.depth) + row.run.info.run_id);

test("children stand under their parent, and the family where its first member stands", () => {
  const runs = [runOf("c2", "p"), runOf("x"), runOf("p"), runOf("c1", "p")];
  expect(shape(runs)).toEqual(["p", "  c2", "  c1", "x"]);
});

test("a child whose parent is not loaded stands alone", () => {
  expect(shape([runOf("c", "elsewhere"), runOf("x")])).toEqual(["c", "x"]);
});

test("a closed parent hides its children but says how many there are", () => {
  const runs = [runOf("p"), runOf("c", "p"), runOf("g", "c")];
  expect(shape(runs)).toEqual(["p", "  c", "    g"]);
  expect(shape(runs, ["p"])).toEqual(["p"]);
  expect(buildTree(runs, new Set(["p"]))[0]).toMatchObject({ kids: 1, open: false });
});

test("runs that are each other's parents are neither lost nor walked forever", () => {
  expect(shape([runOf("a", "b"), runOf("b", "a"), runOf("self", "self"), runOf("kid", "b")])).toEqual(["a", "b", "  kid", "self"]);
});

test("the eye's rule comes first, then what was switched by hand", () => {
  const ids = ["a", "b", "c", "d", "e", "f"];
  expect([...plottedIds(ids, {})]).toEqual(["a", "b", "c", "d", "e"]);
  expect([...plottedIds(ids, { eye: "2", on: "f,unknown", off: "a" })]).toEqual(["b", "f"]);
  expect(plottedIds(ids, { eye: "all" }).size).toBe(6);
  expect([...plottedIds(ids, { eye: "none", on: "c" })]).toEqual(["c"]);
});

test("an order names its field as the API quotes it", () => {
  expect(orderClause("-attributes.start_time")).toBe("attributes.start_time DESC");
  expect(orderClause("metrics.val/acc")).toBe("metrics.`val/acc` ASC");
});

test("figures sort downwards first, texts upwards, a second click turns", () => {
  expect(nextSort("", "metrics.loss")).toBe("-metrics.loss");
  expect(nextSort("-metrics.loss", "metrics.loss")).toBe("metrics.loss");
  expect(nextSort("", "params.lr")).toBe("params.lr");
});

test("the pane shows telling metrics, a param that differs, and always what it is sorted by", () => {
  const runs = [runOf("a", undefined, { "train/x": 1, "val/acc": 1, "val/loss": 1 }, { same: "1", lr: "1" }), runOf("b", undefined, { "train/x": 1, "val/acc": 1, "val/loss": 1 }, { same: "1", lr: "2" })];
  expect(paneColumns(runs, "-attributes.start_time", 3).map((column) => column.label)).toEqual(["val/acc", "val/loss", "lr"]);
  expect(paneColumns(runs, "-metrics.train/x", 1).map((column) => column.label)).toEqual(["train/x"]);
});

test("a filter's error is found at the column it names, else at the words it quotes", () => {
  const filter = "metrics.`val/acc` => 0.8";
  expect(errorSpan(filter, "Expected a comparison (at column 19)")).toEqual([18, 20]);
  expect(errorSpan(filter, "Invalid comparator '=>' not one of …")).toEqual([18, 20]);
  expect(errorSpan(filter, "Something else")).toBeUndefined();
});

test("runs made one after the other have colours of their own, which stay", () => {
  const ids = Array.from({ length: SLOTS }, (_, i) => `made-${i}`);
  learnNumbers(ids, ids.map((_, i) => 40 + i));
  expect(new Set(ids.map(slotOf)).size).toBe(SLOTS);
  const before = slotOf("made-3");
  learnNumbers(["another"], [99]);
  expect(slotOf("made-3")).toBe(before);
});

test("without a number a run's colour follows its id alone, and a shared colour is told apart by its dash", () => {
  const ids = Array.from({ length: 400 }, (_, i) => i.toString(16).padStart(32, "0"));
  expect(new Set(ids.map(slotOf)).size).toBe(SLOTS);
  const twins = ids.filter((id) => slotOf(id) === slotOf(ids[0] ?? "")).slice(0, 3);
  const ink = assignInk(twins.map((id, i) => ({ id, started: 100 - i })));
  expect(twins.map((id) => ink.get(id)?.dash)).toEqual([2, 1, 0]);
});
