"""LIKE, with and without regard to case, alike everywhere."""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, cast

from sqlalchemy import BindParameter, ColumnElement, Text, literal
from sqlalchemy import func as sql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from runstone.store.dialect.spelling import MYSQL, Condition, arguments


class _Like(Condition):
    """LIKE with regard to case and without an escape character."""

    inherit_cache = True


@compiles(_Like)
def _spell_like(element: _Like, compiler: Any, **more: Any) -> str:
    text, pattern = arguments(element, compiler, more)
    return f"{text} LIKE {pattern} ESCAPE ''"


@compiles(_Like, "sqlite")
def _spell_like_for_sqlite(element: _Like, compiler: Any, **more: Any) -> str:
    text, pattern = arguments(element, compiler, more)
    return f"{text} LIKE {pattern}"


class _Folded(FunctionElement[str]):
    """The first argument, a text, in which the characters of the second are replaced by those of the third."""

    inherit_cache = False
    type = Text()


@compiles(_Folded)
def _spell_folded(element: _Folded, compiler: Any, **more: Any) -> str:
    return compiler.process(sql.translate(*element.clauses), **more)


@compiles(_Folded, "sqlite")
def _spell_folded_for_sqlite(element: _Folded, compiler: Any, **more: Any) -> str:
    text, *_ = element.clauses
    return compiler.process(sql.unicode_lower(text), **more)


@compiles(_Folded, *MYSQL)
def _spell_folded_for_mysql(element: _Folded, compiler: Any, **more: Any) -> str:
    text, *characters = element.clauses
    others, own = (cast("BindParameter[str]", argument).value or "" for argument in characters)
    for pair in zip(others, own, strict=True):
        text = sql.replace(text, *pair)
    return compiler.process(text, **more)


def like(column: ColumnElement[Any], pattern: str, *, ignore_case: bool) -> ColumnElement[bool]:
    """SQL's LIKE without an escape character, with or without regard to case, in every script."""
    if not ignore_case:
        return _Like(column, literal(pattern))
    pattern = lower(pattern)
    cases = [(other, own) for own in sorted(set(pattern)) for other in _other_cases().get(own, "")]
    others, own = ("".join(pair[at] for pair in cases) for at in (0, 1))
    return _Like(_Folded(column, literal(others), literal(own)), literal(pattern))


@lru_cache(maxsize=4096)
def _lowered(character: str) -> str:
    return _lower_character(character)


def lower(text: str) -> str:
    """The text without regard to case, character by character: `_` in a pattern must still stand for one of them."""
    return text.lower() if text.isascii() else "".join(map(_lowered, text))


def _lower_character(character: str) -> str:
    return next((form for form in (character.casefold(), character.lower()) if len(form) == 1), character)


@cache
def _other_cases() -> Mapping[str, str]:
    """For each character that `lower` may give: the other characters that it gives it for."""
    found: dict[str, str] = {}
    for code in range(0x1F000):  # beyond lie emoji and ideographs, which have no case
        character = chr(code)
        if (own := _lower_character(character)) != character:
            found[own] = found.get(own, "") + character
    return found
