"""Params, tags and batches: what is kept, what is refused, and that a refusal changes nothing."""

from typing import Any

import pytest

from runstone import Client
from runstone.entities import Metric, Param, RunTag
from runstone.errors import InvalidParameterValue, RunstoneError

ODD_KEYS = ["a", "a/b.c-d_e f:g", "日本語", "x" * 250, "naïve", "1", "-"]
BAD_KEYS = ["a*b", "a//b", "../up", "/root", "a/./b", "tab\t", "quote'", "🏃", "a/", ".", "nul\0", ""]


@pytest.mark.parametrize("key", ODD_KEYS)
def test_a_legal_key_names_params_tags_and_metrics(client: Client, run: str, key: str) -> None:
    client.log_param(run, key, "p")
    client.set_tag(run, key, "t")
    client.log_metric(run, key, 0.5)
    data = client.get_run(run).data
    assert (data.params, data.tags[key], data.metrics) == ({key: "p"}, "t", {key: 0.5})
    assert [metric.key for metric in client.get_metric_history(run, key)] == [key]


@pytest.mark.parametrize("key", [*BAD_KEYS, "x" * 251, None, 5, b"bytes"])
def test_a_bad_key_is_refused_and_changes_nothing(client: Client, run: str, key: Any) -> None:
    before = client.get_run(run)
    batches: list[dict[str, Any]] = [
        {"metrics": [Metric("good", 1.0, 1), Metric(key, 1.0, 1)]},
        {"params": [Param("good", "1"), Param(key, "1")]},
        {"tags": [RunTag("good", "1"), RunTag(key, "1")]},
    ]
    for act in (
        lambda: client.log_param(run, key, "p"),
        lambda: client.set_tag(run, key, "t"),
        lambda: client.log_metric(run, key, 0.5),
        *(lambda batch=batch: client.log_batch(run, **batch) for batch in batches),
    ):
        with pytest.raises(InvalidParameterValue):
            act()
    assert client.get_run(run) == before
    assert client.get_metric_history(run, "good") == []


def test_a_key_over_the_limit_says_so(client: Client, run: str) -> None:
    key = "x" * 251
    with pytest.raises(
        InvalidParameterValue, match="'Param key' exceeds the maximum length of 250 characters"
    ):
        client.log_param(run, key, "p")
    with pytest.raises(
        InvalidParameterValue, match="'Metric name' exceeds the maximum length of 250 characters"
    ):
        client.log_metric(run, key, 1.0)


@pytest.mark.parametrize(
    "value", ["", "text", "naïve 日本語 🏃\n\ttab", 5, 0.1, None, True, ["a", 1], {"k": "v"}, "x" * 6_000]
)
def test_a_param_and_a_tag_keep_any_value_as_text(client: Client, run: str, value: object) -> None:
    assert client.log_param(run, "p", value) is value
    assert client.set_tag(run, "t", value) is None
    data = client.get_run(run).data
    assert data.params == {"p": str(value)}
    assert data.tags["t"] == str(value)


def test_long_values_are_cut(client: Client, run: str) -> None:
    client.log_param(run, "p", "x" * 6_001)
    client.set_tag(run, "t", "y" * 8_001)
    data = client.get_run(run).data
    assert data.params == {"p": "x" * 6_000}
    assert data.tags["t"] == "y" * 8_000


@pytest.mark.parametrize("value", ["nul \0", "half \ud800 surrogate"])
def test_a_value_that_no_database_keeps_is_refused_and_changes_nothing(
    client: Client, run: str, value: str
) -> None:
    before = client.get_run(run)
    for act in (client.log_param, client.set_tag):
        with pytest.raises(InvalidParameterValue):
            act(run, "key", value)
    assert client.get_run(run) == before


def test_a_param_is_written_once(client: Client, run: str) -> None:
    client.log_param(run, "p", 1)
    client.log_param(run, "p", "1")
    with pytest.raises(InvalidParameterValue) as refused:
        client.log_param(run, "p", 2)
    assert refused.value.message == (
        "Changing param values is not allowed. Param with key='p' was already logged with value='1' "
        f"for run ID='{run}'. Attempted logging new value '2'."
    )
    with pytest.raises(InvalidParameterValue) as refused:
        client.log_batch(run, [Metric("m", 1.0, 1)], [Param("q", "1"), Param("p", "3")], [RunTag("t", "1")])
    assert refused.value.message == (
        "Changing param values is not allowed. Params were already logged="
        f"'[{{'key': 'p', 'old_value': '1', 'new_value': '3'}}]' for run ID='{run}'."
    )
    data = client.get_run(run).data
    assert (data.params, data.metrics) == ({"p": "1"}, {})
    assert "t" not in data.tags


def test_a_param_given_twice_in_a_batch_is_refused(client: Client, run: str) -> None:
    for second in ("1", "2"):
        with pytest.raises(
            InvalidParameterValue, match=r"Duplicate parameter keys have been submitted: \['z'\]"
        ):
            client.log_batch(run, params=[Param("z", "1"), Param("z", second)])
    assert client.get_run(run).data.params == {}


def test_a_tag_is_changed_at_will(client: Client, run: str) -> None:
    for value in ("one", "two", "one"):
        client.set_tag(run, "t", value)
        assert client.get_run(run).data.tags["t"] == value
    client.log_batch(run, tags=[RunTag("t", "first"), RunTag("t", "last")])
    assert client.get_run(run).data.tags["t"] == "last"


def test_the_name_tag_renames_the_run(client: Client, run: str) -> None:
    client.set_tag(run, "mlflow.runName", "another")
    assert client.get_run(run).info.run_name == "another"


def test_a_batch_of_any_size_is_logged_whole(client: Client, run: str) -> None:
    points = [Metric(f"m{n % 3}", float(n), n, n) for n in range(2_500)]
    params = [Param(f"p{n}", str(n)) for n in range(250)]
    tags = [RunTag(f"t{n}", str(n)) for n in range(120)]
    client.log_batch(run, points, params, tags)
    data = client.get_run(run).data
    assert data.params == {param.key: param.value for param in params}
    assert {key: data.tags[key] for key in data.tags if key.startswith("t")} == {t.key: t.value for t in tags}
    series = client.get_series(run, ["m0", "m1", "m2"])
    assert [one.steps.tolist() for one in series] == [list(range(n, 2_500, 3)) for n in range(3)]


def test_an_empty_batch_changes_nothing(client: Client, run: str) -> None:
    before = client.get_run(run)
    client.log_batch(run)
    assert client.get_run(run) == before


def test_exactly_full_batches_are_accepted(client: Client, run: str) -> None:
    client.log_batch(
        run,
        [Metric("m", 1.0, n, n) for n in range(800)],
        [Param(f"p{n}", "v") for n in range(100)],
        [RunTag(f"t{n}", "v") for n in range(100)],
    )
    assert len(client.get_metric_history(run, "m")) == 800
    assert len(client.get_run(run).data.params) == 100


def test_an_error_in_a_batch_refuses_all_of_it(client: Client, run: str) -> None:
    before = client.get_run(run)
    for bad in (Metric("m", 1.0, -1), Metric("m", 1.0, 2**63), Metric("m", 1.0, 1, 2**63)):
        with pytest.raises(RunstoneError):
            client.log_batch(run, [Metric("good", 1.0, 1), bad], [Param("p", "1")], [RunTag("t", "1")])
    assert client.get_run(run) == before
    assert client.get_metric_history(run, "good") == []


def test_a_call_that_need_not_wait_gives_something_to_wait_for(client: Client, run: str) -> None:
    for pending in (
        client.log_metric(run, "m", 1.0, synchronous=False),
        client.log_param(run, "p", "1", synchronous=False),
        client.set_tag(run, "t", "1", synchronous=False),
        client.log_batch(run, [Metric("n", 1.0, 1)], synchronous=False),
    ):
        assert pending is not None
        assert pending.wait() is None
    assert client.get_run(run).data.metrics == {"m": 1.0, "n": 1.0}
