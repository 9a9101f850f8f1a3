"""The operations on artifacts."""

from runstone.entities.artifact import check_artifact_path
from runstone.service.core import Service, operation
from runstone.service.runs import existing_run
from runstone.wire import artifacts as wire


@operation
def list_artifacts(service: Service, request: wire.ListArtifacts) -> wire.ListArtifactsResponse:
    path = check_artifact_path((request.path or "").rstrip("/"))
    with service.store.read() as connection:
        row = existing_run(connection, request.run_id)
    files = service.artifact_store(row.artifact_uri).list(path)
    return wire.ListArtifactsResponse(
        service.locations.shown(row.artifact_uri),
        [wire.FileInfo(file.path, file.is_dir, file.file_size or None) for file in files],
    )
