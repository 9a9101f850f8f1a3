"""Numbers as MLflow keeps them."""

import math

from runstone.importer.report import Report
from runstone.wire.base import Double, to_double

_LARGEST = 1.7976931348623157e308
_NOTE = (
    "A value of ±1.7976931348623157e308 is read as the infinity in whose place MLflow's databases hold it."
)


def unclamped(value: Double, report: Report) -> Double:
    """A value, or the infinity that a database of MLflow's holds the largest number for."""
    if value in (_LARGEST, -_LARGEST):
        report.note(_NOTE)
        return to_double(math.copysign(math.inf, float(value)))
    return value
