"""Artifacts: files, folders, texts, dicts and figures, under odd names, in and out."""

import io
import json
import math
import os
import threading
import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from enum import StrEnum
from io import BytesIO, StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib as mpl
import numpy
import pytest
import yaml

from runstone import Client
from runstone.entities import FileInfo
from runstone.errors import InvalidParameterValue, ResourceDoesNotExist, RunstoneError, StoreError
from runstone.store import is_database_url

mpl.use("Agg")

ODD_NAMES = [
    "plot#1.png",
    "100%",
    "%41",
    "what?.txt",
    "a b  c",
    " around ",
    "naïve-日本語-🏃.txt",
    "e\u0301",
    "...",
    ".hidden",
    "a+b&c=d;e,'f'\"",
    "new\nline",
    "x" * 255,
]


def read(client: Client, run: str, path: str) -> bytes:
    return Path(client.download_artifacts(run, path)).read_bytes()


def paths(client: Client, run: str, path: str | None = None) -> list[str]:
    return [info.path for info in client.list_artifacts(run, path)]


def test_a_new_run_has_no_artifacts(client: Client, run: str) -> None:
    assert client.list_artifacts(run) == []
    assert client.list_artifacts(run, "nothing") == []
    assert list(Path(client.download_artifacts(run, "")).iterdir()) == []


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_legal_name_is_kept_as_it_is(client: Client, run: str, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("content")
    client.log_artifact(run, tmp_path / name)
    client.log_artifact(run, str(tmp_path / name), f"folder {name[:200]}")
    client.log_text(run, "text", f"texts/{name}")
    assert set(paths(client, run)) == {name, f"folder {name[:200]}", "texts"}
    assert client.list_artifacts(run, "texts") == [FileInfo(f"texts/{name}", False, 4)]
    assert read(client, run, name) == b"content"
    assert read(client, run, f"folder {name[:200]}/{name}") == b"content"
    assert Path(client.download_artifacts(run, f"texts/{name}")).name == name


def test_a_list_is_sorted_and_tells_folders_and_sizes(client: Client, run: str) -> None:
    for path in ("z.txt", "a/c/d.txt", "M.txt", "a/b.txt"):
        client.log_text(run, path, path)
    client.log_text(run, "", "a/empty")
    assert client.list_artifacts(run) == [
        FileInfo("M.txt", False, 5),
        FileInfo("a", True),
        FileInfo("z.txt", False, 5),
    ]
    in_a = [FileInfo("a/b.txt", False, 7), FileInfo("a/c", True), FileInfo("a/empty", False, 0)]
    assert client.list_artifacts(run, "a") == in_a
    assert client.list_artifacts(run, "a/") == in_a
    assert client.list_artifacts(run, "z.txt") == []
    assert client.list_artifacts(run, "z.txt/below") == []


def test_a_folder_is_logged_with_all_that_is_in_it(client: Client, run: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "deep" / "er" / "b#.bin").write_bytes(bytes(range(256)))
    (folder / "link").symlink_to(folder / "deep")
    client.log_artifact(run, folder)
    client.log_artifact(run, folder, "under")
    client.log_artifacts(run, folder)
    client.log_artifacts(run, str(folder), "content/of")
    assert paths(client, run) == ["a.txt", "content", "deep", "link", "model", "under"]
    for prefix in ("", "model/", "under/model/", "content/of/"):
        assert read(client, run, f"{prefix}a.txt") == b"a"
        assert read(client, run, f"{prefix}deep/er/b#.bin") == bytes(range(256))
        assert read(client, run, f"{prefix}link/er/b#.bin") == bytes(range(256))


def test_the_present_folder_is_logged_under_its_name(
    client: Client, run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "file").write_text("x")
    monkeypatch.chdir(tmp_path / "here")
    client.log_artifact(run, ".")
    client.log_artifact(run, "file", "flat")
    assert paths(client, run, "here") == ["here/file"]
    assert paths(client, run, "flat") == ["flat/file"]


def test_a_folder_that_contains_itself_is_refused(client: Client, run: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "again").symlink_to(tmp_path / "folder")
    with pytest.raises(InvalidParameterValue, match="no end"):
        client.log_artifacts(run, tmp_path / "folder")


def test_what_is_not_there_cannot_be_logged(client: Client, run: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        client.log_artifact(run, tmp_path / "nothing")
    with pytest.raises(FileNotFoundError):
        client.log_artifacts(run, tmp_path / "nothing")
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotADirectoryError):
        client.log_artifacts(run, tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidParameterValue, match="no regular file"):
        client.log_artifact(run, tmp_path / "pipe")
    assert client.list_artifacts(run) == []


@pytest.mark.parametrize("size", [0, 1, (1 << 20) + 1, 5 << 20])
def test_a_file_of_any_size_comes_back_as_it_was(client: Client, run: str, tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    (tmp_path / "file").write_bytes(content)
    client.log_artifact(run, tmp_path / "file")
    assert client.list_artifacts(run) == [FileInfo("file", False, size)]
    assert read(client, run, "file") == content


def test_an_artifact_logged_again_is_replaced(client: Client, run: str) -> None:
    client.log_text(run, "a longer first version", "file.txt")
    client.log_text(run, "second", "file.txt")
    assert read(client, run, "file.txt") == b"second"
    assert client.list_artifacts(run) == [FileInfo("file.txt", False, 6)]


def test_writers_of_one_artifact_leave_one_whole_file(client: Client, run: str) -> None:
    texts = [str(n) * 300_000 for n in range(4)]
    threads = [
        threading.Thread(target=lambda text=text: [client.log_text(run, text, "f") for _ in range(5)])
        for text in texts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read(client, run, "f").decode() in texts
    assert paths(client, run) == ["f"]


def test_texts_and_dicts_become_files(client: Client, run: str) -> None:
    client.log_text(run, "naïve 日本語 🏃\r\n", "deep/er/text.txt")
    assert read(client, run, "deep/er/text.txt").decode() == "naïve 日本語 🏃\r\n"
    content: dict[str, Any] = {"b": [1, 2.5, None], "a": {"nested": "日本"}, "3": True}
    for name in ("data.json", "data", "data.YAML"):
        client.log_dict(run, content, name)
        assert read(client, run, name) == json.dumps(content, indent=2).encode()
    for name in ("data.yml", "data.yaml"):
        client.log_dict(run, content, name)
        assert yaml.safe_load(read(client, run, name)) == content
        assert not read(client, run, name).startswith(b"{")


class Named(StrEnum):
    ONE = "one"


def test_what_a_dict_holds_is_written_as_far_as_the_format_has_a_form_for_it(
    client: Client, run: str
) -> None:
    content: dict[str, Any] = {
        "numpy": [numpy.float32(1.5), numpy.int64(3), numpy.bool_(True), numpy.array([[1, 2], [3, 4]])],
        "path": Path("odd"),
        "class": int,
        "tuple": (1, defaultdict(list, a=[2])),
        "enum": Named.ONE,
    }
    plain = {
        "numpy": [1.5, 3, True, [[1, 2], [3, 4]]],
        "path": "odd",
        "class": "<class 'int'>",
        "tuple": [1, {"a": [2]}],
        "enum": "one",
    }
    day = date(2020, 1, 2)
    client.log_dict(run, content | {"day": day, "set": {1}, "nan": math.inf}, "d.json")
    found = json.loads(read(client, run, "d.json"))
    assert found == plain | {"day": "2020-01-02", "set": "{1}", "nan": math.inf}
    client.log_dict(run, content | {"day": day, "set": {1}, (1, 2): 3, 4: None}, "d.yaml")
    found = yaml.load(read(client, run, "d.yaml"), TupleLoader)
    assert found == plain | {"day": day, "set": {1}, (1, 2): 3, 4: None}


class TupleLoader(yaml.SafeLoader):
    """Reads lists as keys too."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        pairs = [
            (self.construct_object(key, True), self.construct_object(value, True))
            for key, value in node.value
        ]
        return {tuple(key) if isinstance(key, list) else key: value for key, value in pairs}


def test_a_dict_that_cannot_be_written_is_refused_and_leaves_nothing(client: Client, run: str) -> None:
    itself: dict[str, Any] = {}
    itself["self"] = itself
    deep: Any = 0
    for _ in range(100_000):
        deep = [deep]
    unknown: Any = {(1, 2): 3}
    for content, error, words in (
        (unknown, TypeError, "cannot be written as 'd.json': keys must be"),
        (itself, ValueError, "cannot be written as 'd.json': Circular"),
        ({"deep": deep}, ValueError, "recursion"),
    ):
        with pytest.raises(InvalidParameterValue, match=words) as caught:
            client.log_dict(run, content, "d.json")
        assert isinstance(caught.value, error)
    assert client.list_artifacts(run) == []


def test_only_texts_are_logged_as_text(client: Client, run: str) -> None:
    with pytest.raises(InvalidParameterValue, match="log_text takes a text"):
        client.log_text(run, b"bytes", "file")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="half of a surrogate pair"):
        client.log_text(run, "\ud800", "file")
    assert client.list_artifacts(run) == []


def test_a_figure_of_matplotlib_becomes_a_picture(client: Client, run: str) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([1, 2, 3])
    client.log_figure(run, figure, "plots/curve #1.png", save_kwargs={"dpi": 30})
    client.log_figure(run, figure, "plots/curve.svg")
    assert read(client, run, "plots/curve #1.png").startswith(b"\x89PNG")
    assert b"<svg" in read(client, run, "plots/curve.svg")


class Plotly:
    """What a figure of plotly can do."""

    def write_html(self, file: str, **options: object) -> None:
        Path(file).write_text(f"html {sorted(options.items())}")

    def write_image(self, file: str, **options: object) -> None:
        Path(file).write_text(f"image {sorted(options.items())}")


def test_a_figure_of_plotly_becomes_a_page_or_a_picture(client: Client, run: str) -> None:
    client.log_figure(run, Plotly(), "figure.html", save_kwargs={"auto_open": True})
    client.log_figure(run, Plotly(), "figure.png", save_kwargs={"scale": 2})
    assert read(client, run, "figure.html") == b"html [('auto_open', True), ('include_plotlyjs', 'cdn')]"
    assert read(client, run, "figure.png") == b"image [('scale', 2)]"
    with pytest.raises(InvalidParameterValue, match=r"Unsupported file extension for plotly figure: '\.xyz'"):
        client.log_figure(run, Plotly(), "figure.xyz")


def test_what_is_no_figure_is_refused(client: Client, run: str) -> None:
    from matplotlib.figure import Figure

    for thing in (3, Figure().subplots()):
        with pytest.raises(InvalidParameterValue, match="Unsupported figure object type") as caught:
            client.log_figure(run, thing, "figure.png")
        assert isinstance(caught.value, TypeError)
    with pytest.raises(ValueError, match="'figure' does not say which kind of file"):
        client.log_figure(run, Figure(), "figure")
    with pytest.raises(ValueError, match="Format 'xyz' is not supported"):
        client.log_figure(run, Figure(), "figure.xyz")
    with pytest.raises(InvalidParameterValue, match=r"cannot be saved as 'figure\.html': Format 'html'"):
        client.log_figure(run, Figure(), "plots/figure.html")
    assert client.list_artifacts(run) == []


def test_a_folder_is_downloaded_with_all_that_is_in_it(client: Client, run: str, tmp_path: Path) -> None:
    for path in ("top", "a/one", "a/b/two", "a/b/c/thr ee#"):
        client.log_text(run, path, path)
    copy = Path(client.download_artifacts(run, "a/b", tmp_path / "new" / "place"))
    assert copy == tmp_path / "new" / "place" / "b"
    assert (copy / "two").read_text() == "a/b/two"
    assert (copy / "c" / "thr ee#").read_text() == "a/b/c/thr ee#"
    everything = Path(client.download_artifacts(run, "", str(tmp_path / "all")))
    found = sorted(str(file.relative_to(everything)) for file in everything.rglob("*") if file.is_file())
    assert found == ["a/b/c/thr ee#", "a/b/two", "a/one", "top"]


def test_a_download_of_what_is_absent_is_an_error_and_leaves_nothing(
    client: Client, run: str, tmp_path: Path
) -> None:
    client.log_text(run, "x", "a/file")
    for path in ("nothing", "a/nothing", "a/file/below", "b/c"):
        with pytest.raises(ResourceDoesNotExist, match=f"'{path}'"):
            client.download_artifacts(run, path, tmp_path / "place")
    assert not (tmp_path / "place").exists()


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd", "..", "C:\\x", "a\\..\\b", "nul\0l"])
def test_a_path_that_leaves_the_run_is_refused_and_changes_nothing(
    client: Client, run: str, tmp_path: Path, path: str
) -> None:
    (tmp_path / "file").write_text("x")
    for act in (
        lambda: client.list_artifacts(run, path),
        lambda: client.download_artifacts(run, path),
        lambda: client.log_text(run, "x", path),
        lambda: client.log_dict(run, {}, path),
        lambda: client.log_artifact(run, tmp_path / "file", path),
        lambda: client.log_artifacts(run, tmp_path, path),
    ):
        with pytest.raises(InvalidParameterValue, match="Invalid path"):
            act()
    assert client.list_artifacts(run) == []


def test_a_folder_and_a_file_do_not_replace_each_other(client: Client, run: str) -> None:
    for path in ("", ".", "./"):
        with pytest.raises(InvalidParameterValue, match="the artifact folder itself"):
            client.log_text(run, "y", path)
        with pytest.raises(InvalidParameterValue, match="file's name"):
            client.log_figure(run, Plotly(), path)
    assert client.list_artifacts(run) == []
    client.log_text(run, "x", "a/file")
    for path in ("a", "a/file/below"):
        with pytest.raises(RunstoneError):
            client.log_text(run, "y", path)
    assert read(client, run, "a/file") == b"x"
    assert paths(client, run) == ["a"]


def test_an_experiment_may_keep_its_artifacts_elsewhere(
    client: Client, new_name: Callable[[], str], tmp_path: Path, tracking_uri: str
) -> None:
    chosen = tmp_path / "chosen"
    places = [str(chosen / "plain #1 %20"), (chosen / "uri #2 %20").as_uri()]
    if not is_database_url(tracking_uri):  # who uses one does not know where its servers keep artifacts
        places.append(f"mlflow-artifacts:/elsewhere/{new_name()}")
    for place in places:
        experiment = client.create_experiment(new_name(), artifact_location=place)
        run = client.create_run(experiment).info
        client.log_text(run.run_id, "here", "a/file")
        assert paths(client, run.run_id, "a") == ["a/file"]
        assert read(client, run.run_id, "a/file") == b"here"
    assert sorted(folder.name for folder in chosen.iterdir()) == ["plain #1 %20", "uri #2 %20"]


def test_runs_are_found_by_the_artifact_uri_that_is_shown(
    client: Client, experiment: str, new_name: Callable[[], str], tmp_path: Path
) -> None:
    elsewhere = client.create_experiment(new_name(), str(tmp_path / "elsewhere"))
    infos = [client.create_run(id).info for id in (experiment, experiment, elsewhere)]
    [first, second, third] = [info.artifact_uri or "" for info in infos]

    def found(filter_string: str) -> set[str | None]:
        runs = client.search_runs([experiment, elsewhere], filter_string)
        return {run.info.artifact_uri for run in runs}

    assert found(f"artifact_uri = '{first}'") == {first}
    assert found(f"artifact_uri = '{third}'") == {third}
    assert found(f"artifact_uri != '{first}'") == {second, third}
    assert found(f"artifact_uri IN ('{second}', '{third}')") == {second, third}
    root = first.partition(f"/{experiment}/")[0]
    assert found(f"artifact_uri LIKE '{root}/%'") == {first, second}
    assert found(f"artifact_uri ILIKE '{root.upper()}/%'") == {first, second}
    ordered = client.search_runs([experiment, elsewhere], order_by=["artifact_uri DESC"])
    assert [run.info.artifact_uri for run in ordered] == sorted([first, second, third], reverse=True)


def test_the_uri_of_an_artifact_leads_to_it(mlflow: ModuleType) -> None:
    with mlflow.start_run() as active:
        assert mlflow.get_artifact_uri() == mlflow.get_artifact_uri("") == active.info.artifact_uri
        for name in ODD_NAMES:
            mlflow.log_text(name, f"in/{name}")
            uri = mlflow.get_artifact_uri(f"in/{name}")
            assert uri.startswith(f"{active.info.artifact_uri}/in/")
            assert mlflow.artifacts.load_text(uri) == name
        for path in ("../x", "/etc/passwd", "a/../../x"):
            with pytest.raises(InvalidParameterValue, match="Invalid path"):
                mlflow.get_artifact_uri(path)


def test_a_stream_is_kept_from_where_it_stands(client: Client, run: str, tmp_path: Path) -> None:
    content = os.urandom((3 << 20) + 1)
    stream = BytesIO(content)
    stream.seek(5)
    client.log_stream(run, stream, "a/stream.bin")
    assert read(client, run, "a/stream.bin") == content[5:]
    client.log_stream(run, BytesIO(), "empty")
    assert read(client, run, "empty") == b""
    (tmp_path / "file").write_bytes(content)
    with (tmp_path / "file").open("rb", buffering=0) as file:
        client.log_stream(run, file, "raw")
    assert read(client, run, "raw") == content


class Endless:
    """A stream that counts, fails or blocks."""

    def __init__(self, pieces: int, then: object):
        self.pieces, self.then = pieces, then

    def read(self, size: int = -1, /) -> Any:
        if self.pieces:
            self.pieces -= 1
            return bytes(1 << 20)
        if isinstance(self.then, Exception):
            raise self.then
        return self.then


def test_a_stream_is_never_in_memory_as_a_whole(client: Client, run: str) -> None:
    client.log_text(run, "all that is imported at first use is imported now", "first")
    tracemalloc.start()
    client.log_stream(run, Endless(64, b""), "stream")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert client.list_artifacts(run)[-1] == FileInfo("stream", False, 64 << 20)
    assert peak < 16 << 20


@pytest.mark.parametrize(
    ("stream", "error", "words"),
    [
        (StringIO("text"), TypeError, "gave str, not bytes"),
        (b"bytes", TypeError, "takes a binary stream, not a value of type 'bytes'"),
        (Endless(2, None), TypeError, "gave NoneType, not bytes"),
        (Endless(2, OSError("unplugged")), OSError, "unplugged"),
    ],
)
def test_a_stream_that_fails_leaves_nothing(
    client: Client, run: str, stream: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        client.log_stream(run, stream, "stream")
    assert client.list_artifacts(run) == []


def test_a_link_in_a_folder_that_leads_nowhere_is_named(client: Client, run: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "b").mkdir(parents=True)
    (folder / "a").write_text("a")
    (folder / "b" / "link").symlink_to(tmp_path / "nothing")
    for act in (lambda: client.log_artifacts(run, folder), lambda: client.log_artifact(run, folder)):
        with pytest.raises(InvalidParameterValue, match=r"b/link' is a link that leads nowhere"):
            act()
    assert paths(client, run) == ["a", "folder"]


def test_an_entry_that_vanishes_while_its_folder_is_logged_is_named(
    client: Client, run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    (folder / "b").mkdir(parents=True)
    (folder / "a").write_text("a")
    entries = Path.iterdir

    def listed(path: Path) -> Iterator[Path]:
        yield from entries(path)
        if path == folder / "b":
            yield path / "gone"  # listed, and not there when it is sent

    monkeypatch.setattr(Path, "iterdir", listed)
    for act in (lambda: client.log_artifacts(run, folder), lambda: client.log_artifact(run, folder)):
        with pytest.raises(
            InvalidParameterValue, match=r"b/gone' vanished while the folder .* was being logged"
        ):
            act()
    assert paths(client, run) == ["a", "folder"]


def test_a_file_that_vanishes_is_named(client: Client, run: str, tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match="dangling"):
        client.log_artifact(run, tmp_path / "dangling")
    assert client.list_artifacts(run) == []


def test_a_file_that_becomes_shorter_while_it_is_logged_is_refused(
    client: Client, run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes(8 << 20))
    cut = threading.Event()

    def read(self: Any, size: int = -1) -> bytes:
        """The file's own, but that somebody empties the file after the first piece."""
        piece = os.read(self.fileno(), min(size, 1 << 20))
        if not cut.is_set():
            cut.set()
            os.truncate(file, 0)
        return piece

    class Cut(io.FileIO):
        pass

    Cut.read = read  # type: ignore[method-assign]
    opened = Path.open
    monkeypatch.setattr(
        Path,
        "open",
        lambda self, *args, **kwargs: Cut(self) if self == file else opened(self, *args, **kwargs),
    )
    with pytest.raises(InvalidParameterValue, match="became shorter while it was being"):
        client.log_artifact(run, file)
    assert cut.is_set()
    assert client.list_artifacts(run) == []


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="no /proc")
def test_a_file_that_says_it_is_empty_and_is_not_is_kept_whole(client: Client, run: str) -> None:
    client.log_artifact(run, "/proc/version")
    assert read(client, run, "version") == Path("/proc/version").read_bytes()


def test_a_refusal_names_the_artifact_as_the_user_does(client: Client, run: str) -> None:
    client.log_text(run, "x", "a/file")
    long = "x" * 300
    for path, message in (
        ("a", "A file stands where a folder is needed, or a folder where a file is."),
        ("a/file/below", "A file stands where a folder is needed, or a folder where a file is."),
        (f"a/{long}", "The file system refuses it: File name too long."),
    ):
        with pytest.raises(InvalidParameterValue) as refused:
            client.log_text(run, "y", path)
        assert str(refused.value) == refused.value.message == f"Invalid path: '{path}'. {message}"


def test_a_download_into_a_place_that_takes_nothing_says_so(client: Client, run: str, tmp_path: Path) -> None:
    client.log_text(run, "x", "a/file")
    (tmp_path / "file").write_text("in the way")
    for path in ("a/file", "a", ""):
        with pytest.raises(InvalidParameterValue, match="A file stands where a folder is needed"):
            client.download_artifacts(run, path, tmp_path / "file" / "below")


@pytest.mark.skipif(not Path("/sys").is_dir(), reason="no /sys, where not even root may write")
def test_a_download_to_a_read_only_place_names_it(client: Client, run: str) -> None:
    client.log_text(run, "x", "a/file")
    for path in ("a/file", "a"):
        with pytest.raises(StoreError, match=r"No access to the artifact '/sys/runstone.*permissions"):
            client.download_artifacts(run, path, "/sys/runstone")
