"""What a server feels: the same prepared requests against both."""

import itertools
import time
from collections.abc import Iterator

from benchmarks.figures import Figure, Scale, median
from benchmarks.load import Load, call, drive, encode
from benchmarks.processes import proportional_set_size, tree
from benchmarks.sides import Side

BATCH = 1000
ENOUGH_S = 20
"""Seconds of starting after which no server is started again."""


def server(side: Side, scale: Scale) -> list[Figure]:
    """Start with a new store and default options until /health answers; what it weighs at rest."""
    starts: list[float] = []
    weights: dict[int, int] = {}
    while len(starts) < scale.pick(3, 1) and sum(starts) < ENOUGH_S:
        with side.server() as running:
            starts.append(running.start_seconds)
            weights = {process: proportional_set_size(process) for process in tree(running.process.pid)}
    return [
        Figure("server: start to first 200 on /health", median(starts), "s", "≤ 1 s"),
        Figure("server: memory at rest (PSS)", sum(weights.values()), "B", "≤ 90 MB"),
        Figure("server: processes", len(weights), "", "1"),
    ]


def log_metric(side: Side, scale: Scale) -> list[Figure]:
    """log-metric for some seconds, on one connection and on sixteen."""
    figures: list[Figure] = []
    sixteen = {"sqlite": "≥ 4,000 /s", "postgresql": "≥ 2,000 /s"}
    budgets = {1: "≥ 1,500 /s", 16: sixteen.get(side.backend.name, "")}
    with side.server() as running:
        experiment = call(running.url, "experiments/create", {"name": "load"})["experiment_id"]
        for connections, budget in budgets.items():
            run_id = new_run(running.url, experiment)
            drive(running.url, points(running.url, run_id), connections, 1)
            load = drive(running.url, points(running.url, run_id, 1_000_000), connections, scale.pick(8, 2))
            figures += _rate_and_latency(f"HTTP log-metric, {connections} conn.", load, budget)
    return figures


def log_batch(side: Side, scale: Scale) -> list[Figure]:
    """log-batch of 1,000 metrics, on one connection: 10 keys × 100 steps, 1,000 keys × 1 step."""
    figures: list[Figure] = []
    budgets = {10: "≥ 300,000 metrics/s", 1000: "≥ 50,000 metrics/s"}
    with side.server() as running:
        experiment = call(running.url, "experiments/create", {"name": "load"})["experiment_id"]
        for keys, budget in budgets.items():
            run_id = new_run(running.url, experiment)
            drive(running.url, batches(running.url, run_id, keys, 0, 2), 1, 30)
            # Encoded beforehand, so that the generator's own work is not measured.
            prepared = list(batches(running.url, run_id, keys, 2, scale.pick(400, 20)))
            load = drive(running.url, iter(prepared), 1, scale.pick(10, 3))
            label = f"HTTP log-batch of {BATCH:,} metrics, {keys:,} keys"
            figures.append(Figure(label, load.rate * BATCH, "metrics/s", budget, higher_is_better=True))
    return figures


def new_run(url: str, experiment: str) -> str:
    body = {"experiment_id": experiment, "start_time": int(time.time() * 1000)}
    return call(url, "runs/create", body)["run"]["info"]["run_id"]


def points(url: str, run_id: str, first_step: int = 0) -> Iterator[bytes]:
    for step in itertools.count(first_step):
        body = {"run_id": run_id, "key": "loss", "value": 1 / (step + 1), "timestamp": 1, "step": step}
        yield encode(url, "runs/log-metric", body)


def batches(url: str, run_id: str, keys: int, first: int, count: int) -> Iterator[bytes]:
    steps = BATCH // keys
    for batch in range(first, first + count):
        metrics = [
            {"key": f"metric-{key}", "value": key / (step + 1), "timestamp": 1, "step": step}
            for step in range(batch * steps, (batch + 1) * steps)
            for key in range(keys)
        ]
        yield encode(url, "runs/log-batch", {"run_id": run_id, "metrics": metrics})


def _rate_and_latency(label: str, load: Load, budget: str) -> list[Figure]:
    return [
        Figure(label, load.rate, "/s", budget, higher_is_better=True),
        Figure(f"{label}: p50", load.p(50), "s"),
        Figure(f"{label}: p99", load.p(99), "s"),
    ]
