"""What `import runstone` gives, and what it costs."""

import ast
import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest

import runstone
from runstone.client import fluent
from tests.commands import clean_environment

HEAVY = (
    "sqlalchemy",
    "alembic",
    "numpy",
    "urllib3",
    "starlette",
    "uvicorn",
    "msgspec",
    "pcodec",
    "yaml",
    "pandas",
)


def in_process(script: str, folder: Path) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_importing_the_package_loads_nothing_that_is_heavy(tmp_path: Path) -> None:
    script = "import sys, json, runstone; print(json.dumps(sorted(sys.modules)))"
    loaded = set(json.loads(in_process(script, tmp_path)))
    assert "runstone" in loaded
    assert not loaded & set(HEAVY)
    assert [name for name in loaded if name.startswith("runstone.")] == []


def test_importing_the_package_takes_no_time(tmp_path: Path) -> None:
    script = "import time; t = time.perf_counter(); import runstone; print(time.perf_counter() - t)"
    assert min(float(in_process(script, tmp_path)) for _ in range(5)) < 0.03


def test_choosing_a_server_loads_no_store_and_choosing_a_folder_no_http(tmp_path: Path) -> None:
    script = """
import sys, runstone
runstone.set_tracking_uri("{}")
runstone.Client()
print([name for name in ("sqlalchemy", "numpy", "urllib3", "starlette", "pandas") if name in sys.modules])
"""
    assert in_process(script.format("http://127.0.0.1:9"), tmp_path) == "['urllib3']\n"
    assert in_process(script.format("folder"), tmp_path) == "[]\n"
    assert list(tmp_path.iterdir()) == []


def test_every_name_is_there_and_is_what_it_says() -> None:
    for name in runstone.__all__:
        value = getattr(runstone, name)
        assert value is not None
        if name in fluent.__all__:
            assert value is getattr(fluent, name)


def test_the_names_are_sorted_complete_and_free_of_strangers() -> None:
    assert runstone.__all__ == sorted(runstone.__all__)
    assert fluent.__all__ == sorted(fluent.__all__)
    assert set(fluent.__all__) <= set(runstone.__all__)
    others = {
        "Client",
        "Image",
        "MlflowClient",
        "MlflowException",
        "RunstoneError",
        "__version__",
        "artifacts",
        "config",
        "data",
        "doctor",
        "entities",
        "errors",
        "models",
        "sklearn",
    }
    assert set(runstone.__all__) - set(fluent.__all__) == others
    shown = {name for name in dir(runstone) if not name.startswith("__")}
    assert shown == {name for name in runstone.__all__ if not name.startswith("__")}


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(runstone.__file__ or "").read_text())
    [guarded] = [
        node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    seen: set[str] = set()
    for node in guarded.body:
        if isinstance(node, ast.ImportFrom):
            seen |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.AnnAssign):
            seen.add(ast.unparse(node.target))
    assert seen == {*runstone.__all__, "exceptions", "tracking"}


def test_every_name_is_documented() -> None:
    for name in set(runstone.__all__) - {"__version__"}:
        assert getattr(runstone, name).__doc__, name
    for name in dir(runstone.Client):
        if not name.startswith("_"):
            assert getattr(runstone.Client, name).__doc__, name


def test_the_version_is_the_distributions() -> None:
    assert runstone.__version__ == importlib.metadata.version("runstone")


def test_mlflows_names_are_the_same_objects() -> None:
    assert runstone.MlflowClient is runstone.Client
    assert runstone.MlflowException is runstone.RunstoneError
    assert runstone.tracking.MlflowClient is runstone.Client
    assert runstone.tracking.set_tracking_uri is runstone.set_tracking_uri
    assert runstone.exceptions.MlflowException is runstone.RunstoneError


@pytest.mark.parametrize("name", ["exceptions", "tracking"])
def test_mlflows_other_modules_are_reached_without_importing_them(name: str, tmp_path: Path) -> None:
    script = f"import runstone as mlflow; print(mlflow.{name}.__name__, '{name}' in dir(mlflow))"
    assert in_process(script, tmp_path) == f"runstone.{name} False\n"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'runstone' has no attribute 'nonsense'"):
        runstone.nonsense  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]
    assert not hasattr(runstone, "_fluent")


@pytest.mark.parametrize("module", ["runstone", "runstone.cli"])
def test_the_command_is_a_module_too(module: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "runs", "describe"],
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: runstone runs describe")
