"""When runs are sealed, and that nothing is lost or doubled whoever does it meanwhile."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from runstone.service import Service
from runstone.store import sealing
from runstone.wire import runs
from runstone.wire.columns import enveloped
from tests.unit.services import Point, change, history, log_points, new_run, opened, rows, series


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with opened(tmp_path) as opened_service:
        yield opened_service


def stored(folder: Path) -> dict[str, int]:
    """How many rows of each kind hold points."""
    kinds = ("segment", "chunk", "block")
    return {kind: rows(folder, f"SELECT count(*) FROM metric_{kind}")[0][0] for kind in kinds}


def end(service: Service, run_id: str) -> None:
    service.call("update_run", runs.UpdateRun(run_id=run_id, status="FINISHED"))


def log_step(service: Service, run_id: str, step: int, *keys: str) -> None:
    log_points(service, run_id, [(key, float(step), step, step) for key in keys or ("m",)])


def steps(service: Service, run_id: str, key: str = "m") -> list[int]:
    return [step for *_, step in history(service, run_id, key)]


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


# --- when -------------------------------------------------------------------------------------


def test_a_run_that_many_processes_log_to_is_sealed_by_what_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sealing, "SEGMENTS_TO_SEAL", 10)
    with ExitStack() as stack:
        services = [stack.enter_context(opened(tmp_path)) for _ in range(25)]
        run_id = new_run(services[0])
        for step, service in enumerate(services):
            log_step(service, run_id, step)
            assert stored(tmp_path)["segment"] < 10
        assert steps(services[0], run_id) == list(range(25))


def test_a_process_that_ends_seals_what_it_logged_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sealing, "SEGMENTS_AT_REST", 5)
    with opened(tmp_path) as service:
        run_id, other = new_run(service), new_run(service)
        log_step(service, other, 0)
    for step in range(13):
        with opened(tmp_path) as service:
            log_step(service, run_id, step)
    with opened(tmp_path) as service:
        assert steps(service, run_id) == list(range(13))
        assert stored(tmp_path) == {"segment": 1 + 3, "chunk": 0, "block": 2}


def test_a_server_seals_what_rests_and_what_others_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with opened(tmp_path) as process:
        left = new_run(process)
        for step in range(sealing.SEGMENTS_AT_REST - 1):
            log_step(process, left, step)
    monkeypatch.setattr(sealing, "REST_S", 0.05)
    with opened(tmp_path, mode="server") as server:
        log_step(server, left, 99)
        run_id = new_run(server)
        for step in range(sealing.SEGMENTS_AT_REST):
            log_step(server, run_id, step)
        wait_until(lambda: stored(tmp_path) == {"segment": 0, "chunk": 0, "block": 2})
        assert steps(server, run_id) == list(range(sealing.SEGMENTS_AT_REST))
        assert steps(server, left) == [*range(sealing.SEGMENTS_AT_REST - 1), 99]


def test_a_server_seals_on_the_side_when_a_run_ends(tmp_path: Path):
    with opened(tmp_path, mode="server") as server:
        run_id = new_run(server)
        for step in range(20):
            log_step(server, run_id, step)
        end(server, run_id)
        wait_until(lambda: stored(tmp_path) == {"segment": 0, "chunk": 0, "block": 1})
        assert steps(server, run_id) == list(range(20))


@pytest.mark.parametrize(("points", "expected"), [(511, {"segment": 1}), (512, {"block": 1})])
def test_a_lone_segment_is_sealed_if_there_is_much_in_it(
    service: Service, tmp_path: Path, points: int, expected: dict[str, int]
):
    run_id = new_run(service)
    log_points(service, run_id, [(f"m{n % 300}", float(n), n, n) for n in range(points)])
    end(service, run_id)
    blocks = {"block": 2} if "block" in expected else {}  # of at most 256 series
    assert stored(tmp_path) == {"segment": 0, "chunk": 0, "block": 0} | expected | blocks


# --- what -------------------------------------------------------------------------------------


def test_no_more_blocks_are_merged_at_once_than_fit_the_memory(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name, value in {"BLOCK_SERIES": 4, "BLOCKS_TO_MERGE": 3, "POINTS_AT_ONCE": 60}.items():
        monkeypatch.setattr(sealing, name, value)
    merged: list[int] = []
    exchange = sealing._exchange

    def watched(store: Any, old: Any, new: Any) -> None:
        blocks = {row[0]: row[1] for row in rows(tmp_path, "SELECT id, count FROM metric_block")}
        merged.append(
            sum(blocks[number] for table, ids in old if table.name == "metric_block" for number in ids)
        )
        exchange(store, old, new)

    monkeypatch.setattr(sealing, "_exchange", watched)
    run_id = new_run(service)
    names = [f"m{n:02}" for n in range(20)]
    for turn in range(12):
        for half in range(2):
            log_points(service, run_id, [(name, 1.0, turn, 2 * turn + half) for name in names])
        end(service, run_id)
    assert max(merged) > 0
    assert max(merged) < 60 + 4 * 24  # the room, and at most the block that filled it
    for name in names:
        assert [step for _, _, _, step in history(service, run_id, name)] == list(range(24))


def test_a_run_that_is_sealed_many_times_does_not_gather_small_blocks(service: Service, tmp_path: Path):
    run_id = new_run(service)
    for part in range(60):
        for step in range(part * 10, part * 10 + 10):
            log_step(service, run_id, step, "a", "b", "c")
        log_step(service, run_id, part, "seldom")
        end(service, run_id)
        assert stored(tmp_path)["block"] <= sealing.BLOCKS_TO_MERGE
    assert stored(tmp_path)["chunk"] > 0  # the merged ones have become long enough
    for key in ("a", "b", "c"):
        assert steps(service, run_id, key) == list(range(600))
    assert steps(service, run_id, "seldom") == list(range(60))
    assert rows(tmp_path, "SELECT sum(count) FROM metric_summary") == [(60 * 31,)]


def test_a_metric_that_is_logged_point_by_point_does_not_gather_small_chunks(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name, value in {"SEGMENTS_TO_SEAL": 8, "CHUNK_FROM": 8, "CHUNK_TO": 1_024}.items():
        monkeypatch.setattr(sealing, name, value)
    run_id = new_run(service)
    most = 0
    for step in range(1_500):
        log_step(service, run_id, step)
        most = max(most, stored(tmp_path)["chunk"]) if step % 8 == 7 else most
    assert most <= 2 + 2 * sealing.CHUNKS_TO_MERGE
    assert steps(service, run_id) == list(range(1_500))


def test_a_long_series_is_cut_into_chunks_of_about_one_length(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sealing, "CHUNK_TO", 600)
    monkeypatch.setattr(sealing, "POINTS_TO_SEAL", 10_000)
    run_id = new_run(service)
    for at in range(0, 1_300, 650):
        log_points(service, run_id, [("m", float(n), n, n) for n in range(at, at + 650)])
    end(service, run_id)
    found = rows(tmp_path, "SELECT first_step, last_step, count FROM metric_chunk ORDER BY first_step")
    assert found == [(0, 432, 433), (433, 865, 433), (866, 1_299, 434)]


@pytest.mark.parametrize("limits", [{"SEGMENTS_AT_ONCE": 7}, {"POINTS_AT_ONCE": 1}, {"POINTS_AT_ONCE": 9}])
def test_very_many_segments_are_sealed_by_and_by(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: dict[str, int]
):
    run_id = new_run(service)
    for step in range(50):
        log_step(service, run_id, step)
    for name, value in limits.items():
        monkeypatch.setattr(sealing, name, value)
    end(service, run_id)
    assert stored(tmp_path)["segment"] <= 1
    assert steps(service, run_id) == list(range(50))


def test_twelve_thousand_metrics_of_one_run_are_sealed_and_found(service: Service, tmp_path: Path):
    run_id = new_run(service)
    names = [f"layer{n}/weight" for n in range(12_000)]
    for step in range(2):
        for at in range(0, len(names), 1_000):
            points: list[Point] = [(name, float(step), step, step) for name in names[at : at + 1_000]]
            log_points(service, run_id, points)
    end(service, run_id)
    assert stored(tmp_path) == {"segment": 0, "chunk": 0, "block": 47}
    for name in (names[0], names[6_789], names[-1]):
        assert steps(service, run_id, name) == [0, 1]
    found = series(service, run_id, *names[5_000:7_000])
    assert {len(points) for points in found.values()} == {2}
    assert len(found) == 2_000


# --- meanwhile --------------------------------------------------------------------------------


def test_several_sealers_at_once_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, value in {"CHUNK_FROM": 20, "CHUNK_TO": 50, "BLOCK_SERIES": 2, "BLOCKS_TO_MERGE": 3}.items():
        monkeypatch.setattr(sealing, name, value)
    with ExitStack() as stack:
        services = [stack.enter_context(opened(tmp_path)) for _ in range(4)]
        run_id = new_run(services[0])
        number = rows(tmp_path, "SELECT id FROM run")[0][0]

        def work(worker: int) -> None:
            for step in range(worker, 400, 4):
                log_step(services[worker], run_id, step, "m", f"k{step % 5}")
                if step % 3 == 0:
                    services[worker].store.seal(number)

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(work, range(4)))
        services[0].store.seal(number)
        assert steps(services[0], run_id) == list(range(400))
        for key in range(5):
            assert steps(services[0], run_id, f"k{key}") == list(range(key, 400, 5))
        kinds = ("segment", "chunk", "block")
        kept = [rows(tmp_path, f"SELECT coalesce(sum(count), 0) FROM metric_{kind}")[0][0] for kind in kinds]
        assert sum(kept) == 800
        assert stored(tmp_path)["segment"] <= 1


def test_a_read_while_another_process_seals_sees_every_point_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name, value in {"CHUNK_FROM": 40, "CHUNK_TO": 60, "BLOCKS_TO_MERGE": 3}.items():
        monkeypatch.setattr(sealing, name, value)
    with opened(tmp_path) as writing, opened(tmp_path) as reading:
        run_id = new_run(writing)
        logged, done = 0, threading.Event()

        def write() -> None:
            nonlocal logged
            for step in range(300):
                log_step(writing, run_id, step)
                logged = step + 1
                if step % 7 == 0:
                    end(writing, run_id)
            done.set()

        thread = threading.Thread(target=write)
        thread.start()
        torn: list[Any] = []
        while not done.is_set():
            before = logged
            found = steps(reading, run_id)
            if found != list(range(len(found))) or len(found) < before:
                torn.append(found)
        thread.join()
        assert torn == []


def test_damage_in_one_run_does_not_keep_others_from_being_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(sealing, "REST_S", 0.02)
    monkeypatch.setattr(sealing, "SEGMENTS_AT_REST", 4)
    with opened(tmp_path, mode="server") as server:
        damaged, fine = new_run(server), new_run(server)
        for step in range(3):
            log_step(server, damaged, step)
        # The checksum holds, and what is in it makes no sense.
        change(tmp_path, "UPDATE metric_segment SET data = ?", enveloped(2, 1, b"no zlib stream"))
        log_step(server, damaged, 3)
        wait_until(lambda: "failed" in caplog.text)
        for step in range(4):
            log_step(server, fine, step)
        wait_until(lambda: stored(tmp_path) == {"segment": 4, "chunk": 0, "block": 1})
        assert steps(server, fine) == [0, 1, 2, 3]
        time.sleep(0.1)  # many looks around
        assert caplog.text.count("failed, and they stay") == 1
