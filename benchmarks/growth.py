"""How the figures grow with what is stored. Each is a point of a curve, which `publish.py` draws."""

import base64
import json
import time
from collections.abc import Iterator
from itertools import islice, repeat

from benchmarks import loader
from benchmarks.figures import Figure, Scale, median
from benchmarks.http import new_run
from benchmarks.load import call, drive, encode, encode_get
from benchmarks.search import PAGE, PATIENCE_S, experiment_of, measure, searches
from benchmarks.series import BUCKETS, KEY, bounded, bytes_per_point, read_buckets
from benchmarks.shapes import Shape
from benchmarks.sides import Server, Side
from benchmarks.stores import Filled, filled

BATCH = 1_000
RATE_FROM = 100_000
"""Points from which filling a store says how fast points are written: less is the opening of the store."""


# --- many runs ----------------------------------------------------------------------------------


def runs(side: Side, scale: Scale) -> list[Figure]:
    """Searches among 1,000, 10,000 and 100,000 runs, and the first page of all of them against the last."""
    figures: list[Figure] = []
    for count in (500, 1_000) if scale.quick else (1_000, 10_000, 100_000):
        shape = Shape(runs=count)
        figures += searches(side, shape, paged=False, curve=True)
        figures += _pages(side, filled(side, shape))
    return figures


def _pages(side: Side, store: Filled) -> list[Figure]:
    """The first and the last page of all runs, 100 at a time: of 100,000 runs, pages 1 and 1,000."""
    count = store.shape.runs
    with side.server(store.folder, store.uri) as running:
        experiment = experiment_of(running, store)
        asked = {"experiment_ids": [experiment], "max_results": PAGE}
        first = measure(running, asked)
        token = _last_token(side, running, asked, count)
        last = measure(running, asked | {"page_token": token})
    return [
        bounded(f"search {count:,} runs, page 1", first, "", curve="page 1", at=count),
        bounded(f"search {count:,} runs, page {count // PAGE:,}", last, "", curve="last page", at=count),
    ]


def _last_token(side: Side, running: Server, asked: dict[str, object], count: int) -> str:
    """The token of the last page. Ours is found by going there; MLflow's is made, for that would take it an hour."""
    if not side.is_ours:
        return base64.b64encode(json.dumps({"offset": count - PAGE}).encode()).decode()
    token = ""
    for _ in range(count // PAGE - 1):
        page = call(running.url, "runs/search", asked | ({"page_token": token} if token else {}))
        token = page["next_page_token"]
    return token


# --- long series --------------------------------------------------------------------------------


def points(side: Side, scale: Scale) -> list[Figure]:
    """One series of 1,000 to 10 million points: the read of 2,500 buckets, bytes per point, points written a second."""
    empty = side.backend.size(filled(side, Shape(runs=0)).uri)
    figures: list[Figure] = []
    for count in (1_000, 10_000) if scale.quick else _series_lengths(side):
        store = filled(side, Shape(runs=1, metrics=1, steps=count))
        with side.server(store.folder, store.uri) as running:
            seconds = read_buckets(side, running, store)
        label = f"series of {count:,} points"
        buckets = bounded(f"{label} → {BUCKETS:,} buckets", seconds, "", curve="buckets", at=count)
        size = bytes_per_point(side, store.shape, empty)
        figures += [buckets, Figure(f"{label}: bytes per point", size, "bytes", curve="bytes", at=count)]
        if side.is_ours and count >= RATE_FROM:
            figures.append(_rate(f"{label}: written by the loader", store.shape, store.seconds, "write"))
    return figures


def _series_lengths(side: Side) -> tuple[int, ...]:
    """MLflow's table of ten million points would take 2.4 GB, and a read of it minutes."""
    lengths = (1_000, 10_000, 100_000, 1_000_000)
    return (*lengths, 10_000_000) if side.is_ours else lengths


def _rate(label: str, shape: Shape, seconds: float, curve: str) -> Figure:
    rate = shape.points / seconds
    return Figure(label, rate, "points/s", higher_is_better=True, curve=curve, at=shape.points)


# --- many metrics in a run ----------------------------------------------------------------------


def keys(side: Side, scale: Scale) -> list[Figure]:
    """Runs of 1 to 1,500 metrics: what log-batch stores in a second, and how long it takes to open such a run."""
    figures: list[Figure] = []
    with side.server() as running:
        experiment = call(running.url, "experiments/create", {"name": "keys"})["experiment_id"]
        for count in (1, 1_500) if scale.quick else (1, 15, 150, 1_500):
            run_id = new_run(running.url, experiment)
            requests = _batches(running.url, run_id, count)
            drive(running.url, islice(requests, 4), 1, 30)
            # Encoded beforehand, so that the generator's own work is not measured.
            prepared = list(islice(requests, scale.pick(200, 20)))
            load = drive(running.url, iter(prepared), 1, scale.pick(6, 2))
            opening = encode_get(running.url, "runs/get", {"run_id": run_id})
            opened = median(drive(running.url, repeat(opening), 1, scale.pick(3, 1)).latencies)
            rate = load.rate * BATCH
            label = f"run of {count:,} metrics"
            figures += [
                Figure(f"{label}: log-batch", rate, "metrics/s", "", True, curve="log-batch", at=count),
                Figure(f"{label}: open", opened, "s", curve="open", at=count),
            ]
    return figures


def _batches(url: str, run_id: str, count: int) -> Iterator[bytes]:
    """Full batches of a training that logs so many metrics at every step."""
    metrics: list[dict[str, object]] = []
    for step in range(10**9):
        for key in range(count):
            metrics.append({"key": f"m{key}", "value": key / (step + 1), "timestamp": step, "step": step})
            if len(metrics) == BATCH:
                yield encode(url, "runs/log-batch", {"run_id": run_id, "metrics": metrics})
                metrics.clear()


# --- the growth shape ---------------------------------------------------------------------------

WHOLE = Shape(experiments=50, runs=1_500, metrics=1_500, steps=20)
PARTS = (500, 150, 50, 10, 5)
"""Which parts of the whole are tried, one after the other: a 500th, a 150th … of the runs of each experiment."""


def shape(side: Side, scale: Scale) -> list[Figure]:
    """50 experiments × 1,500 runs × 1,500 metrics × 20 steps: growing parts of it, as long as the time allows."""
    if not side.is_ours:
        return []  # a tenth of it would be 55 GB of MLflow's tables
    figures: list[Figure] = []
    seconds, done = 0.0, 0
    for part in PARTS[:1] if scale.quick else PARTS:
        some = Shape(experiments=50, runs=WHOLE.runs // part, metrics=1_500, steps=20)
        if done and seconds * some.points / done > scale.seconds:
            break
        folder = side.fresh_folder("shape")
        uri = side.backend.store(folder, side.module)
        began = time.perf_counter()
        loader.fill(uri, some)
        seconds, done = time.perf_counter() - began, some.points
        figures += _of_shape(side, Filled(some, folder, uri, seconds), part)
    return figures


def _of_shape(side: Side, store: Filled, part: int) -> list[Figure]:
    count, label = store.shape.points, f"1/{part} of the shape"
    size = side.backend.size(store.uri)
    with side.server(store.folder, store.uri) as running:
        experiment = experiment_of(running, store)
        asked = {"experiment_ids": [experiment], "max_results": 1}
        newest = measure(running, asked)
        by_metric = measure(running, asked | {"order_by": ["metrics.m700 DESC"]})
        opening = encode_get(running.url, "runs/get", {"run_id": store.run_id()})
        opened = median(drive(running.url, repeat(opening), 1, 3, PATIENCE_S).latencies)
        run_ids = [store.run_id(number) for number in range(min(store.shape.runs, 50))]
        body = {"run_ids": run_ids, "metric_keys": [KEY]}
        chart = encode(running.url, "/api/2.0/runstone/metrics/get-series", body)
        charted = median(drive(running.url, repeat(chart), 1, 3, PATIENCE_S).latencies)
    return [
        _rate(f"{label}: written by the loader", store.shape, store.seconds, "shape: write"),
        Figure(f"{label}: bytes per point", size / count, "bytes", "≤ 8", curve="shape: bytes", at=count),
        bounded(f"{label}: the newest run", newest, "", curve="shape: newest", at=count),
        bounded(f"{label}: the best run by a metric", by_metric, "", curve="shape: by a metric", at=count),
        Figure(f"{label}: open a run", opened, "s", curve="shape: open", at=count),
        Figure(f"{label}: one metric of {len(run_ids)} runs", charted, "s", curve="shape: chart", at=count),
    ]
