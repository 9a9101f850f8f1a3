"""What SQLite does for the hot searches: the index that is meant for them, and neither a whole table nor a sort."""

import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from benchmarks.plans import HOT, Plan, Statement, explain, plans_of
from runstone.service import Service
from tests.unit.filling import Filled, fill
from tests.unit.services import new_experiment, opened

_RUNS = 2_500
"""More than a filter's term may find for it to count as rare."""

_DEFAULT, _VALUES = "ix_run_default_order", "ix_metric_summary_value"

_INDEXES = {
    "newest": {_DEFAULT},
    "oldest": {_DEFAULT},
    "by a metric": {_VALUES},
    "by a metric, greatest first": {_VALUES},
    "by a metric, within bounds": {_VALUES},
    "by a metric that nobody has": {_DEFAULT},
    "two terms of many runs": {_VALUES, "ix_run_param_value", _DEFAULT},
    "two terms, by a metric": {_VALUES, "ix_run_param_value"},
    "a metric with no such value": {_VALUES},
    "a param with no such value": {"ix_run_param_value"},
    "a tag that nobody has": set[str](),
    "a run": {"sqlite_autoindex_run_1"},
    "since tomorrow": {_DEFAULT},
    "info alone": {_DEFAULT},
    "chosen keys": {_DEFAULT},
}
_SHOWN = {"ix_metric_summary_run", "ix_run_param_run", "ix_run_tag_run", "sqlite_autoindex_run_dataset_1"}
"""What shows all of the runs that were found."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with opened(tmp_path_factory.mktemp("planned")) as service:
        chance = random.Random(1)
        for name in ("first", "second"):
            experiment = int(new_experiment(service, name))
            fill(service, [_filled(chance, experiment, number) for number in range(_RUNS)])
        yield service


def _filled(chance: random.Random, experiment: int, number: int) -> Filled:
    metrics = {
        f"m{key}": chance.choice([chance.random(), 1.0, 2.0]) for key in range(4) if chance.random() < 0.99
    }
    params = {f"p{key}": "x" for key in range(4)}
    run_id = f"{chance.getrandbits(64):016x}"
    return Filled(run_id, experiment, number // 3, metrics=metrics, params=params, tags={"t1": "1"})


@pytest.mark.parametrize("experiments", [["1"], ["1", "2"]], ids=["one", "two"])
@pytest.mark.parametrize(("name", "fields"), HOT.items(), ids=list(HOT))
def test_a_hot_search_reads_by_its_index_and_sorts_nothing(
    service: Service, name: str, fields: Mapping[str, Any], experiments: list[str]
):
    plans = plans_of(service, experiments, fields)
    assert [(plan.statement.text, plan.text) for plan in plans if not plan.good] == []
    used = {index for plan in plans for index in plan.indexes}
    assert used >= _INDEXES[name]
    if name in ("newest", "oldest", "by a metric", "two terms of many runs"):
        assert used >= _SHOWN


def test_every_phase_of_an_order_by_a_metric_reads_by_an_index(service: Service):
    """Through all pages: numbers, a value that many runs have, runs without the metric."""
    plans = plans_of(service, ["1"], {"order_by": ["metrics.m3"]}, pages=_RUNS, size=150)
    assert [(plan.statement.text, plan.text) for plan in plans if not plan.good] == []
    walked = " ".join(plan.statement.text for plan in plans)
    for part in ("ORDER BY metric_summary.value", "AND metric_summary.value = ", "NOT (EXISTS"):
        assert part in walked


def test_what_is_asked_of_few_runs_reads_no_others(service: Service):
    """A rare term gives the runs; sorting these is no harm."""
    for where in ("metrics.m1 > 0.99 AND metrics.m1 < 1", "params.p1 = 'nobody'"):
        for plan in plans_of(service, ["1", "2"], {"filter": where, "order_by": ["metrics.m2", "run_name"]}):
            assert not plan.scanned, plan.text


@pytest.mark.parametrize(
    ("text", "scanned", "sorts"),
    [
        ("SELECT id FROM run WHERE status = 'FAILED'", {"run"}, False),
        ("SELECT id FROM run WHERE id + 0 IN (SELECT value FROM json_each('[1]'))", {"run"}, False),
        ("SELECT r.id FROM (SELECT id FROM run LIMIT 9) r", {"run"}, False),
        ("SELECT id FROM run WHERE experiment = 1 ORDER BY name", set[str](), True),
        ("SELECT id FROM run WHERE id = 1", set[str](), False),
    ],
)
def test_a_bad_plan_is_told_from_a_good_one(service: Service, text: str, scanned: set[str], sorts: bool):
    with service.store.read() as connection:
        plan: Plan = explain(connection, Statement(text))
    assert (plan.scanned, plan.sorts, plan.good) == (scanned, sorts, not scanned and not sorts)
