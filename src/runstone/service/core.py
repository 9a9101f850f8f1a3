"""The service: a store, its artifacts, and the functions that the operations call."""

import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from runstone.artifact_store import Artifacts, ArtifactStore
from runstone.service.locations import Locations
from runstone.store import Store
from runstone.wire.base import Request, Response
from runstone.wire.operations import BY_NAME

Function = Callable[["Service", Any], Response]
F = TypeVar("F", bound=Function)


def now_ms() -> int:
    """The time in milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """A new id: 32 hexadecimal digits."""
    return uuid.uuid4().hex


class Service:
    """The operations over one store. Thread-safe; `call` blocks until the answer is there.

    The clock and the source of ids are passed in, so that a test can hold them still.
    """

    def __init__(
        self,
        store: Store,
        artifacts: Artifacts,
        locations: Locations,
        *,
        truncate_long_values: bool = True,
        now: Callable[[], int] = now_ms,
        make_id: Callable[[], str] = new_id,
    ):
        self.store = store
        self.artifacts = artifacts
        self.locations = locations
        self.truncate_long_values = truncate_long_values
        self.now = now
        self.make_id = make_id

    def call(self, name: str, request: Request) -> Response:
        """Run the operation of this name. Raises RunstoneError, and nothing else that a caller could provoke."""
        return FUNCTIONS[name](self, request)

    def artifact_store(self, location: str) -> ArtifactStore:
        """The store at an artifact location that the database holds. Raises PermissionDenied, UnsupportedOperation."""
        self.locations.check_served(location)
        return self.artifacts.at(location)

    def close(self) -> None:
        """Close the store. The service must not be used afterwards."""
        self.store.close()


FUNCTIONS: dict[str, Function] = {}
"""The function of every operation, by the operation's name."""


def operation(function: F) -> F:
    """Register a function as what the operation of its name does."""
    name = function.__name__
    assert name in BY_NAME, f"{name} is no row of the operation table"
    assert name not in FUNCTIONS, f"{name} is registered twice"
    FUNCTIONS[name] = function
    return function
