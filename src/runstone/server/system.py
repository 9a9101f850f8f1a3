"""What the server says about itself: that it lives, its version, what it can do, and its operations."""

from collections.abc import Iterator
from functools import cache

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from runstone.server.answers import HTML, TEXT, Answer, App
from runstone.server.endpoints import route
from runstone.server.pools import Pools
from runstone.settings import MLFLOW_VERSION

_INFO_PREFIXES = ("/api/3.0", "/ajax-api/3.0")
_ALIVE = Answer(200, b"OK", TEXT)
_VERSION = Answer(200, MLFLOW_VERSION.encode(), HTML)

# What MLflow's client reads before its first upload. Every ability that would need a storage service is absent.
_INFO = Answer(
    200,
    msgspec.json.encode(
        {
            "store_type": "SqlStore",
            "workspaces_enabled": False,
            "trace_archival_enabled": False,
            "multipart_uploads_enabled": False,
            "multipart_downloads_enabled": False,
            "presigned_upload_run_id_supported": False,
            "presigned_upload_model_id_supported": False,
            "features_enabled": {"gateway": False},
        }
    ),
)


def system_routes(pools: Pools) -> Iterator[Route]:
    """The routes of /health, /version, server-info and /openapi.json."""

    async def openapi(request: Request) -> App:
        return await pools.heavy.run(_openapi)

    yield route("/health", GET=_health)
    yield route("/version", GET=_version)
    for prefix in _INFO_PREFIXES:
        yield route(f"{prefix}/mlflow/server-info", GET=_server_info)
    yield route("/openapi.json", GET=openapi)


async def _health(request: Request) -> App:
    return _ALIVE


async def _version(request: Request) -> App:
    return _VERSION


async def _server_info(request: Request) -> App:
    return _INFO


@cache
def _openapi() -> Answer:
    # Imported when it is asked for: a server at rest need not carry it.
    from runstone.wire.openapi import document

    return Answer(200, msgspec.json.encode(document()))
