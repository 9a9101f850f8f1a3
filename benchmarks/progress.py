"""How far something long has come: a line that renews itself on a terminal, a line now and then elsewhere.

Nothing but the standard library: MLflow's environment uses it as well.
"""

import sys
import time
from typing import Self


class Progress:
    """Says on stderr how many of `total` are done, and for how long it will go on."""

    def __init__(self, what: str, total: int):
        self._what, self._total, self._done = what, total, 0
        self._terminal = sys.stderr.isatty()
        self._every_s = 0.2 if self._terminal else 10.0
        self._began = self._said = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def advance(self, count: int) -> None:
        """Note that so many more are done."""
        self._done += count
        now = time.monotonic()
        if now - self._said < self._every_s:
            return
        self._said = now
        left = (now - self._began) * (self._total - self._done) / self._done
        line = f"  {self._what}: {self._done:,} of {self._total:,}, {left:.0f} s left"
        start, end = ("\r\033[K", "") if self._terminal else ("", "\n")
        print(f"{start}{line}", end=end, file=sys.stderr, flush=True)
