"""What a model's environment files say, from what is asked for and what was found."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from runstone.errors import InvalidParameterValue
from runstone.models.environment import Wanted, pins_of, resolve

FOUND = ["numpy==2.0", "scikit-learn==1.9.1"]


def written(folder: Path, wanted: Wanted) -> dict[str, str]:
    resolve(wanted, FOUND).write(folder)
    return {file.name: file.read_text() for file in folder.iterdir()}


def pip_of_conda(text: str) -> list[str]:
    [pip] = [entry["pip"] for entry in yaml.safe_load(text)["dependencies"] if isinstance(entry, dict)]
    return pip


def test_without_a_wish_the_files_name_what_was_found(tmp_path: Path) -> None:
    files = written(tmp_path, Wanted())
    assert set(files) == {"conda.yaml", "python_env.yaml", "requirements.txt"}
    assert files["requirements.txt"].splitlines() == ["mlflow==3.17.2", *FOUND]
    conda = yaml.safe_load(files["conda.yaml"])
    assert (conda["name"], conda["channels"]) == ("mlflow-env", ["conda-forge"])
    assert conda["dependencies"][0].startswith("python=3.")
    assert pip_of_conda(files["conda.yaml"]) == ["mlflow==3.17.2", *FOUND]
    python = yaml.safe_load(files["python_env.yaml"])
    assert list(python) == ["python", "build_dependencies", "dependencies"]
    assert f"pip=={version('pip')}" in python["build_dependencies"]
    assert python["dependencies"] == ["-r requirements.txt"]


def test_requirements_replace_what_was_found(tmp_path: Path) -> None:
    files = written(tmp_path, Wanted(pip_requirements=["pandas>=2", "pandas>=2"]))
    assert files["requirements.txt"].splitlines() == ["mlflow==3.17.2", "pandas>=2"]
    again = resolve(Wanted(pip_requirements=[]), FOUND)
    assert again.requirements == ["mlflow==3.17.2"]


def test_extra_requirements_add_to_what_was_found_and_win_over_it() -> None:
    extra = ["Scikit_Learn[plots]>=1.5", "git+https://example.org/x.git", "mlflow-skinny==3.0"]
    environment = resolve(Wanted(extra_pip_requirements=extra), FOUND)
    assert environment.requirements == ["numpy==2.0", *extra]


def test_a_requirements_file_is_read_with_the_files_it_names(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "more.txt").write_text("scipy\n-c  limits.txt\n")
    (tmp_path / "deep" / "limits.txt").write_text("numpy<9\n")
    (tmp_path / "all.txt").write_text(
        "# what is needed\nfoo==1  # why\n\nbar \\\n  >2\n--requirement=deep/more.txt\nx @ https://e.org/x#egg=x\n--pre\n"
    )
    environment = resolve(Wanted(pip_requirements=str(tmp_path / "all.txt")), FOUND)
    wanted = ["foo==1", "bar >2", "scipy", "x @ https://e.org/x#egg=x", "--pre"]
    assert environment.requirements == ["mlflow==3.17.2", *wanted, "-c constraints.txt"]
    (tmp_path / "out").mkdir()
    environment.write(tmp_path / "out")
    assert (tmp_path / "out" / "constraints.txt").read_text() == "numpy<9"


@pytest.mark.parametrize("as_file", [False, True])
def test_a_conda_environment_is_kept_and_its_pip_part_completed(tmp_path: Path, as_file: bool) -> None:
    conda: Any = {
        "name": "mine",
        "channels": ["defaults"],
        "dependencies": ["python=3.11", "gcc", {"pip": ["scikit-learn"]}],
    }
    if as_file:
        (tmp_path / "env.yaml").write_text(yaml.safe_dump(conda))
    environment = resolve(Wanted(conda_env=str(tmp_path / "env.yaml") if as_file else conda), FOUND)
    assert environment.requirements == ["mlflow==3.17.2", "scikit-learn"]
    pip = {"pip": ["mlflow==3.17.2", "scikit-learn"]}
    assert environment.conda == conda | {"dependencies": ["python=3.11", "gcc", pip]}
    assert conda["dependencies"][-1] == {"pip": ["scikit-learn"]}
    assert resolve(Wanted(conda_env={"name": "bare"}), FOUND).requirements == ["mlflow==3.17.2"]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Wanted(conda_env={}, pip_requirements=["a"]), "Only one of .* not conda_env and pip_requirements"),
        (Wanted(pip_requirements=["a"], extra_pip_requirements=["b"]), "Only one of"),
        (Wanted(pip_requirements=3), "must be a list of requirements"),
        (Wanted(extra_pip_requirements=["a", 3]), "must be a list of requirements"),
        (Wanted(conda_env=["a"]), "`conda_env` must be a dict"),
        (Wanted(conda_env="nowhere.yaml"), "'nowhere.yaml', which is not there"),
        (Wanted(pip_requirements="nowhere.txt"), "'nowhere.txt', which is not there"),
        (Wanted(pip_requirements=["-r nowhere.txt"]), "nowhere.txt' cannot be read"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(wanted: Wanted, message: str) -> None:
    with pytest.raises(InvalidParameterValue, match=message):
        resolve(wanted, FOUND)


@pytest.mark.parametrize(
    ("text", "message"), [("- a\n", "describes no conda environment"), ("a: [", "is no YAML")]
)
def test_a_file_that_is_no_conda_environment_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "env.yaml").write_text(text)
    with pytest.raises(InvalidParameterValue, match=message):
        resolve(Wanted(conda_env=str(tmp_path / "env.yaml")), FOUND)


def test_modules_are_pinned_by_their_distributions() -> None:
    modules = {"sklearn.linear_model._base", "sklearn", "numpy._core", "builtins", "__main__", "json"}
    assert pins_of(modules) == [f"numpy=={version('numpy')}", f"scikit-learn=={version('scikit-learn')}"]
