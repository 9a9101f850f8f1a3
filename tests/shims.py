"""The shim in a folder of its own, so that a test process can `import mlflow` and run the command `mlflow`."""

import os
import sys
from pathlib import Path

from runstone.shim import installing


def place(folder: Path, searched: tuple[str, ...] = ()) -> installing.Place:
    """A place for a shim below `folder`."""
    return installing.Place(folder / "packages", folder / "bin", searched)


def environment(place: installing.Place) -> dict[str, str]:
    """The environment variables of a process that has the shim; none of MLflow's own."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "RUNSTONE_"))
    }
    paths = os.pathsep.join((str(place.scripts), str(Path(sys.executable).parent), kept.get("PATH", "")))
    return {**kept, "PYTHONPATH": str(place.packages), "PATH": paths}
