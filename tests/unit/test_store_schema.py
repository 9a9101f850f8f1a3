"""The tables and their history."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

import runstone.store.migrations as migrations
from runstone.store import schema
from runstone.store.dialect import database_at
from tests.databases import KINDS, fresh_database


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | str]:
    """A new database of each kind."""
    if request.param == "sqlite":
        yield tmp_path / "empty.db"
        return
    with fresh_database(request.param) as url:
        yield url


@pytest.fixture
def empty(place: Path | str) -> Iterator[Connection]:
    engine = database_at(place).open(durable=False, writing=True)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def _description(connection: Connection) -> dict[str, Any]:
    """Every table as the database describes it."""
    found = inspect(connection)
    return {
        table: [
            sorted((c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(table)),
            found.get_pk_constraint(table)["constrained_columns"],
            sorted((i["name"] or "", str(i["column_names"]), i["unique"]) for i in found.get_indexes(table)),
            sorted((k["name"] or "", k["column_names"]) for k in found.get_unique_constraints(table)),
            sorted((k["constrained_columns"], k["referred_table"]) for k in found.get_foreign_keys(table)),
        ]
        for table in found.get_table_names()
    }


def _sqlite_texts(connection: Connection) -> dict[str, str]:
    """Every table and index as SQLite was told to make it, without regard to white space and quotes."""
    if connection.dialect.name != "sqlite":
        return {}
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    return {
        name: " ".join(sql.replace('"', "").split()) for name, sql in rows if not name.startswith("sqlite_")
    }


def test_the_newest_revision_is_the_version_of_the_schema():
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert scripts.get_current_head() == schema.VERSION


def test_the_sum_of_all_revisions_is_the_schema(empty: Connection):
    migrations.upgrade(empty)
    found = compare_metadata(MigrationContext.configure(empty), schema.metadata)
    assert found == []
    by_revisions = _description(empty), _sqlite_texts(empty)
    version_table = schema.runstone_version.name
    for table in reversed(schema.metadata.sorted_tables):
        table.drop(empty)
    schema.metadata.create_all(empty)
    by_schema = _description(empty), _sqlite_texts(empty)
    for described in (*by_revisions, *by_schema):
        described.pop(version_table, None)
    assert by_revisions == by_schema


def test_upgrading_leaves_the_version_behind(empty: Connection):
    migrations.upgrade(empty)
    assert empty.scalar(text("SELECT version_num FROM runstone_version")) == schema.VERSION
    assert set(inspect(empty).get_table_names()) == set(schema.metadata.tables)
