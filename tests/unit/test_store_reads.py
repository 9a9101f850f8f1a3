"""How many rows a read of series touches, counted where the database hands them out."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

from runstone.service import Service
from runstone.store import sealing
from runstone.store.logs import Point, RunLog
from runstone.wire import metrics, runs
from tests.unit.services import history, log_points, new_run, opened

MILLION = 1_000_000


class Touched:
    """What statements fetched: rows, those with points in them, and how many statements there were."""

    def __init__(self) -> None:
        self.rows = self.opened = self.statements = 0

    def fetched(self, _cursor: object, row: tuple[Any, ...]) -> tuple[Any, ...]:
        self.rows += 1
        self.opened += any(isinstance(value, bytes) for value in row)
        return row

    def executed(self, *_: object) -> None:
        self.statements += 1


@contextmanager
def counting() -> Iterator[Touched]:
    """Count all that is read from now on, by whatever connection."""
    touched = Touched()

    def checked_out(connection: Any, *_: object) -> None:
        connection.row_factory = touched.fetched

    def checked_in(connection: Any, *_: object) -> None:
        connection.row_factory = None

    listeners: list[tuple[Any, str, Any]] = [
        (Pool, "checkout", checked_out),
        (Pool, "checkin", checked_in),
        (Engine, "before_cursor_execute", touched.executed),
    ]
    for target, name, listener in listeners:
        event.listen(target, name, listener)
    try:
        yield touched
    finally:
        for target, name, listener in listeners:
            event.remove(target, name, listener)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with opened(tmp_path) as opened_service:
        yield opened_service


def ask(service: Service, run_ids: list[str], keys: list[str], **fields: Any) -> list[metrics.Series]:
    request = metrics.GetSeries(run_ids=run_ids, metric_keys=keys, **fields)
    response: Any = service.call("get_series", request)
    return response.series


def end(service: Service, run_id: str) -> None:
    service.call("update_run", runs.UpdateRun(run_id=run_id, status="FINISHED"))


def test_one_metric_of_very_many_opens_one_row(service: Service):
    run_id = new_run(service)
    for step in range(20):
        for at in range(0, 1_500, 500):
            log_points(service, run_id, [(f"m{i}", float(i), step, step) for i in range(at, at + 500)])
    end(service, run_id)
    with counting() as touched:
        [found] = ask(service, [run_id], ["m700"])
    assert found.steps == list(range(20))
    assert touched.opened == 1
    assert touched.rows <= 5


@pytest.fixture(scope="module")
def long_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    """A run with a million points of one metric, a second apart."""
    with opened(tmp_path_factory.mktemp("long")) as service:
        run_id = new_run(service)
        for at in range(0, MILLION, 50_000):
            points = [Point("m", math.sin(i / 1_000), i * 1_000, i) for i in range(at, at + 50_000)]
            service.store.log(RunLog(run_id, points))
        end(service, run_id)
        yield service, run_id


def test_a_range_of_steps_opens_the_chunks_that_it_overlaps(long_run: tuple[Service, str]):
    service, run_id = long_run
    with counting() as touched:
        [found] = ask(service, [run_id], ["m"], start_step=500_000, end_step=500_999)
    assert found.steps == list(range(500_000, 501_000))
    assert touched.opened <= 2
    with counting() as touched:
        [found] = ask(service, [run_id], ["m"], buckets=100)
    assert (found.count, found.steps[0], found.steps[-1]) == (MILLION, 0, MILLION - 1)
    assert 16 <= touched.opened <= 21


def test_a_range_of_times_is_inclusive_at_both_ends(long_run: tuple[Service, str]):
    service, run_id = long_run
    [found] = ask(service, [run_id], ["m"], start_time=700_000_000, end_time=700_010_000)
    assert found.steps == list(range(700_000, 700_011))
    [both] = ask(service, [run_id], ["m"], start_time=700_000_000, end_step=700_003)
    assert both.steps == list(range(700_000, 700_004))
    assert ask(service, [run_id], ["m"], end_time=-1) == []


def test_of_a_run_that_goes_on_the_tail_is_opened_too(service: Service, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sealing, "SEGMENTS_TO_SEAL", 100)
    monkeypatch.setattr(sealing, "CHUNK_FROM", 50)
    run_id = new_run(service)
    for step in range(210):
        log_points(service, run_id, [("m", float(step), step, step), ("other", 0.0, step, step)])
    with counting() as touched:
        [found] = ask(service, [run_id], ["m"])
    assert found.steps == list(range(210))
    assert touched.opened == 2 + 10
    with counting() as touched:
        [found] = ask(service, [run_id], ["m"], start_step=150)
    assert found.steps == list(range(150, 210))
    assert touched.opened == 1 + 10


def test_many_runs_take_no_more_statements_than_one(service: Service):
    run_ids = [new_run(service) for _ in range(40)]
    for run_id in run_ids:
        for step in range(5):
            log_points(service, run_id, [(key, 1.0, step, step) for key in ("a", "b", "c", "d")])
        end(service, run_id)
    with counting() as one:
        ask(service, run_ids[:1], ["a", "b", "d"])
    with counting() as many:
        found = ask(service, run_ids, ["a", "b", "d"])
    assert [(series.run_id, series.key) for series in found] == [(r, k) for r in run_ids for k in "abd"]
    assert many.statements == one.statements
    assert many.opened == 40


def test_pages_of_a_long_history_are_pages_of_the_whole(long_run: tuple[Service, str]):
    service, run_id = long_run
    token, seen = None, []
    for _ in range(4):
        request = metrics.GetMetricHistory(
            run_id=run_id, metric_key="m", max_results=70_000, page_token=token
        )
        page: Any = service.call("get_metric_history", request)
        seen += [metric.step for metric in page.metrics]
        token = page.next_page_token
    assert seen == list(range(280_000))


def test_pages_show_every_point_once_when_the_clock_goes_backwards(
    service: Service, monkeypatch: pytest.MonkeyPatch
):
    for name, value in {"SEGMENTS_TO_SEAL": 5, "CHUNK_FROM": 5, "CHUNK_TO": 7}.items():
        monkeypatch.setattr(sealing, name, value)
    run_id = new_run(service)
    points = [("m", float(n), 1_000 - 7 * n % 90, n) for n in range(97)]
    for at in range(0, 97, 3):
        log_points(service, run_id, points[at : at + 3])
        log_points(service, run_id, points[at : at + 1])
    expected = sorted(points, key=lambda point: (point[2], point[3]))
    assert history(service, run_id, "m") == expected
    for size in (1, 10, 96, 97, 98):
        seen, token = [], None
        while True:
            request = metrics.GetMetricHistory(
                run_id=run_id, metric_key="m", max_results=size, page_token=token
            )
            page: Any = service.call("get_metric_history", request)
            seen += [(m.key, m.value, m.timestamp, m.step) for m in page.metrics]
            token = page.next_page_token
            if token is None:
                break
        assert seen == expected
