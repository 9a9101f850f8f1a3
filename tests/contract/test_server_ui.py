"""The web UI's files as the server sends them."""

import asyncio
import gzip
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from runstone.server.pools import Pool
from runstone.server.ui import WebUI

PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SCRIPT = "console.log('runs');" * 200


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Runstone</title>")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    (tmp_path / "assets" / "index-Abc123.js").write_text(SCRIPT)
    return tmp_path


def get(folder: Path, path: str, verb: str = "GET", **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}

    async def run() -> httpx.Response:
        pool = Pool("test", 1)
        try:
            transport = httpx.ASGITransport(cast(Any, WebUI(pool, folder)))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await client.request(verb, path, headers=names)
        finally:
            pool.close()

    return asyncio.run(run())


@pytest.mark.parametrize("path", ["/", "/experiments/1", "/runs/abc/artifacts", "/runs/a.b.c", "/index.html"])
def test_every_page_of_the_ui_is_its_one_page(built: Path, path: str) -> None:
    answer = get(built, path, **PAGE)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<title>Runstone</title>" in answer.text


@pytest.mark.parametrize("path", ["/api/2.0/nothing", "/ajax-api/nothing"])
def test_an_unknown_operation_is_no_page_of_the_ui(built: Path, path: str) -> None:
    answer = get(built, path, **PAGE)
    assert answer.status_code == 404
    assert "<title>Runstone</title>" not in answer.text


def test_a_missing_file_is_not_the_page(built: Path) -> None:
    assert get(built, "/assets/gone-Xyz.js", accept="*/*").status_code == 404
    assert get(built, "/../app.py", accept="*/*").status_code == 404


def test_files_with_a_hash_in_their_name_are_kept_for_ever(built: Path) -> None:
    answer = get(built, "/assets/index-Abc123.js", accept="*/*", accept_encoding="identity")
    assert answer.text == SCRIPT
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert get(built, "/favicon.svg", accept="image/*").headers["cache-control"] == "no-cache"


def test_what_the_browser_has_is_not_sent_again(built: Path) -> None:
    first = get(built, "/", **PAGE)
    again = get(built, "/", if_none_match=first.headers["etag"], **PAGE)
    assert (again.status_code, again.content) == (304, b"")


def test_large_files_are_sent_compressed_to_whom_understands_it(built: Path) -> None:
    answer = get(built, "/assets/index-Abc123.js", accept="*/*", accept_encoding="gzip, br")
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(gzip.compress(SCRIPT.encode(), 6, mtime=0))
    assert answer.text == SCRIPT  # httpx decompresses


def test_the_page_is_only_read(built: Path) -> None:
    assert get(built, "/", "POST", **PAGE).status_code == 405
    assert get(built, "/runs/abc", "HEAD", **PAGE).status_code == 200


def test_a_file_that_has_gone_is_a_fault_that_says_nothing_of_the_inside(built: Path) -> None:
    async def run() -> httpx.Response:
        pool = Pool("test", 1)
        try:
            ui = WebUI(pool, built)
            (built / "favicon.svg").unlink()
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(cast(Any, ui)), base_url="http://localhost"
            ) as client:
                return await client.get("/favicon.svg")
        finally:
            pool.close()

    answer = asyncio.run(run())
    assert (answer.status_code, answer.json()["error_code"]) == (500, "INTERNAL_ERROR")
    assert str(built) not in answer.text


def test_without_a_built_ui_the_server_says_how_to_get_one(tmp_path: Path) -> None:
    answer = get(tmp_path, "/", **PAGE)
    assert answer.status_code == 200
    assert "make ui" in answer.text
    assert get(tmp_path, "/favicon.ico", accept="image/*").status_code == 404
