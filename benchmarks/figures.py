"""What a benchmark returns, and arithmetic on it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """How much work is done: `quick` is for trying things out, its figures are for nothing else.

    `seconds` bounds what could go on for hours: a part that would take longer is not begun.
    """

    quick: bool
    seconds: float = 600

    def pick(self, full: int, quick: int) -> int:
        return quick if self.quick else full


@dataclass(frozen=True)
class Figure:
    """One measured value. `budget` is what design and release notes promise, as text.

    `beyond` says that the work was given up after `value`. Figures of one `curve` are its points, `at` a size.
    """

    label: str
    value: float
    unit: str
    budget: str = ""
    higher_is_better: bool = False
    beyond: bool = False
    curve: str = ""
    at: int = 0


Results = dict[str, dict[str, Figure]]
"""Figures by label, and below that by the name of the side."""


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def median(values: Sequence[float]) -> float:
    return percentile(values, 50)
