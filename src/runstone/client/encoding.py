"""A request on its way out: its JSON, checked as the other side will check it."""

from runstone.errors import InvalidParameterValue
from runstone.wire.base import Request
from runstone.wire.codec import decode_body, encode
from runstone.wire.operations import Operation


def checked(operation: Operation, request: Request) -> tuple[Request, bytes]:
    """The request as its receiver will read it, and its JSON.

    So every transport refuses the same things with the same words, before anything is sent. Raises
    InvalidParameterValue.
    """
    try:
        content = encode(request)
    except UnicodeEncodeError as error:
        raise InvalidParameterValue(
            f"{str(error.object)[:40]!a} contains half of a surrogate pair, which is no character. Remove it."
        ) from error
    except (OverflowError, TypeError, ValueError) as error:
        raise InvalidParameterValue(f"A value of the request cannot be sent: {error}.") from error
    return decode_body(operation.request, content), content
