"""The tables and their history."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

import runstone.store.migrations as migrations
from runstone.store import dialect, schema


@pytest.fixture
def empty(tmp_path: Path):
    engine = dialect.open_sqlite(tmp_path / "empty.db", durable=False, writing=True)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def _description(connection: Connection) -> dict[str, str]:
    """Every table and index as SQLite was told to make it, without regard to white space and quotes."""
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    return {
        name: " ".join(sql.replace('"', "").split()) for name, sql in rows if not name.startswith("sqlite_")
    }


def test_the_newest_revision_is_the_version_of_the_schema():
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert scripts.get_current_head() == schema.VERSION


def test_the_sum_of_all_revisions_is_the_schema(empty: Connection, tmp_path: Path):
    migrations.upgrade(empty)
    found = compare_metadata(MigrationContext.configure(empty), schema.metadata)
    assert found == []
    made = dialect.open_sqlite(tmp_path / "made.db", durable=False, writing=True)
    with made.begin() as connection:
        schema.metadata.create_all(connection)
        by_schema = _description(connection)
    made.dispose()
    by_revisions = _description(empty)
    version_table = schema.runstone_version.name
    assert {k: v for k, v in by_revisions.items() if k != version_table} == {
        k: v for k, v in by_schema.items() if k != version_table
    }


def test_upgrading_leaves_the_version_behind(empty: Connection):
    migrations.upgrade(empty)
    assert empty.scalar(text("SELECT version_num FROM runstone_version")) == schema.VERSION
    assert set(inspect(empty).get_table_names()) == set(schema.metadata.tables)
