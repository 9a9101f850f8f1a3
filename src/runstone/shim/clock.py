"""The time, as MLflow's `mlflow.utils.time` tells it."""

import time


def get_current_time_millis() -> int:
    """The time now, in milliseconds since 1970: what `timestamp` is in metrics."""
    return time.time_ns() // 1_000_000
