"""`runstone db`."""

from collections.abc import Callable
from shlex import quote
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from runstone.cli import texts
from runstone.cli.groups import Commands, result_option
from runstone.cli.output import print_json
from runstone.cli.stores import chosen_store, own_database, own_store
from runstone.settings import BACKEND_STORE_URI

if TYPE_CHECKING:
    from runstone.store.dialect import Database

F = TypeVar("F", bound=Callable[..., Any])

_NOT_PRESENT = 1
_ADVICE = "Name another after the command: a folder, sqlite:///FILE, postgresql://… or mysql://…"


@click.group(cls=Commands)
def db() -> None:
    """Look after a store's database: its version, its upgrade, its size.

    A new Runstone may keep things in other tables than an older one. A folder that a process uses by itself is upgraded
    when it is opened; a server refuses an older store, until `runstone db upgrade` was run.
    """


def _store_options(command: F) -> F:
    """The argument and the option that name a store, as `uri` and `backend_store_uri`."""
    option = click.option(
        "--backend-store-uri",
        metavar="URI",
        envvar=BACKEND_STORE_URI.name,
        show_envvar=True,
        help="The store, if it is not given as an argument.  [default: that of --tracking-uri]",
    )
    return click.argument("uri", metavar="[URI]", required=False)(option(command))


@db.command
@_store_options
@result_option
def current(uri: str | None, backend_store_uri: str | None, output: str) -> None:
    """Tell the version of a store's tables.

    And that which this Runstone needs; the exit status is 1 if the two differ. URI is a folder, sqlite:///FILE,
    postgresql://… or mysql://…. Nothing is changed.
    """
    from runstone.store.preparing import version_of
    from runstone.store.schema import VERSION

    database = _database(uri, backend_store_uri)
    version = version_of(database)
    state = _state(version)
    if output == "json":
        print_json({"store": database.argument, "version": version, "needed": VERSION, "state": state})
    else:
        click.echo(texts.visible(f"{database.argument}: {_told(database, version, VERSION)}"))
    if state != "current":
        click.get_current_context().exit(_NOT_PRESENT)


@db.command
@_store_options
@result_option
def upgrade(uri: str | None, backend_store_uri: str | None, output: str) -> None:
    """Bring a store's tables up to this Runstone.

    URI is a folder, sqlite:///FILE, postgresql://… or mysql://….

    \b
    Before it:
      1. End the servers and programs that use the store.
      2. Make a backup: of a folder or a SQLite file a copy, else pg_dump or mysqldump.
         There is no way back to an older version but this.

    Most take a second, whatever is in the store; the changelog tells of those that do not. An upgrade that was
    interrupted is completed by running it again.
    """
    from runstone.store.preparing import upgrade as upgrade_store

    database = _database(uri, backend_store_uri)
    before, after = upgrade_store(database)
    if output == "json":
        print_json({"store": database.argument, "before": before, "after": after})
    elif before == after:
        click.echo(texts.visible(f"{database.argument}: version {after} already; nothing was to be done."))
    else:
        click.echo(texts.visible(f"{database.argument}: upgraded from version {before} to {after}."))


@db.command
@_store_options
@result_option
def compact(uri: str | None, backend_store_uri: str | None, output: str) -> None:
    """Give free room in a SQLite file back to the disk.

    Removed runs leave such room, which what is recorded next would use. Who writes meanwhile waits, some seconds for
    every 100 MB that stay; as much room again is needed on the disk while it lasts. PostgreSQL and MySQL do so by
    themselves.
    """
    from runstone.store.preparing import compact as compact_store

    database = _database(uri, backend_store_uri)
    freed = compact_store(database)
    if output == "json":
        print_json({"store": database.argument, "freed": freed})
    else:
        said = (
            f"gave {texts.size(freed)} back to the disk."
            if freed
            else "no free room; nothing was to be done."
        )
        click.echo(texts.visible(f"{database.argument}: {said}"))


State = Literal["current", "older", "newer", "none"]


def _state(version: str | None) -> State:
    from runstone.store.schema import OLDER_VERSIONS, VERSION

    if version is None:
        return "none"
    if version == VERSION:
        return "current"
    return "older" if version in OLDER_VERSIONS else "newer"


def _told(database: "Database", version: str | None, needed: str) -> str:
    """What is to be known of a version, and done."""
    match _state(version):
        case "none":
            return f"no store of Runstone's; one would have version {needed}."
        case "current":
            return f"version {version}, as this Runstone needs it."
        case "older":
            command = f"runstone db upgrade {quote(database.argument)}"
            return f"version {version}; this Runstone needs {needed}. Make a backup, and run `{command}`."
        case "newer":
            made = f"version {version}, made by a newer Runstone than this, which knows {needed}."
            return f"{made} Run `pip install --upgrade runstone`."


def _database(uri: str | None, backend_store_uri: str | None) -> "Database":
    return own_database(own_store(uri or chosen_store(backend_store_uri)), _ADVICE)
