"""One run, as people read it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from runstone.cli import texts
from runstone.cli.output import Field, print_fields, print_section
from runstone.entities.names import DATASET_CONTEXT_TAG, NOTE_TAG, PARENT_RUN_TAG, SOURCE_NAME_TAG, USER_TAG

if TYPE_CHECKING:
    from runstone.entities import DatasetInput, Run


def print_run(run: "Run", experiment_name: str, output: str) -> None:
    """Print a run: for "table", in sections; for "tsv", one fact a line."""
    params, tags = dict(sorted(run.data.params.items())), dict(sorted(run.data.tags.items()))
    metrics = {key: texts.exact(value) for key, value in sorted(run.data.metrics.items())}
    if output == "tsv":
        rest = [("params", params), ("metrics", metrics), ("tags", tags)]
        data = [Field(f"{kind}.{key}", text) for kind, found in rest for key, text in found.items()]
        print_fields([*_facts(run, experiment_name), *data], output)
        return
    print_fields([*_facts(run, experiment_name), *_known_tags(tags)], output)
    print_section("Params", params)
    print_section("Metrics", {key: text.removesuffix(".0") for key, text in metrics.items()}, numeric=True)
    print_section("Datasets", _datasets(run.inputs.dataset_inputs))
    print_section("Tags", {key: text for key, text in tags.items() if not key.startswith("mlflow.")})


def _datasets(inputs: "Sequence[DatasetInput]") -> dict[str, str]:
    """By the names of datasets, their digests, each with what it was used for."""
    found: dict[str, list[str]] = {}
    for used in inputs:
        contexts = [f"({tag.value})" for tag in used.tags if tag.key == DATASET_CONTEXT_TAG]
        found.setdefault(used.dataset.name, []).append(" ".join([used.dataset.digest, *contexts]))
    return {name: ", ".join(digests) for name, digests in sorted(found.items())}


def _facts(run: "Run", experiment_name: str) -> list[Field]:
    info = run.info
    experiment = f"{experiment_name} (id {info.experiment_id})"
    took = texts.duration(info.start_time, info.end_time)
    ended = f"{texts.when(info.end_time)}, after {took}" if took else None
    return [
        Field("run_name", info.run_name or "", "Name"),
        Field("run_id", info.run_id, "Run ID"),
        Field("experiment_id", info.experiment_id, "Experiment", experiment),
        Field("status", info.status, "Status"),
        Field("start_time", texts.utc(info.start_time), "Started", texts.when(info.start_time)),
        Field("end_time", texts.utc(info.end_time), "Ended" if info.end_time else None, ended),
        Field(
            "lifecycle_stage", info.lifecycle_stage, "Stage" if info.lifecycle_stage == "deleted" else None
        ),
        Field("artifact_uri", info.artifact_uri or "", "Artifacts"),
    ]


def _known_tags(tags: Mapping[str, str]) -> list[Field]:
    """MLflow's own tags that say something to people."""
    labels = {USER_TAG: "User", SOURCE_NAME_TAG: "Source", PARENT_RUN_TAG: "Parent", NOTE_TAG: "Description"}
    return [Field(key, tags[key], label) for key, label in labels.items() if key in tags]
