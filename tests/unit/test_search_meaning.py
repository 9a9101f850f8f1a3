"""The meaning of a search, on records small enough to check by eye; the recorded answers are MLflow's own."""

import math
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone.search import RUNS, like_to_regex, parse_filter, parse_order_by
from tests.unit.search_evaluator import Record, matches, ordered, run_order

_RUNS = [
    Record(
        attributes={
            "run_id": "a1",
            "run_name": "alpha",
            "status": "FINISHED",
            "user_id": "ann",
            "start_time": 1000,
            "end_time": 1500,
        },
        metrics={"m": 1.0, "m.dot": 1.0, "m sp": 2.0, "m/sl": 3.0},
        params={"p": "1", "p-d": "x", "path": "a/b"},
        tags={"t": "red", "with.dot": "1", "with space": "s", "mlflow.user": "ann"},
        datasets=({"name": "train", "digest": "d1", "context": "train"}, {"name": "test", "digest": "d2"}),
    ),
    Record(
        attributes={
            "run_id": "b2",
            "run_name": "Beta",
            "status": "FAILED",
            "user_id": "bob",
            "start_time": 2000,
            "end_time": 2500,
        },
        metrics={"m": 2.5},
        params={"p": "10"},
        tags={"t": "Red"},
        datasets=({"name": "train", "digest": "d1", "context": "validation"},),
    ),
    Record(
        attributes={
            "run_id": "c3",
            "run_name": "gamma_x",
            "status": "RUNNING",
            "user_id": "",
            "start_time": 3000,
            "end_time": None,
        },
        metrics={"m": math.nan},
        params={"p": "Text_1"},
        tags={"t": "blue%"},
    ),
    Record(
        attributes={
            "run_id": "d4",
            "run_name": "delta",
            "status": "RUNNING",
            "user_id": "",
            "start_time": 4000,
            "end_time": None,
        },
    ),
]


def names(text: str) -> str:
    tree = parse_filter(text, RUNS)
    found = [record for record in _RUNS if matches(tree, record)]
    return " ".join(record.attributes["run_name"] for record in found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "alpha Beta gamma_x delta"),
        ("metrics.m > 1", "Beta"),
        ("metrics.m >= 1", "alpha Beta"),
        ("metrics.m != 1", "Beta gamma_x"),
        ("metrics.m < 1", ""),
        ("metrics.m < 25e-1", "alpha"),
        ("metrics.`m.dot` = 1", "alpha"),
        ("metrics.nope > 0", ""),
        ("params.p != '1'", "Beta gamma_x"),
        ("param.p LIKE '1%'", "alpha Beta"),
        ("params.p LIKE 'text%'", ""),
        ("params.p ILIKE 'text%'", "gamma_x"),
        ("params.p LIKE '__'", "Beta"),
        ("params.nope != '1'", ""),
        ("params.p IS NULL", "delta"),
        ("tags.t IS NOT NULL", "alpha Beta gamma_x"),
        ("tags.t ILIKE 'R%'", "alpha Beta"),
        ("tags.t LIKE '%e%'", "alpha Beta gamma_x"),
        ("tags.\"with space\" = 's'", "alpha"),
        ("tags.mlflow.user = 'ann'", "alpha"),
        ("status = 'finished'", ""),
        ("user_id != 'ann'", "Beta gamma_x delta"),
        ("start_time >= 1000 AND start_time < 3000", "alpha Beta"),
        ("end_time > 0", "alpha Beta"),
        ("run_id NOT IN ('a1','c3')", "Beta delta"),
        ("metrics.m > 0 AND params.p = '10' and tags.t = 'Red'", "Beta"),
        ("dataset.name != 'train'", "alpha"),
        ("dataset.name NOT IN ('test')", "alpha Beta"),
        ("dataset.name = 'test' AND dataset.context = 'train'", "alpha"),
        ("dataset.context LIKE '%a%'", "alpha Beta"),
    ],
)
def test_a_filter_that_mlflow_reads_finds_what_mlflow_finds(text: str, found: str):
    assert names(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("status IN ('FINISHED', 'FAILED')", "alpha Beta"),
        ("params.p NOT IN ('1')", "Beta gamma_x"),
        ("tags.t IN ('red', 'Red', 'green')", "alpha Beta"),
        ("metrics.m > 2 OR status = 'FINISHED'", "alpha Beta"),
        ("NOT params.p = '1'", "Beta gamma_x delta"),
        ("NOT params.p != '1'", "alpha delta"),
        ("NOT metrics.m > 1", "alpha gamma_x delta"),
        ("NOT end_time > 0", "gamma_x delta"),
        ("NOT dataset.name = 'test'", "Beta gamma_x delta"),
        ("NOT (metrics.m = 1 OR tags.t IS NULL)", "Beta gamma_x"),
        ("status = 'RUNNING' OR metrics.m > 0 AND params.p = '10'", "Beta gamma_x delta"),
        ("(status = 'RUNNING' OR metrics.m > 0) AND params.p = '10'", "Beta"),
    ],
)
def test_what_is_missing_makes_a_comparison_false_and_its_negation_true(text: str, found: str):
    assert names(text) == found


def _ordered_names(*clauses: str) -> str:
    records = [
        Record({"run_id": name, "start_time": start, "end_time": end}, metrics=metrics)
        for name, start, end, metrics in [
            ("run1", 1000, 9000, {"m": 3.0, "k": 1.0}),
            ("run2", 2000, 8000, {"m": math.nan, "k": 1.0}),
            ("run3", 3000, 9000, {"m": -1.0, "k": 2.0}),
            ("run4", 4000, None, {}),
            ("run5", 5000, None, {"m": math.inf, "k": 2.0}),
            ("run6", 6000, None, {"m": 3.0}),
        ]
    ]
    order = run_order(parse_order_by(clauses, RUNS))
    return " ".join(record.attributes["run_id"][3:] for record in ordered(records, order))


@pytest.mark.parametrize(
    ("clauses", "found"),
    [
        ([], "6 5 4 3 2 1"),
        (["metrics.m"], "3 6 1 5 2 4"),
        (["metrics.m DESC"], "5 6 1 3 2 4"),
        (["end_time ASC"], "2 3 1 6 5 4"),
        (["attributes.end_time DESC"], "3 1 2 6 5 4"),
        (["metrics.nope"], "6 5 4 3 2 1"),
        (["metrics.k DESC", "start_time ASC"], "3 5 1 2 4 6"),
        (["created"], "1 2 3 4 5 6"),
    ],
)
def test_an_order_puts_nan_after_the_numbers_and_what_is_missing_last(clauses: list[str], found: str):
    assert _ordered_names(*clauses) == found


@pytest.mark.parametrize(
    ("pattern", "text", "like", "ilike"),
    [
        ("abc", "abc", True, True),
        ("abc", "ABC", False, True),
        ("abc", "abcd", False, False),
        ("", "", True, True),
        ("", "a", False, False),
        ("%", "", True, True),
        ("%", "a\nb", True, True),
        ("a%", "a\n", True, True),
        ("a", "a\n", False, False),
        ("_", "\n", True, True),
        ("__", "a", False, False),
        ("%a%b", "xaybzb", True, True),
        ("%ab%ab", "ab", False, False),
        ("a.c", "abc", False, False),
        (r"100\%", "100\\x", True, True),
        ("%_", "", False, False),
    ],
)
def test_a_like_pattern_matches_the_whole_text(pattern: str, text: str, like: bool, ilike: bool):
    assert (like_to_regex(pattern).fullmatch(text) is not None) == like
    assert (like_to_regex(pattern, case_sensitive=False).fullmatch(text) is not None) == ilike


@given(st.text("ab%_\n", max_size=8), st.text("abA\n", max_size=8), st.booleans())
def test_like_agrees_with_the_plain_reading_of_its_two_wildcards(
    pattern: str, text: str, case_sensitive: bool
):
    plain = "".join({"%": ".*", "_": "."}.get(character, character) for character in pattern)
    flags = re.DOTALL if case_sensitive else re.DOTALL | re.IGNORECASE
    expected = re.fullmatch(plain, text, flags) is not None
    assert (like_to_regex(pattern, case_sensitive).fullmatch(text) is not None) == expected


def test_many_wildcards_do_not_make_matching_explode():
    started = time.perf_counter()
    assert like_to_regex("%a" * 100 + "%b").fullmatch("a" * 10_000) is None
    assert time.perf_counter() - started < 2
