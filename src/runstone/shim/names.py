"""Which of MLflow's modules the shim has, and what stands behind each name in them.

The objects are Runstone's own, so that `isinstance` and `except` mean the same under either name.
"""

_CLIENT = "runstone.client.client:Client"
_FLUENT = "runstone.client.fluent"
_ENTITIES = "runstone.entities:"
_LIMITS = "runstone.entities.names:"
_VERSION = "runstone.settings:MLFLOW_VERSION"


class Names:
    """What a module has: the public names of a module of ours (its `__all__`), and single names, as "module:name"."""

    __slots__ = ("of", "single")  # no NamedTuple: `import typing` costs ten times what `import mlflow` does

    def __init__(self, of: str = "", single: dict[str, str] | None = None):
        self.of, self.single = of, single or {}


# MLflow has a module for each entity.
_ENTITY_MODULES = (
    ("dataset", "Dataset"),
    ("dataset_input", "DatasetInput"),
    ("experiment", "Experiment"),
    ("experiment_tag", "ExperimentTag"),
    ("file_info", "FileInfo"),
    ("input_tag", "InputTag"),
    ("lifecycle_stage", "LifecycleStage"),
    ("logged_model_input", "LoggedModelInput"),
    ("logged_model_output", "LoggedModelOutput"),
    ("metric", "Metric"),
    ("param", "Param"),
    ("run", "Run"),
    ("run_data", "RunData"),
    ("run_info", "RunInfo"),
    ("run_inputs", "RunInputs"),
    ("run_outputs", "RunOutputs"),
    ("run_status", "RunStatus"),
    ("run_tag", "RunTag"),
    ("source_type", "SourceType"),
    ("view_type", "ViewType"),
)

_DATA_MODULES = (
    ("code_dataset_source", "CodeDatasetSource"),
    ("dataset", "Dataset"),
    ("dataset_source", "DatasetSource"),
    ("http_dataset_source", "HTTPDatasetSource"),
    ("numpy_dataset", "NumpyDataset"),
    ("pandas_dataset", "PandasDataset"),
)

MODULES: dict[str, Names] = {
    "mlflow": Names("runstone", {"VERSION": _VERSION, "__version__": _VERSION}),
    "mlflow.artifacts": Names("runstone.artifacts"),
    "mlflow.client": Names(single={"MlflowClient": _CLIENT}),
    "mlflow.config": Names("runstone.config"),
    "mlflow.data": Names("runstone.data"),
    **{
        f"mlflow.data.{module}": Names(single={name: f"runstone.data:{name}"})
        for module, name in _DATA_MODULES
    },
    "mlflow.entities": Names("runstone.entities"),
    **{
        f"mlflow.entities.{module}": Names(single={name: f"{_ENTITIES}{name}"})
        for module, name in _ENTITY_MODULES
    },
    "mlflow.environment_variables": Names("runstone.shim.environment_variables"),
    "mlflow.exceptions": Names("runstone.exceptions"),
    "mlflow.models": Names("runstone.models"),
    "mlflow.models.model": Names(
        "runstone.models", {"MLMODEL_FILE_NAME": "runstone.models.document:MLMODEL"}
    ),
    "mlflow.protos": Names(),
    "mlflow.protos.databricks_pb2": Names("runstone.shim.databricks_pb2"),
    "mlflow.sklearn": Names("runstone.flavors.sklearn"),
    "mlflow.store": Names(),
    "mlflow.store.entities": Names(single={"PagedList": f"{_ENTITIES}PagedList"}),
    "mlflow.store.entities.paged_list": Names(single={"PagedList": f"{_ENTITIES}PagedList"}),
    "mlflow.tracking": Names(_FLUENT, {"MlflowClient": _CLIENT}),
    "mlflow.tracking.artifact_utils": Names("runstone.shim.artifact_utils"),
    "mlflow.tracking.client": Names(single={"MlflowClient": _CLIENT}),
    "mlflow.tracking.context": Names(),
    "mlflow.tracking.context.registry": Names(single={"resolve_tags": "runstone.shim.context:resolve_tags"}),
    "mlflow.tracking.fluent": Names(_FLUENT),
    "mlflow.utils": Names(),
    "mlflow.utils.mlflow_tags": Names("runstone.shim.mlflow_tags"),
    "mlflow.utils.time": Names(
        single={"get_current_time_millis": "runstone.shim.clock:get_current_time_millis"}
    ),
    "mlflow.utils.validation": Names(
        single={
            "MAX_ENTITIES_PER_BATCH": f"{_LIMITS}MAX_ENTITIES_PER_BATCH",
            "MAX_ENTITY_KEY_LENGTH": f"{_LIMITS}MAX_KEY_LENGTH",
            "MAX_EXPERIMENT_NAME_LENGTH": f"{_LIMITS}MAX_EXPERIMENT_NAME_LENGTH",
            "MAX_EXPERIMENT_TAG_KEY_LENGTH": f"{_LIMITS}MAX_KEY_LENGTH",
            "MAX_EXPERIMENT_TAG_VAL_LENGTH": f"{_LIMITS}MAX_EXPERIMENT_TAG_LENGTH",
            "MAX_METRICS_PER_BATCH": f"{_LIMITS}MAX_METRICS_PER_BATCH",
            "MAX_PARAMS_TAGS_PER_BATCH": f"{_LIMITS}MAX_PARAMS_PER_BATCH",
            "MAX_PARAM_VAL_LENGTH": f"{_LIMITS}MAX_PARAM_LENGTH",
            "MAX_TAG_VAL_LENGTH": f"{_LIMITS}MAX_TAG_LENGTH",
        }
    ),
    "mlflow.version": Names(single={"VERSION": _VERSION}),
}
"""Every module of the shim. A module's children are reached as its attributes, imported or not."""
