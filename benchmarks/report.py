"""The figures as a person reads them, and as data."""

import os
import platform
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks.figures import Figure, Results


def describe_machine() -> str:
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
        cpu = models[0].partition(":")[2].strip() if models else cpu
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    today = datetime.now(UTC).date()
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{today}: {cpu}, {cores} cores, {memory:.0f} GiB; {system}"


def sides_of(results: Results) -> list[str]:
    """The names of the sides, ours first."""
    return list(dict.fromkeys(side for by_side in results.values() for side in by_side))


def beside(results: Results, earlier: Results) -> Results:
    """The results, and beside them the figures of sides that were measured earlier."""
    return {label: by_side | earlier.get(label, {}) | by_side for label, by_side in results.items()}


def table(results: Results) -> Table:
    sides = sides_of(results)
    shown = Table(box=None, header_style="bold", pad_edge=False)
    shown.add_column("")
    for side in sides:
        shown.add_column(side, justify="right")
    shown.add_column("ratio", justify="right", style="bold")
    shown.add_column("budget", justify="right", style="dim")
    for label, figures in results.items():
        values = [show(figures.get(side)) for side in sides]
        shown.add_row(label, *values, ratio([figures.get(side) for side in sides]), budget(figures))
    return shown


def budget(figures: dict[str, Figure]) -> str:
    """What is promised of a figure, which is the same on all sides."""
    return next(iter(figures.values())).budget


def ratio(figures: list[Figure | None]) -> str:
    """How many times better the first side is than the second."""
    measured = [figure for figure in figures if figure is not None and figure.value]
    if len(measured) < 2 or measured[0].beyond:
        return ""
    ours, theirs = measured
    better = ours.value / theirs.value if ours.higher_is_better else theirs.value / ours.value
    sign = "> " if theirs.beyond else ""
    return f"{sign}{better:,.0f}×" if better >= 10 else f"{sign}{better:.2g}×"


def show(figure: Figure | None) -> str:
    """A figure's value with its unit; a dash if there is none."""
    if figure is None:
        return "–"
    sign = ("< " if figure.higher_is_better else "> ") if figure.beyond else ""
    return sign + _show_value(figure)


def _show_value(figure: Figure) -> str:
    value = figure.value
    if figure.unit == "s":
        return show_seconds(value)
    if figure.unit == "B":
        return f"{value / 1e6:,.0f} MB" if value >= 10e6 else f"{value / 1e3:,.0f} kB"
    digits = 0 if value >= 100 or value == int(value) else 1 if value >= 1 else 2
    return f"{value:,.{digits}f} {figure.unit}".rstrip()


def show_seconds(value: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size or unit == "µs":
            return f"{value / size:,.0f} {unit}" if value >= 1000 * size else f"{value / size:.3g} {unit}"
    raise AssertionError("unreachable")


def as_data(machine: str, results: Results, **about: Any) -> dict[str, Any]:
    """The results as JSON: what `about` says of them, and every figure of every side."""
    figures = {
        label: {side: asdict(figure) for side, figure in by_side.items()}
        for label, by_side in results.items()
    }
    return {"machine": machine, "code": describe_code(), **about, "figures": figures}


def from_data(data: dict[str, Any]) -> Results:
    """The results that `as_data` made JSON of."""
    return {
        label: {side: Figure(**figure) for side, figure in by_side.items()}
        for label, by_side in data["figures"].items()
    }


def describe_code() -> str:
    """The commit that was measured; "" where git does not know."""
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return done.stdout.strip()
