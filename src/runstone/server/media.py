"""Which media type a file has, by its name."""

import mimetypes
import posixpath

_BINARY = "application/octet-stream"

# Extensions, and names without one, that artifacts are sent with as plain text, as MLflow does.
_PLAIN = """
txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv md rst ipynb MLmodel
MLproject
"""
_TEXTS = frozenset(_PLAIN.split())

# Python's own table alone, for the machine's would make answers differ from one server to the next; and what the
# versions of Python do not agree on.
_table = mimetypes.MimeTypes()
for _kind, _extension in (
    ("text/javascript", ".js"),
    ("text/javascript", ".mjs"),
    ("image/webp", ".webp"),
    ("image/avif", ".avif"),
    ("font/woff2", ".woff2"),
):
    _table.add_type(_kind, _extension)


def media_type(name: str) -> str:
    """The type of a file of the web UI."""
    return _table.guess_type(name)[0] or _BINARY


def artifact_type(path: str) -> str:
    """The type that an artifact is sent with."""
    name = posixpath.basename(path)
    extension = posixpath.splitext(name)[1].lstrip(".") or name
    return "text/plain" if extension in _TEXTS else media_type(name)
