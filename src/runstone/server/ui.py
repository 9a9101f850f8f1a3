"""The web UI: the built files, and its one page for every address that a person may open."""

import gzip
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.datastructures import Headers

from runstone.server.answers import (
    HTML,
    Answer,
    App,
    Header,
    Receive,
    Scope,
    Send,
    not_found,
    page,
    wrong_verb,
)
from runstone.server.endpoints import answered
from runstone.server.media import media_type
from runstone.server.pools import Pool

BUILT = Path(__file__).parent / "static"

_API = ("/api/", "/ajax-api/")
_HASHED = "assets/"
_SMALLEST_GZIP = 1_000
_POLICY = (
    b"default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    b"font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    b"frame-ancestors 'self'"
)
_FOREVER: Header = (b"cache-control", b"public, max-age=31536000, immutable")
_ASK_AGAIN: Header = (b"cache-control", b"no-cache")


class WebUI:
    """Serves the files below `folder`, and `index.html` for the pages that the UI itself tells apart."""

    def __init__(self, pool: Pool, folder: Path = BUILT):
        self._pool = pool
        self._files = _Files(folder)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await answered(self._answer(scope), "the web UI")
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope) -> App:
        path: str = scope["path"]
        headers = Headers(raw=list(scope["headers"]))
        if path.startswith(_API):
            return not_found()
        name = path.lstrip("/")
        if name not in self._files.names:
            if "text/html" not in headers.get("accept", "") and name:
                return not_found()
            name = "index.html"
        if scope["method"] not in ("GET", "HEAD"):
            return wrong_verb(("GET", "HEAD", "OPTIONS"))
        if name not in self._files.names:
            return _not_built()
        return await self._pool.run(self._files.answer, name, headers)


def _not_built() -> Answer:
    return page(
        200,
        "The server runs, but its web UI is not built. In the source tree, run `make ui`, then start it again.",
    )


class _File:
    """A built file, whole in memory, plain and compressed."""

    def __init__(self, path: Path, name: str):
        self.plain = path.read_bytes()
        self.packed = (
            gzip.compress(self.plain, 6, mtime=0) if len(self.plain) >= _SMALLEST_GZIP else self.plain
        )
        self.etag = f'"{sha256(self.plain).hexdigest()[:32]}"'
        kind = media_type(name)
        self.kind = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


class _Files:
    def __init__(self, folder: Path):
        self._folder = folder
        self.names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        self._file = cache(self._load)

    def _load(self, name: str) -> _File:
        return _File(self._folder / name, name)

    def answer(self, name: str, asked: Headers) -> Answer:
        file = self._file(name)
        kept = _FOREVER if name.startswith(_HASHED) else _ASK_AGAIN
        headers: list[Header] = [kept, (b"etag", file.etag.encode()), (b"vary", b"Accept-Encoding")]
        if file.etag in asked.get("if-none-match", ""):
            return Answer(304, b"", b"", tuple(headers))
        if name.endswith(".html"):
            headers.append((b"content-security-policy", _POLICY))
        content = file.plain
        if "gzip" in asked.get("accept-encoding", "") and len(file.packed) < len(file.plain):
            content = file.packed
            headers.append((b"content-encoding", b"gzip"))
        return Answer(200, content, HTML if name.endswith(".html") else file.kind.encode(), tuple(headers))
