"""What is recorded, in SQL. One named function per statement, taking a connection; only `dialect` names a database."""

from runstone.store.engine import Store

__all__ = ["Store"]
