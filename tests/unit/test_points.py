"""The three forms in which points are kept, and their order."""

import math
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runstone.entities.names import MAX_INT64, MIN_INT64
from runstone.errors import StoreError
from runstone.store.points import decode_segment, encode_segment
from runstone.wire.columns import (
    EMPTY,
    Columns,
    concatenate,
    decode_block,
    decode_chunk,
    encode_block,
    encode_chunk,
    ordered,
)

Row = tuple[int, int, float, int, int]
"""Key, context, value, timestamp, step."""

quick = settings(deadline=None, max_examples=40)

NAN_WITH_PAYLOAD = struct.unpack("<d", bytes.fromhex("efbeadde0000fc7f"))[0]

_IDS = st.integers(0, 2**32 - 1) | st.sampled_from([0, 1, 2])
_VALUES = st.floats() | st.sampled_from(
    [0.0, -0.0, math.inf, -math.inf, math.nan, NAN_WITH_PAYLOAD, -math.nan]
)
_STEPS = st.integers(MIN_INT64, MAX_INT64) | st.sampled_from([MIN_INT64, -1, 0, 1, MAX_INT64])
_TIMES = st.integers(0, MAX_INT64) | st.sampled_from([0, 1, MAX_INT64])
_ROWS = st.lists(st.tuples(_IDS, _IDS, _VALUES, _TIMES, _STEPS), min_size=1, max_size=100)

_FEW_VALUES = st.sampled_from([0.0, -0.0, 1.0, math.inf, -math.inf, math.nan, NAN_WITH_PAYLOAD])
_CROWDED = st.lists(
    st.tuples(
        st.integers(1, 2),
        st.integers(0, 2),
        _FEW_VALUES,
        st.sampled_from([0, 1, MAX_INT64]),
        st.sampled_from([MIN_INT64, 0, 1, MAX_INT64]),
    ),
    max_size=60,
)
"""Rows among which many are equal."""


def columns(rows: list[Row]) -> Columns:
    if not rows:
        return EMPTY
    keys, contexts, values, timestamps, steps = zip(*rows, strict=True)
    return Columns(
        np.array(keys, np.int64),
        np.array(contexts, np.int64),
        np.array(values, np.float64),
        np.array(timestamps, np.int64),
        np.array(steps, np.int64),
    )


def exactly(points: Columns) -> list[tuple[int, int, bytes, int, int]]:
    """The points with their values bit by bit."""
    return [
        (key, context, struct.pack("<d", value), timestamp, step)
        for key, context, value, timestamp, step in zip(
            points.keys.tolist(),
            points.contexts.tolist(),
            points.values,
            points.timestamps.tolist(),
            points.steps.tolist(),
            strict=True,
        )
    ]


def many(count: int = 1_000, key: int = 7) -> Columns:
    """An ordinary series: noisy values, regular times, steps from 0."""
    noise = np.random.default_rng(0)
    return Columns(
        np.full(count, key, np.int64),
        np.zeros(count, np.int64),
        noise.normal(size=count),
        1_700_000_000_000 + 1_000 * np.arange(count) + noise.integers(0, 50, count),
        np.arange(count),
    )


@quick
@given(_ROWS)
def test_a_segment_gives_back_every_bit_in_the_order_of_arrival(rows: list[Row]):
    assert exactly(decode_segment(encode_segment(rows))) == exactly(columns(rows))


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 1_000])
def test_a_segment_of_any_size_gives_back_what_it_was_given(count: int):
    rows = [(i % 5, i % 3, (NAN_WITH_PAYLOAD, 1 / (i + 1))[i % 2], i, -i) for i in range(count)]
    assert exactly(decode_segment(encode_segment(rows))) == exactly(columns(rows))


def test_a_segment_of_many_points_is_smaller_than_its_numbers():
    assert len(encode_segment([(1, 0, 0.5, 1_700_000_000_000 + i, i) for i in range(1_000)])) < 16 * 1_000


def test_a_segment_takes_integers_where_it_keeps_doubles():
    rows: list[Row] = [(1, 0, 3, 10, 0), (1, 0, 2**53, 10, 1)]
    assert decode_segment(encode_segment(rows)).values.tolist() == [3.0, 2.0**53]
    assert decode_segment(encode_segment(rows[:1])).values.tolist() == [3.0]


@quick
@given(_ROWS)
def test_a_chunk_gives_back_every_bit(rows: list[Row]):
    points = columns([(9, *row[1:]) for row in rows])
    assert exactly(decode_chunk(encode_chunk(points), 9)) == exactly(points)


@quick
@given(_ROWS)
def test_a_block_gives_back_every_bit(rows: list[Row]):
    points = ordered(columns(rows))
    assert exactly(decode_block(encode_block(points))) == exactly(points)


def test_a_chunk_of_a_realistic_curve_is_dense():
    assert len(encode_chunk(many(50_000))) < 10 * 50_000


def _forms() -> list[tuple[str, bytes, Callable[[bytes], Columns]]]:
    points = many(200)
    two_keys = concatenate([many(100, 3), many(100, 4)])
    rows = [(1, 0, 0.5 * i, i, i) for i in range(200)]
    return [
        ("segment of one", encode_segment(rows[:1]), decode_segment),
        ("raw segment", encode_segment(rows[:20]), decode_segment),
        ("deflated segment", encode_segment(rows), decode_segment),
        ("chunk", encode_chunk(points), lambda data: decode_chunk(data, 7)),
        ("block", encode_block(two_keys), decode_block),
    ]


FORMS = [pytest.param(data, decode, id=name) for name, data, decode in _forms()]
forms = pytest.mark.parametrize(("data", "decode"), FORMS)


@forms
@quick
@given(cut=st.floats(0, 1, exclude_max=True))
def test_truncated_bytes_are_refused(data: bytes, decode: Callable[[bytes], Columns], cut: float):
    with pytest.raises(StoreError):
        decode(data[: int(cut * len(data))])


@forms
def test_bytes_too_many_are_refused(data: bytes, decode: Callable[[bytes], Columns]):
    with pytest.raises(StoreError, match="damaged"):
        decode(data + b"\0")


@forms
@quick
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_flipped_bit_anywhere_is_noticed(
    data: bytes, decode: Callable[[bytes], Columns], at: float, bit: int
):
    damaged = bytearray(data)
    damaged[int(at * len(data))] ^= 1 << bit
    with pytest.raises(StoreError):
        decode(bytes(damaged))


@forms
@pytest.mark.parametrize("length", [0, 1, 2**16, 2**32 - 1])
def test_a_wrong_number_of_points_is_refused_before_any_memory_is_taken_for_them(
    data: bytes, decode: Callable[[bytes], Columns], length: int
):
    if length == int.from_bytes(data[1:5], "little"):
        length += 1
    with pytest.raises(StoreError):
        decode(data[:1] + length.to_bytes(4, "little") + data[5:])


@forms
def test_the_form_of_a_newer_version_is_named(data: bytes, decode: Callable[[bytes], Columns]):
    with pytest.raises(StoreError, match=r"unknown form 9.*newer Runstone"):
        decode(b"\x09" + data[1:])


def test_a_form_is_not_taken_for_another():
    segment, chunk, block = (
        encode_segment([(1, 0, 0.5, 1, 1)]),
        encode_chunk(many(9)),
        encode_block(many(9)),
    )
    for decode, others in (
        (decode_segment, (chunk, block)),
        (lambda data: decode_chunk(data, 1), (segment, block)),
        (decode_block, (segment, chunk)),
    ):
        for other in others:
            with pytest.raises(StoreError, match="unknown form"):
                decode(other)


def test_what_a_newer_codec_wrote_is_refused_with_the_way_out():
    chunk = encode_chunk(many(9))
    head, body = chunk[:5], bytearray(chunk[9:])
    body[4 + 4] = 255  # the codec's own version
    forged = head + zlib.crc32(bytes(body), zlib.crc32(head)).to_bytes(4, "little") + bytes(body)
    with pytest.raises(StoreError, match="upgrade"):
        decode_chunk(forged, 7)


# --- order ------------------------------------------------------------------------------------


def _identity(row: Row) -> tuple[int, int, int, object, int]:
    key, context, value, timestamp, step = row
    return key, step, timestamp, "NaN" if math.isnan(value) else value + 0.0, context


@quick
@given(_CROWDED)
def test_ordered_points_are_sorted_and_each_is_there_once(rows: list[Row]):
    found = ordered(columns(rows))
    kept: list[Row] = list(
        zip(
            found.keys.tolist(),
            found.contexts.tolist(),
            found.values.tolist(),
            found.timestamps.tolist(),
            found.steps.tolist(),
            strict=True,
        )
    )
    places = [(key, step, timestamp) for key, _, _, timestamp, step in kept]
    assert places == sorted(places)
    identities = [_identity(row) for row in kept]
    assert len(set(identities)) == len(identities)
    assert set(identities) == {_identity(row) for row in rows}


@quick
@given(st.lists(st.tuples(st.integers(0, 3), _STEPS, _VALUES), unique_by=lambda row: row[:2], max_size=40))
def test_points_that_are_in_order_already_stay_as_they_are(rows: list[tuple[int, int, float]]):
    points = columns([(key, 0, value, 5, step) for key, step, value in sorted(rows, key=lambda row: row[:2])])
    assert ordered(points) is points
    assert exactly(ordered(points.take(slice(None, None, -1)))) == exactly(points)


def test_equal_points_are_one_even_when_others_of_their_moment_lie_between():
    rows = [(1, context, value, 5, 0) for value in (0.0, -0.0, 0.0) for context in (1, 2, 1)]
    assert ordered(columns(rows)).contexts.tolist() == [1, 2]


def test_steps_at_both_ends_of_64_bits_keep_their_order():
    points = ordered(columns([(1, 0, 1.0, 0, MAX_INT64), (1, 0, 2.0, 0, MIN_INT64), (1, 0, 3.0, 0, 0)]))
    assert points.steps.tolist() == [MIN_INT64, 0, MAX_INT64]


def test_nothing_in_order_is_nothing():
    assert ordered(EMPTY).count == 0
    assert concatenate([]).count == 0


def test_the_numbers_of_a_segment_are_little_endian():
    assert encode_segment([(1, 2, 0.5, 3, 4)])[9:].hex() == (
        "0100000002000000000000000000e03f03000000000000000400000000000000"
    )
