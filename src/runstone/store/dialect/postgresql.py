"""PostgreSQL, through psycopg 3."""

from collections.abc import Mapping
from typing import Any, ClassVar

from psycopg import InterfaceError, IsolationLevel, OperationalError
from psycopg.pq import TransactionStatus
from sqlalchemy import Column, Connection, Engine, cast, event, select, text
from sqlalchemy import func as sql
from sqlalchemy.dialects.postgresql import REGCLASS

from runstone.store.dialect.server import CREATION_WAIT_S, LOCK_WAIT_S, POSTGRESQL, ServerDatabase

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_DEADLOCK, _SERIALIZATION = "40P01", "40001"
_DISK_FULL, _TOO_MANY = "53100", "53300"
_GONE = ("57P01", "57P02", "57P03", "57P05")  # shut down, crashed, starting up, idle for too long
_CONNECTION = "08"  # a class
_LOCK_TIMEOUT = "55P03"

_CREATION_LOCK = 7_239_018_446_112
"""The number of the advisory lock under which one of several processes makes or upgrades the tables."""


class PostgresqlDatabase(ServerDatabase):
    """A database of a PostgreSQL server."""

    kind = POSTGRESQL
    patience: ClassVar[Mapping[str, int]] = {
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,  # ms
    }

    def configure(self, engine: Engine, *, writing: bool) -> None:
        """See ServerDatabase."""

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: object) -> None:
            # Set before the first statement, so that reads see one moment and writes what others just committed.
            level = IsolationLevel.READ_COMMITTED if writing else IsolationLevel.REPEATABLE_READ
            connection.isolation_level, connection.read_only = level, not writing
            # A plan that suits every filter suits none; and one made while a table was small is kept for too long.
            connection.execute("SET plan_cache_mode = force_custom_plan")
            connection.execute(f"SET lock_timeout = '{LOCK_WAIT_S}s'")
            connection.commit()

    def lock_creation(self, connection: Connection) -> None:
        """See ServerDatabase."""
        connection.execute(text(f"SET LOCAL lock_timeout = '{CREATION_WAIT_S}s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _CREATION_LOCK})

    def unlock_creation(self, connection: Connection) -> None:
        """See ServerDatabase. The lock ends with the transaction."""

    def is_undone(self, connection: Connection, error: BaseException) -> bool:
        """See Database."""
        driver: Any = connection.connection.driver_connection
        return driver is None or driver.info.transaction_status in (
            TransactionStatus.IDLE,
            TransactionStatus.UNKNOWN,
        )

    def is_passing(self, cause: BaseException) -> bool:
        """See Database."""
        return _state(cause) in (_DEADLOCK, _SERIALIZATION, _LOCK_TIMEOUT)

    def is_full(self, cause: BaseException) -> bool:
        """See ServerDatabase."""
        return _state(cause) == _DISK_FULL

    def is_lost(self, cause: BaseException) -> bool:
        """See ServerDatabase."""
        state = _state(cause)
        unreachable = isinstance(cause, OperationalError | InterfaceError) and not state
        return unreachable or state in _GONE or state[:2] == _CONNECTION or state == _TOO_MANY

    def continue_numbers(self, connection: Connection, column: Column[Any]) -> None:
        """See Database."""
        sequence = sql.pg_get_serial_sequence(column.table.name, column.name)
        highest = select(sql.max(column)).scalar_subquery()
        # Never back, to the numbers of rows that are gone. The last one given is NULL where none was.
        last = sql.coalesce(sql.pg_sequence_last_value(cast(sequence, REGCLASS)), 0)
        connection.execute(select(sql.setval(sequence, highest)).where(highest > last))


def _state(cause: BaseException) -> str:
    return getattr(cause, "sqlstate", None) or ""
