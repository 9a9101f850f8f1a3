"""The loggers `runstone.*`: how much they tell."""

import logging

from runstone.settings import LOGGING_LEVEL

_FORMAT = "%(levelname)s %(name)s: %(message)s"


def apply_level() -> None:
    """Have the loggers tell what MLFLOW_LOGGING_LEVEL asks for. Without it, nothing is touched.

    Below WARNING, Python itself shows nothing of a program that has not set up logging: then they are given a handler
    that writes to stderr. Raises InvalidParameterValue for what is no level.
    """
    level = LOGGING_LEVEL.read()
    if level is None:
        return
    log = logging.getLogger("runstone")
    log.setLevel(level)
    if log.level < logging.WARNING and not log.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(_FORMAT))
        log.addHandler(handler)
