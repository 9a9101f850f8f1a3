"""`runstone gc`."""

import re
import time

import click

from runstone.cli import texts
from runstone.cli.output import note
from runstone.cli.removing import collector, print_removed, remove, shown_progress
from runstone.cli.stores import chosen_store, is_server, own_database
from runstone.entities.names import MAX_INT64
from runstone.settings import ARTIFACTS_DESTINATION, BACKEND_STORE_URI

_UNITS_S = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_MUCH = 10_000_000
"""Bytes of free room that are worth a word."""

_MOST_DAYS = 100_000_000_000
"""What fits into the milliseconds of a timestamp, roundly."""

_AGE = re.compile(r"(?:(?P<d>[\d.]+)d)?(?:(?P<h>[\d.]+)h)?(?:(?P<m>[\d.]+)m)?(?:(?P<s>[\d.]+)s)?")


def _age_ms(ctx: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    """Milliseconds of an age such as 10d5h."""
    if text is None:
        return None
    found = _AGE.fullmatch(text.replace(" ", ""))
    try:
        parts = {unit: float(value) for unit, value in found.groupdict().items() if value} if found else {}
    except ValueError:
        parts = {}
    if not parts:
        raise click.BadParameter(
            f"'{text}' is no age. Write days, hours, minutes and seconds: 10d, 1d2h3m4s."
        )
    age = 1_000 * sum(_UNITS_S[unit] * value for unit, value in parts.items())
    if age >= MAX_INT64:
        raise click.BadParameter(f"the age is longer than all time. Write at most {_MOST_DAYS:,} days.")
    return round(age)


def _ids(ctx: click.Context, parameter: click.Parameter, text: str | None) -> list[str]:
    ids = [one.strip() for one in (text or "").split(",")]
    if text is not None and not all(ids):
        raise click.BadParameter("an id is empty. Give ids separated by commas.")
    return ids if text is not None else []


@click.command
@click.option(
    "--older-than",
    metavar="AGE",
    callback=_age_ms,
    help="Leave what was deleted more recently: days, hours, minutes, seconds, as in 10d5h.",
)
@click.option(
    "--run-ids",
    metavar="IDS",
    callback=_ids,
    help="Only these runs, separated by commas; they must be deleted.",
)
@click.option(
    "--experiment-ids",
    metavar="IDS",
    callback=_ids,
    help="Only these experiments with their runs, separated by commas; they must be deleted.",
)
@click.option("--dry-run", is_flag=True, help="Tell what would be removed, and remove nothing.")
@click.option(
    "--backend-store-uri",
    metavar="URI",
    envvar=BACKEND_STORE_URI.name,
    show_envvar=True,
    help="The store: a folder, sqlite:///FILE, postgresql://… or mysql://….  [default: that of --tracking-uri]",
)
@click.option(
    "--artifacts-destination",
    metavar="PATH",
    envvar=ARTIFACTS_DESTINATION.name,
    show_envvar=True,
    help="The folder of the artifacts, as the server on this store has it.  [default: as for the server]",
)
@click.option(
    "--tracking-uri", metavar="URI", help="The store, or a server's http(s) URL; as before the command."
)
@click.option(
    "--output",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="How to print what was removed.",
)
def gc(
    older_than: int | None,
    run_ids: list[str],
    experiment_ids: list[str],
    dry_run: bool,
    backend_store_uri: str | None,
    artifacts_destination: str | None,
    tracking_uri: str | None,
    output: str,
) -> None:
    """Remove for good what is deleted.

    Runs and experiments in the deleted stage, with all that was logged to them, and their artifacts. There is no way
    back. What is restored meanwhile stays, whole. A removal that was interrupted is completed by the next. Servers and
    programs may go on using the store.

    \b
    Examples:
      runstone gc --dry-run
      runstone gc --older-than 30d
      runstone gc --backend-store-uri postgresql://… --artifacts-destination /srv/artifacts
      runstone gc --tracking-uri http://that-machine:5000 --experiment-ids 3,4
    """
    uri = tracking_uri or chosen_store(backend_store_uri)
    before = None if older_than is None else int(time.time() * 1_000) - older_than
    with collector(uri, artifacts_destination) as send, shown_progress(dry_run=dry_run) as progress:
        removed = remove(
            send,
            run_ids=run_ids,
            experiment_ids=experiment_ids,
            deleted_before=before,
            dry_run=dry_run,
            progress=progress,
        )
    print_removed(removed, output, dry_run=dry_run)
    if removed.runs and not dry_run and not is_server(uri):
        _hint_at_room(uri)


def _hint_at_room(uri: str) -> None:
    free = own_database(uri).free_space()
    if free >= _MUCH:
        note(
            f"The database has {texts.size(free)} of free room, which what is recorded next will use. `runstone db "
            "compact` gives it back to the disk."
        )
