"""`runstone import` and the folders that a source names: none is read that the user did not mean."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.compat.importing import stores
from tests.imports import imported

RUN = "a" * 32
HINT = "--artifacts-from"


class Source(BaseHTTPRequestHandler):
    """What a server of MLflow's answers that has one run; `run_uri` is where it says the run's artifacts are."""

    protocol_version = "HTTP/1.1"
    run_uri = ""
    given: dict[str, bytes] | None = {}
    """The artifacts that the server itself gives; None if it refuses to."""

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urlsplit(self.path)
        name = parts.path.rpartition("/")[2]
        if name == "get-artifact":
            assert self.given
            self.send(200, self.given[parse_qs(parts.query)["path"][0]])
        elif name == "list":
            if self.given is None:
                self.send(500, b'{"error_code": "INTERNAL_ERROR", "message": "no such bucket"}')
            else:
                files = [{"path": p, "is_dir": False, "file_size": len(c)} for p, c in self.given.items()]
                self.send(200, json.dumps({"root_uri": self.run_uri, "files": files}).encode())
        elif (content := self.told().get("/".join(parts.path.split("/")[-2:]))) is not None:
            self.send(200, json.dumps(content).encode())
        else:
            self.send(404, b'{"error_code": "ENDPOINT_NOT_FOUND", "message": "no such thing"}')

    do_GET = do_POST = answer

    def told(self) -> dict[str, Any]:
        location = self.run_uri.removesuffix(f"/{RUN}/artifacts")
        info = {
            "run_id": RUN,
            "run_uuid": RUN,
            "experiment_id": "7",
            "status": "FINISHED",
            "artifact_uri": self.run_uri,
        }
        run = {"info": info | {"lifecycle_stage": "active", "start_time": 5}, "data": {}, "inputs": {}}
        experiment = {"experiment_id": "7", "name": "e", "artifact_location": location}
        return {
            "experiments/search": {"experiments": [experiment | {"lifecycle_stage": "active"}]},
            "runs/search": {"runs": [run]},
            "runs/get": {"run": run},
        }

    def send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def source() -> Iterator[tuple[type[Source], str]]:
    handler = type("OneSource", (Source,), {"given": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield handler, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A folder of the importing machine that is no run's."""
    folder = tmp_path / "home" / ".ssh"
    folder.mkdir(parents=True)
    (folder / "key").write_text("secret")
    return folder


def copied(target: Path) -> list[str]:
    """The contents of the artifacts that a target has."""
    return sorted(
        file.read_text(errors="replace")
        for file in target.glob("artifacts/*/*/artifacts/**/*")
        if file.is_file()
    )


def of_artifacts(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in report["left_out"] if "artifacts" in entry["what"]]


# --- servers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [(), ("--artifacts", "link")])
def test_a_server_cannot_have_a_folder_of_the_importing_machine_read(
    source: tuple[type[Source], str], secret: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    handler, url = source
    handler.run_uri = secret.as_uri()
    report = imported(url, tmp_path / "target", *options)
    assert HINT in of_artifacts(report)[-1]["reason"]
    assert copied(tmp_path / "target") == []
    assert (report["taken"]["new_runs"], report["taken"]["linked_runs"]) == (1, 0)


def test_what_is_in_a_folder_of_the_servers_comes_through_the_server(
    source: tuple[type[Source], str], secret: Path, tmp_path: Path
) -> None:
    handler, url = source
    handler.run_uri, handler.given = secret.as_uri(), {"key": b"given"}
    imported(url, tmp_path / "target", status=0)
    assert copied(tmp_path / "target") == ["given"]


@pytest.mark.parametrize("uri", ["/nowhere/on/this/machine", "file://another-machine/srv/mlruns"])
def test_what_a_server_does_not_give_is_told_with_what_to_do(
    source: tuple[type[Source], str], tmp_path: Path, uri: str
) -> None:
    handler, url = source
    handler.run_uri, handler.given = uri, None
    [entry] = of_artifacts(imported(url, tmp_path / "target"))
    assert HINT in entry["reason"]
    assert "no such bucket" in entry["examples"][0]


@pytest.mark.parametrize("scheme", ["file", "mlflow-artifacts"])
def test_a_folder_that_the_user_names_is_read_and_nothing_beside_it(
    source: tuple[type[Source], str], secret: Path, tmp_path: Path, scheme: str
) -> None:
    handler, url = source
    kept = tmp_path / "kept"
    mine = kept / "7" / RUN / "artifacts"
    mine.mkdir(parents=True)
    (mine / "plot.txt").write_text("mine")
    (mine / "stolen").symlink_to(secret / "key")
    (mine / "all").symlink_to(secret)
    handler.run_uri = mine.as_uri() if scheme == "file" else f"mlflow-artifacts:/7/{RUN}/artifacts"
    [entry] = of_artifacts(imported(url, tmp_path / "target", HINT, kept))
    assert (entry["what"], entry["count"]) == ("artifacts", 2)
    assert "a link leads out" in entry["examples"][0]
    assert copied(tmp_path / "target") == ["mine"]
    handler.run_uri = secret.as_uri()
    imported(url, tmp_path / "other", HINT, kept)
    assert copied(tmp_path / "other") == []


# --- databases and folders ------------------------------------------------------------------------


def test_a_database_cannot_have_a_folder_read_that_is_no_runs(secret: Path, tmp_path: Path) -> None:
    folder = stores.unpack("sqlite-3", tmp_path / "source")
    with closing(sqlite3.connect(folder / "mlflow.db")) as connection:
        connection.execute("UPDATE runs SET artifact_uri = ?", [secret.as_uri()])
        connection.commit()
    [entry] = of_artifacts(imported(folder / "mlflow.db", tmp_path / "target"))
    assert HINT in entry["reason"]
    assert entry["count"] == 5
    assert copied(tmp_path / "target") == []
    imported(folder / "mlflow.db", tmp_path / "meant", HINT, secret)
    assert copied(tmp_path / "meant") == ["secret"] * 5


def test_a_description_of_a_run_cannot_have_a_folder_read_that_is_no_runs(
    secret: Path, tmp_path: Path
) -> None:
    folder = stores.unpack("folder-3", tmp_path / "source") / "mlruns"
    [meta] = folder.glob("0/*/meta.yaml")
    lines = [line for line in meta.read_text().splitlines() if not line.startswith("artifact_uri")]
    meta.write_text("\n".join([*lines, f"artifact_uri: {secret.as_uri()}", ""]))
    [entry] = of_artifacts(imported(folder, tmp_path / "target"))
    assert HINT in entry["reason"]
    assert "secret" not in copied(tmp_path / "target")


@pytest.mark.parametrize("store", ["sqlite-3", "folder-3"])
def test_links_that_lead_out_of_a_runs_folder_are_not_followed(
    store: str, secret: Path, tmp_path: Path
) -> None:
    folder = stores.unpack(store, tmp_path / "source")
    plot = next(folder.rglob("plot #1*"))
    (plot.parent / "stolen").symlink_to(secret / "key")
    (plot.parent / "all").symlink_to(secret)
    (plot.parent / "again.txt").symlink_to(plot.name)
    uri = folder / ("mlflow.db" if store == "sqlite-3" else "mlruns")
    report = imported(uri, tmp_path / "target")
    [entry] = of_artifacts(report)
    assert (entry["what"], entry["count"]) == ("artifacts", 2)
    assert report["taken"]["artifacts"] == 3
    assert not list((tmp_path / "target").rglob("key"))


@pytest.mark.parametrize("store", ["sqlite-3", "folder-3"])
def test_a_runs_folder_that_is_a_link_to_another_is_not_read(
    store: str, secret: Path, tmp_path: Path
) -> None:
    folder = stores.unpack(store, tmp_path / "source")
    place = next(folder.rglob("plot #1*")).parent
    place.rename(tmp_path / "away")
    place.symlink_to(secret)
    uri = folder / ("mlflow.db" if store == "sqlite-3" else "mlruns")
    assert of_artifacts(imported(uri, tmp_path / "target"))
    assert copied(tmp_path / "target") == []
