"""What is logged to metrics, and what a read shows of it: against a model that just keeps every point."""

import base64
import math
import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runstone.entities.names import MAX_INT64, MIN_INT64
from runstone.errors import InvalidParameterValue, StoreError
from runstone.service import Service
from runstone.store import sealing
from runstone.wire import metrics, runs
from tests.unit.services import (
    Point,
    change,
    comparable,
    history,
    latest,
    log_points,
    new_run,
    opened,
    rows,
    series,
)

quick = settings(deadline=None, max_examples=15)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with opened(tmp_path / "store") as opened_service:
        yield opened_service


@contextmanager
def dense_sealing() -> Iterator[None]:
    """Sealing after few points, into chunks and blocks of few."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "SEGMENTS_TO_SEAL": 3,
            "POINTS_TO_SEAL": 12,
            "CHUNK_FROM": 5,
            "CHUNK_TO": 7,
            "BLOCK_SERIES": 2,
        }.items():
            patch.setattr(sealing, name, value)
        yield


# --- against the model ------------------------------------------------------------------------

_POINTS = st.tuples(
    st.sampled_from(["loss", "acc", "val/loss", "ключ"]),
    st.floats(-1e300, 1e300) | st.sampled_from([0.0, -0.0, 1.0, math.nan, math.inf, -math.inf]),
    st.sampled_from([0, 1, 2, 1_700_000_000_000, MAX_INT64]),
    st.sampled_from([0, 1, 2, 3, -1, MIN_INT64, MAX_INT64]) | st.integers(0, 30),
)
_REQUESTS = st.lists(st.tuples(st.integers(0, 1), st.lists(_POINTS, max_size=8)), min_size=1, max_size=12)
"""Requests to one of two runs."""

_SUMMARY = (
    "SELECT count, nan_count, infinite_count, minimum, maximum, "
    "first_step, first_timestamp, first_class, first_value "
    "FROM metric_summary JOIN key_name ON key_name.id = key JOIN run ON run.id = run "
    "WHERE run_id = ? AND key_name.name = ?"
)


def _check_run(service: Service, folder: Path, run_id: str, points: list[Point]) -> None:
    by_key: defaultdict[str, list[Point]] = defaultdict(list)
    for point in points:
        by_key[point[0]].append(point)
    expected_latest = {key: comparable(max(of_key, key=comparable)) for key, of_key in by_key.items()}
    assert {key: comparable(point) for key, point in latest(service, run_id).items()} == expected_latest
    all_series = series(service, run_id, *(by_key or ["none"]))
    assert set(all_series) == set(by_key)
    for key, of_key in by_key.items():
        distinct = {comparable(point) for point in of_key}
        told = history(service, run_id, key)
        assert len(told) == len(distinct)
        assert {comparable(point) for point in told} == distinct
        order = [(timestamp, step) for _, _, timestamp, step in told]
        assert order == sorted(order)
        drawn = all_series[key]
        assert sorted(map(comparable, drawn)) == sorted(map(comparable, told))
        places = [(step, timestamp) for _, _, timestamp, step in drawn]
        assert places == sorted(places)
        ((*counts, minimum, maximum, step, timestamp, kind, value),) = rows(folder, _SUMMARY, run_id, key)
        finite = [v for _, v, _, _ in of_key if math.isfinite(v)]
        assert counts == [
            len(of_key),
            sum(math.isnan(v) for _, v, _, _ in of_key),
            sum(math.isinf(v) for _, v, _, _ in of_key),
        ]
        assert (minimum, maximum) == (min(finite, default=None), max(finite, default=None))
        first = min(of_key, key=comparable)
        assert (step, timestamp) == (first[3], first[2])
        assert (kind, value) == _stored(first[1])


def _stored(value: float) -> tuple[int, float]:
    if math.isnan(value):
        return -2, 0.0
    return (0, value) if math.isfinite(value) else (int(math.copysign(1, value)), 0.0)


@pytest.mark.parametrize("sealed", [False, True])
@quick
@given(requests=_REQUESTS, reopen_at=st.integers(0, 12), end_at=st.integers(0, 12))
def test_reads_agree_with_the_points_logged(
    sealed: bool, requests: list[tuple[int, list[Point]]], reopen_at: int, end_at: int
):
    logged: list[list[Point]] = [[], []]
    with TemporaryDirectory() as name, dense_sealing() if sealed else nullcontext():
        folder = Path(name)
        with opened(folder) as service:
            run_ids = [new_run(service), new_run(service)]
            for number, points in requests[:reopen_at]:
                log_points(service, run_ids[number], points)
                logged[number] += points
        with opened(folder) as service:
            for at, (number, points) in enumerate(requests[reopen_at:], start=reopen_at):
                if at == end_at:
                    service.call("update_run", runs.UpdateRun(run_id=run_ids[0], status="FINISHED"))
                log_points(service, run_ids[number], points)
                logged[number] += points
            for run_id, points in zip(run_ids, logged, strict=True):
                _check_run(service, folder, run_id, points)


# --- the rules, one by one --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([("m", 1.0, 10, 1), ("m", 2.0, 5, 2)], 2.0),
        ([("m", 1.0, 10, 1), ("m", 2.0, 11, 1)], 2.0),
        ([("m", 1.0, 10, 1), ("m", 2.0, 10, 1)], 2.0),
        ([("m", -math.inf, 10, 1), ("m", math.nan, 10, 1)], -math.inf),
        ([("m", 9.0, 10, 1), ("m", math.nan, 10, 2)], math.nan),
        ([("m", 9.0, 10, 1), ("m", math.inf, 10, 1)], math.inf),
        ([("m", -math.inf, 10, 1), ("m", -9.0, 10, 1)], -9.0),
        ([("m", 1.0, 10, -1), ("m", 2.0, 99, -2)], 1.0),
        ([("m", -0.0, 10, 1), ("m", -1.0, 10, 1)], 0.0),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_the_latest_point_has_the_greatest_step_then_time_then_value_and_nan_is_lowest(
    service: Service, points: list[Point], expected: float, together: bool
):
    for given_order in (points, points[::-1]):
        run_id = new_run(service)
        for request in [given_order] if together else [[point] for point in given_order]:
            log_points(service, run_id, request)
        (found,) = latest(service, run_id).values()
        assert repr(found[1]) == repr(expected)


def test_a_point_without_a_step_is_at_step_zero(service: Service):
    run_id = new_run(service)
    service.call("log_metric", runs.LogMetric(run_id=run_id, key="m", value=0.5, timestamp=7))
    assert history(service, run_id, "m") == [("m", 0.5, 7, 0)]


def test_a_point_logged_twice_is_one(service: Service):
    run_id = new_run(service)
    for _ in range(3):
        log_points(service, run_id, [("m", math.nan, 7, 1), ("m", 0.5, 7, 1)] * 2)
    assert len(history(service, run_id, "m")) == 2


def test_points_of_different_datasets_do_not_swallow_each_other(service: Service):
    run_id = new_run(service)
    for name in ("train", "test", "train"):
        service.call(
            "log_metric",
            runs.LogMetric(
                run_id=run_id, key="m", value=0.5, timestamp=7, dataset_name=name, dataset_digest="d"
            ),
        )
    assert len(history(service, run_id, "m")) == 2


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"key": ""}, "Names may be treated as files"),
        ({"key": "a\nb"}, "Names may only contain"),
        ({"key": "../up"}, "must not resolve to other names"),
        ({"key": "k" * 251}, "exceeds the maximum length of 250"),
        ({"timestamp": -1}, "nonnegative"),
        ({"dataset_name": "train"}, "dataset_digest"),
        ({"dataset_name": "train\0", "dataset_digest": "d"}, "NUL"),
        ({"dataset_name": "t" * 501, "dataset_digest": "d"}, "500"),
        ({"dataset_name": "train", "dataset_digest": "d" * 37}, "36"),
    ],
)
def test_a_point_that_breaks_a_rule_is_refused_and_its_batch_with_it(
    service: Service, fields: dict[str, Any], message: str
):
    run_id = new_run(service)
    good = {"key": "m", "value": 0.5, "timestamp": 7}
    bad = runs.Metric(**(good | fields))
    with pytest.raises(InvalidParameterValue, match=message):
        service.call("log_batch", runs.LogBatch(run_id=run_id, metrics=[runs.Metric(**good), bad]))
    assert latest(service, run_id) == {}


# --- reading ----------------------------------------------------------------------------------


def test_history_of_what_does_not_exist_is_empty(service: Service):
    assert history(service, "no-such-run", "m") == []
    assert history(service, new_run(service), "no such metric") == []


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10, 11])
def test_pages_of_a_history_show_every_point_once(service: Service, size: int):
    run_id = new_run(service)
    points: list[Point] = [("m", float(i), 100 - i, i % 3) for i in range(10)]
    log_points(service, run_id, points)
    seen: list[Point] = []
    token = None
    while True:
        request = metrics.GetMetricHistory(run_id=run_id, metric_key="m", max_results=size, page_token=token)
        page: Any = service.call("get_metric_history", request)
        assert len(page.metrics) <= size
        seen += [(m.key, m.value, m.timestamp, m.step) for m in page.metrics]
        token = page.next_page_token
        if token is None:
            assert page.metrics, "the token of the last page led to an empty one"
            break
    assert seen == history(service, run_id, "m")


@pytest.mark.parametrize("token", ["%%%", "ключ", "e30=", "W10=", "eyJvZmZzZXQiOiAtMX0="])
def test_a_page_token_of_anothers_making_is_refused(service: Service, token: str):
    with pytest.raises(InvalidParameterValue, match="Invalid page token"):
        history(service, new_run(service), "m", max_results=5, page_token=token)


def test_a_page_token_nested_beyond_reason_is_refused(service: Service):
    token = base64.b64encode(b"[" * 200_000).decode()
    with pytest.raises(InvalidParameterValue, match="Invalid page token"):
        history(service, new_run(service), "m", max_results=5, page_token=token)


@pytest.mark.parametrize("size", [0, -1])
def test_a_page_of_nothing_is_refused(service: Service, size: int):
    with pytest.raises(InvalidParameterValue, match="max_results"):
        history(service, new_run(service), "m", max_results=size)


def test_a_range_of_steps_is_inclusive_at_both_ends(service: Service):
    run_id = new_run(service)
    log_points(service, run_id, [("m", float(i), 0, i) for i in range(-5, 6)])

    def steps(**bounds: int) -> list[int]:
        return [step for *_, step in series(service, run_id, "m", **bounds).get("m", [])]

    assert steps(start_step=-2, end_step=2) == [-2, -1, 0, 1, 2]
    assert steps(end_step=-4) == [-5, -4]
    assert steps(start_step=5) == [5]
    assert steps(start_step=3, end_step=2) == []
    assert steps(start_step=MIN_INT64, end_step=MAX_INT64) == list(range(-5, 6))


def test_series_leave_out_what_has_no_points_and_answer_twice_asked_once(service: Service):
    run_id = new_run(service)
    log_points(service, run_id, [("a", 1.0, 0, 0), ("b", 2.0, 0, 0)])
    request = metrics.GetSeries(run_ids=[run_id, "nobody", run_id], metric_keys=["b", "none", "a", "b"])
    response: Any = service.call("get_series", request)
    assert [(one.run_id, one.key) for one in response.series] == [(run_id, "b"), (run_id, "a")]


def test_series_of_keys_that_nobody_has_are_none(service: Service):
    assert series(service, new_run(service), "nothing", "at all") == {}


def test_a_series_tells_how_many_points_it_stands_for(service: Service):
    run_id = new_run(service)
    for at in range(0, 3_000, 1_000):
        log_points(service, run_id, [("m", math.sin(i), i, i) for i in range(at, at + 1_000)])
    request = metrics.GetSeries(run_ids=[run_id], metric_keys=["m"], buckets=10)
    response: Any = service.call("get_series", request)
    (one,) = response.series
    assert one.count == 3_000
    assert 20 <= len(one.steps) <= 40


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"run_ids": []}, "run_ids"),
        ({"metric_keys": []}, "metric_keys"),
        ({"run_ids": ["r"] * 101}, "at most 100"),
        ({"metric_keys": ["m"] * 2_001}, "at most 2000"),
        ({"buckets": -1}, "buckets"),
    ],
)
def test_a_request_for_series_within_no_bounds_is_refused(
    service: Service, fields: dict[str, Any], message: str
):
    valid: dict[str, Any] = {"run_ids": ["r"], "metric_keys": ["m"]}
    request = metrics.GetSeries(**(valid | fields))
    with pytest.raises(InvalidParameterValue, match=message):
        service.call("get_series", request)


@pytest.mark.parametrize("clock", ["steady", "restarted"])
def test_a_series_is_down_sampled_alike_wherever_its_points_are_kept(service: Service, clock: str):
    chance = random.Random(clock)
    once, often = new_run(service), new_run(service)
    steps = list(range(997)) if clock == "steady" else [*range(500), *range(300, 797)]
    points: list[Point] = [("m", chance.gauss(0, 1), at, step) for at, step in enumerate(steps)]
    log_points(service, once, points)
    with dense_sealing():
        for at in range(0, 997, 10):
            log_points(service, often, points[at : at + 10])
    for fields in ({}, {"start_step": 37, "end_step": 811}, {"start_time": 100}, {"end_step": 3}):
        for buckets in (0, 1, 7, 50, 249, 1_000):
            request: dict[str, Any] = {"buckets": buckets, **fields}
            assert series(service, often, "m", **request) == series(service, once, "m", **request)


@pytest.mark.parametrize("operation", ["get_series", "get_series_columns"])
@pytest.mark.parametrize("end", [False, True])
def test_an_answer_of_too_many_points_is_refused_and_fits_once_it_is_down_sampled(
    service: Service, monkeypatch: pytest.MonkeyPatch, operation: str, end: bool
):
    monkeypatch.setattr("runstone.service.metrics.MAX_SERIES_POINTS", 1_500)
    monkeypatch.setattr("runstone.service.metrics.MAX_COLUMN_POINTS", 1_500)
    run_ids = [new_run(service), new_run(service)]
    for run_id in run_ids:
        log_points(service, run_id, [("m", float(i), i, i) for i in range(800)])
        log_points(service, run_id, [("n", 1.0, 0, 0)])
        if end:
            service.call("update_run", runs.UpdateRun(run_id=run_id, status="FINISHED"))

    def ask(**fields: Any) -> Any:
        return service.call(operation, metrics.GetSeries(run_ids=run_ids, metric_keys=["m", "n"], **fields))

    with pytest.raises(InvalidParameterValue, match=r"more than 1,500 points.*buckets"):
        ask()
    with pytest.raises(InvalidParameterValue, match="more than 1,500 points"):
        ask(buckets=400)
    assert ask(buckets=100)
    assert ask(end_step=700)


def test_a_series_that_fits_no_memory_is_down_sampled_or_asked_for_in_ranges(
    service: Service, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("runstone.service.metrics.MAX_COLUMN_POINTS", 700)
    run_id = new_run(service)
    log_points(service, run_id, [("m", float(i), i, i) for i in range(800)])
    log_points(service, run_id, [("m", float(i), i, i) for i in range(800, 1_600)])
    with pytest.raises(InvalidParameterValue, match=r"more than 700 points.*buckets"):
        series(service, run_id, "m")
    with pytest.raises(InvalidParameterValue, match=r"more than 700 points.*narrower"):
        series(service, run_id, "m", buckets=10, end_time=1_500)
    found = series(service, run_id, "m", buckets=10)["m"]
    assert (found[0][3], found[-1][3]) == (0, 1_599)


@pytest.mark.parametrize("keys", [1, 399, 401, 2_000])
def test_many_metrics_of_a_run_are_read_at_once(service: Service, keys: int):
    run_id = new_run(service)
    for at in range(0, 2_000, 1_000):
        log_points(service, run_id, [(f"m{i}", float(i), 0, 0) for i in range(at, at + 1_000)])
    service.call("update_run", runs.UpdateRun(run_id=run_id, status="FINISHED"))
    log_points(service, run_id, [("m0", 7.0, 0, 1)])
    found = series(service, run_id, *(f"m{i}" for i in range(keys)))
    assert len(found) == keys
    assert found["m0"] == [("m0", 0.0, 0, 0), ("m0", 7.0, 0, 1)]


# --- sealing ----------------------------------------------------------------------------------


def _stored_rows(folder: Path) -> dict[str, int]:
    kinds = ("metric_segment", "metric_chunk", "metric_block")
    return {kind: rows(folder, f"SELECT count(*) FROM {kind}")[0][0] for kind in kinds}


def test_the_end_of_a_run_seals_its_points(service: Service, tmp_path: Path):
    run_id = new_run(service)
    for step in range(20):
        log_points(service, run_id, [("m", float(step), step, step)])
    assert _stored_rows(tmp_path / "store")["metric_segment"] == 20
    service.call("update_run", runs.UpdateRun(run_id=run_id, status="FINISHED"))
    assert _stored_rows(tmp_path / "store") == {"metric_segment": 0, "metric_chunk": 0, "metric_block": 1}
    assert [step for *_, step in history(service, run_id, "m")] == list(range(20))


def test_many_segments_are_sealed_while_a_run_goes_on(service: Service, tmp_path: Path):
    run_id = new_run(service)
    with dense_sealing():
        for step in range(31):
            log_points(service, run_id, [("long", 1.0, step, step), ("short", 1.0, 0, 0)])
    found = _stored_rows(tmp_path / "store")
    assert found["metric_segment"] < 3
    assert found["metric_block"] > 0
    assert len(history(service, run_id, "long")) == 31
    assert len(history(service, run_id, "short")) == 1


@pytest.mark.parametrize("logged_meanwhile", [0, 3])
def test_of_two_processes_that_seal_the_same_points_one_gives_way(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged_meanwhile: int
):
    run_id = new_run(service)
    for step in range(10):
        log_points(service, run_id, [("m", 1.0, 0, step)])
    make_rows = sealing._dense_rows
    with opened(tmp_path / "store") as other:

        def while_the_other_one_seals(run: int, points: Any) -> Any:
            monkeypatch.setattr(sealing, "_dense_rows", make_rows)
            for step in range(10, 10 + logged_meanwhile):
                log_points(other, run_id, [("m", 1.0, 0, step)])
            other.call("update_run", runs.UpdateRun(run_id=run_id, status="FINISHED"))
            return make_rows(run, points)

        monkeypatch.setattr(sealing, "_dense_rows", while_the_other_one_seals)
        service.call("update_run", runs.UpdateRun(run_id=run_id, status="FINISHED"))
    assert [step for *_, step in history(service, run_id, "m")] == list(range(10 + logged_meanwhile))
    assert _stored_rows(tmp_path / "store") == {"metric_segment": 0, "metric_chunk": 0, "metric_block": 1}


def test_points_logged_while_their_run_is_sealed_stay(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    run_id = new_run(service)
    for step in range(10):
        log_points(service, run_id, [("m", 1.0, 0, step)])
    make_rows = sealing._dense_rows

    def while_more_is_logged(run: int, points: Any) -> Any:
        log_points(service, run_id, [("m", 1.0, 0, 10)])
        return make_rows(run, points)

    monkeypatch.setattr(sealing, "_dense_rows", while_more_is_logged)
    service.call("update_run", runs.UpdateRun(run_id=run_id, status="FINISHED"))
    assert [step for *_, step in history(service, run_id, "m")] == list(range(11))
    assert _stored_rows(tmp_path / "store") == {"metric_segment": 1, "metric_chunk": 0, "metric_block": 1}


def test_what_is_logged_stays_logged_when_sealing_fails(
    service: Service, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    run_id = new_run(service)
    log_points(service, run_id, [("m", 0.0, 0, 0)])
    change(tmp_path / "store", "UPDATE metric_segment SET data = ?", b"\x01damaged")
    with dense_sealing():
        for step in range(1, 10):
            log_points(service, run_id, [("m", float(step), 0, step)])
        service.call("update_run", runs.UpdateRun(run_id=run_id, status="FINISHED"))
    assert latest(service, run_id)["m"] == ("m", 9.0, 0, 9)
    assert "damaged" in caplog.text
    with pytest.raises(StoreError, match="damaged"):
        history(service, run_id, "m")
