"""Experiments: made, read, searched, and what is refused."""

from collections.abc import Callable

import pytest

from runstone import Client
from runstone.errors import InvalidParameterValue, ResourceAlreadyExists, ResourceDoesNotExist

Names = Callable[[], str]


def count(client: Client) -> int:
    return len(client.search_experiments(view_type=3, max_results=50_000))


def test_a_new_experiment_is_read_back_by_id_and_by_name(client: Client, new_name: Names) -> None:
    name = f"{new_name()} naïve 日本語 🏃 'q' \"d\" %"
    experiment_id = client.create_experiment(name, tags={"team": "vision", "n": 5, "ключ": "значение"})
    experiment = client.get_experiment(experiment_id)
    assert experiment.experiment_id == experiment_id
    assert experiment.name == name
    assert experiment.lifecycle_stage == "active"
    assert experiment.tags == {"team": "vision", "n": "5", "ключ": "значение"}
    assert experiment.artifact_location.endswith(f"/{experiment_id}")
    assert experiment.creation_time
    assert experiment.creation_time == experiment.last_update_time
    assert client.get_experiment_by_name(name) == experiment


def test_a_store_has_a_default_experiment_from_its_beginning(client: Client) -> None:
    assert client.get_experiment("0").name == "Default"
    assert client.get_experiment_by_name("Default") == client.get_experiment("0")


def test_an_unknown_name_is_none_and_an_unknown_id_an_error(client: Client, new_name: Names) -> None:
    assert client.get_experiment_by_name(new_name()) is None
    with pytest.raises(ResourceDoesNotExist, match="No Experiment with id=99999999999 exists"):
        client.get_experiment("99999999999")
    with pytest.raises(InvalidParameterValue, match="Invalid experiment ID 'abc'"):
        client.get_experiment("abc")


def test_a_name_is_taken_once_and_case_matters(client: Client, new_name: Names) -> None:
    name = new_name()
    first = client.create_experiment(name)
    with pytest.raises(ResourceAlreadyExists, match=name):
        client.create_experiment(name, tags={"changed": "yes"})
    assert client.get_experiment(first).tags == {}
    assert client.create_experiment(name.upper()) != first


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "Missing value for required parameter 'name'"),
        (None, "parameter 'name'"),
        (12, "parameter 'name'"),
        (b"bytes", "parameter 'name'"),
        ("x" * 501, "'name' exceeds the maximum length of 500 characters"),
        ("nul \0", "NUL"),
        ("half \ud800", "surrogate"),
    ],
)
def test_a_bad_name_is_refused_and_creates_nothing(client: Client, name: str, message: str) -> None:
    before = count(client)
    with pytest.raises(InvalidParameterValue, match=message):
        client.create_experiment(name)
    assert count(client) == before


@pytest.mark.parametrize(
    "location", ["s3://bucket/path#fragment", "s3://b/p?x=../y", "s3://b/" + "p" * 2_100]
)
def test_a_bad_artifact_location_is_refused_and_creates_nothing(
    client: Client, new_name: Names, location: str
) -> None:
    name = new_name()
    with pytest.raises(InvalidParameterValue):
        client.create_experiment(name, artifact_location=location)
    assert client.get_experiment_by_name(name) is None


def test_a_tags_key_is_a_text(client: Client, new_name: Names) -> None:
    name = new_name()
    with pytest.raises(InvalidParameterValue, match="parameter 'key'"):
        client.create_experiment(name, tags={5: "five"})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
    assert client.get_experiment_by_name(name) is None


def test_a_search_filters_orders_and_pages(client: Client, new_name: Names) -> None:
    stem = new_name()
    ids = [client.create_experiment(f"{stem}-{n}", tags={"even": n % 2 == 0, "stem": stem}) for n in range(7)]
    mine = f"name LIKE '{stem}-%'"
    everything = client.search_experiments(filter_string=mine, order_by=["name ASC"])
    assert [experiment.experiment_id for experiment in everything] == ids
    assert everything.token is None
    even = client.search_experiments(filter_string=f"{mine} AND tags.even = 'True'", order_by=["name DESC"])
    assert [experiment.experiment_id for experiment in even] == ids[::2][::-1]
    pages: list[str] = []
    token = None
    while True:
        page = client.search_experiments(
            filter_string=mine, order_by=["name"], max_results=3, page_token=token
        )
        assert len(page) <= 3
        pages += [experiment.experiment_id for experiment in page]
        token = page.token
        if not token:
            break
    assert pages == ids


@pytest.mark.parametrize(
    "arguments",
    [
        {"max_results": 0},
        {"max_results": -1},
        {"max_results": 50_001},
        {"filter_string": "no such thing"},
        {"filter_string": "name = "},
        {"order_by": ["nonsense DESC"]},
        {"page_token": "nonsense"},
        {"view_type": 7},
    ],
)
def test_a_bad_search_is_refused(client: Client, arguments: dict[str, object]) -> None:
    with pytest.raises(InvalidParameterValue):
        client.search_experiments(**arguments)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
