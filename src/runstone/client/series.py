"""Series: a metric's points in columns, the form that charts and numpy want.

numpy and pcodec are loaded by the first one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from runstone.client.frames import pandas_for
from runstone.entities import Metric
from runstone.entities.names import MAX_SERIES_KEYS, MAX_SERIES_RUNS
from runstone.errors import EndpointNotFound
from runstone.wire.metrics import GetSeries, GetSeriesColumnsResponse, RunColumns

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs]

    from runstone.wire.columns import Columns, Floats, Ints


class Series(msgspec.Struct, frozen=True, eq=False):
    """The points of one metric of one run, ordered by step and then by time.

    `steps` and `timestamps` (in milliseconds since the Unix epoch) are numpy arrays of int64, `values` is one of
    float64; all three are of one length, which `len()` gives. `count` is the number of points in the range asked for:
    the columns hold fewer when they were down-sampled.
    """

    run_id: str
    key: str
    count: int
    steps: "Ints"
    timestamps: "Ints"
    values: "Floats"

    def __len__(self) -> int:
        return len(self.values)

    def to_pandas(self) -> "pandas.DataFrame":
        """A DataFrame with the columns step, timestamp (in UTC) and value. Raises MissingLibrary without pandas."""
        pandas = pandas_for("Series.to_pandas")
        times = pandas.to_datetime(self.timestamps, unit="ms", utc=True)
        return pandas.DataFrame({"step": self.steps, "timestamp": times, "value": self.values})


def read_series(ask: Callable[[GetSeries], GetSeriesColumnsResponse], request: GetSeries) -> list[Series]:
    """The series that a request asks for, by run and then by metric, in its order.

    `ask` sends a request that names no more runs and metrics than one may. Raises EndpointNotFound if the server does
    not know the operation.
    """
    found: list[Series] = []
    try:
        for run_ids in _groups(request.run_ids, MAX_SERIES_RUNS):
            of_runs: list[Series] = []
            for keys in _groups(request.metric_keys, MAX_SERIES_KEYS):
                of_runs += _opened(ask(replace(request, run_ids=run_ids, metric_keys=keys)))
            places = {run_id: place for place, run_id in enumerate(run_ids)}
            found += sorted(of_runs, key=lambda series: places[series.run_id])
    except EndpointNotFound as error:
        raise EndpointNotFound(
            "The server gives no series in columns: it is MLflow's, or an older Runstone. get_metric_history reads the "
            f"points of a metric from any. ({error.message})"
        ) from error
    return found


def _groups(items: list[str], size: int) -> list[list[str]]:
    return [items[at : at + size] for at in range(0, len(items), size)] or [[]]


def _opened(response: GetSeriesColumnsResponse) -> Iterator[Series]:
    for run in response.runs:
        points = dict(_points(run))
        for name, key in response.keys.items():
            if key in points:
                of_key = points[key]
                count = run.counts.get(key, of_key.count)
                yield Series(run.run_id, name, count, of_key.steps, of_key.timestamps, of_key.values)


def _points(run: RunColumns) -> "Iterator[tuple[int, Columns]]":
    from runstone.wire.columns import by_key, decode_block, decode_chunk, merged

    parts: defaultdict[int, list[Columns]] = defaultdict(list)
    for chunk in run.chunks:
        parts[chunk.key].append(decode_chunk(chunk.data, chunk.key))
    if run.block:
        for key, points in by_key(decode_block(run.block)).items():
            parts[key].append(points)
    return ((key, merged(some)) for key, some in parts.items())


def points_of(series: Series) -> list[Metric]:
    """The points one by one, ordered by timestamp, step and value."""
    import numpy as np

    values, times, steps = series.values, series.timestamps, series.steps
    if (times[1:] < times[:-1]).any():
        order = np.lexsort((values, steps, times))
        values, times, steps = values[order], times[order], steps[order]
    key = series.key
    rows = zip(values.tolist(), times.tolist(), steps.tolist(), strict=True)
    return [Metric(key, value, timestamp, step) for value, timestamp, step in rows]
