"""Sending a file: how a browser should treat it, and its bytes in pieces."""

import asyncio
import posixpath
import unicodedata
from collections.abc import Mapping
from email.utils import formatdate, parsedate_to_datetime
from urllib.parse import quote

from runstone.artifact_store import CHUNK, ArtifactReader
from runstone.server.answers import COMMON_HEADERS, Answer, App, Header, Receive, Scope, Send
from runstone.server.media import artifact_type
from runstone.server.pools import Pool

_SHOWN_INLINE = ("image/", "text/", "audio/", "video/")
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

# An artifact is somebody's file on the server's own origin: no script in it may run there.
_SANDBOX = b"sandbox"
_SANDBOX_INLINE = (
    b"sandbox; default-src 'none'; img-src data: blob:; media-src data: blob:; font-src data:; "
    b"style-src 'unsafe-inline'"
)


def content_disposition(kind: str, name: str) -> str:
    """The header that tells a browser to show or to save a file, and under which name (RFC 6266, RFC 5987)."""
    if name.isascii() and name.isprintable():
        return f"{kind}; filename={_quoted(name)}"
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = "".join(c for c in plain if c.isprintable()) or "download"
    return f"{kind}; filename={_quoted(plain)}; filename*=UTF-8''{quote(name, safe='!#$&+-.^_`|~')}"


def _quoted(name: str) -> str:
    if name and _TOKEN.issuperset(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def download(
    reader: ArtifactReader, path: str, pool: Pool, asked: Mapping[str, str], *, inline: bool = False
) -> App:
    """The answer that sends a file, or "not modified" where the request's headers say that the client has it.

    The reader is closed by the answer. `inline`: pictures, texts, sound and film are shown instead of saved.
    """
    modified = int(reader.modified)
    etag = f'"{int(reader.modified * 1e6):x}-{reader.size:x}"'
    kind = artifact_type(path)
    inline = inline and kind.startswith(_SHOWN_INLINE)
    headers = (
        (b"etag", etag.encode()),
        (b"last-modified", formatdate(modified, usegmt=True).encode()),
        (b"cache-control", b"no-cache"),
    )
    if _is_current(asked, etag, modified):
        reader.__exit__(None, None, None)
        return Answer(304, b"", b"", headers)
    if inline and kind.startswith("text/"):
        kind += "; charset=utf-8"
    disposition = content_disposition("inline" if inline else "attachment", posixpath.basename(path))
    headers += (
        (b"content-type", kind.encode()),
        (b"content-disposition", disposition.encode()),
        (b"content-security-policy", _SANDBOX_INLINE if inline else _SANDBOX),
    )
    return _File(reader, pool, headers)


def _is_current(asked: Mapping[str, str], etag: str, modified: int) -> bool:
    tags = asked.get("if-none-match")
    if tags is not None:
        return any(tag.strip().removeprefix("W/") in (etag, "*") for tag in tags.split(","))
    try:
        return modified <= parsedate_to_datetime(asked.get("if-modified-since", "")).timestamp()
    except (ValueError, OverflowError):
        return False


class _File:
    """Sends a file in pieces, each read in a thread."""

    def __init__(self, reader: ArtifactReader, pool: Pool, headers: tuple[Header, ...]):
        self._reader, self._pool, self._headers = reader, pool, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            size = (b"content-length", b"%d" % self._reader.size)
            headers = [*COMMON_HEADERS, *self._headers, size]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            left = 0 if scope["method"] == "HEAD" else self._reader.size
            while left and not gone.done():
                piece = await self._pool.run_to_end(self._reader.read, min(left, CHUNK))
                if not piece:
                    break  # cut short meanwhile: the HTTP server ends the connection, so that the client knows
                left -= len(piece)
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            if not gone.done():
                await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            self._reader.__exit__(None, None, None)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
