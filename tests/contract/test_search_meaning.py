"""The store's search agrees with the slow and obvious one, whatever the runs and whatever is asked."""

import math
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runstone.errors import InvalidParameterValue
from runstone.search import (
    RUNS,
    And,
    Comparison,
    Expression,
    Field,
    Not,
    Or,
    parse_filter,
    parse_order_by,
)
from runstone.service import Service
from runstone.wire import runs
from runstone.wire.datasets import Dataset, DatasetInput, InputTag, LogInputs
from tests.databases import KINDS
from tests.unit.search_evaluator import Record, matches, ordered, quoted, run_order, to_text
from tests.unit.services import log_points, new_experiment, new_run, opened, opened_in

many = settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

SEEDS = range(5)
"""One set of runs for each; all are in one store, each in three experiments of its own."""

_VIEWS = {"ACTIVE_ONLY": (False,), "DELETED_ONLY": (True,), "ALL": (False, True)}
"""Whether the runs in a view are deleted."""

_KEYS = ["m", "loss", "val/acc x", "ключ"]
_NUMBERS = [0.0, -0.0, 1.0, -1.5, 0.1, 1e300, -1e300, 5e-324, 2.0**53, math.nan, math.inf, -math.inf]
_WORDS = [
    "",
    "a",
    "A",
    "ab",
    "aB",
    "Straße",
    "ΣΟΦΟΣ",
    "σοφος",
    "é",
    "É",
    "日本",
    "𝕏",
    "100%",
    "a_b",
    "a\\b",
    "it's",
    'q"',
]
_LONG = "long " * 500
_STATUSES = ["RUNNING", "FINISHED", "FAILED"]
_TIMES = [1_000, 2_000, 2_000, 3_000]
_USERS = ["", "ann", "Ann"]


def _some(chance: random.Random, pool: list[Any], keys: list[str] = _KEYS) -> dict[str, Any]:
    return {key: chance.choice(pool) for key in keys if chance.random() < 0.6}


def _run(service: Service, chance: random.Random, experiment_id: str, run_id: str) -> Record:
    """Store a random run; what a search sees of it."""
    metrics = _some(chance, _NUMBERS)
    params = _some(chance, [*_WORDS, _LONG])
    tags = _some(chance, _WORDS)
    name = chance.choice(_WORDS[1:])
    start, end = chance.choice(_TIMES), chance.choice([None, *_TIMES])
    user, status = chance.choice(_USERS), chance.choice(_STATUSES)
    kept = [runs.RunTag(key, value) for key, value in tags.items()]
    new_run(service, experiment_id, run_id=run_id, run_name=name, user_id=user, start_time=start, tags=kept)
    service.call("update_run", runs.UpdateRun(run_id=run_id, status=status, end_time=end))
    earlier = [(key, chance.choice(_NUMBERS), 5, -1) for key in metrics]
    log_points(service, run_id, [*((key, value, 5, 0) for key, value in metrics.items()), *earlier])
    given_params = [runs.Param(key, value) for key, value in params.items()]
    service.call("log_batch", runs.LogBatch(run_id=run_id, params=given_params))
    datasets = [_dataset(chance) for _ in range(chance.choice([0, 0, 1, 2, 3]))]
    service.call("log_inputs", LogInputs(run_id=run_id, datasets=[_input(**dataset) for dataset in datasets]))
    attributes = {
        "run_id": run_id,
        "run_name": name,
        "status": status,
        "user_id": user,
        "start_time": start,
        "end_time": end,
    }
    return Record(attributes, metrics, params, tags | {"mlflow.runName": name}, tuple(datasets))


def _dataset(chance: random.Random) -> dict[str, str]:
    """What a search sees of a random dataset; half of them have a context, if only an empty one."""
    dataset = {"name": chance.choice(_WORDS[1:]), "digest": chance.choice(_WORDS[1:])}
    return dataset | ({"context": chance.choice(_WORDS)} if chance.random() < 0.5 else {})


def _input(name: str, digest: str, context: str | None = None) -> DatasetInput:
    others = [InputTag("other", "a")]
    tags = others if context is None else [*others, InputTag("mlflow.data.context", context)]
    return DatasetInput(dataset=Dataset(name, digest, "local", "{}"), tags=tags)


class Searched:
    """A store with its runs, and the same runs in memory."""

    def __init__(self, service: Service):
        self.service = service
        self.experiments: dict[int, list[str]] = {}
        self.records: dict[int, list[tuple[Record, bool]]] = {}
        for seed in SEEDS:
            chance = random.Random(seed)
            self.experiments[seed] = [new_experiment(service, f"{seed}-{part}") for part in "abc"]
            self.records[seed] = [self._add(chance, seed, number) for number in range(16)]

    def _add(self, chance: random.Random, seed: int, number: int) -> tuple[Record, bool]:
        """A new run, and whether it is deleted."""
        run_id = f"{seed}x{number:02}"
        record = _run(self.service, chance, chance.choice(self.experiments[seed]), run_id)
        if deleted := chance.random() < 0.25:
            self.service.call("delete_run", runs.DeleteRun(run_id=run_id))
        return record, deleted

    def found(self, seed: int, text: str, order_by: list[str], **fields: Any) -> list[str]:
        return [run.info.run_id for run in self.page(seed, text, order_by, **fields).runs]

    def page(self, seed: int, text: str, order_by: list[str], **fields: Any) -> runs.SearchRunsResponse:
        request = runs.SearchRuns(
            experiment_ids=self.experiments[seed], filter=text, order_by=order_by, **fields
        )
        response: Any = self.service.call("search_runs", request)
        return response

    def expected(self, seed: int, text: str, order_by: list[str], view: str = "ACTIVE_ONLY") -> list[str]:
        tree, order = parse_filter(text, RUNS), run_order(parse_order_by(order_by, RUNS))
        in_view = [record for record, deleted in self.records[seed] if deleted in _VIEWS[view]]
        records = [record for record in in_view if matches(tree, record)]
        return [record.attributes["run_id"] for record in ordered(records, order)]


@pytest.fixture(scope="module", params=KINDS)
def searched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searched]:
    with opened_in(request.param, tmp_path_factory.mktemp("searched")) as service:
        yield Searched(service)


# --- expressions ------------------------------------------------------------------------------

_TEXTS = st.sampled_from([*_WORDS, _LONG, "nothing like it"])
_PATTERNS = st.lists(
    st.sampled_from(["%", "_", "a", "B", "ß", "Σ", "ς", "É", "日", "\\", "'", "100", "Stra", "𝕏"]), max_size=4
).map("".join)
_FINITE = st.sampled_from([number for number in _NUMBERS if math.isfinite(number)])
_TEXT_OPERATORS = ("=", "!=", "LIKE", "ILIKE", "IN", "NOT IN")
_NUMBER_OPERATORS = ("=", "!=", "<", "<=", ">", ">=")


def _value(operator: str, plain: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    if operator.startswith("IS"):
        return st.none()
    if operator.endswith("IN"):
        return st.lists(plain, min_size=1, max_size=4).map(tuple)
    return _PATTERNS if operator.endswith("LIKE") else plain


def _comparisons(
    kind: Any, keys: list[str], operators: tuple[str, ...], plain: st.SearchStrategy[Any]
) -> st.SearchStrategy[Comparison]:
    def comparison(operator: str) -> st.SearchStrategy[Comparison]:
        field = st.sampled_from(keys).map(lambda key: Field(kind, key))
        return st.builds(Comparison, field, st.just(operator), _value(operator, plain))

    return st.sampled_from(operators).flatmap(comparison)


_KEYS_ASKED = [*_KEYS, "Loss", "nobody's"]
_LEAVES = st.one_of(
    _comparisons("metric", _KEYS_ASKED, _NUMBER_OPERATORS, _FINITE),
    _comparisons("param", _KEYS_ASKED, (*_TEXT_OPERATORS, "IS NULL", "IS NOT NULL"), _TEXTS),
    _comparisons(
        "tag", [*_KEYS_ASKED, "mlflow.runName"], (*_TEXT_OPERATORS, "IS NULL", "IS NOT NULL"), _TEXTS
    ),
    _comparisons("attribute", ["run_name", "user_id", "status"], _TEXT_OPERATORS, _TEXTS),
    _comparisons("attribute", ["status"], _TEXT_OPERATORS, st.sampled_from(_STATUSES)),
    _comparisons("attribute", ["run_id"], _TEXT_OPERATORS, st.sampled_from(["0x01", "1x02", "2x03"])),
    _comparisons(
        "attribute",
        ["start_time", "end_time"],
        _NUMBER_OPERATORS,
        st.sampled_from([0, 1_000, 1_999.5, 2_000, 2**63 - 1]),
    ),
    _comparisons("dataset", ["name", "digest", "context"], _TEXT_OPERATORS, _TEXTS),
)
_EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=5,
)
_ORDERED_BY = [
    *(f"{kind}.{quoted(key, '`')}" for kind in ("metric", "param", "tag") for key in [*_KEYS, "nobody's"]),
    *(f"attribute.{key}" for key in ("run_name", "user_id", "status", "start_time", "end_time", "run_id")),
]
_ORDERS = st.lists(
    st.tuples(st.sampled_from(_ORDERED_BY), st.sampled_from(["", " ASC", " DESC"])).map("".join),
    max_size=3,
    unique_by=lambda clause: clause.split(" A")[0].split(" D")[0],
)


@many
@given(seed=st.sampled_from(SEEDS), expression=_EXPRESSIONS)
def test_a_filter_finds_what_it_means(searched: Searched, seed: int, expression: Expression):
    text = to_text(expression)
    assert searched.found(seed, text, []) == searched.expected(seed, text, [])


@many
@given(seed=st.sampled_from(SEEDS), order_by=_ORDERS)
def test_an_order_is_what_it_means(searched: Searched, seed: int, order_by: list[str]):
    assert searched.found(seed, "", order_by) == searched.expected(seed, "", order_by)


@many
@given(
    seed=st.sampled_from(SEEDS),
    expression=st.one_of(st.none(), _LEAVES),
    order_by=st.one_of(_ORDERS, st.sampled_from(_ORDERED_BY).map(lambda clause: [clause])),
    view=st.sampled_from(sorted(_VIEWS)),
    size=st.integers(1, 17),
)
def test_pages_show_every_run_once_and_in_order(
    searched: Searched, seed: int, expression: Expression | None, order_by: list[str], view: str, size: int
):
    text = "" if expression is None else to_text(expression)
    seen: list[str] = []
    token = None
    for _ in range(20):
        page = searched.page(
            seed, text, order_by, max_results=size, page_token=token, run_view_type=view, fields=["info"]
        )
        seen += [run.info.run_id for run in page.runs]
        token = page.next_page_token
        if token is None:
            assert page.runs or not seen, "the token of the last page led to an empty one"
            break
        assert len(page.runs) == size
    assert seen == searched.expected(seed, text, order_by, view)


@settings(many, max_examples=100)
@given(seed=st.sampled_from(SEEDS), expression=_EXPRESSIONS)
def test_a_table_knows_how_many_runs_match(searched: Searched, seed: int, expression: Expression):
    text = to_text(expression)
    request = runs.ListRuns(experiment_ids=searched.experiments[seed], filter=text, max_results=3)
    response: Any = searched.service.call("list_runs", request)
    expected = searched.expected(seed, text, [])
    assert response.total == len(expected)
    assert [run.info.run_id for run in response.runs] == expected[:3]


# --- the corners, one by one ------------------------------------------------------------------


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with opened(tmp_path) as opened_service:
        yield opened_service


def find(service: Service, text: str, **fields: Any) -> list[str | None]:
    """The names of the runs that a filter finds."""
    fields = {"experiment_ids": ["0"], "order_by": ["run_name"]} | fields
    response: Any = service.call("search_runs", runs.SearchRuns(filter=text, **fields))
    return [run.info.run_name for run in response.runs]


_LIKE_TEXTS = [
    "abc",
    "ABC",
    "a%c",
    "a_c",
    "a\\c",
    "aéc",
    "AÉC",
    "a日c",
    "a\nc",
    "ac",
    "",
    "ΟΔΥΣΣΕΥΣ",
    "Straße",
    "STRAẞE",
]


@pytest.mark.parametrize(
    ("operator", "pattern", "found"),
    [
        ("LIKE", "a_c", ["abc", "a%c", "a_c", "a\\c", "aéc", "a日c", "a\nc"]),
        ("LIKE", "a%c", ["abc", "a%c", "a_c", "a\\c", "aéc", "a日c", "a\nc", "ac"]),
        ("LIKE", "a\\_c", []),
        ("LIKE", "a\\c", ["a\\c"]),
        ("LIKE", "a\\%", ["a\\c"]),
        ("LIKE", "ABC", ["ABC"]),
        ("LIKE", "", [""]),
        ("LIKE", "%", _LIKE_TEXTS),
        ("ILIKE", "abc", ["abc", "ABC"]),
        ("ILIKE", "aéc", ["aéc", "AÉC"]),
        ("ILIKE", "A_C", ["abc", "ABC", "a%c", "a_c", "a\\c", "aéc", "AÉC", "a日c", "a\nc"]),
        ("ILIKE", "%υσσ%", ["ΟΔΥΣΣΕΥΣ"]),
        ("ILIKE", "%Σ", ["ΟΔΥΣΣΕΥΣ"]),
        ("ILIKE", "οδυς%", ["ΟΔΥΣΣΕΥΣ"]),
        ("ILIKE", "stra_e", ["Straße", "STRAẞE"]),
        ("ILIKE", "STRASSE", []),
    ],
)
def test_like_knows_two_wildcards_and_no_escape(
    service: Service, operator: str, pattern: str, found: list[str]
):
    for number, text in enumerate(_LIKE_TEXTS):
        new_run(service, run_name=f"{number:02}", tags=[runs.RunTag("t", text)])
    expected = [f"{_LIKE_TEXTS.index(text):02}" for text in found]
    assert find(service, f"tags.t {operator} {quoted(pattern, chr(39))}") == sorted(expected)


def test_texts_that_are_equal_but_for_their_hash_or_their_end_are_told_apart(service: Service):
    texts = ["x" * 6_000, "x" * 5_999 + "y", "x", " x", "x "]
    for number, text in enumerate(texts):
        run_id = new_run(service, run_name=str(number))
        service.call("log_param", runs.LogParam(run_id=run_id, key="p", value=text))
    for number, text in enumerate(texts):
        assert find(service, f"params.p = '{text}'") == [str(number)]
        assert find(service, f"params.p IN ('{text}', 'z')") == [str(number)]
        assert len(find(service, f"params.p != '{text}'")) == len(texts) - 1


def test_a_search_sees_the_latest_value_alone(service: Service):
    run_id = new_run(service, run_name="r")
    log_points(service, run_id, [("m", 1.0, 0, 0), ("m", 5.0, 0, 2), ("m", 3.0, 0, 1)])
    assert find(service, "metrics.m = 5") == ["r"]
    assert find(service, "metrics.m = 1 OR metrics.m = 3") == []
    log_points(service, run_id, [("m", math.nan, 0, 3)])
    assert find(service, "metrics.m >= -1e308") == []
    assert find(service, "metrics.m != 5") == ["r"]


def test_what_a_refusal_advises_instead_of_is_null_tells_runs_with_a_metric_from_those_without(
    service: Service,
):
    with_numbers, with_nan, _ = (new_run(service, run_name=name) for name in ("number", "nan", "nothing"))
    log_points(service, with_numbers, [("m", 0.0, 0, 0)])
    log_points(service, with_nan, [("m", math.nan, 0, 0)])
    assert find(service, "(metrics.m = 0 OR metrics.m != 0)") == ["nan", "number"]
    assert find(service, "NOT (metrics.m = 0 OR metrics.m != 0)") == ["nothing"]


def test_a_search_without_experiments_finds_nothing(service: Service):
    new_run(service)
    assert find(service, "", experiment_ids=[]) == []
    assert find(service, "", experiment_ids=["77"]) == []


@pytest.mark.parametrize("count", [499, 500])
@pytest.mark.parametrize("word", ["AND", "OR"])
def test_a_filter_may_have_five_hundred_terms(service: Service, count: int, word: str):
    run_id = new_run(service, run_name="r")
    log_points(service, run_id, [(f"m{number}", 1.0, 0, 0) for number in range(500)])
    terms = [f"metrics.m{number} = 1" for number in range(count - 1)]
    assert find(service, f" {word} ".join([*terms, "params.p IS NULL"])) == ["r"]


@pytest.mark.parametrize(
    "text",
    [
        " AND ".join(["metrics.m = 1"] * 501),
        f"run_id IN ({', '.join(['1'.join(chr(39) * 2)] * 501)})",
        f"NOT (run_id = '1' OR params.p IN ({', '.join(['1'.join(chr(39) * 2)] * 500)}))",
    ],
)
def test_a_filter_of_more_terms_is_refused_with_their_number(service: Service, text: str):
    with pytest.raises(InvalidParameterValue, match="has 501 terms; at most 500"):
        find(service, text)


def _nested(depth: int, shape: str) -> str:
    text = "metrics.m = 1"
    for number in range(depth):
        text = shape.format(text, number)
    return text


@pytest.mark.parametrize(
    "shape",
    [
        "({0})",
        "NOT {0}",
        "(params.p = 'x' OR {0})",
        "NOT (params.p IS NULL AND {0})",
        "(params.a = '1' OR metrics.m{1} >= 0 AND {0})",
        "({0} AND metrics.m{1} >= 0 OR params.a = '1')",
        "NOT (params.p IS NULL AND NOT (NOT {0} AND metrics.m IS NULL OR params.p = 'x'))",
        "(NOT ({0} OR params.p = 'x') AND (metrics.m{1} > 0 OR params.p = 'y' OR tags.t IS NULL))",
    ],
)
@pytest.mark.parametrize("depth", [1, 10, 16, 24, 25, 49, 50, 51, 500])
def test_deep_nesting_is_answered_or_refused(service: Service, shape: str, depth: int):
    run_id = new_run(service, run_name="r")
    log_points(service, run_id, [("m", 1.0, 0, 0)])
    log_points(service, run_id, [(f"m{number}", float(number), 0, 0) for number in range(depth)])
    text = _nested(depth, shape)
    try:
        tree = parse_filter(text, RUNS)
    except InvalidParameterValue:
        with pytest.raises(InvalidParameterValue):
            find(service, text)
        return
    record = Record({}, metrics={"m": 1.0} | {f"m{number}": float(number) for number in range(depth)})
    assert find(service, text) == (["r"] if matches(tree, record) else [])


def test_a_deep_filter_is_answered_from_deep_within_a_program(service: Service):
    log_points(service, new_run(service, run_name="r"), [("m", 1.0, 0, 0)])
    text = _nested(25, "NOT (params.p IS NULL AND {})")

    def deeper(levels: int) -> list[str | None]:
        return deeper(levels - 1) if levels else find(service, text)

    assert deeper(200) == deeper(0)


@pytest.mark.parametrize("kind", ["metrics", "params", "tags"])
@pytest.mark.parametrize("count", [1, 19, 20, 21, 70, 500])
def test_an_order_may_have_twenty_terms(service: Service, kind: str, count: int):
    run_id = new_run(service, run_name="r")
    keys = [f"k{number}" for number in range(count)]
    for at in range(0, count, 100):
        batch = runs.LogBatch(
            run_id=run_id,
            metrics=[runs.Metric(key, 1.0, 0) for key in keys[at : at + 100]],
            params=[runs.Param(key, "1") for key in keys[at : at + 100]],
            tags=[runs.RunTag(key, "1") for key in keys[at : at + 100]],
        )
        service.call("log_batch", batch)
    order_by = [f"{kind}.{key}" for key in keys]
    if count <= 20:
        assert find(service, "", order_by=order_by) == ["r"]
        return
    with pytest.raises(InvalidParameterValue, match=f"has {count} terms; at most 20"):
        find(service, "", order_by=order_by)


@pytest.mark.parametrize("operator", ["LIKE", "ILIKE"])
def test_a_pattern_of_any_length_is_answered_or_refused(service: Service, operator: str):
    run_id = new_run(service, run_name="r")
    service.call("log_param", runs.LogParam(run_id=run_id, key="p", value="a" * 6_000))
    assert find(service, f"params.p {operator} '{'a' * 6_000}'") == ["r"]
    assert find(service, f"params.p {operator} '{'%a' * 3_000}'") == ["r"]
    assert find(service, f"params.p {operator} '{'é' * 6_000}'") == []
    for letter in ("a", "é"):
        with pytest.raises(InvalidParameterValue, match="pattern"):
            find(service, f"params.p {operator} '{letter * 60_000}'")


def test_many_wildcards_do_not_make_a_search_explode(service: Service):
    run_id = new_run(service, run_name="r")
    service.call("log_param", runs.LogParam(run_id=run_id, key="p", value="a" * 6_000))
    started = time.perf_counter()
    assert find(service, f"params.p LIKE '{'%a' * 40}%b'") == []
    assert time.perf_counter() - started < 5
