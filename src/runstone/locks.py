"""A lock between processes, on a file."""

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Protocol
from weakref import WeakSet


class Lock(Protocol):
    """Something that one holder at a time may hold, as a context manager."""

    def __enter__(self) -> object: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def close(self) -> None:
        """Give up what it holds of the system. It can be taken again later."""
        ...


class NoLock:
    """A lock that keeps nobody out."""

    def __enter__(self) -> object:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def close(self) -> None:
        """See FileLock."""


class FileLock:
    """An exclusive lock on a file, held by one process at a time; the system frees it when its holder dies.

    Waiters are woken in turn, unlike SQLite's own lock, which is polled and lets a busy writer starve the others. Not
    re-entrant, and not a lock between threads: its user serialises those.
    """

    def __init__(self, path: Path):
        self._path = path
        self._file: int | None = None
        _locks.add(self)

    def __enter__(self) -> "FileLock":
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        _acquire(self._file)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._file is not None
        _release(self._file)

    def close(self) -> None:
        """Close the file. The lock can be taken again later; it opens the file anew."""
        if self._file is not None:
            os.close(self._file)
        self._file = None


def is_held(path: Path) -> bool | None:
    """Whether a process holds the lock on this file at this moment; None if one may not ask. No file is created."""
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:  # no permission, or a medium that nobody can write to
        return None
    try:
        if _acquire_now(file):
            _release(file)
            return False
        return True
    finally:
        os.close(file)


_locks: "WeakSet[FileLock]" = WeakSet()


def _close_inherited() -> None:
    """In a forked child: a descriptor of the parent's would share its lock, and keep it when the parent is dead."""
    for lock in _locks:
        lock.close()


if sys.platform == "win32":
    import msvcrt
    import time

    def _acquire(file: int) -> None:
        while not _acquire_now(file):
            time.sleep(0.001)

    def _acquire_now(file: int) -> bool:
        os.lseek(file, 0, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _release(file: int) -> None:
        os.lseek(file, 0, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    os.register_at_fork(after_in_child=_close_inherited)

    def _acquire(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)

    def _acquire_now(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _release(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
