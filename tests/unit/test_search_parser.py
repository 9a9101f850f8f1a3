import contextlib
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runstone.errors import InvalidParameterValue
from runstone.search import (
    EXPERIMENTS,
    RUNS,
    And,
    Comparison,
    Expression,
    Field,
    FieldKind,
    Grammar,
    Not,
    Or,
    OrderBy,
    Value,
    parse_filter,
    parse_order_by,
)
from runstone.search.grammar import Entity
from tests.unit.search_evaluator import to_text


def runs(text: str) -> Expression | None:
    return parse_filter(text, RUNS)


def refusal(text: str | None, grammar: Grammar = RUNS) -> InvalidParameterValue:
    with pytest.raises(InvalidParameterValue) as caught:
        parse_filter(text, grammar)
    return caught.value


def order_refusal(clauses: list[str], grammar: Grammar = RUNS) -> InvalidParameterValue:
    with pytest.raises(InvalidParameterValue) as caught:
        parse_order_by(clauses, grammar)
    return caught.value


def a(key: str, grammar_prefix: str = "metrics") -> Comparison:
    found = runs(f"{grammar_prefix}.{key} = 1")
    assert isinstance(found, Comparison)
    return found


# --- fields and values ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "key", "op", "value"),
    [
        ("metrics.m > 1", "metric", "m", ">", 1.0),
        ("metric.m>=.5", "metric", "m", ">=", 0.5),
        ("metrics.m < 25e-1", "metric", "m", "<", 2.5),
        ("metrics.m != -1.", "metric", "m", "!=", -1.0),
        ("metrics.m <= +2E+3", "metric", "m", "<=", 2000.0),
        ("`metrics`.m = 1", "metric", "m", "=", 1.0),
        ("metrics.`m.dot` = 1", "metric", "m.dot", "=", 1.0),
        ('metrics."m sp" = 1', "metric", "m sp", "=", 1.0),
        ("metrics.'m sp' = 1", "metric", "m sp", "=", 1.0),
        ("metrics.train/loss-1:b = 1", "metric", "train/loss-1:b", "=", 1.0),
        ("metrics.1 = 1", "metric", "1", "=", 1.0),
        ("metrics.größe = 1", "metric", "größe", "=", 1.0),
        ("metrics.and = 1", "metric", "and", "=", 1.0),
        ("metrics.`a``b` = 1", "metric", "a`b", "=", 1.0),
        ("params.p = 'x'", "param", "p", "=", "x"),
        ("parameters.p = 'x'", "param", "p", "=", "x"),
        ("param.p != ''", "param", "p", "!=", ""),
        ('parameter.p = "it\'s"', "param", "p", "=", "it's"),
        ("params.p = 'it''s'", "param", "p", "=", "it's"),
        ("params.p = ''''", "param", "p", "=", "'"),
        (r"params.p = 'C:\dir\'", "param", "p", "=", "C:\\dir\\"),
        ("params.p like 'a%'", "param", "p", "LIKE", "a%"),
        ("params.p is  null", "param", "p", "IS NULL", None),
        ("tags.t IS NOT NULL", "tag", "t", "IS NOT NULL", None),
        ("tag.t ILIKE 'x'", "tag", "t", "ILIKE", "x"),
        ("tags.mlflow.source.name = 'x'", "tag", "mlflow.source.name", "=", "x"),
        ("tags.from = 'OR'", "tag", "from", "=", "OR"),
        ("tags.t IN ('a')", "tag", "t", "IN", ("a",)),
        ("tags.t NOT  IN ('a', \"b\",)", "tag", "t", "NOT IN", ("a", "b")),
        ("params.p in('a','a')", "param", "p", "IN", ("a", "a")),
        ("status IN ('FINISHED')", "attribute", "status", "IN", ("FINISHED",)),
        ("run.status = 'x'", "attribute", "status", "=", "x"),
        ("attr.user_id = 'x'", "attribute", "user_id", "=", "x"),
        ("attributes.artifact_uri = 'x'", "attribute", "artifact_uri", "=", "x"),
        ("`run name` = 'x'", "attribute", "run_name", "=", "x"),
        ("\"Run name\" = 'x'", "attribute", "run_name", "=", "x"),
        ("attribute.`Run Name` = 'x'", "attribute", "run_name", "=", "x"),
        ("created > 5", "attribute", "start_time", ">", 5),
        ("attributes.Created > 5", "attribute", "start_time", ">", 5),
        ("end_time <= 5.5", "attribute", "end_time", "<=", 5.5),
        ("dataset.name = 'x'", "dataset", "name", "=", "x"),
        ("datasets.context NOT IN ('x')", "dataset", "context", "NOT IN", ("x",)),
    ],
)
def test_a_comparison_is_read_with_its_aliases_resolved(
    text: str, kind: FieldKind, key: str, op: str, value: Value
):
    found = runs(text)
    assert isinstance(found, Comparison)
    assert (found.field, found.op, found.value) == (Field(kind, key), op, value)
    assert type(found.value) is type(value)


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (str(2**63 - 1), 2**63 - 1),
        (str(-(2**63)), -(2**63)),
        (str(2**63), float(2**63)),
        ("1" * 30, float("1" * 30)),
        ("0" * 5000 + "7", 7.0),
    ],
)
def test_an_integer_that_no_database_can_hold_becomes_a_float(literal: str, value: int | float):
    found = runs(f"start_time < {literal}")
    assert isinstance(found, Comparison)
    assert (found.value, type(found.value)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "op"),
    [("name IN ('a')", "IN"), ("experiment_id = '7'", "="), ("attribute.name ILIKE 'x'", "ILIKE")],
)
def test_experiments_have_attributes_of_their_own(text: str, op: str):
    found = parse_filter(text, EXPERIMENTS)
    assert isinstance(found, Comparison)
    assert (found.field.kind, found.op) == ("attribute", op)


# --- structure --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [None, "", "   ", "\n", "AND", " and AND "])
def test_a_filter_that_asks_for_nothing_is_none(text: str | None):
    assert parse_filter(text, RUNS) is None


@pytest.mark.parametrize(
    "text",
    [
        "AND metrics.a = 1 AND metrics.b = 1",
        "metrics.a = 1 AND metrics.b = 1 AND",
        "metrics.a = 1 and and metrics.b = 1",
        "  metrics.a=1\tAND\nmetrics.b=1  ",
        "(metrics.a = 1)AND(metrics.b = 1)",
    ],
)
def test_an_and_too_many_and_spaces_do_not_matter(text: str):
    assert runs(text) == And((a("a"), a("b")))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("metrics.a = 1 OR metrics.b = 1 AND metrics.c = 1", Or((a("a"), And((a("b"), a("c")))))),
        ("metrics.a = 1 AND metrics.b = 1 OR metrics.c = 1", Or((And((a("a"), a("b"))), a("c")))),
        ("(metrics.a = 1 OR metrics.b = 1) AND metrics.c = 1", And((Or((a("a"), a("b"))), a("c")))),
        ("NOT metrics.a = 1 AND metrics.b = 1", And((Not(a("a")), a("b")))),
        ("NOT metrics.a = 1 OR metrics.b = 1", Or((Not(a("a")), a("b")))),
        ("not (metrics.a = 1 or metrics.b = 1)", Not(Or((a("a"), a("b"))))),
        ("NOT NOT metrics.a = 1", Not(Not(a("a")))),
        ("((metrics.a = 1))", a("a")),
        ("metrics.a = 1 OR metrics.b = 1 OR metrics.c = 1", Or((a("a"), a("b"), a("c")))),
    ],
)
def test_not_binds_tighter_than_and_and_and_tighter_than_or(text: str, tree: Expression):
    assert runs(text) == tree


def _field_names(entity: Entity) -> st.SearchStrategy[str]:
    if entity.any_key:
        return st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
    return st.sampled_from(sorted({key.name for key in entity.filter_keys.values()}))


def _comparisons(entity: Entity) -> st.SearchStrategy[Comparison]:
    strings = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))

    def comparison(name: str) -> st.SearchStrategy[Comparison]:
        key = entity.any_key or entity.filter_keys[name]
        plain: st.SearchStrategy[Value] = {
            "string": strings,
            "float": st.floats(allow_nan=False, allow_infinity=False),
            "integer": st.integers(-(2**63), 2**63 - 1),
        }[key.type]

        def value(op: str) -> st.SearchStrategy[Value]:
            if op.startswith("IS "):
                return st.none()
            return st.lists(strings, min_size=1, max_size=3).map(tuple) if op.endswith("IN") else plain

        return st.sampled_from(key.operators).flatmap(
            lambda op: st.builds(Comparison, st.just(Field(entity.kind, name)), st.just(op), value(op))
        )

    return _field_names(entity).flatmap(comparison)


def _expressions(grammar: Grammar) -> st.SearchStrategy[Expression]:
    entities = sorted({entity.prefixes[0] for entity in grammar.entities.values()})
    leaves = st.sampled_from(entities).flatmap(lambda prefix: _comparisons(grammar.entities[prefix]))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
            inner.map(Not),
        ),
        max_leaves=8,
    )


@given(_expressions(RUNS))
def test_a_run_filter_printed_from_any_tree_parses_into_that_tree(tree: Expression):
    assert parse_filter(to_text(tree), RUNS) == tree


@given(_expressions(EXPERIMENTS))
def test_an_experiment_filter_printed_from_any_tree_parses_into_that_tree(tree: Expression):
    assert parse_filter(to_text(tree), EXPERIMENTS) == tree


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        (
            "foo.bar = 1",
            "Invalid entity type 'foo'. "
            "Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']",
            1,
        ),
        ("metrics.a = '1'", "Expected numeric value type for metric. Found '1'", 13),
        ("metrics.a > nan", "Expected numeric value type for metric. Found nan", 13),
        ("metrics.a > 1AND", "Expected numeric value type for metric. Found 1AND", 13),
        ("start_time = '1'", "Expected numeric value type for numeric attribute: start_time. Found '1'", 14),
        ("params.a = 1", "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 1", 12),
        ("tags.a = 1", "Expected a quoted string value for tag (e.g. 'my-value'). Got value 1", 10),
        ("status = 1", "Expected a quoted string value for attributes. Got value 1", 10),
        ("dataset.name = 1", "Expected a quoted string value for dataset attributes. Got value 1", 16),
        (
            "params.a = x",
            "Parameter value is either not quoted or unidentified quote types used for string value x. "
            "Use either single or double quotes.",
            12,
        ),
        (
            "run_id IN ()",
            "While parsing a list in the query, expected a non-empty list of string values, "
            "but got empty list",
            12,
        ),
        (
            "metrics.a IS NULL",
            "IS NULL / IS NOT NULL is only supported for tags and params, not for 'metric' 'a'",
            11,
        ),
        (
            "params.a > '1'",
            "Invalid comparator '>' not one of "
            "'{'=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN', 'IS NULL', 'IS NOT NULL'}'",
            10,
        ),
        ("metrics.a == 1", "Invalid comparator '==' not one of '{'=', '!=', '<', '<=', '>', '>='}'", 11),
        (
            "status NOT LIKE 'x'",
            "Invalid comparator 'NOT LIKE' not one of '{'=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN'}'",
            8,
        ),
        (
            "lifecycle_stage = 'active'",
            "Invalid attribute key 'lifecycle_stage' specified. Valid keys are '{'run_id', 'run_name', "
            "'status', 'user_id', 'artifact_uri', 'start_time', 'end_time', 'created', 'Created', "
            "'run name', 'Run name', 'Run Name'}'",
            1,
        ),
        (
            "dataset.foo = 'x'",
            "Invalid dataset key 'foo' specified. Valid keys are '{'name', 'digest', 'context'}'",
            1,
        ),
    ],
)
def test_a_refusal_that_mlflow_knows_begins_with_its_words_and_ends_with_the_column(
    text: str, message: str, column: int
):
    error = refusal(text)
    assert str(error).startswith(message.removesuffix("."))
    assert str(error).endswith(f" (at column {column})")
    assert error.column == column


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "metrics.a > 1",
            "Invalid entity type 'metrics'. Valid entity types are ('attribute', 'tag', 'tags')",
        ),
        ("name > 'a'", "Invalid comparator for string attribute: >"),
        ("experiment_id LIKE '1'", "Invalid comparator for experiment_id: LIKE"),
        ("tags.t > 'a'", "Invalid comparator for tag: >"),
        ("name IS NULL", "IS NULL / IS NOT NULL is only supported for tags, not for attribute 'name'"),
        (
            "status = 'x'",
            "Invalid attribute key 'status' specified. "
            "Valid keys are '{'experiment_id', 'name', 'creation_time', 'last_update_time'}'",
        ),
    ],
)
def test_experiments_are_refused_in_words_of_their_own(text: str, message: str):
    assert str(refusal(text, EXPERIMENTS)).startswith(message)


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("metrics.a", "Expected a comparison such as = or LIKE, but the filter ends", 10),
        ("metrics.a =", "Expected a value after =, but the filter ends", 12),
        ("= 1", "Expected a field such as metrics.loss, but found =", 1),
        ("metrics.a > 1 metrics.b > 1", "Expected AND or OR, but found metrics.b", 15),
        ("metrics.a > 1)", "Expected AND or OR, but found )", 14),
        ("(metrics.a > 1", "Expected AND, OR or ), but the filter ends", 15),
        ("()", "Expected a field such as metrics.loss, but found )", 2),
        ("NOT", "Expected a field such as metrics.loss, but the filter ends", 4),
        ("metrics.a > 1 OR", "Expected a field such as metrics.loss, but the filter ends", 17),
        ("metrics.a > 1 OR AND metrics.b > 1", "Expected a field such as metrics.loss, but found AND", 18),
        ("'x' = params.a", "Expected a field such as metrics.loss, but found 'x'", 1),
        ("params.a = 'x", "The quote ' is never closed; a ' inside the text is written twice", 12),
        ("params.a = 'it''s", "The quote ' is never closed; a ' inside the text is written twice", 12),
        ("metrics.`a = 1", "The quote ` is never closed", 9),
        ("metrics. = 1", "Expected a key after metrics.", 1),
        ("metrics.`` = 1", "Expected a key after metrics.``", 1),
        (
            "metrics.a > 1; metrics.b > 1",
            "Unexpected character ';'; write AND",
            14,
        ),
        ("metrics.a > 1e999", "The number 1e999 is too large", 13),
        ("params.a IS 'x'", "Expected NULL or NOT NULL, but found 'x'", 13),
        ("params.a IS NOT 'x'", "Expected NULL, but found 'x'", 17),
        ("params.a NOT = 'x'", "Expected a comparison such as = or LIKE, but found NOT", 10),
        (
            "params.a ıs NULL",
            "Expected a comparison such as = or LIKE, but found ıs; "
            "a key with spaces stands in backticks: params.`a ıs`",
            10,
        ),
        ("run_id IN 'a'", "Expected a list of strings in parentheses, but found 'a'", 11),
        ("run_id IN ('a' 'b')", "Expected , or ), but found 'b'", 16),
        ("run_id IN ('a'", "Expected , or ), but the filter ends", 15),
        ("run_id IN (1)", "Expected a quoted string, but found 1", 12),
        ("run_id IN (,)", "Expected a quoted string, but found ,", 12),
        ("params.a = 'a\0b'", r"The character '\x00' cannot be part of a search", 14),
        ("params.a = '\ud800'", r"The character '\ud800' cannot be part of a search", 13),
    ],
)
def test_a_mistake_is_named_with_its_column(text: str, message: str, column: int):
    error = refusal(text)
    assert (str(error), error.column) == (f"{message} (at column {column})", column)


def test_a_long_mistake_is_not_repeated_in_full():
    assert len(str(refusal("params.a = " + "x" * 90_000))) < 500


@pytest.mark.parametrize(("opening", "closing"), [("(", ")"), ("NOT ", ""), ("NOT (", ")")])
def test_nesting_has_a_limit_and_below_it_everything_works(opening: str, closing: str):
    levels = 50 // (opening.count("NOT") + opening.count("("))
    assert runs(opening * levels + "metrics.a = 1" + closing * levels) is not None
    error = refusal(opening * (levels + 1) + "metrics.a = 1" + closing * (levels + 1))
    assert str(error).startswith("Parentheses and NOT are nested more than 50 deep")


def test_many_pairs_of_parentheses_side_by_side_are_no_nesting():
    assert runs(" OR ".join(["(metrics.a = 1)"] * 500)) == Or((a("a"),) * 500)


def test_a_filter_has_a_greatest_length():
    assert str(refusal("x" * 100_001)).startswith(
        "The text has 100001 characters; at most 100000 are allowed"
    )


@pytest.mark.parametrize(
    "text",
    [
        "1" * 99_999,
        "1" * 99_998 + "x",
        "1." * 49_999,
        "metrics.a > " + "1" * 99_000 + "x",
        "'" * 99_999,
        "`" * 99_999,
        "metrics." + "`" * 90_001,
        "a." * 49_999,
        " " * 99_999,
        "AND " * 24_999,
        "(" * 99_999,
        "tags.t IN (" + "'a'," * 24_000,
        "metrics.a = 1 OR " * 5_000,
    ],
)
def test_a_long_filter_takes_no_longer_than_its_length_deserves(text: str):
    started = time.perf_counter()
    with contextlib.suppress(InvalidParameterValue):
        runs(text)
    assert time.perf_counter() - started < 2


_FIELDS = ["metrics", ".", "a", "params.p", "tags.`t`", "status", "dataset.name", "run_id", "start_time"]
_WORDS = ["AND", "OR", "NOT", "IN", "LIKE", "ILIKE", "IS", "NULL", "(", ")", ",", "=", "!=", "<=", "<>"]
_VALUES = ["1", "-1.5e3", "1e999", "'x'", '"x"', "`x`", "'", '"', "`", ";", "İS", "²"]
_PIECES = st.sampled_from(_FIELDS + _WORDS + _VALUES)


@given(st.text() | st.lists(_PIECES).map(" ".join) | st.lists(_PIECES).map("".join))
@example("İN")
def test_no_text_does_worse_than_being_refused(text: str):
    for grammar in (RUNS, EXPERIMENTS):
        tree, column = None, 1
        try:
            tree = parse_filter(text, grammar)
        except InvalidParameterValue as error:
            column = error.column or 0
        assert 1 <= column <= len(text) + 1
        assert tree is None or parse_filter(to_text(tree), grammar) == tree


# --- order ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clause", "kind", "key", "ascending"),
    [
        ("metrics.m", "metric", "m", True),
        ("metrics.m ASC", "metric", "m", True),
        ("  metrics.`m x`  desc ", "metric", "m x", False),
        ("`metrics`.`m` asc", "metric", "m", True),
        ('metrics."m x" DESC', "metric", "m x", False),
        ("params.p DESC", "param", "p", False),
        ("tags.mlflow.user", "tag", "mlflow.user", True),
        ("start_time Desc", "attribute", "start_time", False),
        ("attribute.run_name", "attribute", "run_name", True),
        ("created", "attribute", "start_time", True),
        ("run_id", "attribute", "run_id", True),
    ],
)
def test_an_order_clause_is_a_field_and_a_direction(clause: str, kind: FieldKind, key: str, ascending: bool):
    assert parse_order_by([clause], RUNS) == (OrderBy(Field(kind, key), ascending),)


def test_an_order_keeps_the_sequence_of_its_clauses():
    order = parse_order_by(["name DESC", "experiment_id"], EXPERIMENTS)
    assert [(clause.field.key, clause.ascending) for clause in order] == [
        ("name", False),
        ("experiment_id", True),
    ]
    assert parse_order_by([], RUNS) == ()


@pytest.mark.parametrize(
    ("clause", "message", "column"),
    [
        ("", "Invalid order_by clause ''. Could not be parsed.", 1),
        ("  ", "Invalid order_by clause '  '. Could not be parsed.", 3),
        ("'m'", "Invalid order_by clause ''m''. Could not be parsed.", 1),
        ("metrics.m ASC DESC", "Invalid order_by clause 'metrics.m ASC DESC'. Could not be parsed.", 15),
        ("start_time, run_name", "Invalid order_by clause 'start_time, run_name'. Could not be parsed.", 13),
        ("metrics.m SIDEWAYS", "Invalid ordering key in order_by clause 'metrics.m SIDEWAYS'.", 11),
        ("metrics.m x", "Invalid ordering key in order_by clause 'metrics.m x'.", 11),
        (
            "nope.x",
            "Invalid entity type 'nope'. "
            "Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']",
            1,
        ),
        (
            "`Run Name` DESC",
            "Invalid attribute key 'Run Name' specified. Valid keys are '{'run_id', 'run_name', 'status', "
            "'user_id', 'artifact_uri', 'start_time', 'end_time', 'created', 'Created'}'",
            1,
        ),
        ("dataset.name", "Invalid identifier type 'dataset'", 1),
    ],
)
def test_a_bad_order_clause_is_refused_in_the_words_of_mlflow(clause: str, message: str, column: int):
    error = order_refusal([clause])
    assert (str(error), error.column) == (message, column)


def test_experiments_are_not_ordered_by_tags():
    assert str(order_refusal(["tags.t"], EXPERIMENTS)) == (
        "Invalid order_by entity: tag. Experiments are ordered by experiment_id, name, creation_time, last_update_time."
    )


@pytest.mark.parametrize("prefix", ["metrics", "params", "tag"])
def test_an_order_by_a_prefix_alone_is_told_to_add_the_key(prefix: str):
    message = str(order_refusal([f"{prefix} DESC"]))
    assert message.startswith(f"Invalid attribute key '{prefix}' specified. Valid keys are ")
    assert message.endswith(f"; write {prefix}.KEY (at column 1)")


def test_a_field_is_exemplified_by_one_that_the_search_knows():
    for grammar, field, comparison in ((RUNS, "metrics.loss", "= 1"), (EXPERIMENTS, "tags.team", "= 'a'")):
        assert f"Expected a field such as {field}, but found =" in str(refusal("= 1", grammar))
        assert parse_filter(f"{field} {comparison}", grammar)


@pytest.mark.parametrize(
    "clauses",
    [["start_time", "start_time DESC"], ["created", "start_time"], ["metrics.`m`", "metrics.m DESC"]],
)
def test_a_field_named_twice_is_refused_whatever_its_spelling(clauses: list[str]):
    assert str(order_refusal(clauses)) == f"`order_by` contains duplicate fields: {clauses}"


def test_an_order_of_experiments_may_name_a_field_twice_as_mlflow_allows():
    order = parse_order_by(["name DESC", "experiment_id", "attribute.name"], EXPERIMENTS)
    assert [(clause.field.key, clause.ascending) for clause in order] == [
        ("name", False),
        ("experiment_id", True),
    ]


@given(st.text() | st.lists(_PIECES | st.sampled_from(["ASC", "DESC"])).map(" ".join))
def test_no_order_clause_does_worse_than_being_refused(clause: str):
    column: int | None = 1
    try:
        parse_order_by([clause], RUNS)
    except InvalidParameterValue as error:
        column = error.column
    assert column is not None
    assert 1 <= column <= len(clause) + 1
