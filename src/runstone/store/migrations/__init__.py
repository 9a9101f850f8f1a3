"""The history of the schema, one revision a file in `versions/`, and how to run it.

A new database is made from `schema` at once and stamped with its version; the revisions bring an older one up to it.
"""

from pathlib import Path

from sqlalchemy import Connection

from runstone.store.schema import runstone_version


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the revisions that the database lacks, up to `revision`, in the connection's transaction."""
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(Path(__file__).parent))

    def steps(current: object, _context: object) -> object:
        return script._upgrade_revs(revision, current)  # pyright: ignore[reportPrivateUsage,reportArgumentType]

    from alembic.config import Config

    with EnvironmentContext(Config(), script, fn=steps) as environment:
        environment.configure(connection=connection, version_table=runstone_version.name)
        environment.run_migrations()
