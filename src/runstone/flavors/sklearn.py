# pyright: standard
"""Models of scikit-learn: `save_model`, `log_model` and `load_model`, with MLflow's names, arguments and files."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

from runstone.errors import InvalidParameterValue, UnsupportedOperation
from runstone.models.document import Model, ModelInfo
from runstone.models.environment import conda_environment, pinned, with_mlflow
from runstone.models.formats import (
    CLOUDPICKLE,
    FORMATS,
    PICKLE,
    SKOPS,
    Dumped,
    check_format,
    dump_pickle,
    dump_skops,
    library,
    load_pickle,
    load_skops,
)
from runstone.models.loading import Opened, opened
from runstone.models.saving import Package, Written, log, save

__all__ = [
    "FLAVOR_NAME",
    "SERIALIZATION_FORMAT_CLOUDPICKLE",
    "SERIALIZATION_FORMAT_PICKLE",
    "SERIALIZATION_FORMAT_SKOPS",
    "SUPPORTED_SERIALIZATION_FORMATS",
    "get_default_conda_env",
    "get_default_pip_requirements",
    "load_model",
    "log_model",
    "save_model",
]

FLAVOR_NAME = "sklearn"
SERIALIZATION_FORMAT_SKOPS = SKOPS
SERIALIZATION_FORMAT_PICKLE = PICKLE
SERIALIZATION_FORMAT_CLOUDPICKLE = CLOUDPICKLE
SUPPORTED_SERIALIZATION_FORMATS = list(FORMATS)

# Whoever loads a model of scikit-learn trusts these anyway; skops asks even about a random forest's trees.
_OWN = ("sklearn.", "numpy.", "scipy.")
_log = logging.getLogger("runstone")

Local = str | PathLike[str]


# --- the public face --------------------------------------------------------------------------------


def get_default_pip_requirements(include_cloudpickle: bool = False, include_skops: bool = False) -> list[str]:
    """What every saved model needs, in the versions installed here."""
    _sklearn()
    names = ["scikit-learn"]
    names += ["cloudpickle"] * include_cloudpickle + ["skops"] * include_skops
    return [pinned(name) for name in names]


def get_default_conda_env(include_cloudpickle: bool = False, include_skops: bool = False) -> dict[str, Any]:
    """A conda environment with what every saved model needs."""
    return conda_environment(with_mlflow(get_default_pip_requirements(include_cloudpickle, include_skops)))


def save_model(
    sk_model: Any,
    path: Local,
    conda_env: Any = None,
    code_paths: list[str] | None = None,
    mlflow_model: Model | None = None,
    serialization_format: str | None = None,
    signature: Any = None,
    input_example: Any = None,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    pyfunc_predict_fn: str = "predict",
    metadata: dict[str, Any] | None = None,
    skops_trusted_types: list[str] | None = None,
    extra_files: list[str] | None = None,
) -> None:
    """Save a model as a local folder in MLflow's format; it appears whole or not at all.

    Args:
        sk_model: an estimator, a transformer or a pipeline.
        path: the folder; absent or empty, else ResourceAlreadyExists is raised.
        conda_env, pip_requirements, extra_pip_requirements: at most one of them. A conda environment (a dict, or a
            file's path), all requirements, or more than those found in the model (a list, or a file's path).
        code_paths: files and folders to keep with the model, importable where it is loaded.
        mlflow_model: a document to which this is added.
        serialization_format: "skops", "cloudpickle" or "pickle". By default skops, if it is installed and can hold the
            model, else cloudpickle.
        signature, input_example: not supported yet.
        pyfunc_predict_fn: the method that MLflow's `pyfunc` and its servers predict with.
        metadata: anything that YAML can hold, kept in MLmodel.
        skops_trusted_types: types from outside of scikit-learn, numpy and scipy that skops may load again.
        extra_files: paths or URIs of files to keep with the model.

    Raises InvalidParameterValue for what is no estimator, or cannot be written in the format.
    """
    package = Package(
        conda_env,
        pip_requirements,
        extra_pip_requirements,
        code_paths,
        extra_files,
        metadata,
        signature,
        input_example,
    )
    write = _writer(sk_model, serialization_format, pyfunc_predict_fn, skops_trusted_types)
    save(write, path, package, mlflow_model)


def log_model(
    sk_model: Any,
    artifact_path: str | None = None,
    conda_env: Any = None,
    code_paths: list[str] | None = None,
    serialization_format: str | None = None,
    registered_model_name: str | None = None,
    signature: Any = None,
    input_example: Any = None,
    await_registration_for: int | None = 300,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    pyfunc_predict_fn: str = "predict",
    metadata: dict[str, Any] | None = None,
    extra_files: list[str] | None = None,
    params: dict[str, Any] | None = None,
    tags: dict[str, Any] | None = None,
    model_type: str | None = None,
    step: int = 0,
    model_id: str | None = None,
    name: str | None = None,
    skops_trusted_types: list[str] | None = None,
    **kwargs: Any,
) -> ModelInfo:
    """Keep a model among the artifacts of the active run; `load_model(info.model_uri)` has it again.

    Args:
        sk_model: an estimator, a transformer or a pipeline.
        artifact_path: its folder among the run's artifacts; the same as `name`.
        name: its folder among the run's artifacts; made up if there is none.
        run_id: the run, instead of the active one.
        registered_model_name, params, tags, model_type, step, model_id: not supported yet, as are `signature` and
            `input_example`. UnsupportedOperation says so.

    The others are those of `save_model`. Without an active run, one is started.
    """
    package = Package(
        conda_env,
        pip_requirements,
        extra_pip_requirements,
        code_paths,
        extra_files,
        metadata,
        signature,
        input_example,
    )
    return log(
        _writer(sk_model, serialization_format, pyfunc_predict_fn, skops_trusted_types),
        package,
        artifact_path=artifact_path,
        name=name,
        registered_model_name=registered_model_name,
        params=params,
        tags=tags,
        model_type=model_type,
        step=step,
        model_id=model_id,
        **kwargs,
    )


def load_model(model_uri: Local, dst_path: Local | None = None) -> Any:
    """The estimator that was saved or logged.

    Args:
        model_uri: a local path, or a URI such as `runs:/RUN_ID/model`.
        dst_path: a folder to keep a copy of the model's files in.

    Loading runs code that is in the model, in every format: load only what you trust. Raises ResourceDoesNotExist if
    there is no such model, or it is none of scikit-learn; InvalidState if its file cannot be read here.
    """
    _sklearn()
    with opened(model_uri, FLAVOR_NAME, dst_path) as model:
        return _load(model)


# --- dumping and loading ----------------------------------------------------------------------------


def _writer(
    model: Any, wanted: str | None, predict_fn: str, trusted: Sequence[str] | None
) -> Callable[[Path], Written]:
    """What writes the model; raises at once what can be known before."""
    _sklearn()
    methods = ("fit", "predict", "transform")
    if isinstance(model, type) or not any(callable(getattr(model, method, None)) for method in methods):
        what = f"the class {model.__name__}" if isinstance(model, type) else f"a '{type(model).__name__}'"
        raise InvalidParameterValue(
            f"`sk_model` must be an estimator, a transformer or a pipeline of scikit-learn, not {what}. "
            "Other objects can be kept as files, with log_artifact."
        )
    if wanted is not None:
        check_format(wanted)
    return partial(_write, model, wanted, predict_fn, trusted or [])


def _write(model: Any, wanted: str | None, predict_fn: str, trusted: Sequence[str], folder: Path) -> Written:
    dumped = _dump(model, wanted, trusted, folder)
    predicts = None
    if hasattr(model, predict_fn):
        predicts = {"model_path": dumped.file.name, "predict_fn": predict_fn}
    else:
        _log.warning("The model has no method '%s': only mlflow.sklearn can load it, not pyfunc.", predict_fn)
    return Written(
        flavor=FLAVOR_NAME,
        config={
            "pickled_model": dumped.file.name,
            "sklearn_version": _sklearn().__version__,
            "serialization_format": dumped.format,
            "skops_trusted_types": dumped.trusted,
        },
        predicts=predicts,
        requirements=get_default_pip_requirements(dumped.format == CLOUDPICKLE, dumped.format == SKOPS),
        modules=dumped.modules,
    )


def _dump(model: Any, wanted: str | None, trusted: Sequence[str], folder: Path) -> Dumped:
    if wanted in (PICKLE, CLOUDPICKLE):
        return dump_pickle(model, folder, wanted)
    try:
        return dump_skops(model, folder, trusted, _OWN)
    except (InvalidParameterValue, UnsupportedOperation) as error:
        if wanted is not None:
            raise
        # A model that took hours to train is kept, in the one format that holds nearly everything.
        _log.warning("The model is saved with cloudpickle instead of skops. %s", error)
        return dump_pickle(model, folder)


def _load(model: Opened) -> Any:
    config = model.config
    file = model.file(config.get("pickled_model", "model.pkl"))
    format = config.get("serialization_format", PICKLE)
    check_format(format)
    with model.explaining("scikit-learn", config.get("sklearn_version"), _sklearn().__version__):
        return load_skops(file, config.get("skops_trusted_types")) if format == SKOPS else load_pickle(file)


def _sklearn() -> Any:
    return library("sklearn", "scikit-learn", "sklearn")
