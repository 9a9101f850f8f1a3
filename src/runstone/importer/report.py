"""What an import did, and what it had to leave behind."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

Thing = Literal[
    "experiments",
    "new_experiments",
    "new_runs",
    "updated_runs",
    "unchanged_runs",
    "points",
    "params",
    "tags",
    "datasets",
    "artifacts",
    "artifact_bytes",
    "linked_runs",
]

NO_REGISTRY = "Runstone has no model registry yet"
NO_MODELS = "Runstone keeps no logged models yet; runs still name them"
NO_TRACES = "Runstone keeps no traces yet"
NO_PLACE = "Runstone has no place for them"

MOST_EXAMPLES = 10_000
"""Examples kept of each reason; all are counted."""

MOST_NOTES = 1_000


@dataclass(frozen=True)
class LeftOut:
    """Things of one kind that were left behind for one reason. `examples` says which, as far as they were kept."""

    what: str
    reason: str
    count: int
    examples: tuple[str, ...]


class Report:
    """What an import did so far.

    `taken` counts what was taken over, `notes` tells what is otherwise than it was in the source though nothing is
    lost, and `left_out` what could not be carried.
    """

    def __init__(self) -> None:
        self.taken: Counter[Thing] = Counter()
        self.notes: list[str] = []
        self._left_out: dict[tuple[str, str], tuple[int, list[str]]] = {}

    def take(self, thing: Thing, count: int = 1) -> None:
        """Count something that was taken over."""
        self.taken[thing] += count

    def note(self, text: str) -> None:
        """Say what is otherwise than it was in the source."""
        if text not in self.notes and len(self.notes) < MOST_NOTES:
            self.notes.append(text)

    def leave(self, what: str, reason: str, example: str = "", count: int = 1) -> None:
        """Say that something is not carried.

        Args:
            what: the kind of things, in the plural, such as "params".
            reason: why, the same for all that are alike.
            example: which one.
            count: how many.
        """
        known, examples = self._left_out.setdefault((what, reason), (0, []))
        if example and len(examples) < MOST_EXAMPLES:
            examples.append(example)
        self._left_out[what, reason] = (known + count, examples)

    @property
    def losses(self) -> int:
        """How much was left behind so far."""
        return sum(count for count, _ in self._left_out.values())

    @property
    def left_out(self) -> list[LeftOut]:
        """All that was left behind, by kind and reason."""
        return [LeftOut(*key, count, tuple(examples)) for key, (count, examples) in self._left_out.items()]

    @property
    def complete(self) -> bool:
        """Whether everything was carried."""
        return not self._left_out

    def as_dict(self) -> dict[str, object]:
        """The report for programs."""
        return {
            "complete": self.complete,
            "taken": {thing: self.taken[thing] for thing in _things()},
            "notes": self.notes,
            "left_out": [asdict(entry) for entry in self.left_out],
        }


def _things() -> Iterator[Thing]:
    yield from Thing.__args__
