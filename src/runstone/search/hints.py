"""What to write instead: a few words for the commonest mistakes in a filter. "" where there is nothing to say."""

from difflib import get_close_matches

from runstone.search.grammar import Grammar, Key
from runstone.search.tokens import Token, split_name, unquote

_OPERATORS = {
    "==": "write =",
    "===": "write =",
    "<>": "write !=",
    "=!": "write !=",
    "=>": "write >=",
    "=<": "write <=",
}
_PATTERNS = frozenset(
    {"RLIKE", "REGEXP", "REGEX", "MATCH", "MATCHES", "SIMILAR", "GLOB", "CONTAINS", "STARTSWITH", "ENDSWITH"}
)
_NOT_A_NUMBER = frozenset({"nan", "inf", "infinity", "+inf", "-inf", "+infinity", "-infinity"})


def operator(written: str, field: Token, key: Key) -> str:
    """For a comparison that the key does not know."""
    name, text = field.text, key.type == "string"
    if written in _OPERATORS:
        return _OPERATORS[written]
    if written in ("NOT LIKE", "NOT ILIKE"):
        return f"write NOT {name} {written[4:]} 'PATTERN'"
    if written.startswith("IS "):
        anything = f"{name} LIKE '%'" if text else f"({name} = 0 OR {name} != 0)"
        return f"write {'' if 'NOT' in written else 'NOT '}{anything}"
    if written[0] in "<>" and text:
        return "texts have no order: log what is to be compared as a metric"
    if written.endswith("IN") and not text:
        return f"write {name} = 1 OR {name} = 2"
    return ""


def no_operator(field: Token, found: Token, *, any_key: bool) -> str:
    """For something else where a comparison should stand."""
    word = found.text.upper()
    if word == "BETWEEN":
        return f"write {field.text} >= 1 AND {field.text} <= 2"
    if word in _PATTERNS:
        return "write LIKE or ILIKE, where % is any text and _ any one character"
    if found.kind == "name" and any_key:
        prefix, key = split_name(field.text)
        return f"a key with spaces stands in backticks: {prefix}.`{key} {found.text}`"
    return ""


def value(found: Token, field: Token, key: Key, grammar: Grammar) -> str:
    """For a literal that the key does not take."""
    if found.kind == "(":
        return "a list follows IN"
    if found.kind == "name" and split_name(found.text)[0] in grammar.entities:
        return "a field is compared with a value, not with another field"
    if key.type != "string":
        return _number(found)
    if found.kind == "NULL":
        return f"write {field.text} IS NULL or IS NOT NULL" if "IS NULL" in key.operators else ""
    if found.kind == "number" or found.text.isprintable():
        return f"write '{unquote(found.text)}'"
    return ""


def _number(found: Token) -> str:
    text = unquote(found.text)
    if text.lower() in _NOT_A_NUMBER:
        return "NaN and infinities cannot be written in a filter"
    if found.kind == "name":
        return ""
    try:
        float(text)
    except ValueError:
        return "times are numbers of milliseconds since 1970" if text[:4].isdecimal() else ""
    return f"write {text} without quotes"


def prefix(written: str, field: Token, grammar: Grammar) -> str:
    """For a prefix that the search does not know."""
    if written in grammar.advice:
        return grammar.advice[written]
    if close := get_close_matches(written.lower(), grammar.entities, n=1, cutoff=0.75):
        return f"did you mean {close[0]}?"
    return _with_prefix(field.text, grammar)


def key(written: str, known: dict[str, Key], field: Token, grammar: Grammar) -> str:
    """For a key that its entity does not have."""
    if written in grammar.advice:
        return grammar.advice[written]
    if written in grammar.entities:
        return f"write {written}.KEY"
    if close := get_close_matches(written.lower(), known, n=1, cutoff=0.7):
        return f"did you mean {close[0]}?"
    return "" if split_name(field.text)[0] else _with_prefix(written, grammar)


def _with_prefix(name: str, grammar: Grammar) -> str:
    """How the name is written if it is that of a metric (of a tag, where there are no metrics)."""
    entity = next(entity for entity in grammar.entities.values() if entity.any_key)
    plain = name.replace("_", "").isalnum()
    return f"a {entity.label} of this name is {entity.prefixes[-1]}.{name if plain else f'`{unquote(name)}`'}"
