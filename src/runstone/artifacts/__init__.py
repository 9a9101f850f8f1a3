"""Where the files of runs are kept: one class for each kind of store; each confines paths to its root."""

from runstone.artifacts.base import ArtifactReader, ArtifactStore, ArtifactWriter
from runstone.artifacts.files import CHUNK
from runstone.artifacts.local import LocalArtifactStore
from runstone.artifacts.location import Artifacts, local_path, store_at

__all__ = [
    "CHUNK",
    "ArtifactReader",
    "ArtifactStore",
    "ArtifactWriter",
    "Artifacts",
    "LocalArtifactStore",
    "local_path",
    "store_at",
]
