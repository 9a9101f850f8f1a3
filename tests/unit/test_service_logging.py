"""What may be logged to a run: params once, tags again and again, within the limits, while it is active."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runstone.errors import InvalidParameterValue, ResourceDoesNotExist
from runstone.service import Service
from runstone.wire import runs
from tests.unit.services import (
    change,
    get_run,
    latest,
    log_param,
    log_points,
    new_run,
    opened,
    params,
    rows,
    set_tag,
    tags,
)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with opened(tmp_path) as opened_service:
        yield opened_service


@pytest.fixture
def run_id(service: Service) -> str:
    return new_run(service, run_name="first name")


def batch(
    service: Service,
    run_id: str,
    metrics: list[str] | None = None,
    params: dict[str, str] | list[tuple[str, str]] | None = None,
    tags: dict[str, str] | list[tuple[str, str]] | None = None,
) -> None:
    def pairs(of: dict[str, str] | list[tuple[str, str]] | None) -> list[tuple[str, str]]:
        return list(of.items() if isinstance(of, dict) else of or [])

    service.call(
        "log_batch",
        runs.LogBatch(
            run_id=run_id,
            metrics=[runs.Metric(key, 1.0, 0) for key in metrics or []],
            params=[runs.Param(*pair) for pair in pairs(params)],
            tags=[runs.RunTag(*pair) for pair in pairs(tags)],
        ),
    )


# --- params -----------------------------------------------------------------------------------


def test_a_param_is_written_once(service: Service, run_id: str):
    log_param(service, run_id, "p", "1")
    log_param(service, run_id, "p", "1")
    with pytest.raises(InvalidParameterValue, match=r"already logged with value='1'.*new value '2'"):
        log_param(service, run_id, "p", "2")
    assert params(service, run_id) == {"p": "1"}


def test_a_batch_with_a_changed_param_names_every_change(service: Service, run_id: str):
    batch(service, run_id, params={"a": "1", "b": "2", "c": "3"})
    with pytest.raises(InvalidParameterValue) as refused:
        batch(service, run_id, params={"a": "1", "b": "two", "c": "three", "d": "4"}, tags={"t": "1"})
    assert "{'key': 'b', 'old_value': '2', 'new_value': 'two'}" in refused.value.message
    assert "{'key': 'c', 'old_value': '3', 'new_value': 'three'}" in refused.value.message
    assert "'a'" not in refused.value.message
    assert params(service, run_id) == {"a": "1", "b": "2", "c": "3"}
    assert tags(service, run_id) == {}


@pytest.mark.parametrize("values", [("1", "2"), ("1", "1")])
def test_a_batch_names_a_param_once(service: Service, run_id: str, values: tuple[str, str]):
    with pytest.raises(InvalidParameterValue, match=r"Duplicate parameter keys.*\['p'\]"):
        batch(service, run_id, params=[("p", values[0]), ("q", "1"), ("p", values[1])])
    assert params(service, run_id) == {}


def test_params_of_several_runs_do_not_meet(service: Service, run_id: str):
    other = new_run(service)
    log_param(service, run_id, "p", "1")
    log_param(service, other, "p", "2")
    assert (params(service, run_id), params(service, other)) == ({"p": "1"}, {"p": "2"})


@pytest.mark.parametrize(
    "value", ["", " ", "0", "True", "é" * 6_000, "\n\t", "'; DROP TABLE run; --", "𝕏 日本"]
)
def test_a_param_of_any_text_comes_back_as_it_was(service: Service, run_id: str, value: str):
    log_param(service, run_id, "p", value)
    assert params(service, run_id) == {"p": value}


def test_keys_that_differ_in_case_or_form_are_different_keys(service: Service, run_id: str):
    keys = ["Acc", "acc", "ACC", "é", "e\u0301"]
    for number, key in enumerate(keys[:4]):
        log_param(service, run_id, key, str(number))
    with pytest.raises(InvalidParameterValue):
        log_param(service, run_id, keys[4], "a combining accent is no letter, in MLflow either")
    assert params(service, run_id) == {key: str(number) for number, key in enumerate(keys[:4])}


# --- tags -------------------------------------------------------------------------------------


def test_the_last_tag_wins(service: Service, run_id: str):
    for value in ("1", "2", ""):
        set_tag(service, run_id, "t", value)
    assert tags(service, run_id) == {"t": ""}
    batch(service, run_id, tags=[("t", "3"), ("u", "1"), ("t", "4")])
    assert tags(service, run_id) == {"t": "4", "u": "1"}


def _names(service: Service, run_id: str) -> tuple[str | None, str]:
    run = get_run(service, run_id)
    return run.info.run_name, {tag.key: tag.value for tag in run.data.tags}["mlflow.runName"]


def test_the_tag_of_the_name_renames_the_run(service: Service, run_id: str):
    assert _names(service, run_id) == ("first name", "first name")
    set_tag(service, run_id, "mlflow.runName", "second")
    assert _names(service, run_id) == ("second", "second")
    batch(service, run_id, tags=[("mlflow.runName", "third"), ("mlflow.runName", "fourth")])
    assert _names(service, run_id) == ("fourth", "fourth")


def test_a_new_name_is_the_tag_of_the_name_too(service: Service, run_id: str):
    service.call("update_run", runs.UpdateRun(run_id=run_id, run_name="renamed"))
    assert _names(service, run_id) == ("renamed", "renamed")


def test_an_empty_name_renames_nothing(service: Service, run_id: str):
    service.call("update_run", runs.UpdateRun(run_id=run_id, run_name=""))
    assert _names(service, run_id) == ("first name", "first name")
    set_tag(service, run_id, "mlflow.runName", "")
    assert get_run(service, run_id).info.run_name == "first name"


def test_a_name_that_is_too_long_is_cut_as_a_tag_too(service: Service, run_id: str):
    set_tag(service, run_id, "mlflow.runName", "n" * 251)
    assert _names(service, run_id) == ("n" * 250, "n" * 250)
    service.call("update_run", runs.UpdateRun(run_id=run_id, run_name="m" * 251))
    assert _names(service, run_id) == ("m" * 250, "m" * 250)


def test_a_name_that_is_too_long_is_refused_where_nothing_is_to_be_cut(service: Service, run_id: str):
    service.truncate_long_values = False
    before = _names(service, run_id)
    with pytest.raises(InvalidParameterValue, match="250"):
        set_tag(service, run_id, "mlflow.runName", "n" * 251)
    with pytest.raises(InvalidParameterValue, match="250"):
        service.call("update_run", runs.UpdateRun(run_id=run_id, run_name="n" * 251))
    assert _names(service, run_id) == before


# --- limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "limit"), [("param", 6_000), ("tag", 8_000)])
@pytest.mark.parametrize("letter", ["v", "é", "𝕏"])
def test_a_long_value_is_cut_unless_it_is_to_be_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, limit: int, letter: str
):
    log, read = {"param": (log_param, params), "tag": (set_tag, tags)}[kind]
    with opened(tmp_path) as service:
        run_id = new_run(service)
        log(service, run_id, "long", letter * (limit + 1))
        log(service, run_id, "fits", letter * limit)
        assert read(service, run_id) == {"long": letter * limit, "fits": letter * limit}
    monkeypatch.setenv("MLFLOW_TRUNCATE_LONG_VALUES", "false")
    with opened(tmp_path) as service:
        run_id = new_run(service)
        log(service, run_id, "fits", letter * limit)
        with pytest.raises(InvalidParameterValue, match=f"maximum length of {limit}"):
            log(service, run_id, "long", letter * (limit + 1))
        assert read(service, run_id) == {"fits": letter * limit}


def test_a_param_that_was_cut_may_be_logged_again(service: Service, run_id: str):
    for _ in range(2):
        log_param(service, run_id, "long", "v" * 7_000)
    with pytest.raises(InvalidParameterValue, match="Changing param"):
        log_param(service, run_id, "long", "w" * 7_000)


_KEY_RULES = [
    ("", "must not resolve"),
    (".", "must not resolve"),
    ("..", "must not resolve"),
    ("/absolute", "must not resolve"),
    ("a//b", "must not resolve"),
    ("a/./b", "must not resolve"),
    ("a/", "must not resolve"),
    ("../b", "must not resolve"),
    ("a\nb", "may only contain"),
    ("a\0b", "may only contain"),
    ("a\ud800", "may only contain"),
    ("a=b", "may only contain"),
    ("a%b", "may only contain"),
    ("k" * 251, "exceeds the maximum length of 250"),
]


@pytest.mark.parametrize(("key", "message"), _KEY_RULES)
def test_a_key_that_could_not_name_a_file_is_refused(service: Service, run_id: str, key: str, message: str):
    for request in ({"metrics": [key]}, {"params": {key: "1"}}, {"tags": {key: "1"}}):
        with pytest.raises(InvalidParameterValue, match=message):
            batch(service, run_id, **request)  # type: ignore[arg-type]
    for log in (log_param, set_tag):
        with pytest.raises(InvalidParameterValue, match=message):
            log(service, run_id, key, "1")


@pytest.mark.parametrize(
    "key", ["a", "k" * 250, "a/b.c-d_e f:g", "ключ", "日本", " leading", "...", ".hidden"]
)
def test_a_key_that_could_name_a_file_is_taken(service: Service, run_id: str, key: str):
    batch(service, run_id, metrics=[key], params={key: "1"}, tags={key: "2"})
    assert (params(service, run_id), tags(service, run_id)) == ({key: "1"}, {key: "2"})
    assert set(latest(service, run_id)) == {key}


@pytest.mark.parametrize(("value", "message"), [("a\0", "NUL"), ("\ud800", "surrogate")])
def test_a_text_that_no_database_keeps_is_refused(service: Service, run_id: str, value: str, message: str):
    for log in (log_param, set_tag):
        with pytest.raises(InvalidParameterValue, match=message):
            log(service, run_id, "key", value)
    with pytest.raises(InvalidParameterValue, match=message):
        service.call("update_run", runs.UpdateRun(run_id=run_id, run_name=value))


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((1_001, 0, 0), "at most 1000 metrics"),
        ((0, 101, 0), "at most 100 params"),
        ((0, 0, 101), "at most 100 tags"),
        ((900, 51, 50), "at most 1000 metrics, params, and tags"),
        ((1_000, 0, 0), None),
        ((800, 100, 100), None),
    ],
)
def test_a_batch_has_a_limited_size(
    service: Service, run_id: str, sizes: tuple[int, int, int], message: str | None
):
    keys = [[f"k{number}" for number in range(size)] for size in sizes]
    log = {"metrics": keys[0], "params": dict.fromkeys(keys[1], "1"), "tags": dict.fromkeys(keys[2], "1")}
    if message is None:
        batch(service, run_id, **log)  # type: ignore[arg-type]
        assert (
            len(latest(service, run_id)),
            len(params(service, run_id)),
            len(tags(service, run_id)),
        ) == sizes
        return
    with pytest.raises(InvalidParameterValue, match=message):
        batch(service, run_id, **log)  # type: ignore[arg-type]


def test_an_empty_batch_stores_nothing_and_wants_a_run(service: Service, run_id: str):
    batch(service, run_id)
    with pytest.raises(ResourceDoesNotExist):
        batch(service, "nobody")


# --- lifecycle --------------------------------------------------------------------------------


def _each_log(service: Service, run_id: str) -> list[Any]:
    return [
        lambda: log_param(service, run_id, "p", "1"),
        lambda: set_tag(service, run_id, "t", "1"),
        lambda: log_points(service, run_id, [("m", 1.0, 0, 0)]),
        lambda: service.call("log_metric", runs.LogMetric(run_id=run_id, key="m", value=1.0, timestamp=0)),
    ]


def test_nothing_can_be_logged_to_a_run_that_is_not_there(service: Service, tmp_path: Path):
    for log in _each_log(service, "f" * 32):
        with pytest.raises(ResourceDoesNotExist, match=r"f{32}"):
            log()
    for name in ("run_param", "run_tag", "metric_summary", "metric_segment"):
        assert rows(tmp_path, f"SELECT count(*) FROM {name}") == [(0,)]


def test_nothing_can_be_logged_to_a_deleted_run_and_it_can_still_be_read(
    service: Service, run_id: str, tmp_path: Path
):
    log_param(service, run_id, "before", "1")
    change(tmp_path, "UPDATE run SET lifecycle = 'deleted' WHERE run_id = ?", run_id)
    for log in (
        *_each_log(service, run_id),
        lambda: service.call("update_run", runs.UpdateRun(run_id=run_id)),
    ):
        with pytest.raises(InvalidParameterValue, match="Current state is deleted"):
            log()
    assert get_run(service, run_id).info.lifecycle_stage == "deleted"
    assert params(service, run_id) == {"before": "1"}


def test_a_run_that_has_ended_can_still_be_logged_to(service: Service, run_id: str):
    service.call("update_run", runs.UpdateRun(run_id=run_id, status="FINISHED", end_time=5))
    for log in _each_log(service, run_id):
        log()
    assert (params(service, run_id), tags(service, run_id)) == ({"p": "1"}, {"t": "1"})
    assert get_run(service, run_id).info.status == "FINISHED"
