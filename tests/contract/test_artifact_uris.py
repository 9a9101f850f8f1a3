"""`runstone.artifacts`: artifacts by their URIs, listed, downloaded, loaded."""

import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import runstone
from runstone import Client, artifacts
from runstone.artifacts import download_artifacts, list_artifacts, load_dict, load_text
from runstone.client import artifact_uris
from runstone.entities import FileInfo
from runstone.errors import (
    BadRequest,
    InvalidParameterValue,
    PermissionDenied,
    ResourceDoesNotExist,
    ServerUnreachable,
    UnsupportedOperation,
)
from runstone.store import is_database_url
from tests.servers import RunningServer

ODD_NAMES = [
    "plot#1.png",
    "100%",
    "%41",
    "what?.txt",
    "a b  c",
    "naïve-日本語-🏃.txt",
    "a+b&c=d;e,'f'\"",
    "...",
]


@pytest.fixture
def logged(mlflow: ModuleType) -> str:
    """The id of a run with artifacts in the chosen store."""
    with mlflow.start_run() as run:
        mlflow.log_text("content", "a/b/file.txt")
        mlflow.log_text("top", "top.txt")
        mlflow.log_dict({"a": [1, None]}, "data.json")
    return run.info.run_id


def test_the_module_is_an_attribute_and_can_be_imported() -> None:
    assert runstone.artifacts is artifacts
    assert artifacts.__all__ == sorted(artifacts.__all__)
    for name in artifacts.__all__:
        assert getattr(artifacts, name).__doc__


def test_a_run_s_artifact_is_downloaded_by_its_uri(logged: str, tmp_path: Path) -> None:
    copy = Path(download_artifacts(f"runs:/{logged}/a/b/file.txt", dst_path=tmp_path / "new" / "place"))
    assert copy == tmp_path / "new" / "place" / "file.txt"
    assert copy.read_text() == "content"
    copy = Path(download_artifacts(f"runs:/{logged}/a", dst_path=str(tmp_path / "folder")))
    assert copy == tmp_path / "folder" / "a"
    assert (copy / "b" / "file.txt").read_text() == "content"
    for uri in (f"runs:/{logged}", f"runs:/{logged}/"):
        everything = Path(download_artifacts(uri, dst_path=tmp_path / "all"))
        assert everything == tmp_path / "all"
        assert sorted(entry.name for entry in everything.iterdir()) == ["a", "data.json", "top.txt"]


def test_a_download_to_no_particular_place_is_a_copy_of_its_own(logged: str) -> None:
    first, second = (Path(download_artifacts(f"runs:/{logged}/top.txt")) for _ in range(2))
    assert first != second
    assert first.name == second.name == "top.txt"
    first.write_text("changed")
    assert load_text(f"runs:/{logged}/top.txt") == "top"


def test_a_run_s_artifact_is_downloaded_by_run_and_path(logged: str, tmp_path: Path) -> None:
    assert download_artifacts(run_id=logged, artifact_path="a/b", dst_path=tmp_path) == str(tmp_path / "b")
    assert (tmp_path / "b" / "file.txt").read_text() == "content"
    assert download_artifacts(run_id=logged, dst_path=tmp_path / "all") == str(tmp_path / "all")
    assert (tmp_path / "all" / "top.txt").read_text() == "top"


def test_what_the_run_says_of_its_artifacts_is_a_uri_too(mlflow: ModuleType, logged: str) -> None:
    uri = mlflow.get_run(logged).info.artifact_uri
    assert load_text(f"{uri}/a/b/file.txt") == "content"
    assert list_artifacts(f"{uri}/a/b") == [FileInfo("b/file.txt", False, 7)]
    assert load_dict(f"{uri}/data.json") == {"a": [1, None]}


@pytest.mark.parametrize("name", ODD_NAMES)
def test_names_in_a_uri_are_taken_as_they_are(mlflow: ModuleType, name: str) -> None:
    with mlflow.start_run() as run:
        mlflow.log_text(name, f"in {name}/{name}")
    assert load_text(f"runs:/{run.info.run_id}/in {name}/{name}") == name


def test_a_list_tells_what_is_in_a_folder(logged: str) -> None:
    top = [FileInfo("a", True), FileInfo("data.json", False, 32), FileInfo("top.txt", False, 3)]
    assert list_artifacts(run_id=logged) == top
    assert list_artifacts(f"runs:/{logged}/") == top
    assert list_artifacts(run_id=logged, artifact_path="a") == [FileInfo("a/b", True)]
    assert list_artifacts(run_id=logged, artifact_path="a/b") == [FileInfo("a/b/file.txt", False, 7)]
    assert list_artifacts(f"runs:/{logged}/a/b") == [FileInfo("b/file.txt", False, 7)]
    assert list_artifacts(f"runs:/{logged}/a/b/file.txt") == []
    assert list_artifacts(f"runs:/{logged}/nothing") == []


def test_another_store_is_named_by_its_tracking_uri(logged: str, tracking_uri: str, tmp_path: Path) -> None:
    runstone.set_tracking_uri(tmp_path / "elsewhere")
    with pytest.raises(ResourceDoesNotExist, match=f"Run with id={logged} not found"):
        list_artifacts(run_id=logged)
    assert len(list_artifacts(run_id=logged, tracking_uri=tracking_uri)) == 3
    copy = download_artifacts(f"runs:/{logged}/top.txt", tracking_uri=tracking_uri)
    assert Path(copy).read_text() == "top"


def test_the_store_s_own_scheme_is_understood(
    client: Client, mlflow: ModuleType, new_name: Any, tracking_uri: str
) -> None:
    place = f"mlflow-artifacts:/{new_name()}"
    run = client.create_run(client.create_experiment(new_name(), place)).info.run_id
    if is_database_url(tracking_uri):  # who uses one does not know where its servers keep artifacts
        with pytest.raises(UnsupportedOperation, match="kept by a server"):
            client.log_text(run, "here", "f.txt")
        return
    client.log_text(run, "here", "f #1.txt")
    assert load_text(f"{place}/{run}/artifacts/f #1.txt") == "here"
    assert list_artifacts(f"{place}/{run}/artifacts") == [FileInfo("artifacts/f #1.txt", False, 4)]


def test_a_server_is_named_in_the_uri(
    client: Client, shared_server: RunningServer, mlflow: ModuleType
) -> None:
    server = Client(shared_server.url)
    run = server.create_run("0").info
    server.log_text(run.run_id, "here", "f %41.txt")
    path = (run.artifact_uri or "").removeprefix("mlflow-artifacts:/")
    host = shared_server.url.removeprefix("http://")
    for uri in (
        f"mlflow-artifacts://{host}/{path}",
        f"{shared_server.url}/api/2.0/mlflow-artifacts/artifacts/{path}",
    ):
        assert [info.path for info in list_artifacts(uri)] == ["artifacts/f %41.txt"]
    assert load_text(f"mlflow-artifacts://{host}/{path}/f %41.txt") == "here"
    proxy = f"{shared_server.url}/api/2.0/mlflow-artifacts/artifacts"
    assert load_text(f"{proxy}/{path}/f%20%2541.txt") == "here"
    server.close()


def test_files_of_this_machine_stay_where_they_are_unless_a_place_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "folder" / "plot #1 %41.txt"
    file.parent.mkdir()
    file.write_text("here")
    monkeypatch.chdir(tmp_path)
    for uri in (str(file), file.as_uri(), os.path.relpath(file)):
        assert download_artifacts(uri) == str(file)
        copy = Path(download_artifacts(uri, dst_path=tmp_path / "copy"))
        assert copy == tmp_path / "copy" / file.name
        assert copy.read_text() == load_text(uri) == "here"
    for uri in (str(file.parent), file.parent.as_uri(), "folder", "folder/"):
        assert download_artifacts(uri) == str(file.parent)
        assert list_artifacts(uri) == [FileInfo(f"folder/{file.name}", False, 4)]
        assert Path(download_artifacts(uri, dst_path=tmp_path / "more")) == tmp_path / "more" / "folder"
    with pytest.raises(ResourceDoesNotExist, match="nothing"):
        download_artifacts(str(tmp_path / "nothing"))
    assert list_artifacts("nothing") == []


@pytest.mark.parametrize(
    ("uri", "error", "words"),
    [
        ("", InvalidParameterValue, "empty"),
        ("runs:/", InvalidParameterValue, "Not a proper runs:/ URI"),
        ("runs://profile@databricks/x/y", InvalidParameterValue, "Not a proper runs:/ URI"),
        ("runs:/nothing/x", ResourceDoesNotExist, "nothing"),
        ("models:/name/1", UnsupportedOperation, "no model registry yet"),
        ("s3://bucket/key", UnsupportedOperation, "'s3:'"),
        ("dbfs:/x", UnsupportedOperation, "'dbfs:'"),
        ("file://elsewhere/x", InvalidParameterValue, "elsewhere"),
    ],
)
def test_a_uri_that_leads_nowhere_is_refused(
    mlflow: ModuleType, uri: str, error: type[Exception], words: str
) -> None:
    for act in (lambda: download_artifacts(uri), lambda: list_artifacts(uri), lambda: load_text(uri)):
        with pytest.raises(error, match=words):
            act()


def test_a_uri_that_leaves_the_run_is_refused(logged: str, tmp_path: Path) -> None:
    for path in ("../x", "a/../../x", "a/..", "/etc/passwd"):
        for act in (
            lambda path=path: download_artifacts(f"runs:/{logged}/{path}", dst_path=tmp_path / "new"),
            lambda path=path: download_artifacts(run_id=logged, artifact_path=path),
            lambda path=path: list_artifacts(run_id=logged, artifact_path=path),
        ):
            with pytest.raises(InvalidParameterValue, match="Invalid path"):
                act()
    assert not (tmp_path / "new").exists()


def test_what_is_wanted_is_said_in_one_way(logged: str) -> None:
    for function in (download_artifacts, list_artifacts):
        for arguments in ({}, {"artifact_uri": f"runs:/{logged}/a", "run_id": logged}):
            with pytest.raises(InvalidParameterValue, match="Exactly one of `run_id` or `artifact_uri`"):
                function(**arguments)
        with pytest.raises(InvalidParameterValue, match="`artifact_path` cannot be specified"):
            function(f"runs:/{logged}/a", artifact_path="b")


def test_a_text_comes_back_as_it_was(mlflow: ModuleType) -> None:
    text = "naïve 日本語 🏃\r\nnext\rlast\n"
    with mlflow.start_run() as run:
        mlflow.log_text(text, "t.txt")
    assert load_text(f"runs:/{run.info.run_id}/t.txt") == text


def test_what_cannot_be_read_as_asked_is_named(mlflow: ModuleType, logged: str, tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes("naïve".encode("latin-1"))
    with mlflow.start_run() as run:
        mlflow.log_artifact(tmp_path / "latin")
    for load in (load_text, load_dict):
        with pytest.raises(BadRequest, match="latin' is not valid UTF-8"):
            load(f"runs:/{run.info.run_id}/latin")
        with pytest.raises(BadRequest, match="is a folder"):
            load(f"runs:/{logged}/a")
        with pytest.raises(ResourceDoesNotExist, match="nothing"):
            load(f"runs:/{logged}/nothing")
    with pytest.raises(BadRequest, match=r"top\.txt' is no JSON"):
        load_dict(f"runs:/{logged}/top.txt")


class _Web(http.server.BaseHTTPRequestHandler):
    seen: list[dict[str, str]] = []

    def do_GET(self) -> None:
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        path = self.path.partition("?")[0]
        if path == "/moved":
            self._answer(302, b"", Location="/files/data%20%231.csv?token=x")
        elif path == "/round":
            self._answer(307, b"", Location="/round")
        elif path == "/away":
            self._answer(302, b"", Location="file:///etc/passwd")
        elif path in ("/files/data%20%231.csv", "/"):
            self._answer(200, b"a,b\n1,2\n")
        elif path == "/cut":
            self._answer(200, b"abc", **{"Content-Length": "10"})
        else:
            self._answer(int(path[1:]) if path[1:].isdecimal() else 404, b"an error's page")

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a plain web server."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "secret")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Web) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        _Web.seen.clear()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_file_of_the_web_is_fetched_without_the_tracking_server_s_credentials(
    web: str, tmp_path: Path
) -> None:
    assert Path(download_artifacts(f"{web}/files/data%20%231.csv?x=1")).name == "data #1.csv"
    copy = Path(download_artifacts(f"{web}/moved", dst_path=tmp_path / "new"))
    assert copy == tmp_path / "new" / "moved"
    assert copy.read_text() == load_text(f"{web}/files/data%20%231.csv") == "a,b\n1,2\n"
    assert Path(download_artifacts(web, dst_path=tmp_path)).name == "index.html"
    assert len(_Web.seen) == 5
    assert not any("authorization" in headers for headers in _Web.seen)
    load_text(web.replace("http://", "http://me:mine@"))
    assert _Web.seen[-1]["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        (
            "/nothing?token=secret",
            ResourceDoesNotExist,
            r"GET http://127\.0\.0\.1:\d+/nothing: there is no such",
        ),
        ("/403", PermissionDenied, "access is refused"),
        ("/500", ServerUnreachable, "HTTP 500"),
        ("/round", ServerUnreachable, "redirects more than 10 times"),
        ("/away", InvalidParameterValue, "no file of the web"),
        ("/cut", ServerUnreachable, "IncompleteRead"),
    ],
)
def test_a_file_of_the_web_that_does_not_come_leaves_nothing(
    web: str, tmp_path: Path, path: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        download_artifacts(web + path, dst_path=tmp_path / "new")
    assert "secret" not in str(caught.value)
    assert list(tmp_path.glob("new/*")) == []
    with pytest.raises(UnsupportedOperation, match="can be downloaded"):
        list_artifacts(web + path)


def test_the_models_room_has_one_function_for_all(logged: str, tmp_path: Path, tracking_uri: str) -> None:
    copy = artifact_uris.download(f"runs:/{logged}/a", tmp_path, tracking_uri)
    assert copy == str(tmp_path / "a")
