"""The operations on experiments."""

from collections.abc import Mapping
from functools import partial

from runstone.entities.kinds import LifecycleStage
from runstone.entities.names import (
    MAX_EXPERIMENT_NAME_LENGTH,
    MAX_EXPERIMENT_TAG_LENGTH,
    MAX_KEY_LENGTH,
    MAX_SEARCH_RESULTS,
    check_experiment_name,
    check_key,
    check_length,
    check_text,
    experiment_number,
)
from runstone.errors import (
    BadRequest,
    InvalidParameterValue,
    InvalidState,
    ResourceAlreadyExists,
    ResourceDoesNotExist,
)
from runstone.search import EXPERIMENTS
from runstone.service.core import Service, operation
from runstone.service.locations import checked
from runstone.service.paging import lifecycles, parse_search, position_token, read_token
from runstone.store import ALREADY_THERE, Connection, experiments, runs
from runstone.store.experiments import ExperimentRow
from runstone.wire import experiments as wire
from runstone.wire.base import EmptyResponse


@operation
def create_experiment(service: Service, request: wire.CreateExperiment) -> wire.CreateExperimentResponse:
    check_experiment_name(request.name)
    tags = {tag.key: tag.value for tag in request.tags}
    for key, value in tags.items():
        _check_tag(key, value)
    chosen = checked(request.artifact_location) if request.artifact_location else None

    def create(connection: Connection, _keys: Mapping[str, int]) -> int:
        now = service.now()
        if request.replace_deleted:
            _set_aside_deleted(connection, request.name)
        number = experiments.insert(
            connection, name=request.name, artifact_location=chosen or "", now=now, tags=tags
        )
        if chosen is None:
            experiments.update(
                connection, number, {"artifact_location": service.locations.of_experiment(number)}
            )
        return number

    try:
        return wire.CreateExperimentResponse(str(service.store.write(create)))
    except ALREADY_THERE as error:
        raise _name_taken(service, request.name) from error


def _set_aside_deleted(connection: Connection, name: str) -> None:
    """Give the deleted experiment of this name, if there is one, another."""
    holder = experiments.get_by_name(connection, name)
    if holder is not None and holder.lifecycle == LifecycleStage.DELETED:
        mark = f" (deleted, id {holder.id})"
        aside = name[: MAX_EXPERIMENT_NAME_LENGTH - len(mark)] + mark
        experiments.rename_deleted(connection, holder.id, aside)


def _name_taken(service: Service, name: str) -> ResourceAlreadyExists:
    with service.store.read() as connection:
        holder = experiments.get_by_name(connection, name)
    deleted = holder is not None and holder.lifecycle == LifecycleStage.DELETED
    hint = (
        " It is deleted: restore it, remove it for good (`runstone experiments delete --permanently`), or give its "
        "name to the new one (`replace_deleted`)."
        if deleted
        else ""
    )
    return ResourceAlreadyExists(f"Experiment(name={name}) already exists.{hint}")


def _check_tag(key: str, value: str) -> None:
    check_length(key, MAX_KEY_LENGTH, "key")
    check_length(value, MAX_EXPERIMENT_TAG_LENGTH, "value")
    check_text(key, "key")
    check_text(value, "value")


@operation
def get_experiment(service: Service, request: wire.GetExperiment) -> wire.GetExperimentResponse:
    number = experiment_number(request.experiment_id)
    with service.store.read() as connection:
        return wire.GetExperimentResponse(shown_experiment(service, existing(connection, number)))


@operation
def get_experiment_by_name(service: Service, request: wire.GetExperimentByName) -> wire.GetExperimentResponse:
    with service.store.read() as connection:
        found = experiments.get_by_name(connection, request.experiment_name)
    if found is None:
        raise ResourceDoesNotExist(f"Could not find experiment with name '{request.experiment_name}'")
    return wire.GetExperimentResponse(shown_experiment(service, found))


@operation
def search_experiments(service: Service, request: wire.SearchExperiments) -> wire.SearchExperimentsResponse:
    limit = request.max_results
    if limit <= 0:
        raise InvalidParameterValue(
            f"Invalid value {limit} for parameter 'max_results' supplied. It must be a positive integer"
        )
    if limit > MAX_SEARCH_RESULTS:
        raise InvalidParameterValue(
            f"Invalid value {limit} for parameter 'max_results' supplied. It must be at most {MAX_SEARCH_RESULTS}"
        )
    where, order_by = parse_search(request.filter, request.order_by, EXPERIMENTS)
    page = read_token(request.page_token, order_by, partial(experiments.read_position, order_by))
    with service.store.read() as connection:
        rows, end = experiments.search(
            connection,
            lifecycles=lifecycles(request.view_type),
            where=where,
            order_by=order_by,
            limit=limit,
            after=page.after,
            offset=page.offset,
        )
    token = None if end is None else position_token(order_by, end)
    return wire.SearchExperimentsResponse([shown_experiment(service, row) for row in rows], token)


@operation
def update_experiment(service: Service, request: wire.UpdateExperiment) -> EmptyResponse:
    number = experiment_number(request.experiment_id)
    check_experiment_name(request.new_name)

    def rename(connection: Connection, _keys: Mapping[str, int]) -> None:
        if existing(connection, number).lifecycle != LifecycleStage.ACTIVE:
            raise InvalidState("Cannot rename a non-active experiment.")
        experiments.update(connection, number, {"name": request.new_name, "updated": service.now()})

    try:
        service.store.write(rename)
    except ALREADY_THERE as error:
        raise BadRequest(_name_taken(service, request.new_name).message) from error
    return EmptyResponse()


@operation
def delete_experiment(service: Service, request: wire.DeleteExperiment) -> EmptyResponse:
    _set_lifecycle(service, request.experiment_id, LifecycleStage.DELETED)
    return EmptyResponse()


@operation
def restore_experiment(service: Service, request: wire.RestoreExperiment) -> EmptyResponse:
    _set_lifecycle(service, request.experiment_id, LifecycleStage.ACTIVE)
    return EmptyResponse()


def _set_lifecycle(service: Service, experiment_id: str, lifecycle: str) -> None:
    """Delete or restore an experiment, and its runs with it. One that is in this stage already counts as absent."""
    number = experiment_number(experiment_id)

    def change(connection: Connection, _keys: Mapping[str, int]) -> None:
        now = service.now()
        row = existing(connection, number)
        if row.lifecycle == lifecycle or not experiments.change_lifecycle(connection, row, lifecycle, now):
            raise _unknown(number)
        runs.set_lifecycle(
            connection, number, lifecycle, now if lifecycle == LifecycleStage.DELETED else None
        )

    service.store.write(change)


@operation
def set_experiment_tag(service: Service, request: wire.SetExperimentTag) -> EmptyResponse:
    number = experiment_number(request.experiment_id)
    check_key(request.key)
    _check_tag(request.key, request.value)

    def change(connection: Connection, _keys: Mapping[str, int]) -> None:
        active_location(connection, number)
        experiments.set_tag(connection, number, request.key, request.value)

    service.store.write(change)
    return EmptyResponse()


@operation
def delete_experiment_tag(service: Service, request: wire.DeleteExperimentTag) -> EmptyResponse:
    number = experiment_number(request.experiment_id)

    def change(connection: Connection, _keys: Mapping[str, int]) -> None:
        active_location(connection, number)
        if not experiments.delete_tag(connection, number, request.key):
            raise ResourceDoesNotExist(f"No tag with name: {request.key} in experiment with id {number}")

    service.store.write(change)
    return EmptyResponse()


@operation
def count_runs(service: Service, request: wire.CountRuns) -> wire.CountRunsResponse:
    numbers = sorted({experiment_number(number) for number in request.experiment_ids})
    with service.store.read() as connection:
        counts = runs.count_by_experiment(connection, numbers)
    return wire.CountRunsResponse([wire.RunCount(str(number), *of) for number, *of in counts])


def existing(connection: Connection, number: int) -> ExperimentRow:
    """The experiment with this id, deleted or not. Raises ResourceDoesNotExist."""
    found = experiments.get(connection, number)
    if found is None:
        raise _unknown(number)
    return found


def active_location(connection: Connection, number: int) -> str:
    """Where an experiment keeps its artifacts. Raises ResourceDoesNotExist; InvalidParameterValue if it is deleted."""
    found = experiments.place(connection, number)
    if found is None:
        raise _unknown(number)
    lifecycle, location = found
    if lifecycle != LifecycleStage.ACTIVE:
        raise InvalidParameterValue.inactive("experiment", number, lifecycle)
    return location


def _unknown(number: int) -> ResourceDoesNotExist:
    return ResourceDoesNotExist(f"No Experiment with id={number} exists")


def shown_experiment(service: Service, row: ExperimentRow) -> wire.Experiment:
    """An experiment as a read shows it."""
    return wire.Experiment(
        experiment_id=str(row.id),
        name=row.name,
        artifact_location=service.locations.shown(row.artifact_location),
        lifecycle_stage=row.lifecycle,
        last_update_time=row.updated,
        creation_time=row.created,
        tags=[wire.ExperimentTag(key, value) for key, value in row.tags.items()],
        workspace="default",
    )
