"""The operations on runs and their lifecycle."""

from collections.abc import Mapping, Sequence
from typing import Any

from runstone.entities.kinds import LifecycleStage, RunStatus
from runstone.entities.names import (
    MAX_KEY_LENGTH,
    RUN_NAME_TAG,
    check_length,
    check_run_id,
    check_text,
    experiment_number,
)
from runstone.entities.run_names import random_run_name
from runstone.errors import BadRequest, InvalidParameterValue, ResourceConflict, ResourceDoesNotExist
from runstone.search import Fields, parse_fields
from runstone.service import locations
from runstone.service.core import Service, operation
from runstone.service.experiments import active_location
from runstone.service.links import inputs_of, outputs_of
from runstone.service.logging import run_name, tag_value
from runstone.store import ALREADY_THERE, Connection, datasets, experiments, runs
from runstone.store.datasets import Links
from runstone.store.runs import RunContent, RunRow
from runstone.wire import runs as wire
from runstone.wire.base import EmptyResponse, to_double


@operation
def create_run(service: Service, request: wire.CreateRun) -> wire.CreateRunResponse:
    if not request.experiment_id:
        raise BadRequest("A run needs an experiment: the request has no experiment_id.")
    if request.run_id is not None:
        check_run_id(request.run_id)
    experiment_id = experiment_number(request.experiment_id)
    run_id = request.run_id or service.make_id()
    name, tags = _name_and_tags(service, request)
    check_text(request.user_id or "", "user_id")

    def create(connection: Connection, keys: Mapping[str, int]) -> RunRow:
        row = RunRow(
            id=0,
            run_id=run_id,
            experiment=experiment_id,
            name=name,
            user_id=request.user_id or "",
            status="RUNNING",
            lifecycle=LifecycleStage.ACTIVE,
            started=request.start_time or 0,
            ended=None,
            deleted=None,
            artifact_uri=locations.of_run(active_location(connection, experiment_id), run_id),
        )
        runs.insert(connection, row, {keys[key]: value for key, value in tags.items()})
        return row

    try:
        row = service.store.write(create, keys=tags.keys())
        content = RunContent([], [], list(tags.items()))
    except ALREADY_THERE as error:
        row, content = _repeated(service, run_id, experiment_id, error)
    shown = _shown(service, row, content)
    shown.inputs = inputs_of(None)
    return wire.CreateRunResponse(shown)


def _name_and_tags(service: Service, request: wire.CreateRun) -> tuple[str, dict[str, str]]:
    """The new run's name, from the request, its tag or invented; and its tags, the name's own among them."""
    tags = {tag.key: tag_value(service, tag.key, tag.value) for tag in request.tags}
    for key in tags:
        check_length(key, MAX_KEY_LENGTH, "key")
        check_text(key, "key")
    named = tags.get(RUN_NAME_TAG)
    asked = run_name(service, request.run_name or "")
    if asked and named and asked != named:
        raise InvalidParameterValue(
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values "
            f"(run_name='{request.run_name}', mlflow.runName='{named}')."
        )
    name = asked or named or random_run_name()
    return name, tags | {RUN_NAME_TAG: name}


def _repeated(
    service: Service, run_id: str, experiment_id: int, error: Exception
) -> tuple[RunRow, RunContent]:
    """The run that is there already, if the request may be one repeated: if it is in this experiment."""
    with service.store.read() as connection:
        row = runs.get(connection, run_id)
        if row is None:
            raise being_removed(run_id) from error
        content = runs.contents(connection, service.store.keys, [row.id])[row.id]
    if row.experiment != experiment_id:
        raise ResourceConflict(
            f"A run with id={run_id} exists already, in experiment {row.experiment}. Choose another id."
        ) from error
    return row, content


@operation
def get_run(service: Service, request: wire.GetRun) -> wire.GetRunResponse:
    fields = parse_fields(request.fields)
    with service.store.read() as connection:
        row = existing_run(connection, request.run_id)
        return wire.GetRunResponse(filled(service, connection, [row], fields)[0])


@operation
def update_run(service: Service, request: wire.UpdateRun) -> wire.UpdateRunResponse:
    values: dict[str, Any] = {}
    if (status := _status(request.status)) is not None:
        values["status"] = status
    if request.end_time is not None:
        values["ended"] = request.end_time
    if request.run_name:
        values["name"] = run_name(service, request.run_name)

    def change(connection: Connection, keys: Mapping[str, int]) -> RunRow:
        row = active_run(connection, request.run_id)
        runs.update(connection, row.id, values)
        if "name" in values:
            runs.set_tags(connection, row.experiment, row.id, {keys[RUN_NAME_TAG]: values["name"]})
        return row._replace(**values)

    row = service.store.write(change, keys=(RUN_NAME_TAG,) if "name" in values else ())
    if status in RunStatus.TERMINATED:
        service.store.seal(row.id)
    return wire.UpdateRunResponse(_info(service, row))


def _status(status: str | int | None) -> str | None:
    """The name of a status given by name or number (a text, too); None, as MLflow does, for a name that is none."""
    if isinstance(status, str) and status.isdecimal() and len(status) < 10:
        status = int(status)
    if isinstance(status, int):
        if not 1 <= status <= len(RunStatus.NAMES):
            raise InvalidParameterValue.wrong_type("status", status)
        return RunStatus.NAMES[status - 1]
    return status if status in RunStatus.NAMES else None


@operation
def delete_run(service: Service, request: wire.DeleteRun) -> EmptyResponse:
    _set_lifecycle(service, request.run_id, LifecycleStage.DELETED)
    return EmptyResponse()


@operation
def restore_run(service: Service, request: wire.RestoreRun) -> EmptyResponse:
    _set_lifecycle(service, request.run_id, LifecycleStage.ACTIVE)
    return EmptyResponse()


def _set_lifecycle(service: Service, run_id: str, lifecycle: str) -> None:
    def change(connection: Connection, _keys: Mapping[str, int]) -> None:
        row = existing_run(connection, run_id)
        if row.lifecycle != lifecycle:
            deleted = service.now() if lifecycle == LifecycleStage.DELETED else None
            there = lifecycle != LifecycleStage.ACTIVE or experiments.lock(connection, row.experiment)
            if not (there and runs.change_lifecycle(connection, row, lifecycle, deleted)):
                raise ResourceDoesNotExist.run(run_id)  # it was removed for good meanwhile

    service.store.write(change)


@operation
def delete_tag(service: Service, request: wire.DeleteTag) -> EmptyResponse:
    with service.store.read() as reading:
        key = service.store.keys.find(reading, [request.key]).get(request.key)

    def change(connection: Connection, _keys: Mapping[str, int]) -> None:
        row = active_run(connection, request.run_id)
        if key is None or not runs.delete_tag(connection, row, key):
            raise ResourceDoesNotExist(f"No tag with name: {request.key} in run with id {request.run_id}")

    service.store.write(change)
    return EmptyResponse()


def filled(
    service: Service, connection: Connection, rows: Sequence[RunRow], fields: Fields
) -> list[wire.Run]:
    """The runs with what a read shows of them."""
    if not rows:
        return []
    numbers = [row.id for row in rows]
    content = runs.contents(connection, service.store.keys, numbers, fields)
    links = datasets.of_runs(connection, numbers) if fields.inputs or fields.outputs else {}
    return [_complete(service, row, content[row.id], links.get(row.id), fields) for row in rows]


# --- what other operations need of a run --------------------------------------------------------


def existing_run(connection: Connection, run_id: str) -> RunRow:
    """The run with this id, deleted or not. Raises ResourceDoesNotExist."""
    row = runs.get(connection, run_id)
    if row is None:
        raise ResourceDoesNotExist.run(run_id)
    return row


def active_run(connection: Connection, run_id: str) -> RunRow:
    """The run with this id, which stays active until the transaction, which writes, ends.

    Raises ResourceDoesNotExist; InvalidParameterValue if it is deleted.
    """
    row = runs.lock(connection, [run_id]).get(run_id)
    if row is None:
        raise ResourceDoesNotExist.run(run_id)
    if row.lifecycle != LifecycleStage.ACTIVE:
        raise InvalidParameterValue.inactive("run", run_id, row.lifecycle)
    return row


def being_removed(run_id: str) -> ResourceConflict:
    """Why a run cannot be made under an id that nobody is shown a run with."""
    return ResourceConflict(
        f"A run with id={run_id} is being removed for good. Choose another id, or try again later."
    )


def _info(service: Service, row: RunRow) -> wire.RunInfo:
    return wire.RunInfo(
        run_id=row.run_id,
        run_uuid=row.run_id,
        experiment_id=str(row.experiment),
        run_name=row.name,
        user_id=row.user_id,
        status=row.status,
        start_time=row.started,
        end_time=row.ended,
        artifact_uri=service.locations.shown(row.artifact_uri),
        lifecycle_stage=row.lifecycle,
    )


def _shown(service: Service, row: RunRow, content: RunContent) -> wire.Run:
    data = wire.RunData(
        [wire.Metric(key, to_double(value), at, step) for key, value, at, step in content.metrics],
        [wire.Param(key, value) for key, value in content.params],
        [wire.RunTag(key, value) for key, value in content.tags],
    )
    return wire.Run(_info(service, row), data)


def _complete(
    service: Service, row: RunRow, content: RunContent, links: Links | None, fields: Fields
) -> wire.Run:
    shown = _shown(service, row, content)
    shown.inputs = inputs_of(links if fields.inputs else None)
    shown.outputs = outputs_of(links if fields.outputs else None)
    return shown
