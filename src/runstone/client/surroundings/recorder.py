"""Gives each run the record of what made it: gathered once a process, in a thread, from the first run on.

The tags go to every run. The files go to the first run of a process at once, and to a later one when it has lasted a
second, so that a loop of a thousand short runs does not write thousands of equal files; the tag `runstone.recordedWith`
names the run that has them. A run nested in one that is open here has its parent's.
"""

import json
import os
import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from runstone import settings
from runstone.client.surroundings.tags import context_tags, find_program
from runstone.client.surroundings.worker import Worker, finish
from runstone.client.transport import ArtifactFolder
from runstone.entities import RunTag
from runstone.errors import ResourceDoesNotExist

if TYPE_CHECKING:
    from runstone.client.client import Client
    from runstone.client.surroundings.data_files import Digests
    from runstone.client.surroundings.record import Record

FOLDER = "runstone"
"""Where among a run's artifacts the files are."""

RECORDED_WITH_TAG = "runstone.recordedWith"
"""Names the run, of the same process, that has the files of a run that was too short to get its own."""

LASTING_SECONDS = 1.0
"""How long a run lasts that gets files of its own, though another run of the process has the same."""

INTERACTIVE_SECONDS = 10.0
"""After so long what was found is looked for again in a notebook or a console, whose code changes meanwhile."""

READ_SECONDS = 5.0
"""How long reading a run's artifacts waits for the record that this process is about to add to them."""

_WHAT = "What made it"
_WHAT_DATA = "What data it read"


class _Gathered(NamedTuple):
    """A record, and until when (by the monotonic clock) it holds; None: as long as the process."""

    record: "Record"
    until: float | None


class _Process:
    """What is known in a process; a forked child begins with nothing."""

    def __init__(self) -> None:
        self.id = os.getpid()
        self.gathered: _Gathered | None = None
        self.gathering = False
        self.holder: str | None = None
        """The run that has the files, or is about to."""
        self.begun: set[str] = set()
        """The runs that began here, which have the record if they are to have one."""
        self.resumed: set[str] = set()
        """Those that began elsewhere, and went on here."""
        self.places: dict[str, str] = {}
        """Where among its artifacts a run's files of this process go; absent: not decided yet."""
        self.placing = threading.Lock()
        self.filed: set[str] = set()
        """Those that have a record of this process among their artifacts."""
        self.data: dict[str, list[str]] = {}
        self.ended: set[str] = set()
        """Those that ended, while something is still to be recorded of them."""
        self.waited: set[str] = set()
        """Those whose record was waited for in vain."""


class Recorder:
    """What a process knows of its surroundings, and the thread that finds it out and hands it on."""

    def __init__(self) -> None:
        self._worker = Worker("runstone-record", after=self._forget)
        self._data_worker = Worker("runstone-data", stops_for_forks=False, after=self._forget)
        self._digests: Digests | None = None
        self._process = _Process()

    def tags(self, *, files: bool) -> dict[str, str]:
        """The tags of a run that begins now: as many as are known without waiting. `files`: see `record`."""
        how, known, holder = settings.CAPTURE.read(), self._known(), self._here().holder
        if how == "off":
            return {}
        tags = context_tags() if known is None else known.tags | context_tags()
        return tags | {RECORDED_WITH_TAG: holder} if holder and known and files and how == "full" else tags

    def record(self, client: "Client", run_id: str, begun_with: Iterable[str], *, files: bool) -> None:
        """Have a run that has begun get the rest soon: the tags that it did not begin with, and, with `files`, those.

        `begun_with` are the keys of its tags; what the user set is never overwritten.
        """
        how, known, process = settings.CAPTURE.read(), self._known(), self._here()
        if how == "off":
            return
        process.begun.add(run_id)
        files = files and how == "full"
        first = files and (process.holder is None or (known is None and not process.gathering))
        if first:
            process.holder, process.gathering = run_id, known is None
        present = frozenset(begun_with)
        # Between the beginning and this, another run's record may have become known.
        complete = known is not None and known.tags.keys() <= present
        if not complete or (files and not first and RECORDED_WITH_TAG not in present):
            self._worker.hand_over(run_id, _WHAT, lambda: self._add_tags(client, run_id, present, files))
        if files:
            delay = 0.0 if first else LASTING_SECONDS
            self._worker.hand_over(run_id, _WHAT, lambda: self._add_files(client, run_id), delay=delay)
            self._record_data_of_setting(client, run_id, delay)

    def record_resumed(self, client: "Client", run_id: str) -> None:
        """Have a run that goes on in this process get this one's files too, once, beside those of its beginning."""
        process = self._here()
        process.ended.discard(run_id)
        if settings.CAPTURE.read() != "full" or run_id in process.begun or run_id in process.resumed:
            return
        process.resumed.add(run_id)
        self._worker.hand_over(run_id, _WHAT, lambda: self._add_files(client, run_id), delay=LASTING_SECONDS)
        self._record_data_of_setting(client, run_id, LASTING_SECONDS)

    def record_data(self, client: "Client", run_id: str, paths: Iterable[str], *, delay: float = 0.0) -> None:
        """Have digests of files and folders be made, in a thread of their own, and added to a run's artifacts."""
        from runstone.client.surroundings.data_files import DATA, Digests

        named = self._here().data.setdefault(run_id, [])
        named += [path for path in paths if path and path not in named]
        digests = self._digests = self._digests or Digests()

        def put(content: dict[str, object]) -> None:
            place, artifacts = self._place(client, run_id), artifacts_of(client, run_id)
            artifacts.put_bytes(json.dumps(content, indent=2, ensure_ascii=False).encode(), f"{place}/{DATA}")

        def add() -> None:  # what is known at once, lest the process ends before the digests are made
            content = digests.describe_at_once(list(named))
            put(content)
            if not content["complete"]:
                self._data_worker.hand_over(run_id, _WHAT_DATA, complete)

        def complete() -> None:
            paths: list[str] = []
            content: dict[str, object] = {}
            while paths != named:  # more may be named meanwhile
                paths = list(named)
                content = digests.describe(paths, read=True)
            put(content)

        self._worker.hand_over(run_id, _WHAT_DATA, add, delay=delay)

    def ended(self, run_id: str) -> None:
        """A run has ended: if it was too short for files of its own, it gets none."""
        process = self._here()
        if self._worker.cancel(run_id):
            process.resumed.discard(run_id)
        process.ended.add(run_id)
        self._forget(run_id)

    def settle(self, run_id: str, seconds: float = READ_SECONDS) -> bool:
        """Wait, if it was not waited in vain before, until a run has what it is to have by now; returns whether it has.

        Digests of much data are not waited for.
        """
        waited = self._here().waited
        done = self._worker.settle(run_id, 0 if run_id in waited else seconds)
        (waited.discard if done else waited.add)(run_id)
        return done

    def finish(self) -> None:
        """At the end of the process: wait, for a bounded time, until every run has its record."""
        finish()

    def _forget(self, run_id: str) -> None:
        """Drop what is known of a run that ended without files of its own, once nothing is to be recorded of it."""
        process = self._here()
        if run_id in process.ended and self._worker.is_idle(run_id) and self._data_worker.is_idle(run_id):
            process.ended.discard(run_id)
            if run_id not in process.filed:
                process.begun.discard(run_id)
                process.places.pop(run_id, None)
                process.data.pop(run_id, None)

    def _record_data_of_setting(self, client: "Client", run_id: str, delay: float) -> None:
        if named := settings.DATA_FILES.read():
            paths = [os.path.abspath(path) for path in named.split(os.pathsep) if path]  # noqa: PTH100
            self.record_data(client, run_id, paths, delay=delay)

    def _here(self) -> _Process:
        if self._process.id != os.getpid():
            self._process = _Process()
        return self._process

    def _known(self) -> "Record | None":
        gathered = self._here().gathered
        if gathered is None or (gathered.until is not None and time.monotonic() > gathered.until):
            return None
        return gathered.record

    def _add_tags(self, client: "Client", run_id: str, present: frozenset[str], files: bool) -> None:
        tags = dict((self._known() or self._gather()).tags)
        holder = self._here().holder
        if files and holder is not None and holder != run_id:
            tags[RECORDED_WITH_TAG] = holder
        new = [RunTag(key, value) for key, value in tags.items() if key not in present]
        if new:
            client.log_batch(run_id, tags=new)

    def _add_files(self, client: "Client", run_id: str) -> None:
        process = self._here()
        try:
            record = self._known() or self._gather()
            place, artifacts = self._place(client, run_id), artifacts_of(client, run_id)
            process.filed.add(run_id)
            for name, content in record.files.items():
                artifacts.put_bytes(content, f"{place}/{name}")
            if place == FOLDER and process.holder != run_id:
                with suppress(ResourceDoesNotExist):  # deleted by the user, or never set
                    client.delete_tag(run_id, RECORDED_WITH_TAG)
        except BaseException:
            if process.holder == run_id:
                process.holder = None  # the next run takes its place
            raise

    def _place(self, client: "Client", run_id: str) -> str:
        """Where the files go: where a run began, the folder itself; where another process went on with it, below."""
        process = self._here()
        with process.placing:
            if run_id not in process.places:
                place = FOLDER
                # Without files, `Client.create_run` made it elsewhere.
                if run_id not in process.begun and artifacts_of(client, run_id).list(FOLDER):
                    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
                    place = f"{FOLDER}/resumed/{now}-{socket.gethostname()}-{os.getpid()}"
                process.places[run_id] = place
            return process.places[run_id]

    def _gather(self) -> "Record":
        from runstone.client.surroundings.record import gather

        process, program = self._here(), find_program()
        if not process.gathering:
            process.holder = None  # whose files are those of an earlier record
        try:
            record = gather(program)
        finally:
            process.gathering = False
        until = time.monotonic() + INTERACTIVE_SECONDS if program.is_interactive else None
        process.gathered = _Gathered(record, until)
        return record


def artifacts_of(client: "Client", run_id: str) -> ArtifactFolder:
    """The artifacts of a run."""
    return client._artifacts(run_id)  # pyright: ignore[reportPrivateUsage]


recorder = Recorder()
"""That of this process."""
