"""The local artifact store: odd names, confinement, whole files, and errors that name the path."""

import os
import resource
import tempfile
import threading
from pathlib import Path

import pytest

from runstone.artifact_store import CHUNK, Artifacts, LocalArtifactStore, store_at
from runstone.artifact_store.files import TEMPORARY
from runstone.entities import FileInfo
from runstone.errors import InvalidParameterValue, ResourceDoesNotExist, StoreError, UnsupportedOperation
from tests.privileges import without_privileges

ODD_NAMES = [
    "plot#1",
    "100%",
    "%41",
    "what?",
    "a b  c",
    " leading and trailing ",
    "naïve-日本語-🏃.txt",
    "e\u0301 (decomposed)",
    "...",
    "..hidden",
    ".dot",
    "semi;colon&amp=+,'\"",
    "new\nline",
    "~",
    "con:",
    "x" * 255,
]


@pytest.fixture
def store(tmp_path: Path) -> LocalArtifactStore:
    return LocalArtifactStore(tmp_path / "artifacts")


def read(store: LocalArtifactStore, path: str) -> bytes:
    with store.open(path) as artifact:
        return artifact.read()


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_legal_file_name_is_kept_as_it_is(store: LocalArtifactStore, tmp_path: Path, name: str) -> None:
    store.put_bytes(b"content", f"folder/{name}")
    assert names(tmp_path / "artifacts" / "folder") == [name]
    assert store.list("folder") == [FileInfo(f"folder/{name}", False, 7)]
    assert read(store, f"folder/{name}") == b"content"
    store.delete(f"folder/{name}")
    assert store.list("folder") == []


def test_a_list_is_sorted_by_path_and_shows_sizes_of_files_only(store: LocalArtifactStore) -> None:
    for path in ("z.txt", "a/c/d.txt", "M.txt", "a/b.txt"):
        store.put_bytes(path.encode(), path)
    store.put_bytes(b"", "a/empty")
    assert store.list() == [FileInfo("M.txt", False, 5), FileInfo("a", True), FileInfo("z.txt", False, 5)]
    assert store.list("a/") == [
        FileInfo("a/b.txt", False, 7),
        FileInfo("a/c", True),
        FileInfo("a/empty", False, 0),
    ]


def test_a_list_of_what_is_absent_or_a_file_is_empty(store: LocalArtifactStore, tmp_path: Path) -> None:
    assert store.list() == []
    store.put_bytes(b"x", "file")
    assert store.list("file") == []
    assert store.list("file/below") == []
    assert store.list("nothing/at/all") == []
    assert names(tmp_path / "artifacts") == ["file"]


def test_a_reader_tells_size_and_time_and_reads_in_pieces(store: LocalArtifactStore, tmp_path: Path) -> None:
    content = os.urandom(2 * CHUNK + 17)
    store.put_bytes(content, "big")
    os.utime(tmp_path / "artifacts" / "big", (1_000, 1_234.5))
    with store.open("big") as artifact:
        assert (artifact.size, artifact.modified) == (len(content), 1_234.5)
        first = artifact.read(10)
        pieces = list(artifact)
        assert artifact.read() == b""
    assert first + b"".join(pieces) == content
    assert [len(piece) for piece in pieces] == [CHUNK, CHUNK, 7]


def test_files_are_copied_in_and_out_whole(store: LocalArtifactStore, tmp_path: Path) -> None:
    content = os.urandom(CHUNK + 1)
    (tmp_path / "in").write_bytes(content)
    store.put_file(tmp_path / "in", "copy")
    store.get_file("copy", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == content
    assert names(tmp_path) == ["artifacts", "in", "out"]


def test_a_new_artifact_is_readable_by_others_as_the_umask_allows(
    store: LocalArtifactStore, tmp_path: Path
) -> None:
    before = os.umask(0o027)
    try:
        store.put_bytes(b"x", "file")
    finally:
        os.umask(before)
    assert (tmp_path / "artifacts" / "file").stat().st_mode & 0o777 == 0o640


def test_a_failed_write_leaves_the_old_artifact_and_nothing_else(
    store: LocalArtifactStore, tmp_path: Path
) -> None:
    store.put_bytes(b"old", "file")

    def fail_half_way() -> None:
        with store.write("file") as target:
            target.write(b"new and incomplete")
            assert store.list() == [FileInfo("file", False, 3)]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert read(store, "file") == b"old"
    assert names(tmp_path / "artifacts") == ["file"]


def test_a_file_being_written_is_invisible_and_its_name_is_reserved(store: LocalArtifactStore) -> None:
    with store.write("file") as target:
        target.write(b"x")
        assert store.list() == []
        with pytest.raises(ResourceDoesNotExist):
            store.open("file")
    for path in (f"{TEMPORARY}x", f"folder/{TEMPORARY}x"):
        with pytest.raises(InvalidParameterValue, match="reserved"):
            store.write(path)


def test_two_writers_of_one_path_leave_one_whole_file(store: LocalArtifactStore, tmp_path: Path) -> None:
    contents = [bytes([number]) * (CHUNK + number) for number in range(4)]

    def write(content: bytes) -> None:
        for _ in range(10):
            with store.write("shared/file") as target:
                for start in range(0, len(content), 100_000):
                    target.write(content[start : start + 100_000])

    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        if store.list("shared"):
            assert read(store, "shared/file") in contents
    for thread in threads:
        thread.join()
    assert read(store, "shared/file") in contents
    assert names(tmp_path / "artifacts" / "shared") == ["file"]


@pytest.mark.parametrize(
    "path",
    ["..", "../outside", "a/../../outside", "/etc/passwd", "a/..", "C:\\x", "C:/x", "a\\..\\b", "nul\0l"],
)
def test_a_path_that_could_leave_the_root_is_refused_everywhere(
    store: LocalArtifactStore, tmp_path: Path, path: str
) -> None:
    for act in (store.list, store.open, store.write, store.delete):
        with pytest.raises(InvalidParameterValue, match="Invalid path"):
            act(path)
    assert names(tmp_path) == []


def test_a_link_that_leads_outside_is_refused_and_not_listed(
    store: LocalArtifactStore, tmp_path: Path
) -> None:
    secret = tmp_path / "outside"
    secret.mkdir()
    (secret / "secret.txt").write_text("secret")
    store.put_bytes(b"x", "file")
    root = tmp_path / "artifacts"
    (root / "folder").symlink_to(secret)
    (root / "link.txt").symlink_to(secret / "secret.txt")
    (root / "loop").symlink_to(root / "loop")
    (root / "dangling").symlink_to(root / "nothing")
    assert [info.path for info in store.list()] == ["file"]
    for path in ("folder/secret.txt", "link.txt", "folder"):
        for act in (store.list, store.open, store.write, store.delete):
            with pytest.raises(InvalidParameterValue, match="leads out"):
                act(path)
    assert names(secret) == ["secret.txt"]


def test_a_link_that_stays_inside_is_followed_and_deleting_it_spares_its_target(
    store: LocalArtifactStore, tmp_path: Path
) -> None:
    store.put_bytes(b"kept", "real/file")
    (tmp_path / "artifacts" / "link").symlink_to(tmp_path / "artifacts" / "real")
    assert read(store, "link/file") == b"kept"
    store.delete("link")
    assert store.list("link") == []
    assert read(store, "real/file") == b"kept"


def test_a_root_behind_a_link_is_a_root_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    store = LocalArtifactStore(tmp_path / "link")
    store.put_bytes(b"x", "a/file")
    assert read(store, "a/file") == b"x"
    assert (tmp_path / "disk" / "a" / "file").exists()


def test_what_is_absent_or_a_folder_cannot_be_opened(store: LocalArtifactStore) -> None:
    store.put_bytes(b"x", "folder/file")
    with pytest.raises(ResourceDoesNotExist, match="No such artifact: 'folder/nothing'"):
        store.open("folder/nothing")
    with pytest.raises(InvalidParameterValue, match="It is a folder"):
        store.open("folder")
    with pytest.raises(InvalidParameterValue, match="'folder/file/below'"):
        store.open("folder/file/below")


def test_what_is_no_regular_file_is_not_opened(store: LocalArtifactStore, tmp_path: Path) -> None:
    store.put_bytes(b"x", "file")
    os.mkfifo(tmp_path / "artifacts" / "pipe")
    with pytest.raises(InvalidParameterValue, match="not a regular file"):
        store.open("pipe")


def test_a_file_does_not_replace_a_folder_nor_a_folder_a_file(store: LocalArtifactStore) -> None:
    store.put_bytes(b"x", "folder/file")
    for path in ("folder", "folder/file/below", "folder/file/deep/below"):
        with pytest.raises(InvalidParameterValue, match=f"'{path}'"):
            store.put_bytes(b"y", path)
    for path in ("", ".", "./"):
        with pytest.raises(InvalidParameterValue, match="the artifact folder itself"):
            store.put_bytes(b"y", path)
    assert read(store, "folder/file") == b"x"


@pytest.mark.parametrize("path", ["x" * 256, "lone \ud800 surrogate"])
def test_a_name_that_no_file_can_have_is_refused(store: LocalArtifactStore, path: str) -> None:
    with pytest.raises(InvalidParameterValue):
        store.put_bytes(b"y", path)


def test_a_file_whose_name_is_no_text_does_not_break_the_list(
    store: LocalArtifactStore, tmp_path: Path
) -> None:
    store.put_bytes(b"x", "file")
    (tmp_path / "artifacts" / os.fsdecode(b"bytes\xff")).write_bytes(b"")
    assert [info.path for info in store.list()] == ["bytes\ufffd", "file"]


def test_deleting_takes_a_whole_folder_and_what_is_absent_is_no_error(store: LocalArtifactStore) -> None:
    for path in ("folder/file", "folder/deep/file", "other"):
        store.put_bytes(b"x", path)
    for path in ("folder", "folder", "other/below"):
        store.delete(path)
    assert [info.path for info in store.list()] == ["other"]
    with pytest.raises(InvalidParameterValue, match="the artifact folder itself"):
        store.delete("")


def test_a_full_disk_gives_an_error_that_names_the_path_and_leaves_nothing(
    store: LocalArtifactStore, tmp_path: Path
) -> None:
    store.put_bytes(b"old", "folder/file")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(
            StoreError, match=r"no room for the artifact 'folder/file': '.*artifacts/folder/file'"
        ):
            store.put_bytes(b"x" * 200_000, "folder/file")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert read(store, "folder/file") == b"old"
    assert names(tmp_path / "artifacts" / "folder") == ["file"]


def test_a_read_only_folder_gives_an_error_that_names_the_path() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "old").write_text("old")
        folder.chmod(0o555)
        store = LocalArtifactStore(folder)
        with without_privileges():
            for path in ("new", "a/b"):
                with pytest.raises(
                    StoreError, match=f"No access to the artifact '{path}': '{folder}/{path}'"
                ):
                    store.put_bytes(b"x", path)
            with pytest.raises(StoreError, match="No access to the artifact 'old'") as caught:
                store.delete("old")
        assert name in caught.value.message
        assert name not in caught.value.public_message
        assert names(folder) == ["old"]


def test_locations_are_paths_file_uris_and_the_servers_own(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path / "root")
    places = {
        "mlflow-artifacts:/1/run/artifacts": tmp_path / "root/1/run/artifacts",
        "mlflow-artifacts://host:5000/1/%41#b": tmp_path / "root/1/%41#b",
        (tmp_path / "plain %20 #1").as_posix(): tmp_path / "plain %20 #1",
        (tmp_path / "encoded %20 #1?").as_uri(): tmp_path / "encoded %20 #1?",
        f"file:{tmp_path}/short": tmp_path / "short",
        f"file://localhost{tmp_path}/host": tmp_path / "host",
    }
    for number, (uri, folder) in enumerate(places.items()):
        artifacts.at(uri).put_bytes(b"x", f"file{number}")
        assert (folder / f"file{number}").exists(), uri


def test_a_relative_location_is_fixed_when_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = store_at("relative:odd/place")
    monkeypatch.chdir("/")
    store.put_bytes(b"x", "file")
    assert (tmp_path / "relative:odd" / "place" / "file").exists()


@pytest.mark.parametrize("uri", ["s3://bucket/path", "gs://b", "dbfs:/x", "runs:/abc/model", "http://host/x"])
def test_an_unknown_scheme_is_named(tmp_path: Path, uri: str) -> None:
    with pytest.raises(UnsupportedOperation, match=uri.partition(":")[0]):
        Artifacts(tmp_path).at(uri)


def test_locations_that_leave_the_root_or_the_machine_are_refused(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    for uri in ("mlflow-artifacts:/../x", "mlflow-artifacts:/a/../../x", "file://elsewhere/share"):
        with pytest.raises(InvalidParameterValue):
            artifacts.at(uri)
