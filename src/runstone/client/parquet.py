"""Tables in Parquet files, which pandas and pyarrow write and read."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

from runstone.client import tables
from runstone.client.frames import pandas_for
from runstone.errors import BadRequest, InvalidValue, MissingLibrary

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs]


def appended(old: bytes | None, data: object, path: str, keep_image: Callable[[Any], Any]) -> bytes:
    """The bytes of the file with the rows of `old`, if there is such a file, and of a dict or a DataFrame.

    Raises InvalidValue for what Parquet has no form for, MissingLibrary without pandas or pyarrow.
    """
    pandas = pandas_for("log_table to a Parquet file")
    columns = {name: tables.with_images(name, values, keep_image) for name, values in tables.columns(data)}
    new = pandas.DataFrame(columns)
    whole = new if old is None else pandas.concat([frame(old, path), new], ignore_index=True)
    file = BytesIO()
    with _explained():
        try:
            whole.to_parquet(file, index=False)
        except (ValueError, TypeError) as error:
            raise InvalidValue(f"The table cannot be written as '{path}': {error}.") from error
    return file.getvalue()


def frame(content: bytes, path: str) -> "pandas.DataFrame":
    """The table in a file. Raises BadRequest for a file that is none, MissingLibrary without pandas or pyarrow."""
    with _explained():
        try:
            return pandas_for("load_table").read_parquet(BytesIO(content))
        except (OSError, ValueError) as error:
            raise BadRequest(f"'{path}' is no Parquet file: {error}.") from error


@contextmanager
def _explained() -> Generator[None]:
    try:
        yield
    except ImportError as error:
        raise MissingLibrary(
            "Tables in Parquet files need pyarrow, which is not installed. Install it with pip install pyarrow, or let "
            "the table's name end in .json."
        ) from error
