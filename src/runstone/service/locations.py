"""Where artifacts are: the URIs of experiments and runs, as they are stored and as they are shown.

A store keeps `mlflow-artifacts:/EXPERIMENT/…`, relative to its own artifact folder, so that the folder can be moved. A
server shows that as it is: its clients fetch through the proxy. A local user sees the folder itself, as a `file:` URI.
"""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from runstone.artifact_store import local_path
from runstone.entities.names import MAX_ARTIFACT_LOCATION_LENGTH, check_text
from runstone.errors import InvalidParameterValue, PermissionDenied

PROXIED = "mlflow-artifacts:"


class Locations(NamedTuple):
    """`default_root` is where new experiments keep their artifacts; `shown_root` replaces the proxy's scheme.

    A service that is `serving` is a server's, and reads local files for others only below its own roots.
    """

    default_root: str = f"{PROXIED}/"
    shown_root: str | None = None
    serving: bool = True

    def of_experiment(self, experiment_id: int) -> str:
        """Where an experiment keeps its artifacts if it does not say otherwise."""
        return append(self.default_root, str(experiment_id))

    def shown(self, location: str) -> str:
        """A stored URI as this service's users see it."""
        if self.shown_root is not None and location.startswith(f"{PROXIED}/"):
            return append(self.shown_root, location.removeprefix(PROXIED).strip("/"))
        return location

    def check_served(self, location: str) -> None:
        """Raises PermissionDenied for a place on the server's own disk that is not meant for artifacts.

        Users may give an experiment any location, and write there themselves; the server must not become a way to read
        its files.
        """
        path = local_path(location)
        if not self.serving or path is None:
            return
        root = local_path(self.default_root)
        if root is None or not path.resolve().is_relative_to(root.resolve()):
            raise PermissionDenied(
                f"These artifacts are in {location}, outside the folders that this server shows. Open them there, or "
                "start the server with --default-artifact-root on a folder that holds them."
            )


def of_run(experiment_location: str, run_id: str) -> str:
    """Where a run keeps its artifacts."""
    return append(experiment_location, f"{run_id}/artifacts")


def append(location: str, path: str) -> str:
    """The URI of something below another."""
    return f"{location.rstrip('/')}/{path}" if path else location


def split_uri(uri: str) -> SplitResult:
    """The parts of a URI or a path. Raises InvalidParameterValue for what is neither."""
    try:
        return urlsplit(uri)
    except ValueError as error:
        raise InvalidParameterValue(f"'{uri}' is no valid URI: {error}.") from error


def checked(location: str) -> str:
    """An artifact location that a user chose; a plain path is made absolute.

    Raises InvalidParameterValue for a location that is too long, or a URI with a fragment or a suspicious query.
    """
    if len(location) > MAX_ARTIFACT_LOCATION_LENGTH:
        raise InvalidParameterValue(
            "Invalid artifact path length. The length of the artifact path cannot be greater than "
            f"{MAX_ARTIFACT_LOCATION_LENGTH} characters. To configure this limit, please set the "
            "MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH environment variable."
        )
    check_text(location, "artifact_location")
    parts = split_uri(location)
    if local_path(location) is not None and parts.scheme != "file":
        return str(Path(location).resolve())
    if parts.fragment or parts.path.count(";"):
        raise InvalidParameterValue("'artifact_location' URL can't include fragments or params.")
    if ".." in unquote(parts.query):
        raise InvalidParameterValue("Invalid query string")
    if ".." in unquote(parts.path).split("/"):
        raise InvalidParameterValue(f"Invalid artifact location: '{location}'. It must not contain '..'.")
    return location
