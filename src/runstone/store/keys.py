"""Interned names: metrics, params and tags are stored by the id of their name."""

from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar

from sqlalchemy import Connection, select

from runstone.store import dialect
from runstone.store.schema import key_name


class KeyNames:
    """A cache of the table of names. Ids never change, so what was read once stays true.

    Threads share it without a lock: names are only ever added, one by one.
    """

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._names: dict[int, str] = {}

    def find(self, connection: Connection, names: Iterable[str]) -> Mapping[str, int]:
        """The ids of those names that have one. `connection` is a read's: what a write sees may be rolled back."""
        wanted = set(names)
        self._remember(_select_ids(connection, [name for name in wanted if name not in self._ids]))
        return {name: self._ids[name] for name in wanted if name in self._ids}

    def texts(self, connection: Connection, ids: Iterable[int]) -> Mapping[int, str]:
        """The names behind ids."""
        wanted = set(ids)
        self._remember(_select_names(connection, [number for number in wanted if number not in self._names]))
        return {number: self._names[number] for number in wanted}

    def intern(self, connection: Connection, names: Collection[str]) -> Mapping[str, int]:
        """The ids of all these names; new ones are given an id. They count only once the transaction is committed:
        call `committed` with the result then."""
        found = {name: self._ids[name] for name in names if name in self._ids}
        missing = set(names) - found.keys()
        if missing:
            found |= _select_ids(connection, missing)
            if fresh := sorted(missing - found.keys()):
                _insert.run_many(connection, [{"name": name} for name in fresh])
                found |= _select_ids(connection, fresh)
        return found

    def committed(self, ids: Mapping[str, int]) -> None:
        """Remember what `intern` gave."""
        self._remember(ids)

    def _remember(self, ids: Mapping[str, int]) -> None:
        for name, number in ids.items():
            self._names[number] = name
            self._ids[name] = number


_insert = dialect.Prepared(dialect.upsert(key_name).only("name").ignoring())
_LIMIT = 500  # names in one statement

V = TypeVar("V")


def _select_ids(connection: Connection, names: Collection[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in _portions(list(names)):
        rows = connection.execute(select(key_name.c.name, key_name.c.id).where(key_name.c.name.in_(some)))
        found |= {row.name: row.id for row in rows}
    return found


def _select_names(connection: Connection, ids: Collection[int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in _portions(list(ids)):
        rows = connection.execute(select(key_name.c.name, key_name.c.id).where(key_name.c.id.in_(some)))
        found |= {row.name: row.id for row in rows}
    return found


def _portions(items: list[V]) -> Iterable[list[V]]:
    return (items[at : at + _LIMIT] for at in range(0, len(items), _LIMIT))
