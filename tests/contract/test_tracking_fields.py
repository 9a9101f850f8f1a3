"""`fields`: what is shown of a run, and what is not."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import pytest

from runstone import Client
from runstone.entities import Dataset, DatasetInput, Metric, Param, Run, RunTag
from runstone.errors import InvalidParameterValue

_TAGS = {"t": "1", "a.b": "2", "with space": "3"}


@pytest.fixture
def filled(client: Client, run: str) -> str:
    """The id of a run that has some of everything."""
    client.log_batch(
        run,
        [Metric("loss", 0.5, 0, 0), Metric("val/acc x", float("nan"), 0, 0), Metric("m", 1.0, 0, 0)],
        [Param("lr", "0.1"), Param("depth", "3")],
        [RunTag(key, value) for key, value in _TAGS.items()],
    )
    client.log_inputs(run, [DatasetInput(Dataset("data", "d1", "local", "{}"), [])])
    return run


def shown(run: Run) -> dict[str, Any]:
    """What a run shows beside its info; nothing of what it does not show."""
    parts = {
        "metrics": sorted(run.data.metrics),
        "params": sorted(run.data.params),
        "tags": sorted(key for key in run.data.tags if key != "mlflow.runName"),
        "inputs": [used.dataset.name for used in run.inputs.dataset_inputs],
    }
    return {name: part for name, part in parts.items() if part}


_METRICS, _PARAMS = ["loss", "m", "val/acc x"], ["depth", "lr"]
_EVERYTHING = {"metrics": _METRICS, "params": _PARAMS, "tags": sorted(_TAGS), "inputs": ["data"]}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (None, _EVERYTHING),
        ([], _EVERYTHING),
        (["info"], {}),
        ("info", {}),
        (["metrics.loss"], {"metrics": ["loss"]}),
        (["metric.loss", "metrics.loss", "info"], {"metrics": ["loss"]}),
        (["metrics.val/acc x"], {"metrics": ["val/acc x"]}),
        (["metrics.`val/acc x`", 'tags."with space"'], {"metrics": ["val/acc x"], "tags": ["with space"]}),
        (["metrics.*"], {"metrics": _METRICS}),
        (["metrics.loss", "metrics.*", "params.lr"], {"metrics": _METRICS, "params": ["lr"]}),
        (["params.*", "tags.a.b"], {"params": _PARAMS, "tags": ["a.b"]}),
        (["params.nobodys", "tags.Loss"], {}),
        (["inputs", "outputs"], {"inputs": ["data"]}),
        (["outputs"], {}),
    ],
)
def test_fields_show_what_they_name_beside_the_info(
    client: Client, experiment: str, filled: str, fields: Sequence[str] | None, expected: dict[str, Any]
):
    read = client.get_run(filled, fields=fields)
    [found] = client.search_runs([experiment], fields=fields)
    assert shown(read) == shown(found) == expected
    assert read.info == found.info == client.get_run(filled).info


def test_a_search_may_filter_and_order_by_what_it_does_not_show(client: Client, experiment: str, filled: str):
    other = client.create_run(experiment).info.run_id
    client.log_metric(other, "loss", 0.1)
    found = client.search_runs(
        [experiment], "metrics.loss < 1", order_by=["metrics.loss"], fields=["params.lr"]
    )
    assert [(run.info.run_id, run.data.params) for run in found] == [(other, {}), (filled, {"lr": "0.1"})]
    assert all(run.data.metrics == {} for run in found)


def test_a_table_of_runs_has_the_columns_that_were_asked_for(mlflow: ModuleType):
    pandas = pytest.importorskip("pandas")
    with mlflow.start_run(run_name="r"):
        mlflow.log_metrics({"loss": 0.5, "acc": 0.9})
        mlflow.log_param("lr", "0.1")
    frame = mlflow.search_runs(fields=["metrics.loss"])
    assert isinstance(frame, pandas.DataFrame)
    assert [column for column in frame.columns if "." in column] == ["metrics.loss"]
    [found] = mlflow.search_runs(fields=["info"], output_format="list")
    assert shown(found) == {}
    assert shown(mlflow.get_run(found.info.run_id, fields=["params.*"])) == {"params": ["lr"]}


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("", "Invalid field ''. Write metrics.KEY, params.KEY or tags.KEY"),
        ("loss", "Invalid field 'loss'. Write metrics.KEY"),
        ("metrics", "Invalid field 'metrics'; write metrics.* for all of them."),
        ("tags.", "Invalid field 'tags.': a key follows the dot."),
        ("data.loss", "Invalid field 'data.loss'. Write"),
        ("attributes.status", "Invalid field 'attributes.status'. Write"),
        ("info.status", "Invalid field 'info.status'. Write"),
        ("*", "Invalid field '*'. Write"),
    ],
)
def test_a_field_that_says_nothing_is_refused_with_what_to_write(
    client: Client, run: str, field: str, said: str
):
    for ask in (
        lambda: client.get_run(run, fields=["info", field]),
        lambda: client.search_runs(["0"], fields=[field]),
    ):
        with pytest.raises(InvalidParameterValue) as caught:
            ask()
        assert caught.value.message.startswith(said)


def test_more_fields_than_anybody_needs_are_refused(client: Client, run: str):
    many = [f"metrics.m{number}" for number in range(1_000)]
    assert client.get_run(run, fields=many).data.metrics == {}
    with pytest.raises(InvalidParameterValue, match="1001 fields; at most 1000"):
        client.get_run(run, fields=[*many, "info"])
