"""The datasets and models that runs read and made."""

from sqlalchemy import BigInteger, Column, ForeignKey, UniqueConstraint

from runstone.store.dialect import NUMBERED, BigId, LongText, short_text
from runstone.store.migrations.steps import create_index, create_table

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _datasets()
    _links()


def _datasets() -> None:
    create_table(
        "dataset",
        Column("id", BigId, primary_key=True),
        Column("experiment", BigId, ForeignKey("experiment.id", ondelete="CASCADE"), nullable=False),
        Column("name", short_text(500), nullable=False),
        Column("digest", short_text(36), nullable=False),
        Column("source_type", short_text(36), nullable=False),
        Column("source", LongText, nullable=False),
        Column("schema", LongText),
        Column("profile", LongText),
        UniqueConstraint("experiment", "name", "digest", name="uq_dataset"),
        **NUMBERED,
    )


def _links() -> None:
    create_table(
        "run_dataset",
        Column("id", BigId, primary_key=True),
        Column("run", BigInteger, nullable=False),
        Column("dataset", BigInteger, nullable=False),
        Column("tags", LongText, nullable=False),
        Column("tags_hash", BigInteger, nullable=False),
        Column("context", short_text(500)),
        UniqueConstraint("run", "dataset", "tags_hash", name="uq_run_dataset"),
        **NUMBERED,
    )
    create_index("ix_run_dataset_dataset", "run_dataset", ["dataset"])
    create_table(
        "run_model",
        Column("id", BigId, primary_key=True),
        Column("run", BigInteger, nullable=False),
        Column("direction", short_text(6), nullable=False),
        Column("model_id", short_text(64), nullable=False),
        Column("step", BigInteger, nullable=False),
        UniqueConstraint("run", "direction", "model_id", "step", name="uq_run_model"),
        **NUMBERED,
    )
