"""Tables: dicts and DataFrames as the JSON that MLflow keeps (`{"columns": […], "data": [row, …]}`), and back.

Rows are appended to that JSON itself, never by way of a DataFrame: what is there already stays as it was written.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from runstone.errors import BadRequest, InvalidParameterValue, InvalidValue

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs]

TAG = "mlflow.loggedArtifacts"
"""The tag in which a run lists its tables."""

_FORBIDDEN = "\"',:[]{}"
_SHOWN = 60


class Table(NamedTuple):
    """Columns by name, and rows of values as JSON knows them."""

    columns: list[Any]
    rows: list[list[Any]]


def check_name(artifact_file: str) -> None:
    """Raises InvalidValue unless a table can be kept in a file of this name."""
    for character in _FORBIDDEN:
        if character in artifact_file:
            raise InvalidValue(f"The artifact_file contains forbidden character: {character}")
    if not artifact_file.endswith((".json", ".parquet")):
        raise InvalidValue(
            f"Invalid artifact file path '{artifact_file}'. A table's file has a name that ends in '.json' or "
            "'.parquet'."
        )


# --- from what users hand over ------------------------------------------------------------------------


def from_data(data: object, keep_image: Callable[[Any], Any]) -> Table:
    """The table in a dict or a DataFrame.

    Args:
        data: columns by name. A value for one column that is no sequence holds for every row; where none is one, or
            lengths differ, all of them make a single row.
        keep_image: called with each picture (it can `save` and `resize`); gives what stands in its place.

    Raises InvalidValue for a value that JSON has no form for; the message names its column.
    """
    named = columns(data)
    cells = [_cells(name, with_images(name, values, keep_image)) for name, values in named]
    return Table([name for name, _ in named], [list(row) for row in zip(*cells, strict=True)])


def columns(data: object) -> list[tuple[Any, list[Any]]]:
    """The columns of a dict or a DataFrame: their names, and values of one length."""
    if isinstance(data, Mapping):
        return _columns_of_dict(cast("Mapping[Any, Any]", data))
    if _is_frame(data):
        return _columns_of_frame(cast("pandas.DataFrame", data))
    raise InvalidParameterValue("data must be a pandas.DataFrame or a dictionary")


def with_images(column: Any, values: list[Any], keep_image: Callable[[Any], Any]) -> list[Any]:
    """The values of a column, with what `keep_image` gives if they are pictures. Raises InvalidValue for a mixture."""
    images = [_is_image(value) for value in values]
    if not any(images):
        return values
    if not all(images):
        raise InvalidValue(
            f"Column `{column}` contains a mix of images and non-images. Please ensure that all elements in the "
            "column are of the same type."
        )
    return [keep_image(value) for value in values]


def _is_frame(data: object) -> bool:
    kind = type(data)
    return any(
        base.__name__ == "DataFrame" and base.__module__.partition(".")[0] == "pandas"
        for base in kind.__mro__
    )


def _columns_of_frame(frame: "pandas.DataFrame") -> list[tuple[Any, list[Any]]]:
    names = [_name(name) for name in cast("Iterable[Any]", frame.columns)]
    if len({json.dumps(name) for name in names}) < len(names):
        raise InvalidValue(f"A column's name stands twice in the table: {names}. Rename one.")
    return [(name, _listed(frame.iloc[:, place])) for place, name in enumerate(names)]


def _columns_of_dict(data: Mapping[Any, Any]) -> list[tuple[Any, list[Any]]]:
    names = [_name(name) for name in data]
    lists = {
        name: _listed(values) for name, values in zip(names, data.values(), strict=True) if _is_column(values)
    }
    lengths = {len(values) for values in lists.values()}
    if len(lengths) != 1:
        return [(name, [values]) for name, values in zip(names, data.values(), strict=True)]
    [length] = lengths
    return [
        (name, lists[name] if name in lists else [values] * length)
        for name, values in zip(names, data.values(), strict=True)
    ]


def _is_column(values: object) -> bool:
    if isinstance(values, str | bytes | Mapping):
        return False
    return isinstance(values, Sequence | range) or (
        callable(getattr(values, "tolist", None)) and getattr(values, "ndim", 0) > 0
    )


def _listed(values: Any) -> list[Any]:
    to_list: Any = getattr(values, "tolist", None)
    return list(to_list() if to_list else values)


def _name(name: Any) -> Any:
    if isinstance(name, tuple):
        return [_name(part) for part in cast("tuple[Any, ...]", name)]
    if name is None or isinstance(name, str | bool | int):
        return name
    plain = name.item() if callable(getattr(name, "item", None)) else name
    return plain if isinstance(plain, str | bool | int | float) else str(plain)


def _cells(column: Any, values: list[Any]) -> list[Any]:
    try:
        return [_cell(value) for value in values]
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidValue(
            f"Failed to save the table, as the data is not JSON serializable: column `{column}`: {error}."
        ) from error


def _is_image(value: object) -> bool:
    return (
        hasattr(value, "size")
        and callable(getattr(value, "save", None))
        and callable(getattr(value, "resize", None))
    )


def _cell(value: Any) -> Any:
    """A value as JSON has it: numbers exact, what is missing or not finite null, times in ISO 8601."""
    if value is None or isinstance(value, str | bool):
        return value if type(value) in (str, bool, type(None)) else str(value)
    if isinstance(value, Mapping):
        items = cast("Mapping[Any, Any]", value).items()
        return {str(key): _cell(item) for key, item in items}
    if isinstance(value, Sequence | Set) and not isinstance(value, bytes):
        return [_cell(item) for item in cast("Iterable[Any]", value)]
    if isinstance(value, datetime | date | time | timedelta):
        return _moment(value)
    if isinstance(value, Decimal):
        return str(value) if value.is_finite() else None
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    return _other_cell(value)


def _other_cell(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    if type(value).__module__.startswith("pandas.") and type(value).__name__ in ("NAType", "NaTType"):
        return None
    to_list = getattr(value, "tolist", None)
    if callable(to_list) and not isinstance(value, type):
        plain = to_list()
        if type(plain) is not type(value):
            return _cell(plain)
    raise TypeError(
        f"{str(value)[:_SHOWN]!r} is of type '{type(value).__name__}', which JSON has no form for; make it a text"
    )


def _moment(value: datetime | date | time | timedelta) -> str | None:
    if value != value:  # pandas' NaT, which is a datetime too
        return None
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    zone = ""
    if isinstance(value, datetime) and value.tzinfo is not None:
        value, zone = value.astimezone(UTC).replace(tzinfo=None), "Z"
    if getattr(value, "nanosecond", 0):
        digits = "nanoseconds"  # pandas' own
    else:
        digits = "microseconds" if value.microsecond % 1_000 else "milliseconds"
    return value.isoformat(timespec=digits) + zone


def _duration(value: timedelta) -> str:
    iso = getattr(value, "isoformat", None)
    if callable(iso):  # pandas'
        return cast("str", iso())
    minutes, seconds = divmod(value.seconds, 60)
    fraction = f".{value.microseconds:06d}".rstrip("0") if value.microseconds else ""
    return f"P{value.days}DT{minutes // 60}H{minutes % 60}M{seconds}{fraction}S"


# --- files ------------------------------------------------------------------------------------------


def appended(old: Table, new: Table) -> Table:
    """The rows of both, under the columns of both; null where a row has no such column."""
    if old.columns == new.columns:
        return Table(old.columns, old.rows + new.rows)
    if not old.columns and not old.rows:
        return new
    columns = [*old.columns, *(name for name in new.columns if name not in old.columns)]
    rows = [row + [None] * (len(columns) - len(row)) for row in old.rows]
    places = [columns.index(name) for name in new.columns]
    for row in new.rows:
        wide = [None] * len(columns)
        for place, value in zip(places, row, strict=True):
            wide[place] = value
        rows.append(wide)
    return Table(columns, rows)


def written(table: Table) -> bytes:
    """A table as the bytes of its JSON file."""
    return json.dumps({"columns": table.columns, "data": table.rows}, separators=(",", ":")).encode()


def read(content: bytes, artifact_file: str) -> Table:
    """The table in a JSON file. Raises BadRequest for a file that is none."""
    try:
        found: Any = json.loads(content)
        columns, rows = found["columns"], found["data"]
        if not isinstance(columns, list) or any(len(row) != len(cast("list[Any]", columns)) for row in rows):
            raise ValueError("its rows are not as long as its columns are many")
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise BadRequest(f"'{artifact_file}' is no table as log_table writes them: {error!r}.") from error
    return Table(cast("list[Any]", columns), cast("list[list[Any]]", rows))
