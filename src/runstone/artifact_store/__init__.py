"""Where the files of runs are kept: one class for each kind of store; each confines paths to its root."""

from runstone.artifact_store.base import ArtifactReader, ArtifactStore, ArtifactWriter, Stream, copy
from runstone.artifact_store.files import CHUNK
from runstone.artifact_store.local import LocalArtifactStore
from runstone.artifact_store.location import Artifacts, local_path, store_at

__all__ = [
    "CHUNK",
    "ArtifactReader",
    "ArtifactStore",
    "ArtifactWriter",
    "Artifacts",
    "LocalArtifactStore",
    "Stream",
    "copy",
    "local_path",
    "store_at",
]
