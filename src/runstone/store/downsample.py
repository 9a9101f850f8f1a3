"""Fewer points that draw the same line."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from runstone.wire.columns import EMPTY, Columns, concatenate

POINTS_PER_BUCKET = 4
"""Its first, last, smallest and largest; besides, one NaN and one of each infinity where a bucket has them."""


def downsample(points: Columns, buckets: int) -> Columns:
    """Cut ordered points into `buckets` ranges of (nearly) equally many and keep what shapes each one's picture.

    Of every range stay the first, the last, the smallest and the largest finite point, and the first NaN, +∞ and −∞.
    The order stays; points that are few enough stay as they are. This is the "min-max" aggregation of Jugel et al.,
    "M4: A Visualization-Oriented Time Series Data Aggregation" (VLDB 2014), over ranks instead of times.
    """
    return downsample_parts([points], points.count, buckets)


def downsample_parts(parts: Iterable[Columns], count: int, buckets: int) -> Columns:
    """The same of `count` ordered points that come in parts, of which one is in memory at a time."""
    if buckets <= 0 or count <= buckets * POINTS_PER_BUCKET:
        return concatenate(list(parts))
    width = -(-count // buckets)
    kept: list[Columns] = []
    begun = EMPTY
    for part in parts:
        missing = -begun.count % width
        begun = concatenate([begun, part.take(slice(0, missing))]) if missing else begun
        rest = part.take(slice(missing, None))
        if rest.count:
            whole = rest.count // width * width
            kept += [_shaping(begun, width), _shaping(rest.take(slice(0, whole)), width)]
            begun = rest.take(slice(whole, None))
    return concatenate([*kept, _shaping(begun, width)])


def _shaping(points: Columns, width: int) -> Columns:
    """What to keep of points that are cut into ranges of `width`; the last one may be shorter."""
    whole = points.count // width * width
    ranks = _kept(points.values[:whole].reshape(-1, width), 0) if whole else []
    if whole < points.count:
        ranks += _kept(points.values[whole:].reshape(1, -1), whole)
    return points.take(np.unique(np.concatenate(ranks))) if ranks else EMPTY


def _kept(table: NDArray[np.float64], start: int) -> list[NDArray[np.intp]]:
    """The ranks of the points to keep, in no order and with repetitions.

    A row of the table is a range; the first range begins at the rank `start`.
    """
    rows, width = table.shape
    starts: NDArray[np.intp] = start + np.arange(rows, dtype=np.intp) * width
    ends = [starts, starts + width - 1]
    finite = np.isfinite(table)
    if finite.all():
        return [*ends, starts + table.argmin(axis=1), starts + table.argmax(axis=1)]
    some = finite.any(axis=1)
    extremes = [
        (starts + np.where(finite, table, np.inf).argmin(axis=1))[some],
        (starts + np.where(finite, table, -np.inf).argmax(axis=1))[some],
    ]
    specials = (np.isnan(table), table == np.inf, table == -np.inf)
    return [*ends, *extremes] + [
        (starts + special.argmax(axis=1))[special.any(axis=1)] for special in specials
    ]


def thin(points: Columns, most: int) -> Columns:
    """At most `most` of ordered points, evenly by rank: the first of each of `most` ranges, of the last one its last.

    MLflow's rule for its bulk intervals: SQL's NTILE over the points by step. It may hide a spike; see `downsample`.
    """
    if points.count <= most:
        return points
    size, larger = divmod(points.count, most)
    ranges = np.arange(most)
    firsts = ranges * size + np.minimum(ranges, larger)
    firsts[-1] = points.count - 1
    return points.take(firsts)
