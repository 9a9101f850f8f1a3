"""When something fails inside the server, or is too much: no details leave it, and nothing is lost sight of."""

import asyncio
import logging
import re
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from runstone.artifact_store import Artifacts
from runstone.errors import RequestLimitExceeded, StoreError
from runstone.server.app import create_app
from runstone.server.pools import Pool, Pools
from runstone.service import Service
from runstone.wire.base import EmptyResponse, Request, Response
from runstone.wire.experiments import SearchExperimentsResponse
from runstone.wire.runs import SearchRunsResponse

API = "/api/2.0/mlflow"
TAG = {"run_id": "r", "key": "k"}
ANSWERS: dict[str, Response] = {
    "search_runs": SearchRunsResponse(),
    "search_experiments": SearchExperimentsResponse(),
    "set_tag": EmptyResponse(),
}


class StubService:
    """A service whose operations do what a test wants: `act` runs before each answer."""

    def __init__(self, folder: Path, act: Callable[[str], None]):
        self.artifacts = Artifacts(folder)
        self._act = act

    def call(self, name: str, request: Request) -> Response:
        self._act(name)
        return ANSWERS[name]


def serving(
    folder: Path, act: Callable[[str], None], scenario: Callable[[httpx.AsyncClient, Pools], Awaitable[None]]
) -> None:
    """Run the scenario against an app whose operations `act`."""

    async def run() -> None:
        pools = Pools()
        app = create_app(cast(Service, StubService(folder, act)), pools)
        transport = httpx.ASGITransport(cast(Any, app))
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                await scenario(client, pools)
        finally:
            pools.close()

    asyncio.run(run())


def failing(error: Exception) -> Callable[[str], None]:
    def act(name: str) -> None:
        raise error

    return act


def test_a_fault_is_answered_with_an_id_and_logged_with_its_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(client: httpx.AsyncClient, pools: Pools) -> None:
        answer = await client.post(f"{API}/runs/set-tag", json=TAG)
        assert answer.status_code == 500
        body = answer.json()
        assert body["error_code"] == "INTERNAL_ERROR"
        number = re.search(r"[0-9a-f]{8}", body["message"])
        assert number is not None
        assert "password" not in answer.text
        [record] = [record for record in caplog.records if number[0] in record.getMessage()]
        assert record.exc_info is not None
        assert "set_tag" in record.getMessage()
        assert "a password" in str(record.exc_info[1])

    serving(tmp_path, failing(KeyError("a password")), scenario)


def test_a_fault_outside_the_operations_is_treated_alike(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise ZeroDivisionError("inside")

    async def scenario(client: httpx.AsyncClient, pools: Pools) -> None:
        monkeypatch.setattr("runstone.artifact_store.LocalArtifactStore.list", broken)
        answer = await client.get("/api/2.0/mlflow-artifacts/artifacts", params={"path": "x"})
        assert (answer.status_code, answer.json()["error_code"]) == (500, "INTERNAL_ERROR")
        assert "inside" not in answer.text
        assert any(record.exc_info for record in caplog.records)

    serving(tmp_path, failing(AssertionError()), scenario)


def test_a_store_that_fails_is_answered_in_its_own_words_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(client: httpx.AsyncClient, pools: Pools) -> None:
        answer = await client.post(f"{API}/runs/set-tag", json=TAG)
        assert (answer.status_code, answer.json()["message"]) == (500, "The disk is full. Free some space.")
        assert "The disk is full" in caplog.text

    caplog.set_level(logging.ERROR)
    serving(tmp_path, failing(StoreError("The disk is full. Free some space.")), scenario)


def test_of_the_servers_files_its_clients_learn_the_names_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(client: httpx.AsyncClient, pools: Pools) -> None:
        answer = await client.post(f"{API}/runs/set-tag", json=TAG)
        assert answer.json()["message"] == "No access to the artifact 'a': 'file.txt': refused."
        assert "'/srv/secret/file.txt'" in caplog.text

    path = "/srv/secret/file.txt"
    caplog.set_level(logging.ERROR)
    serving(
        tmp_path,
        failing(StoreError(f"No access to the artifact 'a': '{path}': refused.", path=path)),
        scenario,
    )


def test_long_operations_do_not_keep_short_ones_waiting(tmp_path: Path) -> None:
    free = threading.Event()

    def act(name: str) -> None:
        if name == "search_runs":
            assert free.wait(10)

    async def scenario(client: httpx.AsyncClient, pools: Pools) -> None:
        searches = [asyncio.ensure_future(client.post(f"{API}/runs/search", json={})) for _ in range(20)]
        await asyncio.sleep(0.05)
        for _ in range(5):
            assert (await client.post(f"{API}/runs/set-tag", json=TAG)).status_code == 200
        assert (await client.get("/health")).status_code == 200
        assert not any(search.done() for search in searches)
        free.set()
        assert {(await search).status_code for search in searches} == {200}

    serving(tmp_path, act, scenario)


def test_what_is_too_much_at_once_is_refused_and_the_rest_is_done(tmp_path: Path) -> None:
    free = threading.Event()

    async def scenario(client: httpx.AsyncClient, pools: Pools) -> None:
        pools.writes = Pool("writes", 1, waiting=2)
        app = create_app(cast(Service, StubService(tmp_path, lambda name: assert_free(free))), pools)
        transport = httpx.ASGITransport(cast(Any, app))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as limited:
            sent = [asyncio.ensure_future(limited.post(f"{API}/runs/set-tag", json=TAG)) for _ in range(5)]
            await asyncio.wait(sent, return_when=asyncio.FIRST_COMPLETED)
            free.set()
            answers = [await one for one in sent]
        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 429, 429]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert all(answer.json()["error_code"] == "REQUEST_LIMIT_EXCEEDED" for answer in refused)
        assert all(answer.headers["Retry-After"] == "1" for answer in refused)

    serving(tmp_path, lambda name: None, scenario)


def assert_free(free: threading.Event) -> None:
    assert free.wait(10)


# --- the threads themselves -----------------------------------------------------------------------


def in_pool(threads: int, scenario: Callable[[Pool], Awaitable[None]]) -> None:
    async def run() -> None:
        pool = Pool("test", threads)
        try:
            await scenario(pool)
        finally:
            pool.close()

    asyncio.run(run())


def test_a_pool_gives_results_and_errors_back() -> None:
    async def scenario(pool: Pool) -> None:
        assert await asyncio.gather(*(pool.run(pow, n, 2) for n in range(500))) == [n * n for n in range(500)]
        with pytest.raises(ValueError, match="invalid literal"):
            await pool.run(int, "x")
        with pytest.raises(ValueError, match="invalid literal"):
            await pool.run_to_end(int, "x")

    in_pool(3, scenario)


def test_a_pool_uses_as_many_threads_as_it_may_and_no_more() -> None:
    meeting = threading.Barrier(3)

    async def scenario(pool: Pool) -> None:
        # Six functions that each wait for two others end only if three run at once.
        await asyncio.gather(*(pool.run(meeting.wait, 10) for _ in range(6)))
        names = {await pool.run(threading.current_thread) for _ in range(50)}
        assert len(names) <= 3

    in_pool(3, scenario)


def test_a_cancelled_request_frees_its_place() -> None:
    free = threading.Event()

    async def scenario(pool: Pool) -> None:
        blocked = pool.run(free.wait, 10)
        queued = pool.run(pow, 2, 2)
        queued.cancel()
        free.set()
        assert await blocked
        assert await pool.run(pow, 3, 2) == 9
        assert queued.cancelled()

    in_pool(1, scenario)


def test_run_to_end_waits_for_the_thread_even_when_cancelled() -> None:
    free, ended = threading.Event(), threading.Event()

    def work() -> None:
        assert free.wait(10)
        ended.set()

    async def scenario(pool: Pool) -> None:
        waiting = asyncio.ensure_future(pool.run_to_end(work))
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.sleep(0.05)
        assert not waiting.done()
        free.set()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert ended.is_set()

    in_pool(1, scenario)


def test_a_pool_that_is_full_refuses() -> None:
    free = threading.Event()

    async def run() -> None:
        pool = Pool("test", 1, waiting=1)
        accepted = [pool.run(free.wait, 10), pool.run(free.wait, 10)]
        with pytest.raises(RequestLimitExceeded):
            pool.run(free.wait, 10)
        free.set()
        await asyncio.gather(*accepted)
        assert await pool.run(pow, 2, 2) == 4
        pool.close()

    asyncio.run(run())
