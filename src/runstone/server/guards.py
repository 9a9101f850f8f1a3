"""Requests that a server must refuse though a local user may make them: what would open its own files to others."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from runstone.errors import InvalidParameterValue
from runstone.server.dispatch import Guard
from runstone.wire.experiments import CreateExperiment

_REMOTE = re.compile(r"(?!file:|local:)[a-z][a-z0-9+.\-]+:", re.IGNORECASE)


def guards(artifact_roots: Iterable[str]) -> dict[str, Guard]:
    """The checks of requests, by the operation's name.

    `artifact_roots` are the places, paths or URIs, that whoever runs the server chose for artifacts.
    """
    roots = [_real(root) for root in artifact_roots if not _REMOTE.match(root)]

    def create_experiment(request: CreateExperiment) -> None:
        location = request.artifact_location
        if not location or _REMOTE.match(location):
            return
        if not any(_real(location).is_relative_to(root) for root in roots):
            raise InvalidParameterValue(
                f"Invalid artifact location: '{location}' is a path on the server, where only whoever runs the server "
                "may choose places for artifacts. Leave it out, or give an mlflow-artifacts: URI."
            )

    return {"create_experiment": create_experiment}


def _real(location: str) -> Path:
    """The folder that a local path or a file: URI means, with links followed."""
    scheme, colon, rest = location.partition(":")
    if colon and scheme.lower() in ("file", "local"):
        location = unquote(rest)
        if location.startswith("//"):
            location = "/" + location[2:].partition("/")[2]
    return Path(os.path.realpath(location))
