"""Files of environment variables: NAME=VALUE lines, as `.env` files have them."""

import re
from pathlib import Path

import click

_LINE = re.compile(
    r"""(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=\s*
        (?: '(?P<single>[^']*)' | "(?P<double>(?:[^"\\]|\\.)*)" | (?P<bare>[^'"\s].*?)? )
        \s*(?:(?:^|(?<=\s))\#.*)?""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def read_env_file(path: str) -> dict[str, str]:
    """The variables in a file of NAME=VALUE lines.

    A value may stand in single quotes, which keep everything as it is, or in double ones, where \\n, \\t, \\\\ and \\"
    are escapes. A line may begin with `export`; what follows a # after a space, and empty lines, do not count. Nothing
    is expanded. Raises UsageError for a file that cannot be read, or a line that is none of this.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise click.UsageError(f"The environment file '{path}' cannot be read: {why}.") from error
    found: dict[str, str] = {}
    for line_number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _LINE.fullmatch(stripped)
        if match is None:
            # Without the line: it may hold a secret.
            raise click.UsageError(f"Line {line_number} of '{path}' is not of the form NAME=VALUE.")
        found[match["name"]] = _value(match)
    return found


def _value(match: re.Match[str]) -> str:
    if match["double"] is not None:
        return _ESCAPE.sub(lambda escape: _ESCAPES.get(escape[1], escape[1]), match["double"])
    return match["single"] or match["bare"] or ""
