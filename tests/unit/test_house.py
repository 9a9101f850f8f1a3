"""The house's own rules: floors, small files, a small installation, whole distributions."""

import ast
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.tiers import tier_missing
from tools import ui

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "runstone"

MODULE_LINES = 600
FUNCTION_LINES = 60
DISTRIBUTIONS = 30

# A line that breaks each contract in pyproject.toml, and the module that it is planted into.
VIOLATIONS = {
    "Imports point down": ("runstone/entities/planted.py", "import runstone.store"),
    "The client reaches the service through its local transport only": (
        "runstone/client/planted.py",
        "import runstone.service",
    ),
    "SQLAlchemy and Alembic live in the store": ("runstone/service/planted.py", "import sqlalchemy"),
    "Starlette and uvicorn live in the server": ("runstone/cli/planted.py", "import uvicorn"),
    "urllib3 lives in the client": ("runstone/server/planted.py", "import urllib3"),
    "obstore lives in artifact_store": ("runstone/wire/planted.py", "import obstore"),
}


# --- floors -------------------------------------------------------------------------------------


def test_every_import_keeps_to_its_floor() -> None:
    status, report = lint_imports(ROOT)
    assert status == 0, report


def test_an_import_that_breaks_a_contract_is_found(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(PACKAGE, tmp_path / "src" / "runstone", ignore=shutil.ignore_patterns("static"))
    for module, line in VIOLATIONS.values():
        with (tmp_path / "src" / module).open("a") as file:
            file.write(f"{line}\n")
    status, report = lint_imports(tmp_path)
    assert status == 1, report
    assert set(re.findall(r"^(.+?) BROKEN", report, re.MULTILINE)) == VIOLATIONS.keys()


def lint_imports(folder: Path) -> tuple[int, str]:
    program = (
        "import sys; from importlinter.cli import lint_imports;"
        "sys.path.insert(0, 'src'); sys.exit(lint_imports(config_filename='pyproject.toml', no_cache=True))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


# --- size ---------------------------------------------------------------------------------------


def sources() -> Iterator[Path]:
    for folder in ("src", "tests", "tools", "examples", "benchmarks"):
        yield from (ROOT / folder).rglob("*.py")


def test_no_module_is_too_long() -> None:
    lengths = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in sources()}
    assert {name: lines for name, lines in lengths.items() if lines > MODULE_LINES} == {}


def test_no_function_is_too_long() -> None:
    too_long = {
        f"{file.relative_to(ROOT)}: {node.name}": lines
        for file in sources()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    }
    assert too_long == {}


def test_the_base_installation_stays_small() -> None:
    needed: set[str] = set()
    waiting = ["runstone"]
    while waiting:
        for text in requires(waiting.pop()) or []:
            requirement = Requirement(text)
            wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            if wanted and requirement.name.lower() not in needed:
                needed.add(requirement.name.lower())
                waiting.append(requirement.name)
    assert len(needed) + 1 <= DISTRIBUTIONS, sorted(needed)


# --- distributions ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, built from this checkout."""
    if not ui.is_built():
        tier_missing("ui", "the web UI is not built", "make ui")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_wheel_holds_the_package_and_the_whole_built_ui(distributions: Path) -> None:
    [wheel] = distributions.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    built = {str(file.relative_to(ROOT / "src")) for file in ui.BUILT.rglob("*") if file.is_file()}
    modules = {str(file.relative_to(ROOT / "src")) for file in PACKAGE.rglob("*.py")}
    shim = {
        f"runstone/shim/distribution/{name}"
        for name in ("README.md", "mlflow/__init__.py", "mlflow/py.typed")
    }
    assert built | modules | shim | {"runstone/py.typed"} <= names
    assert {name for name in names if not name.startswith(("runstone/", "runstone-"))} == set()


def test_the_sdist_holds_the_built_ui_and_what_builds_it(distributions: Path) -> None:
    [sdist] = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"src/runstone/server/static/index.html", "ui/package-lock.json", "tools/ui.py"} <= names
    assert {name for name in names if "node_modules" in name or name.startswith((".venv", ".cache"))} == set()
