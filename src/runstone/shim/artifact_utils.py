"""What libraries use of MLflow's `mlflow.tracking.artifact_utils`."""

from os import PathLike

from runstone.artifacts import download_artifacts
from runstone.client.artifact_uris import below
from runstone.client.client import Client
from runstone.errors import InvalidParameterValue

__all__ = ["_download_artifact_from_uri", "get_artifact_uri"]


def get_artifact_uri(run_id: str, artifact_path: str | None = None, tracking_uri: str | None = None) -> str:
    """The URI of a run's artifacts, or of one of them, which need not exist.

    Raises ResourceDoesNotExist for an unknown run.
    """
    if not run_id:
        raise InvalidParameterValue("A run_id must be specified in order to obtain an artifact uri!")
    with Client(tracking_uri) as client:
        return below(client.get_run(run_id).info.artifact_uri or "", artifact_path)


def _download_artifact_from_uri(  # pyright: ignore[reportUnusedFunction] - flavors of others import it
    artifact_uri: str,
    output_path: str | PathLike[str] | None = None,
    lineage_header_info: object | None = None,
    tracking_uri: str | None = None,
    registry_uri: str | None = None,
) -> str:
    """What `download_artifacts` does. `lineage_header_info`, which is for Databricks, has no meaning here."""
    return download_artifacts(
        artifact_uri, dst_path=output_path, tracking_uri=tracking_uri, registry_uri=registry_uri
    )
