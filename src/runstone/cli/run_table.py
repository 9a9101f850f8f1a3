"""The columns of a table of runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from runstone.cli import texts
from runstone.cli.output import GAP, Column, column_width, width

if TYPE_CHECKING:
    from runstone.entities import Run

_WIDE = 140
_STATUS_STYLES = {
    "FINISHED": "green",
    "FAILED": "red",
    "KILLED": "red",
    "RUNNING": "yellow",
    "SCHEDULED": "dim",
}

PLAIN: "list[Column[Run]]" = [
    Column("run_id", lambda run: run.info.run_id),
    Column("run_name", lambda run: run.info.run_name or ""),
    Column("status", lambda run: run.info.status),
    Column("start_time", lambda run: texts.utc(run.info.start_time)),
    Column("end_time", lambda run: texts.utc(run.info.end_time)),
    Column("experiment_id", lambda run: run.info.experiment_id),
    Column("lifecycle_stage", lambda run: run.info.lifecycle_stage),
]


def chosen_columns(keys: Sequence[str]) -> "list[Column[Run]]":
    """A column for each of `metrics.KEY`, `params.KEY` and `tags.KEY`. Raises UsageError for anything else."""
    return [_chosen(name) for name in keys]


def fields(keys: Sequence[str], output: str) -> list[str] | None:
    """What the runs must have for an output with these chosen columns; None for everything."""
    if output == "json":
        return None
    return ["info", *(keys or (["metrics.*"] if output == "table" else []))]


def _chosen(name: str) -> "Column[Run]":
    kind, _, key = name.partition(".")
    if key and kind == "metrics":
        return Column(name, partial(_metric, key, texts.exact), numeric=True)
    if key and kind in ("params", "tags"):
        return Column(name, partial(_text, kind, key), least=8)
    raise click.UsageError(f"No such column: '{name}'. Write metrics.KEY, params.KEY or tags.KEY.")


def _metric(key: str, spelt: Callable[[float], str], run: "Run") -> str:
    value = run.data.metrics.get(key)
    return "" if value is None else spelt(value)


def _text(kind: str, key: str, run: "Run") -> str:
    return (run.data.params if kind == "params" else run.data.tags).get(key, "")


def table(
    rows: "Sequence[Run]",
    experiment_names: Mapping[str, str],
    chosen: "Sequence[Column[Run]]",
    *,
    stages: bool,
) -> "list[Column[Run]]":
    """The columns of a table of these runs.

    Args:
        rows: the runs.
        experiment_names: by id, if the table is to say which experiment a run belongs to.
        chosen: columns that were asked for; without them, there are as many metrics as there is room for.
        stages: whether to say what is deleted.
    """
    wide = width() >= _WIDE
    columns: list[Column[Run]] = [
        Column("RUN", lambda run: texts.short_id(run.info.run_id), style="cyan"),
        Column("NAME", lambda run: run.info.run_name or "", least=20),
        Column(
            "STATUS", lambda run: run.info.status, style=lambda run: _STATUS_STYLES.get(run.info.status, "")
        ),
        Column("STARTED", lambda run: texts.when(run.info.start_time, wide=wide)),
        Column("TOOK", lambda run: texts.duration(run.info.start_time, run.info.end_time), numeric=True),
    ]
    if experiment_names:
        columns.insert(
            2, Column("EXPERIMENT", lambda run: experiment_names.get(run.info.experiment_id, ""), least=12)
        )
    if stages:
        columns.insert(3, Column("STAGE", lambda run: run.info.lifecycle_stage, style=_stage_style))
    return [*columns, *(map(_short, chosen) if chosen else _metrics_that_fit(rows, columns))]


def _short(column: "Column[Run]") -> "Column[Run]":
    """A chosen column as a table has it: its key alone as the head."""
    return replace(column, head=column.head.partition(".")[2])


def _stage_style(run: "Run") -> str:
    return "red" if run.info.lifecycle_stage == "deleted" else ""


def _metrics_that_fit(rows: "Sequence[Run]", columns: "Sequence[Column[Run]]") -> "list[Column[Run]]":
    """Columns of the metrics that most of the runs have, as many as there is room for."""
    left = (
        width()
        - sum(min(column_width(column, rows), column.least or 1_000) + GAP for column in columns)
        + GAP
    )
    found: list[Column[Run]] = []
    for key in _telling(rows):
        column: Column[Run] = Column(key, partial(_metric, key, texts.number), numeric=True)
        if (needed := column_width(column, rows) + GAP) <= left:
            left -= needed
            found.append(column)
    return found


def _telling(rows: "Sequence[Run]") -> list[str]:
    """The metrics that tell runs apart, those that most of the runs have first."""
    values: dict[str, list[float]] = {}
    for run in rows:
        for key, value in run.data.metrics.items():
            if not key.startswith("system/"):
                values.setdefault(key, []).append(value)
    keys = [key for key, found in values.items() if len(found) == 1 or len(set(found)) > 1]
    return sorted(keys, key=lambda key: -len(values[key]))
