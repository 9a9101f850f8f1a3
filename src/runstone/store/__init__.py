"""What is recorded, in SQL. One named function per statement, taking a connection; only `dialect` names a database."""

from sqlalchemy import Connection

from runstone.store.dialect import ALREADY_THERE, is_database_url
from runstone.store.engine import Store

__all__ = ["ALREADY_THERE", "Connection", "Store", "is_database_url"]
