"""Experiments: their names, their tags, where they keep artifacts, and the search for them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runstone.errors import InvalidParameterValue, ResourceAlreadyExists, ResourceDoesNotExist
from runstone.service import Service, open_service
from runstone.wire import experiments
from tests.unit.services import change, new_experiment, new_run, opened, rows


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with opened(tmp_path) as opened_service:
        yield opened_service


def get(service: Service, experiment_id: str) -> experiments.Experiment:
    response: Any = service.call("get_experiment", experiments.GetExperiment(experiment_id=experiment_id))
    return response.experiment


def get_by_name(service: Service, name: str) -> experiments.Experiment:
    request = experiments.GetExperimentByName(experiment_name=name)
    response: Any = service.call("get_experiment_by_name", request)
    return response.experiment


def search(service: Service, **fields: Any) -> experiments.SearchExperimentsResponse:
    valid: dict[str, Any] = {"max_results": 100}
    response: Any = service.call("search_experiments", experiments.SearchExperiments(**(valid | fields)))
    return response


def names(service: Service, **fields: Any) -> list[str]:
    return [experiment.name for experiment in search(service, **fields).experiments]


# --- names and tags ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["a", "n" * 500, "ключ 日本 𝕏", "a/b", " spaces ", "'quoted'", "100%", "line\nbreak"]
)
def test_an_experiment_of_any_name_is_found_by_it(service: Service, name: str):
    experiment_id = new_experiment(service, name)
    assert get(service, experiment_id) == get_by_name(service, name)
    assert get_by_name(service, name).experiment_id == experiment_id


def test_names_that_differ_in_case_alone_are_two_names(service: Service):
    assert new_experiment(service, "Name") != new_experiment(service, "name")
    assert get_by_name(service, "Name").name == "Name"


def test_a_taken_name_is_refused_and_the_hint_tells_of_a_deleted_one(service: Service, tmp_path: Path):
    number = int(new_experiment(service, "mine"))
    with pytest.raises(ResourceAlreadyExists) as taken:
        new_experiment(service, "mine")
    assert "deleted" not in taken.value.message
    change(tmp_path, "UPDATE experiment SET lifecycle = 'deleted' WHERE id = ?", number)
    with pytest.raises(ResourceAlreadyExists, match=r"deleted: restore it"):
        new_experiment(service, "mine")


def test_the_id_of_an_experiment_is_never_given_again(service: Service, tmp_path: Path):
    number = int(new_experiment(service, "gone"))
    change(tmp_path, "DELETE FROM experiment WHERE id = ?", number)
    assert int(new_experiment(service, "next")) > number


@pytest.mark.parametrize("name", ["", "n" * 501, "a\0b", "\ud800"])
def test_a_name_that_cannot_be_kept_is_refused(service: Service, name: str):
    with pytest.raises(InvalidParameterValue, match="name"):
        new_experiment(service, name)
    assert names(service) == ["Default"]


def test_tags_are_kept_as_they_were_given(service: Service):
    given = {"k": "v", "mlflow.note.content": "é" * 20_000, "": "", "ключ": "日本"}
    tags = [experiments.ExperimentTag(key, value) for key, value in given.items()]
    number = new_experiment(service, "tagged", tags=tags)
    assert {tag.key: tag.value for tag in get(service, number).tags} == given
    (found,) = search(service, filter="tags.k = 'v'").experiments
    assert {tag.key: tag.value for tag in found.tags} == given


@pytest.mark.parametrize(
    ("key", "value"), [("k" * 251, "v"), ("k", "v" * 20_001), ("k\0", "v"), ("k", "\0"), ("k", "\udfff")]
)
def test_a_tag_that_cannot_be_kept_is_refused_and_the_experiment_with_it(
    service: Service, key: str, value: str
):
    with pytest.raises(InvalidParameterValue):
        new_experiment(service, "tagged", tags=[experiments.ExperimentTag(key, value)])
    assert names(service) == ["Default"]


def test_what_is_not_there_is_named(service: Service):
    with pytest.raises(ResourceDoesNotExist, match="id=77"):
        get(service, "77")
    with pytest.raises(ResourceDoesNotExist, match="'nobody'"):
        get_by_name(service, "nobody")


# --- artifact locations -----------------------------------------------------------------------


def test_a_chosen_location_is_kept_and_a_path_made_absolute(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    chosen = {
        "s3://bucket/path": "s3://bucket/path",
        "relative/path": f"{tmp_path}/relative/path",
        "/absolute/what? #1": "/absolute/what? #1",
        "file:///absolute/a%20b": "file:///absolute/a%20b",
    }
    for number, (given, kept) in enumerate(chosen.items()):
        experiment_id = new_experiment(service, f"e{number}", artifact_location=given)
        assert get(service, experiment_id).artifact_location == kept


@pytest.mark.parametrize(
    "location",
    [
        "s3://b/" + "x" * 2_050,
        "s3://b/p#frag",
        "s3://b/p;x",
        "s3://b/p?a=../b",
        "s3://b/../c",
        "s3://[b",
        "a\0b",
        "\ud800",
    ],
)
def test_a_location_that_makes_no_sense_is_refused(service: Service, location: str):
    with pytest.raises(InvalidParameterValue):
        new_experiment(service, "mine", artifact_location=location)
    assert names(service) == ["Default"]


def test_the_artifact_root_is_where_experiments_keep_theirs(tmp_path: Path):
    service = open_service(str(tmp_path), mode="server", artifact_root="s3://bucket/root/")
    try:
        assert get(service, "0").artifact_location == "s3://bucket/root/0"
        assert get(service, new_experiment(service, "mine")).artifact_location == "s3://bucket/root/1"
    finally:
        service.close()


# --- search -----------------------------------------------------------------------------------


@pytest.fixture
def several(service: Service) -> Service:
    """Five experiments beside the default one, a second apart; the last one is deleted."""
    for number in range(1, 6):
        service.now = lambda number=number: 2_000_000_000_000 + 1_000 * number
        tags = [experiments.ExperimentTag("parity", "odd" if number % 2 else "even")]
        new_experiment(service, f"e{number}", tags=tags)
    folder = Path(service.store.database.name).parent
    change(folder, "UPDATE experiment SET lifecycle = 'deleted' WHERE name = 'e5'")
    return service


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, "e4 e3 e2 e1 Default"),
        ({"view_type": "DELETED_ONLY"}, "e5"),
        ({"view_type": 2}, "e5"),
        ({"view_type": "ALL"}, "e5 e4 e3 e2 e1 Default"),
        ({"filter": "name LIKE 'e%'"}, "e4 e3 e2 e1"),
        ({"filter": "name ILIKE 'E_'"}, "e4 e3 e2 e1"),
        ({"filter": "tags.parity = 'odd'"}, "e3 e1"),
        ({"filter": "tags.parity != 'odd'"}, "e4 e2"),
        ({"filter": "NOT tags.parity = 'odd'"}, "e4 e2 Default"),
        ({"filter": "tags.parity IS NULL"}, "Default"),
        ({"filter": "tags.parity IN ('odd', 'x') OR name = 'Default'"}, "e3 e1 Default"),
        ({"filter": "creation_time >= 2000000002000 AND creation_time < 2000000004000"}, "e3 e2"),
        ({"filter": "experiment_id IN ('1', '3')"}, "e3 e1"),
        ({"filter": "experiment_id != '0'", "order_by": ["name ASC"]}, "e1 e2 e3 e4"),
        ({"order_by": ["name"]}, "Default e1 e2 e3 e4"),
        ({"order_by": ["experiment_id DESC"]}, "e4 e3 e2 e1 Default"),
        ({"order_by": ["last_update_time ASC"]}, "Default e1 e2 e3 e4"),
    ],
)
def test_a_search_finds(several: Service, fields: dict[str, Any], found: str):
    assert names(several, **fields) == found.split()


@pytest.mark.parametrize("order_by", [[], ["name"], ["creation_time DESC"]])
@pytest.mark.parametrize("size", [1, 2, 5, 6, 7])
def test_pages_show_every_experiment_once(several: Service, size: int, order_by: list[str]):
    everything: dict[str, Any] = {"view_type": "ALL", "order_by": order_by}
    seen: list[str] = []
    token = None
    while True:
        page = search(several, max_results=size, page_token=token, **everything)
        seen += [experiment.name for experiment in page.experiments]
        token = page.next_page_token
        if token is None:
            assert page.experiments, "the token of the last page led to an empty one"
            break
        assert len(page.experiments) == size
    assert seen == names(several, **everything)


@pytest.mark.parametrize("size", [0, -1, 50_001])
def test_a_page_without_bounds_is_refused(service: Service, size: int):
    with pytest.raises(InvalidParameterValue, match="max_results"):
        search(service, max_results=size)


def test_runs_are_counted_by_experiment(service: Service, tmp_path: Path):
    mine = new_experiment(service, "mine")
    for start in (5, 9, 7):
        run_id = new_run(service, mine, start_time=start)
    change(tmp_path, "UPDATE run SET status = 'FINISHED' WHERE run_id = ?", run_id)
    deleted = new_run(service, mine, start_time=99)
    change(tmp_path, "UPDATE run SET lifecycle = 'deleted' WHERE run_id = ?", deleted)
    counted: Any = service.call("count_runs", experiments.CountRuns(experiment_ids=[mine, "0", "77", mine]))
    assert counted.counts == [experiments.RunCount(mine, 3, 2, 9)]
    assert rows(tmp_path, "SELECT count(*) FROM run") == [(4,)]


def test_pages_of_experiments_show_each_once_whatever_is_made_and_deleted_meanwhile(service: Service):
    names = [f"e{number:02}" for number in range(12)]
    for name in names:
        new_experiment(service, name)
    for order_by in ([], ["name DESC"], ["creation_time"], ["last_update_time DESC", "name"]):
        seen: list[str] = []
        token = None
        made = 0
        while token is not None or not seen:
            request = experiments.SearchExperiments(
                max_results=3, order_by=order_by, page_token=token, filter="name LIKE 'e__'"
            )
            page: Any = service.call("search_experiments", request)
            seen += [one.name for one in page.experiments]
            new_experiment(service, f"x{made}-{order_by}")
            made += 1
            token = page.next_page_token
        assert sorted(seen) == names
        assert order_by != ["name DESC"] or seen == names[::-1]
