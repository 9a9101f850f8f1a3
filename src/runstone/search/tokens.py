"""Splits filter and order-by text into tokens, in one pass and without backtracking."""

import re

from msgspec import Struct

from runstone.errors import InvalidParameterValue

MAX_LENGTH = 100_000
"""The greatest number of characters in a filter or in one order-by clause."""

KEYWORDS = ("AND", "OR", "NOT", "IN", "LIKE", "ILIKE", "IS", "NULL")

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
        raise syntax_error(
            f"The text has {len(source)} characters; at most {MAX_LENGTH} are allowed", MAX_LENGTH + 1
        )
    if unstorable := _UNSTORABLE.search(source):
        raise syntax_error(
            f"The character {unstorable[0]!a} cannot be part of a search", unstorable.start() + 1
        )
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


def syntax_error(message: str, column: int) -> InvalidParameterValue:
    """An error in Runstone's own words, which end with the column."""
    return InvalidParameterValue(f"{message} (at column {column})", column)


def _stray(character: str, column: int) -> InvalidParameterValue:
    if character in "'\"`":
        return syntax_error(f"The quote {character} is never closed", column)
    return syntax_error(f"Unexpected character {character!r}; strings and unusual keys need quotes", column)
