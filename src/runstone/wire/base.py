"""What all requests and responses share: struct options and the protocol's kinds of values."""

import math
from typing import Annotated, ClassVar, Literal

import msgspec

Name = Annotated[str, msgspec.Meta(min_length=1)]
"""A text that must be there: an absent, null or empty one is a missing parameter."""

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]

Double = float | Literal["NaN", "Infinity", "-Infinity"]
"""A double as JSON carries it."""


class Request(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A request's body or query. A field without a default is required.

    An unknown name sends a body to the codec's slow path, which tolerates it: so the fast path need not look for a
    field given in two spellings.
    """


class Response(msgspec.Struct, omit_defaults=True):
    """A response's body. Fields at their default are left out, as MLflow leaves out what is unset or empty."""

    media: ClassVar[str] = "application/json"
    """What it travels as."""


class PackedResponse(Response):
    """A response of our own that travels as MessagePack (https://msgpack.org), which carries bytes as they are."""

    media: ClassVar[str] = "application/vnd.msgpack"


class EmptyResponse(Response):
    """Nothing to say: `{}`."""


class Part(msgspec.Struct, omit_defaults=True):
    """A message within a request or a response; unknown names in it are ignored."""


class Pair(msgspec.Struct, gc=False):
    """A key and a text. Both are always sent, even when empty.

    Not for the garbage collector: a page of runs has thousands of them, and none can be part of a cycle.
    """

    key: str = ""
    value: str = ""


def to_double(value: float) -> Double:
    """The wire's form of a double. Plain msgspec would write NaN and the infinities as null."""
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def from_double(value: Double) -> float:
    """The double behind its wire form."""
    return float(value)
