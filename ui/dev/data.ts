/** Experiments, runs and curves for `npm run dev:mock`: generated, the same on every start, some of them live. */

import type { Experiment, KeyValue, Run, RunStatus } from "../src/api/types.ts";

export interface MockRun {
  run: Run;
  /** Points per metric key when complete. */
  points: number;
  keys: string[];
  diverges: boolean;
  seed: number;
}

const NOW = Date.now();
const MINUTE = 60_000;

export const experiments: Experiment[] = [
  ["1", "vit-b16-imagenet", 2],
  ["2", "stress: 30 runs, 200 metrics, long names", 40],
  ["3", "one run", 600],
  ["4", "nothing here yet", 3000],
  ["5", "multilingual-translation-distillation-student-6l-from-nllb-3.3b-rerun-with-clean-corpus", 9000],
  ["6", '<img src=x onerror=alert(1)> "quoted" & <b>bold</b>', 20000],
].map(([id, name, minutes]) => ({
  experiment_id: String(id),
  name: String(name),
  artifact_location: `mlflow-artifacts:/${id}`,
  lifecycle_stage: "active",
  creation_time: NOW - 40 * 24 * 60 * MINUTE,
  last_update_time: NOW - Number(minutes) * MINUTE,
}));

export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const hex = (seed: number) => {
  const next = random(seed);
  return Array.from({ length: 32 }, () => Math.floor(next() * 16).toString(16)).join("");
};

const CURVES = ["val/acc", "val/loss", "val/acc_top5", "val/ece", "train/loss", "train/grad_norm", "train/lr",
  "train/throughput", "train/entropy", "system/gpu0_util", "system/gpu0_memory", "system/gpu0_power"];
const FINAL = ["test_accuracy", "test_f1"];

interface Spec {
  name: string;
  status: RunStatus;
  lr: string;
  minutesAgo: number;
  minutes: number;
  user: string;
  optimizer: string;
  parent?: string;
  diverges?: boolean;
  keys?: string[];
}

const SPECS: Spec[] = [
  { name: "brisk-heron-41", status: "RUNNING", lr: "0.0003", minutesAgo: 134, minutes: 0, user: "mira", optimizer: "adamw" },
  { name: "calm-otter-40", status: "FINISHED", lr: "0.0005", minutesAgo: 390, minutes: 186, user: "mira", optimizer: "adamw" },
  { name: "sweep lr × wd", status: "RUNNING", lr: "", minutesAgo: 590, minutes: 0, user: "jun", optimizer: "adamw", keys: ["best/val_acc"] },
  { name: "lr 1e-3 · wd 0.05", status: "FINISHED", lr: "0.001", minutesAgo: 589, minutes: 182, user: "jun", optimizer: "adamw", parent: "sweep lr × wd" },
  { name: "lr 1e-3 · wd 0.30", status: "FINISHED", lr: "0.001", minutesAgo: 588, minutes: 181, user: "jun", optimizer: "adamw", parent: "sweep lr × wd" },
  { name: "lr 3e-3 · wd 0.05", status: "FAILED", lr: "0.003", minutesAgo: 500, minutes: 84, user: "jun", optimizer: "adamw", parent: "sweep lr × wd", diverges: true },
  { name: "lr 3e-3 · wd 0.30", status: "RUNNING", lr: "0.003", minutesAgo: 160, minutes: 0, user: "jun", optimizer: "adamw", parent: "sweep lr × wd" },
  { name: "lr 1e-2 · wd 0.05", status: "KILLED", lr: "0.01", minutesAgo: 150, minutes: 11, user: "jun", optimizer: "adamw", parent: "sweep lr × wd" },
  { name: "lr 1e-2 · wd 0.30", status: "SCHEDULED", lr: "0.01", minutesAgo: 140, minutes: 0, user: "jun", optimizer: "adamw", parent: "sweep lr × wd", keys: [] },
  { name: "lion-warm5k-39", status: "FINISHED", lr: "0.0001", minutesAgo: 1400, minutes: 191, user: "mira", optimizer: "lion" },
  { name: "lion-nowarm-38", status: "FAILED", lr: "0.0001", minutesAgo: 1500, minutes: 38, user: "mira", optimizer: "lion", diverges: true },
  { name: "sgd-m0.9-37", status: "FINISHED", lr: "0.5", minutesAgo: 2900, minutes: 171, user: "teo", optimizer: "sgd" },
  { name: "sgd-nesterov-36", status: "FINISHED", lr: "0.5", minutesAgo: 3100, minutes: 172, user: "teo", optimizer: "sgd" },
  { name: "mixup0.8-cutmix1-35", status: "FINISHED", lr: "0.0005", minutesAgo: 4000, minutes: 200, user: "mira", optimizer: "adamw" },
  { name: "ema-0.9999-33", status: "FINISHED", lr: "0.0005", minutesAgo: 5000, minutes: 189, user: "teo", optimizer: "adamw" },
  { name: "baseline-deit-31", status: "FINISHED", lr: "0.0005", minutesAgo: 9000, minutes: 280, user: "teo", optimizer: "adamw" },
];

const pairs = (values: Record<string, string>): KeyValue[] =>
  Object.entries(values).map(([key, value]) => ({ key, value }));

function build(experiment: string, spec: Spec, index: number): MockRun {
  const id = hex(index * 7919 + Number(experiment) * 104729);
  const start = NOW - spec.minutesAgo * MINUTE;
  const ended = spec.status !== "RUNNING" && spec.status !== "SCHEDULED";
  const tags = {
    "mlflow.runName": spec.name,
    "mlflow.user": spec.user,
    "mlflow.source.name": "train.py",
    "mlflow.source.type": "LOCAL",
    "mlflow.source.git.commit": hex(index % 4).slice(0, 40),
    "mlflow.source.git.branch": "main",
    "mlflow.note.content": index === 1 ? "Best so far. **Ship if top-5 holds** on the second seed.\n\n- weight decay back to `0.05`" : "",
    stage: index % 3 ? "ablation" : "candidate",
    ...(spec.parent ? { "mlflow.parentRunId": hex(SPECS.findIndex((s) => s.name === spec.parent) * 7919 + Number(experiment) * 104729) } : {}),
  };
  const params = {
    "optim.name": spec.optimizer, "optim.lr": spec.lr, "optim.weight_decay": "0.05", "optim.betas": "(0.9, 0.999)",
    "data.version": "1k-v3", "data.batch_size": "1024", "data.augment": "rand-m9-mstd0.5-inc1",
    "model.arch": "vit_base_patch16_224", "model.drop_path": "0.1", seed: String(index),
  };
  return {
    run: {
      info: {
        run_id: id, run_uuid: id, run_name: spec.name, experiment_id: experiment, user_id: spec.user, status: spec.status,
        start_time: start, lifecycle_stage: "active", artifact_uri: `mlflow-artifacts:/${experiment}/${id}/artifacts`,
        ...(ended ? { end_time: start + spec.minutes * MINUTE } : {}),
      },
      data: { params: pairs(params), tags: pairs(tags).filter((tag) => tag.value !== "") },
    },
    points: spec.status === "FAILED" ? 460 : spec.status === "KILLED" ? 90 : 1000,
    keys: spec.keys ?? [...CURVES, ...(ended ? FINAL : [])],
    diverges: spec.diverges ?? false,
    seed: index + 3,
  };
}

const LONG = "student6l-nllb3.3b-kd-temp2.0-alpha0.5-hidden+logits-bs4096-lr3e-4-".repeat(4).slice(0, 238);
const stress = Array.from({ length: 30 }, (_, i) =>
  build("2", {
    name: i % 5 === 0 ? `${LONG}seed${String(i).padStart(8, "0")}` : i % 7 === 3 ? "اختبار-التقطير-متعدد-اللغات-0004" : i % 7 === 4 ? "翻訳モデル蒸留実験・学生六層・温度二・学習率三万分の一・種〇〇〇三" : `seed-${i}`,
    status: i % 6 === 5 ? "FAILED" : "FINISHED", lr: String(10 ** -(i % 5)), minutesAgo: 100 + i * 30, minutes: 30,
    user: "ada", optimizer: "adam", diverges: i % 6 === 5,
    keys: [...CURVES, ...Array.from({ length: 188 }, (__, k) => `layer${k % 12}/block/grad_norm_${k}`)],
  }, i));

const single = build("3", { name: "first-light", status: "FINISHED", lr: "0.1", minutesAgo: 610, minutes: 3, user: "ada", optimizer: "sgd", keys: ["loss", "accuracy", "final_score"] }, 77);
const markup = build("6", { name: "<script>alert(1)</script>", status: "FAILED", lr: "<b>1</b>", minutesAgo: 20001, minutes: 3, user: "<i>eve</i>", optimizer: "sgd" }, 78);

export const runs: MockRun[] = [
  ...SPECS.map((spec, i) => build("1", spec, i)),
  ...stress, single, markup,
  build("5", { name: "a", status: "FINISHED", lr: "1", minutesAgo: 9000, minutes: 3, user: "x", optimizer: "sgd" }, 79),
];
