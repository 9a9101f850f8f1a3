"""Writing models: the one way in which every flavor saves and logs.

A flavor hands over a function that writes its own files into a folder and says what MLmodel and the environment must
know of them (`Written`). All else is done here. A folder has its MLmodel last, and a model that is replaced loses it
first, so that what has one is whole.
"""

import logging
import platform
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, cast

from runstone.artifact_store.files import TEMPORARY
from runstone.client import active
from runstone.client.client import Client
from runstone.entities.artifact import check_artifact_path
from runstone.entities.run_names import random_run_name
from runstone.errors import InvalidParameterValue, ResourceAlreadyExists, RunstoneError, UnsupportedOperation
from runstone.models import environment
from runstone.models.document import MLMODEL, Model, ModelInfo
from runstone.models.places import fetched
from runstone.models.replacing import remove_model

CODE = "code"
EXTRA_FILES = "extra_files"
PYFUNC = "python_function"

_log = logging.getLogger("runstone")

# What log_model takes for features that are not there yet.
_LATER = {
    "auth_policy",
    "model_id",
    "model_type",
    "params",
    "prompts",
    "registered_model_name",
    "resources",
    "step",
    "tags",
}

Local = str | PathLike[str]


class Written(NamedTuple):
    """What a flavor wrote into a model's folder."""

    flavor: str
    """Its name in MLmodel; `mlflow.NAME` is the module that loads it."""
    config: dict[str, Any]
    """What it needs to know to load the model again; it stands in MLmodel."""
    predicts: dict[str, Any] | None
    """What MLflow's `mlflow.NAME._load_pyfunc` needs to know; None if the model cannot predict."""
    requirements: list[str]
    """What has to be installed for the flavor itself, such as `scikit-learn==1.9.1`."""
    modules: set[str]
    """The modules that the files refer to."""


Write = Callable[[Path], Written]


class Package(NamedTuple):
    """What every flavor takes beside the model: the arguments of MLflow's save_model of the same names."""

    conda_env: Any = None
    pip_requirements: Any = None
    extra_pip_requirements: Any = None
    code_paths: list[str] | None = None
    extra_files: list[str] | None = None
    metadata: dict[str, Any] | None = None
    signature: Any = None
    input_example: Any = None

    @property
    def wanted(self) -> environment.Wanted:
        """What is said about the environment."""
        return environment.Wanted(self.conda_env, self.pip_requirements, self.extra_pip_requirements)

    def check(self) -> None:
        """Raises InvalidParameterValue or UnsupportedOperation for what cannot be, before anything is written."""
        refuse_unsupported(signature=self.signature or None, input_example=self.input_example)
        self.wanted.check()
        Model(metadata=self.metadata).to_yaml()
        for name in ("code_paths", "extra_files"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, list):
                raise InvalidParameterValue(
                    f"`{name}` must be a list of paths, not a value of type '{type(value).__name__}'."
                )


def refuse_unsupported(**arguments: object) -> None:
    """Raises UnsupportedOperation that names the arguments that are not None: silence would promise their effect."""
    given = [name for name, value in arguments.items() if value is not None]
    if given:
        raise UnsupportedOperation(
            f"Models with {' and '.join(f'`{name}`' for name in given)} are not supported yet. "
            "Leave it out to keep the model as an artifact of its run."
        )


def save(write: Write, path: Local, package: Package, document: Model | None = None) -> Model:
    """Save a model as a local folder, which appears whole or not at all; returns its document.

    Args:
        write: writes the flavor's files.
        path: the folder; it must be absent or empty, else ResourceAlreadyExists is raised.
        package: what else belongs to the model.
        document: a document to which the flavor is added; a new one by default.
    """
    package.check()
    folder = Path(path)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ResourceAlreadyExists(f"Path '{path}' already exists and is not empty")
    document = Model() if document is None else document
    existed = folder.exists()
    inside = folder / f"{TEMPORARY}{uuid.uuid4().hex}"
    inside.mkdir(parents=True)
    try:
        _assemble(write, inside, package, document)
        document.save(inside / MLMODEL)
        for entry in sorted(inside.iterdir(), key=lambda entry: entry.name == MLMODEL):
            entry.replace(folder / entry.name)
    finally:
        shutil.rmtree(inside, ignore_errors=True)
        if not existed and not any(folder.iterdir()):
            folder.rmdir()
    return document


def log(
    write: Write,
    package: Package,
    *,
    artifact_path: str | None = None,
    name: str | None = None,
    run_id: str | None = None,
    step: int = 0,
    **later: Any,
) -> ModelInfo:
    """Keep a model among the artifacts of a run, instead of one of that name; returns what is known of it.

    Args:
        write: writes the flavor's files.
        package: what else belongs to the model.
        name, artifact_path: its folder there, by either word; made up if there is none.
        run_id: the run; the active one by default, and else a new one, which is started once the model is written.
        step, later: arguments of MLflow's log_model that are refused unless they ask for nothing.
    """
    _check_later(step=step or None, **later)
    if name is not None and artifact_path is not None:
        raise InvalidParameterValue("`artifact_path` is another word for `name`: give only one of them.")
    package.check()
    with tempfile.TemporaryDirectory(prefix="runstone-") as temporary:
        folder, mlmodel = Path(temporary) / "model", Path(temporary) / MLMODEL
        folder.mkdir()
        path = check_artifact_path(name or artifact_path or random_run_name())
        document = Model(artifact_path=path)
        _assemble(write, folder, package, document)
        client, document.run_id = _run(run_id)
        document.save(mlmodel)
        artifacts = client._artifacts(document.run_id)  # pyright: ignore[reportPrivateUsage]
        remove_model(artifacts, path)
        client.log_artifacts(document.run_id, folder, path)
        client.log_artifact(document.run_id, mlmodel, path)
    _tell_of(document, client, document.run_id)
    return document.get_model_info()


def _tell_of(document: Model, client: Client, run_id: str) -> None:
    """Add to the history of the run's models, in one of its tags. The model is kept whether or not there is room."""
    try:
        client._record_model_in_tag(run_id, document.get_tags_dict())  # pyright: ignore[reportPrivateUsage]
    except RunstoneError as error:
        _log.warning(
            "The model is kept as '%s', but not told of in its run: %s", document.artifact_path, error
        )


def _check_later(**arguments: object) -> None:
    unknown = arguments.keys() - _LATER
    if unknown:
        raise TypeError(f"log_model() got an unexpected keyword argument '{min(unknown)}'")
    refuse_unsupported(**arguments)


def _run(run_id: str | None) -> tuple[Client, str]:
    if run_id:
        return active.current_client(), run_id
    opened = active.current_or_new()
    return opened.client, opened.run.info.run_id


def _assemble(write: Write, folder: Path, package: Package, document: Model) -> None:
    """Write all files but MLmodel, and have the document tell of them."""
    code = _copy_code(package.code_paths, folder)
    extra = _copy_extra_files(package.extra_files, folder)
    written = write(folder)
    document.model_size_bytes = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    if package.metadata is not None:
        document.metadata = package.metadata
    if written.predicts is not None:
        document.add_flavor(PYFUNC, **_pyfunc(written.flavor, written.predicts, code))
    document.add_flavor(written.flavor, **written.config, code=code, **extra)
    found = sorted({*written.requirements, *environment.pins_of(written.modules)})
    environment.resolve(package.wanted, found).write(folder)


def _pyfunc(flavor: str, predicts: dict[str, Any], code: str | None) -> dict[str, Any]:
    """The entry that MLflow's `pyfunc` loads a model by."""
    return {
        **predicts,
        "loader_module": f"mlflow.{flavor}",
        "python_version": platform.python_version(),
        "env": {"conda": environment.CONDA, "virtualenv": environment.PYTHON_ENV},
        **({"code": code} if code else {}),
    }


def _copy_code(paths: Iterable[Local] | None, folder: Path) -> str | None:
    if paths is None:
        return None
    target = folder / CODE
    target.mkdir()
    taken: dict[str, Local] = {}
    for path in dict.fromkeys(map(Path, paths)):
        name = path.resolve().name if path.is_dir() else path.name
        _take_name(name, path, taken, "code_paths")
        try:
            if path.is_dir():
                shutil.copytree(path, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
            else:
                shutil.copyfile(path, target / name)
        except OSError as error:
            raise InvalidParameterValue(f"The code path '{path}' cannot be copied: {error}.") from error
    return CODE


def _copy_extra_files(uris: Iterable[Local] | None, folder: Path) -> Mapping[str, Any]:
    if not uris:
        return {}
    target = folder / EXTRA_FILES
    target.mkdir()
    entries: list[dict[str, str]] = []
    taken: dict[str, Local] = {}
    for uri in dict.fromkeys(uris):
        with fetched(uri) as source:
            _take_name(source.name, uri, taken, "extra_files")
            copy = cast("Callable[..., object]", shutil.copytree if source.is_dir() else shutil.copyfile)
            copy(source, target / source.name)
        entries.append({"path": f"{EXTRA_FILES}/{source.name}"})
    return {EXTRA_FILES: entries}


def _take_name(name: str, path: Local, taken: dict[str, Local], argument: str) -> None:
    """Note which path has a name in the model. Raises InvalidParameterValue if another one has it already."""
    if name in taken:
        raise InvalidParameterValue(
            f"'{taken[name]}' and '{path}' of `{argument}` would both be '{name}' in the model. Rename one of them."
        )
    taken[name] = path
