"""Metrics: their values, steps and times; the latest one, the history, and series in columns."""

import decimal
import math
import time
from typing import Any

import numpy as np
import pytest

from runstone import Client
from runstone.entities import Metric
from runstone.errors import InvalidParameterValue, RunstoneError

NAN, INF = float("nan"), float("inf")


class Tensor:
    """What a framework's tensor of one element offers."""

    def item(self) -> float:
        return 1.5

    def __float__(self) -> float:
        raise AssertionError("a tensor that needs a gradient warns when it is made a float")


def points(client: Client, run: str, key: str) -> list[tuple[int, int, float]]:
    return [(m.timestamp, m.step, m.value) for m in client.get_metric_history(run, key)]


def test_a_point_has_the_present_time_and_step_0_by_default(client: Client, run: str) -> None:
    before = int(time.time() * 1_000)
    client.log_metric(run, "m", 2.5)
    [point] = client.get_metric_history(run, "m")
    assert before <= point.timestamp <= int(time.time() * 1_000)
    assert (point.key, point.value, point.step) == ("m", 2.5, 0)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (1, 1.0),
        (True, 1.0),
        ("1.5", 1.5),
        ("1e-3", 0.001),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7.0),
        (np.bool_(False), 0.0),
        (np.array([[2.5]]), 2.5),
        (Tensor(), 1.5),
        (decimal.Decimal("0.25"), 0.25),
        (5e-324, 5e-324),
        (1.7976931348623157e308, 1.7976931348623157e308),
        (-0.0, -0.0),
        (0.1 + 0.2, 0.30000000000000004),
        (2**53 + 1, float(2**53)),
    ],
)
def test_a_value_is_kept_to_the_last_bit(client: Client, run: str, given: Any, kept: float) -> None:
    client.log_metric(run, "m", given)
    [point] = client.get_metric_history(run, "m")
    assert point.value.hex() == kept.hex()
    assert client.get_series(run, "m")[0].values[0].hex() == kept.hex()
    assert client.get_run(run).data.metrics["m"] == kept


@pytest.mark.parametrize("value", [NAN, INF, -INF, "nan", "-inf", np.float32("inf")], ids=repr)
def test_nan_and_infinities_are_values_like_any_other(client: Client, run: str, value: Any) -> None:
    client.log_metric(run, "m", value)
    client.log_batch(run, [Metric("batch", value, 1)])
    for key in ("m", "batch"):
        kept = [
            client.get_metric_history(run, key)[0].value,
            client.get_run(run).data.metrics[key],
            client.get_series(run, key)[0].values[0],
        ]
        assert all(k == float(value) or (math.isnan(k) and math.isnan(float(value))) for k in kept)


@pytest.mark.parametrize(
    "value", ["text", "", None, [1.0], {}, 1j, object(), np.array([1.0, 2.0]), 10**400, b"x", "x" * 1_000]
)
def test_what_is_no_number_is_refused_and_changes_nothing(client: Client, run: str, value: Any) -> None:
    before = client.get_run(run)
    with pytest.raises(InvalidParameterValue, match="'value'"):
        client.log_metric(run, "m", value)
    with pytest.raises(InvalidParameterValue, match="'value'"):
        client.log_batch(run, [Metric("good", 1.0, 1), Metric("m", value, 1)])
    assert client.get_run(run) == before
    assert client.get_metric_history(run, "good") == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"timestamp": -1}, "Timestamp must be a nonnegative long"),
        ({"timestamp": 2**63}, "timestamp"),
        ({"timestamp": math.nan}, "'timestamp'"),
        ({"timestamp": "now"}, "'timestamp'"),
        ({"step": 2**63}, "step"),
        ({"step": -(2**63) - 1}, "step"),
        ({"step": math.inf}, "'step'"),
        ({"step": "3"}, "'step'"),
        ({"dataset_name": "d"}, "dataset_digest"),
    ],
)
def test_a_bad_time_or_step_is_refused_and_changes_nothing(
    client: Client, run: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidParameterValue, match=message):
        client.log_metric(run, "m", 1.0, **arguments)
    assert client.get_metric_history(run, "m") == []
    assert client.get_run(run).data.metrics == {}


def test_a_metric_of_a_model_that_does_not_exist_is_refused(client: Client, run: str) -> None:
    with pytest.raises(RunstoneError, match="m-123"):
        client.log_metric(run, "m", 1.0, model_id="m-123")
    assert client.get_metric_history(run, "m") == []


@pytest.mark.parametrize("step", [0, 1, -1, 2**63 - 1, -(2**63), np.int32(7), 4.0])
def test_a_step_is_any_64_bit_integer(client: Client, run: str, step: int) -> None:
    client.log_metric(run, "m", 1.0, timestamp=0, step=step)
    assert points(client, run, "m") == [(0, int(step), 1.0)]
    assert client.get_series(run, "m")[0].steps.tolist() == [int(step)]


def test_steps_may_repeat_skip_and_go_backwards(client: Client, run: str) -> None:
    steps = [1, 5, 75, -20, 5, 5, 0]
    for at, step in enumerate(steps):
        client.log_metric(run, "m", float(at), timestamp=at, step=step)
    assert points(client, run, "m") == [(at, step, float(at)) for at, step in enumerate(steps)]
    [series] = client.get_series([run], ["m"])
    assert series.steps.tolist() == [-20, 0, 1, 5, 5, 5, 75]
    assert series.timestamps.tolist() == [3, 6, 0, 1, 4, 5, 2]
    assert series.values.tolist() == [3.0, 6.0, 0.0, 1.0, 4.0, 5.0, 2.0]
    assert (series.run_id, series.key, series.count) == (run, "m", 7)


@pytest.mark.parametrize(
    ("logged", "latest"),
    [
        ([(1, 0, 5.0), (9, -1, 7.0)], 5.0),  # the largest step, not the latest time
        ([(5, 3, 1.0), (9, 3, 2.0), (7, 3, 3.0)], 2.0),  # at one step, the latest time
        ([(5, 3, 1.0), (5, 3, 4.0), (5, 3, 2.0)], 4.0),  # at one step and time, the largest value
        ([(5, 3, NAN), (5, 3, 4.0)], 4.0),  # NaN is below every number
        ([(5, 3, -INF), (5, 3, NAN)], -INF),
        ([(5, 3, 4.0), (6, 3, NAN)], NAN),
    ],
)
def test_the_latest_value_is_that_of_the_largest_step_then_time_then_value(
    client: Client, run: str, logged: list[tuple[int, int, float]], latest: float
) -> None:
    for order in (logged, logged[::-1]):
        key = f"m{order is logged}"
        for timestamp, step, value in order:
            client.log_metric(run, key, value, timestamp=timestamp, step=step)
        assert repr(client.get_run(run).data.metrics[key]) == repr(latest)
        client.log_batch(run, [Metric(f"batch{key}", v, t, s) for t, s, v in order])
        assert repr(client.get_run(run).data.metrics[f"batch{key}"]) == repr(latest)


def test_a_point_logged_again_is_the_same_point(client: Client, run: str) -> None:
    for _ in range(3):
        client.log_metric(run, "m", 1.0, timestamp=5, step=1)
    client.log_batch(run, [Metric("m", 1.0, 5, 1)] * 4)
    assert points(client, run, "m") == [(5, 1, 1.0)]


def test_a_history_is_complete_and_ordered_by_time(client: Client, run: str) -> None:
    expected = [(at, at % 97, float(at)) for at in range(5_000)]
    client.log_batch(run, [Metric("m", value, at, step) for at, step, value in expected[::-1]])
    assert points(client, run, "m") == expected


def test_the_history_of_what_is_absent_is_empty(client: Client, run: str) -> None:
    assert client.get_metric_history(run, "nothing") == []
    assert client.get_metric_history("f" * 32, "m") == []
    assert client.get_series(run, "nothing") == []
    assert client.get_series("f" * 32, "m") == []


def test_series_come_for_several_runs_and_metrics(client: Client, experiment: str) -> None:
    runs = [client.create_run(experiment).info.run_id for _ in range(103)]
    for n, run in enumerate(runs):
        client.log_batch(run, [Metric("a", float(n), 1, s) for s in range(3)])
    client.log_metric(runs[1], "b", 5.0, step=9)
    found = client.get_series(runs, ["a", "b"])
    assert [(one.run_id, one.key) for one in found if one.key == "a"] == [(run, "a") for run in runs]
    assert [(one.run_id, one.steps.tolist()) for one in found if one.key == "b"] == [(runs[1], [9])]
    assert all(one.count == 3 for one in found if one.key == "a")


def test_a_series_is_cut_to_a_range_of_steps(client: Client, run: str) -> None:
    client.log_batch(run, [Metric("m", float(s), 1, s) for s in range(-5, 6)])
    [series] = client.get_series(run, "m", start_step=-1, end_step=2)
    assert (series.steps.tolist(), series.count) == ([-1, 0, 1, 2], 4)
    assert client.get_series(run, "m", start_step=6) == []
    assert client.get_series(run, "m", start_step=3, end_step=2) == []


def test_down_sampling_keeps_ends_extremes_and_what_is_not_finite(client: Client, run: str) -> None:
    values = [math.sin(n / 50) for n in range(10_000)]
    values[3_333], values[7_777], values[5_000], values[6_000] = 99.0, -99.0, NAN, INF
    client.log_batch(run, [Metric("m", value, n, n) for n, value in enumerate(values)])
    [series] = client.get_series(run, "m", buckets=100)
    assert series.count == 10_000
    assert len(series) <= 100 * 7
    steps = series.steps.tolist()
    assert steps == sorted(steps)
    assert {0, 3_333, 5_000, 6_000, 7_777, 9_999} <= set(steps)
    for step, value in zip(steps, series.values.tolist(), strict=True):
        assert repr(value) == repr(values[step])
    [whole] = client.get_series(run, "m")
    assert whole.steps.tolist() == list(range(10_000))


def test_bad_questions_for_series_are_refused(client: Client, run: str) -> None:
    questions: list[dict[str, Any]] = [
        {"buckets": -1},
        {"buckets": "many"},
        {"start_step": 1.5},
        {"keys": []},
    ]
    for question in questions:
        with pytest.raises(InvalidParameterValue):
            client.get_series(**{"run_ids": run, "keys": "m", **question})
