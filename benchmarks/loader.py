"""Fill a store: `python -m benchmarks.loader URI --experiments 5 --runs 1000 --metrics 20 --steps 100`.

Runs are created, logged to and ended through the real service, in this process, by several threads, whose writes are
committed together. What is there already is left alone, so a loader that was interrupted is simply started again.
`--mlflow` fills a database of MLflow's instead, by SQL (`scripts/fill.py`): through its own store 100,000 runs would
take it hours.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields
from itertools import islice
from typing import Any

from benchmarks import sides
from benchmarks.backends import Sqlite
from benchmarks.progress import Progress
from benchmarks.shapes import USER, RunData, Shape, run_data
from runstone.errors import ResourceDoesNotExist, RunstoneError
from runstone.service import Service, open_service
from runstone.store.logs import Point, RunLog
from runstone.wire import experiments, runs

THREADS = 8
CHUNK = 32
"""Runs that a thread takes at a time."""
BATCH = 20_000
"""Points in one write."""
FILL_S = 3_600
"""How long filling MLflow's database may take."""


def main() -> int:
    asked = _parse()
    shape = Shape(**{field.name: getattr(asked, field.name) for field in fields(Shape)})
    began = time.perf_counter()
    try:
        written = fill_mlflow(asked.uri, shape) if asked.mlflow else fill(asked.uri, shape, asked.threads)
    except (RunstoneError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    seconds = time.perf_counter() - began
    print(
        f"{written:,} of {shape.total_runs:,} runs and {written * shape.points_of_run:,} points in {seconds:.1f} s: "
        f"{written / seconds:,.0f} runs/s, {written * shape.points_of_run / seconds:,.0f} points/s"
    )
    return 0


def _parse() -> argparse.Namespace:
    options = argparse.ArgumentParser(
        prog="python -m benchmarks.loader", description="Fill a store with runs"
    )
    options.add_argument("uri", metavar="URI", help="a folder, sqlite:///FILE, postgresql://… or mysql://…")
    for field in fields(Shape):
        options.add_argument(
            f"--{field.name}", type=_count, default=field.default, metavar="N", help=HELP[field.name]
        )
    options.add_argument("--threads", type=_count, default=THREADS, metavar="N", help=f"writers ({THREADS})")
    options.add_argument("--mlflow", action="store_true", help="fill a database of MLflow's")
    return options.parse_args()


HELP = {
    "experiments": "experiments (1)",
    "runs": "runs in each experiment (100)",
    "metrics": "metrics of each run (5)",
    "steps": "points of each metric (1)",
    "params": "params of each run (5)",
    "tags": "tags of each run (3)",
    "seed": "what the values depend on (1)",
    "bits": "precision of the values, 64 or 32 (64)",
}


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{number} is less than nothing")
    return number


def fill(uri: str, shape: Shape, threads: int = THREADS) -> int:
    """Fill a store of Runstone's; how many runs were written, those that were there already left out."""
    service = open_service(uri, mode="local")
    try:
        return _Filler(service, shape).fill(threads)
    finally:
        service.close()


def fill_mlflow(uri: str, shape: Shape) -> int:
    """Fill a database of MLflow's that has no runs yet; how many were written."""
    with sides.scratch() as folder:
        side = sides.mlflow(folder, Sqlite())
        return side.script("fill", uri, json.dumps(asdict(shape)), seconds=FILL_S, shown=True)["runs"]


class _Filler:
    """One filling of one store."""

    def __init__(self, service: Service, shape: Shape):
        self._call: Callable[..., Any] = service.call
        self._log = service.store.log
        self._shape = shape
        self._experiments = [self._experiment(shape.experiment_name(i)) for i in range(shape.experiments)]

    def fill(self, threads: int) -> int:
        first = self._first_missing(threads)
        numbers = range(first, self._shape.total_runs)
        what = f"filling with {len(numbers):,} runs"
        with Progress(what, len(numbers)) as progress, ThreadPoolExecutor(threads) as pool:
            for done in pool.map(self._write_runs, _chunks(numbers)):
                progress.advance(done)
        return len(numbers)

    def _first_missing(self, threads: int) -> int:
        """Where to go on. Threads write side by side: all that an interrupted loader may have begun is done again."""
        low, high = 0, self._shape.total_runs
        while low < high:
            middle = (low + high) // 2
            if self._is_complete(middle):
                low = middle + 1
            else:
                high = middle
        return low if low == self._shape.total_runs else max(0, low - 2 * threads * CHUNK)

    def _is_complete(self, number: int) -> bool:
        try:
            found = self._call("get_run", runs.GetRun(run_id=self._shape.run_id(number)))
        except ResourceDoesNotExist:
            return False
        return found.run.info.status == "FINISHED"

    def _experiment(self, name: str) -> str:
        try:
            found = self._call("get_experiment_by_name", experiments.GetExperimentByName(name))
        except ResourceDoesNotExist:
            return self._call("create_experiment", experiments.CreateExperiment(name=name)).experiment_id
        return found.experiment.experiment_id

    def _write_runs(self, numbers: Sequence[int]) -> int:
        for number in numbers:
            self._write_run(run_data(self._shape, number))
        return len(numbers)

    def _write_run(self, data: RunData) -> None:
        create = runs.CreateRun(
            experiment_id=self._experiments[data.experiment],
            user_id=USER,
            run_name=data.name,
            start_time=data.started,
            tags=[runs.RunTag(key, value) for key, value in data.tags],
            run_id=data.run_id,
        )
        self._call("create_run", create)
        points = _points(self._shape, data)
        self._log(RunLog(data.run_id, list(islice(points, BATCH)), data.params))
        while some := list(islice(points, BATCH)):
            self._log(RunLog(data.run_id, some))
        self._call("update_run", runs.UpdateRun(run_id=data.run_id, status="FINISHED", end_time=data.ended))


def _chunks(numbers: range) -> list[range]:
    return [numbers[at : at + CHUNK] for at in range(0, len(numbers), CHUNK)]


def _points(shape: Shape, data: RunData) -> Iterator[Point]:
    for key, values, timestamps in zip(shape.metric_keys(), data.values, data.timestamps, strict=True):
        for step, (value, timestamp) in enumerate(zip(values.tolist(), timestamps.tolist(), strict=True)):
            yield Point(key, value, timestamp, step)


if __name__ == "__main__":
    sys.exit(main())
