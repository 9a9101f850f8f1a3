"""Renaming, deleting and restoring; tags that are set and taken away."""

from collections.abc import Callable
from types import ModuleType

import pytest

from runstone import Client
from runstone.entities import ViewType
from runstone.errors import (
    BadRequest,
    InvalidParameterValue,
    InvalidState,
    ResourceAlreadyExists,
    ResourceDoesNotExist,
)

UNKNOWN_RUN = "0" * 32
UNKNOWN_EXPERIMENT = "99999999999"


def test_a_renamed_experiment_is_found_by_its_new_name_alone(
    client: Client, experiment: str, new_name: Callable[[], str]
) -> None:
    before, after = client.get_experiment(experiment), new_name()
    client.rename_experiment(experiment, after)
    found = client.get_experiment_by_name(after)
    assert found is not None
    assert found.experiment_id == experiment
    assert client.get_experiment_by_name(before.name) is None
    assert (found.last_update_time or 0) >= (before.last_update_time or 0)


def test_a_name_that_is_taken_is_refused_and_nothing_is_renamed(
    client: Client, experiment: str, new_name: Callable[[], str]
) -> None:
    taken = new_name()
    client.create_experiment(taken)
    before = client.get_experiment(experiment)
    with pytest.raises(BadRequest, match="already exists"):
        client.rename_experiment(experiment, taken)
    assert client.get_experiment(experiment) == before


def test_a_deleted_experiment_takes_its_runs_along_and_brings_them_back(
    client: Client, experiment: str, run: str
) -> None:
    client.delete_experiment(experiment)
    assert client.get_experiment(experiment).lifecycle_stage == "deleted"
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    assert client.search_runs([experiment]) == []
    assert len(client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)) == 1
    for refused in (
        lambda: client.create_run(experiment),
        lambda: client.log_metric(run, "m", 1.0),
        lambda: client.set_experiment_tag(experiment, "k", "v"),
    ):
        with pytest.raises(InvalidParameterValue, match="must be in the 'active' state"):
            refused()
    client.restore_experiment(experiment)
    assert client.get_experiment(experiment).lifecycle_stage == "active"
    client.log_metric(run, "m", 1.0)
    assert client.get_run(run).data.metrics == {"m": 1.0}


def test_a_deleted_experiments_name_stays_reserved(client: Client, experiment: str) -> None:
    name = client.get_experiment(experiment).name
    client.delete_experiment(experiment)
    with pytest.raises(ResourceAlreadyExists, match="restore it"):
        client.create_experiment(name)
    with pytest.raises(InvalidState, match="non-active"):
        client.rename_experiment(experiment, "elsewhere")
    with pytest.raises(ResourceDoesNotExist):
        client.delete_experiment(experiment)
    assert client.get_experiment(experiment).name == name


def test_a_deleted_run_is_kept_and_can_be_restored(client: Client, experiment: str, run: str) -> None:
    client.log_metric(run, "m", 1.0, step=1)
    client.delete_run(run)
    client.delete_run(run)
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    assert client.search_runs([experiment]) == []
    for refused in (lambda: client.set_tag(run, "t", "1"), lambda: client.set_terminated(run)):
        with pytest.raises(InvalidParameterValue, match="Current state is deleted"):
            refused()
    client.restore_run(run)
    restored = client.get_run(run)
    assert (restored.info.lifecycle_stage, restored.info.status) == ("active", "RUNNING")
    assert restored.data.metrics == {"m": 1.0}


def test_tags_of_experiments_are_set_replaced_and_deleted(client: Client, experiment: str) -> None:
    client.set_experiment_tag(experiment, "team", "core")
    client.set_experiment_tag(experiment, "team", 5)
    assert client.get_experiment(experiment).tags == {"team": "5"}
    client.delete_experiment_tag(experiment, "team")
    assert client.get_experiment(experiment).tags == {}
    with pytest.raises(ResourceDoesNotExist, match="No tag with name: team"):
        client.delete_experiment_tag(experiment, "team")


@pytest.mark.parametrize("key", ["k" * 251, "a//b", "a*b", "../x"])
def test_a_key_that_breaks_a_rule_is_no_tag(client: Client, experiment: str, key: str) -> None:
    with pytest.raises(InvalidParameterValue):
        client.set_experiment_tag(experiment, key, "v")
    assert client.get_experiment(experiment).tags == {}


def test_a_deleted_tag_is_gone_and_the_name_stays(client: Client, run: str) -> None:
    name = client.get_run(run).info.run_name
    client.set_tag(run, "t", "1")
    for key in ("t", "mlflow.runName"):
        client.delete_tag(run, key)
        assert key not in client.get_run(run).data.tags
    assert client.get_run(run).info.run_name == name
    for absent in ("t", "never-used-by-anyone"):
        with pytest.raises(ResourceDoesNotExist, match="No tag with name"):
            client.delete_tag(run, absent)


def test_what_is_unknown_is_neither_deleted_nor_restored(client: Client) -> None:
    for refused in (
        lambda: client.delete_run(UNKNOWN_RUN),
        lambda: client.restore_run(UNKNOWN_RUN),
        lambda: client.delete_tag(UNKNOWN_RUN, "t"),
        lambda: client.delete_experiment(UNKNOWN_EXPERIMENT),
        lambda: client.restore_experiment(UNKNOWN_EXPERIMENT),
        lambda: client.rename_experiment(UNKNOWN_EXPERIMENT, "x"),
        lambda: client.set_experiment_tag(UNKNOWN_EXPERIMENT, "k", "v"),
    ):
        with pytest.raises(ResourceDoesNotExist):
            refused()


def test_the_fluent_functions_act_on_what_is_active(mlflow: ModuleType, experiment: str) -> None:
    mlflow.set_experiment_tags({"team": "core", "year": 2026})
    mlflow.delete_experiment_tag("year")
    assert mlflow.get_experiment(experiment).tags == {"team": "core"}
    with mlflow.start_run() as parent:
        mlflow.set_tag("t", "1")
        mlflow.delete_tag("t")
        with mlflow.start_run(nested=True) as child:
            pass
    assert "t" not in mlflow.get_run(parent.info.run_id).data.tags
    found = mlflow.get_parent_run(child.info.run_id)
    assert found.info.run_id == parent.info.run_id
    assert mlflow.get_parent_run(parent.info.run_id) is None
    mlflow.delete_run(child.info.run_id)
    assert mlflow.get_run(child.info.run_id).info.lifecycle_stage == "deleted"
    mlflow.restore_run(child.info.run_id)
    mlflow.delete_experiment(experiment)
    mlflow.restore_experiment(experiment)
    assert mlflow.get_run(child.info.run_id).info.lifecycle_stage == "active"
