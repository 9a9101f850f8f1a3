"""Copying the artifacts of runs into the target."""

from collections.abc import Iterator

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
            if before and there.get(file.path) == file.size and _is_older(file, before):
                continue
            self._copy(run_id, files, file, folder)
        return self._report.losses == lost

    def _listed(self, run_id: str, files: Files) -> Iterator[SourceFile]:
        try:
            yield from files.list()
        except UnknownPlace as error:
            example = f"run {run_id}: {error.detail}" if error.detail else f"run {run_id}"
            self._report.leave("artifacts of runs", error.message, example)
        except _UNREADABLE as error:
            self._report.leave("artifacts of runs", "they cannot be listed", f"run {run_id}: {error}")

    def _copy(self, run_id: str, files: Files, file: SourceFile, folder: ArtifactFolder) -> None:
        try:
            files.copy(file.path, folder)
        except UnknownPlace as error:
            example = f"run {run_id}: '{file.path}': {error.detail}"
            self._report.leave("artifacts", error.message, example)
        except _UNREADABLE as error:
            self._report.leave("artifacts", "they cannot be copied", f"run {run_id}: '{file.path}': {error}")
        else:
            self._report.take("artifacts")
            self._report.take("artifact_bytes", file.size or 0)


def _is_older(file: SourceFile, mark: Mark) -> bool:
    return file.modified is not None and file.modified < mark.began / 1_000 - _CLOCKS_DIFFER_S


def _sizes(folder: ArtifactFolder, path: str) -> Iterator[tuple[str, int | None]]:
    """The files in an artifact folder and below, with their sizes."""
    for info in folder.list(path):
        if info.is_dir:
            yield from _sizes(folder, info.path)
        else:
            yield info.path, info.file_size
