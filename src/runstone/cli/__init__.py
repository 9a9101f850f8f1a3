"""The command `runstone`."""

import errno
import os
import sys
from io import TextIOWrapper
from keyword import iskeyword
from pathlib import Path
from typing import Never

import click

from runstone.cli.groups import Commands, Session
from runstone.errors import RunstoneError
from runstone.settings import HTTP_MAX_RETRIES, MLFLOW_VERSION, TRACKING_URI

_COMMANDS = {
    "artifacts": ("runstone.cli.artifacts", "List, download and add the files of a run."),
    "completion": ("runstone.cli.completion", "Print what makes a shell complete these commands."),
    "db": ("runstone.cli.db", "Look after a store's database: its version, its upgrade, its size."),
    "doctor": (
        "runstone.cli.doctor",
        "Say what is installed, where runs are recorded, and whether that works.",
    ),
    "experiments": ("runstone.cli.experiments", "List, create, rename, delete and restore experiments."),
    "gc": ("runstone.cli.gc", "Remove for good what is deleted: runs, experiments and their artifacts."),
    "import": ("runstone.cli.importing", "Take over what MLflow recorded: a folder, a database or a server."),
    "runs": ("runstone.cli.runs", "List, search, describe, create, delete and restore runs."),
    "server": ("runstone.cli.server", "Serve a store to others: the tracking API, artifacts and the web UI."),
    "shim": ("runstone.cli.shim", "Let `import mlflow` and the command `mlflow` mean Runstone here."),
    "ui": ("runstone.cli.server", "Look at your runs: serve the local store to this machine's browser."),
}
"""Each command's module, which is imported when the command runs, and the line that `runstone --help` says of it."""

_USAGE, _INTERRUPTED, _PIPE_BROKEN = 2, 130, 141
_MLFLOW = "mlflow"  # what the shim calls this command
_COMPLETE = "_RUNSTONE_COMPLETE"
"""The variable by which a shell's script asks for completions; click reads others beside it."""


class _Lazy(Commands):
    """A group that imports a command when it is needed, so that `--help` and `--version` answer at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        from importlib import import_module

        attribute = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        return getattr(import_module(_COMMANDS[cmd_name][0]), attribute)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, said) for name, (_, said) in sorted(_COMMANDS.items())])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(f"`{ctx.info_name} COMMAND --help` tells a command's options.")


def _version(name: str) -> str:
    """What `--version` says. Programs read MLflow's version out of what `mlflow` says, so that is in its form."""
    if name == _MLFLOW:
        return f"{_MLFLOW}, version {MLFLOW_VERSION}"
    from importlib.metadata import version

    return f"runstone {version('runstone')}"


def _show_version(ctx: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        click.echo(_version(str(ctx.info_name)))
        ctx.exit()


def _read_env_file(ctx: click.Context, parameter: click.Parameter, path: str | None) -> None:
    if path and not ctx.resilient_parsing:
        from runstone.cli.env_file import read_env_file

        for name, value in read_env_file(path).items():
            os.environ.setdefault(name, value)


@click.group(
    cls=_Lazy,
    context_settings={"max_content_width": 100},
)
@click.option(
    "--tracking-uri",
    metavar="URI",
    envvar=TRACKING_URI.name,
    show_envvar=True,
    help="The store that commands look into: a server's http(s) URL, a folder, sqlite:///FILE, postgresql://… or "
    "mysql://….  [default: ./mlruns]",
)
@click.option(
    "--env-file",
    metavar="FILE",
    is_eager=True,
    expose_value=False,
    callback=_read_env_file,
    help="Take environment variables from a file of NAME=VALUE lines; those that are set already stay.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
@click.pass_context
def runstone(ctx: click.Context, tracking_uri: str | None) -> None:
    """Record machine-learning runs, and look at them. Speaks MLflow's API and protocol."""
    ctx.obj = Session(tracking_uri)


def main(arguments: list[str] | None = None) -> Never:
    """Run the command line and end the process with its status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # a name may have letters that the terminal's code lacks
    # Somebody waits for the answer, and can repeat the command: two minutes of trying again are for trainings.
    HTTP_MAX_RETRIES.default = 1
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line, and return the status that the process is to end with.

    It is 0 if all went well, 1 after an error, which is told in one line, 2 if the command was called wrongly, 3 after
    an import that had to leave something out, 130 after Ctrl+C and 141 when the program that read the output went away.
    """
    try:
        status = _invoke(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()  # here, where what goes wrong with it can still be told
        return status
    except RunstoneError as error:
        return _told(error.message)
    except click.UsageError as error:
        error.show()
        return _USAGE
    except click.ClickException as error:
        return _told(error.format_message())
    except KeyboardInterrupt:
        return _INTERRUPTED
    except OSError as error:
        if error.errno == errno.EPIPE:
            _drop_output()
            return _PIPE_BROKEN
        return _told(
            f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror or error}."
        )


def _invoke(arguments: list[str]) -> int:
    """What click's own `main` does, without its answers to what goes wrong."""
    if instruction := os.environ.get(_COMPLETE):
        from click.shell_completion import shell_complete

        return shell_complete(runstone, {}, "runstone", _COMPLETE, instruction)
    try:
        with runstone.make_context(_called(), list(arguments)) as context:
            runstone.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    return 0


def _called() -> str:
    """By which name the command was called, so that it speaks of itself by the same."""
    program = Path(sys.argv[0])
    called = program.parent.name if program.name == "__main__.py" else program.stem
    return _MLFLOW if called == _MLFLOW else "runstone"


def _told(message: str) -> int:
    from runstone.cli.texts import one_line

    click.echo(f"Error: {one_line(message)}", err=True)
    return 1


def _drop_output() -> None:
    """Let what is still buffered go nowhere: the interpreter would try to write it at its end, and complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
