"""A folder in which MLflow keeps its runs as files: `mlruns`.

EXPERIMENT/meta.yaml, tags/KEY, datasets/ID/meta.yaml, RUN/… (see `run_folder`)
.trash/EXPERIMENT/…     deleted experiments
models/NAME/…           registered models
"""

from collections.abc import Iterator
from pathlib import Path

from runstone.entities.kinds import LifecycleStage
from runstone.importer.records import SourceExperiment, SourceRun
from runstone.importer.report import NO_MODELS, NO_REGISTRY, NO_TRACES, Report
from runstone.importer.run_folder import META, RunFolder, Yaml, subfolders

TRASH = ".trash"
REGISTRY = "models"
_NO_RUNS = frozenset(("tags", "datasets", "traces", "models"))


class FolderSource:
    """The source in a folder; see the module."""

    def __init__(self, root: Path, report: Report, artifacts_from: Path | None):
        self._root, self._report, self._artifacts_from = root, report, artifacts_from
        self._yaml = Yaml(report)
        self.uri = str(root)

    def experiments(self) -> Iterator[SourceExperiment]:
        """See Source."""
        for folder in self._folders():
            meta = self._yaml.read(folder)
            deleted = folder.parent.name == TRASH
            yield SourceExperiment(
                experiment_id=folder.name,
                name=meta.text("name") or f"Experiment {folder.name}",
                location=meta.text("artifact_location"),
                lifecycle=LifecycleStage.DELETED if deleted else LifecycleStage.ACTIVE,
                created=meta.integer("creation_time") or 0,
                updated=meta.integer("last_update_time") or 0,
                tags=dict(self._yaml.texts(folder / "tags", "experiment tags")),
            )
            if not meta:
                reason = f"{META} is missing or damaged: the experiment is named by its id"
                self._report.leave("descriptions of experiments", reason, str(folder))

    def count_runs(self, experiment: SourceExperiment) -> int:
        """See Source."""
        return sum(1 for _ in subfolders(self._folder(experiment), _NO_RUNS))

    def runs(self, experiment: SourceExperiment) -> Iterator[SourceRun]:
        """See Source."""
        for folder in subfolders(self._folder(experiment), _NO_RUNS):
            run = RunFolder(folder, self._yaml, self._report, self._artifacts_from)
            if run.exists():
                yield SourceRun(folder.name, run.state(), run.read, run.points, run.files)

    def leave_rest(self) -> None:
        """See Source."""
        for model in subfolders(self._root / REGISTRY):
            self._report.leave("registered models", NO_REGISTRY, model.name)
            for version in subfolders(model):
                if version.name.startswith("version-"):
                    name = f"{model.name}, version {version.name.removeprefix('version-')}"
                    self._report.leave("model versions", NO_REGISTRY, name)
        for folder in self._folders():
            for model in subfolders(folder / "models"):
                self._report.leave("logged models", NO_MODELS, model.name)
            for trace in subfolders(folder / "traces"):
                self._report.leave("traces", NO_TRACES, trace.name)

    def close(self) -> None:
        """See Source."""

    def _folders(self) -> Iterator[Path]:
        """The folders of experiments. One without a description counts if it has runs."""
        for parent in (self._root, self._root / TRASH):
            for folder in subfolders(parent, {TRASH, REGISTRY}):
                if (folder / META).exists() or any((run / META).exists() for run in subfolders(folder)):
                    yield folder

    def _folder(self, experiment: SourceExperiment) -> Path:
        active = self._root / experiment.experiment_id
        return active if active.is_dir() else self._root / TRASH / experiment.experiment_id


def is_folder_of_mlflow(root: Path) -> bool:
    """Whether MLflow keeps runs as files in a folder."""
    if any(any(root.glob(pattern)) for pattern in (f"*/{META}", f"{TRASH}/*/{META}", f"{REGISTRY}/*/{META}")):
        return True
    runs = (meta.parent for meta in root.glob(f"*/*/{META}"))  # of experiments whose descriptions are lost
    return any((run / part).is_dir() for run in runs for part in ("metrics", "params"))
