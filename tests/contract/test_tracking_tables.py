"""Tables: what is written, what is appended, what comes back from one run or from many.

What MLflow 3.17.2 writes was asked of it; where the expected bytes differ, docs/deviations.md says why.
"""

import importlib.util
import json
import math
import sys
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy
import pandas
import PIL.Image
import pytest

from runstone import Client, Image
from runstone.client import run_tables
from runstone.client.transport import ArtifactFolder
from runstone.errors import BadRequest, InvalidParameterValue, MissingLibrary, ResourceDoesNotExist

QUESTIONS = {"inputs": ["What?", "Why?"], "outputs": ["This.", "So."], "toxicity": [0.0, 0.25]}


def content(client: Client, run: str, path: str) -> bytes:
    return Path(client.download_artifacts(run, path)).read_bytes()


def rows(client: Client, run: str, data: Any) -> list[list[Any]]:
    client.log_table(run, data, "rows.json")
    table = json.loads(content(client, run, "rows.json"))
    assert list(table) == ["columns", "data"]
    return table["data"]


def load(client: Client, run: str, path: str, **options: Any) -> pandas.DataFrame:
    return client.load_table(client.get_run(run).info.experiment_id, path, **options)


def test_a_table_is_written_as_mlflow_writes_it(client: Client, run: str) -> None:
    expected = b'{"columns":["a","b"],"data":[[1,"x"],[2,null]]}'
    client.log_table(run, {"a": [1, 2], "b": ["x", None]}, "deep/er/t.json")
    assert content(client, run, "deep/er/t.json") == expected
    frame = pandas.DataFrame({"a": [1, 2], "b": ["x", None]}, index=["i", "j"])
    client.log_table(run, frame, "t.json")
    assert content(client, run, "t.json") == expected
    assert json.loads(client.get_run(run).data.tags["mlflow.loggedArtifacts"]) == [
        {"path": "deep/er/t.json", "type": "table"},
        {"path": "t.json", "type": "table"},
    ]


def test_rows_are_appended_and_new_columns_added(client: Client, run: str) -> None:
    client.log_table(run, {"a": [1], "b": ["x"]}, "t.json")
    client.log_table(run, {"b": ["y", "z"], "c": [True, False]}, "t.json")
    client.log_table(run, {"a": 4, "b": "w", "c": None}, "./t.json")
    assert content(client, run, "t.json") == (
        b'{"columns":["a","b","c"],"data":[[1,"x",null],[null,"y",true],[null,"z",false],[4,"w",null]]}'
    )
    assert len(json.loads(client.get_run(run).data.tags["mlflow.loggedArtifacts"])) == 1


def test_what_is_there_stays_as_it_was_when_rows_are_appended(client: Client, run: str) -> None:
    first = {"n": [2**60, 2**70], "x": [0.1 + 0.2, 1e-300], "id": ["007", "2020-01-01"]}
    client.log_table(run, first, "t.json")
    client.log_table(run, first, "t.json")
    frame = load(client, run, "t.json")
    assert frame.to_dict("list") == {name: values * 2 for name, values in first.items()}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"a": 1, "b": "x"}, [[1, "x"]]),
        ({"a": [1, 2], "b": 5}, [[1, 5], [2, 5]]),
        ({"a": [1, 2], "b": [1]}, [[[1, 2], [1]]]),
        ({"a": (1, 2), "b": range(2)}, [[1, 0], [2, 1]]),
        ({"a": numpy.array([1, 2]), "b": pandas.Series([0.5, 1.5], index=[7, 8])}, [[1, 0.5], [2, 1.5]]),
        ({}, []),
        ({"a": []}, []),
        (pandas.DataFrame({"a": pandas.Categorical(["x", "y"])}), [["x"], ["y"]]),
    ],
)
def test_columns_may_be_given_in_many_forms(
    client: Client, run: str, data: Any, expected: list[list[Any]]
) -> None:
    assert rows(client, run, data) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, None),
        (math.inf, None),
        (pandas.NA, None),
        (pandas.NaT, None),
        (numpy.float32(0.5), 0.5),
        (numpy.int64(3), 3),
        (numpy.bool_(True), True),
        (numpy.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        ({"x": (1, {2})}, {"x": [1, [2]]}),
        ({1: numpy.float64("nan")}, {"1": None}),
        (b"bytes", "bytes"),
        (Decimal("1.10"), "1.10"),
        (Decimal("NaN"), None),
        (datetime(2020, 1, 2, 3, 4, 5), "2020-01-02T03:04:05.000"),
        (datetime(2020, 1, 2, 3, 4, 5, 678901), "2020-01-02T03:04:05.678901"),
        (datetime(2020, 1, 2, 3, tzinfo=UTC), "2020-01-02T03:00:00.000Z"),
        (datetime(2020, 1, 2, tzinfo=timezone(timedelta(hours=2))), "2020-01-01T22:00:00.000Z"),
        (pandas.Timestamp("2020-01-01T00:00:00.000000001"), "2020-01-01T00:00:00.000000001"),
        (numpy.datetime64("2020-01-01"), "2020-01-01T00:00:00.000"),
        (date(2020, 1, 1), "2020-01-01T00:00:00.000"),
        (time(1, 2, 3), "01:02:03.000"),
        (timedelta(days=1, seconds=3661, microseconds=500000), "P1DT1H1M1.5S"),
        (pandas.Timedelta("1s"), "P0DT0H0M1S"),
        ("naïve 日本 \ud800", "naïve 日本 \ud800"),
    ],
)
def test_values_are_written_as_json_has_them(client: Client, run: str, value: Any, expected: Any) -> None:
    assert rows(client, run, {"a": [value]}) == [[expected]]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"good": [1], "bad": [object()]}, "column `bad`.*type 'object'"),
        ({"bad": [Path("x")]}, "column `bad`: 'x' is of type 'PosixPath'.*make it a text"),
        ({"bad": [b"\xff"]}, "column `bad`.*codec"),
        ({"bad": [{"x": [lambda: 1]}]}, "column `bad`.*type 'function'"),
        (pandas.DataFrame([[1, 2]], columns=["a", "a"]), "name stands twice"),
        ({"mixed": [Image([[1]]), None]}, "mix of images and non-images"),
    ],
)
def test_what_json_has_no_form_for_is_refused_and_leaves_what_was_there(
    client: Client, run: str, data: Any, words: str
) -> None:
    client.log_table(run, {"a": [1]}, "t.json")
    with pytest.raises(InvalidParameterValue, match=words) as caught:
        client.log_table(run, data, "t.json")
    assert isinstance(caught.value, ValueError)
    assert content(client, run, "t.json") == b'{"columns":["a"],"data":[[1]]}'
    assert [info.path for info in client.list_artifacts(run)] == ["t.json"]


def test_a_table_that_contains_itself_is_refused(client: Client, run: str) -> None:
    itself: list[Any] = []
    itself.append(itself)
    with pytest.raises(ValueError, match="column `a`"):
        client.log_table(run, {"a": [itself]}, "t.json")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("t.csv", "Invalid artifact file path 't.csv'"),
        ("t", "Invalid artifact file path"),
        ("a,b.json", "forbidden character: ,"),
        ("a'b.json", "forbidden character: '"),
        ("../t.json", "Invalid path"),
    ],
)
def test_a_name_that_no_table_can_have_is_refused(client: Client, run: str, name: str, words: str) -> None:
    with pytest.raises(InvalidParameterValue, match=words):
        client.log_table(run, QUESTIONS, name)
    with pytest.raises(InvalidParameterValue, match=words):
        load(client, run, name)


def test_only_dicts_and_frames_are_tables(client: Client, run: str) -> None:
    for data in ([1], "text", None):
        with pytest.raises(InvalidParameterValue, match=r"must be a pandas\.DataFrame or a dictionary"):
            client.log_table(run, data, "t.json")  # pyright: ignore[reportArgumentType]


def test_a_file_that_is_no_table_is_not_appended_to(client: Client, run: str) -> None:
    client.log_table(run, QUESTIONS, "t.json")
    for text in ("no table", "[]", '{"columns":["a"],"data":[[1,2]]}', '{"columns":1,"data":[]}'):
        client.log_text(run, text, "t.json")
        for act in (lambda: client.log_table(run, QUESTIONS, "t.json"), lambda: load(client, run, "t.json")):
            with pytest.raises(BadRequest, match=r"'t\.json' is no table"):
                act()
        assert content(client, run, "t.json").decode() == text


def test_pictures_in_a_column_become_files(client: Client, run: str) -> None:
    pictures = [Image([[1, 2, 3]]), PIL.Image.new("RGB", (600, 300))]
    client.log_table(run, {"name": ["a", "b"], "picture": pictures}, "deep/t.json")
    client.log_table(run, pandas.DataFrame({"name": ["c"], "picture": [pictures[0]]}), "deep/t.json")
    table = json.loads(content(client, run, "deep/t.json"))
    cells = [row[1] for row in table["data"]]
    listed = {info.path for info in client.list_artifacts(run, "table_images/deep/t")}
    assert len(listed) == 6
    assert listed == {cell[name] for cell in cells for name in ("filepath", "compressed_filepath")}
    for cell, whole, small in zip(cells, [(3, 1), (600, 300)], [(256, 85), (256, 128)], strict=False):
        assert list(cell) == ["type", "filepath", "compressed_filepath"]
        assert cell["type"] == "image"
        for name, kind, size in (("filepath", "PNG", whole), ("compressed_filepath", "WEBP", small)):
            with PIL.Image.open(client.download_artifacts(run, cell[name])) as image:
                assert (image.format, image.size) == (kind, size)
    assert load(client, run, "deep/t.json")["picture"].tolist() == cells


def test_threads_append_without_losing_a_row(client: Client, run: str) -> None:
    def append(number: int) -> None:
        for row in range(5):
            client.log_table(run, {"thread": [number], "row": [row]}, "t.json")

    threads = [threading.Thread(target=append, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    frame = load(client, run, "t.json")
    assert sorted(zip(frame["thread"], frame["row"], strict=True)) == [
        (n, m) for n in range(4) for m in range(5)
    ]


def test_a_run_does_not_wait_for_another_run_s_table(
    client: Client, run: str, new_name: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, going_on = threading.Event(), threading.Event()
    read = run_tables._content

    def content_of(folder: ArtifactFolder, path: str) -> bytes | None:
        if path == "slow.json":
            begun.set()
            assert going_on.wait(5)
        return read(folder, path)

    monkeypatch.setattr(run_tables, "_content", content_of)
    slow = threading.Thread(target=client.log_table, args=[run, QUESTIONS, "slow.json"])
    slow.start()
    assert begun.wait(5)
    other = client.create_run(client.create_experiment(new_name())).info.run_id
    client.log_table(other, QUESTIONS, "quick.json")
    assert slow.is_alive()
    going_on.set()
    slow.join()
    assert len(load(client, run, "slow.json")) == len(load(client, other, "quick.json")) == 2
    assert not run_tables._process._locks  # none is kept for a run that is done


def test_many_tables_fill_the_tag_and_none_of_them_is_lost(
    client: Client, run: str, caplog: pytest.LogCaptureFixture
) -> None:
    names = [f"{number}-{'x' * 240}.json" for number in range(35)]
    for name in names:
        client.log_table(run, {"a": [name]}, name)
    assert "has no room for another table" in caplog.text
    listed = json.loads(client.get_run(run).data.tags["mlflow.loggedArtifacts"])
    assert [entry["path"] for entry in listed] == names[: len(listed)]
    assert load(client, run, names[0])["a"].tolist() == [names[0]]
    assert load(client, run, names[-1], run_ids=[run])["a"].tolist() == [names[-1]]


def test_a_tag_that_mlflow_cut_is_read_as_far_as_it_goes(client: Client, run: str) -> None:
    client.log_table(run, QUESTIONS, "t.json")
    client.set_tag(run, "mlflow.loggedArtifacts", '[{"path": "t.json", "type": "table"}, {"path": "u.js')
    assert len(load(client, run, "t.json")) == 2
    client.log_table(run, QUESTIONS, "v.json")
    listed = json.loads(client.get_run(run).data.tags["mlflow.loggedArtifacts"])
    assert [entry["path"] for entry in listed] == ["t.json", "v.json"]


def test_the_tables_of_an_experiments_runs_are_loaded_together(client: Client, experiment: str) -> None:
    runs = [client.create_run(experiment, start_time=n, tags={"n": n}).info.run_id for n in range(3)]
    client.log_param(runs[0], "depth", 5)
    for n, run in enumerate(runs[:2]):
        client.log_table(run, {"a": [n, n], "run_id": "mine"}, "a_b.json")
    client.log_table(runs[2], {"a": [9]}, "aXb.json")  # which LIKE takes for the other
    frame = client.load_table(experiment, "a_b.json", extra_columns=["run_id", "params.depth", "tags.n"])
    assert frame["a"].tolist() == [1, 1, 0, 0]
    assert frame["run_id"].tolist() == ["mine"] * 4
    assert frame["run_id_"].tolist() == [runs[1], runs[1], runs[0], runs[0]]
    assert frame["params.depth"].tolist()[2:] == ["5", "5"]
    assert frame["params.depth"].isna().tolist() == [True, True, False, False]
    assert frame["tags.n"].tolist() == ["1", "1", "0", "0"]
    with pytest.raises(ValueError, match="'nope' is no column of these runs"):
        client.load_table(experiment, "a_b.json", extra_columns=["nope"])


def test_tables_of_chosen_runs_are_loaded_and_the_others_named(
    client: Client, experiment: str, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (client.create_run(experiment).info.run_id for _ in range(2))
    client.log_table(first, {"a": [1]}, "t é.json")
    client.log_table(second, {"a": [2]}, "t é.json")
    assert client.load_table(experiment, "t é.json", run_ids=[first])["a"].tolist() == [1]
    assert sorted(client.load_table(experiment, "t é.json", run_ids=[])["a"]) == [1, 2]
    assert caplog.text == ""
    frame = client.load_table(experiment, "t é.json", run_ids=[first, "it's none"])
    assert frame["a"].tolist() == [1]
    assert "Not all runs have the specified table" in caplog.text
    with pytest.raises(ResourceDoesNotExist, match="No runs found with the corresponding table"):
        client.load_table(experiment, "t é.json", run_ids=["none"])
    with pytest.raises(ResourceDoesNotExist, match="No runs found with the corresponding table"):
        client.load_table(experiment, "nothing.json")


def test_a_table_that_was_there_and_is_gone_is_named(client: Client, run: str) -> None:
    client.set_tag(run, "mlflow.loggedArtifacts", '[{"path": "t.json", "type": "table"}]')
    with pytest.raises(ResourceDoesNotExist, match=f"Artifact t.json not found for run {run}"):
        load(client, run, "t.json")


def test_the_fluent_functions_log_and_load_in_the_chosen_experiment(
    mlflow: ModuleType, client: Client, new_name: Callable[[], str]
) -> None:
    with mlflow.start_run() as active:
        mlflow.log_table(QUESTIONS, "t.json")
    other = client.create_run(client.create_experiment(new_name())).info.run_id
    mlflow.log_table(QUESTIONS, artifact_file="t.json", run_id=other)
    frame = mlflow.load_table("t.json", extra_columns=["run_id"])
    assert frame.to_dict("list") == QUESTIONS | {"run_id": [active.info.run_id] * 2}


def test_without_pandas_dicts_are_logged_and_only_loading_needs_it(
    client: Client, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    client.log_table(run, QUESTIONS, "t.json")
    client.log_table(run, QUESTIONS, "t.json")
    assert len(json.loads(content(client, run, "t.json"))["data"]) == 4
    with pytest.raises(MissingLibrary, match=r"load_table .*pip install 'runstone\[pandas\]'"):
        load(client, run, "t.json")


def test_a_parquet_file_holds_a_table_where_pyarrow_is_installed(client: Client, run: str) -> None:
    if importlib.util.find_spec("pyarrow") is None:
        with pytest.raises(MissingLibrary, match="pip install pyarrow"):
            client.log_table(run, QUESTIONS, "t.parquet")
        assert client.list_artifacts(run) == []
        return
    client.log_table(run, QUESTIONS, "t.parquet")
    client.log_table(run, pandas.DataFrame(QUESTIONS), "t.parquet")
    assert load(client, run, "t.parquet").to_dict("list") == {
        key: values * 2 for key, values in QUESTIONS.items()
    }
    client.log_text(run, "none", "t.parquet")
    with pytest.raises(BadRequest, match="no Parquet file"):
        load(client, run, "t.parquet")
    with pytest.raises(InvalidParameterValue, match="cannot be written"):
        client.log_table(run, {"a": [1, "x", object()]}, "u.parquet")
