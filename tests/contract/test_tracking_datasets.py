"""What a run read and made: datasets with their tags, and references to logged models."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from runstone import Client
from runstone.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    Run,
    RunInputs,
    RunOutputs,
)
from runstone.errors import BadRequest, InvalidParameterValue, ResourceDoesNotExist, RunstoneError
from runstone.store.dialect import database_at
from runstone.wire import datasets as wire
from runstone.wire.operations import BY_NAME

CONTEXT = "mlflow.data.context"


def dataset(name: str = "train", digest: str = "d1", **fields: Any) -> Dataset:
    return Dataset(**{"name": name, "digest": digest, "source_type": "local", "source": "{}"} | fields)


def used(name: str = "train", digest: str = "d1", **tags: str) -> DatasetInput:
    renamed = {CONTEXT if key == "context" else key: value for key, value in tags.items()}
    return DatasetInput(dataset(name, digest), [InputTag(key, value) for key, value in renamed.items()])


def uses(run: Run) -> list[tuple[str, str, dict[str, str]]]:
    """A run's inputs: name, digest and tags."""
    return [
        (one.dataset.name, one.dataset.digest, {tag.key: tag.value for tag in one.tags})
        for one in run.inputs.dataset_inputs
    ]


# --- inputs -------------------------------------------------------------------------------------


def test_a_run_shows_its_datasets_in_the_order_in_which_they_were_logged(client: Client, run: str) -> None:
    schema, profile = '{"mlflow_colspec": []}', '{"num_rows": 3}'
    whole = dataset("z", schema=schema, profile=profile, source='{"uri": "a b é.csv"}')
    client.log_inputs(run, [DatasetInput(whole, [InputTag(CONTEXT, "train"), InputTag("k", "")])])
    client.log_inputs(run, [used("b"), used("a", context="eval")])
    found = client.get_run(run)
    assert found.inputs.dataset_inputs[0] == DatasetInput(
        whole, [InputTag("k", ""), InputTag(CONTEXT, "train")]
    )
    assert uses(found)[1:] == [("b", "d1", {}), ("a", "d1", {CONTEXT: "eval"})]
    assert found.outputs == RunOutputs()
    [searched] = client.search_runs([found.info.experiment_id])
    assert searched == found


def test_a_run_without_inputs_has_empty_ones(client: Client, run: str) -> None:
    found = client.get_run(run)
    assert (found.inputs, found.outputs) == (RunInputs(), RunOutputs())
    assert found.to_dictionary()["inputs"] == {"dataset_inputs": [], "model_inputs": []}


def test_the_same_use_again_is_nothing_new_and_another_context_is_another_use(
    client: Client, run: str
) -> None:
    for _ in range(2):
        client.log_inputs(run, [used(context="train"), used(context="train"), used(context="eval")])
    assert uses(client.get_run(run)) == [
        ("train", "d1", {CONTEXT: "train"}),
        ("train", "d1", {CONTEXT: "eval"}),
    ]


def test_a_use_without_tags_says_nothing_beside_one_with_tags(client: Client, run: str) -> None:
    client.log_inputs(run, [used()])
    assert uses(client.get_run(run)) == [("train", "d1", {})]
    client.log_inputs(run, [used(context="train")])
    client.log_inputs(run, [used()])
    assert uses(client.get_run(run)) == [("train", "d1", {CONTEXT: "train"})]


def test_an_experiment_has_one_dataset_of_a_name_and_digest_as_it_was_first_logged(
    client: Client, experiment: str, new_name: Callable[[], str]
) -> None:
    first, second = (client.create_run(experiment).info.run_id for _ in range(2))
    elsewhere = client.create_run(client.create_experiment(new_name())).info.run_id
    client.log_inputs(first, [DatasetInput(dataset(profile="old"))])
    for other in (second, elsewhere):
        client.log_inputs(other, [DatasetInput(dataset(profile="new"))])
    profiles = [
        client.get_run(r).inputs.dataset_inputs[0].dataset.profile for r in (first, second, elsewhere)
    ]
    assert profiles == ["old", "old", "new"]


def test_many_inputs_go_in_several_requests(client: Client, run: str) -> None:
    client.log_inputs(run, [used(digest=str(n)) for n in range(1_001)], [LoggedModelInput("m-1")])
    found = client.get_run(run)
    assert [digest for _, digest, _ in uses(found)] == [str(n) for n in range(1_001)]
    assert found.inputs.model_inputs == [LoggedModelInput("m-1")]


def test_deleting_and_restoring_a_run_keeps_its_inputs(client: Client, run: str) -> None:
    client.log_inputs(run, [used(context="train")])
    client.delete_run(run)
    client.restore_run(run)
    assert uses(client.get_run(run)) == [("train", "d1", {CONTEXT: "train"})]


# --- models -------------------------------------------------------------------------------------


def test_a_run_refers_to_models_that_it_read_and_made(client: Client, run: str) -> None:
    for _ in range(2):
        client.log_inputs(run, models=[LoggedModelInput("m-b"), LoggedModelInput("m-a")])
        client.log_outputs(run, [LoggedModelOutput("m-c", 3), LoggedModelOutput("m-c", -1)])
    found = client.get_run(run)
    assert found.inputs.model_inputs == [LoggedModelInput("m-b"), LoggedModelInput("m-a")]
    assert found.outputs.model_outputs == [LoggedModelOutput("m-c", 3), LoggedModelOutput("m-c", -1)]
    assert found.to_dictionary()["outputs"] == {
        "model_outputs": [{"model_id": "m-c", "step": 3}, {"model_id": "m-c", "step": -1}]
    }


def test_models_are_appended_to_the_tag_that_mlflow_two_kept_them_in(client: Client, run: str) -> None:
    model = {"artifact_path": "m", "flavors": {"f": {"a": 1, "config": {"b": 2}}}, "run_id": run}
    model |= {"utc_time_created": "2024-01-02 03:04:05", "signature": {"inputs": "[]"}}
    client._record_model_in_tag(run, model)
    client._record_model_in_tag(
        run, model | {"artifact_path": "é" * 9_000, "model_uuid": "u", "flavors": None}
    )
    first, second = json.loads(client.get_run(run).data.tags["mlflow.log-model.history"])
    assert first == {
        "run_id": run,
        "artifact_path": "m",
        "utc_time_created": "2024-01-02 03:04:05",
        "model_uuid": None,
        "flavors": {"f": {"a": 1}},
    }
    assert (second["artifact_path"], second["model_uuid"], second["flavors"]) == ("é" * 9_000, "u", {})


def test_a_tag_that_holds_no_models_is_not_overwritten(client: Client, run: str) -> None:
    model = {"artifact_path": "m", "flavors": {}, "run_id": run, "utc_time_created": "2024"}
    for value in ("nonsense", "{}", "[" * 5_000):
        client.set_tag(run, "mlflow.log-model.history", value)
        with pytest.raises(BadRequest, match="does not hold a list of models"):
            client._record_model_in_tag(run, model)
        assert client.get_run(run).data.tags["mlflow.log-model.history"] == value


@pytest.mark.parametrize(
    ("model_json", "message"),
    [
        ("{", "not a valid JSON"),
        ("[" * 5_000, "not a valid JSON"),
        ("[]", "must be an object"),
        ("5", "must be an object"),
        ("{}", "{'artifact_path', 'flavors', 'run_id', 'utc_time_created'}"),
        ('{"artifact_path": "m", "flavors": [1], "run_id": "r", "utc_time_created": "t"}', "'flavors'"),
        (
            json.dumps(
                {"artifact_path": "m" * 1_000_000, "flavors": {}, "run_id": "", "utc_time_created": ""}
            ),
            "1000000 characters",
        ),
    ],
)
def test_what_describes_no_model_is_refused(client: Client, run: str, model_json: str, message: str) -> None:
    with pytest.raises(InvalidParameterValue) as refused:
        client._transport.send(BY_NAME["log_model"], wire.LogModel(run_id=run, model_json=model_json))
    assert message in refused.value.message
    assert "mlflow.log-model.history" not in client.get_run(run).data.tags


# --- limits and refusals ------------------------------------------------------------------------

_LIMITS = {"name": 500, "digest": 36, "source_type": 36, "source": 65_535, "schema": 1_048_575}


@pytest.mark.parametrize(("field", "limit"), _LIMITS.items())
def test_a_dataset_has_limits(client: Client, run: str, field: str, limit: int) -> None:
    client.log_inputs(run, [DatasetInput(dataset(**{field: "é" * limit}))])
    [found] = client.get_run(run).inputs.dataset_inputs
    assert getattr(found.dataset, field) == "é" * limit
    with pytest.raises(InvalidParameterValue, match=f"'{field}' exceeds the maximum length of {limit}"):
        client.log_inputs(run, [DatasetInput(dataset(**{field: "x" * (limit + 1)}))])


def test_a_profile_may_be_large(client: Client, run: str, kind: str, request: pytest.FixtureRequest) -> None:
    if kind == "mariadb" and _longest_statement(request) <= 17_000_000:
        with pytest.raises(InvalidParameterValue, match=r"takes .* bytes at once.*max_allowed_packet higher"):
            client.log_inputs(run, [DatasetInput(dataset(profile="x" * 16_777_215))])
        assert client.get_run(run).inputs.dataset_inputs == []
        return
    client.log_inputs(run, [DatasetInput(dataset(profile="x" * 16_777_215))])
    [found] = client.get_run(run).inputs.dataset_inputs
    assert found.dataset.profile == "x" * 16_777_215
    with pytest.raises(InvalidParameterValue, match="'profile' exceeds the maximum length of 16777215"):
        client.log_inputs(run, [DatasetInput(dataset("other", profile="x" * 16_777_216))])


def _longest_statement(request: pytest.FixtureRequest) -> int:
    [(size,)] = database_at(request.getfixturevalue("shared_mariadb")).query("SELECT @@max_allowed_packet")
    return size


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("k" * 256, "v", "'key' exceeds the maximum length of 255"),
        ("k", "v" * 501, "'value' exceeds the maximum length of 500"),
        ("", "v", "Missing value for required parameter 'tags.key'"),
        ("k\0", "v", "'key' contains a NUL"),
        ("k", "v\0", "'value' contains a NUL"),
    ],
)
def test_an_inputs_tag_has_limits(client: Client, run: str, key: str, value: str, message: str) -> None:
    client.log_inputs(run, [DatasetInput(dataset(), [InputTag("k" * 255, "v" * 500)])])
    with pytest.raises(InvalidParameterValue, match=message):
        client.log_inputs(run, [DatasetInput(dataset(), [InputTag(key, value)])])
    assert len(client.get_run(run).inputs.dataset_inputs) == 1


@pytest.mark.parametrize("field", ["name", "digest", "source_type", "source"])
def test_a_dataset_without_what_makes_it_one_is_refused(client: Client, run: str, field: str) -> None:
    with pytest.raises(
        InvalidParameterValue, match=f"Missing value for required parameter 'dataset.{field}'"
    ):
        client.log_inputs(run, [DatasetInput(dataset(**{field: ""}))])
    with pytest.raises(InvalidParameterValue, match=f"'{field}' contains a NUL"):
        client.log_inputs(run, [DatasetInput(dataset(**{field: "a\0"}))])


@pytest.mark.parametrize(
    ("model_id", "message"), [("", "'models.model_id'"), ("m" * 65, "64"), ("\0", "NUL")]
)
def test_a_models_id_has_limits(client: Client, run: str, model_id: str, message: str) -> None:
    with pytest.raises(InvalidParameterValue, match=message):
        client.log_inputs(run, models=[LoggedModelInput(model_id)])
    with pytest.raises(InvalidParameterValue, match=message):
        client.log_outputs(run, [LoggedModelOutput(model_id, 0)])


def test_a_request_may_name_a_thousand_inputs(client: Client, run: str) -> None:
    part = wire.DatasetInput(dataset=wire.Dataset("n", "d", "local", "{}"))
    many: dict[str, Any] = {"datasets": [part] * 1_001, "models": [wire.ModelInput("m")] * 1_001}
    for fields in ({name: entries} for name, entries in many.items()):
        with pytest.raises(InvalidParameterValue, match=r"at most 1000 (datasets|models)\. Got 1001"):
            client._transport.send(BY_NAME["log_inputs"], wire.LogInputs(run_id=run, **fields))


def _writes(client: Client, run_id: str) -> list[Callable[[], None]]:
    model = {"artifact_path": "m", "flavors": {}, "run_id": run_id, "utc_time_created": "2024"}
    return [
        lambda: client.log_inputs(run_id, [used()]),
        lambda: client.log_inputs(run_id, models=[LoggedModelInput("m")]),
        lambda: client.log_outputs(run_id, [LoggedModelOutput("m", 1)]),
        lambda: client._record_model_in_tag(run_id, model),
    ]


def test_an_unknown_or_deleted_run_takes_no_inputs_and_outputs(client: Client, run: str) -> None:
    for write in _writes(client, "0" * 32):
        with pytest.raises(ResourceDoesNotExist, match=r"Run with id=0{32} not found"):
            write()
    client.delete_run(run)
    for write in _writes(client, run):
        with pytest.raises(InvalidParameterValue, match="Current state is deleted"):
            write()


@pytest.mark.parametrize("given", [5, "train", None, object(), {"name": "train"}])
def test_what_is_no_dataset_is_refused_with_how_to_make_one(client: Client, run: str, given: Any) -> None:
    with pytest.raises(InvalidParameterValue, match=r"runstone\.data\.from_pandas|DatasetInput entities"):
        client.log_inputs(run, [DatasetInput(given)])
    with pytest.raises(InvalidParameterValue, match="DatasetInput entities"):
        client.log_inputs(run, [given])
    with pytest.raises(InvalidParameterValue, match="Expected a LoggedModelInput"):
        client.log_inputs(run, models=[given])


# --- searching ----------------------------------------------------------------------------------


def test_runs_are_found_by_their_datasets(client: Client, experiment: str) -> None:
    runs = {name: client.create_run(experiment, run_name=name).info.run_id for name in ("one", "two", "none")}
    client.log_inputs(runs["one"], [used("Train", "d1", context="fit"), used("test", "d2")])
    client.log_inputs(runs["two"], [used("Train", "d1", context="check")])

    def found(text: str) -> set[str | None]:
        return {run.info.run_name for run in client.search_runs(experiment, text)}

    assert found("dataset.name = 'Train'") == {"one", "two"}
    assert found("datasets.name ILIKE 'TRAIN'") == {"one", "two"}
    assert found("dataset.digest IN ('d2', 'd9')") == {"one"}
    assert found("dataset.context = 'fit' OR dataset.context = 'check'") == {"one", "two"}
    assert found("dataset.context != 'fit'") == {"two"}
    assert found("NOT dataset.context = 'fit'") == {"two", "none"}
    with pytest.raises(InvalidParameterValue, match="Invalid dataset key 'profile'"):
        found("dataset.profile = 'x'")


def _summaries(client: Client, *experiment_ids: str) -> list[tuple[str, str, str, str | None]]:
    response: Any = client._transport.send(
        BY_NAME["search_datasets"], wire.SearchDatasets(list(experiment_ids))
    )
    return [(one.experiment_id, one.name, one.digest, one.context) for one in response.dataset_summaries]


def test_the_datasets_of_experiments_are_listed_with_their_contexts(
    client: Client, experiment: str, new_name: Callable[[], str]
) -> None:
    other = client.create_experiment(new_name())
    first, second = (client.create_run(experiment).info.run_id for _ in range(2))
    client.log_inputs(
        first, [used("b", context="train"), used("a", "d2"), used("b", context="train", more="1")]
    )
    client.log_inputs(second, [used("b", context="eval"), used("a", "d2")])
    client.log_inputs(client.create_run(other).info.run_id, [used("c")])
    expected = [
        (experiment, "a", "d2", None),
        (experiment, "b", "d1", "eval"),
        (experiment, "b", "d1", "train"),
    ]
    assert _summaries(client, experiment) == expected
    assert _summaries(client, other, experiment, "987654321") == [*expected, (other, "c", "d1", None)]


def test_at_most_a_thousand_datasets_are_listed(client: Client, run: str, experiment: str) -> None:
    client.log_inputs(run, [used(f"{n:04}") for n in range(1_001)])
    assert [name for _, name, _, _ in _summaries(client, experiment)] == [f"{n:04}" for n in range(1_000)]


@pytest.mark.parametrize(
    ("experiment_ids", "message"),
    [
        ([], "must specify at least one experiment_id"),
        ([str(n) for n in range(21)], "more than 20 experiment_ids. Received 21"),
        (["x"], "Invalid experiment ID 'x'"),
    ],
)
def test_a_list_of_datasets_is_of_one_to_twenty_experiments(
    client: Client, experiment_ids: list[str], message: str
) -> None:
    assert _summaries(client, *[str(10**9 + n) for n in range(20)]) == []
    with pytest.raises(InvalidParameterValue, match=message):
        _summaries(client, *experiment_ids)


# --- the fluent API -----------------------------------------------------------------------------


class Duck:
    """A dataset as other libraries make them."""

    def _to_mlflow_entity(self) -> Dataset:
        return dataset("duck", "q1")


def test_the_active_run_is_told_what_it_reads_and_makes(mlflow: ModuleType) -> None:
    with mlflow.start_run() as run:
        mlflow.log_input(dataset("plain"), context="train", tags={"fold": 1})
        mlflow.log_input(Duck())
        mlflow.log_input(model=LoggedModelInput("m-1"))
        mlflow.log_outputs([LoggedModelOutput("m-2", 5)])
    found = mlflow.get_run(run.info.run_id)
    assert uses(found) == [("plain", "d1", {"fold": "1", CONTEXT: "train"}), ("duck", "q1", {})]
    assert found.inputs.dataset_inputs[0].dataset.name == "plain"
    assert found.inputs.model_inputs == [LoggedModelInput("m-1")]
    assert found.outputs.model_outputs == [LoggedModelOutput("m-2", 5)]


def test_several_datasets_are_told_at_once(mlflow: ModuleType) -> None:
    three = [dataset("a"), None, dataset("c")]
    with mlflow.start_run() as run:
        mlflow.log_inputs(
            three, ["train", None, None], [None, None, {"k": "v"}], [None, LoggedModelInput("m")]
        )
        mlflow.log_inputs([dataset("d")])
    found = mlflow.get_run(run.info.run_id)
    assert uses(found) == [("a", "d1", {CONTEXT: "train"}), ("c", "d1", {"k": "v"}), ("d", "d1", {})]
    assert found.inputs.model_inputs == [LoggedModelInput("m")]


def test_inputs_start_a_run_where_none_is_active(mlflow: ModuleType) -> None:
    mlflow.log_input(dataset())
    assert uses(mlflow.get_run(mlflow.active_run().info.run_id)) == [("train", "d1", {})]


def test_lists_that_do_not_belong_together_are_refused_and_start_no_run(mlflow: ModuleType) -> None:
    for arguments in (
        ([dataset()], ["a", "b"]),
        ([dataset()], ["a"], [{}, {}]),
        (None, ["a"]),
    ):
        with pytest.raises(InvalidParameterValue, match="must have the same length"):
            mlflow.log_inputs(*arguments)
    for tags in ({"context": "train"}, {"tags": {"k": "v"}}):
        with pytest.raises(InvalidParameterValue, match="`dataset` must be specified"):
            mlflow.log_input(**tags)
    assert mlflow.active_run() is None


def test_a_metric_makes_its_dataset_an_input_once(mlflow: ModuleType) -> None:
    with mlflow.start_run() as run:
        mlflow.log_input(dataset("train"), context="train")
        for step in range(3):
            mlflow.log_metric("loss", 1.0, step, dataset=dataset("train"))
        mlflow.log_metrics({"a": 1.0, "b": 2.0}, dataset=Duck())
    found = mlflow.get_run(run.info.run_id)
    assert uses(found) == [("train", "d1", {CONTEXT: "train"}), ("duck", "q1", {})]
    assert found.data.metrics == {"loss": 1.0, "a": 1.0, "b": 2.0}


def test_a_dataset_is_described_once_for_all_metrics_of_a_run(mlflow: ModuleType) -> None:
    class Counting(Duck):
        name, digest, described = "duck", "q1", 0

        def _to_mlflow_entity(self) -> Any:
            self.described += 1
            return super()._to_mlflow_entity()

    used = Counting()
    for _ in range(2):
        with mlflow.start_run() as run:
            for step in range(3):
                mlflow.log_metric("loss", 1.0, step, dataset=used)
        assert uses(mlflow.get_run(run.info.run_id)) == [("duck", "q1", {})]
    assert used.described == 2


def test_a_metric_of_what_is_no_dataset_is_refused(mlflow: ModuleType) -> None:
    with mlflow.start_run() as run:
        for log in (
            lambda: mlflow.log_metric("m", 1, dataset="train"),
            lambda: mlflow.log_metrics({"m": 1}, dataset=5),
        ):
            with pytest.raises(RunstoneError, match="is no dataset"):
                log()
    assert mlflow.get_run(run.info.run_id).data.metrics == {}
