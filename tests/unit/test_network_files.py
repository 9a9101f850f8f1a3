"""Stores on file systems that other machines reach too."""

import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path

import pytest

from runstone.errors import StoreError
from runstone.locks import FileLock
from runstone.store.dialect.network_files import check_locks, is_on_network
from tests.unit.services import history, log_points, new_run, opened

MOUNTS = """\
sysfs /sys sysfs rw 0 0
/dev/vda1 / ext4 rw 0 0
server:/home /home nfs4 rw,vers=4.2 0 0
/dev/vdb /home/local ext4 rw 0 0
//nas/share /mnt/my\\040share cifs rw 0 0
me@host: /mnt/far fuse.sshfs rw 0 0
overlay /var/lib overlay rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/ann/mlruns/runstone.db", True),
        ("/home/local/mlruns/runstone.db", False),
        ("/mnt/my share/runstone.db", True),
        ("/mnt/far/runstone.db", True),
        ("/mnt/farther/runstone.db", False),
        ("/var/lib/runstone.db", False),
        ("/runstone.db", False),
    ],
)
def test_the_file_system_of_a_path_is_that_of_the_deepest_mount_above_it(path: str, expected: bool) -> None:
    assert is_on_network(Path(path), MOUNTS) is expected


def test_a_disk_of_this_machine_is_not_taken_for_a_network(tmp_path: Path) -> None:
    assert not is_on_network(tmp_path / "runstone.db")


def test_a_store_with_a_rollback_journal_works_and_leaves_no_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as service:
        run = new_run(service)
        log_points(service, run, [("loss", 0.5, 1, 1)])
    monkeypatch.setenv("RUNSTONE_SQLITE_JOURNAL", "rollback")
    with opened(tmp_path) as service:
        log_points(service, run, [("loss", 0.25, 2, 2)])
        assert not (tmp_path / "runstone.db-wal").exists()
        assert [value for _, value, _, _ in history(service, run, "loss")] == [0.5, 0.25]
    with closing(sqlite3.connect(tmp_path / "runstone.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


_LOG = """
    import sys
    from runstone.service import open_service
    from runstone.wire.runs import LogBatch, Metric
    service = open_service(sys.argv[1], mode="local")
    for step in range(50):
        service.call("log_batch", LogBatch(run_id=sys.argv[2], metrics=[Metric(sys.argv[3], 0.5, step, step)]))
    service.close()
"""


def test_processes_share_a_store_with_a_rollback_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNSTONE_SQLITE_JOURNAL", "rollback")
    with opened(tmp_path) as service:
        run = new_run(service)
        command = [sys.executable, "-c", textwrap.dedent(_LOG), str(tmp_path), run]
        processes = [subprocess.Popen([*command, f"m{number}"]) for number in range(4)]
        while any(process.poll() is None for process in processes):
            history(service, run, "m0")  # a reader beside them
        assert [process.returncode for process in processes] == [0] * 4
        for number in range(4):
            assert [step for _, _, _, step in history(service, run, f"m{number}")] == list(range(50))


def test_a_network_file_system_without_locks_is_refused_and_a_server_named(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "absent" / "runstone.db.lock")  # what cannot be opened cannot be locked
    with pytest.raises(StoreError, match=r"cannot be locked .*Start `runstone server`"):
        check_locks(lock, tmp_path / "runstone.db")
