"""The life of a run, and what is refused by whichever operation."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from runstone.entities.names import MAX_INT64, MIN_INT64
from runstone.errors import (
    BadRequest,
    InvalidParameterValue,
    ResourceConflict,
    ResourceDoesNotExist,
    RunstoneError,
)
from runstone.service import Service
from runstone.wire import experiments, runs
from runstone.wire.base import Request
from runstone.wire.operations import BY_NAME
from tests.unit.services import (
    change,
    get_run,
    log_points,
    new_experiment,
    new_run,
    opened,
    set_tag,
    tags,
)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with opened(tmp_path) as opened_service:
        yield opened_service


def create(service: Service, **fields: Any) -> runs.Run:
    valid: dict[str, Any] = {"experiment_id": "0"}
    request = runs.CreateRun(**(valid | fields))
    response: Any = service.call("create_run", request)
    return response.run


def update(service: Service, run_id: str, **fields: Any) -> runs.RunInfo:
    response: Any = service.call("update_run", runs.UpdateRun(run_id=run_id, **fields))
    return response.run_info


# --- creating ---------------------------------------------------------------------------------


def test_a_new_run_is_running_active_and_reads_as_it_was_created(service: Service, tmp_path: Path):
    created = create(
        service, user_id="ann", run_name="mine", start_time=1_700_000_000_000, tags=[runs.RunTag("t", "1")]
    )
    info = created.info
    assert (info.status, info.lifecycle_stage, info.user_id) == ("RUNNING", "active", "ann")
    assert (info.run_name, info.start_time, info.end_time) == ("mine", 1_700_000_000_000, None)
    assert info.run_id == info.run_uuid
    assert len(info.run_id) == 32
    assert int(info.run_id, 16) >= 0
    assert info.artifact_uri == f"{tmp_path.as_uri()}/artifacts/0/{info.run_id}/artifacts"
    read = get_run(service, info.run_id)
    assert read.info == info
    assert sorted((tag.key, tag.value) for tag in read.data.tags) == [("mlflow.runName", "mine"), ("t", "1")]


def test_a_run_without_a_name_is_given_one(service: Service):
    name = create(service).info.run_name
    assert name
    assert name.count("-") == 2


def test_the_name_may_come_as_a_tag(service: Service):
    run = create(service, tags=[runs.RunTag("mlflow.runName", "tagged")])
    assert run.info.run_name == "tagged"
    with pytest.raises(InvalidParameterValue, match="different values"):
        create(service, run_name="other", tags=[runs.RunTag("mlflow.runName", "tagged")])


def test_creating_a_run_of_the_same_id_again_changes_nothing(service: Service):
    first = create(service, run_id="chosen", run_name="first", tags=[runs.RunTag("t", "1")])
    log_points(service, "chosen", [("m", 1.0, 0, 0)])
    again = create(service, run_id="chosen", run_name="second", start_time=5)
    assert again.info == first.info
    assert get_run(service, "chosen").info == first.info
    assert tags(service, "chosen") == {"t": "1"}


def test_an_id_that_another_experiment_uses_is_a_conflict(service: Service):
    create(service, run_id="chosen")
    other = new_experiment(service, "other")
    with pytest.raises(ResourceConflict, match="in experiment 0"):
        create(service, run_id="chosen", experiment_id=other)


@pytest.mark.parametrize("run_id", ["", "-a", "a b", "a/b", "..", "a\0", "\ud800", "r" * 257, "ключ!"])
def test_an_id_that_could_not_name_a_folder_is_refused(service: Service, run_id: str):
    with pytest.raises(InvalidParameterValue, match="run_id"):
        create(service, run_id=run_id)


def test_a_run_needs_an_experiment_that_is_there_and_active(service: Service, tmp_path: Path):
    with pytest.raises(BadRequest):
        service.call("create_run", runs.CreateRun())
    for experiment_id in ("x", "-1", "1.0", "9" * 30, "0x0", "٣"):
        with pytest.raises(InvalidParameterValue, match="Experiment ID must be a valid integer"):
            create(service, experiment_id=experiment_id)
    with pytest.raises(ResourceDoesNotExist, match="77"):
        create(service, experiment_id="77")
    deleted = new_experiment(service, "deleted")
    change(tmp_path, "UPDATE experiment SET lifecycle = 'deleted' WHERE id = ?", int(deleted))
    with pytest.raises(InvalidParameterValue, match="Current state is deleted"):
        create(service, experiment_id=deleted)


# --- changing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"])
def test_a_status_is_set_by_name_or_number(service: Service, status: str):
    number = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED").index(status) + 1
    run_ids = [new_run(service), new_run(service)]
    for run_id, given in zip(run_ids, (status, number), strict=True):
        assert update(service, run_id, status=given).status == status
        assert get_run(service, run_id).info.status == status


@pytest.mark.parametrize("status", [0, 6, -1])
def test_a_number_that_is_no_status_is_refused(service: Service, status: int):
    with pytest.raises(InvalidParameterValue, match="status"):
        update(service, new_run(service), status=status)


def test_what_an_update_does_not_mention_stays(service: Service):
    run_id = new_run(service, run_name="mine", start_time=1)
    update(service, run_id, status="FINISHED", end_time=9)
    info = update(service, run_id, run_name="renamed")
    assert (info.status, info.end_time, info.run_name, info.start_time) == ("FINISHED", 9, "renamed", 1)
    assert get_run(service, run_id).info == info


def test_a_run_that_is_not_there_is_named(service: Service):
    for name, request in {
        "get_run": runs.GetRun(run_id="nobody"),
        "update_run": runs.UpdateRun(run_id="nobody", status="FINISHED"),
    }.items():
        with pytest.raises(ResourceDoesNotExist, match="nobody"):
            service.call(name, request)


def test_the_clock_and_the_ids_can_be_held_still(service: Service):
    service.now = lambda: 123
    service.make_id = lambda: "fixed"
    assert create(service).info.run_id == "fixed"
    experiment_id = new_experiment(service, "timed")
    found: Any = service.call("get_experiment", experiments.GetExperiment(experiment_id=experiment_id))
    assert (found.experiment.creation_time, found.experiment.last_update_time) == (123, 123)


# --- nothing but errors of ours ---------------------------------------------------------------

_TEXTS: list[Any] = [
    "",
    "\0",
    "a\0b",
    "\ud800",
    "x" * 10_000,
    "%",
    "'",
    "../..",
    "//[x",
    "s3://[x",
    "file://h/x",
    "NaN",
    "9" * 400,
    "9" * 10_000,
    "[" * 5_000,
    "W10=",
    "日本",
]
_NUMBERS: list[Any] = [0, -1, 1, 2**31, MAX_INT64, MIN_INT64, 1.5, float("nan"), float("-inf"), 1e308]
_DATASET = dict.fromkeys(("name", "digest", "source_type", "source", "schema", "profile"), "d")
_LISTS: list[Any] = [
    [],
    ["0"],
    ["\0"],
    ["\ud800"],
    ["x" * 10_000],
    [str(number) for number in range(40_000)],
    *[
        [{"key": key, "value": value}]
        for key, value in (("", ""), ("\0", "\0"), ("\ud800", "\ud800"), ("a" * 300, "b"))
    ],
    [{"key": "m", "value": 1.0, "timestamp": timestamp, "step": MIN_INT64} for timestamp in (MAX_INT64, -1)],
    [{"key": "m", "value": "Infinity", "timestamp": 0, "dataset_name": "\ud800", "dataset_digest": "d"}],
    *[[{"model_id": name, "step": MIN_INT64}] for name in ("m-1", "\0", "\ud800", "m" * 65)],
    *[
        [{"dataset": _DATASET | {name: text}, "tags": [{"key": text, "value": text}]}]
        for name in _DATASET
        for text in ("d", "", "\0", "\ud800", "x" * 100_000)
    ],
]
_VALID: dict[str, Any] = {
    "name": "n",
    "experiment_id": "0",
    "experiment_ids": ["0"],
    "experiment_name": "Default",
    "run_id": "run",
    "run_ids": ["run"],
    "key": "m",
    "value": "1",
    "timestamp": 0,
    "metric_key": "m",
    "metric_keys": ["m"],
    "max_results": 10,
    "models": [],
    "runs": [],
    "model_json": "{}",
}


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_whatever_a_request_holds_the_answer_is_a_response_or_an_error_of_ours(service: Service, name: str):
    new_run(service, run_id="run")
    log_points(service, "run", [("m", 1.0, 0, 0)])
    set_tag(service, "run", "t", "1")
    operation = BY_NAME[name]
    fields = [field.name for field in msgspec.structs.fields(operation.request)]
    valid = {key: value for key, value in _VALID.items() if key in fields}
    tried = 0
    for field, value in itertools.product(fields, [*_TEXTS, *_NUMBERS, *_LISTS]):
        request = _request(operation.request, valid | {field: value})
        if request is not None:
            tried += 1
            outcome = _outcome(service, name, request)
            assert outcome in (200, 400, 404, 409, 501), (field, value)
    assert tried > 5


def _request(kind: type[Request], fields: dict[str, Any]) -> Request | None:
    try:
        return msgspec.convert(fields, kind)
    except (msgspec.ValidationError, UnicodeEncodeError):
        return None  # no decoder lets it through


def _outcome(service: Service, name: str, request: Request) -> int:
    try:
        answer = service.call(name, request)
    except RunstoneError as error:
        return error.http_status
    assert isinstance(answer, BY_NAME[name].response)
    return 200
