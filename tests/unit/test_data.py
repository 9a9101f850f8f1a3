"""Datasets of data, and the sources they come from. That they are described as MLflow does stands in tests/compat."""

import http.server
import json
import os
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import pytest

from runstone import data
from runstone.entities import Dataset, DatasetInput
from runstone.errors import (
    InvalidParameterValue,
    PermissionDenied,
    ResourceDoesNotExist,
    RunstoneError,
    ServerUnreachable,
    UnsupportedOperation,
)

FRAME = pd.DataFrame({"x": [1.0, 2.0], "y": [0, 1], "p": [0, 1]})
ARRAY = np.arange(6.0).reshape(2, 3)


# --- what a dataset shows -----------------------------------------------------------------------


def test_a_dataset_of_a_frame_shows_what_it_was_made_of():
    dataset = data.from_pandas(FRAME, "train.csv", "y", "train", "d1", "p")
    assert dataset.df is FRAME
    assert (dataset.name, dataset.digest, dataset.targets, dataset.predictions) == ("train", "d1", "y", "p")
    assert (dataset.source_type, dataset.source) == ("local", data.LocalArtifactDatasetSource("train.csv"))
    assert dataset.schema is not None
    assert dataset.schema.input_names() == ["x", "y", "p"]
    assert dataset.profile == {"num_rows": 2, "num_elements": 6}
    assert json.loads(dataset.to_json()) == dataset.to_dict()
    assert repr(dataset) == (
        "<PandasDataset: name='train', digest='d1', source=LocalArtifactDatasetSource({\"uri\": \"train.csv\"})>"
    )


def test_a_dataset_of_arrays_shows_what_it_was_made_of():
    dataset = data.from_numpy(ARRAY, "s3://bucket/x.npy", np.arange(2), "x", "d2")
    assert dataset.features is ARRAY
    assert dataset.targets is not None
    assert (dataset.name, dataset.digest, dataset.source_type) == ("x", "d2", "s3")
    assert dataset.schema is not None
    assert dataset.schema.features.to_dict() == [
        {"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 3]}}
    ]
    assert dataset.profile["targets_shape"] == (2,)


@pytest.mark.parametrize("dataset", [data.from_pandas(FRAME), data.from_numpy(ARRAY)])
def test_a_dataset_without_a_name_and_a_source_is_called_dataset_and_comes_from_the_program(dataset: Any):
    assert dataset.name == "dataset"
    assert len(dataset.digest) == 8
    assert isinstance(dataset.source, data.CodeDatasetSource)
    assert set(dataset.source.to_dict()["tags"]) >= {"mlflow.user", "mlflow.source.name"}
    entity = dataset._to_mlflow_entity()
    assert isinstance(entity, Dataset)
    assert entity.to_dictionary() == dataset.to_dict()


def test_equal_data_have_equal_digests_and_others_do_not():
    assert data.from_pandas(FRAME).digest == data.from_pandas(FRAME.copy()).digest
    assert data.from_pandas(FRAME).digest != data.from_pandas(FRAME.rename(columns={"x": "z"})).digest
    assert data.from_pandas(FRAME).digest != data.from_pandas(FRAME.iloc[::-1]).digest
    assert data.from_numpy(ARRAY).digest == data.from_numpy(ARRAY.copy(order="F")).digest
    assert data.from_numpy(ARRAY).digest != data.from_numpy(ARRAY.reshape(3, 2)).digest
    assert data.from_numpy(ARRAY).digest != data.from_numpy(ARRAY, targets=ARRAY).digest


def test_only_the_first_elements_of_an_array_are_copied_for_its_digest():
    array = np.arange(1_200_000.0).reshape(1_000, 1_200)
    for of in (array, array.T, array[::2, ::3]):
        tracemalloc.start()
        digest = data.from_numpy(of, source="x").digest
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < of.nbytes / 2
        assert digest == data.from_numpy(np.ascontiguousarray(of), source="x").digest
    assert (
        data.from_numpy(array, source="x").digest
        != data.from_numpy(array.T.reshape(array.shape), source="x").digest
    )


def test_a_frame_of_numbers_is_described_without_an_object_for_each_cell():
    times = pd.Series(pd.to_datetime(["2024-01-01", None] * 50_000))
    frame = pd.DataFrame({"f": np.arange(100_000.0), "i": range(100_000), "t": times})
    frame["n"] = frame["f"].mask(frame["i"] == 7)
    tracemalloc.start()
    schema = data.from_pandas(frame, source="x", digest="d").schema
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert schema is not None
    assert schema.to_dict() == [
        {"type": "double", "name": "f", "required": True},
        {"type": "long", "name": "i", "required": True},
        {"type": "datetime", "name": "t", "required": False},
        {"type": "double", "name": "n", "required": False},
    ]
    assert peak < 1_000_000


def test_making_a_dataset_changes_no_data():
    frame, array = FRAME.copy(), np.array([-0.0, np.nan, 1.0])
    before = array.tobytes()
    data.from_pandas(frame).to_dict()
    data.from_numpy(array).to_dict()
    pd.testing.assert_frame_equal(frame, FRAME)
    assert array.tobytes() == before


@pytest.mark.parametrize("given", [None, 5, [1, 2], {"x": [1]}, ARRAY])
def test_what_is_no_frame_is_refused(given: Any):
    with pytest.raises(InvalidParameterValue, match="takes a pandas DataFrame"):
        data.from_pandas(given)


@pytest.mark.parametrize("given", [None, 5, [1, 2], {"x": [1]}, FRAME, "x"])
def test_what_are_no_arrays_is_refused(given: Any):
    with pytest.raises(InvalidParameterValue, match="takes numpy arrays"):
        data.from_numpy(given)
    if given is not None:
        with pytest.raises(InvalidParameterValue, match="'targets' has a value of type"):
            data.from_numpy(ARRAY, targets=given)


@pytest.mark.parametrize("what", ["targets", "predictions"])
def test_a_column_that_is_named_must_be_there(what: str):
    with pytest.raises(InvalidParameterValue, match=f"does not contain the specified {what} column 'nope'"):
        data.from_pandas(FRAME, **{what: "nope"})


def test_columns_of_one_name_have_no_schema_and_yet_a_digest():
    dataset = data.from_pandas(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    assert dataset.schema is None
    assert len(dataset.digest) == 8


def test_what_later_versions_bring_is_not_pretended():
    for name in ("from_spark", "from_huggingface", "from_tensorflow", "load_delta"):
        with pytest.raises(AttributeError, match=name):
            getattr(data, name)


# --- sources ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kind", "source_type", "recorded"),
    [
        ("data.csv", data.LocalArtifactDatasetSource, "local", {"uri": "data.csv"}),
        ("/a b/c.csv", data.LocalArtifactDatasetSource, "local", {"uri": "/a b/c.csv"}),
        (Path("a/b.csv"), data.LocalArtifactDatasetSource, "local", {"uri": str(Path("a/b.csv"))}),
        ("file:///a%20b", data.LocalArtifactDatasetSource, "local", {"uri": "file:///a%20b"}),
        ("C:\\data\\x.csv", data.LocalArtifactDatasetSource, "local", {"uri": "C:\\data\\x.csv"}),
        ("https://host/x.csv?a=1", data.HTTPDatasetSource, "http", {"url": "https://host/x.csv?a=1"}),
        ("s3://bucket/key", data.RemoteDatasetSource, "s3", {"uri": "s3://bucket/key"}),
        ("gs://bucket/key", data.RemoteDatasetSource, "gs", {"uri": "gs://bucket/key"}),
        ("runs:/1/data", data.RemoteDatasetSource, "runs", {"uri": "runs:/1/data"}),
    ],
)
def test_a_source_is_known_by_its_address_and_read_back(
    given: Any, kind: type[Any], source_type: str, recorded: dict[str, str]
):
    dataset = data.from_numpy(ARRAY, given)
    assert type(dataset.source) is kind
    assert (dataset.source_type, dataset.source.to_dict()) == (source_type, recorded)
    for shown in (dataset, dataset._to_mlflow_entity(), DatasetInput(dataset._to_mlflow_entity())):
        assert data.get_source(shown) == dataset.source


class Shelf(data.DatasetSource):
    """A source of the user's own."""

    def _get_source_type(self) -> str:
        return "shelf"

    def to_dict(self) -> dict[Any, Any]:
        return {"row": 3}

    @classmethod
    def from_dict(cls, source_dict: Mapping[Any, Any]) -> Self:
        return cls()

    def load(self, dst_path: Any = None) -> Any:
        return "a book"


def test_a_source_may_be_the_users_own():
    dataset = data.from_pandas(FRAME, Shelf())
    assert (dataset.source_type, dataset.to_dict()["source"]) == ("shelf", '{"row": 3}')
    assert data.get_source(dataset).load() == "a book"
    assert (Shelf(), Shelf.from_json("{}")) == (Shelf(), Shelf())
    assert Shelf() != data.LocalArtifactDatasetSource("x")
    assert repr(Shelf()) == 'Shelf({"row": 3})'
    assert len({Shelf(), Shelf()}) == 1


@pytest.mark.parametrize("given", [5, "", object(), b"x"])
def test_what_is_no_source_is_refused(given: Any):
    with pytest.raises(InvalidParameterValue, match="Could not find a source information resolver"):
        data.from_pandas(FRAME, given)


@pytest.mark.parametrize(
    ("source_type", "source", "error", "message"),
    [
        ("local", "nonsense", InvalidParameterValue, "not JSON"),
        ("local", "[1]", InvalidParameterValue, "no JSON object"),
        ("local", "{}", InvalidParameterValue, 'Missing expected key: "uri"'),
        ("http", '{"uri": "x"}', InvalidParameterValue, 'Missing expected key: "url"'),
        ("hugging_face", '{"path": "x"}', ResourceDoesNotExist, "unrecognized source type: hugging_face"),
        ("s3", '{"uri": "gs://b/k"}', ResourceDoesNotExist, "unrecognized source type: s3"),
        ("shelf", '{"row": 3}', ResourceDoesNotExist, "unrecognized source type: shelf"),
    ],
)
def test_a_recorded_source_that_cannot_be_read_is_refused(
    source_type: str, source: str, error: type[Exception], message: str
):
    with pytest.raises(error, match=message):
        data.get_source(Dataset("n", "d", source_type, source))


def test_a_source_of_what_is_no_dataset_is_refused():
    not_one: Any = 5
    with pytest.raises(InvalidParameterValue, match="Unrecognized dataset type"):
        data.get_source(not_one)


# --- loading ------------------------------------------------------------------------------------


def test_local_files_and_folders_are_loaded_where_they_are_or_copied(tmp_path: Path):
    folder = tmp_path / "a b"
    folder.mkdir()
    (folder / "x.csv").write_text("1")
    for given in (str(folder / "x.csv"), (folder / "x.csv").as_uri(), f"file://localhost{folder}/x.csv"):
        source = data.LocalArtifactDatasetSource(given)
        assert Path(source.load()) == folder / "x.csv"
        assert Path(source.load(tmp_path / "to" / "there")).read_text() == "1"
    copied = data.LocalArtifactDatasetSource(str(folder)).load(tmp_path / "to")
    assert (Path(copied) / "x.csv").read_text() == "1"
    with pytest.raises(ResourceDoesNotExist, match="is not on this machine"):
        data.LocalArtifactDatasetSource(str(tmp_path / "none")).load()


@pytest.mark.skipif(os.name == "nt", reason="a file has a question mark in its name")
def test_a_file_uri_means_what_it_means_elsewhere(tmp_path: Path):
    for name in ("x.csv", "x.csv?a", "x.csv#a"):
        (tmp_path / name).write_text(name)
        assert Path(data.LocalArtifactDatasetSource(f"file://{tmp_path}/{name}").load()).read_text() == name
    with pytest.raises(InvalidParameterValue, match="host 'elsewhere'"):
        data.LocalArtifactDatasetSource(f"file://elsewhere{tmp_path}/x.csv").load()


class _Pages(http.server.BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        status = 200 if path.startswith("/data/") else 403 if path == "/refused" else 404
        if path.endswith("later") and not self.asked:
            status = 503
            self.asked.append(path)
        self.send_response(status)
        self.send_header("Content-Length", "9" if path.endswith("cut") else "4")
        self.end_headers()
        self.wfile.write(b"rows")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_file_on_the_web_is_downloaded(web: str, tmp_path: Path):
    loaded = data.HTTPDatasetSource(f"{web}/data/a%20b.csv?version=2").load(tmp_path / "new")
    assert Path(loaded) == tmp_path / "new" / "a b.csv"
    assert Path(loaded).read_text() == "rows"
    assert Path(data.HTTPDatasetSource(f"{web}/data/").load(tmp_path)).read_text() == "rows"


@pytest.mark.parametrize(
    ("path", "error"),
    [("/none", ResourceDoesNotExist), ("/data/cut", ServerUnreachable), ("/refused", PermissionDenied)],
)
def test_a_download_that_fails_says_why_without_passwords_and_leaves_nothing(
    web: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, error: type[RunstoneError]
):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    url = web.replace("//", "//me:secret@") + path + "?token=secret"
    with pytest.raises(error, match=f"GET {web}{path}: ") as caught:
        data.HTTPDatasetSource(url).load(tmp_path)
    assert "secret" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["http://me:secret@[half/x", "http://me:secret@host:port/x"])
def test_what_is_no_url_is_not_downloaded(tmp_path: Path, url: str):
    with pytest.raises(InvalidParameterValue, match=r"^'http://.*' is no URL") as caught:
        data.HTTPDatasetSource(url).load(tmp_path)
    assert "secret" not in str(caught.value)


def test_a_download_is_tried_again(web: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
    assert Path(data.HTTPDatasetSource(f"{web}/data/later").load(tmp_path)).read_text() == "rows"


def test_a_recorded_address_opens_no_other_files(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("x")
    source = data.get_source(Dataset("n", "d", "http", json.dumps({"url": secret.as_uri()})))
    with pytest.raises(InvalidParameterValue, match="no http or https URL"):
        source.load(tmp_path / "to")


@pytest.mark.parametrize(
    "source",
    [data.CodeDatasetSource({}), data.RemoteDatasetSource("s3://b/k")],
    ids=lambda s: type(s).__name__,
)
def test_what_cannot_be_loaded_says_so(source: Any):
    with pytest.raises(UnsupportedOperation):
        source.load()


# --- what it costs ------------------------------------------------------------------------------


def test_arrays_of_numbers_need_no_pandas_and_the_module_not_even_numpy():
    program = """
import sys
sys.modules["pandas"] = None
import runstone
runstone.data
assert "numpy" not in sys.modules
import numpy
assert runstone.data.from_numpy(numpy.arange(3)).digest == DIGEST
try:
    runstone.data.from_numpy(numpy.array(["text"]))
except runstone.RunstoneError as error:
    assert "pip install 'runstone[pandas]'" in error.message
else:
    raise AssertionError
assert runstone.data.from_numpy(numpy.array(["text"]), digest="mine").digest == "mine"
"""
    program = program.replace("DIGEST", repr(data.from_numpy(np.arange(3)).digest))
    subprocess.run([sys.executable, "-c", program], check=True, timeout=50)
