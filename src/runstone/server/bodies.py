"""Reading the bodies of requests within bounds: of each one, and of all that are held at once."""

from typing import Self

from runstone.errors import InvalidParameterValue, RequestLimitExceeded
from runstone.server.answers import Receive

MAX_BODY = 64 << 20
"""Bytes. The largest request of the protocol, a batch of 1,000 items, stays below 10 MB."""

MAX_HELD = 256 << 20
"""Bytes of all requests that the server holds at once, whether it still receives them or they wait for a thread."""


class Bodies:
    """The room for the bodies of requests. To be used in one event loop."""

    def __init__(self, room: int = MAX_HELD):
        self._room = room

    def begin(self) -> "Body":
        """A body to be read; a context manager that holds its room until the end of the block."""
        return Body(self)

    def take(self, size: int) -> None:
        """Hold this many bytes. Raises RequestLimitExceeded if there is no room for them."""
        if size > self._room:
            raise RequestLimitExceeded(
                "The server holds as many requests as it has memory for. Try again in a moment, with smaller batches."
            )
        self._room -= size

    def give_back(self, size: int) -> None:
        """Hold this many bytes no longer."""
        self._room += size


class Body:
    """The body of one request."""

    __slots__ = ("_bodies", "_held")

    def __init__(self, bodies: Bodies):
        self._bodies, self._held = bodies, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bodies.give_back(self._held)

    async def read(self, receive: Receive) -> bytes | None:
        """All of it; None if the client has gone.

        Raises InvalidParameterValue for one that is too large, RequestLimitExceeded if there is no room for it.
        """
        message = await receive()
        pieces = [self._held_piece(message.get("body", b""))]
        while message["type"] == "http.request" and message.get("more_body", False):
            message = await receive()
            pieces.append(self._held_piece(message.get("body", b"")))
        if message["type"] != "http.request":
            return None
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _held_piece(self, piece: bytes) -> bytes:
        if self._held + len(piece) > MAX_BODY:
            raise InvalidParameterValue(
                f"The request's body exceeds {MAX_BODY >> 20} MiB. Split it into several requests."
            )
        self._bodies.take(len(piece))
        self._held += len(piece)
        return piece
