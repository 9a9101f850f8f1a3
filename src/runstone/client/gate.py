"""A gate that calls pass through, and that a fork waits at until no call is under way."""

import threading


class Gate:
    """Counts the calls under way. Each is a `with gate:` block; a thread may nest them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside: dict[int, int] = {}
        self._closed = False

    def __enter__(self) -> None:
        me = threading.get_ident()
        with self._changed:
            while self._closed and me not in self._inside:
                self._changed.wait()
            self._inside[me] = self._inside.get(me, 0) + 1

    def __exit__(self, *_: object) -> None:
        me = threading.get_ident()
        with self._changed:
            self._inside[me] -= 1
            if not self._inside[me]:
                del self._inside[me]
                if self._closed:
                    self._changed.notify_all()

    def close(self) -> bool:
        """Let nobody in any more, and wait until the other threads have come out.

        Returns whether the gate is empty then: not if the calling thread itself is inside, interrupted by a signal.
        """
        me = threading.get_ident()
        with self._changed:
            self._closed = True
            while any(other != me for other in self._inside):
                self._changed.wait()
            return me not in self._inside

    def open(self) -> None:
        """Let calls pass again."""
        with self._changed:
            self._closed = False
            self._changed.notify_all()
