"""Sealing on every database: several sealers at once, and reads meanwhile."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Table, func, select

from runstone.service import Service
from runstone.store import sealing
from runstone.store.runs import numbers
from runstone.store.schema import metric_block, metric_chunk, metric_segment
from tests.databases import KINDS, fresh_database
from tests.unit.services import history, log_points, new_run, opened

WORKERS, STEPS = 3, 240
DENSE = {"CHUNK_FROM": 20, "CHUNK_TO": 50, "BLOCK_SERIES": 2, "BLOCKS_TO_MERGE": 3, "CHUNKS_TO_MERGE": 3}


@pytest.fixture(params=KINDS)
def services(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Service]]:
    """Several services over one database, as several processes have them, which seal and merge every few points."""
    monkeypatch.chdir(tmp_path)  # where the artifacts go
    for name, value in DENSE.items():
        monkeypatch.setattr(sealing, name, value)
    with ExitStack() as stack:
        place = str(tmp_path / "store")
        if request.param != "sqlite":
            place = stack.enter_context(fresh_database(request.param))
        yield [stack.enter_context(opened(place)) for _ in range(WORKERS + 1)]


def kept(service: Service, table: Table) -> int:
    with service.store.read() as connection:
        return int(connection.scalar(select(func.coalesce(func.sum(table.c["count"]), 0))) or 0)


def steps(service: Service, run_id: str, key: str) -> list[int]:
    return [step for *_, step in history(service, run_id, key)]


def test_several_sealers_and_a_reader_at_once_lose_double_and_tear_nothing(services: list[Service]):
    *workers, reader = services
    run_id = new_run(reader)
    with reader.store.read() as connection:
        number = numbers(connection, [run_id])[run_id]
    done = threading.Event()

    def work(worker: int) -> None:
        for step in range(worker, STEPS, WORKERS):
            points = [("m", float(step), step, step), (f"k{worker}", float(step), step, step)]
            log_points(workers[worker], run_id, points)
            if step % 4 == 0:
                workers[worker].store.seal(number)

    def read() -> int:
        """How many reads saw fewer points than the one before, or a point twice."""
        torn, before = 0, 0
        while not done.is_set():
            found = steps(reader, run_id, "m")
            torn += len(found) < before or len(found) != len(set(found))
            before = len(found)
        return torn

    with ThreadPoolExecutor(WORKERS + 1) as threads:
        reading = threads.submit(read)
        list(threads.map(work, range(WORKERS)))
        done.set()
        assert reading.result() == 0
    reader.store.seal(number)
    assert steps(reader, run_id, "m") == list(range(STEPS))
    for worker in range(WORKERS):
        assert steps(reader, run_id, f"k{worker}") == list(range(worker, STEPS, WORKERS))
    assert sum(kept(reader, table) for table in (metric_segment, metric_chunk, metric_block)) == 2 * STEPS
    assert kept(reader, metric_segment) <= 2
