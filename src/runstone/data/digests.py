"""Digests that equal MLflow's: the first 8 digits of an MD5 over the hashes of at most 10,000 rows, and over the sizes.

A digest tells datasets apart; it is no proof that two are the same.
"""

import hashlib
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

import numpy as np

from runstone.errors import InvalidParameterValue, UnsupportedOperation

Array = np.ndarray[Any, Any]
Arrays = Array | Mapping[str, Array]

MAX_ROWS = 10_000
_SHOWN = 8


def of_frame(frame: Any) -> str:
    """The digest of a pandas DataFrame: of its rows and index, its columns' names and its length.

    Only columns of numbers or of nothing but texts count.
    """
    head = frame.head(MAX_ROWS)
    of_texts = [all(type(value) is str for value in head.iloc[:, at]) for at in range(head.shape[1])]
    counted = head.columns[of_texts].union(head.select_dtypes(include=[np.number]).columns)
    rows = _pandas().util.hash_pandas_object(head[counted])
    names = [str(name).encode() for name in frame.columns]
    return _digest([rows.to_numpy(), np.int64(len(frame)), *names])


def of_arrays(features: Arrays, targets: Arrays | None) -> str:
    """The digest of arrays: of their first elements, row by row, and their shapes.

    Raises InvalidParameterValue for no arrays at all, UnsupportedOperation for those that only pandas can hash
    where it is not installed.
    """
    hashed: list[Any] = []
    for array in [*_in_order(features), *([] if targets is None else _in_order(targets))]:
        hashed += [_hashes(array.flat[:MAX_ROWS]), *map(np.int64, array.shape)]
    return _digest(hashed)


def _in_order(arrays: Arrays) -> list[Array]:
    return [arrays[name] for name in sorted(arrays)] if isinstance(arrays, Mapping) else [arrays]


def _digest(parts: Iterable[Any]) -> str:
    md5, count = hashlib.md5(usedforsecurity=False), 0
    for count, part in enumerate(parts, start=1):  # noqa: B007 - counted, to know whether there were any
        md5.update(part)
    if not count:
        raise InvalidParameterValue("No hashable elements were provided for md5 digest creation")
    return md5.hexdigest()[:_SHOWN]


def _hashes(values: Array) -> Array | np.int64:
    """A 64-bit hash of each value, as `pandas.util.hash_array` has them; their number where it has none."""
    kind = values.dtype
    if kind.kind in "biufMm" and kind.itemsize <= 8:
        return _mixed(_bits(values))
    try:
        pandas = _pandas()
    except ImportError as error:
        raise UnsupportedOperation(
            f"The digest of an array of {kind.name} takes pandas, which is not installed. Install it, for instance "
            "with pip install 'runstone[pandas]', or pass a digest of your own."
        ) from error
    try:
        hashes: Array = pandas.util.hash_array(values)
    except TypeError:
        return np.int64(values.size)
    return hashes


def _pandas() -> Any:
    return import_module("pandas")


def _bits(values: Array) -> Array:
    """The bits of each value as an integer. As in pandas since 3.1, there is one zero and one NaN."""
    kind = values.dtype
    bits = values.view(f"u{kind.itemsize}").astype(np.uint64)
    if kind.kind == "f":
        bits[values == 0] = 0
        bits[np.isnan(values)] = np.array(np.nan, dtype=kind).view(f"u{kind.itemsize}")
    return bits


def _mixed(bits: Array) -> Array:
    """The finalizer of SplitMix64: https://prng.di.unimi.it/splitmix64.c."""
    bits ^= bits >> np.uint64(30)
    bits *= np.uint64(0xBF58476D1CE4E5B9)
    bits ^= bits >> np.uint64(27)
    bits *= np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return bits
