"""What the commands are built of: groups, the session they run in, and the options that several share."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from runstone.client.client import Client

F = TypeVar("F", bound=Callable[..., Any])


class Commands(click.Group):
    """A group that names the nearest command when it is asked for one that it does not have."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and not ctx.resilient_parsing and not name.startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(name, self.list_commands(ctx), n=1, cutoff=0.5)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            ctx.fail(f"No such command '{name}'.{hint}")
        return super().resolve_command(ctx, args)


def hidden(command: click.Command) -> click.Command:
    """The same command, which help does not show: another name for it."""
    other = copy(command)
    other.hidden = True
    return other


class Session(NamedTuple):
    """What the options before the command's name chose."""

    tracking_uri: str | None = None

    @contextmanager
    def client(self, *, creating: bool = False) -> Generator["Client"]:
        """A client of the chosen store. Unless it is there for `creating`, a local store must exist already."""
        from runstone.client.client import Client
        from runstone.client.uris import resolve_tracking_uri

        uri = resolve_tracking_uri(self.tracking_uri)
        if not creating:
            from runstone.cli.stores import check_store_exists

            check_store_exists(uri)
        with Client(uri) as client, without_warnings():
            yield client


@contextmanager
def without_warnings(name: str = "runstone.client") -> Generator[None]:
    """What the client would warn of, and try again, the command says once, if it fails for good.

    `name` is the logger that is to keep its warnings to itself.
    """
    import logging

    log = logging.getLogger(name)
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


def session() -> Session:
    """The session of the command that runs now."""
    return click.get_current_context().ensure_object(Session)


def _tags(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    tags: dict[str, str] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals:
            raise click.BadParameter(f"'{text}' is not of the form KEY=VALUE.")
        if key in tags:
            raise click.BadParameter(f"the key '{key}' is given twice.")
        tags[key] = value
    return tags


def output_option(*, piped: str = "tsv") -> Callable[[F], F]:
    """The option `--output` of commands that show something. Without it, a terminal gets a table, and a pipe or a file
    what `piped` names."""

    def chosen(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str:
        return value or ("table" if sys.stdout.isatty() else piped)

    others = {"tsv": "tab-separated values", "json": "JSON"}[piped]
    return click.option(
        "--output",
        type=click.Choice(("table", "tsv", "json")),
        callback=chosen,
        help=f"How to print it.  [default: table on a terminal, {others} elsewhere]",
    )


result_option = click.option(
    "--output",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="Tell what was done in a sentence, or print what it was done to.",
)
"""The option `--output` of commands that change something."""

permanently_option = click.option(
    "--permanently",
    is_flag=True,
    help="Remove it for good, with its artifacts; one that is deleted already, too. There is no way back.",
)
"""The option of commands that delete."""

view_option = click.option(
    "--view",
    "-v",
    type=click.Choice(("active_only", "deleted_only", "all"), case_sensitive=False),
    default="active_only",
    show_default=True,
    help="What is in use, what is deleted, or both.",
)

max_results_option = click.option(
    "--max-results",
    type=click.IntRange(min=0),
    metavar="NUMBER",
    help="Print so many at most.  [default: 100 on a terminal, all elsewhere]",
)

filter_option = click.option(
    "--filter-string", "--filter", "-f", metavar="FILTER", default="", help="Only those that match."
)

order_option = click.option(
    "--order-by", "-s", metavar="FIELD", multiple=True, help="Sort by a field, ASC or DESC; may be repeated."
)

tags_option = click.option(
    "--tags", "-t", metavar="KEY=VALUE", multiple=True, callback=_tags, help="Set a tag; may be repeated."
)


def completed(kind: str) -> Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]:
    """What makes a shell complete an "experiment_id", an "experiment_name" or a "run_id" of the store."""

    def complete(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        from runstone.cli.completing import offered

        return offered(ctx, kind, incomplete)

    return complete


def experiment_options(*, several: bool = False) -> Callable[[F], F]:
    """The options that name one experiment, or several, as `experiment_id` and `experiment_name`."""
    more = "; may be repeated" if several else ""

    def decorate(command: F) -> F:
        for option in (
            click.option(
                "--experiment-name",
                "-n",
                metavar="NAME",
                multiple=several,
                shell_complete=completed("experiment_name"),
                help=f"The experiment's name{more}.",
            ),
            click.option(
                "--experiment-id",
                "-x",
                metavar="ID",
                multiple=several,
                shell_complete=completed("experiment_id"),
                help=f"The experiment's id{more}.",
            ),
        ):
            command = option(command)
        return command

    return decorate


def the_experiment_options(command: F) -> F:
    """The argument and the options that name one experiment, as `experiment`, `experiment_id`, `experiment_name`."""
    named = click.argument(
        "experiment", metavar="[ID]", required=False, shell_complete=completed("experiment_id")
    )
    return named(experiment_options()(command))


def run_options(command: F) -> F:
    """The argument and the option that name one run, as `run` and `run_id`."""
    option = click.option(
        "--run-id",
        "-r",
        metavar="RUN",
        shell_complete=completed("run_id"),
        help="The run, if it is not given as an argument.",
    )
    return click.argument("run", required=False, shell_complete=completed("run_id"))(option(command))
