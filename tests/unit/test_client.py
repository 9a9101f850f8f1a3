"""The client on its own: which store is meant, what a missing pandas says, what the end of a process does."""

import gc
import os
import pickle
import sys
from pathlib import Path

import pytest

import runstone
from runstone.client.frames import runs_frame
from runstone.errors import UnsupportedOperation


@pytest.fixture(autouse=True)
def no_store_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    runstone.set_tracking_uri("")


def test_the_tracking_uri_is_what_was_set_last_then_the_environments_then_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert runstone.get_tracking_uri() == (tmp_path / "mlruns").as_uri()
    assert not runstone.is_tracking_uri_set()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://from.environment:5000")
    assert runstone.get_tracking_uri() == "http://from.environment:5000"
    assert runstone.is_tracking_uri_set()
    runstone.set_tracking_uri("http://chosen:5000")
    assert runstone.get_tracking_uri() == runstone.Client().tracking_uri == "http://chosen:5000"
    assert os.environ["MLFLOW_TRACKING_URI"] == "http://chosen:5000"
    assert runstone.Client("http://given:5000").tracking_uri == "http://given:5000"
    assert runstone.Client(tmp_path / "a b").tracking_uri == (tmp_path / "a b").as_uri()
    runstone.set_tracking_uri(tmp_path / "a b")
    assert runstone.get_tracking_uri() == (tmp_path / "a b").as_uri()
    runstone.set_tracking_uri("")
    assert "MLFLOW_TRACKING_URI" not in os.environ
    assert not runstone.is_tracking_uri_set()


def test_none_takes_a_chosen_uri_back() -> None:
    for uri in ("http://chosen:5000", None):
        runstone.set_tracking_uri(uri)
        runstone.set_registry_uri(uri)
    assert not runstone.is_tracking_uri_set()
    assert runstone.get_registry_uri() == runstone.get_tracking_uri()


def test_a_client_is_pickled_as_its_addresses() -> None:
    for uri in ("http://127.0.0.1:9", "/some/folder"):
        assert pickle.loads(pickle.dumps(runstone.Client(uri))).tracking_uri == uri


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="this system does not list a process's open files")
def test_clients_that_nobody_closed_keep_no_files_open(tmp_path: Path) -> None:
    def open_files_after_a_client(name: str) -> int:
        runstone.Client(tmp_path / name).search_experiments()
        gc.collect()
        return len(list(Path("/dev/fd").iterdir()))

    first = open_files_after_a_client("first")
    assert max(open_files_after_a_client(f"further {n}") for n in range(5)) <= first


def test_a_missing_pandas_is_named_with_the_extra_and_the_other_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UnsupportedOperation, match=r"runstone\[pandas\].*output_format=\"list\""):
        runs_frame([])
