"""Down-sampling: fewer points, the same picture."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runstone.store.downsample import downsample, downsample_parts, thin
from runstone.wire.columns import EMPTY, Columns

quick = settings(deadline=None, max_examples=100)

AT_MOST_PER_BUCKET = 7  # first, last, smallest, largest; NaN, ∞, −∞

_VALUES = st.lists(
    st.floats(allow_nan=False, allow_infinity=False, width=32)
    | st.sampled_from([0.0, 1.0, math.nan, math.inf, -math.inf]),
    max_size=400,
)
_BUCKETS = st.integers(1, 40)


def line(values: list[float]) -> Columns:
    """Points whose step tells their rank."""
    count = len(values)
    return Columns(
        np.full(count, 3, np.int64),
        np.zeros(count, np.int64),
        np.array(values, np.float64),
        1_000 + np.arange(count),
        np.arange(count),
    )


def ranks(points: Columns) -> list[int]:
    return points.steps.tolist()


def buckets_of(values: list[float], buckets: int) -> list[range]:
    """The ranges of ranks, equally long but for the last."""
    width = math.ceil(len(values) / buckets)
    return [range(at, min(at + width, len(values))) for at in range(0, len(values), width)]


@quick
@given(_VALUES, _BUCKETS)
def test_what_is_kept_is_a_part_of_the_points_in_their_order(values: list[float], buckets: int):
    kept = downsample(line(values), buckets)
    assert ranks(kept) == sorted(set(ranks(kept)))
    for rank, value, timestamp in zip(ranks(kept), kept.values, kept.timestamps, strict=True):
        assert value == values[rank] or (math.isnan(value) and math.isnan(values[rank]))
        assert timestamp == 1_000 + rank


@quick
@given(_VALUES, _BUCKETS, st.lists(st.integers(0, 400)))
def test_points_in_parts_are_kept_as_those_in_one_piece(values: list[float], buckets: int, cuts: list[int]):
    points = line(values)
    edges = sorted([0, *(min(cut, len(values)) for cut in cuts), len(values)])
    parts = [points.take(slice(start, stop)) for start, stop in pairwise(edges)]
    assert ranks(downsample_parts(parts, len(values), buckets)) == ranks(downsample(points, buckets))


@quick
@given(_VALUES, _BUCKETS)
def test_no_bucket_keeps_more_than_shapes_it(values: list[float], buckets: int):
    kept = downsample(line(values), buckets)
    assert kept.count <= AT_MOST_PER_BUCKET * buckets
    if all(math.isfinite(value) for value in values):
        assert kept.count <= 4 * buckets


@quick
@given(_VALUES, _BUCKETS)
def test_every_bucket_keeps_its_first_last_smallest_and_largest_point(values: list[float], buckets: int):
    kept = set(ranks(downsample(line(values), buckets)))
    for bucket in buckets_of(values, buckets) if len(values) > 4 * buckets else []:
        assert {bucket[0], bucket[-1]} <= kept
        finite = [values[rank] for rank in bucket if math.isfinite(values[rank])]
        shown = [values[rank] for rank in bucket if rank in kept and math.isfinite(values[rank])]
        assert (min(finite), max(finite)) == (min(shown), max(shown)) if finite else not shown


@quick
@given(_VALUES, _BUCKETS)
def test_every_bucket_shows_what_is_not_finite_in_it(values: list[float], buckets: int):
    def kinds(of: list[float]) -> set[str]:
        return {repr(value) for value in of if not math.isfinite(value)}

    kept = set(ranks(downsample(line(values), buckets)))
    for bucket in buckets_of(values, buckets) if len(values) > 4 * buckets else []:
        shown = [values[rank] for rank in bucket if rank in kept]
        assert kinds(shown) == kinds([values[rank] for rank in bucket])


@pytest.mark.parametrize("spike", [1e9, -1e9, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("at", [0, 1, 4_999, 7_777, 9_998, 9_999])
def test_a_single_spike_is_never_hidden(spike: float, at: int):
    values = [math.sin(i / 100) for i in range(10_000)]
    values[at] = spike
    assert at in ranks(downsample(line(values), 20))


@quick
@given(_VALUES, _BUCKETS)
def test_few_points_stay_as_they_are(values: list[float], buckets: int):
    few = line(values[: 4 * buckets])
    assert downsample(few, buckets) is few


def test_no_buckets_ask_for_every_point():
    points = line([0.5] * 1_000)
    assert downsample(points, 0) is points
    assert downsample(EMPTY, 5) is EMPTY


@quick
@given(st.integers(1, 2_000), _BUCKETS)
def test_a_constant_line_keeps_its_ends_alone(count: int, buckets: int):
    values = [1.0] * count
    kept = downsample(line(values), buckets)
    expected = Counter(rank for bucket in buckets_of(values, buckets) for rank in {bucket[0], bucket[-1]})
    assert ranks(kept) == (sorted(expected) if count > 4 * buckets else list(range(count)))


def test_a_million_points_become_a_few_thousand():
    kept = downsample(line(np.random.default_rng(1).normal(size=1_000_000).tolist()), 500)
    assert 1_000 < kept.count <= 2_000


# --- thinning, as MLflow does it --------------------------------------------------------------


def ntiles(count: int, most: int) -> list[list[int]]:
    """SQL's NTILE: the ranks in `most` ranges, the first ones longer by one where they do not fit evenly."""
    size, larger = divmod(count, most)
    ranks_left = iter(range(count))
    return [[next(ranks_left) for _ in range(size + (tile < larger))] for tile in range(most)]


@quick
@given(st.integers(0, 300), st.integers(1, 60))
def test_thinning_keeps_the_first_of_every_tile_and_the_very_last(count: int, most: int):
    kept = ranks(thin(line([0.5] * count), most))
    if count <= most:
        assert kept == list(range(count))
        return
    tiles = ntiles(count, most)
    assert kept == [*(tile[0] for tile in tiles[:-1]), count - 1]
