"""What MLflow 0.x and 1.x said in columns of a run, and later versions say in tags."""

from runstone.entities.names import GIT_COMMIT_TAG, SOURCE_NAME_TAG, SOURCE_TYPE_TAG

_ENTRY_POINT_TAG = "mlflow.project.entryPoint"


def origin_tags(
    *, source_name: str, source_type: str, source_version: str, entry_point_name: str
) -> dict[str, str]:
    """The tags that say what made a run. Without its name they say nothing: newer versions fill in a type alone."""
    if not source_name:
        return {}
    told = {
        SOURCE_NAME_TAG: source_name,
        SOURCE_TYPE_TAG: source_type,
        GIT_COMMIT_TAG: source_version,
        _ENTRY_POINT_TAG: entry_point_name,
    }
    return {key: value for key, value in told.items() if value}
