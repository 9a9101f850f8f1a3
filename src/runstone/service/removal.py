"""The operation that removes for good what is deleted.

A request works for about a second and says how far it came; the next one goes on from there. Nothing is lost when that
never comes: what was begun is found and finished by the next removal. See `store.removal` for the steps.
"""

import json
import re
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from runstone.artifact_store.location import is_proxied
from runstone.entities.kinds import LifecycleStage
from runstone.entities.names import IMPORT_TAG, MAX_INT64, check_text, experiment_number
from runstone.errors import (
    InvalidParameterValue,
    PermissionDenied,
    ResourceDoesNotExist,
    RunstoneError,
    UnsupportedOperation,
)
from runstone.service.core import Service, operation
from runstone.service.locations import of_run
from runstone.store import Connection, removal
from runstone.store.removal import Doomed, Place
from runstone.store.schema import REMOVING
from runstone.store.writer import Abandon
from runstone.wire import removal as wire

WORK_S = 1.0
"""How long a request works before it answers."""

_STAGES = (LifecycleStage.DELETED, REMOVING)
"""In this order: what could not be finished in the first is tried once more in the second."""

DEFAULT_EXPERIMENT_ID = 0

_OUR_ID = re.compile(r"[0-9a-f]{32}")


class _Position(NamedTuple):
    """Where a request begins: at an experiment, in a stage of its runs, after one of them.

    Where runs are named, `experiment` is how many of them are done.
    """

    experiment: int = 0
    stage: int = 0
    started: int | None = None
    run_id: str = ""

    @property
    def after(self) -> tuple[int, str] | None:
        return None if self.started is None else (self.started, self.run_id)


@operation
def collect_garbage(service: Service, request: wire.CollectGarbage) -> wire.CollectGarbageResponse:
    if request.run_ids and request.experiment_ids:
        raise InvalidParameterValue("Name runs or experiments, not both in one request.")
    position = _opened(request.page_token)
    numbers = sorted({experiment_number(number) for number in request.experiment_ids})
    done = wire.CollectGarbageResponse()
    if request.page_token is None:
        done.found = _check(service, request, numbers)
    collector = _Collector(service, request, done)
    named = bool(request.run_ids)
    rest = collector.take_named(position) if named else collector.take_experiments(position, numbers)
    done.next_page_token = None if rest is None else json.dumps(rest)
    return done


def _opened(token: str | None) -> _Position:
    if token is None:
        return _Position()
    try:
        experiment, stage, started, run_id = json.loads(token)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidParameterValue(f"Invalid page token: {token!r}.") from error
    numbers = [experiment, stage] if started is None else [experiment, stage, started]
    if not (all(type(n) is int and abs(n) <= MAX_INT64 for n in numbers) and isinstance(run_id, str)):
        raise InvalidParameterValue(f"Invalid page token: {token!r}.")
    if experiment < 0 or not 0 <= stage < len(_STAGES):
        raise InvalidParameterValue(f"Invalid page token: {token!r}.")
    check_text(run_id, "page_token")
    return _Position(experiment, stage, started, run_id)


def _check(service: Service, request: wire.CollectGarbage, numbers: Sequence[int]) -> int:
    """How many runs there are to be removed. Raises what is wrong with one that is named."""
    before = request.deleted_before
    with service.store.read() as connection:
        if request.run_ids:
            found = {row.run_id: row for row in removal.find_by_ids(connection, request.run_ids)}
            for run_id in request.run_ids:
                _check_run(run_id, found.get(run_id), before)
            return len(found)
        for number in numbers:
            _check_experiment(number, removal.place(connection, number), before)
        if numbers:
            return sum(removal.count(connection, number, None) for number in numbers)
        return removal.count(connection, None, before)


def _check_run(run_id: str, row: Doomed | None, before: int | None) -> None:
    if row is None:
        raise ResourceDoesNotExist.run(run_id)
    if row.lifecycle not in _STAGES:
        raise InvalidParameterValue(
            f"Run {run_id} is not in `deleted` lifecycle stage. Only runs in `deleted` lifecycle stage can be deleted "
            "for good: delete it first."
        )
    if before is not None and row.lifecycle != REMOVING and (row.deleted is None or row.deleted > before):
        why = ": nobody knows when it was deleted" if row.deleted is None else ""
        raise InvalidParameterValue(f"Run {run_id} is not older than the required age{why}.")


def _check_experiment(number: int, place: Place | None, before: int | None) -> None:
    if place is None:
        raise ResourceDoesNotExist(f"No Experiment with id={number} exists")
    if place.lifecycle not in _STAGES:
        raise InvalidParameterValue(
            f"Experiment {number} is not in `deleted` lifecycle stage. Only experiments in `deleted` lifecycle stage "
            "can be deleted for good: delete it first."
        )
    if before is not None and place.lifecycle != REMOVING and place.updated > before:
        raise InvalidParameterValue(f"Experiment {number} is not older than the required age.")


class _Collector:
    """One request at work."""

    def __init__(self, service: Service, request: wire.CollectGarbage, done: wire.CollectGarbageResponse):
        self._service, self._store, self._done = service, service.store, done
        self._before, self._dry = request.deleted_before, request.dry_run
        self._named = request.run_ids
        self._until = time.monotonic() + WORK_S

    # --- what there is --------------------------------------------------------------------------

    def take_named(self, position: _Position) -> _Position | None:
        """Take the runs that are named; where to go on."""
        at = position.experiment
        while at < len(self._named):
            some = self._named[at : at + removal.RUNS_AT_ONCE]
            with self._store.read() as connection:
                rows = [row for row in removal.find_by_ids(connection, some) if row.lifecycle in _STAGES]
                places = {row.experiment: removal.place(connection, row.experiment) for row in rows}
            for number, place in places.items():
                if place:
                    self._take_all([row for row in rows if row.experiment == number], place, self._before)
            at += len(some)
            if self._is_time_up() and at < len(self._named):
                return _Position(at)
        return None

    def take_experiments(self, position: _Position, numbers: Sequence[int]) -> _Position | None:
        """Take deleted runs and experiments, of these alone if there are some; where to go on."""
        while True:
            number = self._next(position.experiment, numbers)
            if number is None:
                return None
            if number != position.experiment:
                position = _Position(number)
            rest = self._take_experiment(position)
            if rest is not None:
                return rest
            position = _Position(number + 1)
            if self._is_time_up():
                return position

    def _next(self, at: int, numbers: Sequence[int]) -> int | None:
        if numbers:
            return next((number for number in numbers if number >= at), None)
        with self._store.read() as connection:
            return removal.next_experiment(connection, at)

    def _take_experiment(self, position: _Position) -> _Position | None:
        """Take what is to be taken of one experiment; where to go on if the time is up."""
        number = position.experiment
        whole = self._begin(number, first=position.started is None and position.stage == 0)
        with self._store.read() as connection:
            place = removal.place(connection, number)
        if place is None:
            return None
        before = None if whole else self._before
        for stage in range(position.stage, len(_STAGES)):
            after = position.after if stage == position.stage else None
            while rows := self._find(number, _STAGES[stage], before, after):
                taken = self._take(rows, place, before, last_try=_STAGES[stage] == REMOVING)
                after = (rows[taken - 1].started, rows[taken - 1].run_id)
                if self._is_time_up():
                    return _Position(number, stage, *after)
        if whole:
            self._end(place)
        return None

    def _find(
        self, number: int, stage: str, before: int | None, after: tuple[int, str] | None
    ) -> list[Doomed]:
        # What is being removed goes on, however old it is.
        with self._store.read() as connection:
            return removal.find(connection, number, stage, None if stage == REMOVING else before, after)

    # --- experiments ----------------------------------------------------------------------------

    def _begin(self, number: int, *, first: bool) -> bool:
        """Whether the experiment itself goes, and all its runs with it; from then on nobody is shown it."""
        with self._store.read() as connection:
            place = removal.place(connection, number)
            if place is None or place.lifecycle not in _STAGES:
                return False
            if place.lifecycle == REMOVING:
                return True
            if self._before is not None and place.updated > self._before:
                return False
            active = removal.has_active_runs(connection, number)
        reason = "it has active runs: delete them, or restore it" if active else ""
        if number == DEFAULT_EXPERIMENT_ID:
            reason = "runs without another experiment belong to it; it stays, deleted"
        if reason:
            if first:
                self._keep("experiment", number, reason)
            return False
        return self._dry or self._doom(number)

    def _doom(self, number: int) -> bool:
        name = f"{REMOVING} {number} {self._service.make_id()}"

        def doom(connection: Connection, _keys: Mapping[str, int]) -> None:
            if not removal.doom_experiment(connection, number, self._before, name):
                raise Abandon  # it, or a run in it, was restored meanwhile

        try:
            self._store.write(doom)
        except Abandon:
            return False
        return True

    def _end(self, place: Place) -> None:
        """Remove an experiment whose runs are gone."""
        if self._dry:
            self._done.experiments += 1
            return
        with self._store.read() as connection:
            if removal.count(connection, place.id, None) or removal.has_active_runs(connection, place.id):
                return  # a run that could not be removed, of which was told
        try:
            if _is_reached(self._service, place.artifact_location):
                self._service.artifact_store(place.artifact_location).remove_if_empty()
        except RunstoneError as error:
            self._keep("artifacts", place.id, f"the experiment's empty folder stays: {error.message}")
        while not self._store.write(lambda connection, _keys: removal.sweep_experiment(connection, place.id)):
            pass
        self._done.experiments += 1

    # --- runs -----------------------------------------------------------------------------------

    def _take_all(self, rows: Sequence[Doomed], place: Place, before: int | None) -> None:
        while rows:
            rows = rows[self._take(rows, place, before, last_try=True) :]

    def _take(self, rows: Sequence[Doomed], place: Place, before: int | None, *, last_try: bool) -> int:
        """Remove runs of an experiment, until the time is up; how many of them were seen to. One at least is.

        Of one that cannot be removed is told in the last try.
        """
        ids = [row.id for row in rows]
        if not self._dry and any(row.lifecycle != REMOVING for row in rows):
            ids = self._store.write(lambda connection, _keys: removal.doom_runs(connection, ids, before))
        with self._store.read() as connection:
            imported = removal.tagged(connection, ids, IMPORT_TAG)
        doomed, ready, seen = set(ids), list[int](), 0
        for row in rows:
            seen += 1
            if row.id in doomed and self._take_artifacts(row, place, row.id in imported, last_try=last_try):
                ready.append(row.id)
            if self._is_time_up():
                break
        self._sweep(ready)
        return seen

    def _sweep(self, ids: Sequence[int]) -> None:
        if not ids:
            return
        with self._store.read() as connection:
            size = removal.size(connection, ids)
        gone: int | None = len(ids) if self._dry else None
        while gone is None:
            gone = self._store.write(lambda connection, _keys: removal.sweep(connection, ids))
        self._done.runs += gone
        self._done.points += size.points
        self._done.point_bytes += size.bytes

    def _take_artifacts(self, row: Doomed, place: Place, imported: bool, *, last_try: bool) -> bool:
        """Remove a run's artifacts; whether the run may go."""
        reason = _why_kept(self._service, row, place, imported)
        if reason:
            self._keep("artifacts", row.run_id, reason)
            return True
        try:
            folder = self._service.artifact_store(row.artifact_uri.removesuffix("/artifacts"))
            files, size = folder.measure("artifacts")
            if not self._dry:
                folder.delete("artifacts")
                folder.remove_if_empty()
        except RunstoneError as error:
            if last_try:
                self._keep("run", row.run_id, f"its artifacts could not be removed: {error.message}")
            return False
        self._done.files += files
        self._done.file_bytes += size
        return True

    def _keep(self, kind: str, identity: object, reason: str) -> None:
        self._done.kept.append(wire.Kept(kind, str(identity), reason))

    def _is_time_up(self) -> bool:
        return time.monotonic() >= self._until


def _is_reached(service: Service, location: str) -> bool:
    """Whether this service may and can remove files at an artifact location."""
    try:
        service.artifact_store(location)
    except (PermissionDenied, UnsupportedOperation):
        return False
    return True


def _why_kept(service: Service, row: Doomed, place: Place, imported: bool) -> str | None:
    """Why a run's artifacts stay when it goes; None if they go.

    Only what lies in the run's own folder, as it was given to it here, is ours to remove.
    """
    uri = row.artifact_uri
    if uri != of_run(place.artifact_location, row.run_id):
        return f"they are not in the run's own folder, but linked: {uri}"
    if is_proxied(uri) or uri.startswith(f"{service.locations.default_root.rstrip('/')}/"):
        return None
    if imported:
        return f"they were linked by an import: {uri}"
    if not _OUR_ID.fullmatch(row.run_id):
        return f"the run's id was chosen, so that the folder may be somebody else's: {uri}"
    if not _is_reached(service, uri):
        return f"they cannot be removed from here: {uri}"
    return None
