"""Threads for what would block the event loop: a bounded number, each set with its own queue."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

from runstone.errors import RequestLimitExceeded

T = TypeVar("T")


class _Job(NamedTuple):
    future: "asyncio.Future[Any]"
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


class _Done(NamedTuple):
    future: "asyncio.Future[Any]"
    result: Any
    error: BaseException | None


class Pool:
    """Runs blocking functions in at most `threads` threads, for one event loop.

    Leaner than concurrent.futures, since every request passes through: results that are ready together wake the event
    loop once. More than `waiting` functions in the queue are refused with RequestLimitExceeded.
    """

    def __init__(self, name: str, threads: int, waiting: int = 1_000):
        self._name, self._limit, self._waiting = name, threads, waiting
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._done: deque[_Done] = deque()
        self._threads: list[threading.Thread] = []
        self._pending = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = False

    def run(self, function: Callable[..., T], *arguments: Any) -> "asyncio.Future[T]":
        """Call the function in a thread; the future has its result. To be called in the event loop."""
        if self._pending >= self._limit + self._waiting:
            raise RequestLimitExceeded("The server has too much to do at once. Try again in a moment.")
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = self._loop.create_future()
        self._pending += 1
        if len(self._threads) < min(self._pending, self._limit):
            self._start_thread()
        self._jobs.put(_Job(future, function, arguments))
        return future

    async def run_to_end(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call the function in a thread, and wait for its end even if the waiting is cancelled.

        So that what it works on can be put away afterwards.
        """
        future = self.run(function, *arguments)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait([future])
            raise

    def close(self) -> None:
        """End the threads after what they are doing; what is still queued is done first."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _start_thread(self) -> None:
        name = f"{self._name}-{len(self._threads)}"
        thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            result, failed = None, None
            try:
                result = job.function(*job.arguments)
            except BaseException as error:  # noqa: BLE001 - it is raised where the result is awaited
                failed = error
            self._done.append(_Done(job.future, result, failed))
            self._wake()

    def _wake(self) -> None:
        # Two threads may both wake the loop, which is harmless; none can fail to, since the loop clears the flag before
        # it takes what is done.
        if self._woken or self._loop is None:
            return
        self._woken = True
        try:
            self._loop.call_soon_threadsafe(self._deliver)
        except RuntimeError:  # the loop is closed: nobody waits for the result any more
            self._done.clear()

    def _deliver(self) -> None:
        self._woken = False
        while self._done:
            future, result, error = self._done.popleft()
            self._pending -= 1
            if future.cancelled():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)


class Pools:
    """The server's threads: for short reads, for writes, for what may take long, and for the bytes of artifacts.

    Writes wait for each other's commit, all of them while the database is locked; reads need not wait with them.
    """

    def __init__(self) -> None:
        self.short = Pool("short", 32)
        self.writes = Pool("writes", 32)
        self.heavy = Pool("heavy", 4)
        self.files = Pool("files", 8)

    def close(self) -> None:
        """End all threads."""
        for pool in (self.short, self.writes, self.heavy, self.files):
            pool.close()
