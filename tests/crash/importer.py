"""Imports SOURCE into TARGET in tiny requests, and kills itself before the Nth thing that it does to the target.

python importer.py SOURCE TARGET N
"""

import os
import signal
import sys
from typing import Any

from runstone.cli import run
from runstone.client.local import LocalTransport
from runstone.importer import outbox


class Countdown:
    """Counts what is done to the target, and ends the process when it is enough."""

    def __init__(self, left: int):
        self.left = left

    def __call__(self) -> None:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


class Folder:
    """An artifact folder whose writes are counted, before and after each."""

    def __init__(self, folder: Any, count: Countdown):
        self._folder, self._count = folder, count

    def __getattr__(self, name: str) -> Any:
        return getattr(self._folder, name)

    def put_file(self, local: Any, path: str) -> None:
        self._count()
        self._folder.put_file(local, path)
        self._count()


def main(source: str, target: str, last: int) -> int:
    count = Countdown(last)
    outbox.MOST_WEIGHT = 4_000  # some 50 points
    send, artifacts = LocalTransport.send, LocalTransport.artifacts

    def counted_send(self: Any, operation: Any, request: Any) -> Any:
        count()
        response = send(self, operation, request)
        count()
        return response

    LocalTransport.send = counted_send
    LocalTransport.artifacts = lambda self, location: Folder(artifacts(self, location), count)  # type: ignore[assignment]
    return run(["import", source, "--to", target])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
