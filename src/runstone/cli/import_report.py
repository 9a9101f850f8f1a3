"""What `runstone import` shows: how far it is, and what it did."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from runstone.cli import texts
from runstone.cli.output import terminal

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from runstone.importer import LeftOut, Report

_EXAMPLES = 3
_NOTES = 10
_NAME = 24
"""Cells for an experiment's name beside the bar."""


# --- how far it is --------------------------------------------------------------------------------


class _Shown:
    """The progress of an import, on a bar."""

    def __init__(self, bar: "Bar", report: "Report"):
        self._bar, self._report = bar, report
        self._runs, self._total = 0, None
        self._task: TaskID = bar.add_task("", total=None, said="", runs="", where="Looking into the source")

    def begin(self, runs: int | None) -> None:
        """See runstone.importer.Progress."""
        self._total = runs
        self._bar.update(self._task, total=runs)

    def step(self, experiment: str, runs: int = 0) -> None:
        """See runstone.importer.Progress."""
        taken = self._report.taken
        said = _counted("points", taken["points"])
        if taken["artifacts"]:
            said += f", {_counted('files', taken['artifacts'])} ({texts.size(taken['artifact_bytes'])})"
        where = texts.visible(experiment)
        self._runs += runs
        self._bar.update(
            self._task,
            advance=runs,
            runs=_counted("runs", self._runs)
            if self._total is None
            else f"{self._runs:,} of {_counted('runs', self._total)}",
            said=said,
            where=where[: _NAME - 1] + "…" if len(where) > _NAME else where,
        )


@contextmanager
def shown_progress(report: "Report") -> "Generator[_Shown | None]":
    """A bar on the terminal beside the output, which goes away again; None where there is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.fields[where]}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[runs]}"),
        TextColumn("[dim]{task.fields[said]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _Shown(bar, report)


# --- what it did ----------------------------------------------------------------------------------


class _Line(NamedTuple):
    """A kind of things, how many were taken over, and what else is to be said."""

    name: str
    number: int
    more: str = ""


def print_report(report: "Report", source: str, target: str) -> None:
    """Print what was taken over, what is otherwise than it was, and what was left out."""
    console = terminal()
    if target:
        _say(console, f"Imported {source} into {target}", "bold")
    else:
        _say(console, f"This is what an import of {source} would take over. Nothing was stored.", "bold")
    _print_taken(console, report)
    if report.notes:
        _say(console, "\nOtherwise than in the source", "bold")
        for note in report.notes[:_NOTES]:
            _say(console, f"  {note}")
        if len(report.notes) > _NOTES:
            _say(console, f"  … and {len(report.notes) - _NOTES:,} more: --output json lists them.", "dim")
    if report.complete:
        _say(console, "\nEverything was carried." if target else "\nEverything would be carried.", "green")
        return
    _say(console, "\nLeft out", "bold yellow")
    for entry in report.left_out:
        _print_left_out(console, entry)
    _say(console, "\nAll else was carried." if target else "\nAll else would be carried.")


def _print_taken(console: "Console", report: "Report") -> None:
    taken = report.taken
    runs = {
        "new": taken["new_runs"],
        "updated": taken["updated_runs"],
        "unchanged": taken["unchanged_runs"],
    }
    experiments = {
        "new": taken["new_experiments"],
        "there already": taken["experiments"] - taken["new_experiments"],
    }
    linked = f"those of {_counted('runs', taken['linked_runs'])} stay where they are"
    copied = f"{texts.size(taken['artifact_bytes'])} copied" if taken["artifacts"] else ""
    lines = (
        _Line("experiments", taken["experiments"], _listed(experiments)),
        _Line("runs", sum(runs.values()), _listed(runs)),
        _Line("params", taken["params"]),
        _Line("tags", taken["tags"]),
        _Line("metric points", taken["points"]),
        _Line("datasets", taken["datasets"]),
        _Line(
            "artifacts",
            taken["artifacts"],
            "; ".join(filter(None, (copied, linked if taken["linked_runs"] else ""))),
        ),
    )
    shown = [line for line in lines if line.number or line.more or line.name in ("experiments", "runs")]
    width = max(len(f"{line.number:,}") for line in shown)
    for line in shown:
        _say(console, f"  {line.name:<14}  {line.number:>{width},}  {line.more}".rstrip())


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)


def _print_left_out(console: "Console", entry: "LeftOut") -> None:
    _say(console, f"  {_counted(entry.what, entry.count)}: {entry.reason}")
    for example in entry.examples[:_EXAMPLES]:
        _say(console, f"      {example}", "dim")
    if entry.count > _EXAMPLES and len(entry.examples) > _EXAMPLES:
        _say(console, f"      … --output json lists {min(len(entry.examples), entry.count):,} of them", "dim")


def _counted(plural: str, count: int) -> str:
    """A number of things, whose name is given in the plural."""
    if count != 1:
        return f"{count:,} {plural}"
    head, of, rest = plural.partition(" of ")
    single = {"statuses": "status", "tries": "try"}.get(head, head.removesuffix("s"))
    return f"1 {single}{of}{rest}"


def _say(console: "Console", text: str, style: str = "") -> None:
    lines = (texts.visible(line) for line in text.split("\n"))
    console.print("\n".join(lines), style=style, markup=False, soft_wrap=True)
