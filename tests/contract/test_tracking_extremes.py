"""What is far too large, and a database that another program keeps."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from runstone import Client
from runstone.entities import Metric, Param
from runstone.errors import InvalidParameterValue, TemporarilyUnavailable
from runstone.store.dialect import sqlite
from runstone.wire import runs as wire
from runstone.wire.operations import BY_NAME

MEGABYTE = 1_000_000


def test_a_param_of_a_megabyte_is_cut_like_any_that_is_too_long(client: Client, run: str) -> None:
    client.log_param(run, "text", "é" * MEGABYTE)
    client.log_batch(run, params=[Param("other", "y" * MEGABYTE)])
    assert client.get_run(run).data.params == {"text": "é" * 6_000, "other": "y" * 6_000}


def test_a_param_of_a_megabyte_is_refused_where_nothing_is_to_be_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRUNCATE_LONG_VALUES", "false")
    with Client(str(tmp_path)) as client:
        run = client.create_run("0").info.run_id
        with pytest.raises(InvalidParameterValue, match="Param value' exceeds the maximum length of 6000"):
            client.log_batch(run, [Metric("m", 1.0, 1, 1)], [Param("text", "x" * MEGABYTE)])
        data = client.get_run(run).data
        assert (data.params, data.metrics) == ({}, {})


def test_a_request_with_too_large_a_batch_is_refused_whole(client: Client, run: str) -> None:
    batch = wire.LogBatch(run_id=run, metrics=[wire.Metric("m", 1.0, n, n) for n in range(1_001)])
    with pytest.raises(InvalidParameterValue, match="at most 1000"):
        client._transport.send(BY_NAME["log_batch"], batch)
    assert client.get_run(run).data.metrics == {}
    assert client.get_metric_history(run, "m") == []


def test_a_database_that_another_program_keeps_locked_is_named_and_used_again_when_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 300)
    with Client(str(tmp_path)) as client:
        run = client.create_run("0").info.run_id
        client.log_metric(run, "m", 1.0)
        with closing(sqlite3.connect(tmp_path / "runstone.db")) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(TemporarilyUnavailable, match="stayed locked by another program"):
                client.log_metric(run, "m", 2.0)
            assert client.get_run(run).data.metrics == {"m": 1.0}  # reads go on
            other.rollback()
        client.log_metric(run, "m", 3.0)
        assert [point.value for point in client.get_metric_history(run, "m")] == [1.0, 3.0]
