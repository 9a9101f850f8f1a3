"""Putting the shim into an environment: a distribution named `mlflow`, written as the packaging specifications ask.

It is a real distribution, since libraries ask `importlib.metadata` for MLflow's version before they import it, and
`pip uninstall mlflow` should work. No installer is needed to write it. It lies beside Runstone's own distribution.
"""

import base64
import csv
import hashlib
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path

from runstone.errors import InvalidState, PermissionDenied
from runstone.settings import MLFLOW_VERSION

REVISION = 1
"""Counts the changes of the files in mlflow-shim/."""

VERSION = f"{MLFLOW_VERSION}+runstone.{REVISION}"

_INSTALLER = "runstone"
_DIST_INFO = f"mlflow-{VERSION}.dist-info"
_MLFLOW = ("mlflow", "mlflow-skinny", "mlflow-tracing")  # they share the package `mlflow`
_TARGET = "runstone.cli:main"


@dataclass(frozen=True)
class Place:
    """Where a shim lies, or would lie.

    `packages` is a folder of packages on `sys.path`, `scripts` one for commands. `searched` are the folders where
    a real MLflow would be in the way.
    """

    packages: Path
    scripts: Path
    searched: tuple[str, ...]

    @property
    def package(self) -> Path:
        """The folder of the import package."""
        return self.packages / "mlflow"

    @property
    def command(self) -> Path:
        """The command `mlflow`."""
        return self.scripts / ("mlflow.cmd" if os.name == "nt" else "mlflow")


def beside_runstone() -> Place:
    """The place beside Runstone's own distribution. Raises InvalidState if it is not installed as one."""
    try:
        own = distribution("runstone")
    except PackageNotFoundError:
        raise InvalidState(
            "Runstone runs from a folder of sources, without being installed, so there is no environment to put the "
            "shim into. Install it first: `pip install .` in that folder."
        ) from None
    commands = [file for file in own.files or () if file.stem == "runstone" and file.suffix in ("", ".exe")]
    scripts = Path(str(own.locate_file(commands[0]))).parent if commands else Path(sys.executable).parent
    return Place(Path(str(own.locate_file(""))).resolve(), scripts.resolve(), tuple(sys.path))


def installed(place: Place) -> Distribution | None:
    """The shim that lies there, whatever its version; None if there is none."""
    return next(
        (found for found in distributions(name="mlflow", path=[str(place.packages)]) if _ours(found)), None
    )


def is_current(place: Place) -> bool:
    """Whether the shim lies there whole, in this version."""
    found = installed(place)
    if found is None or found.version != VERSION:
        return False
    return all(
        path.is_file() and path.read_bytes() == content
        for path, content in _files(place)
        if path.name != "RECORD"
    )


def real_mlflow(place: Place) -> Distribution | None:
    """A distribution of the real MLflow that this environment has; None if there is none."""
    folders = [str(place.packages), *place.searched]
    found = (found for name in _MLFLOW for found in distributions(name=name, path=folders))
    return next((each for each in found if not _ours(each)), None)


def install(place: Place) -> bool:
    """Put the shim there, in this version. Returns whether anything had to be written.

    Raises InvalidState if the real MLflow, or a package `mlflow` of somebody else, is there, and PermissionDenied if
    the folders cannot be written.
    """
    if found := real_mlflow(place):
        raise InvalidState(_in_the_way(found, place))
    if is_current(place):
        return False
    if installed(place):
        uninstall(place)
    for path in (place.package, place.command):
        if path.exists():
            raise InvalidState(f"{path} is there already, and it is not the shim's. Remove it first.")
    _write(place)
    return True


def uninstall(place: Place) -> bool:
    """Remove the shim. Returns whether one was there. Raises PermissionDenied if it cannot be removed."""
    found = installed(place)
    if found is None:
        return False
    recorded = [Path(os.path.normpath(str(found.locate_file(file)))) for file in found.files or ()]
    _remove(
        place, recorded or [path for path, _ in _files(place)]
    )  # RECORD may be missing: it is written last
    return True


def _ours(found: Distribution) -> bool:
    return "+runstone." in str(found.version)


def _in_the_way(found: Distribution, place: Place) -> str:
    names = sorted({each.name for name in _MLFLOW for each in distributions(name=name) if not _ours(each)})
    return (
        f"The real MLflow is here: {found.name} {found.version} in {found.locate_file('')}. The shim would take its "
        f"place, so nothing was done. Remove it (`pip uninstall {' '.join(names or [found.name])}`), or use an "
        "environment of its own."
    )


# --- files ----------------------------------------------------------------------------------------


def _sources() -> Path:
    """The folder mlflow-shim/: within the installed package, or at the root of a checkout."""
    packed = Path(__file__).parent / "distribution"
    return packed if packed.is_dir() else Path(__file__).parents[3] / "mlflow-shim"


def _files(place: Place) -> Iterator[tuple[Path, bytes]]:
    """Every file of the distribution, with its content; RECORD is the last."""
    # First what marks the files as ours, so that an installation that is broken off can be repeated.
    listed = [(place.packages / _DIST_INFO / name, text.encode()) for name, text in _metadata().items()]
    sources = _sources() / "mlflow"
    listed += [
        (place.package / path.name, path.read_bytes()) for path in sorted(sources.iterdir()) if path.is_file()
    ]
    listed.append((place.command, _command().encode()))
    yield from listed
    yield place.packages / _DIST_INFO / "RECORD", _record(place, listed)


def _metadata() -> dict[str, str]:
    readme = (_sources() / "README.md").read_text(encoding="utf-8")
    header = (
        f"Metadata-Version: 2.4\nName: mlflow\nVersion: {VERSION}\n"
        "Summary: MLflow's names, with Runstone behind them. This is not MLflow.\n"
        "License-Expression: Apache-2.0\nRequires-Dist: runstone\nDescription-Content-Type: text/markdown\n"
    )
    return {
        "METADATA": f"{header}\n{readme}",
        "INSTALLER": f"{_INSTALLER}\n",
        "WHEEL": f"Wheel-Version: 1.0\nGenerator: {_INSTALLER}\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "entry_points.txt": f"[console_scripts]\nmlflow = {_TARGET}\n",
        "top_level.txt": "mlflow\n",
    }


def _command() -> str:
    """The command `mlflow` as a script, for the interpreter that runs this."""
    if os.name == "nt":
        return f'@"{sys.executable}" -m mlflow %*\r\n'
    module, _, function = _TARGET.partition(":")
    body = f"import sys\nfrom {module} import {function}\nsys.exit({function}())\n"
    if " " in sys.executable or len(sys.executable) > 120:  # more than the system reads behind #!
        return f"#!/bin/sh\n'''exec' \"{sys.executable}\" \"$0\" \"$@\"\n' '''\n{body}"
    return f"#!{sys.executable}\n{body}"


def _record(place: Place, files: list[tuple[Path, bytes]]) -> bytes:
    """RECORD, as the specification of installed distributions has it: path, hash and size of each file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for path, content in files:
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        writer.writerow((_relative(path, place), f"sha256={digest}", len(content)))
    writer.writerow((f"{_DIST_INFO}/RECORD", "", ""))
    return text.getvalue().encode()


def _relative(path: Path, place: Place) -> str:
    return Path(os.path.relpath(path, place.packages)).as_posix()


def _write(place: Place) -> None:
    written: list[Path] = []
    try:
        for path, content in _files(place):
            path.parent.mkdir(parents=True, exist_ok=True)
            written.append(path)
            path.write_bytes(content)
        place.command.chmod(0o755)
    except OSError as error:
        _remove(place, written)
        raise PermissionDenied(
            f"The shim cannot be written into {place.packages}: {error}. Use an environment that is yours: "
            "`python -m venv FOLDER`, then install Runstone and the shim there."
        ) from error


def _remove(place: Place, files: list[Path]) -> None:
    """Remove files, what Python compiled of them, and the folders that are empty then."""
    try:
        for path in files:
            for compiled in (
                path.parent.glob(f"__pycache__/{path.stem}.*.pyc") if path.suffix == ".py" else ()
            ):
                compiled.unlink()
            path.unlink(missing_ok=True)
        for folder in (place.package / "__pycache__", place.package, *{path.parent for path in files}):
            inside = place.packages in folder.parents
            if inside and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
    except OSError as error:
        raise PermissionDenied(f"The shim in {place.packages} cannot be removed: {error}") from error
