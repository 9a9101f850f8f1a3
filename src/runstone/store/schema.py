"""The tables. `migrations/` builds the same ones step by step; a test compares the two.

The names of metrics, params and tags are interned in `key_name`; a run has an integer `id` beside its public `run_id`.
What is searched by value carries its experiment, since a key such as `loss` exists in every one. Metric points are not
rows: a write leaves a `metric_segment`, which sealing turns into `metric_chunk`s and `metric_block`s (see `points`).
Times are in milliseconds since the Unix epoch.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    MetaData,
    SmallInteger,
    Table,
    UniqueConstraint,
)

from runstone.store.dialect import CLUSTERED, NUMBERED, BigId, Bytes, Key, LongText, Number, short_text

VERSION = "0002"
"""The migration that leaves the database as this module describes it."""

OLDER_VERSIONS = ("0001",)
"""The migrations before it, which an older database may stand at."""

REMOVING = "removing"
"""The lifecycle stage of runs and experiments that are being removed for good; see `removal`. Nobody is shown them."""

metadata = MetaData(
    naming_convention={"ix": "ix_%(column_0_N_label)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}
)

runstone_version = Table(
    "runstone_version", metadata, Column("version_num", short_text(32), primary_key=True)
)

experiment = Table(
    "experiment",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", short_text(500), nullable=False, unique=True),
    Column("artifact_location", LongText, nullable=False),
    Column("lifecycle", short_text(8), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
    **NUMBERED,
)

experiment_tag = Table(
    "experiment_tag",
    metadata,
    Column("experiment", BigId, ForeignKey("experiment.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Key, primary_key=True),
    Column("value", LongText, nullable=False),
    **CLUSTERED,
)

key_name = Table(
    "key_name",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", Key, nullable=False, unique=True),
    **NUMBERED,
)

run = Table(
    "run",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("run_id", short_text(256), nullable=False, unique=True),
    Column("experiment", BigId, ForeignKey("experiment.id"), nullable=False),
    Column("name", short_text(250), nullable=False),
    Column("user_id", short_text(256), nullable=False),
    Column("status", short_text(9), nullable=False),
    Column("lifecycle", short_text(8), nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("deleted", BigInteger),
    Column("artifact_uri", LongText, nullable=False),
    **NUMBERED,
)
Index("ix_run_default_order", run.c.experiment, run.c.lifecycle, run.c.started.desc(), run.c.run_id)


def _valued(name: str) -> Table:
    """A table of texts by (experiment, key, run); long texts are found by their hash, then compared."""
    table = Table(
        name,
        metadata,
        Column("experiment", BigInteger, primary_key=True, autoincrement=False),
        Column("key", BigInteger, primary_key=True, autoincrement=False),
        Column("run", BigInteger, primary_key=True, autoincrement=False),
        Column("value", LongText, nullable=False),
        Column("value_hash", BigInteger, nullable=False),
        **CLUSTERED,
    )
    Index(f"ix_{name}_run", table.c.run)
    Index(f"ix_{name}_value", table.c.experiment, table.c.key, table.c.value_hash)
    return table


run_param = _valued("run_param")
run_tag = _valued("run_tag")

metric_summary = Table(
    "metric_summary",
    metadata,
    Column("experiment", BigInteger, primary_key=True, autoincrement=False),
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    # The latest point by (step, timestamp, class, value).
    Column("step", BigInteger, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("class", SmallInteger, nullable=False),
    Column("value", Number, nullable=False),
    # The first point by the same order.
    Column("first_step", BigInteger, nullable=False),
    Column("first_timestamp", BigInteger, nullable=False),
    Column("first_class", SmallInteger, nullable=False),
    Column("first_value", Number, nullable=False),
    # Over all points applied; the extremes are of finite values alone.
    Column("count", BigInteger, nullable=False),
    Column("nan_count", BigInteger, nullable=False),
    Column("infinite_count", BigInteger, nullable=False),
    Column("minimum", Number),
    Column("maximum", Number),
    **CLUSTERED,
)
Index("ix_metric_summary_run", metric_summary.c.run)
Index(
    "ix_metric_summary_value",
    metric_summary.c.experiment,
    metric_summary.c.key,
    metric_summary.c["class"],
    metric_summary.c.value,
    metric_summary.c.run,
)

metric_context = Table(
    "metric_context",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("model_id", short_text(64), nullable=False),
    Column("dataset_name", short_text(500), nullable=False),
    Column("dataset_digest", short_text(36), nullable=False),
    Column("attempt", BigInteger, nullable=False),
    UniqueConstraint("model_id", "dataset_name", "dataset_digest", "attempt", name="uq_metric_context"),
    **NUMBERED,
)

metric_segment = Table(
    "metric_segment",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("run", BigInteger, nullable=False, index=True),
    Column("count", BigInteger, nullable=False),
    Column("data", Bytes, nullable=False),
    **NUMBERED,
)

metric_chunk = Table(
    "metric_chunk",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("run", BigInteger, nullable=False),
    Column("key", BigInteger, nullable=False),
    Column("first_step", BigInteger, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("data", Bytes, nullable=False),
    **NUMBERED,
)
Index("ix_metric_chunk_run_key", metric_chunk.c.run, metric_chunk.c.key)

metric_block = Table(
    "metric_block",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("run", BigInteger, nullable=False),
    Column("first_key", BigInteger, nullable=False),
    Column("last_key", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("data", Bytes, nullable=False),
    **NUMBERED,
)
Index("ix_metric_block_run_keys", metric_block.c.run, metric_block.c.first_key, metric_block.c.last_key)

dataset = Table(
    "dataset",
    metadata,
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

# A dataset that a run read, with the tags of that use: the same dataset with other tags is another use.
run_dataset = Table(
    "run_dataset",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("run", BigInteger, nullable=False),
    Column("dataset", BigInteger, nullable=False, index=True),
    Column("tags", LongText, nullable=False),
    Column("tags_hash", BigInteger, nullable=False),
    Column("context", short_text(500)),
    UniqueConstraint("run", "dataset", "tags_hash", name="uq_run_dataset"),
    **NUMBERED,
)

# A logged model that a run read ("input") or made ("output"), by its public id: it need not be in this store.
run_model = Table(
    "run_model",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("run", BigInteger, nullable=False),
    Column("direction", short_text(6), nullable=False),
    Column("model_id", short_text(64), nullable=False),
    Column("step", BigInteger, nullable=False),
    UniqueConstraint("run", "direction", "model_id", "step", name="uq_run_model"),
    **NUMBERED,
)
