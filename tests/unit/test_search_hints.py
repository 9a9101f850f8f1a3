"""What a refused filter says to write instead."""

import pytest

from runstone.errors import InvalidParameterValue
from runstone.search import EXPERIMENTS, RUNS, Grammar, parse_filter


def refusal(text: str, grammar: Grammar) -> InvalidParameterValue:
    with pytest.raises(InvalidParameterValue) as caught:
        parse_filter(text, grammar)
    return caught.value


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("metrics.a == 1", "write ="),
        ("metrics.a <> 1", "write !="),
        ("metrics.a => 1", "write >="),
        ("metrics.a IN (1, 2)", "write metrics.a = 1 OR metrics.a = 2"),
        ("metrics.a IS NULL", "write NOT (metrics.a = 0 OR metrics.a != 0)"),
        ("metrics.a IS NOT NULL", "write (metrics.a = 0 OR metrics.a != 0)"),
        ("dataset.name IS NULL", "write NOT dataset.name LIKE '%'"),
        ("metrics.a BETWEEN 0 AND 2", "write metrics.a >= 1 AND metrics.a <= 2"),
        ("metrics.a b > 2", "a key with spaces stands in backticks: metrics.`a b`"),
        ("metrics.a = '1e3'", "write 1e3 without quotes"),
        ("metrics.a = nan", "NaN and infinities cannot be written in a filter"),
        ("metrics.a > params.b", "a field is compared with a value, not with another field"),
        ("params.a > '9'", "texts have no order: log what is to be compared as a metric"),
        ("params.a = 9", "write '9'"),
        ("params.a = adamw", "write 'adamw'"),
        ("params.a = `adamw`", "write 'adamw'"),
        ("params.a != NULL", "write params.a IS NULL or IS NOT NULL"),
        ("params.a NOT LIKE 'x'", "write NOT params.a LIKE 'PATTERN'"),
        ("params.a RLIKE 'x'", "write LIKE or ILIKE, where % is any text and _ any one character"),
        ("params.a = ('x', 'y')", "a list follows IN"),
        ("params.a = 'x', params.b = 'y'", "write AND"),
        ("params.a = 'x' && params.b = 'y'", "write AND"),
        ("params.a = 'x' || params.b = 'y'", "write OR"),
        ("! params.a = 'x'", "write NOT"),
        ("params.a = \u2018x\u2019", "write the straight quotes ' or \""),
        (r"params.a = 'it\'s'", "a ' inside the text is written twice"),
        ("params['a'] = 'x'", "write a field as tags.team or tags.`a key`"),
        ("start_time > '2026-01-31'", "times are numbers of milliseconds since 1970"),
        ("loss < 1", "a metric of this name is metrics.loss"),
        ("train.loss < 1", "a metric of this name is metrics.`train.loss`"),
        ("metrics < 1", "write metrics.KEY"),
        ("Metrics.a < 1", "did you mean metrics?"),
        ("prams.a = 'x'", "did you mean params?"),
        ("run_nam = 'x'", "did you mean run_name?"),
        ("attributes.statuss = 'x'", "did you mean status?"),
        ("runName = 'x'", "did you mean run_name?"),
        ("lifecycle_stage = 'deleted'", "deleted runs are asked for with run_view_type"),
        ("experiment_id = '1'", "experiments are chosen with experiment_ids"),
    ],
)
def test_a_common_mistake_is_told_what_to_write(text: str, hint: str):
    assert f"; {hint} (at column " in str(refusal(text, RUNS))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("metrics.a < 1", "it belongs to runs: search for those"),
        ("attributes.name = 'x'", "did you mean attribute?"),
        ("team = 'x'", "a tag of this name is tags.team"),
        ("id = '1'", "did you mean experiment_id?"),
    ],
)
def test_a_common_mistake_about_experiments_is_told_what_to_write(text: str, hint: str):
    assert f"; {hint} (at column " in str(refusal(text, EXPERIMENTS))


@pytest.mark.parametrize(
    "text",
    [
        "metrics.a IS NULL",
        "metrics.a IS NOT NULL",
        "dataset.name IS NULL",
        "status NOT LIKE 'x'",
        "metrics.a == 1",
    ],
)
def test_what_is_advised_can_be_read(text: str):
    advised = str(refusal(text, RUNS)).partition("; write ")[2].rpartition(" (at column ")[0]
    assert parse_filter(advised if len(advised) > 2 else text.replace("==", advised), RUNS) is not None
