"""What revisions are made of.

Where a database makes tables outside transactions, an upgrade can be interrupted between two of them. Running it again
must complete it: what is there already is left as it is.
"""

from typing import Any

from alembic import op
from sqlalchemy import Column, inspect
from sqlalchemy.schema import SchemaItem

from runstone.errors import StoreError
from runstone.store.dialect import commits_tables


def create_table(name: str, *items: SchemaItem, **options: Any) -> None:
    """Make a table. Raises StoreError if somebody else's is in its place."""
    if not _left_of_interrupted(name):
        op.create_table(name, *items, **options)
        return
    wanted = {item.name for item in items if isinstance(item, Column)}
    found = {column["name"] for column in inspect(op.get_bind()).get_columns(name)}
    if wanted != found:
        raise StoreError(
            f"The upgrade makes a table '{name}', and another program's is in its place. Move that, and upgrade again."
        )


def create_index(name: str, table: str, columns: list[Any]) -> None:
    """Make an index of a table."""
    bind = op.get_bind()
    there = commits_tables(bind) and any(i["name"] == name for i in inspect(bind).get_indexes(table))
    if not there:
        op.create_index(name, table, columns)


def _left_of_interrupted(table: str) -> bool:
    bind = op.get_bind()
    return commits_tables(bind) and inspect(bind).has_table(table)
