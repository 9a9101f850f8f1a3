import { expect, test } from "vitest";

import { sectionsOf } from "./sections";
import { grouped } from "./series";
import { chartSettings, formatZoom } from "./settings";

test("what one moment asks for goes out as few requests, none of them large", () => {
  const runs = Array.from({ length: 120 }, (_, i) => `r${i}`);
  const queue = ["loss", "acc", "lr"].flatMap((key) => runs.map((runId) => ({ key, runId })));
  const groups = grouped(queue);
  expect(groups.flat()).toHaveLength(360);
  for (const group of groups) expect(new Set(group.map((one) => one.runId)).size).toBeLessThanOrEqual(100);
  expect(groups.length).toBeLessThanOrEqual(4);
});

test("metrics that different runs have are not asked for crosswise", () => {
  const groups = grouped([{ key: "loss", runId: "a" }, { key: "loss", runId: "b" }, { key: "acc", runId: "a" }]);
  expect(groups.map((group) => group.map((one) => one.key + one.runId))).toEqual([["lossa", "lossb"], ["acca"]]);
});

test("sections follow the prefix, own names first, the machine's figures last, numbers by size", () => {
  const keys = ["system/gpu", "train/b10", "train/b2", "val/acc", "score"];
  expect(sectionsOf(keys, "")).toEqual([
    { prefix: "", keys: ["score"] },
    { prefix: "train/", keys: ["train/b2", "train/b10"] },
    { prefix: "val/", keys: ["val/acc"] },
    { prefix: "system/", keys: ["system/gpu"] },
  ]);
});

test("the search takes a regular expression, and half a one literally", () => {
  expect(sectionsOf(["loss", "acc"], "^L").flatMap((section) => section.keys)).toEqual(["loss"]);
  expect(sectionsOf(["loss(", "acc"], "loss(").flatMap((section) => section.keys)).toEqual(["loss("]);
});

test("settings survive the address, and nonsense in it is ignored", () => {
  expect(chartSettings({ x: "sideways", smooth: "7", zoom: "9~1", size: "XXL" })).toMatchObject({
    x: "step", smoothing: 0, zoom: undefined, size: "M", log: false,
  });
  expect(chartSettings({ zoom: formatZoom([1200.25, 90000]), smooth: "0.6", y: "log" })).toMatchObject({
    zoom: [1200.25, 90000], smoothing: 0.6, log: true,
  });
});
