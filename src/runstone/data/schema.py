"""What a dataset holds: columns with a type each, or tensors. Their JSON is MLflow's.

A column's type is what JSON shows of it: {"type": "double"}, or for lists and dicts in its cells
{"type": "array", "items": …} and {"type": "object", "properties": {…}}.
"""

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from runstone.entities.base import Entity

ColumnType = dict[str, Any]

_ANY: ColumnType = {"type": "any"}
_SCALARS: dict[type[Any], str] = {
    bool: "boolean",
    np.bool_: "boolean",
    int: "long",
    np.int64: "long",
    np.int32: "integer",
    float: "double",
    np.float64: "double",
    np.float32: "float",
    str: "string",
    np.str_: "string",
    bytes: "binary",
    np.bytes_: "binary",
    bytearray: "binary",
}


class ColumnSpec(Entity, frozen=True):
    """A column: its type, its name, and whether each row has a value."""

    type: ColumnType
    name: Any
    required: bool

    def to_dict(self) -> dict[str, Any]:
        """The column as JSON shows it."""
        return {**self.type, "name": self.name, "required": self.required}


class TensorSpec(Entity, frozen=True):
    """A tensor: its numpy type, its shape, whose first dimension is -1 for any, and its name among several."""

    dtype: str
    shape: tuple[int, ...]
    name: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The tensor as JSON shows it."""
        named = {} if self.name is None else {"name": self.name}
        return named | {"type": "tensor", "tensor-spec": {"dtype": self.dtype, "shape": list(self.shape)}}


class Schema(Entity, frozen=True):
    """The columns of a table, or tensors."""

    inputs: Sequence[ColumnSpec | TensorSpec]

    def input_names(self) -> list[Any]:
        """Their names."""
        return [spec.name for spec in self.inputs]

    def to_dict(self) -> list[dict[str, Any]]:
        """The columns or tensors as JSON shows them."""
        return [spec.to_dict() for spec in self.inputs]

    def to_json(self) -> str:
        """`to_dict` as JSON."""
        return json.dumps(self.to_dict())


class TensorDatasetSchema(Entity, frozen=True):
    """The tensors of features and, if there are any, of targets."""

    features: Schema
    targets: Schema | None = None

    def to_dict(self) -> dict[str, Any]:
        """Both as JSON shows them: as JSON texts."""
        targets = None if self.targets is None else self.targets.to_json()
        return {"mlflow_tensorspec": {"features": self.features.to_json(), "targets": targets}}


class UnknownType(ValueError):
    """Something that no schema can describe."""


# --- tensors ------------------------------------------------------------------------------------


def of_tensors(data: Any) -> Schema:
    """The schema of an array, or of a dict of arrays. Raises UnknownType for an array without dimensions."""
    if isinstance(data, Mapping):
        arrays = cast("Mapping[str, Any]", data)
        return _schema([_tensor(array, name) for name, array in arrays.items()])
    return _schema([_tensor(data, None)])


def _schema(specs: Sequence[ColumnSpec | TensorSpec]) -> Schema:
    if not specs:
        raise UnknownType("nothing at all")
    return Schema(specs)


def _tensor(array: Any, name: str | None) -> TensorSpec:
    if not array.shape:
        raise UnknownType("an array without dimensions")
    # The lengths of texts and bytes are no part of their type.
    dtype: str = {"U": "str", "S": "bytes"}.get(array.dtype.char) or array.dtype.name
    return TensorSpec(dtype, (-1, *array.shape[1:]), name)


# --- tables -------------------------------------------------------------------------------------


def of_frame(frame: Any) -> Schema:
    """The schema of a pandas DataFrame. Raises UnknownType if a column holds something that has none."""
    if not frame.columns.is_unique:
        raise UnknownType("several columns of one name")
    return _schema([_column(frame[name], name) for name in frame.columns])


def _column(column: Any, name: Any) -> ColumnSpec:
    if column.dtype.kind == "O":
        column = column.infer_objects()
    if column.dtype.kind != "O":
        return ColumnSpec({"type": _of_dtype(column.dtype)}, name, not column.isna().any())
    values: list[Any] = column.tolist()
    return ColumnSpec(_of_cells(values), name, not any(map(_is_missing, values)))


def _of_dtype(dtype: Any) -> str:
    kind, size = dtype.kind, dtype.itemsize
    if kind in "iu":
        if size < 4 or (kind == "i" and size == 4):
            return "integer"
        if size < 8 or kind == "i":
            return "long"
    if kind == "f" and size <= 8:
        return "float" if size <= 4 else "double"
    simple = {"b": "boolean", "U": "string", "S": "binary", "M": "datetime"}
    if kind in simple:
        return simple[kind]
    raise UnknownType(f"values of {dtype}")


def _of_cells(values: Sequence[Any]) -> ColumnType:
    """The type that all of the values have, those that are missing aside."""
    kind = None
    for value in values:
        of_value = _of_value(value)
        if of_value is not None:
            kind = of_value if kind is None else _common(kind, of_value)
    if kind is None:
        raise UnknownType("nothing but empty arrays")
    return kind


def _of_value(value: Any) -> ColumnType | None:
    """The type of one value; None for an empty array, which may be one of anything."""
    if _is_missing(value) or (isinstance(value, list | dict) and not value):
        return _ANY
    if isinstance(value, dict):
        return {"type": "object", "properties": _properties(cast("dict[str, Any]", value))}
    if isinstance(value, list | np.ndarray):
        items = [_of_value(item) for item in cast("list[Any]", value)]
        known = [item for item in items if item is not None]
        return {"type": "array", "items": _fold(known)} if known else None
    if type(value) in _SCALARS:
        return {"type": _SCALARS[type(value)]}
    if isinstance(value, datetime.date | np.datetime64):
        return {"type": "datetime"}
    raise UnknownType(f"a value of type {type(value).__name__}")


def _properties(value: Mapping[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name, item in sorted(value.items()):
        kind = _of_value(item)
        if kind is None:
            raise UnknownType("an empty array in a dict")
        properties[name] = {**kind, "required": kind != _ANY}
    return properties


def _fold(kinds: Sequence[ColumnType]) -> ColumnType:
    first, *rest = kinds
    for kind in rest:
        first = _common(first, kind)
    return first


def _common(first: ColumnType, second: ColumnType) -> ColumnType:
    """The type of what has either. Raises UnknownType if there is none."""
    if second == _ANY or first == second:
        return first
    if first == _ANY:
        return second
    kinds = (first["type"], second["type"])
    if kinds == ("array", "array"):
        return {"type": "array", "items": _common(first["items"], second["items"])}
    if kinds == ("object", "object"):
        return {"type": "object", "properties": _common_properties(first["properties"], second["properties"])}
    raise UnknownType(f"values of {kinds[0]} beside values of {kinds[1]}")


def _common_properties(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for name in sorted({*first, *second}):
        one, other = first.get(name), second.get(name)
        if one is None or other is None:
            merged[name] = {**(one or other or {}), "required": False}
            continue
        kinds = ({key: value for key, value in of.items() if key != "required"} for of in (one, other))
        merged[name] = {**_common(*kinds), "required": one["required"] and other["required"]}
    return merged


def _is_missing(value: Any) -> bool:
    if isinstance(value, float):
        return bool(np.isnan(value))
    return value is None or type(value).__name__ in ("NAType", "NaTType")
