"""The datasets and models that runs read and made."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy import Integer as _Integer

revision = "0002"
down_revision = "0001"

_ID = BigInteger().with_variant(_Integer, "sqlite")
_NUMBERED = {"sqlite_autoincrement": True}


def upgrade() -> None:
    _datasets()
    _links()


def _datasets() -> None:
    op.create_table(
        "dataset",
        Column("id", _ID, primary_key=True),
        Column("experiment", _ID, ForeignKey("experiment.id", ondelete="CASCADE"), nullable=False),
        Column("name", String(500), nullable=False),
        Column("digest", String(36), nullable=False),
        Column("source_type", String(36), nullable=False),
        Column("source", Text, nullable=False),
        Column("schema", Text),
        Column("profile", Text),
        UniqueConstraint("experiment", "name", "digest", name="uq_dataset"),
        **_NUMBERED,
    )


def _links() -> None:
    op.create_table(
        "run_dataset",
        Column("id", _ID, primary_key=True),
        Column("run", BigInteger, nullable=False),
        Column("dataset", BigInteger, nullable=False),
        Column("tags", Text, nullable=False),
        Column("tags_hash", BigInteger, nullable=False),
        Column("context", String(500)),
        UniqueConstraint("run", "dataset", "tags_hash", name="uq_run_dataset"),
        **_NUMBERED,
    )
    op.create_index("ix_run_dataset_dataset", "run_dataset", ["dataset"])
    op.create_table(
        "run_model",
        Column("id", _ID, primary_key=True),
        Column("run", BigInteger, nullable=False),
        Column("direction", String(6), nullable=False),
        Column("model_id", String(64), nullable=False),
        Column("step", BigInteger, nullable=False),
        UniqueConstraint("run", "direction", "model_id", "step", name="uq_run_model"),
        **_NUMBERED,
    )
