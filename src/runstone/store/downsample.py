"""Fewer points that draw the same line."""

import numpy as np
from numpy.typing import NDArray

from runstone.store.points import Columns

POINTS_PER_BUCKET = 4
"""Its first, last, smallest and largest; besides, one NaN and one of each infinity where a bucket has them."""


def downsample(points: Columns, buckets: int) -> Columns:
    """Cut ordered points into `buckets` ranges of (nearly) equally many and keep what shapes each one's picture.

    Of every range stay the first, the last, the smallest and the largest finite point, and the first NaN, +∞ and −∞.
    The order stays; points that are few enough stay as they are. This is the "min-max" aggregation of Jugel et al.,
    "M4: A Visualization-Oriented Time Series Data Aggregation" (VLDB 2014), over ranks instead of times.
    """
    if buckets <= 0 or points.count <= buckets * POINTS_PER_BUCKET:
        return points
    width = -(-points.count // buckets)
    return points.take(np.unique(np.concatenate(_kept(points.values, width))))


def _kept(values: NDArray[np.float64], width: int) -> list[NDArray[np.intp]]:
    """The ranks of the points to keep, in no order and with repetitions."""
    count = len(values)
    rows = -(-count // width)
    padded = np.full(rows * width, np.nan)
    padded[:count] = values
    table = padded.reshape(rows, width)
    starts = np.arange(rows) * width
    real = np.arange(rows * width).reshape(rows, width) < count
    finite = np.isfinite(table)
    kept: list[NDArray[np.intp]] = [starts, np.minimum(starts + width, count) - 1]
    with_finite = finite.any(axis=1)
    kept.append((starts + np.where(finite, table, np.inf).argmin(axis=1))[with_finite])
    kept.append((starts + np.where(finite, table, -np.inf).argmax(axis=1))[with_finite])
    specials = (np.isnan(table) & real, table == np.inf, table == -np.inf)
    return kept + [(starts + special.argmax(axis=1))[special.any(axis=1)] for special in specials]


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
