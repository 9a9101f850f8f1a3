"""The command `runstone`."""

import sys
from typing import Any

import click

from runstone.errors import RunstoneError

_COMMANDS = {
    "server": ("runstone.cli.server", "Serve a store to others: the tracking API, artifacts and the web UI."),
    "shim": ("runstone.cli.shim", "Let `import mlflow` and the command `mlflow` mean Runstone here."),
    "ui": ("runstone.cli.server", "Look at your runs: serve the local store to this machine's browser."),
}
"""Each command's module, which is imported when the command runs, and the line that `runstone --help` says of it."""


class _Commands(click.Group):
    """A group that imports a command when it is needed, so that `--help` and `--version` answer at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        from importlib import import_module

        return getattr(import_module(_COMMANDS[cmd_name][0]), cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, said) for name, (_, said) in sorted(_COMMANDS.items())])


def _show_version(ctx: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"runstone {version('runstone')}")
        ctx.exit()


@click.group(
    cls=_Commands,
    context_settings={"max_content_width": 100},
    epilog="`runstone COMMAND --help` tells a command's options.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def runstone() -> None:
    """Record machine-learning runs, and look at them. Speaks MLflow's API and protocol."""


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line. An error of ours is told in one line, and the exit status is 1."""
    try:
        return runstone(arguments, prog_name="runstone")
    except RunstoneError as error:
        click.echo(f"Error: {error.message}", err=True)
        sys.exit(1)
