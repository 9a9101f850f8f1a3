"""A recursive-descent parser over the tokens of `runstone.search.tokens`.

expression  = conjunction { OR conjunction }
conjunction = negation { AND negation }          an AND too many, at either end or doubled, is ignored
negation    = NOT negation | "(" expression ")" | comparison
comparison  = name ( operator value | [NOT] IN "(" string { "," string } [","] ")" | IS [NOT] NULL )
"""

from collections.abc import Callable, Iterable, Sequence
from math import isinf
from typing import cast

from runstone.errors import InvalidParameterValue
from runstone.search import hints
from runstone.search.expression import And, Comparison, Expression, Field, Not, Operator, Or, OrderBy, Value
from runstone.search.grammar import Entity, Grammar, Key
from runstone.search.tokens import KEYWORDS, Token, refused, split_name, tokenize, unquote

MAX_DEPTH = 50
"""How deep parentheses and NOTs may be nested. SQLite's own parser keeps at most 100 things in mind."""

_SHOWN = 200
_INT64 = range(-(2**63), 2**63)
_INT64_DIGITS = 19
_EMPTY_LIST = (
    "While parsing a list in the query, expected a non-empty list of string values, but got empty list"
)
_UNQUOTED = (
    "Parameter value is either not quoted or unidentified quote types used for string value {value}. "
    "Use either single or double quotes."
)


def parse_filter(text: str | None, grammar: Grammar) -> Expression | None:
    """The tree of a filter; None if it asks for nothing (None, blank, or a lone AND).

    Raises InvalidParameterValue for whatever the grammar does not allow, a text of over 100,000 characters,
    and over 50 nested parentheses or NOTs. The message begins with MLflow's words where MLflow has any, and ends
    with what to write instead, if that is known, and the column; `column` (1-based) is that, too.
    """
    if not text:
        return None
    return _FilterParser(tokenize(text), grammar).filter()


def parse_order_by(clauses: Sequence[str], grammar: Grammar) -> tuple[OrderBy, ...]:
    """The clauses of an order, each a name and perhaps ASC or DESC. Tie-breakers are not added.

    Raises InvalidParameterValue, in MLflow's words, for a clause that cannot be read, a key that cannot order, and
    a field named twice, unless the grammar lets the first one count.
    """
    order = tuple(_parse_clause(clause, grammar) for clause in clauses)
    first: dict[Field, OrderBy] = {}
    for clause in order:
        first.setdefault(clause.field, clause)
    if len(first) < len(order) and not grammar.repeats:
        raise InvalidParameterValue(f"`order_by` contains duplicate fields: {_shorten(str(list(clauses)))}")
    return tuple(first.values())


def _parse_clause(clause: str, grammar: Grammar) -> OrderBy:
    name, *others = tokenize(clause)
    shown = _shorten(clause)
    if name.kind not in ("name", "double") or len(others) > 2:
        column = others[1].column if len(others) > 2 else name.column
        raise InvalidParameterValue(f"Invalid order_by clause '{shown}'. Could not be parsed.", column)
    direction = others[0].text.upper() or "ASC"
    if direction not in ("ASC", "DESC"):
        raise InvalidParameterValue(f"Invalid ordering key in order_by clause '{shown}'.", others[0].column)
    entity, written = _entity(name, grammar, _plainly)
    if not entity.orderable:
        raise InvalidParameterValue(grammar.wording.order_entity.format(label=entity.label), name.column)
    prefix = grammar.entities.get(written)  # without its key
    refuse = refused if prefix and prefix.orderable and prefix.any_key else _plainly
    key = entity.any_key or _known_key(entity, entity.order_keys, written, name, grammar, refuse)
    return OrderBy(Field(entity.kind, key.name or written), direction == "ASC")


class _FilterParser:
    """The state of one parse: the tokens, the position among them, and how deep it is nested."""

    def __init__(self, tokens: list[Token], grammar: Grammar):
        self.tokens = tokens
        self.grammar = grammar
        self.position = 0
        self.depth = 0

    def filter(self) -> Expression | None:
        self.skip_ands()
        if self.peek() == "end":
            return None
        expression = self.expression()
        if self.peek() != "end":
            raise self.expected("AND or OR", hint="write AND" if self.peek() == "," else "")
        return expression

    def expression(self) -> Expression:
        parts = [self.conjunction()]
        while self.accept("OR"):
            parts.append(self.conjunction())
        return Or(tuple(parts)) if len(parts) > 1 else parts[0]

    def conjunction(self) -> Expression:
        parts = [self.negation()]
        while self.accept("AND"):
            self.skip_ands()
            if self.peek() == "end":
                break
            parts.append(self.negation())
        return And(tuple(parts)) if len(parts) > 1 else parts[0]

    def negation(self) -> Expression:
        kind = self.peek()
        if kind not in ("NOT", "("):
            return self.comparison()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            message = f"Parentheses and NOT are nested more than {MAX_DEPTH} deep; flatten the filter"
            raise refused(message, self.next().column)
        self.next()
        if kind == "NOT":
            expression = Not(self.negation())
        else:
            expression = self.expression()
            if not self.accept(")"):
                raise self.expected("AND, OR or )")
        self.depth -= 1
        return expression

    def comparison(self) -> Comparison:
        name = self.next()
        if name.kind not in ("name", "double"):
            raise self.expected(
                f"a field such as {self.grammar.example}", name, "write NOT" if name.kind == "!" else ""
            )
        entity, written = _entity(name, self.grammar, refused)
        key = entity.any_key or _known_key(entity, entity.filter_keys, written, name, self.grammar, refused)
        column = self.tokens[self.position].column
        operator = self.operator(name, entity)
        if operator not in key.operators:
            hint = hints.operator(operator, name, key)
            raise refused(_refused_operator(operator, key, entity, written, self.grammar), column, hint)
        return Comparison(Field(entity.kind, key.name or written), operator, self.value(operator, key, name))

    def operator(self, field: Token, entity: Entity) -> Operator:
        token = self.next()
        kind = token.kind
        if kind == "IS":
            negated = self.accept("NOT")
            if not self.accept("NULL"):
                raise self.expected("NULL" if negated else "NULL or NOT NULL")
            return "IS NOT NULL" if negated else "IS NULL"
        if kind == "NOT" and self.peek() in ("IN", "LIKE", "ILIKE"):
            kind = f"NOT {self.next().kind}"
        elif kind not in ("IN", "LIKE", "ILIKE") and kind[0] not in "=<>!":
            hint = hints.no_operator(field, token, any_key=entity.any_key is not None)
            raise self.expected("a comparison such as = or LIKE", token, hint)
        return cast(Operator, kind)

    def value(self, operator: Operator, key: Key, field: Token) -> Value:
        if operator in ("IS NULL", "IS NOT NULL"):
            return None
        if operator in ("IN", "NOT IN"):
            return self.strings()
        token = self.next()
        if token.kind == "end":
            raise self.expected(f"a value after {operator}", token)
        if key.type == "string":
            if token.kind in ("text", "double"):
                return unquote(token.text)
            unquoted = token.kind == "name" or token.kind in KEYWORDS
            template = _UNQUOTED if unquoted else key.value_error
        elif token.kind == "number":
            return _number(token, whole=key.type == "integer")
        else:
            template = key.value_error
        message = template.format(key=key.name, value=_shorten(token.text))
        raise refused(message, token.column, hints.value(token, field, key, self.grammar))

    def strings(self) -> tuple[str, ...]:
        if not self.accept("("):
            raise self.expected("a list of strings in parentheses")
        strings: list[str] = []
        while not self.accept(")"):
            if strings and not self.accept(","):
                raise self.expected(", or )")
            if strings and self.accept(")"):
                break
            token = self.next()
            if token.kind not in ("text", "double"):
                raise self.expected("a quoted string", token)
            strings.append(unquote(token.text))
        if not strings:
            raise refused(_EMPTY_LIST, self.tokens[self.position - 1].column)
        return tuple(strings)

    def peek(self) -> str:
        return self.tokens[self.position].kind

    def next(self) -> Token:
        """The next token. The end stays where it is."""
        token = self.tokens[self.position]
        if token.kind != "end":
            self.position += 1
        return token

    def accept(self, kind: str) -> bool:
        if self.tokens[self.position].kind != kind:
            return False
        self.position += 1
        return True

    def skip_ands(self) -> None:
        while self.accept("AND"):
            pass

    def expected(self, what: str, found: Token | None = None, hint: str = "") -> InvalidParameterValue:
        token = found or self.tokens[self.position]
        shown = "the filter ends" if token.kind == "end" else f"found {_shorten(token.text)}"
        return refused(f"Expected {what}, but {shown}", token.column, hint)


_Refuse = Callable[[str, int, str], InvalidParameterValue]


def _plainly(message: str, column: int, _: str) -> InvalidParameterValue:
    """A refusal of an order: MLflow's sentence and nothing else, since clients compare it."""
    return InvalidParameterValue(message, column)


def _entity(name: Token, grammar: Grammar, refuse: _Refuse) -> tuple[Entity, str]:
    """The entity that a name selects, and its key as written."""
    prefix, key = split_name(name.text)
    entity = grammar.entities.get("attribute" if prefix is None else prefix)
    if entity is None:
        message = grammar.wording.prefix.format(prefix=_shorten(prefix or ""))
        raise refuse(message, name.column, hints.prefix(prefix or "", name, grammar))
    if not key:
        raise refused(f"Expected a key after {_shorten(name.text)}", name.column)
    return entity, key


def _known_key(
    entity: Entity, keys: dict[str, Key], written: str, name: Token, grammar: Grammar, refuse: _Refuse
) -> Key:
    key = keys.get(written)
    if key is None:
        message = (
            f"Invalid {entity.label} key '{_shorten(written)}' specified. Valid keys are '{_braced(keys)}'"
        )
        raise refuse(message, name.column, hints.key(written, keys, name, grammar))
    return key


def _refused_operator(operator: str, key: Key, entity: Entity, written: str, grammar: Grammar) -> str:
    template = grammar.wording.null if operator.startswith("IS ") else grammar.wording.operator
    return template.format(
        operator=_shorten(operator),
        operators=_braced(key.operators),
        key=_shorten(written),
        key_label=key.label,
        label=entity.label,
    )


def _number(token: Token, *, whole: bool) -> int | float:
    number = float(token.text)
    if isinf(number):
        raise refused(f"The number {_shorten(token.text)} is too large", token.column)
    digits = token.text.lstrip("+-")
    if whole and digits.isdigit() and len(digits) <= _INT64_DIGITS:
        integer = int(token.text)
        return integer if integer in _INT64 else number
    return number


def _braced(names: Iterable[str]) -> str:
    return "{" + ", ".join(repr(name) for name in names) + "}"


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
