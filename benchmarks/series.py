"""Reading long series, and what a stored point takes."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Scale, median
from benchmarks.load import drive, encode, encode_get
from benchmarks.shapes import Shape
from benchmarks.sides import ROOT, Server, Side, clean_environment, end_group
from benchmarks.stores import Filled, filled

BUCKETS = 2_500
PATIENCE_S = 60
READ_S = 5
WARM_UP_S = 2
KEY = "m0"


def long_series(scale: Scale) -> Shape:
    return Shape(runs=1, metrics=1, steps=scale.pick(1_000_000, 50_000))


def series(side: Side, scale: Scale) -> list[Figure]:
    """One long series: in 2,500 buckets as a chart asks, complete through the Client, and /health meanwhile."""
    shape = long_series(scale)
    store = filled(side, shape)
    with side.server(store.folder, store.uri) as running:
        figures = [
            bounded(
                f"{shape.steps:,} points → {BUCKETS:,} buckets",
                read_buckets(side, running, store),
                "≤ 40 ms",
            )
        ]
        figures += _complete(side, running, store)
        figures += _health(side, running, store, scale.pick(10, 3))
    return figures


def read_buckets(side: Side, running: Server, store: Filled) -> float | None:
    """The median time of the request that a chart makes; None beyond our patience."""
    request = bucket_request(side, running.url, store)
    try:
        first = drive(running.url, iter([request]), 1, 1, PATIENCE_S).latencies
        if first[0] > READ_S:
            return first[0]
        return median(drive(running.url, repeat(request), 1, READ_S, PATIENCE_S).latencies)
    except TimeoutError:
        return None


def bucket_request(side: Side, url: str, store: Filled) -> bytes:
    """What each product's own charts ask for."""
    if side.is_ours:
        body = {"run_ids": [store.run_id()], "metric_keys": [KEY], "buckets": BUCKETS}
        return encode(url, "/api/2.0/runstone/metrics/get-series", body)
    query = {"run_ids": store.run_id(), "metric_key": KEY, "max_results": BUCKETS}
    return encode_get(url, "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval", query)


def bounded(label: str, seconds: float | None, budget: str, **place: Any) -> Figure:
    """A time, or that it took longer than our patience."""
    return Figure(
        label, PATIENCE_S if seconds is None else seconds, "s", budget, beyond=seconds is None, **place
    )


def _complete(side: Side, running: Server, store: Filled) -> list[Figure]:
    """Every point, as columns and as a list of metrics. MLflow has no columns."""
    as_list = client_read(side, running, store, "list")
    as_columns = client_read(side, running, store, "columns") if side.is_ours else as_list
    what = f"{store.shape.steps:,} points through the Client"
    return [
        bounded(f"{what}, as columns", as_columns, "≤ 0.5 s"),
        bounded(f"{what}, as list[Metric]", as_list, "≤ 3 s"),
    ]


def client_read(side: Side, running: Server, store: Filled, form: str) -> float | None:
    try:
        arguments = (running.url, store.run_id(), KEY, form, store.shape.steps)
        return side.script("read_series", *arguments, seconds=PATIENCE_S)["seconds"]
    except subprocess.TimeoutExpired:
        return None


def _health(side: Side, running: Server, store: Filled, seconds: int) -> list[Figure]:
    """How long /health takes while two clients read the series as a chart does, again and again."""
    request = encode_get(running.url, "/health", {})
    with reading(bucket_request(side, running.url, store), running.url):
        load = drive(running.url, repeat(request), 1, seconds, PATIENCE_S)
    label = f"/health while {store.shape.steps:,} points are read"
    return [Figure(f"{label}: p99", load.p(99), "s"), Figure(f"{label}: worst", max(load.latencies), "s")]


@contextmanager
def reading(request: bytes, url: str) -> Iterator[None]:
    """Two connections that send a request all the time, from another process."""
    script = Path(__file__).with_name("scripts") / "keep_reading.py"
    environment = clean_environment() | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(script), url]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, start_new_session=True)
    assert process.stdin is not None
    try:
        process.stdin.write(request)
        process.stdin.close()
        time.sleep(WARM_UP_S)
        yield
        if process.poll() is not None:
            raise RuntimeError(f"reading beside ended with status {process.returncode}")
    finally:
        end_group(process)


SIZES = {
    "1 × 1 M doubles": Shape(runs=1, metrics=1, steps=1_000_000),
    "50 × 20,000 doubles": Shape(runs=1, metrics=50, steps=20_000),
    "33 runs × 1,500 × 20 doubles": Shape(runs=33, metrics=1_500, steps=20),
    "1 × 1 M single-precision values": Shape(runs=1, metrics=1, steps=1_000_000, bits=32),
}
QUICK_SIZES = {"1 × 200,000 doubles": Shape(runs=1, metrics=1, steps=200_000)}


def stored_size(side: Side, scale: Scale) -> list[Figure]:
    """The bytes on the disk of a stored point, indexes and all: the store's size less that of an empty one."""
    empty = side.backend.size(filled(side, Shape(runs=0)).uri)
    return [
        Figure(f"bytes per stored point, {what}", bytes_per_point(side, shape, empty), "bytes", "≤ 8")
        for what, shape in (QUICK_SIZES if scale.quick else SIZES).items()
    ]


def bytes_per_point(side: Side, shape: Shape, empty: int) -> float:
    return (side.backend.size(filled(side, shape).uri) - empty) / shape.points
