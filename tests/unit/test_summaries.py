"""The summary of a group of points: what a plain loop finds, whether they are few or many."""

import math

from hypothesis import given
from hypothesis import strategies as st

from runstone.store import summaries
from runstone.store.summaries import PointRow, classify, summarize

_INT64 = st.integers(-(2**63), 2**63 - 1)
_VALUES = st.one_of(st.floats(), st.sampled_from([0.0, -0.0, 1.0, math.nan, math.inf, -math.inf, 5e-324]))
_POINTS = st.tuples(
    st.integers(1, 5),
    st.just(0),
    _VALUES,
    st.one_of(st.integers(0, 2), st.integers(0, 2**63 - 1)),
    st.one_of(st.integers(0, 2), _INT64),
)


def by_a_loop(points: list[PointRow], key: int) -> dict[str, object]:
    mine = sorted((step, at, *classify(value)) for k, _, value, at, step in points if k == key)
    finite = [value for _, _, kind, value in mine if kind == 0]
    return {
        "key": key,
        **dict(zip(("step", "timestamp", "class", "value"), mine[-1], strict=True)),
        **dict(zip(("first_step", "first_timestamp", "first_class", "first_value"), mine[0], strict=True)),
        "count": len(mine),
        "nan_count": sum(kind == -2 for _, _, kind, _ in mine),
        "infinite_count": sum(kind in (-1, 1) for _, _, kind, _ in mine),
        "minimum": min(finite, default=None),
        "maximum": max(finite, default=None),
    }


@given(st.lists(_POINTS, min_size=1, max_size=2 * summaries._MANY))
def test_the_summary_of_points_is_what_a_loop_over_them_finds(points: list[PointRow]) -> None:
    found = summarize(points)
    assert found == [by_a_loop(points, key) for key in sorted({point[0] for point in points})]
    for row in found:  # as the drivers take them: numbers of Python's own
        assert all(value is None or type(value) in (int, float) for value in row.values())


@given(st.lists(_POINTS, min_size=1, max_size=20))
def test_few_points_and_many_are_summarized_alike(points: list[PointRow]) -> None:
    assert summaries._summarize_many(points) == summarize(points)
