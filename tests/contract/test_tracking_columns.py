"""Series in columns: what the client gets of them, over both transports, and from a server that has no such thing."""

import json
import math
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np
import pytest

from runstone import Client
from runstone.client.series import Series
from runstone.entities import Metric
from runstone.errors import EndpointNotFound, InvalidParameterValue, MissingLibrary
from runstone.wire.codec import decode_response
from runstone.wire.metrics import GetSeriesColumnsResponse, GetSeriesResponse
from tests.servers import RunningServer
from tests.unit.scripted import ScriptedServer, answer

NAN, INF = math.nan, math.inf


def rows(series: Series) -> list[tuple[int, int, str]]:
    columns = (series.steps.tolist(), series.timestamps.tolist(), map(repr, series.values.tolist()))
    return list(zip(*columns, strict=True))


def test_columns_are_arrays_of_numpy(client: Client, run: str) -> None:
    client.log_batch(run, [Metric("m", n / 7, n * 10, n) for n in range(100)])
    [series] = client.get_series(run, "m")
    assert (series.run_id, series.key, series.count, len(series)) == (run, "m", 100, 100)
    assert (series.steps.dtype, series.timestamps.dtype, series.values.dtype) == (
        np.int64,
        np.int64,
        np.float64,
    )
    assert series.values.tolist() == [n / 7 for n in range(100)]
    assert series.timestamps.tolist() == [n * 10 for n in range(100)]


def test_a_series_is_whole_wherever_its_points_are_kept(client: Client, run: str) -> None:
    """Long and short series, ended and logged to again, with points sent twice and steps that go back."""
    expected: dict[str, set[tuple[int, int, str]]] = {}

    def log(key: str, *points: tuple[int, int, float]) -> None:
        expected.setdefault(key, set()).update((step, at, repr(value)) for step, at, value in points)
        client.log_batch(run, [Metric(key, value, at, step) for step, at, value in points])

    for part in range(3):
        log("long", *((n, n, n / 3) for n in range(part * 900, part * 900 + 1_000)))
        log("short", *((n, 50 - n, n / 3) for n in range(part, part + 5)))
        client.set_terminated(run)
        log("long", (2_800 - part, 5, NAN), (-part, 7, -INF))
        log("late", (part, part, INF))
    found = client.get_series([run, run], ["late", "short", "nothing", "long", "late"])
    assert [series.key for series in found] == ["late", "short", "long"]
    for series in found:
        got = rows(series)
        assert set(got) == expected[series.key]
        assert len(got) == series.count == len(expected[series.key])
        assert [row[:2] for row in got] == sorted(row[:2] for row in got)
    for series in client.get_series(run, ["short", "long"], start_step=2, end_step=950, end_time=940):
        inside = {row for row in expected[series.key] if 2 <= row[0] <= 950 and row[1] <= 940}
        assert set(rows(series)) == inside
        assert series.count == len(inside)


def test_a_range_of_times_bounds_a_series(client: Client, run: str) -> None:
    client.log_batch(run, [Metric("m", 1.0, 1_000 - n, n) for n in range(700)])
    client.set_terminated(run)
    [series] = client.get_series(run, "m", start_time=995, end_time=997)
    assert series.timestamps.tolist() == [997, 996, 995]
    assert client.get_series(run, "m", start_time=1_001) == []
    assert client.get_series(run, "m", start_time=997, end_time=995) == []


def test_a_down_sampled_series_tells_how_many_points_it_stands_for(client: Client, run: str) -> None:
    client.log_batch(run, [Metric("m", math.sin(n), n, n) for n in range(5_000)])
    client.log_batch(run, [Metric("few", math.sin(n), n, n) for n in range(9)])
    few, many = client.get_series(run, ["few", "m"], buckets=10)
    assert (few.count, len(few)) == (9, 9)
    assert many.count == 5_000
    assert 10 <= len(many) <= 40


def test_more_metrics_than_a_request_may_name_are_asked_for_by_and_by(
    client: Client, experiment: str
) -> None:
    runs = [client.create_run(experiment).info.run_id for _ in range(2)]
    for run in runs:
        client.log_batch(run, [Metric("first", 1.0, 1), Metric("last", 2.0, 2)])
    found = client.get_series(runs, ["first", *(f"never {n}" for n in range(2_500)), "last"])
    assert [(one.run_id, one.key) for one in found] == [(r, key) for r in runs for key in ("first", "last")]


def test_a_history_as_points_is_that_of_its_columns(client: Client, run: str) -> None:
    points = [(100 - n // 2, n % 7, float(n)) for n in range(60)]
    client.log_batch(run, [Metric("m", value, at, step) for at, step, value in points])
    found = client.get_metric_history(run, "m")
    assert [(m.timestamp, m.step, m.value) for m in found] == sorted(points)
    assert all(type(m.value) is float and type(m.step) is int for m in found)


def test_a_series_becomes_a_frame_if_pandas_is_there(
    client: Client, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pandas")
    client.log_batch(run, [Metric("m", n / 2, n * 1_000, n) for n in range(3)])
    [series] = client.get_series(run, "m")
    frame: Any = series.to_pandas()
    assert frame.columns.tolist() == ["step", "timestamp", "value"]
    assert frame["value"].tolist() == [0.0, 0.5, 1.0]
    assert str(frame["timestamp"][2]) == "1970-01-01 00:00:02+00:00"
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingLibrary, match="pandas"):
        series.to_pandas()


# --- the two operations -----------------------------------------------------------------------


def ask(server: RunningServer, operation: str, **fields: Any) -> tuple[str, bytes]:
    request = urllib.request.Request(
        f"{server.url}/api/2.0/runstone/metrics/{operation}",
        json.dumps(fields).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        return response.headers["Content-Type"], response.read()


def ask_packed(server: RunningServer, question: dict[str, Any]) -> GetSeriesColumnsResponse:
    kind, content = ask(server, "get-series-columns", **question)
    assert kind == "application/vnd.msgpack"
    return msgspec.msgpack.decode(content, type=GetSeriesColumnsResponse)


def _wait_until_sealed(server: RunningServer, question: dict[str, Any]) -> None:
    """A server seals an ended run on the side."""
    deadline = time.monotonic() + 20
    while ask_packed(server, question).runs[0].block:
        assert time.monotonic() < deadline, "the run was not sealed"
        time.sleep(0.005)


def test_columns_travel_packed_and_say_what_json_says(shared_server: RunningServer) -> None:
    with Client(shared_server.url) as client:
        run = client.create_run("0").info.run_id
        client.log_batch(run, [Metric(k, math.sin(n), n, n) for n in range(1_500) for k in ("a", "b")])
        client.set_terminated(run)
        client.log_metric(client.create_run("0").info.run_id, "elsewhere", 1.0)
        question = {"run_ids": [run], "metric_keys": ["a", "elsewhere", "b"]}
        _wait_until_sealed(shared_server, question)
        client.log_metric(run, "b", INF, 7, 7)
    kind, content = ask(shared_server, "get-series", **question)
    assert kind == "application/json"
    told = decode_response(GetSeriesResponse, content).series
    packed = ask_packed(shared_server, question)
    assert [chunk.key for chunk in packed.runs[0].chunks] == list(packed.keys.values())
    assert packed.runs[0].block
    assert list(packed.keys) == ["a", "b"]
    with Client(shared_server.url) as client:
        found = client.get_series(run, ["a", "b"])
    assert [(s.key, s.steps.tolist(), s.count) for s in found] == [(s.key, s.steps, s.count) for s in told]
    assert found[1].values.tolist() == [float(value) for value in told[1].values]


def test_a_refusal_of_columns_travels_as_json(client: Client, run: str) -> None:
    with pytest.raises(InvalidParameterValue, match="'buckets' is -1"):
        client.get_series(run, "m", buckets=-1)


# --- a server that is MLflow's ----------------------------------------------------------------


@pytest.fixture
def mlflow_server() -> Iterator[ScriptedServer]:
    """A server that answers an unknown path as MLflow's does, with a page."""
    with ScriptedServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _page(token: str | None, *points: tuple[float, int, int]) -> Callable[..., None]:
    metrics = [{"key": "m", "value": value, "timestamp": at, "step": step} for value, at, step in points]
    body: dict[str, Any] = {"metrics": metrics} | ({"next_page_token": token} if token else {})
    return answer(200, json.dumps(body).encode())


def test_of_an_mlflow_server_a_history_is_read_in_pages(mlflow_server: ScriptedServer) -> None:
    unknown = answer(404, b"<!doctype html><title>404 Not Found</title>", "text/html; charset=utf-8")
    mlflow_server.script = [unknown, _page("next", (1.0, 5, 1)), _page(None, (2.0, 6, 2)), unknown]
    with Client(mlflow_server.url) as client:
        found = client.get_metric_history("r", "m")
        assert [(m.value, m.timestamp, m.step) for m in found] == [(1.0, 5, 1), (2.0, 6, 2)]
        with pytest.raises(EndpointNotFound, match=r"it is MLflow's.*get_metric_history"):
            client.get_series("r", "m")
    assert [seen.path.partition("?")[0].rpartition("/")[2] for seen in mlflow_server.seen] == [
        "get-series-columns",
        "get-history",
        "get-history",
        "get-series-columns",
    ]
