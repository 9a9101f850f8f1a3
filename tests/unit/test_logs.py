"""MLFLOW_LOGGING_LEVEL: how much the loggers tell, in processes of their own, as loggers outlive tests."""

import subprocess
import sys

import pytest

from tests.commands import clean_environment

PROGRAM = """
import logging, sys
if "handlers" in sys.argv:
    logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format="mine: %(message)s")
from runstone import Client
log = logging.getLogger("runstone.client")
log.debug("a detail")
log.warning("a warning")
log.error("an error")
"""


def told(level: str | None, *arguments: str) -> tuple[str, str]:
    """What a program whose loggers speak prints, and what it says beside it."""
    more = {} if level is None else {"MLFLOW_LOGGING_LEVEL": level}
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, env=clean_environment(**more), capture_output=True, text=True, check=False)
    return done.stdout, done.stderr


@pytest.mark.parametrize("level", [None, "", "WARNING", " warning "])
def test_warnings_are_told_by_default(level: str | None) -> None:
    assert told(level) == ("", "a warning\nan error\n")


def test_less_is_told_on_request() -> None:
    assert told("error") == ("", "an error\n")


def test_more_is_told_on_request_even_where_nobody_set_up_logging() -> None:
    lines = [
        "DEBUG runstone.client: a detail",
        "WARNING runstone.client: a warning",
        "ERROR runstone.client: an error",
    ]
    assert told("DEBUG") == ("", "".join(f"{line}\n" for line in lines))


def test_a_programs_own_handlers_are_left_alone() -> None:
    assert told("DEBUG", "handlers") == ("mine: a detail\nmine: a warning\nmine: an error\n", "")


def test_what_is_no_level_is_named() -> None:
    assert (
        "MLFLOW_LOGGING_LEVEL is 'loud': expected DEBUG, INFO, WARNING, ERROR or CRITICAL." in told("loud")[1]
    )
