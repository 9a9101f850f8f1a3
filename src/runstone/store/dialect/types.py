"""Column types and table options that mean the same in every database.

Texts compare and sort by their bytes, which in UTF-8 is by code points: "Acc" and "acc" are two names, "a" and "a "
too. SQLite does so by itself, PostgreSQL under its collation "C"; for MySQL see `mysql`.
"""

from typing import Any

from sqlalchemy import BigInteger, Float, Integer, LargeBinary, String, Text
from sqlalchemy.dialects.mysql import DOUBLE, LONGBLOB, LONGTEXT

_BYTEWISE = "C"
_MYSQL = ("mysql", "mariadb")

BigId = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit integer that can number its own rows."""


def short_text(length: int) -> String:
    """A text of at most `length` characters, short enough to stand in an index."""
    return String(length).with_variant(String(length, collation=_BYTEWISE), "postgresql")


Number = Float(53).with_variant(DOUBLE(asdecimal=False), *_MYSQL)
"""A finite IEEE 754 double."""

Key = short_text(250)
LongText = (
    Text().with_variant(Text(collation=_BYTEWISE), "postgresql").with_variant(LONGTEXT(), *_MYSQL)
)  # MySQL's TEXT ends at 64 KiB
Bytes = LargeBinary().with_variant(LONGBLOB(), *_MYSQL)

CLUSTERED: dict[str, Any] = {"sqlite_with_rowid": False}
"""Table options that keep its rows in the order of the primary key, where that is not so anyway and can be had."""

NUMBERED: dict[str, Any] = {"sqlite_autoincrement": True}
"""Table options under which the number of a deleted row is never given again."""
