"""Splits filter and order-by text into tokens, in one pass and without backtracking."""

import re

from msgspec import Struct

from runstone.errors import InvalidParameterValue

MAX_LENGTH = 100_000
"""The greatest number of characters in a filter or in one order-by clause."""

KEYWORDS = ("AND", "OR", "NOT", "IN", "LIKE", "ILIKE", "IS", "NULL")

_LONGEST_HINT = 120
_WORD = r"\w$@#:/\-"
_BACKTICKED = r"`[^`]*+(?:``[^`]*+)*+`"
_DOUBLE = r'"[^"]*+(?:""[^"]*+)*+"'
_SINGLE = r"'[^']*+(?:''[^']*+)*+'"
_TOKEN = re.compile(
    rf"""\s*+(?:
      (?P<number>  [+-]?(?>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?>[eE][+-]?[0-9]+)?+(?![\w.]) )
    | (?P<keyword> (?ai:{"|".join(KEYWORDS)})(?![{_WORD}.]) )
    | (?P<name>    (?:\w[{_WORD}]*+|{_BACKTICKED})
                   (?:\.(?:[{_WORD}.]++|{_BACKTICKED}|{_DOUBLE}|{_SINGLE})?)?+ )
    | (?P<double>  {_DOUBLE} )
    | (?P<text>    {_SINGLE} )
    | (?P<mark>    [=<>!]++|[(),] )
    | (?P<end>     \Z )
    | (?P<stray>   . )
    )""",
    re.VERBOSE | re.DOTALL,
)
_PREFIX = re.compile(rf"{_BACKTICKED}|[^.]*+")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Token(Struct, frozen=True):
    """A piece of the text.

    `kind` is "number", "name" (a key, perhaps with a prefix), "double" (a double-quoted key or string),
    "text" (a single-quoted string) or "end"; a keyword, an operator or a mark is its own kind, in capitals.
    `column` counts from 1.
    """

    kind: str
    text: str
    column: int


def tokenize(source: str) -> list[Token]:
    """The tokens of `source`, the last one being "end". Raises InvalidParameterValue."""
    if len(source) > MAX_LENGTH:
        raise refused(
            f"The text has {len(source)} characters; at most {MAX_LENGTH} are allowed", MAX_LENGTH + 1
        )
    if unstorable := _UNSTORABLE.search(source):
        raise refused(f"The character {unstorable[0]!a} cannot be part of a search", unstorable.start() + 1)
    tokens: list[Token] = []
    for match in _TOKEN.finditer(source):
        kind = match.lastgroup or "stray"
        text = match[kind]
        column = match.start(kind) + 1
        if kind == "stray":
            raise _stray(text, column)
        tokens.append(Token(text.upper() if kind in ("keyword", "mark") else kind, text, column))
        if kind == "end":
            break
    return tokens


def split_name(text: str) -> tuple[str | None, str]:
    """The prefix (None if there is none) and the key of a name token's text, without their quotes."""
    match = _PREFIX.match(text)
    end = match.end() if match else 0
    if end == len(text):
        return None, unquote(text)
    return unquote(text[:end]), unquote(text[end + 1 :])


def unquote(text: str) -> str:
    """`text` without its quotes, if it has any; a doubled quote inside them is one."""
    quote = text[:1]
    if quote and quote in "'\"`":
        return text[1:-1].replace(quote * 2, quote)
    return text


def refused(message: str, column: int, hint: str = "") -> InvalidParameterValue:
    """An error that ends with what to write instead, if that is known and short, and the column."""
    advised = f"{message.removesuffix('.')}; {hint}" if 0 < len(hint) <= _LONGEST_HINT else message
    return InvalidParameterValue(f"{advised} (at column {column})", column)


_INSTEAD = {
    "&": "write AND",
    "|": "write OR",
    ";": "write AND",
    "~": "write LIKE",
    "[": "write a field as tags.team or tags.`a key`",
    ".": "write a field in one piece, as tags.team or tags.`a key`",
} | dict.fromkeys(
    "\u2018\u2019\u201a\u201c\u201d\u201e\u00b4\u00ab\u00bb", "write the straight quotes ' or \""
)


def _stray(character: str, column: int) -> InvalidParameterValue:
    if character == "`":
        return refused("The quote ` is never closed", column)
    if character in "'\"":
        hint = f"a {character} inside the text is written twice"
        return refused(f"The quote {character} is never closed", column, hint)
    hint = _INSTEAD.get(character, "strings and unusual keys need quotes")
    return refused(f"Unexpected character {character!r}", column, hint)
