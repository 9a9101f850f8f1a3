"""The tables of runs: logging them, and loading them from many runs at once."""

import json
import logging
import os
import posixpath
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast
from weakref import WeakValueDictionary

from runstone.client import images, parquet, tables
from runstone.client.frames import pandas_for, runs_frame
from runstone.client.paging import all_items
from runstone.client.transport import ArtifactFolder
from runstone.entities import PagedList, Run
from runstone.entities.artifact import check_artifact_path
from runstone.entities.names import MAX_TAG_LENGTH
from runstone.errors import InvalidValue, ResourceDoesNotExist

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs]

_RUNS_PER_PAGE = 1_000
_log = logging.getLogger("runstone")


class Runs(Protocol):
    """Where runs are read, searched and tagged: a `Client`."""

    def get_run(self, run_id: str) -> Run: ...

    def set_tag(self, run_id: str, key: str, value: Any) -> object: ...

    def search_runs(
        self, experiment_ids: str, filter_string: str, *, max_results: int, page_token: str | None
    ) -> PagedList[Run]: ...


class _Process:
    """Appending reads what is there and writes it anew: threads of this process that log to one run take turns.

    A run's tables share the tag that lists them, hence one lock for all of them. It lasts as long as it is in use.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()

    def lock_of(self, run_id: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(run_id, threading.Lock())


_process = _Process()

if sys.platform != "win32":
    os.register_at_fork(after_in_child=_process.__init__)  # another thread may have held a lock at the fork


def log(runs: Runs, folder: ArtifactFolder, run_id: str, data: object, artifact_file: str) -> None:
    """Keep a table as the artifact `artifact_file`, or append to the one that is there; see `Client.log_table`."""
    tables.check_name(artifact_file)
    path = check_artifact_path(artifact_file)
    pictures = _Pictures(posixpath.splitext(path)[0])
    with _process.lock_of(run_id):
        old = _content(folder, path)
        content = _appended(old, data, path, pictures)
        for name, picture in pictures.files.items():
            folder.put_bytes(picture, name)
        folder.put_bytes(content, path)
        _list_in_tag(runs, run_id, path)


class _Pictures:
    """The pictures in a table's cells, on their way to files of their own."""

    def __init__(self, table: str):
        self._folder = posixpath.join("table_images", table)
        self.files: dict[str, bytes] = {}

    def keep(self, image: Any) -> dict[str, str]:
        """What stands in the cell: the names of the files."""
        image = image.to_pil() if isinstance(image, images.Image) else image
        picture = images.pictures(image)
        name = f"{self._folder}/{uuid.uuid4()}"
        whole, small = f"{name}.png", f"{name}.webp"
        self.files |= {whole: picture.whole, small: picture.small}
        return {"type": "image", "filepath": whole, "compressed_filepath": small}


def _appended(old: bytes | None, data: object, path: str, pictures: _Pictures) -> bytes:
    if path.endswith(".parquet"):
        return parquet.appended(old, data, path, pictures.keep)
    new = tables.from_data(data, pictures.keep)
    return tables.written(new if old is None else tables.appended(tables.read(old, path), new))


def _content(folder: ArtifactFolder, path: str) -> bytes | None:
    """The bytes of an artifact; None if there is none."""
    if not any(info.path == path and not info.is_dir for info in folder.list(posixpath.dirname(path))):
        return None
    with tempfile.TemporaryDirectory(prefix="runstone-") as local:
        file = Path(local) / "table"
        folder.get_file(path, file)
        return file.read_bytes()


def _list_in_tag(runs: Runs, run_id: str, path: str) -> None:
    """Add a table to the list in the run's tag, by which `load_table` finds it."""
    listed = _listed(runs.get_run(run_id))
    entry = {"path": path, "type": "table"}
    if entry in listed:
        return
    text = json.dumps([*listed, entry])
    if len(text) > MAX_TAG_LENGTH:
        _log.warning(
            "The tag %s of the run %s has no room for another table: name the run in load_table to find '%s'.",
            tables.TAG,
            run_id,
            path,
        )
        return
    runs.set_tag(run_id, tables.TAG, text)


def _listed(run: Run) -> list[Any]:
    """What the run's tag lists. MLflow cuts a long one: then what is whole before the cut."""
    text = run.data.tags.get(tables.TAG, "[]")
    for candidate in (text, text[: text.rfind("}") + 1] + "]"):
        try:
            found = json.loads(candidate)
        except ValueError:
            continue
        return cast("list[Any]", found) if isinstance(found, list) else []
    return []


def load(
    runs: Runs,
    folder_of: Callable[[str], ArtifactFolder],
    experiment_id: str,
    artifact_file: str,
    run_ids: Sequence[str] | None,
    extra_columns: Sequence[str] | None,
) -> "pandas.DataFrame":
    """The table `artifact_file` of many runs as one DataFrame; see `Client.load_table`."""
    pandas = pandas_for("load_table")
    tables.check_name(artifact_file)
    path = check_artifact_path(artifact_file)
    chosen = _chosen(runs, experiment_id, path, run_ids)
    found = [
        (run, frame) for run in chosen if (frame := _frame(folder_of(run.info.run_id), run, path)) is not None
    ]
    if run_ids and len(found) < len(set(run_ids)):
        _log.warning("Not all runs have the specified table artifact. Some runs will be skipped.")
    if not found:
        raise ResourceDoesNotExist("No runs found with the corresponding table artifact.")
    if extra_columns:
        _add_columns(found, extra_columns)
    return pandas.concat([frame for _, frame in found], ignore_index=True)


def _chosen(runs: Runs, experiment_id: str, path: str, run_ids: Sequence[str] | None) -> list[Run]:
    """The runs to look at: those named, else those whose tag lists the table."""
    if run_ids:
        names = ", ".join("'" + run_id.replace("'", "''") + "'" for run_id in run_ids)
        where = f"attributes.run_id IN ({names})"
    else:
        # What LIKE finds too much, such as by an underscore in the name, is sorted out below.
        text = json.dumps(path).strip('"').replace("\\", "_")
        where = f"tags.`{tables.TAG}` LIKE '%{text}%'"
    found = all_items(
        lambda size, token: runs.search_runs(experiment_id, where, max_results=size, page_token=token),
        _RUNS_PER_PAGE,
        None,
    )
    return [run for run in found if run_ids or {"path": path, "type": "table"} in _listed(run)]


def _frame(folder: ArtifactFolder, run: Run, path: str) -> "pandas.DataFrame | None":
    """The table of a run; None if it has none. Raises ResourceDoesNotExist if it once had."""
    content = _content(folder, path)
    if content is None:
        if {"path": path, "type": "table"} in _listed(run):
            raise ResourceDoesNotExist(f"Artifact {path} not found for run {run.info.run_id}.")
        return None
    if path.endswith(".parquet"):
        return parquet.frame(content, path)
    table = tables.read(content, path)
    columns: Any = [
        tuple(cast("list[Any]", name)) if isinstance(name, list) else name for name in table.columns
    ]
    return pandas_for("load_table").DataFrame(table.rows, columns=columns)


def _add_columns(found: "Sequence[tuple[Run, pandas.DataFrame]]", extra: Sequence[str]) -> None:
    runs: Any = runs_frame([run for run, _ in found])
    for column in extra:
        if column not in runs:
            raise InvalidValue(
                f"'{column}' is no column of these runs. There are: {', '.join(map(str, runs.columns))}."
            )
        for place, (_, frame) in enumerate(found):
            name = f"{column}_" if column in frame else column
            if name != column:
                _log.warning(
                    "Column name %s already exists in the table. Resolving the conflict, by appending an underscore "
                    "to the column name.",
                    column,
                )
            cast("Any", frame)[name] = runs[column].iloc[place]
