"""Runstone records machine-learning runs, with MLflow's Python API: `import runstone as mlflow`.

Every name below is loaded when it is first used, so that importing the package costs next to nothing.
"""

import sys

TYPE_CHECKING = False  # type checkers take it for typing's, which costs more to import than all else here

if TYPE_CHECKING:
    from runstone import artifacts, config, data, entities, errors, models
    from runstone import exceptions as exceptions
    from runstone import tracking as tracking
    from runstone.cli.calls import doctor
    from runstone.client.client import Client
    from runstone.client.client import Client as MlflowClient
    from runstone.client.fluent import (
        ActiveRun,
        active_run,
        create_experiment,
        delete_experiment,
        delete_experiment_tag,
        delete_run,
        delete_tag,
        end_run,
        flush_artifact_async_logging,
        flush_async_logging,
        get_artifact_uri,
        get_experiment,
        get_experiment_by_name,
        get_parent_run,
        get_registry_uri,
        get_run,
        get_tracking_uri,
        is_tracking_uri_set,
        last_active_run,
        load_table,
        log_artifact,
        log_artifacts,
        log_data_files,
        log_dict,
        log_figure,
        log_image,
        log_input,
        log_inputs,
        log_metric,
        log_metrics,
        log_outputs,
        log_param,
        log_parameter,
        log_params,
        log_stream,
        log_table,
        log_text,
        restore_experiment,
        restore_run,
        search_experiments,
        search_runs,
        set_experiment,
        set_experiment_tag,
        set_experiment_tags,
        set_registry_uri,
        set_tag,
        set_tags,
        set_tracking_uri,
        start_run,
    )
    from runstone.client.images import Image
    from runstone.errors import RunstoneError
    from runstone.errors import RunstoneError as MlflowException
    from runstone.flavors import sklearn

    __version__: str

__all__ = [
    "ActiveRun",
    "Client",
    "Image",
    "MlflowClient",
    "MlflowException",
    "RunstoneError",
    "__version__",
    "active_run",
    "artifacts",
    "config",
    "create_experiment",
    "data",
    "delete_experiment",
    "delete_experiment_tag",
    "delete_run",
    "delete_tag",
    "doctor",
    "end_run",
    "entities",
    "errors",
    "flush_artifact_async_logging",
    "flush_async_logging",
    "get_artifact_uri",
    "get_experiment",
    "get_experiment_by_name",
    "get_parent_run",
    "get_registry_uri",
    "get_run",
    "get_tracking_uri",
    "is_tracking_uri_set",
    "last_active_run",
    "load_table",
    "log_artifact",
    "log_artifacts",
    "log_data_files",
    "log_dict",
    "log_figure",
    "log_image",
    "log_input",
    "log_inputs",
    "log_metric",
    "log_metrics",
    "log_outputs",
    "log_param",
    "log_parameter",
    "log_params",
    "log_stream",
    "log_table",
    "log_text",
    "models",
    "restore_experiment",
    "restore_run",
    "search_experiments",
    "search_runs",
    "set_experiment",
    "set_experiment_tag",
    "set_experiment_tags",
    "set_registry_uri",
    "set_tag",
    "set_tags",
    "set_tracking_uri",
    "sklearn",
    "start_run",
]

_CLIENT = "runstone.client.client"
_ERRORS = "runstone.errors"
_FLUENT = "runstone.client.fluent"

# Name → (module, name there); "" stands for the module itself. What is not here is a function of the fluent API.
# `exceptions` and `tracking` are not in `__all__`: they hold what the top has, by MLflow's other names.
_HOMES = {
    "Client": (_CLIENT, "Client"),
    "Image": ("runstone.client.images", "Image"),
    "MlflowClient": (_CLIENT, "Client"),
    "MlflowException": (_ERRORS, "RunstoneError"),
    "RunstoneError": (_ERRORS, "RunstoneError"),
    "artifacts": ("runstone.artifacts", ""),
    "config": ("runstone.config", ""),
    "data": ("runstone.data", ""),
    "doctor": ("runstone.cli.calls", "doctor"),
    "entities": ("runstone.entities", ""),
    "errors": (_ERRORS, ""),
    "exceptions": ("runstone.exceptions", ""),
    "models": ("runstone.models", ""),
    "sklearn": ("runstone.flavors.sklearn", ""),
    "tracking": ("runstone.tracking", ""),
}


if not TYPE_CHECKING:  # or they would believe in every name

    def __getattr__(name: str) -> object:
        if name == "__version__":
            from importlib.metadata import version

            value: object = version("runstone")
        elif (
            name in __all__ or name in _HOMES
        ) and not sys.is_finalizing():  # at the end of the process, nothing is imported
            from importlib import import_module

            module_name, attribute = _HOMES.get(name, (_FLUENT, name))
            module = import_module(module_name)
            value = getattr(module, attribute) if attribute else module
        else:
            raise AttributeError(f"module 'runstone' has no attribute '{name}'")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
