"""MLflow's names for the tags that it reserves, as far as tracking uses them."""

from runstone.entities.names import (
    GIT_BRANCH_TAG,
    GIT_COMMIT_TAG,
    GIT_DIRTY_TAG,
    GIT_REMOTE_TAG,
    NOTE_TAG,
    PARENT_RUN_TAG,
    RUN_NAME_TAG,
    SOURCE_NAME_TAG,
    SOURCE_TYPE_TAG,
    USER_TAG,
)

MLFLOW_ARTIFACT_LOCATION = "mlflow.artifactLocation"
MLFLOW_AUTOLOGGING = "mlflow.autologging"
MLFLOW_DATASET_CONTEXT = "mlflow.data.context"
MLFLOW_DOCKER_IMAGE_ID = "mlflow.docker.image.id"
MLFLOW_DOCKER_IMAGE_URI = "mlflow.docker.image.uri"
MLFLOW_EXPERIMENT_PRIMARY_METRIC_GREATER_IS_BETTER = "mlflow.experiment.primaryMetric.greaterIsBetter"
MLFLOW_EXPERIMENT_PRIMARY_METRIC_NAME = "mlflow.experiment.primaryMetric.name"
MLFLOW_GIT_BRANCH = GIT_BRANCH_TAG
MLFLOW_GIT_COMMIT = GIT_COMMIT_TAG
MLFLOW_GIT_DIFF = "mlflow.source.git.diff"
MLFLOW_GIT_DIRTY = GIT_DIRTY_TAG
MLFLOW_GIT_REPO_URL = GIT_REMOTE_TAG
MLFLOW_LOGGED_ARTIFACTS = "mlflow.loggedArtifacts"
MLFLOW_LOGGED_IMAGES = "mlflow.loggedImages"
MLFLOW_LOGGED_MODELS = "mlflow.log-model.history"
MLFLOW_PARENT_RUN_ID = PARENT_RUN_TAG
MLFLOW_PROJECT_BACKEND = "mlflow.project.backend"
MLFLOW_PROJECT_ENTRY_POINT = "mlflow.project.entryPoint"
MLFLOW_PROJECT_ENV = "mlflow.project.env"
MLFLOW_RUN_NAME = RUN_NAME_TAG
MLFLOW_RUN_NOTE = NOTE_TAG
MLFLOW_RUN_SOURCE_TYPE = "mlflow.runSourceType"
MLFLOW_RUN_TYPE = "mlflow.runType"
MLFLOW_SOURCE_NAME = SOURCE_NAME_TAG
MLFLOW_SOURCE_TYPE = SOURCE_TYPE_TAG
MLFLOW_USER = USER_TAG

__all__ = [name for name in dir() if name.startswith("MLFLOW_")]  # pyright: ignore[reportUnsupportedDunderAll]
