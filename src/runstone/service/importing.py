"""The operations that take over what another tracker recorded: experiments and runs with their ids, times and states.

Unlike what a training logs, this is finished elsewhere: it may concern deleted runs, and texts may be longer than the
protocol allows for new ones.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from runstone.entities.kinds import LifecycleStage, RunStatus
from runstone.entities.metric import check_step, check_timestamp
from runstone.entities.names import (
    MAX_ARTIFACT_LOCATION_LENGTH,
    MAX_IMPORTED_LENGTH,
    MAX_RUN_NAME_LENGTH,
    RUN_NAME_TAG,
    check_experiment_name,
    check_key,
    check_length,
    check_run_id,
    check_text,
    experiment_number,
)
from runstone.errors import InvalidParameterValue, ResourceConflict, RunstoneError
from runstone.service import locations
from runstone.service.core import Service, operation
from runstone.service.datasets import checked_models, checked_use
from runstone.service.experiments import existing, shown_experiment
from runstone.service.runs import being_removed
from runstone.store import ALREADY_THERE, Connection, datasets, experiments, logs, removal, runs
from runstone.store.datasets import Use
from runstone.store.experiments import ExperimentRow
from runstone.store.logs import NO_CONTEXT, Point, RunLog
from runstone.store.runs import RunRow
from runstone.store.schema import REMOVING
from runstone.wire import importing as wire
from runstone.wire.base import from_double

POINTS_TO_SEAL = 10_000
"""A part of a run with so many points is sealed at once; the next one may be long in coming."""


@operation
def import_experiment(service: Service, request: wire.ImportExperiment) -> wire.ImportExperimentResponse:
    check_experiment_name(request.name)
    _check_lifecycle(request.lifecycle_stage)
    tags = {tag.key: tag.value for tag in request.tags}
    for key, value in tags.items():
        check_key(key)
        _check_imported(value, f"the tag '{key}'")
    location = locations.checked(request.artifact_location) if request.artifact_location else None
    wanted = experiment_number(request.experiment_id) if request.experiment_id else None

    def take_over(connection: Connection, _keys: Mapping[str, int]) -> tuple[int, bool]:
        found = _same(connection, request, wanted)
        if found is None:
            number = _add(service, connection, request, wanted, location)
        else:
            number = found.id
            _update(connection, found, request)
        for key, value in tags.items():
            experiments.set_tag(connection, number, key, value)
        return number, found is None

    try:
        number, created = service.store.write(take_over)
    except ALREADY_THERE as error:
        raise ResourceConflict(
            f"The experiment '{request.name}' was being made by somebody else. Import it again."
        ) from error
    with service.store.read() as connection:
        return wire.ImportExperimentResponse(shown_experiment(service, existing(connection, number)), created)


def _same(connection: Connection, request: wire.ImportExperiment, wanted: int | None) -> ExperimentRow | None:
    """The experiment that is here already: by its id and the moment it was made, else by its name."""
    by_id = experiments.get(connection, wanted) if wanted is not None else None
    if by_id is not None and request.creation_time and by_id.created == request.creation_time:
        return by_id
    return experiments.get_by_name(connection, request.name)


def _add(
    service: Service,
    connection: Connection,
    request: wire.ImportExperiment,
    wanted: int | None,
    location: str | None,
) -> int:
    # Also by one that is being removed, which nobody is shown.
    taken = wanted is None or removal.place(connection, wanted) is not None
    number = experiments.insert(
        connection,
        name=request.name,
        artifact_location=location or "",
        now=request.creation_time,
        tags={},
        number=None if taken else wanted,
    )
    if not taken:
        service.store.database.continue_numbers(connection, experiments.NUMBER)
    updated = request.last_update_time
    if request.lifecycle_stage == LifecycleStage.DELETED:
        updated = updated or service.now()  # when it was deleted: at a time that nobody knows, so now
    values: dict[str, Any] = {"updated": updated, "lifecycle": request.lifecycle_stage}
    if location is None:
        values["artifact_location"] = service.locations.of_experiment(number)
    experiments.update(connection, number, values)
    return number


def _update(connection: Connection, found: ExperimentRow, request: wire.ImportExperiment) -> None:
    """Bring an experiment up to date: the later state counts, and the earlier beginning."""
    values: dict[str, Any] = {}
    if request.creation_time and not 0 < found.created <= request.creation_time:
        values["created"] = request.creation_time
    if (
        found.created == found.updated and not found.tags
    ):  # nobody has touched it, as the default one of a new store
        values["updated"] = request.last_update_time or found.updated
    if request.last_update_time > found.updated:
        values |= {"updated": request.last_update_time, "lifecycle": request.lifecycle_stage}
        if experiments.get_by_name(connection, request.name) is None:
            values["name"] = request.name
    if values:
        experiments.update(connection, found.id, values)


# --- runs -----------------------------------------------------------------------------------------


class _Taken(NamedTuple):
    """A run of a request, checked."""

    run: wire.ImportedRun
    log: RunLog
    uses: Sequence[Use]
    inputs: Sequence[tuple[str, int]]
    outputs: Sequence[tuple[str, int]]


@operation
def import_runs(service: Service, request: wire.ImportRuns) -> wire.ImportRunsResponse:
    number = experiment_number(request.experiment_id)
    taken = [_checked(run) for run in request.runs]
    keys = frozenset[str]().union(*(one.log.keys() for one in taken))

    def take_over(connection: Connection, keys: Mapping[str, int]) -> list[RunRow]:
        experiments.lock(connection, number)
        location = existing(connection, number).artifact_location
        known = runs.lock(connection, [one.run.run_id for one in taken])
        rows = [_opened(connection, number, location, one.run, known) for one in taken]
        for outcome in logs.apply(connection, keys, [one.log for one in taken]):
            if isinstance(outcome, RunstoneError):
                raise outcome
        for row, one in zip(rows, taken, strict=True):
            datasets.add_uses(connection, number, row.id, one.uses)
            datasets.add_models(connection, row.id, "input", one.inputs)
            datasets.add_models(connection, row.id, "output", one.outputs)
            _settle(connection, row, one.run, service.now())
        return rows

    try:
        rows = service.store.write(take_over, keys=keys)
    except ALREADY_THERE as error:
        raise _conflict(service, [one.run.run_id for one in taken]) from error
    for row, one in zip(rows, taken, strict=True):
        ended = not one.run.more and one.run.status in RunStatus.TERMINATED
        if (ended and one.log.metrics) or len(one.log.metrics) >= POINTS_TO_SEAL:
            service.store.seal(row.id)
    return wire.ImportRunsResponse(
        [wire.RunPlace(row.run_id, service.locations.shown(row.artifact_uri)) for row in rows]
    )


def _conflict(service: Service, run_ids: Sequence[str]) -> ResourceConflict:
    """Why runs that nobody is shown could not be made."""
    with service.store.read() as connection:
        for row in removal.find_by_ids(connection, run_ids):
            if row.lifecycle == REMOVING:
                return being_removed(row.run_id)
    return ResourceConflict("A run was being made by somebody else at the same time. Import it again.")


def _opened(
    connection: Connection, experiment: int, location: str, run: wire.ImportedRun, known: dict[str, RunRow]
) -> RunRow:
    """The run's row, new or as it was, in a state in which it can be logged to; it is `known` then."""
    row = known.get(run.run_id)
    if row is None:
        new = RunRow(
            id=0,
            run_id=run.run_id,
            experiment=experiment,
            name=run.run_name,
            user_id=run.user_id,
            status=run.status,
            lifecycle=LifecycleStage.ACTIVE,
            started=run.start_time,
            ended=run.end_time,
            deleted=None,
            artifact_uri=run.artifact_uri or locations.of_run(location, run.run_id),
        )
        runs.insert(connection, new, {})
        row = runs.get(connection, run.run_id)
        assert row is not None
        known[run.run_id] = row
    elif row.experiment != experiment:
        raise ResourceConflict(
            f"A run with id={run.run_id} exists already, in experiment {row.experiment}. It stays as it is."
        )
    elif row.lifecycle != LifecycleStage.ACTIVE:
        if not runs.change_lifecycle(connection, row, LifecycleStage.ACTIVE, row.deleted):
            raise being_removed(run.run_id)
        row = known[run.run_id] = row._replace(lifecycle=LifecycleStage.ACTIVE)
    return row


def _settle(connection: Connection, row: RunRow, run: wire.ImportedRun, now: int) -> None:
    """Give the run's row the state that it had elsewhere. One deleted at a time that nobody knows is deleted now."""
    deleted = run.lifecycle_stage == LifecycleStage.DELETED
    wanted: dict[str, Any] = {
        "name": run.run_name or row.name,
        "user_id": run.user_id or row.user_id,
        "status": run.status,
        "started": run.start_time,
        "ended": run.end_time,
        "lifecycle": run.lifecycle_stage,
        "deleted": (run.deleted_time or row.deleted or now) if deleted else None,
    }
    have = row._asdict()
    runs.update(connection, row.id, {name: value for name, value in wanted.items() if have[name] != value})


# --- what is refused ------------------------------------------------------------------------------


def _checked(run: wire.ImportedRun) -> _Taken:
    """What is to be stored of a run. Raises InvalidParameterValue for what no run can have."""
    check_run_id(run.run_id)
    _check_lifecycle(run.lifecycle_stage)
    if run.status not in RunStatus.NAMES:
        raise InvalidParameterValue.wrong_type("status", run.status)
    check_length(run.run_name, MAX_RUN_NAME_LENGTH, "run_name")
    check_length(run.artifact_uri or "", MAX_ARTIFACT_LOCATION_LENGTH, "artifact_uri")
    for text, what in (
        (run.run_name, "run_name"),
        (run.user_id, "user_id"),
        (run.artifact_uri, "artifact_uri"),
    ):
        check_text(text or "", what)
    for kind, pairs in (("param", run.params), ("tag", run.tags)):
        for pair in pairs:
            check_key(pair.key)
            _check_imported(pair.value, f"the {kind} '{pair.key}'")
    tags = [(tag.key, tag.value) for tag in run.tags]
    if run.run_name:
        tags.append((RUN_NAME_TAG, run.run_name))
    log = RunLog(run.run_id, list(_points(run)), [(param.key, param.value) for param in run.params], tags)
    return _Taken(
        run,
        log,
        [checked_use(use) for use in run.dataset_inputs],
        checked_models((model.model_id, 0) for model in run.model_inputs),
        checked_models((model.model_id, model.step) for model in run.model_outputs),
    )


def _points(run: wire.ImportedRun) -> Iterator[Point]:
    known: set[str] = set()
    for metric in run.metrics:
        if metric.key not in known:
            check_key(metric.key, parameter="name", what="Metric name")
            known.add(metric.key)
        value, step, context = from_double(metric.value), metric.step or 0, NO_CONTEXT
        check_timestamp(metric.key, value, metric.timestamp)
        check_step(metric.key, value, step)
        if metric.dataset_name and metric.dataset_digest:
            context = "", metric.dataset_name, metric.dataset_digest
        yield Point(metric.key, value, metric.timestamp, step, context)


def _check_imported(value: str, of: str) -> None:
    check_text(value, "value", of=of)
    check_length(value, MAX_IMPORTED_LENGTH, f"the value of {of}")


def _check_lifecycle(stage: str) -> None:
    if stage not in (LifecycleStage.ACTIVE, LifecycleStage.DELETED):
        raise InvalidParameterValue(f"'lifecycle_stage' is '{stage}'; it must be 'active' or 'deleted'.")
