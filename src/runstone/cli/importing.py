"""`runstone import`."""

from typing import TYPE_CHECKING, Literal

import click

from runstone.cli.groups import session, without_warnings
from runstone.cli.import_report import print_report, shown_progress
from runstone.cli.output import print_json
from runstone.errors import RunstoneError

if TYPE_CHECKING:
    from runstone.importer import Report, Target

INCOMPLETE = 3
"""The status of an import that had to leave something behind."""


@click.command("import")
@click.argument("source")
@click.option(
    "--to",
    metavar="URI",
    help="The store that takes them over: a folder, sqlite:///FILE, postgresql://…, mysql://… or a Runstone server's "
    "http(s) URL.  [default: that of --tracking-uri]",
)
@click.option(
    "--experiment",
    "-e",
    metavar="NAME|ID",
    multiple=True,
    help="Only this experiment; may be repeated.  [default: all]",
)
@click.option(
    "--artifacts",
    type=click.Choice(("copy", "link")),
    default="copy",
    show_default=True,
    help="Copy the runs' files, or leave them where they are and have the runs name that place.",
)
@click.option(
    "--artifacts-from",
    metavar="FOLDER",
    help="The folder in which MLflow's server kept artifacts. Of a server, only what is below it is read on this "
    "machine.  [default: for a SQLite file, mlartifacts beside it]",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Read all but the files, which are not counted; tell what would be done, and store nothing.",
)
@click.option(
    "--output",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="How to print the report.",
)
@click.pass_context
def import_(
    ctx: click.Context,
    source: str,
    to: str | None,
    experiment: tuple[str, ...],
    artifacts: Literal["copy", "link"],
    artifacts_from: str | None,
    dry_run: bool,
    output: str,
) -> None:
    """Take over what MLflow recorded.

    SOURCE is a folder (mlruns), a database (sqlite:///mlflow.db, postgresql://…, mysql://…) or a server's http(s) URL.
    It stays as it is. An import that was interrupted goes on when it is run again, and one that is repeated brings
    over what is new.

    The status is 0 if everything was carried, 3 if something had to be left out, which the report lists, and 1 after
    an error.
    """
    from runstone.client.uris import resolve_tracking_uri
    from runstone.importer import (
        NoTarget,
        Options,
        Report,
        StoreTarget,
        check_different,
        open_source,
        transfer,
    )

    uri = to or resolve_tracking_uri(session().tracking_uri)
    check_different(source, uri)
    report = Report()
    # A warning would be, say, that MLflow's runs lie beside the store, which is being mended.
    with without_warnings("runstone"):
        opened = open_source(source, report, artifacts_from=artifacts_from)
    target: Target = NoTarget() if dry_run else StoreTarget(uri)
    try:
        with without_warnings("runstone"), shown_progress(report) as progress:
            transfer(opened, target, report, Options(experiment, artifacts == "link"), progress)
    except RunstoneError as error:
        raise RunstoneError(f"{error.message} {_so_far(report)}") from error
    finally:
        opened.close()
        target.close()
    if output == "json":
        print_json({"source": opened.uri, "target": target.uri or None} | report.as_dict())
    else:
        print_report(report, opened.uri, target.uri)
    ctx.exit(0 if report.complete else INCOMPLETE)


def _so_far(report: "Report") -> str:
    """What becomes of an import that could not go on."""
    runs = report.taken["new_runs"] + report.taken["updated_runs"]
    if not runs:
        return "Nothing was imported."
    said = (
        "1 run was imported before that, and stays"
        if runs == 1
        else f"{runs:,} runs were imported before that, and stay"
    )
    return f"{said}; the same command goes on from there."
