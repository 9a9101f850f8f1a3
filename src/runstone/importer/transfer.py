"""The import itself: every experiment of a source, every run of it, into the target.

It may be killed at any moment and begun again. A run is marked as complete after its last part is stored, and skipped
from then on unless its state in the source has changed; of one that is not, what is missing is added.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, Protocol

from runstone.entities.names import IMPORT_TAG
from runstone.importer.artifacts import is_remote
from runstone.importer.contents import Contents
from runstone.importer.copying import Copier
from runstone.importer.experiments import Experiments, Taken, chosen
from runstone.importer.outbox import Item, Outbox, blank
from runstone.importer.records import Files, Source, SourceDamaged, SourceExperiment, SourceRun
from runstone.importer.report import Report
from runstone.importer.target import Mark, Target
from runstone.urls import without_secrets
from runstone.wire.importing import ImportedRun
from runstone.wire.runs import Metric, Run, RunTag

_PAGE = 100


class Options(NamedTuple):
    """What the user chose.

    `experiments` are names or ids, none for all. With `link`, artifacts stay where they are, and runs name that place.
    """

    experiments: Sequence[str] = ()
    link: bool = False


EVERYTHING = Options()


class Progress(Protocol):
    """Is told how the import goes on."""

    def begin(self, runs: int | None) -> None:
        """How many runs there are, if that is known."""
        ...

    def step(self, experiment: str, runs: int = 0) -> None:
        """Something was done in an experiment; so many runs are behind us."""
        ...


def transfer(
    source: Source,
    target: Target,
    report: Report,
    options: Options = EVERYTHING,
    progress: Progress | None = None,
    now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
) -> None:
    """Take over what a source has.

    Raises RunstoneError if the source or the target fails for good; what was taken over by then stays, and the same
    call goes on from there.
    """
    experiments = chosen(source, options.experiments)
    if progress:
        counts = [source.count_runs(experiment) for experiment in experiments]
        progress.begin(None if None in counts else sum(count or 0 for count in counts))
    taken = Experiments(source, target, report, link=options.link).take(experiments)
    for experiment in experiments:
        if place := taken.get(experiment.experiment_id):
            _Runs(source, target, report, options, progress, now).take(experiment, place)
    if not options.experiments:
        source.leave_rest()


@dataclass
class _Visit:
    """The taking over of one run: its state in the source, how the target has it, and what is still to be done."""

    source: str
    state: str
    began: int
    old: Run | None
    old_mark: Mark | None
    lossy: bool
    files: Files | None = None
    copied: bool = False
    unchanged: bool = False

    def mark_item(self, state: str) -> Item:
        """The tag that says how far the run is."""
        return Item("tags", RunTag(IMPORT_TAG, Mark(self.source, state, self.began).text()), 0)

    def last_item(self) -> Item | None:
        """The tag that says that the run is complete, or that it is not; None if it says so already."""
        state = "" if self.lossy else self.state
        return None if self.old_mark and self.old_mark.state == state else self.mark_item(state)


class _Runs:
    """Takes over the runs of one experiment."""

    def __init__(
        self,
        source: Source,
        target: Target,
        report: Report,
        options: Options,
        progress: Progress | None,
        now: Callable[[], int],
    ):
        self._source, self._target, self._report = source, target, report
        self._options, self._progress, self._now = options, progress, now
        self._contents = Contents(target, report)
        self._copier = Copier(source, target, report)
        self._waiting: dict[str, _Visit] = {}

    def take(self, experiment: SourceExperiment, place: Taken) -> None:
        """Take over the runs of an experiment."""
        self._name = place.name
        self._outbox = Outbox(self._target, place.experiment_id, self._report, self._stored)
        try:
            for page in _pages(self._source.runs(experiment)):
                self._take_page(page, place)
        except SourceDamaged as error:
            self._report.leave("parts of experiments", "the source is damaged", f"'{place.name}': {error}")
        while self._outbox.flush():  # what arrives may have to be marked, which is sent in its turn
            pass
        self._report.take("new_runs", -len(self._outbox.refused))

    def _take_page(self, page: Sequence[SourceRun], place: Taken) -> None:
        ids = [run.run_id for run in page]
        known = {} if place.created else self._target.known_runs(place.experiment_id, ids)
        for run in page:
            self._take_run(run, known.get(run.run_id))
            if self._progress:
                self._progress.step(self._name, runs=1)

    def _take_run(self, source_run: SourceRun, old: Run | None) -> None:
        state = f"{source_run.state}-{'link' if self._options.link else 'copy'}" if source_run.state else ""
        mark = Mark.of(old) if old else None
        if mark and state and mark.state == state:
            self._report.take("unchanged_runs")
            return
        before = self._report.losses
        run, files = source_run.read(), source_run.files()
        visit = _Visit(self._source.uri, state, self._now(), old, mark, lossy=self._report.losses > before)
        head = self._head(run, files)
        if files and not head.artifact_uri and self._copier.has_any(head.run_id, files):
            visit.files = files
            self._waiting[head.run_id] = visit
        count = self._outbox.put(head, self._items(run, source_run.points(), visit))
        visit.unchanged = old is not None and not count and not visit.copied and _same_info(head, old)
        self._report.take(
            "new_runs" if old is None else "unchanged_runs" if visit.unchanged else "updated_runs"
        )

    def _head(self, run: ImportedRun, files: Files | None) -> ImportedRun:
        """A run's info, with the place of its artifacts if they stay there."""
        head = blank(run)
        head.artifact_uri = None
        location = files.location if files else run.artifact_uri
        if location and is_remote(location):
            head.artifact_uri = location
            if not self._options.link:
                reason = "artifacts on remote storage are not copied: the runs name their place there"
                self._report.leave(
                    "artifacts of runs", reason, f"run {run.run_id}: {without_secrets(location)}"
                )
        elif self._options.link and files:
            head.artifact_uri = files.location
            if not files.location:
                reason = "they can only be had through the source's server, so there is nothing to link to"
                self._report.leave("artifacts of runs", reason, f"run {run.run_id}")
        if head.artifact_uri:
            self._report.take("linked_runs")
        return head

    def _items(self, run: ImportedRun, points: Iterator[Metric], visit: _Visit) -> Iterator[Item]:
        """All that is to be sent of a run; last, if nothing is to follow, that it is complete."""
        if visit.files and not visit.old_mark:
            yield visit.mark_item("")
        before = self._report.losses
        yield from self._contents.of(run, points, visit.old)
        visit.lossy |= self._report.losses > before
        if not visit.files and (item := visit.last_item()):
            yield item

    def _stored(self, part: ImportedRun, place: str, whole: bool) -> None:
        visit = self._waiting.pop(part.run_id, None)
        if visit and visit.files:
            before = self._report.taken["artifacts"]
            whole &= self._copier.copy(part.run_id, visit.files, place, visit.old_mark)
            visit.lossy |= not whole
            visit.copied = self._report.taken["artifacts"] > before
            if visit.copied and visit.unchanged:  # as it was counted before its files were looked at
                self._report.take("unchanged_runs", -1)
                self._report.take("updated_runs")
            visit.files = None
            if item := visit.last_item():
                self._outbox.put(blank(part), [item])
        elif not whole:
            self._outbox.put(
                blank(part), [Item("tags", RunTag(IMPORT_TAG, Mark(self._source.uri, "", 0).text()), 0)]
            )
        if self._progress:
            self._progress.step(self._name)


def _same_info(head: ImportedRun, old: Run) -> bool:
    """Whether the target has the run's info as it is in the source."""
    info = old.info
    return (head.status, head.start_time, head.end_time, head.lifecycle_stage) == (
        info.status,
        info.start_time or 0,
        info.end_time,
        info.lifecycle_stage,
    ) and head.run_name in ("", info.run_name)


def _pages(runs: Iterator[SourceRun]) -> Iterator[list[SourceRun]]:
    while page := list(islice(runs, _PAGE)):
        yield page
