"""Databases of the servers that the machine has, made for a test and dropped after it.

RUNSTONE_TEST_POSTGRESQL and RUNSTONE_TEST_MARIADB name other servers than those of this machine, by the URL of a
database that always exists, with a user who may create others.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from tests.tiers import tier_missing

SERVERS = {
    "postgresql": os.environ.get("RUNSTONE_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres"),
    "mariadb": os.environ.get("RUNSTONE_TEST_MARIADB", "mysql://root@127.0.0.1:3306/mysql"),
}
"""By the name of their tier."""

KINDS = ("sqlite", *SERVERS)


@contextmanager
def fresh_database(tier: str) -> Iterator[str]:
    """The URL of a new, empty database of a server. Skips the test where the server does not answer."""
    name = f"runstone_test_{uuid.uuid4().hex[:12]}"
    admin = _administration(tier)
    try:
        _execute(admin, f"CREATE DATABASE {name}")
        yield make_url(SERVERS[tier]).set(database=name).render_as_string(hide_password=False)
    finally:
        _drop(admin, tier, name)
        admin.dispose()


def end_connections(tier: str, url: str) -> None:
    """Have the server end all connections to a database, as when it restarts."""
    admin = _administration(tier)
    name = make_url(url).database
    if tier == "postgresql":
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        with admin.connect() as connection:
            connection.execute(text(ended), {"name": name})
    else:
        listed = "SELECT id FROM information_schema.processlist WHERE db = :name"
        with admin.connect() as connection:
            for (number,) in connection.execute(text(listed), {"name": name}).all():
                with suppress(DBAPIError):  # it may have ended meanwhile
                    connection.exec_driver_sql(f"KILL {number}")
    admin.dispose()


def _administration(tier: str) -> Engine:
    engine = create_engine(_with_driver(SERVERS[tier]), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect():
            return engine
    except DBAPIError as error:
        reason = f"no server answers at {make_url(SERVERS[tier])}: {str(error.orig).splitlines()[0]}"
        tier_missing(tier, reason, f"start one there, or name another with RUNSTONE_TEST_{tier.upper()}=URL")


def _with_driver(url: str) -> str:
    drivers = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}
    scheme, _, rest = url.partition("://")
    return f"{drivers[scheme]}://{rest}"


def _drop(admin: Engine, tier: str, name: str) -> None:
    _execute(admin, f"DROP DATABASE IF EXISTS {name}{' WITH (FORCE)' if tier == 'postgresql' else ''}")


def _execute(admin: Engine, statement: str) -> None:
    with admin.connect() as connection:
        connection.execute(text(statement))
