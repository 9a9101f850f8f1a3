"""Taking over experiments: their names, ids, tags, places and states."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from runstone.errors import BadRequest, InvalidParameterValue, ResourceConflict
from runstone.importer.artifacts import is_remote, is_within
from runstone.importer.contents import Contents
from runstone.importer.records import WORKSPACE, Source, SourceError, SourceExperiment
from runstone.importer.report import Report
from runstone.importer.target import Target
from runstone.wire.experiments import Experiment, ExperimentTag
from runstone.wire.importing import ImportExperiment


class Taken(NamedTuple):
    """An experiment in the target: its name and id there, and whether it is new."""

    name: str
    experiment_id: str
    created: bool


def chosen(source: Source, wanted: Sequence[str]) -> list[SourceExperiment]:
    """The experiments that are asked for by names or ids, all if none is; oldest first. Raises SourceError."""
    every = sorted(
        source.experiments(), key=lambda experiment: (experiment.created, experiment.experiment_id)
    )
    if not wanted:
        return every
    known = {text for experiment in every for text in (experiment.name, experiment.experiment_id)}
    for text in wanted:
        if text not in known:
            names = ", ".join(f"'{experiment.name}'" for experiment in every) or "none"
            raise SourceError(f"{source.uri} has no experiment '{text}'. It has: {names}.")
    return [experiment for experiment in every if {experiment.name, experiment.experiment_id} & set(wanted)]


class Experiments:
    """Takes over experiments."""

    def __init__(self, source: Source, target: Target, report: Report, *, link: bool):
        self._source, self._target, self._report = source, target, report
        self._link = link
        self._contents = Contents(target, report)

    def take(self, experiments: Sequence[SourceExperiment]) -> Mapping[str, Taken]:
        """Have the experiments in the target; how they are there, by their ids in the source.

        The highest id comes first: so one that needs another id is not given that of the next one.
        """
        names = _own_names(experiments)
        taken: dict[str, Taken] = {}
        for experiment in sorted(experiments, key=_number, reverse=True):
            name = names[experiment.experiment_id]
            try:
                there, created = self._target.take_experiment(self._request(experiment, name))
            except (InvalidParameterValue, BadRequest, ResourceConflict) as error:
                self._report.leave("experiments", "the target refuses them", f"'{name}': {error}")
                continue
            taken[experiment.experiment_id] = Taken(name, there.experiment_id, created)
            self._note_differences(experiment, name, there, created)
            self._report.take("experiments")
            self._report.take("new_experiments", int(created))
        return taken

    def _request(self, experiment: SourceExperiment, name: str) -> ImportExperiment:
        owner = f"experiment '{name}'"
        tags = [
            ExperimentTag(key, value)
            for key, value in experiment.tags.items()
            if self._contents.checked_text("experiment tags", owner, key, value)
        ]
        return ImportExperiment(
            name=name,
            experiment_id=experiment.experiment_id if _number(experiment) >= 0 else None,
            artifact_location=self._location(experiment.location),
            lifecycle_stage=experiment.lifecycle,
            creation_time=experiment.created,
            last_update_time=experiment.updated,
            tags=tags,
        )

    def _location(self, location: str) -> str | None:
        """Where the experiment's next runs keep their artifacts: as before, unless that is the source's own place."""
        if is_remote(location):
            return location
        linked = self._link and location.startswith(("/", "file:"))
        return location if linked and not is_within(location, self._source.uri) else None

    def _note_differences(
        self, experiment: SourceExperiment, name: str, there: Experiment, created: bool
    ) -> None:
        if name != experiment.name:
            self._report.note(f"The experiment '{experiment.name}' is called '{name}' here.")
        if there.experiment_id != experiment.experiment_id:
            how = "is taken here" if created else "differs from that of the experiment of this name here"
            self._report.note(
                f"The experiment '{name}' has the id {there.experiment_id}: its own, {experiment.experiment_id}, {how}."
            )
        if there.lifecycle_stage != experiment.lifecycle:
            self._report.note(
                f"The experiment '{name}' is {experiment.lifecycle} in the source, and stays {there.lifecycle_stage} "
                "here."
            )


def _number(experiment: SourceExperiment) -> int:
    """The id as a number; -1 if it is none that Runstone can use."""
    number = experiment.experiment_id
    return int(number) if number.isdecimal() and number.isascii() and len(number) < 19 else -1


def _own_names(experiments: Sequence[SourceExperiment]) -> dict[str, str]:
    """Names by id such that no two are the same: MLflow's workspaces may use one twice."""
    names: dict[str, str] = {}
    for experiment in experiments:
        name = experiment.name
        if experiment.workspace != WORKSPACE:
            name = f"{experiment.workspace}/{name}"
        if name in names.values():
            name = f"{name} ({experiment.experiment_id})"
        names[experiment.experiment_id] = name
    return names
