"""`runstone server` and `runstone ui`."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from runstone import settings
from runstone.errors import InvalidParameterValue

F = TypeVar("F", bound=Callable[..., Any])


def _option(setting: settings.Setting[Any], *names: str, **more: Any) -> Callable[[F], F]:
    """An option whose default is the setting's value, wherever that comes from."""
    return click.option(
        *names, envvar=setting.name, default=setting.default, help=setting.help, show_envvar=True, **more
    )


def _server_options(command: F) -> F:
    for option in reversed(
        (
            _option(settings.HOST, "--host", "-h", metavar="ADDRESS", show_default=True),
            _option(
                settings.PORT,
                "--port",
                "-p",
                type=click.IntRange(0, 65_535),
                metavar="NUMBER",
                show_default=True,
            ),
            _option(settings.BACKEND_STORE_URI, "--backend-store-uri", metavar="URI"),
            _option(settings.DEFAULT_ARTIFACT_ROOT, "--default-artifact-root", metavar="URI"),
            _option(settings.ARTIFACTS_DESTINATION, "--artifacts-destination", metavar="PATH"),
            _option(settings.ALLOWED_HOSTS, "--allowed-hosts", metavar="NAMES"),
            _option(settings.CORS_ALLOWED_ORIGINS, "--cors-allowed-origins", metavar="ORIGINS"),
        )
    ):
        command = option(command)
    return command


@click.command
@_server_options
def server(**chosen: Any) -> None:
    """Serve a store to others: the tracking API of MLflow, artifacts and the web UI.

    Clients connect with set_tracking_uri("http://HOST:PORT"), Runstone's and MLflow's alike. Without options the store
    is the folder ./mlruns, and only this machine can connect.
    """
    _serve(chosen, lambda url: click.echo(f"Runstone answers at {url}", err=True))


@click.command
@_server_options
def ui(**chosen: Any) -> None:
    """Look at your runs in a browser: serve the local store, ./mlruns unless told otherwise, to this machine.

    The server is the same as that of `runstone server`.
    """
    _serve(chosen, lambda url: _greet(url, chosen["backend_store_uri"]))


def _serve(chosen: dict[str, Any], on_ready: Callable[[str], None]) -> None:
    # Imported here: `--help` needs none of it.
    from runstone.server.run import Options, serve

    serve(
        Options(
            host=chosen["host"],
            port=chosen["port"],
            store_uri=chosen["backend_store_uri"],
            artifact_root=chosen["default_artifact_root"],
            artifacts_destination=chosen["artifacts_destination"],
            allowed_hosts=_names("--allowed-hosts", chosen["allowed_hosts"]),
            allowed_origins=_names("--cors-allowed-origins", chosen["cors_allowed_origins"]) or (),
        ),
        on_ready,
    )


def _names(option: str, text: str | None) -> tuple[str, ...] | None:
    """The names of a list with commas; None if there is no list."""
    if text is None:
        return None
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise InvalidParameterValue(
            f"{option} names nothing. Give names separated by commas, or leave it out."
        )
    return names


def _greet(url: str, store: str | None) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]Runstone[/bold] shows the runs in [cyan]{_escaped(store or './mlruns')}[/cyan]")
    console.print(f"  Open [link={url}][bold green]{url}[/bold green][/link]")
    console.print("  [dim]Ctrl+C ends it.[/dim]")


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
