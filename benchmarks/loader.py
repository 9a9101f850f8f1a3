"""Fill a store: `python -m benchmarks.loader URI --experiments 5 --runs 1000 --metrics 20 --steps 100`.

Runs are written by the real service and its store, in this process, by several threads, in few and large transactions.
What is there already is left alone, so a loader that was interrupted is simply started again.
`--mlflow` fills a database of MLflow's instead, by SQL (`scripts/fill.py`): through its own store 100,000 runs would
take it hours.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields
from itertools import islice
from typing import Any

from benchmarks import sides
from benchmarks.backends import Sqlite
from benchmarks.progress import Progress
from benchmarks.shapes import USER, RunData, Shape, run_data
from runstone.entities.kinds import LifecycleStage
from runstone.entities.names import RUN_NAME_TAG
from runstone.errors import ResourceDoesNotExist, RunstoneError
from runstone.service import Service, locations, open_service
from runstone.service.experiments import active_location
from runstone.store import Connection, logs, runs
from runstone.store.logs import Point, RunLog
from runstone.store.runs import RunRow
from runstone.wire import experiments
from runstone.wire import runs as wire

THREADS = 8
CHUNK = 100
"""Runs that a thread takes at a time."""
SMALL = 1_000
"""Points of a run up to which a chunk of them is written together."""
BATCH = 10_000
"""Points of a larger run in one write."""
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
        self._store = service.store
        self._shape = shape
        self._experiments = [self._experiment(shape.experiment_name(i)) for i in range(shape.experiments)]

    def fill(self, threads: int) -> int:
        first = self._first_missing(threads)
        numbers = range(first, self._shape.total_runs)
        what, chunks, written = f"filling with {len(numbers):,} runs", _chunks(numbers), 0
        with Progress(what, len(numbers)) as progress, ThreadPoolExecutor(threads) as pool:
            for chunk, new in zip(chunks, pool.map(self._write_runs, chunks), strict=True):
                written += new
                progress.advance(len(chunk))
        return written

    def _first_missing(self, threads: int) -> int:
        """Where to go on. Threads write side by side: what an interrupted one may have begun is looked at again."""
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
            found = self._call("get_run", wire.GetRun(run_id=self._shape.run_id(number)))
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
        data = [run_data(self._shape, number) for number in numbers]
        if self._shape.points_of_run > SMALL:
            for one in data:
                self._write_run(one)
            return len(data)
        return self._write_together(data)

    def _write_run(self, data: RunData) -> None:
        """One run as a client writes it, in few requests; its end has the store bring it into its dense form."""
        create = wire.CreateRun(
            experiment_id=self._experiments[data.experiment],
            user_id=USER,
            run_name=data.name,
            start_time=data.started,
            tags=[wire.RunTag(key, value) for key, value in data.tags],
            run_id=data.run_id,
        )
        self._call("create_run", create)
        points = _points(self._shape, data)
        while some := list(islice(points, BATCH)):
            self._store.log(RunLog(data.run_id, some))
        self._store.log(RunLog(data.run_id, params=data.params))
        self._call("update_run", wire.UpdateRun(run_id=data.run_id, status="FINISHED", end_time=data.ended))

    def _write_together(self, data: Sequence[RunData]) -> int:
        """Small runs, all in one transaction, by what every write comes to in the end; how many were not there."""

        def write(connection: Connection, keys: Mapping[str, int]) -> int:
            there = runs.numbers(connection, [one.run_id for one in data])
            missing = [one for one in data if one.run_id not in there]
            for one in missing:
                runs.insert(connection, self._row(connection, one), {})
            logs.apply(connection, keys, [self._everything(one) for one in missing])
            return len(missing)

        names = frozenset[str]().union(*(self._everything(one).keys() for one in data))
        return self._store.write(write, keys=names)

    def _row(self, connection: Connection, data: RunData) -> RunRow:
        experiment = int(self._experiments[data.experiment])
        return RunRow(
            id=0,
            run_id=data.run_id,
            experiment=experiment,
            name=data.name,
            user_id=USER,
            status="FINISHED",
            lifecycle=LifecycleStage.ACTIVE,
            started=data.started,
            ended=data.ended,
            deleted=None,
            artifact_uri=locations.of_run(active_location(connection, experiment), data.run_id),
        )

    def _everything(self, data: RunData) -> RunLog:
        tags = [*data.tags, (RUN_NAME_TAG, data.name)]
        return RunLog(data.run_id, list(_points(self._shape, data)), data.params, tags)


def _chunks(numbers: range) -> list[range]:
    return [numbers[at : at + CHUNK] for at in range(0, len(numbers), CHUNK)]


def _points(shape: Shape, data: RunData) -> Iterator[Point]:
    for key, values, timestamps in zip(shape.metric_keys(), data.values, data.timestamps, strict=True):
        for step, (value, timestamp) in enumerate(zip(values.tolist(), timestamps.tolist(), strict=True)):
            yield Point(key, value, timestamp, step)


if __name__ == "__main__":
    sys.exit(main())
