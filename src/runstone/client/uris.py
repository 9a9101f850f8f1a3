"""Which store is meant when none is named."""

import os
from os import PathLike
from pathlib import Path

from runstone import settings

_chosen: str | None = None
_registry: str | None = None


def set_tracking_uri(uri: str | PathLike[str] | None) -> None:
    """Say where runs are recorded from now on, in this process and in those it starts.

    Args:
        uri: a server's http(s) URL, a folder, a `file:` URI, `sqlite:///FILE`, or the URL of a database, such as
            `postgresql://USER:PASSWORD@HOST/DATABASE`; "" or None for the folder ./mlruns.

    Runs that are open go on where they began.
    """
    global _chosen
    _chosen = _chosen_for_children(settings.TRACKING_URI, uri)


def get_tracking_uri() -> str:
    """Where runs are recorded: what `set_tracking_uri` or MLFLOW_TRACKING_URI says, else the folder ./mlruns."""
    return _chosen or settings.TRACKING_URI.read() or Path(settings.DEFAULT_STORE).absolute().as_uri()


def is_tracking_uri_set() -> bool:
    """Whether somebody said where runs are recorded."""
    return bool(_chosen or settings.TRACKING_URI.read())


def set_registry_uri(uri: str | None) -> None:
    """Say where registered models are kept from now on, in this process and in those it starts.

    Args:
        uri: as set_tracking_uri takes it; "" or None for the place where runs are recorded.
    """
    global _registry
    _registry = _chosen_for_children(settings.REGISTRY_URI, uri)


def get_registry_uri() -> str:
    """Where registered models are kept: what `set_registry_uri` or MLFLOW_REGISTRY_URI says, else the tracking URI."""
    return _registry or settings.REGISTRY_URI.read() or get_tracking_uri()


def resolve_registry_uri(uri: str | None, tracking_uri: str) -> str:
    """The registry's URI given, or that which holds if none is; else it is where a client's runs are."""
    return uri or _registry or settings.REGISTRY_URI.read() or tracking_uri


def resolve_tracking_uri(uri: str | PathLike[str] | None) -> str:
    """The tracking URI given, or that which holds if none is."""
    return _text(uri) if uri else get_tracking_uri()


def _chosen_for_children(
    setting: settings.Setting[str | None], uri: str | PathLike[str] | None
) -> str | None:
    """The URI as text, also in the environment of the processes that this one starts; None for "" and None."""
    chosen = _text(uri) if uri else None
    if chosen:
        os.environ[setting.name] = chosen
    else:
        os.environ.pop(setting.name, None)
    return chosen


def _text(uri: str | PathLike[str]) -> str:
    return uri if isinstance(uri, str) else Path(uri).absolute().as_uri()
