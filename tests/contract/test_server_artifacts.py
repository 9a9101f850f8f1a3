"""The bytes of artifacts over HTTP: uploads that are whole or absent, downloads that a browser may be trusted with."""

import hashlib
import re
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.contract.asking import API, PROXY, Answer, ask, connect, new_run, post, raw_socket
from tests.servers import RunningServer

SECRET = "what only the server's owner may read"


@pytest.fixture
def run(shared_server: RunningServer) -> str:
    return new_run(shared_server)


@pytest.fixture
def folder(run: str) -> str:
    """The run's folder in the proxy."""
    return f"{PROXY}/0/{run}/artifacts"


def put(server: RunningServer, path: str, content: bytes) -> None:
    answer = ask(server, "PUT", path, content)
    assert (answer.status, answer.content, answer.headers["content-length"]) == (200, b"", "0")
    assert "content-type" not in answer.headers


def stored(server: RunningServer, run: str) -> list[str]:
    """The names of all files in the run's folder on the server's disk."""
    root = server.store / "artifacts" / "0" / run / "artifacts"
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


# --- up -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "plot#1.png",
        "100%",
        "%41",
        "what?.txt",
        "a b  c",
        "naïve-日本語-🏃.txt",
        "...",
        ".hidden",
        "a+b&c=d;e,'f'\"",
        "new\nline",
    ],
)
def test_any_legal_name_goes_in_and_out(
    shared_server: RunningServer, run: str, folder: str, name: str
) -> None:
    path = f"{folder}/deep/{quote(name)}"
    put(shared_server, path, b"content")
    assert stored(shared_server, run) == [f"deep/{name}"]
    assert ask(shared_server, "GET", path).content == b"content"
    listed = ask(shared_server, "GET", PROXY, path=f"0/{run}/artifacts/deep").json()
    assert listed == {"files": [{"path": name, "is_dir": False, "file_size": 7}]}
    fetched = ask(shared_server, "GET", "/get-artifact", run_id=run, path=f"deep/{name}")
    assert fetched.content == b"content"
    assert "\n" not in fetched.headers["content-disposition"]


def test_a_large_file_passes_through_unharmed(shared_server: RunningServer, folder: str) -> None:
    piece = bytes(range(256)) * 4_096  # 1 MiB
    digest = hashlib.sha256(piece * 40).hexdigest()
    with closing(connect(shared_server)) as connection:
        connection.request("PUT", f"{folder}/large", body=(piece for _ in range(40)), encode_chunked=True)
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b"")
        connection.request("GET", f"{folder}/large")
        response = connection.getresponse()
        assert response.getheader("content-length") == str(40 << 20)
        assert hashlib.file_digest(response, "sha256").hexdigest() == digest


def test_an_upload_that_is_cut_short_leaves_nothing(
    shared_server: RunningServer, run: str, folder: str
) -> None:
    put(shared_server, f"{folder}/kept", b"as it was")
    for name in ("kept", "new"):
        with raw_socket(shared_server) as connection:
            head = f"PUT {folder}/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000000\r\n\r\n"
            connection.sendall(head.encode() + b"x" * 3_000_000)
            time.sleep(0.2)
    deadline = time.monotonic() + 5
    while stored(shared_server, run) != ["kept"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert stored(shared_server, run) == ["kept"]
    assert ask(shared_server, "GET", f"{folder}/kept").content == b"as it was"


def test_an_unfinished_upload_is_not_seen(shared_server: RunningServer, run: str, folder: str) -> None:
    with raw_socket(shared_server) as connection:
        head = f"PUT {folder}/slow HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2000000\r\n\r\n"
        connection.sendall(head.encode() + b"x" * 1_999_999)
        time.sleep(0.2)
        assert ask(shared_server, "GET", PROXY, path=f"0/{run}/artifacts").json() == {}
        assert ask(shared_server, "GET", f"{folder}/slow").status == 404
        connection.sendall(b"x")
        assert connection.recv(1_000).startswith(b"HTTP/1.1 200")
    assert len(ask(shared_server, "GET", f"{folder}/slow").content) == 2_000_000


def test_a_name_that_is_no_text_is_refused(shared_server: RunningServer, run: str, folder: str) -> None:
    for verb in ("PUT", "GET", "DELETE"):
        answer = ask(shared_server, verb, f"{folder}/caf%e9", b"x")
        assert (answer.status, answer.error[0]) == (400, "INVALID_PARAMETER_VALUE")
    put(shared_server, f"{folder}/caf%EF%BF%BD", b"the replacement character itself")
    assert stored(shared_server, run) == ["caf\ufffd"]


def test_a_name_is_needed(shared_server: RunningServer, folder: str) -> None:
    for path in (f"{folder}/", f"{PROXY}/"):
        answer = ask(shared_server, "PUT", path, b"x")
        assert (answer.status, answer.error[0]) == (400, "INVALID_PARAMETER_VALUE")


def test_a_file_and_a_folder_cannot_share_a_name(shared_server: RunningServer, folder: str) -> None:
    put(shared_server, f"{folder}/a", b"x")
    for path in (f"{folder}/a/b", folder):
        answer = ask(shared_server, "PUT", path, b"x")
        assert (answer.status, answer.error[0]) == (400, "INVALID_PARAMETER_VALUE")
    assert ask(shared_server, "GET", f"{folder}/a").content == b"x"


def test_verbs_that_a_file_does_not_know_are_refused(shared_server: RunningServer, folder: str) -> None:
    answer = ask(shared_server, "POST", f"{folder}/a", b"x")
    assert (answer.status, answer.headers["allow"]) == (405, "DELETE, GET, HEAD, PUT")


# --- down -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind", "inline"),
    [
        ("a.txt", "text/plain", "text/plain; charset=utf-8"),
        ("a.json", "text/plain", "text/plain; charset=utf-8"),
        ("a.CSV", "text/csv", "text/csv; charset=utf-8"),
        ("MLmodel", "text/plain", "text/plain; charset=utf-8"),
        ("a.html", "text/html", "text/html; charset=utf-8"),
        ("a.svg", "image/svg+xml", "image/svg+xml"),
        ("a.png", "image/png", "image/png"),
        ("a.webp", "image/webp", "image/webp"),
        ("a.pkl", "application/octet-stream", None),
        ("a", "application/octet-stream", None),
        ("a.pdf", "application/pdf", None),
    ],
)
def test_a_file_is_saved_and_only_what_is_harmless_is_shown(
    shared_server: RunningServer, run: str, folder: str, name: str, kind: str, inline: str | None
) -> None:
    put(shared_server, f"{folder}/{name}", b"<script>alert(1)</script>")
    saved = [
        ask(shared_server, "GET", f"{folder}/{name}"),
        ask(shared_server, "GET", "/get-artifact", run_id=run, path=name),
    ]
    shown = ask(shared_server, "GET", "/get-artifact", run_id=run, path=name, inline="1")
    for answer in saved:
        assert answer.headers["content-type"] == kind
        assert answer.headers["content-disposition"] == f"attachment; filename={name}"
        assert answer.headers["content-security-policy"] == "sandbox"
    assert shown.headers["content-type"] == (inline or kind)
    assert shown.headers["content-disposition"].startswith("inline;" if inline else "attachment;")
    for answer in (*saved, shown):
        assert re.match(r"sandbox(;|$)", answer.headers["content-security-policy"])
        assert "allow-scripts" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_head_tells_the_size_without_the_bytes(shared_server: RunningServer, run: str, folder: str) -> None:
    put(shared_server, f"{folder}/a.txt", b"12345")
    for path in (f"{folder}/a.txt", f"/get-artifact?run_id={run}&path=a.txt"):
        answer = ask(shared_server, "HEAD", path)
        assert (answer.status, answer.headers["content-length"], answer.content) == (200, "5", b"")


def test_a_client_that_has_the_file_need_not_fetch_it_again(
    shared_server: RunningServer, run: str, folder: str
) -> None:
    put(shared_server, f"{folder}/a.txt", b"first")

    def fetch(**headers: str) -> Answer:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(shared_server, "GET", "/get-artifact", None, names, run_id=run, path="a.txt")

    first = fetch()
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    for again in (
        fetch(if_none_match=etag),
        fetch(if_none_match=f'"other", W/{etag}'),
        fetch(if_none_match="*"),
        fetch(if_modified_since=modified),
    ):
        assert (again.status, again.content, again.headers["etag"]) == (304, b"", etag)
    put(shared_server, f"{folder}/a.txt", b"second")
    assert fetch(if_none_match=etag).content == b"second"
    assert fetch(if_modified_since="Mon, 01 Jan 2001 00:00:00 GMT").content == b"second"
    assert fetch(if_modified_since="nonsense").content == b"second"


def test_a_client_that_leaves_in_the_middle_of_a_download_does_no_harm(
    shared_server: RunningServer, folder: str
) -> None:
    put(shared_server, f"{folder}/large", b"x" * (30 << 20))
    for _ in range(20):
        with raw_socket(shared_server) as connection:
            connection.sendall(f"GET {folder}/large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            connection.recv(100)
    assert len(ask(shared_server, "GET", f"{folder}/large").content) == 30 << 20


# --- what is not there ----------------------------------------------------------------------------


def test_what_is_absent_is_named_as_mlflow_names_it(
    shared_server: RunningServer, run: str, folder: str
) -> None:
    expected = ("RESOURCE_DOES_NOT_EXIST", f"No such artifact: '0/{run}/artifacts/none'")
    for path in (f"{folder}/none", f"/get-artifact?run_id={run}&path=none"):
        answer = ask(shared_server, "GET", path)
        assert (answer.status, answer.error) == (404, expected)
    unknown = ask(shared_server, "GET", "/get-artifact", run_id="0" * 32, path="x")
    assert (unknown.status, unknown.error[0]) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_a_folder_is_not_a_file(shared_server: RunningServer, run: str, folder: str) -> None:
    put(shared_server, f"{folder}/d/f", b"x")
    message = f"Artifact path refers to a directory, not a file: '0/{run}/artifacts/d'"
    assert ask(shared_server, "GET", f"{folder}/d").json() == {"detail": message}
    answer = ask(shared_server, "GET", "/get-artifact", run_id=run, path="d")
    assert (answer.status, answer.error) == (400, ("INVALID_PARAMETER_VALUE", message))


def test_deleting_takes_files_and_folders_and_forgives_what_is_absent(
    shared_server: RunningServer, run: str, folder: str
) -> None:
    for name in ("a", "d/b", "d/c"):
        put(shared_server, f"{folder}/{name}", b"x")
    for path in (f"{folder}/d", f"{folder}/d", f"{folder}/none"):
        answer = ask(shared_server, "DELETE", path)
        assert (answer.status, answer.json()) == (200, {})
    assert stored(shared_server, run) == ["a"]
    assert ask(shared_server, "DELETE", f"{PROXY}/").status == 400
    assert stored(shared_server, run) == ["a"]


def test_storage_services_are_not_pretended(shared_server: RunningServer, folder: str) -> None:
    path = folder.removeprefix(PROXY)
    for verb, url in (
        ("POST", f"/api/2.0/mlflow-artifacts/mpu/create{path}/big"),
        ("GET", f"/ajax-api/2.0/mlflow-artifacts/presigned{path}/big"),
    ):
        answer = ask(shared_server, verb, url)
        assert (answer.status, answer.error[0]) == (501, "NOT_IMPLEMENTED")


# --- what must stay closed ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "../../../secret",
        "%2e%2e/%2e%2e/%2e%2e/secret",
        "..%2f..%2f..%2fsecret",
        "a/../../../../secret",
        "a%00b",
        "..%5c..%5csecret",
        "link/secret",
        "link%2fsecret",
    ],
)
def test_no_path_leads_out_of_the_artifact_folder(
    shared_server: RunningServer, run: str, folder: str, path: str
) -> None:
    (shared_server.folder / "secret").write_text(SECRET)
    put(shared_server, f"{folder}/a", b"x")
    link = shared_server.store / "artifacts" / "0" / run / "artifacts" / "link"
    link.symlink_to(shared_server.folder)
    for verb in ("GET", "PUT", "DELETE"):
        answer = ask(shared_server, verb, f"{folder}/{path}", b"overwritten" if verb == "PUT" else None)
        assert answer.status in (400, 403), answer
        assert SECRET.encode() not in answer.content
    for url in (
        f"/get-artifact?run_id={run}&path={path}",
        f"{PROXY}?path=0/{run}/artifacts/{path}",
        f"{API}/artifacts/list?run_id={run}&path={path}",
    ):
        answer = ask(shared_server, "GET", url)
        assert answer.status in (400, 403), answer
    assert (shared_server.folder / "secret").read_text() == SECRET


@pytest.mark.parametrize(
    ("path", "status"),
    [("/etc/passwd", 400), ("%2fetc%2fpasswd", 400), ("C:/Windows", 400), ("~/x", 200), ("$HOME/x", 200)],
)
def test_what_looks_absolute_stays_in_the_folder(
    shared_server: RunningServer, run: str, folder: str, path: str, status: int
) -> None:
    assert ask(shared_server, "GET", f"{folder}/{path}").status == 404
    put(shared_server, f"{folder}/{path}", b"x")
    assert len(stored(shared_server, run)) == 1
    assert ask(shared_server, "GET", f"/get-artifact?run_id={run}&path={path}").status == status


@pytest.mark.parametrize("form", ["{}", "file://{}", "file:{}", "FILE://{}", "file://localhost{}"])
def test_no_location_makes_the_servers_files_readable(
    shared_server: RunningServer, tmp_path: Path, form: str
) -> None:
    created = post(
        shared_server, "experiments/create", name=str(time.time_ns()), artifact_location=form.format(tmp_path)
    )
    if created.status != 200:
        assert created.status in (400, 403)
        return
    run = post(shared_server, "runs/create", **created.json()).json()["run"]["info"]["run_id"]
    place = tmp_path / run / "artifacts"
    place.mkdir(parents=True)
    (place / "secret").write_text(SECRET)
    for url in (f"/get-artifact?run_id={run}&path=secret", f"{API}/artifacts/list?run_id={run}"):
        answer = ask(shared_server, "GET", url)
        assert answer.status in (400, 403), answer
        assert SECRET.encode() not in answer.content


def test_the_folder_that_the_server_was_given_is_served(runstone_server, tmp_path: Path) -> None:
    server = runstone_server(default_artifact_root=tmp_path / "root")
    run = post(server, "runs/create", experiment_id="0").json()["run"]["info"]
    assert run["artifact_uri"] == f"{tmp_path}/root/0/{run['run_id']}/artifacts"
    place = Path(run["artifact_uri"])
    place.mkdir(parents=True)
    (place / "a.txt").write_text("hello")
    assert ask(server, "GET", "/get-artifact", run_id=run["run_id"], path="a.txt").content == b"hello"


def test_the_proxys_folder_can_be_elsewhere(runstone_server, tmp_path: Path) -> None:
    server = runstone_server(artifacts_destination=tmp_path / "elsewhere")
    run = new_run(server)
    put(server, f"{PROXY}/0/{run}/artifacts/a.txt", b"hello")
    assert (tmp_path / "elsewhere" / "0" / run / "artifacts" / "a.txt").read_text() == "hello"
    assert ask(server, "GET", "/get-artifact", run_id=run, path="a.txt").content == b"hello"
