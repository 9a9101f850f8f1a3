"""The errors of databases and of the system, as ours."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from runstone.errors import InvalidParameterValue, RunstoneError, StoreError, TemporarilyUnavailable
from runstone.store.dialect import ALREADY_THERE, Database


@contextmanager
def translated(database: Database) -> Generator[None]:
    """Turn the database's own errors into ours, which say what to do."""
    try:
        yield
    except (RunstoneError, *ALREADY_THERE):
        raise  # a taken key is the caller's to explain
    except DBAPIError as error:
        raise database.explain(error.orig or error) from error
    except sqlite3.Error as error:  # of a look into a file
        raise database.explain(error) from error
    except UnicodeEncodeError as error:
        raise InvalidParameterValue(
            f"A text contains half of a surrogate pair ({error.object[error.start]!a}), which is no character."
        ) from error
    except PoolTimeout as error:
        raise TemporarilyUnavailable(f"Too many reads of {database.name} at once. Try again.") from error
    except OSError as error:
        place = error.filename or database.name
        raise StoreError(
            f"Cannot use {place}: {error.strerror}. Check that you may read and write it.", path=str(place)
        ) from error
