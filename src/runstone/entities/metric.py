"""A metric point, and the range rules of its numbers."""

from runstone.entities.base import Entity
from runstone.entities.names import MAX_INT64, MIN_INT64
from runstone.errors import InvalidParameterValue


class Metric(Entity, frozen=True):
    """One point of a metric.

    `value` is a float (NaN and infinities are values like any other), `timestamp` is in milliseconds since the Unix
    epoch (≥ 0), `step` is a signed 64-bit integer that may repeat, skip and go backwards.
    """

    key: str
    value: float
    timestamp: int
    step: int = 0
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None
    run_id: str | None = None


def check_timestamp(key: str, value: float, timestamp: int) -> None:
    """Raises InvalidParameterValue unless the timestamp is a non-negative 64-bit integer."""
    if not 0 <= timestamp <= MAX_INT64:
        raise InvalidParameterValue(
            f"Invalid value {timestamp} for parameter 'timestamp' supplied: metric '{key}' (value={value}). "
            "Timestamp must be a nonnegative long (64-bit integer) "
        )


def check_step(key: str, value: float, step: int) -> None:
    """Raises InvalidParameterValue unless the step is a 64-bit integer."""
    if not MIN_INT64 <= step <= MAX_INT64:
        raise InvalidParameterValue(
            f"Invalid value {step} for parameter 'step' supplied: metric '{key}' (value={value}). "
            "Step must be a valid long (64-bit integer)."
        )
