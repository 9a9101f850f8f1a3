"""The runs that are open in this process: a stack for each thread, and the experiment that new runs go to."""

import atexit
import logging
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

from runstone import settings
from runstone.client.client import Client
from runstone.client.convert import to_id, to_items, to_status
from runstone.client.surroundings.recorder import recorder
from runstone.client.uris import get_tracking_uri
from runstone.entities import Experiment, LifecycleStage, Run, RunTag
from runstone.entities.names import NOTE_TAG, PARENT_RUN_TAG, check_run_id
from runstone.errors import (
    InvalidParameterValue,
    InvalidState,
    ResourceAlreadyExists,
    ResourceDoesNotExist,
    RunstoneError,
    ServerUnreachable,
)

DEFAULT_EXPERIMENT_ID = "0"
_KEPT_CLIENTS = 8
_log = logging.getLogger("runstone")


class ActiveRun(Run, frozen=True):
    """A run that is being recorded; as a context manager it ends with the block.

    Its info and data are those of its beginning; `get_run` reads the present ones.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the run, and those nested in it that are still open: FAILED if the block raised, else FINISHED."""
        try:
            _end_through(self.info.run_id, "FINISHED" if kind is None else "FAILED")
        except RunstoneError as failure:
            if kind is None:
                raise
            # The block's own exception is the one to see.
            _log.warning("The run %s could not be ended: %s", self.info.run_id, failure)


class _Open(NamedTuple):
    """An open run, and the client that it is recorded with, whatever the tracking URI becomes."""

    run: ActiveRun
    client: Client


class _Thread(threading.local):
    """What is open in one thread, the innermost last, and what ended there last."""

    def __init__(self) -> None:
        self.stack: list[_Open] = []
        self.ended: tuple[Client, str] | None = None


class _Process:
    """What the threads of this process share."""

    def __init__(self) -> None:
        self.lock = threading.RLock()  # a signal's handler may come here while its thread does
        self.clients: OrderedDict[str, Client] = OrderedDict()
        self.open: dict[str, _Open] = {}
        self.experiment_id: str | None = None


_thread = _Thread()
_process = _Process()


# --- clients --------------------------------------------------------------------------------------


def current_client() -> Client:
    """The client for the tracking URI that holds now. Some are kept, so that switching back and forth is cheap."""
    uri = get_tracking_uri()
    with _process.lock:
        client = _process.clients.get(uri)
        if client is None:
            client = _process.clients[uri] = Client(uri)
            _close_oldest()
        _process.clients.move_to_end(uri)
        return client


def _close_oldest() -> None:
    used = {id(entry.client) for entry in _process.open.values()}
    idle = [uri for uri, client in _process.clients.items() if id(client) not in used]
    for uri in idle[:-_KEPT_CLIENTS]:
        _process.clients.pop(uri).close()


# --- the experiment of new runs -------------------------------------------------------------------


def activate_experiment(name: str | None, experiment_id: str | None) -> Experiment:
    """Have new runs go to an experiment, which is created if it is named and absent."""
    if (name is None) == (experiment_id is None):
        raise InvalidParameterValue("Must specify exactly one of: `experiment_id` or `experiment_name`.")
    client = current_client()
    experiment = _named(client, name) if name is not None else client.get_experiment(to_id(experiment_id))
    if experiment.lifecycle_stage != LifecycleStage.ACTIVE:
        raise InvalidParameterValue(
            f"Cannot set a deleted experiment '{experiment.name}' as the active experiment. "
            "Restore it, or choose another name."
        )
    _process.experiment_id = experiment.experiment_id
    # So that the processes that this one starts go on in it.
    os.environ[settings.EXPERIMENT_ID.name] = experiment.experiment_id
    return experiment


def current_experiment_id(client: Client) -> str:
    """The experiment of new runs: set_experiment's, MLFLOW_EXPERIMENT_ID's, MLFLOW_EXPERIMENT_NAME's or "0"."""
    if _process.experiment_id:
        return _process.experiment_id
    if experiment_id := settings.EXPERIMENT_ID.read():
        try:
            return client.get_experiment(experiment_id).experiment_id
        except ResourceDoesNotExist as error:
            raise InvalidParameterValue(
                f"The environment variable MLFLOW_EXPERIMENT_ID is '{experiment_id}', and there is no such "
                f"experiment at {client.tracking_uri}."
            ) from error
    if name := settings.EXPERIMENT_NAME.read():
        return _named(client, name).experiment_id
    return DEFAULT_EXPERIMENT_ID


def _named(client: Client, name: str) -> Experiment:
    experiment = client.get_experiment_by_name(name)
    if experiment is not None:
        return experiment
    try:
        return client.get_experiment(client.create_experiment(name))
    except ResourceAlreadyExists:  # by another process, since we looked
        experiment = client.get_experiment_by_name(name)
        if experiment is None:
            raise
        return experiment


# --- open runs ------------------------------------------------------------------------------------


def current() -> _Open | None:
    """The innermost open run of this thread."""
    return _thread.stack[-1] if _thread.stack else None


def current_or_new() -> _Open:
    """The innermost open run of this thread; a new one if there is none."""
    return current() or start()


def target(run_id: str | None) -> tuple[Client, str]:
    """The run to log to, and its client: the one named, or the active one, which is started if there is none."""
    opened = current() if run_id else current_or_new()
    if opened is not None and run_id in (None, opened.run.info.run_id):
        return opened.client, opened.run.info.run_id
    assert run_id is not None
    return current_client(), run_id


def last_ended() -> tuple[Client, str] | None:
    """The run that ended last in this thread: its client and its id."""
    return _thread.ended


def start(
    *,
    run_id: str | None = None,
    experiment_id: str | None = None,
    run_name: str | None = None,
    nested: bool = False,
    parent_run_id: str | None = None,
    tags: Mapping[str, Any] | None = None,
    description: str | None = None,
) -> _Open:
    """Open a run in this thread: a new one, or the one with `run_id` again."""
    active = current()
    if active is not None and not nested:
        raise InvalidState(
            f"Run with UUID {active.run.info.run_id} is already active. To start a new run, first end the current "
            "run with end_run(). To start a nested run, call start_run with nested=True"
        )
    client = current_client()
    wanted = _with_description(tags, description)
    run_id = run_id or _run_id_of_environment()
    if run_id:
        run = _resumed(client, run_id, run_name, wanted)
        recorder.record_resumed(client, run_id)
    else:
        parent = _parent_of_new(client, parent_run_id)
        if parent is not None:
            wanted[PARENT_RUN_TAG] = parent
        experiment = current_experiment_id(client) if experiment_id is None else to_id(experiment_id)
        # A parent that is open here has the files already; a sweep of thousands of runs does not repeat them.
        with_files = parent not in _process.open
        tags = recorder.tags(files=with_files) | wanted
        run = client.create_run(experiment, tags=tags, run_name=run_name or None)
        recorder.record(client, run.info.run_id, tags, files=with_files)
    opened = _Open(ActiveRun(run.info, run.data, run.inputs, run.outputs), client)
    _thread.stack.append(opened)
    with _process.lock:
        _process.open[run.info.run_id] = opened
    return opened


def _run_id_of_environment() -> str | None:
    """The run that the environment names; it counts once, as in MLflow: later runs are new ones."""
    run_id = settings.RUN_ID.read()
    if run_id:
        del os.environ[settings.RUN_ID.name]
    return run_id


def _with_description(tags: Mapping[str, Any] | None, description: str | None) -> dict[str, Any]:
    wanted = dict(to_items(tags or {}, "tags"))
    if description:
        if NOTE_TAG in wanted:
            raise InvalidParameterValue(
                f"Description is already set via the tag {NOTE_TAG} in tags. "
                f"Remove the key {NOTE_TAG} from the tags or omit the description."
            )
        wanted[NOTE_TAG] = description
    return wanted


def _resumed(client: Client, run_id: str, run_name: str | None, tags: Mapping[str, Any]) -> Run:
    check_run_id(run_id)
    info = client.get_run(run_id).info
    if _process.experiment_id not in (None, info.experiment_id):
        raise InvalidParameterValue(
            f"Cannot start run with ID {run_id}: it belongs to the experiment {info.experiment_id}, but "
            f"set_experiment chose {_process.experiment_id}. Choose the run's own experiment first."
        )
    _refuse_deleted(info.lifecycle_stage, f"run with ID {run_id}")
    client.update_run(run_id, status="RUNNING", name=run_name)
    if tags:
        client.log_batch(run_id, tags=[RunTag(key, str(value)) for key, value in tags.items()])
    return client.get_run(run_id)


def _parent_of_new(client: Client, parent_run_id: str | None) -> str | None:
    active = current()
    if parent_run_id is None:
        return active.run.info.run_id if active else None
    check_run_id(parent_run_id)
    if active is not None and active.run.info.run_id != parent_run_id:
        raise InvalidParameterValue(
            f"Current run with UUID {active.run.info.run_id} does not match the specified parent_run_id "
            f"{parent_run_id}. To start a new nested run under the parent run with UUID {parent_run_id}, first end "
            "the current run with end_run()."
        )
    _refuse_deleted(
        client.get_run(parent_run_id).info.lifecycle_stage, f"run under parent run with ID {parent_run_id}"
    )
    return parent_run_id


def _refuse_deleted(stage: str, what: str) -> None:
    if stage == LifecycleStage.DELETED:
        raise InvalidParameterValue(f"Cannot start {what} because it is in the deleted state.")


def end(status: str) -> None:
    """End the innermost open run of this thread, if there is one."""
    status = to_status(status)
    if _thread.stack:
        _end_last(status)


def _end_through(run_id: str, status: str) -> None:
    """End the open run with this id and all above it on this thread's stack; nothing if it has ended already."""
    if not any(entry.run.info.run_id == run_id for entry in _thread.stack):
        return
    while _thread.stack[-1].run.info.run_id != run_id:
        _end_last(status)
    _end_last(status)


def _end_last(status: str) -> None:
    run, client = _thread.stack.pop()
    run_id = run.info.run_id
    with _process.lock:
        _process.open.pop(run_id, None)
    _thread.ended = client, run_id
    recorder.ended(run_id)
    client.set_terminated(run_id, status)


def _end_all() -> None:
    """At the end of the process: end what is open, in any thread, the innermost first."""
    unreachable: set[int] = set()
    for run_id, (_, client) in reversed(list(_process.open.items())):
        if id(client) in unreachable:
            continue
        try:
            client.set_terminated(run_id)
        except RunstoneError as error:
            _log.warning("The run %s could not be ended: %s", run_id, error)
            if isinstance(error, ServerUnreachable):
                unreachable.add(id(client))
    _process.open.clear()
    recorder.finish()  # last: a run does not seem to go on while its record is waited for
    for client in _process.clients.values():
        client.close()


atexit.register(_end_all)


def _begin_anew() -> None:
    """In a forked child: the open runs are the parent's to end, and a lock may be held by a thread that is not here."""
    global _thread, _process
    clients, experiment_id = _process.clients, _process.experiment_id
    _thread, _process = _Thread(), _Process()
    _process.clients, _process.experiment_id = clients, experiment_id


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_begin_anew)
