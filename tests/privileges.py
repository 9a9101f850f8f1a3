"""Acting as somebody who may not do everything."""

import os
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def without_privileges() -> Generator[None]:
    """Root may write anywhere: act as nobody meanwhile."""
    if (user := os.geteuid()) == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)
