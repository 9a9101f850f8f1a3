"""The lock that keeps processes out of each other's writes."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runstone.locks import FileLock

Script = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def script() -> Iterator[Script]:
    """A factory of processes that run a piece of Python with the lock's path as their argument."""
    started: list[subprocess.Popen[str]] = []

    def start(text: str, *arguments: object) -> "subprocess.Popen[str]":
        command = [sys.executable, "-W", "error", "-c", textwrap.dedent(text), *map(str, arguments)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def can_be_taken(path: Path, *, within_s: float) -> bool:
    """Whether this process gets the lock in time."""
    taken = threading.Event()

    def take() -> None:
        lock = FileLock(path)
        with lock:
            taken.set()
        lock.close()

    threading.Thread(target=take, daemon=True).start()
    return taken.wait(within_s)


_COUNT = """
    import sys
    from pathlib import Path
    from runstone.locks import FileLock
    lock, counter = FileLock(Path(sys.argv[1])), Path(sys.argv[2])
    for _ in range(300):
        with lock:
            counter.write_text(str(int(counter.read_text()) + 1))
"""


def test_one_process_at_a_time_holds_the_lock(tmp_path: Path, script: Script):
    counter = tmp_path / "counter"
    counter.write_text("0")
    processes = [script(_COUNT, tmp_path / "lock", counter) for _ in range(3)]
    assert [process.wait(30) for process in processes] == [0, 0, 0]
    assert counter.read_text() == "900"


_HOLD = """
    import sys, time
    from pathlib import Path
    from runstone.locks import FileLock
    with FileLock(Path(sys.argv[1])):
        print("held", flush=True)
        time.sleep(60)
"""


def test_the_death_of_the_holder_frees_the_lock(tmp_path: Path, script: Script):
    holder = script(_HOLD, tmp_path / "lock")
    assert line(holder) == "held"
    assert not can_be_taken(tmp_path / "lock", within_s=0.1)
    holder.kill()
    assert can_be_taken(tmp_path / "lock", within_s=10)


_FORK_WHILE_HELD = """
    import os, sys, time
    from pathlib import Path
    from runstone.locks import FileLock
    lock = FileLock(Path(sys.argv[1]))
    with lock:
        if os.fork() == 0:
            print(os.getpid(), flush=True)
            time.sleep(60)
            os._exit(0)
        time.sleep(60)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_does_not_keep_the_lock_of_its_dead_parent(tmp_path: Path, script: Script):
    parent = script(_FORK_WHILE_HELD, tmp_path / "lock")
    child = int(line(parent))
    try:
        assert not can_be_taken(tmp_path / "lock", within_s=0.1)
        parent.kill()
        assert can_be_taken(tmp_path / "lock", within_s=10)
    finally:
        os.kill(child, signal.SIGKILL)


_FORK_AND_TAKE = """
    import os, sys
    from pathlib import Path
    from runstone.locks import FileLock
    lock = FileLock(Path(sys.argv[1]))
    with lock:
        pass
    reader, writer = os.pipe()
    with lock:
        child = os.fork()
        if child == 0:
            os.write(writer, b"waits")
            with lock:
                os.write(writer, b" has it")
            os._exit(0)
        os.read(reader, 5)
        os.set_blocking(reader, False)
        try:
            print(os.read(reader, 9))
        except BlockingIOError:
            print("still waits", flush=True)
    assert os.waitpid(child, 0)[1] == 0
    print(os.read(reader, 9).decode().strip())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_takes_the_lock_for_itself(tmp_path: Path, script: Script):
    process = script(_FORK_AND_TAKE, tmp_path / "lock")
    assert line(process) == "still waits"
    assert line(process) == "has it"
    assert process.wait(10) == 0


def test_a_closed_lock_can_be_taken_again(tmp_path: Path):
    lock = FileLock(tmp_path / "lock")
    for _ in range(2):
        with lock:
            assert (tmp_path / "lock").exists()
        lock.close()
        lock.close()
