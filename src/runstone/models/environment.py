"""The environment of a model: requirements.txt, conda.yaml and python_env.yaml, from what it needs and what is asked.

The files are MLflow's. Requirements that nobody gave are found in the model itself: the distributions, in the version
that is installed here, of the modules that its file refers to. MLflow loads the model in a second process instead.
"""

import logging
import platform
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Any, NamedTuple, cast

import yaml

from runstone.errors import InvalidParameterValue
from runstone.settings import MLFLOW_VERSION

CONDA = "conda.yaml"
PYTHON_ENV = "python_env.yaml"
REQUIREMENTS = "requirements.txt"
CONSTRAINTS = "constraints.txt"

_MLFLOW = f"mlflow=={MLFLOW_VERSION}"
_PROVIDE_MLFLOW = ("mlflow", "mlflow-skinny", "mlflow-tracing")
_BUILD = ("pip", "setuptools", "wheel")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_COMMENT = re.compile(r"(^|\s+)#.*$")
_log = logging.getLogger("runstone")


class Environment(NamedTuple):
    """What has to be installed for a model to be loaded."""

    conda: dict[str, Any]
    requirements: list[str]
    constraints: list[str]

    def write(self, folder: Path) -> None:
        """Write the files that describe it into a model's folder."""
        _write_yaml(folder / CONDA, self.conda, sort_keys=True)
        (folder / REQUIREMENTS).write_text("\n".join(self.requirements), encoding="utf-8")
        if self.constraints:
            (folder / CONSTRAINTS).write_text("\n".join(self.constraints), encoding="utf-8")
        built_with = [_pinned_or_bare(name) for name in _BUILD]
        python = {"python": platform.python_version(), "build_dependencies": built_with}
        _write_yaml(folder / PYTHON_ENV, python | {"dependencies": [f"-r {REQUIREMENTS}"]}, sort_keys=False)


class Wanted(NamedTuple):
    """What the user says about the environment: one of these, or nothing."""

    conda_env: Any = None
    pip_requirements: Any = None
    extra_pip_requirements: Any = None

    def check(self) -> None:
        """Raises InvalidParameterValue if more than one is given, or one is of a wrong type."""
        given = [name for name, value in self._asdict().items() if value is not None]
        if len(given) > 1:
            raise InvalidParameterValue(
                "Only one of `conda_env`, `pip_requirements`, and `extra_pip_requirements` can be specified, "
                f"not {' and '.join(given)}."
            )
        for name in given:
            _check_type(name, getattr(self, name))


def _check_type(name: str, value: Any) -> None:
    if isinstance(value, str | Path):
        if not Path(value).is_file():
            raise InvalidParameterValue(f"`{name}` names the file '{value}', which is not there.")
    elif name == "conda_env":
        if not isinstance(value, dict):
            raise InvalidParameterValue(
                "`conda_env` must be a dict, or the path of a conda environment's YAML file, "
                f"not a value of type '{type(value).__name__}'."
            )
    elif not _is_list_of_texts(value):
        raise InvalidParameterValue(
            f"`{name}` must be a list of requirements, or the path of a requirements file, not {value!r}."
        )


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, Iterable) and all(
        isinstance(line, str) for line in cast("Iterable[object]", value)
    )


def resolve(wanted: Wanted, found: Iterable[str]) -> Environment:
    """The environment that the user wants, or the one that was found in the model.

    Args:
        wanted: what the user says; `extra_pip_requirements` add to what was found, and win over it.
        found: requirements such as `scikit-learn==1.9.1`.
    """
    wanted.check()
    if wanted.conda_env is not None:
        return _of_conda(wanted.conda_env)
    if wanted.pip_requirements is not None:
        requirements, constraints = _read(wanted.pip_requirements)
    else:
        extra, constraints = _read(wanted.extra_pip_requirements or [])
        chosen = {_name(line) for line in extra}
        requirements = [line for line in found if _name(line) not in chosen] + extra
    requirements = _complete(list(dict.fromkeys(requirements)), constraints)
    return Environment(conda_environment(requirements), requirements, constraints)


def conda_environment(requirements: list[str]) -> dict[str, Any]:
    """A conda environment of this Python, with these requirements for pip."""
    pip = _version("pip")
    return {
        "channels": ["conda-forge"],
        # A new pip takes a while to reach conda's channels; an older one does.
        "dependencies": [
            f"python={platform.python_version()}",
            f"pip<={pip}" if pip else "pip",
            {"pip": requirements},
        ],
        "name": "mlflow-env",
    }


def with_mlflow(requirements: list[str]) -> list[str]:
    """The requirements, and MLflow, unless they name it: whatever can install from PyPI can then load the model."""
    named = {_name(line) for line in requirements}
    return requirements if named.intersection(_PROVIDE_MLFLOW) else [_MLFLOW, *requirements]


def _complete(requirements: list[str], constraints: list[str]) -> list[str]:
    return with_mlflow(requirements) + ([f"-c {CONSTRAINTS}"] if constraints else [])


def _of_conda(given: str | Path | Mapping[str, Any]) -> Environment:
    conda = _conda_file(Path(given)) if isinstance(given, str | Path) else dict(given)
    others: list[Any] = []
    for_pip: list[str] = []
    for entry in cast("list[str | dict[str, list[str]]]", conda.get("dependencies") or []):
        if isinstance(entry, dict) and "pip" in entry:
            for_pip += entry["pip"]
        else:
            others.append(entry)
    lines, constraints = _read(for_pip)
    requirements = _complete(lines, constraints)
    return Environment({**conda, "dependencies": [*others, {"pip": requirements}]}, requirements, constraints)


def _conda_file(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidParameterValue(f"'{file}' is no YAML: {error}") from error
    if not isinstance(content, dict):
        raise InvalidParameterValue(f"'{file}' describes no conda environment.")
    return cast("dict[str, Any]", content)


# --- requirements files -----------------------------------------------------------------------------


def _read(given: str | Path | Iterable[str]) -> tuple[list[str], list[str]]:
    """Requirements and constraints, from lines or a file; files that they name by -r and -c are read."""
    requirements: list[str] = []
    constraints: list[str] = []
    lines = _lines_of(Path(given)) if isinstance(given, str | Path) else _lines(given, Path())
    for line, is_constraint in lines:
        (constraints if is_constraint else requirements).append(line)
    return requirements, constraints


def _lines_of(file: Path) -> Iterator[tuple[str, bool]]:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidParameterValue(f"The requirements file '{file}' cannot be read: {error}.") from error
    return _lines(text.splitlines(), file.parent)


def _lines(lines: Iterable[str], folder: Path) -> Iterator[tuple[str, bool]]:
    """The requirements in some lines, each with whether it is only a constraint."""
    joined = "\n".join(_COMMENT.sub("", line.strip()) for line in lines).replace("\\\n", " ")
    for line in filter(None, map(str.strip, joined.splitlines())):
        option, _, file = re.sub(r"[\s=]+", " ", line, count=1).partition(" ")
        if option in ("-r", "--requirement"):
            yield from _lines_of(folder / file.strip())
        elif option in ("-c", "--constraint"):
            yield from ((constraint, True) for constraint, _ in _lines_of(folder / file.strip()))
        else:
            yield re.sub(r"\s{2,}", " ", line), False


def _name(requirement: str) -> str:
    """The normal form of the distribution's name; the line itself if it names none, such as an option or a URL."""
    match = _NAME.match(requirement)
    if match is None or requirement[match.end() :].startswith((":", "+", "/")):
        return requirement
    return re.sub(r"[-_.]+", "-", match[0]).lower()


# --- what is installed ------------------------------------------------------------------------------


def pinned(distribution: str) -> str:
    """The requirement for the installed version of a distribution, as an index has it."""
    # A local label, as in 2.7.1+cu128, is of this machine's build; no index has it.
    return f"{distribution}=={version(distribution).partition('+')[0]}"


def pins_of(modules: Iterable[str]) -> list[str]:
    """Requirements for the installed distributions that modules belong to; modules of none or several are left out."""
    roots = {module.partition(".")[0] for module in modules} - sys.stdlib_module_names
    if not roots <= _owners().keys():
        _owners.cache_clear()  # it may have been installed meanwhile
    owners = [set(_owners().get(root, ())) for root in roots]
    return sorted({pinned(name) for names in owners if len(names) == 1 for name in names})


@cache
def _owners() -> Mapping[str, list[str]]:
    return packages_distributions()


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _pinned_or_bare(distribution: str) -> str:
    found = _version(distribution)
    return f"{distribution}=={found}" if found else distribution


def _write_yaml(file: Path, content: dict[str, Any], *, sort_keys: bool) -> None:
    with file.open("w", encoding="utf-8") as stream:
        yaml.safe_dump(content, stream, default_flow_style=False, sort_keys=sort_keys)
