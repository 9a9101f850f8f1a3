"""Runs as CSV, with the columns of MLflow's export; pandas is not needed."""

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

from runstone.cli.texts import exact

if TYPE_CHECKING:
    from runstone.entities import Run

_INFO = ("run_id", "experiment_id", "status", "artifact_uri", "start_time", "end_time")
_KINDS = ("metrics", "params", "tags")


def runs_csv(runs: "Sequence[Run]", file: IO[str]) -> None:
    """Write one line for each run: its info, then `metrics.*`, `params.*` and `tags.*` by first appearance.

    What a run lacks is empty. Times are in UTC, to the millisecond.
    """
    rows = [_columns(run) for run in runs]
    names = dict.fromkeys([*_INFO, *(name for row in rows for name in row)])
    ordered = sorted(names, key=_kind)  # a stable sort: within a kind they stay in order of appearance
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(ordered)
    for row in rows:
        writer.writerow([row.get(name, "") for name in ordered])


def _kind(name: str) -> int:
    return _KINDS.index(name.partition(".")[0]) if "." in name else -1


def _columns(run: "Run") -> dict[str, str]:
    info = run.info
    columns = {
        "run_id": info.run_id,
        "experiment_id": info.experiment_id,
        "status": info.status,
        "artifact_uri": info.artifact_uri or "",
        "start_time": _time(info.start_time),
        "end_time": _time(info.end_time),
    }
    columns |= {f"metrics.{key}": exact(value) for key, value in run.data.metrics.items()}
    return columns | _prefixed("params", run.data.params) | _prefixed("tags", run.data.tags)


def _prefixed(prefix: str, texts: Mapping[str, str]) -> dict[str, str]:
    return {f"{prefix}.{key}": text for key, text in texts.items()}


def _time(milliseconds: int | None) -> str:
    if not milliseconds:
        return ""
    moment = datetime.fromtimestamp(milliseconds // 1_000, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{milliseconds % 1_000:03d}+00:00"
