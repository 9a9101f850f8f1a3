"""What the endpoints outside the table of operations share: from functions to a route that answers errors."""

from collections.abc import Awaitable, Callable, Iterable

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Route

from runstone.errors import RunstoneError
from runstone.server.answers import Answer, App, failure, refusal, wrong_verb
from runstone.wire.operations import PREFIXES

Endpoint = Callable[[Request], Awaitable[App]]
"""Makes an answer, which is an ASGI app of its own, of a request."""

_GONE = Answer(499, b"", b"")


class _Anything(Convertor[str]):
    """The rest of a path, as `{name:anything}`: slashes and, unlike Starlette's own `path`, line ends included."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", _Anything())


async def answered(answer: Awaitable[App], what: str) -> App:
    """The answer, or the one to the error that its making raises; `what` is its name in the log."""
    try:
        return await answer
    except RunstoneError as error:
        return refusal(error)
    except ClientDisconnect:
        return _GONE  # nobody reads it
    except Exception as error:  # noqa: BLE001 - the edge: it is logged, and answered without its details
        return failure(error, what)


def route(path: str, **functions: Endpoint) -> Route:
    """A route with a function for each verb, whose errors become the protocol's JSON. GET serves HEAD too."""
    if "GET" in functions:
        functions["HEAD"] = functions["GET"]

    async def answer(request: Request) -> App:
        function = functions.get(request.method)
        if function is None:
            return wrong_verb(functions)
        return await answered(function(request), f"{request.method} {path}")

    made = Route(path, answer)
    made.methods = None  # all: what is none of ours gets our own page
    return made


def api_routes(path: str, **functions: Endpoint) -> Iterable[Route]:
    """The same under both prefixes of the API."""
    return [route(prefix + path, **functions) for prefix in PREFIXES]
