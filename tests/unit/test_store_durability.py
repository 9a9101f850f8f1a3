"""When a write is on the disk: at once for a server, within a second for a local store."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from runstone.service import Service
from runstone.store import writer
from tests.unit.services import database, log_param, new_run, opened


class Disk:
    """Counts what is brought to the disk, and fails when told to."""

    def __init__(self) -> None:
        self.synced: list[str] = []
        self.error: OSError | None = None
        self.done = threading.Event()

    def fsync(self, file: int) -> None:
        self.synced.append(Path(f"/proc/self/fd/{file}").readlink().name)
        self.done.set()
        if self.error:
            raise self.error


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    if not Path("/proc/self/fd").exists():
        pytest.skip("no /proc")
    disk = Disk()
    monkeypatch.setattr(os, "fsync", disk.fsync)
    monkeypatch.setattr(writer._Sync, "INTERVAL_S", 0.02)
    return disk


def synchronous(service: Service) -> int:
    def read(connection: Connection, _keys: object) -> int:
        return connection.scalar(text("PRAGMA synchronous"))

    return service.store.write(read)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_server_answers_when_the_disk_has_it(tmp_path: Path, disk: Disk):
    with opened(tmp_path, "server") as service:
        assert synchronous(service) == 2  # FULL
        new_run(service)
    assert disk.synced == []  # SQLite sees to it


def test_a_local_store_brings_its_log_to_the_disk_soon(tmp_path: Path, disk: Disk):
    with opened(tmp_path) as service:
        assert synchronous(service) == 1  # NORMAL
        run_id = new_run(service)
        wait_until(lambda: len(disk.synced) > 0)
        for number in range(3):
            before = len(disk.synced)
            log_param(service, run_id, f"p{number}", "1")
            wait_until(lambda before=before: len(disk.synced) > before)
    assert set(disk.synced) == {f"{database(tmp_path).name}-wal"}


def test_nothing_is_synced_while_nothing_is_written(tmp_path: Path, disk: Disk):
    with opened(tmp_path) as service:
        new_run(service)
        wait_until(lambda: len(disk.synced) > 0)
        time.sleep(0.1)
        before = len(disk.synced)
        time.sleep(0.2)
        assert len(disk.synced) == before <= 2


def test_closing_brings_what_is_left_to_the_disk(tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writer._Sync, "INTERVAL_S", 3_600)
    others = set(threading.enumerate())
    with opened(tmp_path) as service:
        new_run(service)
        assert disk.synced == []
        (syncing,) = (t for t in threading.enumerate() if t.name == "runstone-sync" and t not in others)
    assert disk.synced == [f"{database(tmp_path).name}-wal"]
    wait_until(lambda: not syncing.is_alive())


def test_a_disk_that_fails_to_sync_is_reported_and_tried_again(
    tmp_path: Path, disk: Disk, caplog: pytest.LogCaptureFixture
):
    disk.error = OSError(5, "Input/output error")
    with opened(tmp_path) as service:
        run_id = new_run(service)
        wait_until(lambda: "Input/output error" in caplog.text)
        disk.error = None
        failed = len(disk.synced)
        log_param(service, run_id, "p", "1")
        wait_until(lambda: len(disk.synced) > failed)
    assert str(database(tmp_path)) in caplog.text
