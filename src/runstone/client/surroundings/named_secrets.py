"""Secrets that the name they go by gives away: which names do, and where in a text their values are."""

import re
from enum import Enum, auto
from pathlib import PurePath

MASK = "***"
"""What stands for a secret."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET_PARTS = re.compile(
    "passw|passphrase|passcode|secret|credential|apikey|accesskey|privatekey|authkey|accesstoken|apitoken|authtoken"
    "|bearer|connectionstring"
)
_SECRET_LAST_WORDS = {
    "auth", "authorization", "cookie", "dsn", "jwt", "key", "pass", "pat", "pw", "pwd", "sas", "sig", "signature",
    "token",
}  # fmt: skip
_HARMLESS_BEFORE = {
    "token": {
        "bos", "cls", "end", "eos", "image", "input", "mask", "next", "output", "pad", "per", "prompt", "sep",
        "special", "start", "stop", "unk", "word",
    },
    "key": {
        "best", "cache", "column", "feature", "foreign", "group", "image", "index", "join", "label", "metric", "order",
        "partition", "primary", "public", "row", "sort", "target", "text",
    },
}  # fmt: skip
_FOLDERS = {"PWD", "OLDPWD"}


# Most words of a text name nothing: what follows must be able to begin one of the things below.
_NAME = re.compile(r"(?<![\w.\-])(?:[\w.\-]++(?=\s*+[=:!+\[]|\\?[\"'])|--[A-Za-z][\w.\-]*+(?=\s))")
_BETWEEN = re.compile(
    r"""
      \\?["']\s*+,?\s*+\\?["']?(?:value|default)\\?["']?\s*[=:]\s*    # "name": "PASSWORD", "value": …
    | \\?["']\s*+,\s*+(?=[rbfuRBFU]{0,2}\\?["'])                       # getenv("PASSWORD", "…")
    | \\?["']\)\s*+(?:or|\|\||\?\?)\s*                                # getenv("PASSWORD") or …
    | (?:\\?["'])?\s*+(?:\[\w*\])?\]*+\s*+(?::=|=>|[!+=]?={1,3}|:)\s*  # password=  "password":  ["password"] =
    """,
    re.VERBOSE,
)
_SPACE = re.compile(r"\s+(?!-)")
_ANNOTATION = re.compile(r"[\"']?[\w. |]{1,60}(?:\[[^=\n]{0,80}\][\w. |]{0,60})?[\"']?\s*=(?!=)\s*")
_LITERAL = re.compile(r"([rbfuRBFU]{0,2})(\\?[\"'])((?:(?!\2)(?:\\.|[^\\]))*)(\2|\\?\Z)", re.DOTALL)
_OPENED = re.compile(r"(?:(?:[\w.]*Secret\w*|[\w.]*b64decode|bytes|str)\(|[(\[])\s*")
_NEXT_OF_OPENED = re.compile(r"\s*+[,+]?\s*+")
_NEXT = re.compile(r"(?:\s*+\+)?\s*+")
_ELEMENT = re.compile(r"<([\w.:\-]++)([^<>]*)>([^<>]+)(?=</)")
_ATTRIBUTE = re.compile(r"[\"']([\w.\-]+)[\"']")
_WORD_OR_MORE = re.compile(r"[^\s\"',;&)}\]]+")
_REST_OF_LINE = re.compile(r"[^\r\n]+")
_NO_VALUE = re.compile(r"(?:true|false|null|nil|none|undefined|~|\W{1,2})[\s,;)}\]]*", re.IGNORECASE)
_EXPRESSION = re.compile(
    r"""
      [-+*&!~@$({\[<:]*+ [A-Za-z_]\w*+ (?:(?:\.|::|->|\?\.)\w++)*+ (?:[(\[{<:?!|.].*)?  # name  name.name  name(…
    | [-+]?[\d._]{1,5} | [-+]?\d*\.?\d+[eE]-?\d+ | \W{1,5}
    """,
    re.VERBOSE | re.DOTALL,
)
_PLACEHOLDER = re.compile(r"[{$%:<?\\]")
_PLAIN_WORDS = re.compile(r"[A-Za-z_]?[a-z_./:\- ]{0,100}")
_COUNTED = 2_000
"""Characters of a line in which quotes are counted."""
_APOSTROPHE = re.compile(r"(?<=[A-Za-z]{2})'(?=[a-z]{1,2}\b)")
_PROGRAMS = {
    ".c", ".cc", ".cpp", ".cs", ".cu", ".cuh", ".cxx", ".go", ".h", ".hpp", ".ipynb", ".java", ".jl", ".js", ".jsx",
    ".kt", ".lua", ".m", ".mjs", ".mm", ".php", ".pl", ".py", ".pyi", ".pyx", ".r", ".rb", ".rs", ".scala", ".swift",
    ".ts", ".tsx", ".vue",
}  # fmt: skip


class Kind(Enum):
    """What a text is, which tells what in it is a value that may be secret."""

    TEXT = auto()
    """A command's argument, a variable: a value ends with its quotes, or where the next one may begin."""

    SETTINGS = auto()
    """A line of a configuration file or a document: without quotes a value goes on to the end of the line."""

    PROGRAM = auto()
    """A line of a program: what reads as an identifier, an attribute, a call or a small number is code, not a value."""


def kind_of_file(name: str) -> Kind:
    """What the lines of a file are."""
    return Kind.PROGRAM if PurePath(name).suffix.lower() in _PROGRAMS else Kind.SETTINGS


def is_secret_name(name: str) -> bool:
    """Whether what goes by this name (an option, a variable, a field) is to be kept secret.

    It is if its words contain `password`, `secret`, `credential`, `api key` or the like, however they are joined; or
    if the last one is `token`, `key`, `auth`, `pwd` or the like, and not, as in `pad_token` or `sort-key`, of another
    kind.
    """
    if name in _FOLDERS:  # every shell's working directory
        return False
    words = [word.lower() for word in _WORD.findall(name)]
    if not words:
        return False
    if _SECRET_PARTS.search("".join(words)):
        return True
    before = words[-2] if len(words) > 1 else ""
    return words[-1] in _SECRET_LAST_WORDS and before not in _HARMLESS_BEFORE.get(words[-1], ())


def without_values(text: str, kind: Kind) -> str:
    """A text with a mask in place of the values of secret names in it."""
    if kind is not Kind.TEXT:
        text = _ELEMENT.sub(_without_content, text)
    parts: list[str] = []
    done = 0
    for found in _NAME.finditer(text):
        if found.start() < done or not is_secret_name(found[0]):
            continue
        start = _start_of_value(text, found, kind)
        if start is None:
            continue
        end = _end_of_literals(text, start)
        if end is not None:
            value = text[start:end]
            if not _is_key_of_something(found[0], "".join(m[3] for m in _LITERAL.finditer(value)), kind):
                value = _LITERAL.sub(_blank, value)
        else:
            end, value = _end_of_bare(text, start, found, kind), MASK
            if end is None:
                continue
        parts += (text[done:start], value)
        done = end
    return "".join(parts) + text[done:]


def _start_of_value(text: str, name: re.Match[str], kind: Kind) -> int | None:
    """Where the value of a name begins; None if nothing is assigned to it."""
    between = _BETWEEN.match(text, name.end())
    if between is None and name[0].startswith("--"):
        between = _SPACE.match(text, name.end())
    if between is None:
        return None
    start = between.end()
    if kind is Kind.TEXT:
        return start
    if kind is Kind.PROGRAM and ":" in between[0] and (annotation := _ANNOTATION.match(text, start)):
        start = annotation.end()
    # `print("password: ", x)`: the quotes end the text that the name is in.
    return None if text[start : start + 1] in ("'", '"') and _is_within(text, start, text[start]) else start


def _is_within(text: str, at: int, quote: str) -> bool:
    """Whether a place in a line is in quotes of this kind."""
    if at > _COUNTED:
        return False
    before = _APOSTROPHE.sub("", text[:at]) if quote == "'" else text[:at]
    return bool((before.count(quote) - before.count(f"\\{quote}")) % 2)


def _end_of_literals(text: str, start: int) -> int | None:
    """Where the literals end that begin here: one, several that are joined, those of a tuple; None if none does."""
    opened = _OPENED.match(text, start)
    following = _NEXT_OF_OPENED if opened else _NEXT
    at, end = opened.end() if opened else start, None
    while literal := _LITERAL.match(text, at):
        end = literal.end()
        gap = following.match(text, end)
        at = gap.end() if gap else end
    return end


def _end_of_bare(text: str, start: int, name: re.Match[str], kind: Kind) -> int | None:
    """Where a value without quotes ends; None if there is none, or if it is nothing that could be secret."""
    is_option = text[start - 1].isspace() and name[0].startswith("--")
    to_end = kind is Kind.SETTINGS and not is_option
    found = (_REST_OF_LINE if to_end else _WORD_OR_MORE).match(text, start)
    if found is None:
        return None
    value = found[0]
    if kind is Kind.SETTINGS and (_NO_VALUE.fullmatch(value) or _is_key_of_something(name[0], value, kind)):
        return None
    if kind is Kind.PROGRAM and _is_code(text, start, name, value):
        return None
    return found.end()


def _is_code(text: str, start: int, name: re.Match[str], value: str) -> bool:
    if text[start - 1] == "=" and (_is_within(text, start, '"') or _is_within(text, start, "'")):
        return _PLACEHOLDER.match(value) is not None  # `"host=h password=…"`
    if value.isalnum() and not value.isalpha() and len(value) >= 8 and sum(map(str.isdigit, value)) > 1:
        return False
    return _EXPRESSION.fullmatch(value) is not None or _is_key_of_something(name[0], value, Kind.PROGRAM)


def _is_key_of_something(name: str, value: str, kind: Kind) -> bool:
    """Whether a value looks like the key of a dict or a table: plain words, by a name that tells no more.

    In a program `img_key="image"` is one, `OPENAI_KEY="…"` never; elsewhere only what goes by the name `key`.
    """
    words = [word.lower() for word in _WORD.findall(name)]
    if kind is Kind.TEXT or words[-1] != "key" or _SECRET_PARTS.search("".join(words)):
        return False
    alone = len(words) == 1
    return (alone or (kind is Kind.PROGRAM and not name.isupper())) and bool(_PLAIN_WORDS.fullmatch(value))


def _without_content(element: re.Match[str]) -> str:
    names = [element[1], *_ATTRIBUTE.findall(element[2])]
    secret = any(map(is_secret_name, names)) and element[3].strip()
    return f"<{element[1]}{element[2]}>{MASK}" if secret else element[0]


def _blank(literal: re.Match[str]) -> str:
    prefix, quote, content, end = literal.groups()
    return f"{prefix}{quote}{MASK if content else ''}{end}"
