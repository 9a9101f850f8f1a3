import { expect, test } from "vitest";

import { groupParams } from "../run/params";
import { sparkPath, summary } from "../run/spark";
import { parentsOf, refusal } from "../run/artifacts/kinds";
import { parseTable } from "../run/artifacts/separated";
import { ago, axisLabels, columnFormat, compactCount, formatBytes, formatDuration, formatValue } from "./format";
import { splitTail } from "./text";
import { joinList, parseSearch, pathOfHash, splitList, stringifySearch } from "./url";

test("a lone value is short and true", () => {
  expect([0, 12, 1234567, 0.834212, 0.00001234, -0.5, NaN, Infinity, -Infinity].map(formatValue)).toEqual([
    "0", "12", "1,234,567", "0.83421", "1.234e−5", "−0.5", "NaN", "+∞", "−∞",
  ]);
});

test("a column has one precision", () => {
  const format = columnFormat([0.8342, 0.7, NaN]);
  expect([0.8342, 0.7, NaN].map(format)).toEqual(["0.8342", "0.7000", "NaN"]);
  expect(columnFormat([3052.4, 12])(12)).toBe("12.0");
  expect(columnFormat([1, 200])(200)).toBe("200");
});

test("the marks of an axis are written in one manner", () => {
  expect(axisLabels([0, 0.0005, 0.001], 0.0005)).toEqual(["0", "0.0005", "0.0010"]);
  expect(axisLabels([0, 25000, 50000], 25000)).toEqual(["0", "25k", "50k"]);
  expect(axisLabels([2500, 2750], 250)).toEqual(["2500", "2750"]);
  expect(axisLabels([1e-6, 2e-6], 1e-6)).toEqual(["1e−6", "2e−6"]);
});

test("durations, sizes and counts have the unit that fits", () => {
  expect([350, 4200, 42_000, 664_000, 11_160_000, 200_000_000].map(formatDuration)).toEqual([
    "350 ms", "4.2 s", "42 s", "11 m 04 s", "3 h 06 m", "2 d 07 h",
  ]);
  expect([0, 999, 2400, 331_000_000].map(formatBytes)).toEqual(["0 B", "999 B", "2.4 kB", "331 MB"]);
  expect([7, 950, 5400, 67_950, 1_200_000].map(compactCount)).toEqual(["7", "950", "5.4k", "68k", "1.2M"]);
  expect([0, 70_000, 7_200_000].map((ms) => ago(1e12 - ms, 1e12))).toEqual(["now", "1 min ago", "2 h ago"]);
});

test("what is put into the address comes out again", () => {
  const search = { q: "metrics.`val/acc` > 0.5 and tags.x = 'a&b=c#d'", on: "a,b", empty: "" };
  const text = stringifySearch(search);
  expect(text).toContain("on=a,b");
  expect(parseSearch(text)).toEqual({ q: search.q, on: "a,b" });
  const names = ["train/", "odd,comma", "bang!", "!c"];
  expect(splitList(joinList(names))).toEqual(names);
  expect(joinList([])).toBeUndefined();
});

test("the addresses that clients print lead to the same page", () => {
  expect(pathOfHash("#/experiments/1/runs/abc?x=1")).toBe("/experiments/1/runs/abc?x=1");
  expect(pathOfHash("#section")).toBeUndefined();
  expect(pathOfHash("#//evil.example")).toBeUndefined();
});

test("a long name keeps its tail; a short or right-to-left one is left whole", () => {
  expect(splitTail("student-6l-temperature-2-seed-0001")).toEqual(["student-6l-temperature-2", "-seed-0001"]);
  expect(splitTail("forest-depth4-trees90").join("")).toBe("forest-depth4-trees90");
  expect(splitTail("short")).toEqual(["short", ""]);
  expect(splitTail("اختبار-التقطير-متعدد-اللغات-0004")[1]).toBe("");
  expect(splitTail(`${"👩‍🔬".repeat(30)}end`)[1]).toBe(`${"👩‍🔬".repeat(7)}end`);
});

test("params share a heading only when there are at least two", () => {
  const params = ["optim.lr", "optim.name", "lonely.one", "seed"].map((key) => ({ key, value: "1" }));
  expect(groupParams(params).map(({ prefix, params: members }) => [prefix, members.length])).toEqual([["", 2], ["optim.", 2]]);
});

test("a small curve has gaps where values have, and its extremes are found with their steps", () => {
  const series = { runId: "a", key: "k", count: 4, steps: [0, 10, 20, 30], times: [0, 1, 2, 3], values: [3, NaN, 1, 2] };
  expect(sparkPath(series)?.line.match(/M/g)).toHaveLength(2);
  expect(summary(series)).toEqual({ least: { value: 1, step: 20 }, greatest: { value: 3, step: 0 } });
  expect(sparkPath({ ...series, values: [1] })).toBeUndefined();
});

test("big and unknown files are not fetched", () => {
  expect(refusal({ path: "a/b.txt", is_dir: false, file_size: 10 })).toBeUndefined();
  expect(refusal({ path: "a/b.txt", is_dir: false, file_size: 5e6 })).toMatch("too large");
  expect(refusal({ path: "model.pkl", is_dir: false, file_size: 10 })).toMatch("no preview");
  expect(parentsOf("a/b/c.txt")).toEqual(["a", "a/b"]);
});

test("separated values may hold quotes, separators and line breaks", () => {
  expect(parseTable('a,b\r\n"x, ""y""","1\n2"\n', ",")).toEqual([["a", "b"], ['x, "y"', "1\n2"]]);
});
