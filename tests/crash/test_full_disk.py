"""A disk that runs full or becomes read-only: the error says so, what was acknowledged stays, and then all goes on."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest

from runstone import Client
from runstone.errors import RunstoneError, StoreError, TemporarilyUnavailable
from runstone.service import Service, open_service
from runstone.store import sealing
from runstone.wire import runs
from tests.crash.checks import check_whole
from tests.crash.logger import DENSE, batch
from tests.servers import RunningServer
from tests.tiers import tier_missing
from tests.unit.services import get_run, log_param, new_run, opened, params


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB, a third of it taken by a file named `filler`."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        tier_missing(
            "crash", "a small file system cannot be mounted", "run the tests as root of a Linux machine"
        )
    try:
        (disk / "filler").write_bytes(b"\0" * 700_000)
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def _fill(service: Service, run_id: str) -> tuple[dict[str, str], TemporarilyUnavailable]:
    """Log params until the disk is full; those that were stored, and the error."""
    stored: dict[str, str] = {}
    for number in range(2_000):
        value = os.urandom(2_500).hex()
        try:
            log_param(service, run_id, f"p{number}", value)
        except TemporarilyUnavailable as error:
            return stored, error
        stored[f"p{number}"] = value
    raise AssertionError("the disk never ran full")


def test_a_full_disk_is_named_and_nothing_acknowledged_is_lost(small_disk: Path):
    folder = small_disk / "store"
    with opened(folder) as service:
        run_id = new_run(service)
        stored, error = _fill(service, run_id)
        assert f"disk that holds {folder / 'runstone.db'} is full" in error.message
        assert "Make room" in error.message
        for _ in range(3):
            with pytest.raises(TemporarilyUnavailable, match="full"):
                log_param(service, run_id, "big", "x" * 6_000)
        assert params(service, run_id) == stored
        (small_disk / "filler").unlink()
        log_param(service, run_id, "after", "room")
        assert params(service, run_id) == stored | {"after": "room"}
    check_whole(folder, set())
    with opened(folder) as service:
        assert params(service, run_id) == stored | {"after": "room"}


def test_points_logged_before_the_disk_was_full_stay_though_they_cannot_be_sealed(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
):
    for constant, value in DENSE.items():
        monkeypatch.setattr(sealing, constant, value)
    folder = small_disk / "store"
    acknowledged: set[tuple[str, int]] = set()
    with opened(folder) as service:
        new_run(service, run_id="r")
        _fill(service, new_run(service))
        refused = 0
        for step in range(300):
            try:
                service.call("log_batch", batch("r", step))
            except TemporarilyUnavailable:
                refused += 1
            else:
                acknowledged.add(("r", step))
        assert refused
        (small_disk / "filler").unlink()
        for step in range(300, 320):
            service.call("log_batch", batch("r", step))
            acknowledged.add(("r", step))
        service.call("update_run", runs.UpdateRun(run_id="r", status="FINISHED"))
        assert get_run(service, "r").info.status == "FINISHED"
    check_whole(folder, acknowledged)


def _use_up(path: Path) -> None:
    """Write to a file until the disk takes no more."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4_096)


def test_a_full_disk_refuses_a_new_store_and_says_why(small_disk: Path):
    _use_up(small_disk / "more")
    with pytest.raises(TemporarilyUnavailable, match="full"):
        open_service(str(small_disk / "store"), mode="local")
    (small_disk / "filler").unlink()
    with opened(small_disk / "store") as service:
        assert new_run(service)


def _remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


def test_a_read_only_disk_refuses_a_new_store_and_an_old_one_and_says_why(small_disk: Path):
    with opened(small_disk / "store") as service:
        new_run(service, run_id="kept")
    _remount(small_disk, "ro")
    for place in ("store", "another"):
        with pytest.raises(StoreError, match=str(small_disk / place)):
            open_service(str(small_disk / place), mode="local")
    _remount(small_disk, "rw")
    with opened(small_disk / "store") as service:
        assert get_run(service, "kept").info.status == "RUNNING"


def _too_large(small_disk: Path, client: Client) -> RunstoneError:
    """Log artifacts that fit, and one that does not; the error. With room again it fits."""
    run_id = client.create_run("0").info.run_id
    client.log_stream(run_id, BytesIO(b"x" * 1_000), "kept")
    size = shutil.disk_usage(small_disk).free + 100_000
    with pytest.raises(RunstoneError, match=r"There is no room for the artifact '.*large'") as caught:
        client.log_stream(run_id, BytesIO(bytes(size)), "large")
    assert "Free some space" in caught.value.message
    assert [info.path for info in client.list_artifacts(run_id)] == ["kept"]
    (small_disk / "filler").unlink()
    client.log_stream(run_id, BytesIO(bytes(size)), "large")
    assert [info.file_size for info in client.list_artifacts(run_id)] == [1_000, size]
    return caught.value


def test_an_artifact_that_finds_no_room_is_named_with_its_file_and_leaves_nothing(small_disk: Path):
    with Client(str(small_disk / "store")) as client:
        assert str(small_disk) in _too_large(small_disk, client).message


def test_a_server_without_room_names_the_artifact_and_not_its_own_path(
    small_disk: Path, runstone_server: Callable[..., RunningServer]
):
    server = runstone_server(artifacts_destination=small_disk / "artifacts")
    with Client(server.url) as client:
        assert str(small_disk) not in _too_large(small_disk, client).message
    assert f"'{small_disk}/artifacts/" in server.log


def test_a_download_that_finds_no_room_is_named_and_leaves_nothing(small_disk: Path, tmp_path: Path):
    with Client(str(tmp_path / "store")) as client:
        run_id = client.create_run("0").info.run_id
        client.log_stream(run_id, BytesIO(bytes(2 << 20)), "large")
        with pytest.raises(StoreError, match=f"no room for the artifact '{small_disk}/large'"):
            client.download_artifacts(run_id, "large", small_disk)
    assert [file.name for file in small_disk.iterdir()] == ["filler"]
