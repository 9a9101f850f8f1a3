"""What is kept of a metric's points for lists and searches: the latest, the first, extremes and counts."""

import math
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, tuple_

from runstone.store.dialect import greatest, least

NAN, NEGATIVE_INFINITY, FINITE, POSITIVE_INFINITY = -2, -1, 0, 1
"""The class of a stored number, in the order of the metric rule: NaN is below every number. Only a finite one is in
its value column: SQLite binds NaN as NULL, MySQL has neither NaN nor infinities."""

_LATEST = ("step", "timestamp", "class", "value")
_FIRST = ("first_step", "first_timestamp", "first_class", "first_value")
_COUNTS = ("count", "nan_count", "infinite_count")

_MANY = 64
"""From this many points on, numpy is quicker."""

PointRow = tuple[int, int, float, int, int]
"""Key, context, value, timestamp, step."""


def classify(value: float) -> tuple[int, float]:
    """The class and the value to store."""
    if math.isfinite(value):
        return FINITE, value + 0.0  # -0.0 becomes 0.0
    if math.isnan(value):
        return NAN, 0.0
    return (POSITIVE_INFINITY if value > 0 else NEGATIVE_INFINITY), 0.0


def declassify(kind: int, value: float) -> float:
    """The number behind a stored class and value."""
    if kind == FINITE:
        return value
    return {NAN: math.nan, POSITIVE_INFINITY: math.inf, NEGATIVE_INFINITY: -math.inf}[kind]


def summarize(points: Sequence[PointRow]) -> list[dict[str, Any]]:
    """The rows of `metric_summary` for points, by key, without experiment and run."""
    if len(points) >= _MANY:
        return _summarize_many(points)
    by_key: dict[int, list[tuple[int, int, int, float]]] = {}
    for key, _, value, timestamp, step in points:
        by_key.setdefault(key, []).append((step, timestamp, *classify(value)))
    return [{"key": key} | _summary(ranked) for key, ranked in sorted(by_key.items())]


def _summary(ranked: Sequence[tuple[int, int, int, float]]) -> dict[str, Any]:
    finite = [value for _, _, kind, value in ranked if kind == FINITE]
    nans = sum(kind == NAN for _, _, kind, _ in ranked)
    return {
        **dict(zip(_LATEST, max(ranked), strict=True)),
        **dict(zip(_FIRST, min(ranked), strict=True)),
        **dict(zip(_COUNTS, (len(ranked), nans, len(ranked) - len(finite) - nans), strict=True)),
        "minimum": min(finite, default=None),
        "maximum": max(finite, default=None),
    }


def _summarize_many(points: Sequence[PointRow]) -> list[dict[str, Any]]:
    import numpy as np

    columns = list(zip(*points, strict=True))
    keys, timestamps, steps = (np.array(columns[at], np.int64) for at in (0, 3, 4))
    values: Any = np.array(columns[2], np.float64)
    finite, nan = np.isfinite(values), np.isnan(values)
    kinds = np.select([finite, nan, values > 0], [FINITE, NAN, POSITIVE_INFINITY], NEGATIVE_INFINITY)
    stored = np.where(finite, values, 0.0) + 0.0
    order = np.lexsort((stored, kinds, timestamps, steps, keys))
    starts = np.flatnonzero(np.diff(keys[order], prepend=keys[order[0]] - 1))
    ends = np.append(starts[1:], len(keys))
    ranks: list[Any] = [column[order] for column in (steps, timestamps, kinds, stored)]
    nans, finites = (np.add.reduceat(kind[order], starts, dtype=np.int64) for kind in (nan, finite))
    least_finite = np.minimum.reduceat(np.where(finite, stored, np.inf)[order], starts)
    most_finite = np.maximum.reduceat(np.where(finite, stored, -np.inf)[order], starts)
    found: list[Any] = [
        keys[order][starts],
        *(rank[ends - 1] for rank in ranks),
        *(rank[starts] for rank in ranks),
        *(ends - starts, nans, ends - starts - finites - nans),
        *(least_finite, most_finite),
    ]
    names = ("key", *_LATEST, *_FIRST, *_COUNTS, "minimum", "maximum")
    rows = zip(*(column.tolist() for column in found), strict=True)
    summaries: list[dict[str, Any]] = [dict(zip(names, row, strict=True)) for row in rows]
    for at in np.flatnonzero(finites == 0).tolist():
        summaries[at] |= {"minimum": None, "maximum": None}
    return summaries


def merged(old: Any, new: Any) -> dict[str, ColumnElement[Any]]:
    """How a stored summary and that of further points become one."""
    result: dict[str, ColumnElement[Any]] = {}
    later = tuple_(*(new[c] for c in _LATEST)) > tuple_(*(old[c] for c in _LATEST))
    earlier = tuple_(*(new[c] for c in _FIRST)) < tuple_(*(old[c] for c in _FIRST))
    # The least significant column first: where columns change one by one (see `Upsert.merging`), what has changed
    # must not decide about those that have not.
    result |= {c: case((later, new[c]), else_=old[c]) for c in reversed(_LATEST)}
    result |= {c: case((earlier, new[c]), else_=old[c]) for c in reversed(_FIRST)}
    result |= {c: old[c] + new[c] for c in _COUNTS}
    result["minimum"] = least(old.minimum, new.minimum)
    result["maximum"] = greatest(old.maximum, new.maximum)
    return result
