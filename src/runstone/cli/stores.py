"""What can be known of a store before it is opened."""

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from runstone.cli.groups import session
from runstone.errors import InvalidParameterValue, StoreError

if TYPE_CHECKING:
    from runstone.store.dialect import Database


def is_server(uri: str) -> bool:
    """Whether a tracking URI names a server, not a store of this machine."""
    return uri.partition(":")[0].lower() in ("http", "https")


def local_database(uri: str) -> Path | None:
    """The database file of a store of this machine; None for a server, and for no store's URI."""
    if is_server(uri):
        return None
    from runstone.service.opening import places

    database = places(uri).database
    return database if isinstance(database, Path) else None


_BY_TRACKING_URI = "Name another place with --tracking-uri (before the command) or MLFLOW_TRACKING_URI."


def check_store_exists(uri: str, advice: str = _BY_TRACKING_URI) -> None:
    """Looking must not leave an empty store behind.

    Raises StoreError where a local store would have to be created; `advice` says how the command is told of another.
    """
    database = local_database(uri)
    if database is None or database.exists():
        return
    named = database if uri.startswith("sqlite:") else database.parent
    also = _of_mlflow_beside(database.parent) if named != database else ""
    raise StoreError(f"There is no store at {named}: nothing was recorded there yet.{also} {advice}")


def _of_mlflow_beside(folder: Path) -> str:
    from runstone.service.opening import mlflow_beside

    beside = mlflow_beside(folder)
    if not beside:
        return ""
    return f" {beside} is an MLflow database: `runstone import {quote(str(beside))}` takes it over."


def chosen_store(backend_store_uri: str | None) -> str:
    """The store of a command with the option --backend-store-uri, else that of the tracking URI.

    What stands on the command line counts more than what is in the environment: one that was forgotten there must not
    decide where something is removed.
    """
    from runstone.client.uris import resolve_tracking_uri

    context, typed = click.get_current_context(), click.core.ParameterSource.COMMANDLINE
    asked = context.get_parameter_source("backend_store_uri") == typed
    elsewhere = context.find_root().get_parameter_source("tracking_uri") == typed
    if backend_store_uri and (asked or not elsewhere):
        return backend_store_uri
    return resolve_tracking_uri(session().tracking_uri)


def own_store(uri: str) -> str:
    """The URI of a store that a command works on itself. Raises InvalidParameterValue for a server's."""
    from runstone.urls import without_secrets

    if is_server(uri):
        raise InvalidParameterValue(
            f"{without_secrets(uri)} is a server. This works on a store itself: name what the server has as its "
            "--backend-store-uri, where that can be reached."
        )
    return uri


def own_database(uri: str, advice: str = _BY_TRACKING_URI) -> "Database":
    """The database of a store's URI. Raises StoreError with `advice` where there is none yet."""
    from runstone.service.opening import places
    from runstone.store.dialect import database_at

    check_store_exists(uri, advice)
    return database_at(places(uri).database)
