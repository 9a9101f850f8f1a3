"""What a logging function returns that need not wait: each waits all the same, since it is quick."""

import os

from runstone import settings


class RunOperations:
    """Stands for a write that was asked for with `synchronous=False`.

    The write is done by the time its caller has this; an error of it was raised there.
    """

    def wait(self) -> None:
        """Return once the write is done."""


def outcome(synchronous: bool | None) -> RunOperations | None:
    """What a logging function returns: None, or something to wait for if the caller, or a setting, asked for that."""
    if synchronous is None:
        synchronous = not settings.ENABLE_ASYNC_LOGGING.read()
    return None if synchronous else RunOperations()


def enable_async_logging(enable: bool = True) -> None:
    """Have logging functions without `synchronous` do as with `synchronous=False`, here and in child processes."""
    os.environ[settings.ENABLE_ASYNC_LOGGING.name] = "true" if enable else "false"
