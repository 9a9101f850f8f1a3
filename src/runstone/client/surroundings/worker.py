"""A thread for work that must not hold up a training: in order, bounded at the end, and silent but for one warning.

The thread lives while there is work, so that a process that forks later is not a multi-threaded one. A fork that comes
while it works waits a moment for it: what a child inherits in the midst of an import can stop it for good.
"""

import heapq
import logging
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import count
from typing import NamedTuple
from weakref import WeakSet

FORK_SECONDS = 1.0
"""How long forks wait for the piece of work under way, if they wait: all of them together."""

END_SECONDS = 5.0
"""How long the end of the process waits for a piece of work."""

LONGEST_END_SECONDS = 30.0
"""How long it waits for all of them, as long as each takes less than that."""

_log = logging.getLogger("runstone")
_numbers = count()
_workers: "WeakSet[Worker]" = WeakSet()
_finishing: dict[str, int] = {}


class _Work(NamedTuple):
    """A piece of work for a run; `what` it is, to say it if it fails.

    It is `due` by the monotonic clock, and then `counted` among what is waited for.
    """

    due: float
    number: int
    counted: bool
    run_id: str
    what: str
    do: Callable[[], None]


class Worker:
    """Does what is handed to it in a daemon thread, one piece after the other.

    With `stops_for_forks=False` a fork does not wait for it: right where a piece of work is long and imports nothing.
    `after` is called in the thread with the id of the run that a piece of work was for.
    """

    def __init__(
        self, name: str, *, stops_for_forks: bool = True, after: Callable[[str], None] = lambda run_id: None
    ):
        self._name = name
        self._after = after
        self.number = next(_numbers)
        """Work of an earlier worker may hand over some to a later one."""
        self.stops_for_forks = stops_for_forks
        self.begin_anew()
        _workers.add(self)

    def begin_anew(self) -> None:
        """In a forked child, where the thread is not: forget what the parent does."""
        self._changed = threading.Condition()
        self._waiting: list[_Work] = []
        self._pending: Counter[str] = Counter()
        self._thread: threading.Thread | None = None
        self._working = self._resting = self._warned = self._ended = False
        self._progress = 0.0
        """When a piece of work was done last, or the end began."""
        self._doing: int | None = None
        self._not_waited_for: int | None = None
        """The piece of work that a fork has waited for in vain."""

    def hand_over(self, run_id: str, what: str, do: Callable[[], None], *, delay: float = 0.0) -> None:
        """Have `do` called in the thread, soon or after a delay in seconds.

        Nothing that it raises reaches anybody: it is logged as a warning, once.
        """
        with self._changed:
            if self._ended:
                return
            due = time.monotonic() + delay
            heapq.heappush(self._waiting, _Work(due, next(_numbers), not delay, run_id, what, do))
            if not delay:
                self._pending[run_id] += 1
            # Not woken for what comes later than what it waits for: a loop of short runs costs it nothing.
            if not self._working:
                self._start()
            elif not delay:
                self._changed.notify_all()

    def cancel(self, run_id: str) -> bool:
        """Forget the work for a run that is not due yet. Returns whether there was some."""
        with self._changed:
            kept = [work for work in self._waiting if work.run_id != run_id or work.counted]
            if len(kept) < len(self._waiting):
                heapq.heapify(kept)
                self._waiting = kept
                return True
            return False

    def is_idle(self, run_id: str) -> bool:
        """Whether no work for a run is due or under way."""
        return run_id not in self._pending

    def settle(self, run_id: str, seconds: float) -> bool:
        """Wait until all work for a run that is due is done. Returns whether it is, after at most that many seconds."""
        if not self._pending.get(run_id) or threading.current_thread() is self._thread:
            return True
        with self._changed:
            return self._changed.wait_for(lambda: not self._pending[run_id], seconds)

    def hurry(self) -> None:
        """Have all that waits be due."""
        with self._changed:
            self._progress = now = time.monotonic()
            self._pending.update(work.run_id for work in self._waiting if not work.counted)
            self._waiting = [work._replace(due=min(work.due, now), counted=True) for work in self._waiting]
            heapq.heapify(self._waiting)
            self._changed.notify_all()

    def wait_for_all(self, deadline: float) -> None:
        """Wait for all work, as long as it gets on, until a time of the monotonic clock at most."""
        with self._changed:
            while self._pending and self._working:
                left = min(deadline, self._progress + END_SECONDS) - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)

    def close(self) -> None:
        """Take no more work, and say if something was not done."""
        with self._changed:
            self._ended = True
            undone = list(self._pending)
        if undone:
            _log.warning(
                "The process ended before everything was recorded that made the run %s%s. "
                "Nothing that was logged is missing.",
                undone[0],
                f" and {len(undone) - 1:,} more" if len(undone) > 1 else "",
            )

    def rest(self, seconds: float) -> None:
        """Have the thread end, though work may wait, and wait for that at most so many seconds.

        What was waited for in vain is not waited for again.
        """
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            with self._changed:
                self._resting = True
                self._changed.notify_all()
                if self._doing is not None and self._doing == self._not_waited_for:
                    return
            thread.join(seconds)
            if thread.is_alive():
                self._not_waited_for = self._doing

    def go_on(self) -> None:
        """After a rest: take up the work that waits."""
        with self._changed:
            self._resting = False
            if self._waiting and not self._working:
                self._start()

    def _start(self) -> None:
        _watch_forks()
        thread = threading.Thread(target=self._work, name=self._name, daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # too many threads, or too late: the interpreter is shutting down
            _log.debug("%s has no thread: %s", self._name, error)
            return
        self._thread, self._working, self._progress = thread, True, time.monotonic()
        _finish_with_multiprocessing()

    def _work(self) -> None:
        while (work := self._next()) is not None:
            self._guarded(work)
            with self._changed:
                self._progress, self._doing = time.monotonic(), None
                self._pending[work.run_id] -= 1
                if not self._pending[work.run_id]:
                    del self._pending[work.run_id]
                self._changed.notify_all()
            self._after(work.run_id)

    def _next(self) -> _Work | None:
        """The next piece of work, once it is due; None if there is nothing to do, or the thread is to rest."""
        with self._changed:
            while self._waiting and not self._resting:
                wait = self._waiting[0].due - time.monotonic()
                if wait <= 0:
                    work = heapq.heappop(self._waiting)
                    self._pending[work.run_id] += not work.counted
                    self._doing = work.number
                    return work
                self._changed.wait(wait)
            self._working = False
            self._changed.notify_all()
            return None

    def _guarded(self, work: _Work) -> None:
        """A guest in the training process: whatever fails here is warned of once, and costs no run."""
        try:
            work.do()
        except Exception as error:  # noqa: BLE001
            if not self._warned and not self._ended:
                self._warned = True
                _log.warning(
                    "%s could not be recorded for the run %s: %s The run itself is not affected. "
                    "Further such failures are not shown.",
                    work.what,
                    work.run_id,
                    _sentence(error),
                )


def _sentence(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text if text.endswith(".") else f"{text}."


def finish() -> None:
    """At the end of the process: wait for all work, for one bounded time, and say if something was not done.

    What does not get on for END_SECONDS is not waited for any longer, nor anything for LONGEST_END_SECONDS.
    """
    deadline = time.monotonic() + LONGEST_END_SECONDS
    workers = sorted(_workers, key=lambda worker: worker.number)
    for worker in workers:
        worker.hurry()
    try:
        for worker in workers:
            worker.wait_for_all(deadline)
    except KeyboardInterrupt:  # by a person who does not want to wait
        _log.debug("Interrupted while waiting for the record")
    for worker in workers:
        worker.close()


def _finish_with_multiprocessing() -> None:
    """The children of multiprocessing end without the functions that atexit keeps: once in each, tell them."""
    loaded = sys.modules.get("multiprocessing.process")
    if (
        loaded is not None
        and loaded.parent_process() is not None
        and _finishing.get("process") != os.getpid()
    ):
        from multiprocessing.util import Finalize

        _finishing["process"] = os.getpid()
        Finalize(None, finish, exitpriority=10)


@cache
def _watch_forks() -> None:
    # Only now: what is registered later runs earlier before a fork. The local transport was registered when the client
    # was made, and must not stop the work that is waited for.
    if sys.platform != "win32":
        os.register_at_fork(
            before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
        )


def _before_fork() -> None:
    for worker in list(_workers):
        if worker.stops_for_forks:
            worker.rest(FORK_SECONDS)


def _after_fork_in_parent() -> None:
    for worker in list(_workers):
        worker.go_on()


def _after_fork_in_child() -> None:
    for worker in list(_workers):
        worker.begin_anew()
