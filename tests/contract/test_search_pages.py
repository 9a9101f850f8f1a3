"""Pages of thousands of runs: every run once and in order, however the page is found and whatever happens meanwhile."""

import base64
import itertools
import json
import math
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from runstone.errors import InvalidParameterValue
from runstone.search import RUNS, parse_filter, parse_order_by
from runstone.service import Service
from runstone.wire import runs
from runstone.wire.importing import ImportedRun, ImportRuns
from tests.databases import KINDS
from tests.unit.filling import Filled, fill
from tests.unit.search_evaluator import Record, matches, ordered, run_order
from tests.unit.services import log_param, log_points, new_experiment, new_run, opened, opened_in, set_tag

RUNS_HELD = 7_500
"""So many that an index is read in several windows, and a value that most of them share is no longer few runs."""


def _filled(chance: random.Random, number: int, experiment: int) -> Filled:
    metrics = {
        "unique": chance.random(),
        "same": chance.choice([1.0] * 8 + [-math.inf, math.inf, math.nan, 2.0]),
        "often_nan": chance.choice([math.nan] * 4 + [0.0, 3.5]),
        "rare": chance.random(),
    }
    held = {
        key: value for key, value in metrics.items() if chance.random() < (0.02 if key == "rare" else 0.9)
    }
    return Filled(
        run_id=f"{chance.getrandbits(64):016x}{number:05}",
        experiment=experiment,
        started=1_000 + chance.randrange(40),
        lifecycle="deleted" if chance.random() < 0.2 else "active",
        status=chance.choice(["FINISHED", "FAILED"]),
        metrics=held,
        params={"p": chance.choice("abc"), "n": str(number)} if chance.random() < 0.7 else {"n": str(number)},
        tags={"t": "rare"} if chance.random() < 0.01 else {},
    )


def _record(run: Filled) -> Record:
    attributes = {"run_id": run.run_id, "start_time": run.started, "status": run.status, "end_time": None}
    return Record(attributes, dict(run.metrics), dict(run.params), dict(run.tags))


class Held:
    """A store with many runs in three experiments, and the same runs in memory."""

    def __init__(self, service: Service):
        self.service = service
        chance = random.Random(5)
        self.experiments = [new_experiment(service, name) for name in "abc"]
        self.runs = [
            _filled(chance, number, int(self.experiments[number % 3])) for number in range(RUNS_HELD)
        ]
        fill(service, self.runs)

    def expected(self, experiments: list[str], view: str, text: str, order_by: list[str]) -> list[str]:
        stages = {"ACTIVE_ONLY": ["active"], "DELETED_ONLY": ["deleted"], "ALL": ["active", "deleted"]}[view]
        tree, order = parse_filter(text, RUNS), run_order(parse_order_by(order_by, RUNS))
        shown = [r for r in self.runs if str(r.experiment) in experiments and r.lifecycle in stages]
        found = [record for record in map(_record, shown) if matches(tree, record)]
        return [record.attributes["run_id"] for record in ordered(found, order)]

    def found(
        self, experiments: list[str], view: str, text: str, order_by: list[str], size: int
    ) -> list[str]:
        fields: dict[str, Any] = {"experiment_ids": experiments, "run_view_type": view, "filter": text}
        return [
            run.info.run_id
            for page in pages(self.service, size, order_by=order_by, fields=["info"], **fields)
            for run in page.runs
        ]


def pages(service: Service, size: int, **fields: Any) -> Iterator[runs.SearchRunsResponse]:
    """The pages of a search."""
    token = None
    while True:
        page = search(service, max_results=size, page_token=token, **fields)
        yield page
        token = page.next_page_token
        if token is None:
            return
        assert len(page.runs) == size


def search(service: Service, **fields: Any) -> runs.SearchRunsResponse:
    """One page."""
    wanted: dict[str, Any] = {"experiment_ids": ["0"]} | fields
    response: Any = service.call("search_runs", runs.SearchRuns(**wanted))
    return response


@pytest.fixture(scope="module", params=KINDS)
def held(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    with opened_in(request.param, tmp_path_factory.mktemp("held")) as service:
        held = Held(service)
        if request.param == "postgresql":  # which plans by statistics that it gathers within a minute else
            service.store.write(lambda connection, _: connection.exec_driver_sql("ANALYZE"))
        yield held


_ORDERED_BY = [
    *(f"metrics.{key}" for key in ("unique", "same", "often_nan", "rare", "nobodys")),
    *("params.p", "params.nobodys", "tags.t", "start_time", "run_id", "status", "end_time"),
]
_FILTERS = [
    "",
    "metrics.same = 1",
    "metrics.same != 1",
    "metrics.same > 0",
    "metrics.unique < 0.05",
    "metrics.unique >= 0.5 AND params.p = 'b'",
    "params.p IS NULL",
    "params.n IN ('17', '18', '19', '4000')",
    "tags.t = 'rare'",
    "tags.t IS NOT NULL AND metrics.unique > 0.5",
    "NOT metrics.unique > 0.1",
    "start_time <= 1005",
    "start_time > 1005 AND start_time < 1030 AND params.p LIKE 'b'",
    "metrics.rare > 0.5 OR status = 'FAILED'",
    "metrics.nobodys = 1",
]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("order", ["", *_ORDERED_BY])
def test_all_pages_together_are_the_whole_in_order(held: Held, order: str, direction: str):
    chance = random.Random(order + direction)
    order_by = [f"{order} {direction}"] if order else []
    for text in ["", *chance.sample(_FILTERS, 3)]:
        experiments = chance.choice([held.experiments, held.experiments[:1]])
        view = chance.choice(["ACTIVE_ONLY", "ALL"])
        size = chance.choice([211, 1_000, 3_500])
        asked = (experiments, view, text, order_by)
        assert held.found(*asked, size) == held.expected(*asked), (asked, size)


@pytest.mark.parametrize("text", _FILTERS)
def test_every_filter_finds_the_same_in_every_order(held: Held, text: str):
    chance = random.Random(text)
    for order_by in (
        [],
        ["metrics.unique"],
        ["metrics.same DESC"],
        ["start_time"],
        chance.sample(_ORDERED_BY, 3),
    ):
        asked = (held.experiments, "DELETED_ONLY" if text else "ALL", text, order_by)
        assert held.found(*asked, 900) == held.expected(*asked), asked


@pytest.mark.parametrize("order", ["metrics.same", "metrics.often_nan DESC", "params.p", "start_time"])
def test_small_pages_pass_from_one_phase_to_the_next(held: Held, order: str):
    asked = (held.experiments[1:2], "ACTIVE_ONLY", "tags.t = 'rare' OR params.n LIKE '1_1_'", [order])
    expected = held.expected(*asked)
    assert 40 < len(expected) < 120
    for size in (1, 2, 3, 7, len(expected) - 1, len(expected), len(expected) + 1):
        assert held.found(*asked, size) == expected


def test_many_experiments_are_one_list(held: Held):
    others = [str(number) for number in range(50_000, 50_060)]
    for order_by in ([], ["metrics.same"], ["params.p DESC"], ["start_time"]):
        asked = ([*held.experiments, *others], "ALL", "", order_by)
        assert held.found(*asked, 5_000) == held.expected(*asked)


def test_an_order_by_as_many_long_texts_as_may_be_is_exact(held: Held):
    experiment = new_experiment(held.service, "long")
    keys = [f"p{number}" for number in range(20)]
    same = "é" * 5_999
    for end in "bca":
        run_id = new_run(held.service, experiment, run_id=f"ends-in-{end}")
        params = [runs.Param(key, same + (end if key == keys[-1] else "x")) for key in keys]
        held.service.call("log_batch", runs.LogBatch(run_id=run_id, params=params))
    order_by = [f"params.{key}" for key in keys]
    found = held.found([experiment], "ACTIVE_ONLY", "", order_by, 1)
    assert found == ["ends-in-a", "ends-in-b", "ends-in-c"]


def test_texts_that_differ_beyond_what_is_sorted_by_are_on_some_page_all_the_same(held: Held):
    experiment = new_experiment(held.service, "imported")
    imported = [
        ImportedRun(run_id=f"r{end}", params=[runs.Param("p", "x" * 70_000 + end)]) for end in "bdaec"
    ]
    held.service.call("import_runs", ImportRuns(experiment_id=experiment, runs=imported))
    pages = held.found([experiment], "ACTIVE_ONLY", "", ["params.p"], 1)
    assert sorted(pages) == ["ra", "rb", "rc", "rd", "re"]
    assert held.found([experiment], "ACTIVE_ONLY", "", ["params.p"], 5) == pages


def test_the_total_of_a_table_is_the_same_on_every_page(held: Held):
    for text in ("", "metrics.same = 1", "tags.t = 'rare'"):
        expected = len(held.expected(held.experiments, "ACTIVE_ONLY", text, []))
        token = None
        for _ in range(3):
            fields: dict[str, Any] = {"experiment_ids": held.experiments, "filter": text, "page_token": token}
            response: Any = held.service.call("list_runs", runs.ListRuns(max_results=10, **fields))
            token = response.next_page_token
            assert response.total == expected


# --- while others write -----------------------------------------------------------------------


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with opened(tmp_path) as opened_service:
        yield opened_service


def _three_dozen(service: Service) -> list[str]:
    """Runs whose metric, param and start each come in several that are equal; some lack the metric and the param."""
    names: list[str] = []
    for number in range(36):
        run_id = new_run(service, run_id=f"r{number:02}", start_time=number // 5)
        if number % 7:
            log_points(service, run_id, [("m", math.nan if number % 5 == 0 else float(number % 4), 0, 0)])
            log_param(service, run_id, "p", str(number % 3))
        names.append(run_id)
    return names


@pytest.mark.parametrize("text", ["", "metrics.m >= 0 OR metrics.m != 0", "params.p = '1'"])
@pytest.mark.parametrize(
    "order_by",
    [
        [],
        ["metrics.m"],
        ["metrics.m DESC"],
        ["params.p"],
        ["start_time"],
        ["run_id DESC"],
        ["params.p", "metrics.m"],
    ],
)
def test_what_stays_is_shown_once_whatever_comes_and_goes_between_pages(
    service: Service, text: str, order_by: list[str]
):
    before = _three_dozen(service)
    staying = {r.info.run_id for r in search(service, filter=text, max_results=1_000).runs}
    seen: list[str] = []
    doomed = iter(before[::4])
    fresh = itertools.count()
    for page in pages(service, 3, filter=text, order_by=order_by):
        seen += [run.info.run_id for run in page.runs]
        for start in (0, 3, 100):
            run_id = new_run(service, run_id=f"new{next(fresh)}", start_time=start)
            log_points(service, run_id, [("m", float(start), 0, 0)])
            log_param(service, run_id, "p", "1")
        if (gone := next(doomed, None)) is not None:
            service.call("delete_run", runs.DeleteRun(run_id=gone))
            staying.discard(gone)
        if len(seen) > 150:
            break  # what is new may go on for ever
    assert len(seen) == len(set(seen))
    assert staying <= set(seen)


@pytest.mark.parametrize("order", ["metrics.later", "params.later", "tags.later"])
def test_a_key_that_is_first_logged_between_pages_does_no_harm(service: Service, order: str):
    for number in range(6):
        new_run(service, run_id=f"r{number}", start_time=number)
    page = search(service, order_by=[order], max_results=2)
    log_points(service, "r0", [("later", 1.0, 0, 0)])
    log_param(service, "r0", "later", "1")
    set_tag(service, "r0", "later", "1")
    rest = search(service, order_by=[order], page_token=page.next_page_token)
    assert [run.info.run_id for run in rest.runs] == ["r3", "r2", "r1"]


# --- tokens -----------------------------------------------------------------------------------


def token_of(content: object) -> str:
    return base64.b64encode(json.dumps(content).encode()).decode()


def content_of(token: str | None) -> Any:
    assert token is not None
    return json.loads(base64.b64decode(token))


@pytest.mark.parametrize("order_by", [[], ["metrics.m"], ["params.p DESC"], ["start_time"]])
def test_the_offsets_that_mlflow_gives_as_tokens_are_understood(service: Service, order_by: list[str]):
    _three_dozen(service)
    whole = search(service, order_by=order_by).runs
    token = token_of({"offset": 11})
    page = search(service, order_by=order_by, max_results=5, page_token=token)
    following = search(service, order_by=order_by, max_results=5, page_token=page.next_page_token)
    assert [*page.runs, *following.runs] == whole[11:21]
    assert search(service, page_token=token_of({"offset": 2**63 - 1})).runs == []


def test_a_token_continues_an_order_under_another_filter_as_well(service: Service):
    _three_dozen(service)
    page = search(service, order_by=["metrics.m"], max_results=10)
    rest = search(service, order_by=["metrics.m"], filter="params.p = '1'", page_token=page.next_page_token)
    whole = search(service, order_by=["metrics.m"], filter="params.p = '1'")
    shown = {run.info.run_id for run in page.runs}
    assert rest.runs == [run for run in whole.runs if run.info.run_id not in shown]


@pytest.mark.parametrize(
    "other", [[], ["metrics.m DESC"], ["metrics.n"], ["params.m"], ["metrics.m", "run_id"]]
)
def test_a_token_of_another_order_is_refused(service: Service, other: list[str]):
    _three_dozen(service)
    token = search(service, order_by=["metrics.m"], max_results=10).next_page_token
    with pytest.raises(InvalidParameterValue, match="another order_by"):
        search(service, order_by=other, page_token=token)


def _tampered(content: Any) -> Iterator[object]:
    yield from (content | {"after": after} for after in (None, {}, "x", [], content["after"][1:]))
    yield from (content | {"order": order} for order in (None, 1, []))
    yield from (content | {"total": total} for total in ("1", 1.5, True, 2**64))
    for at in range(len(content["after"])):
        for value in (None, True, [], {}, math.nan, math.inf, 2**63, "\0", "\ud800", 10**400):
            yield content | {"after": [*content["after"][:at], value, *content["after"][at + 1 :]]}


@pytest.mark.parametrize("order_by", [[], ["metrics.m"], ["params.p"], ["end_time", "run_name"]])
def test_a_token_that_was_tampered_with_is_refused(service: Service, order_by: list[str]):
    _three_dozen(service)
    content = content_of(search(service, order_by=order_by, max_results=10).next_page_token)
    for changed in _tampered(content):
        with pytest.raises(InvalidParameterValue, match="Invalid page token, decoded value="):
            search(service, order_by=order_by, page_token=token_of(changed))


@pytest.mark.parametrize("value", [-(2**63), 2**63 - 1, 0, 1, 2, 3, "", "zzz", "é" * 9_000])
def test_a_token_for_a_position_that_no_run_has_is_answered(service: Service, value: Any):
    _three_dozen(service)
    for order_by in (
        [],
        ["metrics.m"],
        ["metrics.m DESC"],
        ["params.p"],
        ["end_time"],
        ["start_time", "run_name"],
    ):
        content = content_of(search(service, order_by=order_by, max_results=10).next_page_token)
        for at, old in enumerate(content["after"]):
            if isinstance(old, str) == isinstance(value, str):
                after = [*content["after"][:at], value, *content["after"][at + 1 :]]
                token = token_of(content | {"after": after})
                with suppress(InvalidParameterValue):  # where it is no position at all
                    found = search(service, order_by=order_by, page_token=token).runs
                    assert len({run.info.run_id for run in found}) == len(found)
