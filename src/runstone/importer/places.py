"""Which folders of this machine are read for the artifacts of runs that a folder or a database names."""

import os
from pathlib import Path
from typing import NamedTuple

from runstone.artifact_store.location import is_proxied, proxied_path
from runstone.errors import InvalidParameterValue
from runstone.importer.artifacts import LocalFiles, UnknownFiles, folder_at, is_below, is_remote, remote_files
from runstone.importer.records import Files

_PROXIED = "they are behind MLflow's server: name the folder in which it keeps them with --artifacts-from"

_ELSEWHERE = (
    "they are in a folder that MLflow would not have made for them: it is read only if --artifacts-from names it, or a "
    "folder above it"
)
_OTHER_MACHINE = "they are on another machine: import on that one, or from MLflow's server"


class Places(NamedTuple):
    """Where artifacts are that runs name.

    `base` is what a relative path begins at, `proxied` the folder behind `mlflow-artifacts:/`, None if not known, and
    `named` the folder that the user named.
    """

    base: Path
    proxied: Path | None
    named: Path | None

    @staticmethod
    def beside(database: Path | None, named: Path | None) -> "Places":
        """The places for a database in a file, or with a server."""
        base = database.absolute().parent if database else Path.cwd()
        beside = base / "mlartifacts"
        return Places(base, named or (beside if beside.is_dir() else None), named)

    def files(self, uri: str, run_id: str) -> Files | None:
        """The artifacts at the place that a run names; None if it names none, or it is not known where that is."""
        if not uri:
            return None
        if is_proxied(uri):
            if not self.proxied:
                return UnknownFiles(_PROXIED)
            try:
                place = self.proxied / proxied_path(uri)
            except InvalidParameterValue as error:
                return UnknownFiles("the place that they name makes no sense", error.message)
            return local_files(place, run_id, self.proxied)
        if is_remote(uri):
            return remote_files(uri)
        place = folder_at(uri)
        return local_files(place and self.base / place, run_id, self.named)


def local_files(folder: Path | None, run_id: str, named: Path | None) -> Files:
    """The files of a run in a folder that the source names; None for one of another machine.

    Whoever records a run may name any folder of the machine that imports it. So one is read only if it is called as
    MLflow calls it, `…/RUN/artifacts`, or is below the one that the user `named`; links count as what they lead to.
    """
    if folder is None:
        return UnknownFiles(_OTHER_MACHINE)
    real = Path(os.path.realpath(folder))
    if not real.is_dir() or real.parts[-2:] == (run_id, "artifacts") or (named and is_below(real, named)):
        return LocalFiles(folder)
    return UnknownFiles(_ELSEWHERE)
