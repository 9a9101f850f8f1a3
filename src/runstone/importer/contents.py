"""What of a run is to be sent: what Runstone can keep, and the target does not have yet."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from runstone.entities.names import (
    IMPORT_TAG,
    MAX_IMPORTED_LENGTH,
    MAX_INT64,
    RUN_NAME_TAG,
    check_key,
    check_length,
    check_text,
)
from runstone.errors import InvalidParameterValue
from runstone.importer.outbox import Field, Item
from runstone.importer.report import Report
from runstone.importer.target import Target
from runstone.wire.importing import ImportedRun
from runstone.wire.runs import Metric, Param, Run, RunTag

_POINT_WEIGHT = 80
_LINK_WEIGHT = 100


class Contents:
    """The contents of runs, for one target."""

    def __init__(self, target: Target, report: Report):
        self._target, self._report = target, report

    def of(self, run: ImportedRun, points: Iterable[Metric], old: Run | None) -> Iterator[Item]:
        """What is to be sent of a run. `old` is the run as the target has it."""
        yield from self._texts("params", run.run_id, run.params, self._params_of(old))
        yield from self._texts("tags", run.run_id, run.tags, self._tags_of(old))
        yield from _links(run, old)
        for key, series in groupby(points, key=lambda point: point.key):
            if self._refused("metrics", run.run_id, key):
                lost = sum(1 for _ in series)
                self._report.leave("points", "their metrics are left out", f"run {run.run_id}: '{key}'", lost)
                continue
            yield from self._series(run.run_id, series, self._known(run.run_id, key, old))

    def checked_text(self, what: str, owner: str, key: str, value: str) -> bool:
        """Whether Runstone can keep a text under a key; if not, that is reported."""
        if self._refused(what, owner, key):
            return False
        try:
            check_text(value, "value", of=f"'{key}'")
        except InvalidParameterValue as error:
            self._report.leave(what, "they hold characters that no database keeps", f"{owner}: {error}")
            return False
        try:
            check_length(value, MAX_IMPORTED_LENGTH, "value")
        except InvalidParameterValue:
            reason = f"they are longer than {MAX_IMPORTED_LENGTH:,} characters"
            self._report.leave(what, reason, f"{owner}: '{key}', {len(value):,} characters")
            return False
        return True

    def _refused(self, what: str, owner: str, key: str) -> bool:
        try:
            check_key(key)
            check_text(key, "key")
        except InvalidParameterValue as error:
            self._report.leave(what, "Runstone refuses their names", f"{owner}: {error}")
            return True
        return False

    def _texts(
        self, field: Field, run_id: str, texts: Iterable[Param | RunTag], old: dict[str, str]
    ) -> Iterator[Item]:
        for text in texts:
            if text.key in (IMPORT_TAG, RUN_NAME_TAG):  # ours to set, and set with the run's name
                continue
            if not self.checked_text(field, f"run {run_id}", text.key, text.value):
                continue
            known = old.get(text.key)
            if known is None or (field == "tags" and known != text.value):
                yield Item(field, text, _LINK_WEIGHT + len(text.value))
            elif known != text.value:
                reason = "the target has another value for them, and params are written once"
                self._report.leave(field, reason, f"run {run_id}: '{text.key}'")

    @staticmethod
    def _params_of(old: Run | None) -> dict[str, str]:
        return {param.key: param.value for param in old.data.params} if old else {}

    @staticmethod
    def _tags_of(old: Run | None) -> dict[str, str]:
        return {tag.key: tag.value for tag in old.data.tags} if old else {}

    def _known(self, run_id: str, key: str, old: Run | None) -> set[tuple[int, int, object]]:
        """The points of a metric that the target has."""
        if old is None or all(metric.key != key for metric in old.data.metrics):
            return set()
        return {_identity(point) for point in self._target.points(run_id, key)}

    def _series(
        self, run_id: str, points: Iterable[Metric], known: set[tuple[int, int, object]]
    ) -> Iterator[Item]:
        for point in points:
            if not 0 <= point.timestamp <= MAX_INT64:
                example = f"run {run_id}: '{point.key}' at {point.timestamp}"
                self._report.leave("points", "their times are out of range", example)
            elif not known or _identity(point) not in known:
                yield Item("metrics", point, _POINT_WEIGHT)


def _identity(point: Metric) -> tuple[int, int, object]:
    # NaN travels as a text, which equals itself. Negative zero is stored as zero, which equals it.
    return point.timestamp, point.step or 0, point.value


def _links(run: ImportedRun, old: Run | None) -> Iterator[Item]:
    """The datasets and models of a run, without those that are there."""
    inputs, outputs = (old.inputs or None, old.outputs or None) if old else (None, None)
    there: dict[Field, list[object]] = {
        "dataset_inputs": list(inputs.dataset_inputs) if inputs else [],
        "model_inputs": list(inputs.model_inputs) if inputs else [],
        "model_outputs": list(outputs.model_outputs) if outputs else [],
    }
    for field, known in there.items():
        for link in getattr(run, field):
            if link not in known:
                size = len(link.dataset.profile or "") if field == "dataset_inputs" else 0
                yield Item(field, link, _LINK_WEIGHT + size)
