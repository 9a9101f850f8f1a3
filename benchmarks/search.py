"""Searching among many runs, over HTTP."""

import sys
import time
from typing import Any

from benchmarks import plans
from benchmarks.figures import Figure, Scale, median
from benchmarks.load import call, drive, encode
from benchmarks.shapes import Shape
from benchmarks.sides import Server, Side
from benchmarks.stores import Filled, filled
from runstone.service import open_service
from runstone.wire.runs import GetRun

PATIENCE_S = 60
"""How long one search may take before it is given up."""
ENOUGH_S = 10
PAGE = 100

NEWEST, FILTERED, BY_METRIC = "newest first", "filtered", "ordered by a metric"
SEARCHES: dict[str, dict[str, Any]] = {
    NEWEST: {},
    FILTERED: {"filter": "metrics.m3 > 0.5 and params.p2 = 'x'"},
    BY_METRIC: {"order_by": ["metrics.m3 DESC"]},
}
BUDGETS = {
    (10_000, NEWEST): "≤ 8 ms",
    (10_000, FILTERED): "≤ 10 ms",
    (10_000, BY_METRIC): "≤ 10 ms",
    (100_000, BY_METRIC): "≤ 30 ms",
}


FEW, MANY = Shape(runs=10_000), Shape(runs=100_000)


def search(side: Side, scale: Scale) -> list[Figure]:
    """100 of 10,000 runs, all of them page by page, 100 of 100,000; each has 5 metrics, 5 params and 3 tags."""
    small, large = (Shape(runs=1_000), Shape(runs=2_000)) if scale.quick else (FEW, MANY)
    return searches(side, small, paged=True) + searches(side, large, paged=False)


def searches(side: Side, shape: Shape, *, paged: bool, curve: bool = False) -> list[Figure]:
    """The figures of one store. What a search needs beyond our patience ends them: the server is still at it."""
    figures: list[Figure] = []
    store = filled(side, shape)
    with side.server(store.folder, store.uri) as running:
        experiment = experiment_of(running, store)
        if paged:
            figures.append(_page_through(running, experiment, shape))
        for name, asked in SEARCHES.items():
            seconds = measure(running, {"experiment_ids": [experiment], "max_results": PAGE} | asked)
            figures.append(_figure(shape, name, seconds, curve=curve))
            if seconds is None:
                break
    return figures


def _figure(shape: Shape, name: str, seconds: float | None, *, curve: bool) -> Figure:
    return Figure(
        f"search {PAGE} of {shape.runs:,} runs, {name}",
        PATIENCE_S if seconds is None else seconds,
        "s",
        BUDGETS.get((shape.runs, name), ""),
        beyond=seconds is None,
        curve=f"search, {name}" if curve else "",
        at=shape.runs if curve else 0,
    )


def experiment_of(running: Server, store: Filled) -> str:
    """The id of a filled store's first experiment."""
    found = call(running.url, "runs/get", {"run_id": store.run_id()}, method="GET")
    return found["run"]["info"]["experiment_id"]


def measure(running: Server, asked: dict[str, Any]) -> float | None:
    """The median latency of up to 50 searches in some seconds, after a first one; None beyond our patience."""
    request = encode(running.url, "runs/search", asked)
    try:
        first = drive(running.url, iter([request]), 1, 1, PATIENCE_S).latencies
        if first[0] > ENOUGH_S:
            return first[0]
        return median(drive(running.url, iter([request] * 50), 1, ENOUGH_S, PATIENCE_S).latencies)
    except TimeoutError:
        return None


def _page_through(running: Server, experiment: str, shape: Shape) -> Figure:
    """Every run, as a client lists them: page by page, each with the token of the one before."""
    asked = {"experiment_ids": [experiment], "max_results": PAGE}
    seen, began, token = 0, time.perf_counter(), ""
    while (seconds := time.perf_counter() - began) < PATIENCE_S:
        answer = call(running.url, "runs/search", asked | ({"page_token": token} if token else {}))
        seen, token = seen + len(answer["runs"]), answer.get("next_page_token")
        if not token:
            break
    label = f"page through all {shape.runs:,} runs, {PAGE} at a time"
    budget = "≤ 1 s" if shape.runs == 10_000 else ""
    if not token and seen != shape.runs:
        raise RuntimeError(f"paging found {seen:,} of {shape.runs:,} runs")
    return Figure(label, seconds, "s", budget, beyond=bool(token))


def hot_plans(side: Side, scale: Scale) -> list[Figure]:
    """Statements of hot searches of 100,000 analysed runs whose plans read a whole table or sort; ours alone."""
    if not side.is_ours:
        return []
    shape = MANY if not scale.quick else Shape(runs=2_000)
    store = filled(side, shape)
    service = open_service(store.uri, mode="server")
    try:
        found: Any = service.call("get_run", GetRun(run_id=store.run_id()))
        experiment = found.run.info.experiment_id
        by_search = {name: plans.plans_of(service, [experiment], asked) for name, asked in plans.HOT.items()}
    finally:
        service.close()
    bad = {name: sum(not plan.good for plan in these) for name, these in by_search.items()}
    for name, count in bad.items():
        if count:
            print(f"  {name}: {count} bad plans, which `benchmarks.plans` shows", file=sys.stderr)
    label = f"{len(bad)} hot searches of {shape.runs:,} runs: bad plans"
    return [Figure(label, sum(bad.values()), "", "0")]
