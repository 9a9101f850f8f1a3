"""The first tables."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    SmallInteger,
    UniqueConstraint,
    text,
)

from runstone.store.dialect import CLUSTERED, NUMBERED, BigId, Bytes, LongText, Number, short_text
from runstone.store.migrations.steps import create_index, create_table

revision = "0001"
down_revision = None


def upgrade() -> None:
    _experiments()
    _runs()
    _values("run_param")
    _values("run_tag")
    _summaries()
    _points()


def _experiments() -> None:
    create_table(
        "experiment",
        Column("id", BigId, primary_key=True),
        Column("name", short_text(500), nullable=False),
        Column("artifact_location", LongText, nullable=False),
        Column("lifecycle", short_text(8), nullable=False),
        Column("created", BigInteger, nullable=False),
        Column("updated", BigInteger, nullable=False),
        UniqueConstraint("name", name="uq_experiment_name"),
        **NUMBERED,
    )
    create_table(
        "experiment_tag",
        Column("experiment", BigId, ForeignKey("experiment.id", ondelete="CASCADE"), primary_key=True),
        Column("key", short_text(250), primary_key=True),
        Column("value", LongText, nullable=False),
        **CLUSTERED,
    )
    create_table(
        "key_name",
        Column("id", BigId, primary_key=True),
        Column("name", short_text(250), nullable=False),
        UniqueConstraint("name", name="uq_key_name_name"),
        **NUMBERED,
    )


def _runs() -> None:
    create_table(
        "run",
        Column("id", BigId, primary_key=True),
        Column("run_id", short_text(256), nullable=False),
        Column("experiment", BigId, ForeignKey("experiment.id"), nullable=False),
        Column("name", short_text(250), nullable=False),
        Column("user_id", short_text(256), nullable=False),
        Column("status", short_text(9), nullable=False),
        Column("lifecycle", short_text(8), nullable=False),
        Column("started", BigInteger, nullable=False),
        Column("ended", BigInteger),
        Column("deleted", BigInteger),
        Column("artifact_uri", LongText, nullable=False),
        UniqueConstraint("run_id", name="uq_run_run_id"),
        **NUMBERED,
    )
    create_index("ix_run_default_order", "run", ["experiment", "lifecycle", text("started DESC"), "run_id"])


def _values(table: str) -> None:
    create_table(
        table,
        *(
            Column(name, BigInteger, primary_key=True, autoincrement=False)
            for name in ("experiment", "key", "run")
        ),
        Column("value", LongText, nullable=False),
        Column("value_hash", BigInteger, nullable=False),
        **CLUSTERED,
    )
    create_index(f"ix_{table}_run", table, ["run"])
    create_index(f"ix_{table}_value", table, ["experiment", "key", "value_hash"])


def _summaries() -> None:
    create_table(
        "metric_summary",
        *(
            Column(name, BigInteger, primary_key=True, autoincrement=False)
            for name in ("experiment", "key", "run")
        ),
        *(Column(name, BigInteger, nullable=False) for name in ("step", "timestamp")),
        Column("class", SmallInteger, nullable=False),
        Column("value", Number, nullable=False),
        *(Column(name, BigInteger, nullable=False) for name in ("first_step", "first_timestamp")),
        Column("first_class", SmallInteger, nullable=False),
        Column("first_value", Number, nullable=False),
        *(Column(name, BigInteger, nullable=False) for name in ("count", "nan_count", "infinite_count")),
        Column("minimum", Number),
        Column("maximum", Number),
        **CLUSTERED,
    )
    create_index("ix_metric_summary_run", "metric_summary", ["run"])
    by_value = ["experiment", "key", "class", "value", "run"]
    create_index("ix_metric_summary_value", "metric_summary", by_value)


def _points() -> None:
    context = ("model_id", "dataset_name", "dataset_digest", "attempt")
    create_table(
        "metric_context",
        Column("id", BigId, primary_key=True),
        *(
            Column(name, short_text(size), nullable=False)
            for name, size in zip(context, (64, 500, 36), strict=False)
        ),
        Column("attempt", BigInteger, nullable=False),
        UniqueConstraint(*context, name="uq_metric_context"),
        **NUMBERED,
    )
    _point_table("metric_segment")
    _point_table("metric_chunk", "key", "first_step", "last_step")
    _point_table("metric_block", "first_key", "last_key")
    create_index("ix_metric_segment_run", "metric_segment", ["run"])
    create_index("ix_metric_chunk_run_key", "metric_chunk", ["run", "key"])
    create_index("ix_metric_block_run_keys", "metric_block", ["run", "first_key", "last_key"])


def _point_table(table: str, *own: str) -> None:
    create_table(
        table,
        Column("id", BigId, primary_key=True),
        *(Column(name, BigInteger, nullable=False) for name in ("run", *own, "count")),
        Column("data", Bytes, nullable=False),
        **NUMBERED,
    )
