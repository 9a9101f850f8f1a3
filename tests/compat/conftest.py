"""Counts the recorded steps, so that a session says how much of the record it compared."""

from collections import Counter
from collections.abc import Callable

import pytest

_counts: Counter[str] = Counter()


@pytest.fixture
def golden_report() -> Callable[[str, int], None]:
    """Count steps of recorded cases under a heading."""

    def count(heading: str, steps: int) -> None:
        _counts[heading] += steps

    return count


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _counts:
        return
    compared = sum(steps for heading, steps in _counts.items() if heading != "left out")
    terminalreporter.section("recorded answers of MLflow")
    terminalreporter.line(
        f"{compared} of {_counts.total()} steps compared: {_counts['matching']} match, "
        f"{_counts['deviations']} deviate on purpose, {_counts['pending']} pending, {_counts['wrong']} wrong; "
        f"{_counts['left out']} need operations that are not there yet"
    )
