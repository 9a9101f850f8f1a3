"""The first tables."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy import Integer as _Integer

revision = "0001"
down_revision = None

_ID = BigInteger().with_variant(_Integer, "sqlite")
_NUMBERED = {"sqlite_autoincrement": True}
_CLUSTERED = {"sqlite_with_rowid": False}


def upgrade() -> None:
    _experiments()
    _runs()
    _values("run_param")
    _values("run_tag")
    _summaries()
    _points()


def _experiments() -> None:
    op.create_table(
        "experiment",
        Column("id", _ID, primary_key=True),
        Column("name", String(500), nullable=False),
        Column("artifact_location", Text, nullable=False),
        Column("lifecycle", String(8), nullable=False),
        Column("created", BigInteger, nullable=False),
        Column("updated", BigInteger, nullable=False),
        UniqueConstraint("name", name="uq_experiment_name"),
        **_NUMBERED,
    )
    op.create_table(
        "experiment_tag",
        Column("experiment", _ID, ForeignKey("experiment.id", ondelete="CASCADE"), primary_key=True),
        Column("key", String(250), primary_key=True),
        Column("value", Text, nullable=False),
        **_CLUSTERED,
    )
    op.create_table(
        "key_name",
        Column("id", _ID, primary_key=True),
        Column("name", String(250), nullable=False),
        UniqueConstraint("name", name="uq_key_name_name"),
        **_NUMBERED,
    )


def _runs() -> None:
    op.create_table(
        "run",
        Column("id", _ID, primary_key=True),
        Column("run_id", String(256), nullable=False),
        Column("experiment", _ID, ForeignKey("experiment.id"), nullable=False),
        Column("name", String(250), nullable=False),
        Column("user_id", String(256), nullable=False),
        Column("status", String(9), nullable=False),
        Column("lifecycle", String(8), nullable=False),
        Column("started", BigInteger, nullable=False),
        Column("ended", BigInteger),
        Column("deleted", BigInteger),
        Column("artifact_uri", Text, nullable=False),
        UniqueConstraint("run_id", name="uq_run_run_id"),
        **_NUMBERED,
    )
    op.create_index(
        "ix_run_default_order", "run", ["experiment", "lifecycle", text("started DESC"), "run_id"]
    )


def _values(table: str) -> None:
    op.create_table(
        table,
        *(
            Column(name, BigInteger, primary_key=True, autoincrement=False)
            for name in ("experiment", "key", "run")
        ),
        Column("value", Text, nullable=False),
        Column("value_hash", BigInteger, nullable=False),
        **_CLUSTERED,
    )
    op.create_index(f"ix_{table}_run", table, ["run"])
    op.create_index(f"ix_{table}_value", table, ["experiment", "key", "value_hash"])


def _summaries() -> None:
    op.create_table(
        "metric_summary",
        *(
            Column(name, BigInteger, primary_key=True, autoincrement=False)
            for name in ("experiment", "key", "run")
        ),
        *(Column(name, BigInteger, nullable=False) for name in ("step", "timestamp")),
        Column("class", SmallInteger, nullable=False),
        Column("value", Float(53), nullable=False),
        *(Column(name, BigInteger, nullable=False) for name in ("first_step", "first_timestamp")),
        Column("first_class", SmallInteger, nullable=False),
        Column("first_value", Float(53), nullable=False),
        *(Column(name, BigInteger, nullable=False) for name in ("count", "nan_count", "infinite_count")),
        Column("minimum", Float(53)),
        Column("maximum", Float(53)),
        **_CLUSTERED,
    )
    op.create_index("ix_metric_summary_run", "metric_summary", ["run"])
    by_value = ["experiment", "key", "class", "value", "run"]
    op.create_index("ix_metric_summary_value", "metric_summary", by_value)


def _points() -> None:
    context = ("model_id", "dataset_name", "dataset_digest", "attempt")
    op.create_table(
        "metric_context",
        Column("id", _ID, primary_key=True),
        *(
            Column(name, String(size), nullable=False)
            for name, size in zip(context, (64, 500, 36), strict=False)
        ),
        Column("attempt", BigInteger, nullable=False),
        UniqueConstraint(*context, name="uq_metric_context"),
        **_NUMBERED,
    )
    _point_table("metric_segment")
    _point_table("metric_chunk", "key", "first_step", "last_step")
    _point_table("metric_block", "first_key", "last_key")
    op.create_index("ix_metric_segment_run", "metric_segment", ["run"])
    op.create_index("ix_metric_chunk_run_key", "metric_chunk", ["run", "key"])
    op.create_index("ix_metric_block_run_keys", "metric_block", ["run", "first_key", "last_key"])


def _point_table(table: str, *own: str) -> None:
    op.create_table(
        table,
        Column("id", _ID, primary_key=True),
        *(Column(name, BigInteger, nullable=False) for name in ("run", *own, "count")),
        Column("data", LargeBinary, nullable=False),
        **_NUMBERED,
    )
