"""A run as MLflow keeps it in files.

    meta.yaml, params/KEY, tags/KEY, metrics/KEY, inputs/ID/meta.yaml, outputs/MODEL/meta.yaml, artifacts/

A key with slashes is a path. A line of a metric is `TIMESTAMP VALUE [STEP [DATASET_NAME DATASET_DIGEST]]`.
"""

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import yaml

from runstone.entities.kinds import LifecycleStage, RunStatus, SourceType
from runstone.entities.names import RUN_NAME_TAG, USER_TAG
from runstone.importer.artifacts import entries_below, folder_at, state_of_files
from runstone.importer.origin import origin_tags
from runstone.importer.places import Places, local_files
from runstone.importer.records import Files
from runstone.importer.report import Report
from runstone.wire.base import to_double
from runstone.wire.datasets import Dataset, DatasetInput, InputTag, ModelInput, ModelOutput
from runstone.wire.importing import ImportedRun
from runstone.wire.runs import Metric, Param, RunTag

META = "meta.yaml"
_PARTS = ("metrics", "params", "tags", "inputs", "outputs")

_Loader: Any = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)  # ten times as fast, where yaml was built with it


class Meta(dict[str, Any]):
    """What a `meta.yaml` says; empty if there is none that can be read."""

    def text(self, name: str, default: str = "") -> str:
        """A text; what was written without quotes may have become a number."""
        value = self.get(name)
        return default if value is None else str(value)

    def integer(self, name: str) -> int | None:
        """An integer; None if there is none."""
        value = self.get(name)
        try:
            return None if value is None else int(value)
        except (TypeError, ValueError):
            return None


class Yaml:
    """Reads the small files of a store; what cannot be read stands in the report."""

    def __init__(self, report: Report):
        self._report = report

    def read(self, folder: Path) -> Meta:
        """The `meta.yaml` of a folder."""
        try:
            with (folder / META).open(encoding="utf-8") as file:
                content = yaml.load(file, _Loader)
        except (OSError, UnicodeDecodeError, yaml.YAMLError):
            return Meta()
        return Meta(cast("dict[str, Any]", content)) if isinstance(content, dict) else Meta()

    def texts(self, folder: Path, what: str) -> Iterator[tuple[str, str]]:
        """The texts in a folder, by their keys."""
        for key, file in files_in(folder):
            try:
                yield key, file.read_bytes().decode()
            except (OSError, UnicodeDecodeError) as error:
                self._report.leave(what, "their files cannot be read", f"{file}: {error}")


class RunFolder:
    """A run in its folder."""

    def __init__(self, folder: Path, reading: Yaml, report: Report, artifacts_from: Path | None):
        self._folder, self._yaml, self._report = folder, reading, report
        self._artifacts_from = artifacts_from
        self._meta = reading.read(folder)

    def exists(self) -> bool:
        """Whether there is a run in the folder, be it without its description."""
        return bool(self._meta) or any((self._folder / name).is_dir() for name in _PARTS)

    def read(self) -> ImportedRun:
        """The run without its points."""
        meta, folder = self._meta, self._folder
        tags = dict(self._yaml.texts(folder / "tags", "tags"))
        run = ImportedRun(
            run_id=folder.name,
            run_name=meta.text("run_name") or meta.text("name") or tags.get(RUN_NAME_TAG, ""),
            user_id=meta.text("user_id"),
            status=self._status(),
            start_time=meta.integer("start_time") or 0,
            end_time=meta.integer("end_time"),
            lifecycle_stage=meta.text("lifecycle_stage", LifecycleStage.ACTIVE),
            deleted_time=meta.integer("deleted_time"),
            artifact_uri=meta.text("artifact_uri") or None,
            params=[Param(key, value) for key, value in self._yaml.texts(folder / "params", "params")],
        )
        if not meta:
            self._guess(run, tags)
        self._read_links(run)
        origin = origin_tags(
            source_name=meta.text("source_name"),
            source_type=_source_type(meta),
            source_version=meta.text("source_version"),
            entry_point_name=meta.text("entry_point_name"),
        )
        run.tags = [RunTag(key, value) for key, value in (origin | tags).items()]
        return run

    def state(self) -> str:
        """A digest of the names, sizes and times of all files."""
        return state_of_files(self._folder)

    def points(self) -> Iterator[Metric]:
        """All points, metric by metric."""
        for key, file in files_in(self._folder / "metrics"):
            try:
                yield from self._series(key, file)
            except OSError as error:
                self._report.leave("metrics", "their files cannot be read", f"{file}: {error.strerror}")

    def files(self) -> Files | None:
        """The artifacts: those in the folder itself, since it may have been moved, else those that the run names."""
        own = self._folder / "artifacts"
        uri = self._meta.text("artifact_uri")
        place = folder_at(uri)
        if not uri or (own.is_dir() and any(own.iterdir())) or (place is not None and not place.is_dir()):
            return local_files(own, self._folder.name, self._artifacts_from)
        places = Places(Path.cwd(), self._artifacts_from, self._artifacts_from)
        return places.files(uri, self._folder.name)

    def _status(self) -> str:
        status = self._meta.text("status", "RUNNING")
        if status.isdecimal() and 1 <= int(status) <= len(RunStatus.NAMES):
            return RunStatus.NAMES[int(status) - 1]
        if status in RunStatus.NAMES:
            return status
        self._report.leave(
            "statuses",
            "MLflow knows no such status; the run counts as FAILED",
            f"{self._folder.name}: {status}",
        )
        return "FAILED"

    def _guess(self, run: ImportedRun, tags: dict[str, str]) -> None:
        """Give a run without its description what its files tell of it."""
        times = [int(entry.stat().st_mtime * 1_000) for _, entry in entries_below(self._folder)]
        run.status, run.user_id = "KILLED", tags.get(USER_TAG, "")
        run.start_time, run.end_time = min(times, default=0), max(times, default=None)
        reason = (
            f"{META} is missing or damaged: the status is set to KILLED, the times are those of the files"
        )
        self._report.leave("descriptions of runs", reason, str(self._folder))

    def _read_links(self, run: ImportedRun) -> None:
        for folder in subfolders(self._folder / "inputs"):
            meta = self._yaml.read(folder)
            kind, source = meta.text("source_type"), meta.text("source_id")
            if kind == "DATASET":
                self._read_dataset(run, source, cast("dict[str, Any]", meta.get("tags") or {}))
            elif source:
                run.model_inputs.append(ModelInput(source))
        for folder in subfolders(self._folder / "outputs"):
            step = self._yaml.read(folder).integer("step") or 0
            run.model_outputs.append(ModelOutput(folder.name, step))

    def _read_dataset(self, run: ImportedRun, number: str, tags: dict[str, Any]) -> None:
        meta = self._yaml.read(self._folder.parent / "datasets" / number)
        if not meta:
            reason = "their descriptions are missing or damaged"
            self._report.leave("datasets", reason, f"{self._folder.parent / 'datasets' / number}")
            return
        described = {name: meta.text(name) for name in ("name", "digest", "source_type", "source")}
        more = {name: meta.text(name) or None for name in ("schema", "profile")}
        used = [InputTag(str(key), str(value)) for key, value in tags.items()]
        run.dataset_inputs.append(DatasetInput(tags=used, dataset=msgspec.convert(described | more, Dataset)))

    def _series(self, key: str, file: Path) -> Iterator[Metric]:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.endswith(b"\n"):
                    # Cut within a number, it would still look like one.
                    reason = "the line has no end, and may be half-written"
                    self._report.leave("points", reason, f"{file}, line {number}")
                elif fields := line.split():
                    point = _point(key, fields)
                    if point is None:
                        self._report.leave("points", "the line makes no sense", f"{file}, line {number}")
                    else:
                        yield point


def _point(key: str, fields: list[bytes]) -> Metric | None:
    """The point of a line; None if it makes no sense. A dataset's name may have blanks in it."""
    try:
        timestamp, value = int(fields[0]), to_double(float(fields[1]))
        step = int(fields[2]) if len(fields) > 2 else 0
        if len(fields) < 5:
            return Metric(key, value, timestamp, step) if len(fields) < 4 else None
        name, dataset = b" ".join(fields[3:-1]).decode(), fields[-1].decode()
        return Metric(key, value, timestamp, step, dataset_name=name, dataset_digest=dataset)
    except (ValueError, IndexError):
        return None


def _source_type(meta: Meta) -> str:
    number = meta.integer("source_type")
    return SourceType.NAMES[number - 1] if number and 1 <= number <= len(SourceType.NAMES) else ""


# --- files ----------------------------------------------------------------------------------------


def subfolders(folder: Path, without: Collection[str] = ()) -> Iterator[Path]:
    """The folders in a folder, sorted; none if it is absent."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.name not in without and entry.is_dir():
            yield Path(entry.path)


def files_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files in a folder and below, sorted, each with its path there; none if it is absent."""
    for path, entry in sorted(entries_below(folder)):
        yield path, Path(entry.path)
