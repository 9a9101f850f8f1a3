"""Searching among many runs, over HTTP."""

import itertools
import json
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Scale, median
from benchmarks.http import new_run
from benchmarks.load import call, drive, encode
from benchmarks.sides import Server, Side

SEED_S = 1200

SEARCHES: dict[str, dict[str, Any]] = {
    "newest first": {},
    "ordered by a metric": {"order_by": ["metrics.m3 DESC"]},
    "filtered": {"filter": "metrics.m3 > 0.5 and params.p2 = 'x'"},
}


def search(side: Side, scale: Scale) -> list[Figure]:
    """100 of 1,000 and of 10,000 runs, each with 5 metrics, 5 params and 3 tags."""
    figures: list[Figure] = []
    budgets = {"newest first": "≤ 8 ms", "ordered by a metric": "≤ 10 ms", "filtered": "≤ 10 ms"}
    for count in (1000,) if scale.quick else (1000, 10_000):
        folder, experiment = seeded_store(side, count)
        with side.server(folder) as running:
            for name, search in SEARCHES.items():
                seconds = measure(running, {"experiment_ids": [experiment], "max_results": 100} | search)
                budget = budgets[name] if count == 10_000 else ""
                figures.append(Figure(f"search 100 of {count:,} runs, {name}", seconds, "s", budget))
    return figures


def measure(running: Server, search: dict[str, Any]) -> float:
    """The median latency of up to 50 searches in at most 20 seconds (one at least, however slow)."""
    request = encode(running.url, "runs/search", search)
    drive(running.url, iter([request]), 1, 60)
    return median(drive(running.url, iter([request] * 50), 1, 20).latencies)


def seeded_store(side: Side, count: int) -> tuple[Path, str]:
    """A folder whose store holds that many runs. Kept for MLflow, which needs minutes to write them."""
    kept = Path(".cache", "bench", f"{side.name.replace(' ', '-')}-{count}").resolve()
    folder = side.fresh_folder("search") if side.module == "runstone" else kept
    note = folder / "experiment.json"
    if not note.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        once = "" if side.module == "runstone" else " (kept for the next time)"
        print(f"  writing {count:,} runs first{once}", file=sys.stderr)
        with side.server(folder) as running:
            experiment = seed(running.url, count)
        note.write_text(json.dumps(experiment))
    return folder, json.loads(note.read_text())


def seed(url: str, count: int) -> str:
    experiment = call(url, "experiments/create", {"name": "many runs"})["experiment_id"]
    run_ids = [new_run(url, experiment) for _ in range(count)]
    drive(url, contents(url, run_ids), 4, SEED_S)
    found = call(url, "runs/search", {"experiment_ids": [experiment], "max_results": 1})
    assert found["runs"][0]["data"]["metrics"], "the runs were not filled in time"
    return experiment


def contents(url: str, run_ids: list[str]) -> Iterator[bytes]:
    chance = random.Random(1)
    for number, run_id in zip(itertools.count(), run_ids):
        body = {
            "run_id": run_id,
            "metrics": [
                {"key": f"m{key}", "value": chance.random(), "timestamp": 1, "step": 0} for key in range(5)
            ],
            "params": [{"key": f"p{key}", "value": "xyz"[(number + key) % 3]} for key in range(5)],
            "tags": [{"key": f"t{key}", "value": f"value {number % 7}"} for key in range(3)],
        }
        yield encode(url, "runs/log-batch", body)
