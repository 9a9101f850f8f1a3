"""Runs on their way to the target, in requests of a bounded size."""

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

import msgspec

from runstone.entities.names import IMPORT_TAG
from runstone.errors import BadRequest, InvalidParameterValue, ResourceConflict
from runstone.importer.report import Report
from runstone.importer.target import Target
from runstone.wire.importing import ImportedRun

Field = Literal["params", "tags", "metrics", "dataset_inputs", "model_inputs", "model_outputs"]
FIELDS: tuple[Field, ...] = Field.__args__

_NAMES: dict[Field, str] = {
    "params": "params",
    "tags": "tags",
    "metrics": "points",
    "dataset_inputs": "datasets",
    "model_inputs": "references to models",
    "model_outputs": "references to models",
}

MOST_WEIGHT = 1_000_000
"""Of one request, in bytes of JSON, roughly: some 12,000 points. Other writers wait no longer than for that."""

RUN_WEIGHT = 400

_REFUSALS = (InvalidParameterValue, BadRequest, ResourceConflict)


class Item(NamedTuple):
    """Something of a run, and how much room it takes."""

    field: Field
    value: object
    weight: int


class Outbox:
    """Gathers the runs of one experiment, and sends them to the target.

    What the target refuses is reported, and the rest is stored nevertheless. `stored` is told of each run that has
    arrived, with the place of its artifacts, and whether all of it was taken.
    """

    def __init__(
        self,
        target: Target,
        experiment_id: str,
        report: Report,
        stored: Callable[[ImportedRun, str, bool], None],
    ):
        self._target, self._experiment_id, self._report = target, experiment_id, report
        self._stored = stored
        self._parts: list[ImportedRun] = []
        self._weight = 0
        self._lossy: set[str] = set()
        self.refused: set[str] = set()
        """The runs of which the target takes nothing."""

    def put(self, head: ImportedRun, items: Iterable[Item]) -> int:
        """Send a run: `head` is its info, without content. How many items with a weight there were."""
        part, count = blank(head), 0
        weight = RUN_WEIGHT
        for field, value, size in items:
            if self._weight + weight + size > MOST_WEIGHT and (self._parts or weight > RUN_WEIGHT):
                self._add(part, weight, more=True)
                self.flush()
                part, weight = blank(head), RUN_WEIGHT
            getattr(part, field).append(value)
            weight += size
            count += bool(size)
        self._add(part, weight, more=False)
        if self._weight > MOST_WEIGHT:
            self.flush()
        return count

    def flush(self) -> bool:
        """Send what is gathered; whether there was anything."""
        parts, self._parts, self._weight = self._parts, [], 0
        if not parts:
            return False
        places = self._send(parts)
        for part in parts:
            if not part.more and part.run_id not in self.refused:
                lossy = part.run_id in self._lossy
                self._lossy.discard(part.run_id)
                self._stored(part, places.get(part.run_id, ""), not lossy)
        return True

    def _add(self, part: ImportedRun, weight: int, *, more: bool) -> None:
        part.more = more
        if part.run_id not in self.refused:
            self._parts.append(part)
            self._weight += weight

    def _send(self, parts: list[ImportedRun]) -> dict[str, str]:
        """Store the parts, all at once, or if that is refused one by one; the places of the runs' artifacts."""
        try:
            places = self._target.take_runs(self._experiment_id, parts)
        except _REFUSALS as error:
            if len(parts) > 1:
                return {run: place for part in parts for run, place in self._send([part]).items()}
            return self._send_divided(parts[0], error)
        for part in parts:
            self._count(part)
        return places

    def _count(self, part: ImportedRun) -> None:
        self._report.take("params", len(part.params))
        self._report.take("tags", sum(tag.key != IMPORT_TAG for tag in part.tags))
        self._report.take("points", len(part.metrics))
        self._report.take("datasets", len(part.dataset_inputs))

    def _send_divided(self, part: ImportedRun, error: Exception) -> dict[str, str]:
        """Store what the target takes of a part that it refused, and report the rest."""
        head = blank(part)
        head.more = part.more
        try:
            places = self._target.take_runs(self._experiment_id, [head])
        except _REFUSALS as refusal:
            self.refused.add(part.run_id)
            self._report.leave("runs", "the target refuses them", f"{part.run_id}: {refusal}")
            return {}
        self._lossy.add(part.run_id)
        items: list[tuple[Field, object]] = [
            (field, value) for field in FIELDS for value in getattr(part, field)
        ]
        if len(items) == 1:
            what = _NAMES[items[0][0]]
            self._report.leave(what, "the target refuses them", f"run {part.run_id}: {error}")
            return places
        for half in (items[: len(items) // 2], items[len(items) // 2 :]):
            piece = blank(part)
            piece.more = part.more
            for field, value in half:
                getattr(piece, field).append(value)
            places |= self._send([piece])
        return places


def blank(run: ImportedRun) -> ImportedRun:
    """A run's info without content."""
    return msgspec.structs.replace(run, **{field: [] for field in FIELDS}, more=False)
