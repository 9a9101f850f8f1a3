"""The server's ASGI app over a service, whole."""

from collections.abc import Iterable

from starlette.routing import Router

from runstone.server.answers import App
from runstone.server.artifacts import artifact_routes
from runstone.server.dispatch import Dispatch
from runstone.server.pools import Pools
from runstone.server.security import Security
from runstone.server.system import system_routes
from runstone.server.ui import WebUI
from runstone.service import Service


def create_app(
    service: Service,
    pools: Pools,
    *,
    allowed_hosts: Iterable[str] | None = None,
    allowed_origins: Iterable[str] = (),
    bound_host: str = "127.0.0.1",
) -> App:
    """The app that serves `service`, its artifacts and the web UI, behind the checks of Host and Origin.

    Args:
        service: what the operations are run by. The caller closes it, and `pools`.
        pools: the threads that the operations run in.
        allowed_hosts: see Security.
        allowed_origins: see Security.
        bound_host: the address that the server listens on.
    """
    routes = [*system_routes(pools), *artifact_routes(service, pools)]
    rest = Router(routes, redirect_slashes=False, default=WebUI(pools.files))
    dispatch = Dispatch(service, pools, rest)
    return Security(
        dispatch, allowed_hosts=allowed_hosts, allowed_origins=allowed_origins, bound_host=bound_host
    )
