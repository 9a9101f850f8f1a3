"""The operations over HTTP: one small ASGI app, derived from the table.

An operation is found by its exact path; everything else goes to the next app. The event loop only reads the body and
sends the answer. Decoding, the operation and encoding happen in a thread.
"""

from urllib.parse import parse_qsl

import msgspec

from runstone.errors import InvalidParameterValue, RunstoneError
from runstone.server.answers import (
    HTML,
    JSON,
    Answer,
    App,
    Header,
    Receive,
    Scope,
    Send,
    failure,
    refusal,
    wrong_verb,
)
from runstone.server.bodies import Bodies
from runstone.server.pools import Pool, Pools
from runstone.service import Service
from runstone.wire import codec
from runstone.wire.base import Request
from runstone.wire.operations import OPERATIONS, PREFIXES, Operation

_OK = 200


class _Route(msgspec.Struct, frozen=True):
    operation: Operation
    verbs: frozenset[str]
    allowed: frozenset[str]
    pool: Pool
    media: bytes


class Dispatch:
    """Serves the operations of `service`; passes what is none of them to `otherwise`."""

    def __init__(self, service: Service, pools: Pools, otherwise: App):
        self._call = service.call
        self._otherwise = otherwise
        self._bodies = Bodies()
        self._routes = {
            prefix + operation.path: _route(operation, pools)
            for prefix in PREFIXES
            for operation in OPERATIONS
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._routes.get(scope["path"]) if scope["type"] == "http" else None
        if route is None:
            return await self._otherwise(scope, receive, send)
        verb: str = scope["method"]
        if verb not in route.verbs:
            return await _other_verb(route, verb)(scope, receive, send)
        try:
            if verb == "POST":
                _check_content_type(scope["headers"])
            with self._bodies.begin() as reading:
                body = await reading.read(receive)
                if body is None:
                    return None
                answer = await route.pool.run(self._serve, route, verb, scope["query_string"], body)
        except RunstoneError as error:
            answer = refusal(error)
        return await answer(scope, receive, send)

    def _serve(self, route: _Route, verb: str, query: bytes, body: bytes) -> Answer:
        """The answer to a request, in a thread."""
        operation = route.operation
        try:
            request = _decode(operation.request, verb, query, body)
            return Answer(_OK, codec.encode(self._call(operation.name, request)), route.media)
        except RunstoneError as error:
            return refusal(error)
        except Exception as error:  # noqa: BLE001 - the edge: it is logged, and answered without its details
            return failure(error, operation.name)


def _route(operation: Operation, pools: Pools) -> _Route:
    # HEAD is served wherever GET is; the answer's body is left out by the HTTP server.
    verbs = frozenset((*operation.verbs, "HEAD") if "GET" in operation.verbs else operation.verbs)
    quick = pools.short if operation.permission.level == "READ" else pools.writes
    pool = pools.heavy if operation.heavy else quick
    return _Route(operation, verbs, verbs | {"OPTIONS"}, pool, operation.response.media.encode())


def _other_verb(route: _Route, verb: str) -> Answer:
    if verb != "OPTIONS":
        return wrong_verb(route.allowed)
    return Answer(204, b"", HTML, ((b"allow", ", ".join(sorted(route.allowed)).encode()),))


def _decode(kind: type[Request], verb: str, query: bytes, body: bytes) -> Request:
    # MLflow takes the query for GET alone, and the body even there if there is no query. A HEAD request has neither.
    if verb != "GET" or (body and not query):
        return codec.decode_body(kind, body)
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError as error:
        raise InvalidParameterValue("The query of the URL is not UTF-8, percent-encoded.") from error
    return codec.decode_query(kind, pairs)


def _check_content_type(headers: list[Header]) -> None:
    for name, value in headers:
        if name == b"content-type":
            # Compared as MLflow does: parameters may follow, other capitals may not be used.
            if value.partition(b";")[0] == JSON:
                return
            raise InvalidParameterValue("Bad Request. Content-Type must be one of ['application/json'].")
    raise InvalidParameterValue("Bad Request. Content-Type header is missing.")
