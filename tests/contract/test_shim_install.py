"""`runstone shim`: a distribution named mlflow that comes, is kept up to date and goes, and never hurts a real one."""

import base64
import csv
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from importlib.metadata import distributions
from pathlib import Path

import pytest

from runstone.errors import InvalidState, PermissionDenied
from runstone.shim import installing
from runstone.shim.installing import VERSION, Place
from tests import shims

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Where no shim is yet."""
    return shims.place(tmp_path)


def content(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def pretend(place: Place, name: str, version: str) -> None:
    """Metadata as that of a distribution that another installer put there."""
    folder = place.packages / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (folder / "INSTALLER").write_text("pip\n")


def test_what_is_installed_is_what_record_lists(place: Place, tmp_path: Path) -> None:
    assert installing.install(place)
    [found] = distributions(name="mlflow", path=[str(place.packages)])
    assert (found.version, found.read_text("INSTALLER")) == (VERSION, "runstone\n")
    assert found.metadata["Requires-Dist"] == "runstone"
    [entry] = found.entry_points
    assert (entry.group, entry.name, entry.value) == ("console_scripts", "mlflow", "runstone.cli:main")
    listed = list(csv.reader((found.read_text("RECORD") or "").splitlines()))
    paths = sorted(os.path.relpath((place.packages / path).resolve(), tmp_path) for path, _, _ in listed)
    assert paths == content(tmp_path)
    for path, digest, size in listed[:-1]:
        data = (place.packages / path).read_bytes()
        expected = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        assert (digest, size) == (f"sha256={expected}", str(len(data)))


def test_installing_again_changes_nothing(place: Place) -> None:
    installing.install(place)
    assert installing.is_current(place)
    assert not installing.install(place)


def test_uninstalling_leaves_nothing(place: Place, tmp_path: Path) -> None:
    installing.install(place)
    subprocess.run([sys.executable, "-c", "import mlflow"], env=shims.environment(place), check=True)
    assert installing.uninstall(place)
    assert content(tmp_path) == []
    assert list(place.packages.iterdir()) == []
    assert not installing.uninstall(place)


def test_an_older_shim_is_replaced(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as older:
        older.setattr(installing, "VERSION", "3.1.0+runstone.0")
        older.setattr(installing, "_DIST_INFO", "mlflow-3.1.0+runstone.0.dist-info")
        installing.install(place)
    assert not installing.is_current(place)
    assert installing.install(place)
    found = [each.version for each in distributions(name="mlflow", path=[str(place.packages)])]
    assert found == [VERSION]
    assert not [path for path in content(tmp_path) if "3.1.0" in path]


def test_a_damaged_shim_is_repaired(place: Place) -> None:
    installing.install(place)
    (place.package / "__init__.py").write_text("broken")
    (place.package / "__main__.py").unlink()
    assert not installing.is_current(place)
    assert installing.install(place)
    assert installing.is_current(place)


def test_an_installation_that_was_broken_off_is_finished(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    installing.install(place)
    for path in (place.package / "__init__.py", place.command, *place.packages.glob("*.dist-info/RECORD")):
        path.unlink()
    assert installing.install(place)
    assert installing.is_current(place)


@pytest.mark.parametrize("name", ["mlflow", "mlflow-skinny"])
def test_the_real_mlflow_is_left_alone(place: Place, name: str, tmp_path: Path) -> None:
    pretend(place, name, "3.17.2")
    before = content(tmp_path)
    with pytest.raises(
        InvalidState, match=rf"The real MLflow is here: {name} 3\.17\.2 in .*pip uninstall {name}"
    ):
        installing.install(place)
    assert content(tmp_path) == before


def test_a_real_mlflow_elsewhere_on_the_path_is_found_too(tmp_path: Path) -> None:
    elsewhere = shims.place(tmp_path / "elsewhere")
    pretend(elsewhere, "mlflow", "3.17.2")
    place = shims.place(tmp_path, searched=(str(elsewhere.packages),))
    with pytest.raises(InvalidState, match="The real MLflow is here"):
        installing.install(place)


def test_somebody_elses_package_is_left_alone(place: Place) -> None:
    place.package.mkdir(parents=True)
    (place.package / "mine.py").write_text("x = 1")
    with pytest.raises(InvalidState, match="is there already, and it is not the shim's"):
        installing.install(place)
    assert (place.package / "mine.py").read_text() == "x = 1"


def test_a_folder_that_cannot_be_written_is_refused_politely(place: Place) -> None:
    place.packages.write_text("a file where a folder should be")
    with pytest.raises(PermissionDenied, match=r"cannot be written into .*python -m venv"):
        installing.install(place)


def test_what_was_written_goes_when_the_rest_cannot_follow(place: Place, tmp_path: Path) -> None:
    place.scripts.write_text("a file where a folder should be")
    with pytest.raises(PermissionDenied, match="cannot be written into"):
        installing.install(place)
    assert content(tmp_path) == ["bin"]


@pytest.mark.skipif(os.name == "nt", reason="makes links to packages")
def test_the_command_serves_an_environment_without_pip(tmp_path: Path) -> None:
    """A new environment with Runstone's dependencies and its wheel's layout, which has never seen pip."""
    folder = tmp_path / "an environment"  # with a space, which a script's first line cannot have
    venv.create(folder, with_pip=False)
    [packages] = (folder / "lib").glob("python*/site-packages")
    own = installing.beside_runstone().packages
    for entry in own.iterdir():
        if not entry.name.startswith(("mlflow", "runstone", "__pycache__")) and entry.suffix != ".pth":
            (packages / entry.name).symlink_to(entry)
    shutil.copytree(ROOT / "src" / "runstone", packages / "runstone", ignore=shutil.ignore_patterns("static"))
    shutil.copytree(ROOT / "mlflow-shim", packages / "runstone" / "shim" / "distribution")
    metadata = packages / "runstone-0.1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: runstone\nVersion: 0.1.0\n")
    (metadata / "RECORD").write_text("runstone/__init__.py,,\n../../../bin/runstone,,\n")
    python = folder / "bin" / "python"
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def shim(command: str) -> str:
        done = subprocess.run(
            [python, "-m", "runstone.cli", "shim", command], env=environ, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert shim("status").startswith("Nothing. ")
    assert shim("install").startswith(f"Now `import mlflow` is Runstone: mlflow {VERSION} in ")
    assert shim("install").startswith("`import mlflow` is Runstone already: ")
    assert shim("status").startswith(f"The shim: mlflow {VERSION} in ")
    answer = subprocess.run(
        [folder / "bin" / "mlflow", "--version"], env=environ, capture_output=True, text=True
    )
    assert answer.stdout.startswith("mlflow, version "), answer.stderr
    imported = [python, "-c", "import mlflow; print(mlflow.__file__)"]
    assert str(packages) in subprocess.check_output(imported, env=environ, text=True)
    (packages / "mlflow" / "py.typed").unlink()
    assert shim("status").startswith("The shim, not whole or of another version: ")
    assert shim("uninstall").startswith("Removed the shim from ")
    assert shim("uninstall").startswith("There is no shim in ")
    assert not (folder / "bin" / "mlflow").exists()


def test_pip_shows_and_removes_it(place: Place) -> None:
    installing.install(place)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    environ = {**shims.environment(place), "PYTHONPATH": str(place.packages)}
    shown = subprocess.run(
        [*pip, "list", "--path", str(place.packages)], env=environ, capture_output=True, text=True
    )
    assert f"mlflow  {VERSION}" in shown.stdout
    assert (
        "not MLflow"
        in next(iter(distributions(name="mlflow", path=[str(place.packages)]))).metadata["Summary"]
    )
