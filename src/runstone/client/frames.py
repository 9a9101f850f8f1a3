"""Runs as a pandas DataFrame."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from runstone.entities import Run
from runstone.errors import MissingLibrary

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs]


def pandas_for(function: str, otherwise: str = "") -> Any:
    """The module of pandas. Raises MissingLibrary, naming the function that needs it and what to do otherwise."""
    try:
        import pandas  # pyright: ignore[reportMissingTypeStubs]
    except ImportError as error:
        raise MissingLibrary(
            f"{function} works with a pandas DataFrame, and pandas is not installed. Install it, for instance with "
            f"pip install 'runstone[pandas]'{otherwise and ', ' + otherwise}."
        ) from error
    return pandas


def runs_frame(runs: Sequence[Run]) -> "pandas.DataFrame":
    """One row for each run: its ids, state and times, then `metrics.*`, `params.*` and `tags.*` by first appearance.

    What a run lacks is NaN among the metrics and None elsewhere. Raises MissingLibrary without pandas.
    """
    pandas = pandas_for("search_runs", 'or pass output_format="list"')
    times: Any = partial(pandas.to_datetime, unit="ms", utc=True)
    columns: dict[str, Any] = {
        "run_id": [run.info.run_id for run in runs],
        "experiment_id": [run.info.experiment_id for run in runs],
        "status": [run.info.status for run in runs],
        "artifact_uri": [run.info.artifact_uri for run in runs],
        "start_time": times([run.info.start_time for run in runs]),
        "end_time": times([run.info.end_time for run in runs]),
    }
    columns |= _columns("metrics", runs, lambda run: run.data.metrics, float("nan"))
    columns |= _columns("params", runs, lambda run: run.data.params, None)
    columns |= _columns("tags", runs, lambda run: run.data.tags, None)
    return pandas.DataFrame(columns)


def _columns(
    prefix: str, runs: Sequence[Run], data: Callable[[Run], Mapping[str, Any]], absent: Any
) -> dict[str, list[Any]]:
    rows = [data(run) for run in runs]
    keys = dict.fromkeys(key for row in rows for key in row)
    return {f"{prefix}.{key}": [row.get(key, absent) for row in rows] for key in keys}
