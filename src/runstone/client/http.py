"""The transport to a server."""

from functools import partial
from urllib.parse import quote, urlencode, urlsplit

from runstone.artifact_store import ArtifactStore
from runstone.artifact_store.location import is_proxied, proxied_host, proxied_path, store_at
from runstone.client.connection import Answer, Connection
from runstone.client.encoding import checked
from runstone.client.proxied import ProxiedArtifacts
from runstone.errors import InternalError, RunstoneError, UnsupportedOperation
from runstone.wire.base import Request, Response
from runstone.wire.codec import decode_response, encode_query
from runstone.wire.operations import PREFIXES, Operation


class HttpTransport:
    """Reaches a tracking server by HTTP. `connection` is what artifacts travel over too."""

    def __init__(self, url: str, connection: Connection | None = None):
        self._connection = connection or Connection(url)

    @property
    def web_url(self) -> str:
        """See Transport."""
        return self._connection.url

    def send(self, operation: Operation, request: Request) -> Response:
        """See Transport."""
        request, content = checked(operation, request)
        path = PREFIXES[0] + operation.path
        handle = partial(_decoded, operation.response, f"{self._connection.url}{path}")
        verb = operation.verbs[0]
        headers = {"Accept": operation.response.media}
        body = None
        if verb == "GET":
            query = urlencode(encode_query(request), quote_via=quote)
            path = f"{path}?{query}" if query else path
        else:
            headers["Content-Type"] = "application/json"
            body = content
        return self._connection.request(
            verb, path, handle, body=body, headers=headers, repeatable=operation.repeatable
        )

    def artifacts(self, location: str) -> "ProxiedArtifacts | ArtifactStore":
        """See Transport. What does not pass through the server is reached from here."""
        if is_proxied(location):
            self._check_host(location)
            return ProxiedArtifacts(self._connection, proxied_path(location))
        return store_at(location)

    def _check_host(self, location: str) -> None:
        host, own = proxied_host(location), urlsplit(self._connection.url).netloc
        if host not in ("", own):
            raise UnsupportedOperation(
                f"The artifacts at '{location}' are with the server {host}, not with {own}. Set the tracking URI to "
                "that server to reach them."
            )

    def close(self) -> None:
        """See Transport."""
        self._connection.close()


def _decoded(response_type: type[Response], url: str, answer: Answer) -> Response:
    content = answer.read()
    try:
        return decode_response(response_type, content)
    except RunstoneError as error:
        kind = answer.headers.get("Content-Type", "no content type")
        raise InternalError(f"{url}: HTTP {answer.status} ({kind}): {error.message}") from error
