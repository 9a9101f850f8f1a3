"""Virtual environments with the real MLflow, for the compatibility tests and the benchmarks.

`python tools/envs.py mlflow-skinny` (or `mlflow`, or an older one: `mlflow-2`, `mlflow-1`) makes one under
.cache/envs/ unless it is there already, and prints its interpreter. RUNSTONE_MLFLOW_SKINNY_PYTHON,
RUNSTONE_MLFLOW_PYTHON and so on name interpreters to use instead. MLflow never enters the repository's own
environment: the two must not share packages.
"""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

MLFLOW_VERSION = "3.17.2"
_DATABASES = ("alembic", "psycopg2-binary", "pymysql")
_SERVER = ("aiohttp", "flask", "flask-cors", "huey", "sqlalchemy")
ENVIRONMENTS: dict[str, tuple[str, ...]] = {
    "mlflow": (f"mlflow=={MLFLOW_VERSION}",),
    "mlflow-skinny": (
        f"mlflow-skinny=={MLFLOW_VERSION}",
        *("matplotlib", "pandas", "pillow", "scikit-learn", "skops"),
        *_DATABASES,
        *_SERVER,
    ),
    # only to make the stores that the import is tested on
    "mlflow-2": ("mlflow-skinny==2.22.1", "pandas", "sqlalchemy", *_DATABASES),
    "mlflow-1": (
        "mlflow-skinny==1.30.1",
        "numpy<2",
        "pandas<2",
        "setuptools<70",
        "sqlalchemy<2",
        *_DATABASES,
    ),
}
"""What is installed into each environment: an MLflow, and what its tests need beside it."""
CACHE = Path(__file__).resolve().parent.parent / ".cache" / "envs"


def interpreter(name: str) -> Path | None:
    """The interpreter of an environment that is ready for use, or None."""
    chosen = os.environ.get(variable(name))
    if chosen:
        return Path(chosen)
    stamp = _stamp(name)
    ready = stamp.is_file() and stamp.read_text().split() == _requirements(name)
    return _python(_folder(name)) if ready else None


def variable(name: str) -> str:
    """The environment variable that names another interpreter for an environment."""
    return f"RUNSTONE_{name.replace('-', '_').upper()}_PYTHON"


def create(name: str) -> Path:
    """Make an environment, or return the one that is there."""
    ready = interpreter(name)
    if ready:
        return ready
    folder = _folder(name)
    shutil.rmtree(folder, ignore_errors=True)
    print(f"Making {folder} with {_requirements(name)[0]}", file=sys.stderr)
    venv.create(folder, with_pip=True)
    install = [_python(folder), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*install, *_requirements(name)], check=True, stdout=sys.stderr)
    _stamp(name).write_text(" ".join(_requirements(name)))
    return _python(folder)


def _requirements(name: str) -> list[str]:
    return list(ENVIRONMENTS[name])


def _folder(name: str) -> Path:
    return CACHE / f"{name}-{_requirements(name)[0].partition('==')[2]}"


def _stamp(name: str) -> Path:
    """What was installed: written last, so that an interrupted installation is not taken for a whole one."""
    return _folder(name) / ".ready"


def _python(folder: Path) -> Path:
    return folder / "Scripts" / "python.exe" if os.name == "nt" else folder / "bin" / "python"


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1] not in ENVIRONMENTS:
        print(f"usage: python tools/envs.py {'|'.join(ENVIRONMENTS)}", file=sys.stderr)
        return 2
    try:
        print(create(sys.argv[1]))
    except subprocess.CalledProcessError:
        print(f"{_requirements(sys.argv[1])[0]} could not be installed (see above)", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
