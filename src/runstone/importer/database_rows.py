"""The rows of MLflow's database as runs."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from runstone.entities.kinds import RunStatus
from runstone.entities.names import RUN_NAME_TAG
from runstone.importer.artifacts import LocalFiles
from runstone.importer.origin import origin_tags
from runstone.importer.records import Files
from runstone.importer.report import Report
from runstone.importer.values import unclamped
from runstone.wire.base import to_double
from runstone.wire.datasets import Dataset, DatasetInput, InputTag, ModelInput, ModelOutput
from runstone.wire.importing import ImportedRun
from runstone.wire.runs import Metric, Param, RunTag


class RunRows(NamedTuple):
    """The rows of one run. A dataset is its row and the tags of its use; a model its kind of use, id and step."""

    row: Mapping[Any, Any]
    params: Sequence[tuple[str, str | None]]
    tags: Sequence[tuple[str, str | None]]
    datasets: Sequence[tuple[Any, Sequence[tuple[str, str]]]]
    models: Sequence[tuple[str, str, int]]


def imported_run(rows: RunRows) -> ImportedRun:
    """A run without its points."""
    row = rows.row
    tags = {key: value or "" for key, value in rows.tags}
    origin = origin_tags(
        source_name=row.get("source_name") or "",
        source_type=row.get("source_type") or "",
        source_version=row.get("source_version") or "",
        entry_point_name=row.get("entry_point_name") or "",
    )
    return ImportedRun(
        run_id=row["run_uuid"],
        run_name=row.get("name") or tags.get(RUN_NAME_TAG, ""),
        user_id=row.get("user_id") or "",
        status=row["status"] if row.get("status") in RunStatus.NAMES else "RUNNING",
        start_time=row.get("start_time") or 0,
        end_time=row.get("end_time"),
        lifecycle_stage=row.get("lifecycle_stage") or "active",
        deleted_time=row.get("deleted_time"),
        artifact_uri=row.get("artifact_uri"),
        params=[Param(key, value or "") for key, value in rows.params],
        tags=[RunTag(key, value) for key, value in (origin | tags).items()],
        dataset_inputs=[_used(dataset, used) for dataset, used in rows.datasets],
        model_inputs=[ModelInput(model) for kind, model, _ in rows.models if kind == "RUN_INPUT"],
        model_outputs=[ModelOutput(model, step) for kind, model, step in rows.models if kind == "RUN_OUTPUT"],
    )


def _used(row: Any, tags: Sequence[tuple[str, str]]) -> DatasetInput:
    dataset = Dataset(
        name=row.name,
        digest=row.digest,
        source_type=row.dataset_source_type,
        source=row.dataset_source,
        schema=row.dataset_schema,
        profile=row.dataset_profile,
    )
    return DatasetInput(tags=[InputTag(name, value) for name, value in tags], dataset=dataset)


def point(row: Any, measured_on: Mapping[tuple[str, int, int], tuple[str, str]], report: Report) -> Metric:
    """A point of a run."""
    key, value, timestamp, step, is_nan = row
    step = step or 0
    value = to_double(math.nan) if is_nan else unclamped(value, report)
    name, digest = measured_on.get((key, timestamp, step), (None, None)) if measured_on else (None, None)
    return Metric(key, value, timestamp, step, name, digest)


def state_of(rows: RunRows, points: int, files: Files | None) -> str:
    """A digest of a run's rows, the number of its points, and its files where that is cheap."""
    digest = hashlib.blake2b(digest_size=16)
    models, datasets = sorted(rows.models), sorted((tuple(row), sorted(tags)) for row, tags in rows.datasets)
    parts = (sorted(rows.row.items()), sorted(rows.params), sorted(rows.tags), datasets, models, points)
    digest.update(repr(parts).encode("utf-8", "surrogatepass"))
    if isinstance(files, LocalFiles):
        digest.update(files.state().encode())
    return digest.hexdigest()
