"""MySQL 8 and MariaDB 10.6 or newer, through PyMySQL.

Their texts compare by bytes, as everywhere, under the collation of that meaning which does not ignore spaces at the
end; it is named differently in the two. A number 0 given to a row is that number, not the next one.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from pymysql import Connection as DriverConnection
from pymysql.err import DataError, InterfaceError
from sqlalchemy import Column, Connection, Engine, event, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateTable

from runstone.entities.names import MAX_ORDER_TERMS, MAX_TAG_LENGTH
from runstone.errors import InvalidParameterValue, RunstoneError, StoreError
from runstone.store.dialect.server import CREATION_WAIT_S, LOCK_WAIT_S, MYSQL, ServerDatabase, capital

# https://mariadb.com/kb/en/mariadb-error-code-reference/
_DEADLOCK, _LOCK_TIMEOUT = 1213, 1205
_DISK_FULL = (1021, 1114, 3, 28)
_GONE = (1040, 1053, 1077, 1152, 1159, 1161, 1927, 2002, 2003, 2006, 2013, 2014, 2055)
_CREATION_LOCK = "CONCAT('runstone.', SHA1(DATABASE()))"
"""An expression: names of locks are the whole server's, and may be no longer than those of databases."""
_LONGEST_SORTED = 4 * MAX_TAG_LENGTH
"""Bytes of a text that decide about its place in an order: as many as a search sorts by."""
_SORTED_AT_ONCE = 15
"""Rows that the server wants to have room for before it sorts."""
_SORT_BUFFER = _SORTED_AT_ONCE * (MAX_ORDER_TERMS + 1) * _LONGEST_SORTED
"""Bytes: else an order by several texts is refused, however short they are. It is taken as far as it is needed."""


class _TooLong(DataError):
    """A statement that the server would end the connection for."""


class _Connection(DriverConnection):  # pyright: ignore[reportMissingTypeArgument]
    longest_statement = 1 << 30

    def query(self, sql: Any, unbuffered: bool = False) -> Any:
        size = len(sql)  # of a text, in characters of at most four bytes
        if 4 * size > self.longest_statement and isinstance(sql, str):
            size = len(sql.encode("utf8", "surrogateescape"))
        if size >= self.longest_statement:
            raise _TooLong(
                f"takes {self.longest_statement:,} bytes at once, and this would be {size:,}. Set the server's "
                f"max_allowed_packet higher."
            )
        send: Any = super().query  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType]
        return send(sql, unbuffered)


class MysqlDatabase(ServerDatabase):
    """A database of a MySQL or MariaDB server."""

    kind = MYSQL
    patience: ClassVar[Mapping[str, int]] = {
        "read_timeout": 600,
        "write_timeout": 60,
    }  # s; to make an index takes long

    def __init__(self, url: str):
        super().__init__(url)
        self._url = self._url.update_query_dict({"charset": "utf8mb4"})

    def configure(self, engine: Engine, *, writing: bool) -> None:
        """See ServerDatabase."""

        @event.listens_for(engine, "do_connect")
        def connect(_dialect: object, _record: object, arguments: Any, options: Any) -> Any:
            return _Connection(*arguments, **options)

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: object) -> None:
            level = "READ COMMITTED" if writing else "REPEATABLE READ"
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SET NAMES utf8mb4 COLLATE {_bytewise('mariadb' in connection.server_version.lower())}"
                )
                cursor.execute(
                    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'"
                )
                cursor.execute(
                    f"SET SESSION max_sort_length = {_LONGEST_SORTED}, sort_buffer_size = {_SORT_BUFFER}"
                )
                cursor.execute(f"SET SESSION innodb_lock_wait_timeout = {LOCK_WAIT_S}")
                cursor.execute("SELECT @@max_allowed_packet")
                [connection.longest_statement] = cursor.fetchone()
                cursor.execute(
                    f"SET SESSION TRANSACTION ISOLATION LEVEL {level}, {'READ WRITE' if writing else 'READ ONLY'}"
                )

        if not writing:

            @event.listens_for(engine, "begin")
            def begin(connection: Connection) -> None:
                connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")

    def explain(self, cause: BaseException) -> RunstoneError:
        """See Database."""
        if isinstance(cause, _TooLong):
            return InvalidParameterValue(f"{capital(self.name)} {cause}")
        return super().explain(cause)

    def lock_creation(self, connection: Connection) -> None:
        """See Database. Tables are made outside transactions here, so the lock is the session's."""
        got = connection.scalar(
            text(f"SELECT GET_LOCK({_CREATION_LOCK}, :seconds)"), {"seconds": CREATION_WAIT_S}
        )
        if not got:
            raise StoreError(
                f"Another process has been making or upgrading the tables of {self.name} for "
                f"{CREATION_WAIT_S // 60} minutes. Wait until it is done, or end it, and try again."
            )

    def unlock_creation(self, connection: Connection) -> None:
        """See Database."""
        connection.scalar(text(f"SELECT RELEASE_LOCK({_CREATION_LOCK})"))

    def is_undone(self, connection: Connection, error: BaseException) -> bool:
        """See Database."""
        cause = getattr(error, "orig", error)
        return connection.invalidated or _number(cause) == _DEADLOCK or self.is_lost(cause)

    def is_passing(self, cause: BaseException) -> bool:
        """See Database."""
        return _number(cause) in (_DEADLOCK, _LOCK_TIMEOUT)

    def is_full(self, cause: BaseException) -> bool:
        """See ServerDatabase."""
        return _number(cause) in _DISK_FULL

    def is_lost(self, cause: BaseException) -> bool:
        """See ServerDatabase."""
        return isinstance(cause, InterfaceError) or _number(cause) in _GONE

    def continue_numbers(self, connection: Connection, column: Column[Any]) -> None:
        """See Database. They do so by themselves."""


def _number(cause: BaseException) -> int:
    return cause.args[0] if cause.args and isinstance(cause.args[0], int) else 0


def _bytewise(of_mariadb: bool) -> str:
    return "utf8mb4_nopad_bin" if of_mariadb else "utf8mb4_0900_bin"


@compiles(CreateTable, "mysql", "mariadb")
def _create_table(element: CreateTable, compiler: Any, **more: Any) -> str:
    collation = _bytewise(compiler.dialect.is_mariadb)
    options = f"ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE={collation}"
    return f"{compiler.visit_create_table(element, **more).rstrip()} {options}\n"
