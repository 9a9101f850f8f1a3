"""kill -9 at any moment: what was acknowledged is there afterwards, once, and the database is whole."""

import http.client
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from runstone.wire.base import Request
from runstone.wire.codec import encode
from runstone.wire.runs import CreateRun
from tests.crash.checks import Acknowledged, check_whole, parse
from tests.crash.logger import batch
from tests.servers import RunningServer
from tests.unit.services import new_run, opened

ROUNDS = 6
ROOT = Path(__file__).parents[2]


@pytest.fixture
def logger() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """A factory of processes that log until they are killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: object) -> "subprocess.Popen[str]":
        command = [sys.executable, "-W", "error", "-m", "tests.crash.logger", *map(str, arguments)]
        started.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def kill_at_random(process: "subprocess.Popen[str]", chance: random.Random) -> Acknowledged:
    """Let the process log for a moment, then kill it; the writes that it was told are stored."""
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first, "the logger ended by itself"
    killer = threading.Timer(chance.uniform(0.0, 0.3), process.kill)
    killer.start()
    lines = [first, *process.stdout]  # read all along, so that the pipe never fills
    killer.join()
    assert process.wait() == -9
    return parse(lines)


@pytest.mark.parametrize("how", ["plain", "dense"])
def test_a_killed_process_loses_nothing_that_was_acknowledged(
    tmp_path: Path, logger: Callable[..., "subprocess.Popen[str]"], how: str
):
    chance = random.Random(how)
    acknowledged: Acknowledged = set()
    for number in range(ROUNDS):
        acknowledged |= kill_at_random(logger(tmp_path, f"round{number}", how), chance)
        check_whole(tmp_path, acknowledged)
    assert len(acknowledged) > 10 * ROUNDS


def test_a_killed_process_takes_no_other_one_with_it(
    tmp_path: Path, logger: Callable[..., "subprocess.Popen[str]"]
):
    chance = random.Random(1)
    survivor = logger(tmp_path, "survivor", "dense")
    acknowledged: Acknowledged = set()
    for number in range(2):
        acknowledged |= kill_at_random(logger(tmp_path, f"round{number}", "dense"), chance)
    acknowledged |= kill_at_random(survivor, chance)
    check_whole(tmp_path, acknowledged)
    assert {run_id.partition("-")[0] for run_id, _ in acknowledged} == {"round0", "round1", "survivor"}


_MAKE_STORES = """
import sys
from itertools import count
from runstone.service import open_service
for number in count():
    print(number, flush=True)
    open_service(f"{sys.argv[1]}/{number}", mode="local").close()
"""


def test_a_process_killed_while_it_makes_a_store_leaves_nothing_in_the_way(tmp_path: Path):
    chance = random.Random(3)
    for round_number in range(4):
        folder = tmp_path / str(round_number)
        command = [sys.executable, "-W", "error", "-c", _MAKE_STORES, str(folder)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        killer = threading.Timer(chance.uniform(0.0, 0.1), process.kill)
        first = process.stdout.readline()
        killer.start()
        *_, last = [first, *process.stdout]
        killer.join()
        process.wait()
        process.stdout.close()
        with opened(folder / last.strip()) as service:
            assert new_run(service)


# --- the server -------------------------------------------------------------------------------


def _post(connection: http.client.HTTPConnection, path: str, request: Request) -> int:
    connection.request("POST", path, encode(request), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _log_over_http(server: RunningServer, run_id: str, acknowledged: Acknowledged) -> None:
    """Log to a run until the server is gone, and note what it answered."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    try:
        created = _post(
            connection, "/api/2.0/mlflow/runs/create", CreateRun(experiment_id="0", run_id=run_id)
        )
        assert created == 200
        for step in count():
            if _post(connection, "/api/2.0/mlflow/runs/log-batch", batch(run_id, step)) == 200:
                acknowledged.add((run_id, step))
    except (OSError, http.client.HTTPException):
        return  # it was killed
    finally:
        connection.close()


def test_a_killed_server_loses_nothing_that_it_answered(runstone_server: Callable[..., RunningServer]):
    chance = random.Random(2)
    server = runstone_server()
    acknowledged: Acknowledged = set()
    for number in range(3):
        names = [f"round{number}-{thread}" for thread in range(4)]
        threads = [
            threading.Thread(target=_log_over_http, args=(server, name, acknowledged)) for name in names
        ]
        for thread in threads:
            thread.start()
        time.sleep(chance.uniform(0.2, 0.6))
        server.kill()
        for thread in threads:
            thread.join()
        check_whole(server.store, acknowledged)
        server.restart()
    assert len(acknowledged) > 30
    server.stop()
    check_whole(server.store, acknowledged)
