"""Copying the artifacts of runs into the target."""

import filecmp
import tempfile
from collections.abc import Iterator
from pathlib import Path

from runstone.artifact_store import LocalArtifactStore
from runstone.client.transport import ArtifactFolder
from runstone.errors import (
    InvalidParameterValue,
    PermissionDenied,
    ResourceDoesNotExist,
    UnsupportedOperation,
)
from runstone.importer.artifacts import UnknownPlace, is_within
from runstone.importer.records import Files, Source, SourceFile
from runstone.importer.report import Report
from runstone.importer.target import Mark, Target

_CLOCKS_DIFFER_S = 60
"""A file counts as older than an import if it is so by that much: another machine may have written it."""

_UNREADABLE = (InvalidParameterValue, PermissionDenied, ResourceDoesNotExist, UnsupportedOperation, OSError)
"""What concerns one file, or one run's files; a full disk or a lost server concerns all that follows."""


class Copier:
    """Copies the artifacts of runs."""

    def __init__(self, source: Source, target: Target, report: Report):
        self._source, self._target, self._report = source, target, report

    def has_any(self, run_id: str, files: Files) -> bool:
        """Whether a run has artifacts that can be listed; a failure to do so is reported."""
        return next(self._listed(run_id, files), None) is not None

    def copy(self, run_id: str, files: Files, place: str, before: Mark | None) -> bool:
        """Copy what the target does not have; whether all is there now.

        `before` is the mark of an earlier import, whose copies of files that have not changed since are good.
        """
        if not place:  # the run was refused, or this is only tried out
            return True
        if (files.location and is_within(place, files.location)) or is_within(place, self._source.uri):
            self._report.note("Artifacts that are where the target keeps its own were left there.")
            return True
        lost = self._report.losses
        folder = self._target.artifacts(place)
        there = dict(_sizes(folder, "")) if before else {}
        for file in self._listed(run_id, files):
            # Over HTTP, the size of an empty file is not told.
            as_large = file.path in there and (there[file.path] or 0) == (file.size or 0)
            if not (as_large and before and _is_older(file, before)):
                self._copy(run_id, files, file, folder, compared=as_large)
        return self._report.losses == lost

    def _listed(self, run_id: str, files: Files) -> Iterator[SourceFile]:
        try:
            yield from files.list()
        except UnknownPlace as error:
            example = f"run {run_id}: {error.detail}" if error.detail else f"run {run_id}"
            self._report.leave("artifacts of runs", error.message, example)
        except _UNREADABLE as error:
            self._report.leave("artifacts of runs", "they cannot be listed", f"run {run_id}: {error}")

    def _copy(
        self, run_id: str, files: Files, file: SourceFile, folder: ArtifactFolder, *, compared: bool
    ) -> None:
        try:
            if not compared:
                files.copy(file.path, folder)
            elif not _replace(files, file.path, folder):
                return
        except UnknownPlace as error:
            example = f"run {run_id}: '{file.path}': {error.detail}"
            self._report.leave("artifacts", error.message, example)
        except _UNREADABLE as error:
            self._report.leave("artifacts", "they cannot be copied", f"run {run_id}: '{file.path}': {error}")
        else:
            self._report.take("artifacts")
            self._report.take("artifact_bytes", file.size or 0)


def _replace(files: Files, path: str, folder: ArtifactFolder) -> bool:
    """Copy a file over the target's, unless the two are alike; whether it was copied."""
    with tempfile.TemporaryDirectory(prefix="runstone-") as temporary:
        ours, there = Path(temporary) / "ours", Path(temporary) / "there"
        files.copy(path, LocalArtifactStore(ours))
        folder.get_file(path, there)
        if filecmp.cmp(ours / path, there, shallow=False):
            return False
        folder.put_file(ours / path, path)
        return True


def _is_older(file: SourceFile, mark: Mark) -> bool:
    return file.modified is not None and file.modified < mark.began / 1_000 - _CLOCKS_DIFFER_S


def _sizes(folder: ArtifactFolder, path: str) -> Iterator[tuple[str, int | None]]:
    """The files in an artifact folder and below, with their sizes."""
    for info in folder.list(path):
        if info.is_dir:
            yield from _sizes(folder, info.path)
        else:
            yield info.path, info.file_size
