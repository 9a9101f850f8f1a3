"""The command: `python -m benchmarks [NAME …] [--quick] [--ours] [--backend NAME] [--json FILE] [--list]`."""

import argparse
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console

from benchmarks import backends, report, sides, stores
from benchmarks.figures import Results, Scale
from benchmarks.registry import BENCHMARKS, GROUPS, KEPT, named
from benchmarks.sides import Side

# What a product can do wrong while it is measured; a mistake of our own still ends the command.
FAILURES = (RuntimeError, OSError, TimeoutError, subprocess.SubprocessError)


def main() -> int:
    asked = _parse()
    if asked.list:
        _list()
        return 0
    # Ended by a signal, it still stops servers and drops databases.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with sides.scratch() as scratch, backends.opened(asked.backend) as backend:
        both = [] if asked.theirs else [sides.runstone(scratch, backend)]
        if not asked.ours:
            both.append(sides.mlflow(scratch, backend))
        if asked.prepare:
            _prepare(both)
            return 0
        results, failed = measure(asked.names, both, Scale(asked.quick, asked.seconds))
    if asked.beside:
        results = report.beside(results, report.from_data(json.loads(asked.beside.read_text())))
    console = Console()
    if not console.is_terminal:
        console = Console(width=140)
    machine = report.describe_machine()
    console.print(machine, highlight=False)
    console.print(report.table(results))
    if asked.json:
        data = report.as_data(machine, results, backend=asked.backend, quick=asked.quick, note=asked.note)
        asked.json.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    for failure in failed:
        print(failure, file=sys.stderr)
    return 1 if failed else 0


def _list() -> None:
    for group, members in GROUPS.items():
        print(f"{group}:")
        for name, benchmark in members.items():
            print(f"  {name:<18}{benchmark.__doc__}")


def _prepare(both: list[Side]) -> None:
    for side in both:
        for shape in dict.fromkeys(KEPT):
            print(f"{side.name}: {shape.total_runs:,} runs, {shape.points:,} points", file=sys.stderr)
            stores.filled(side, shape)


def _parse() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description="Runstone beside MLflow")
    options.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="benchmarks or groups of them, which --list shows; the table of budgets by default",
    )
    options.add_argument("--quick", action="store_true", help="small counts, to try things out")
    options.add_argument("--backend", choices=backends.NAMES, default="sqlite", help="the database (sqlite)")
    options.add_argument(
        "--seconds",
        type=float,
        default=600,
        metavar="S",
        help="the most that a part of growth-shape takes (600)",
    )
    alone = options.add_mutually_exclusive_group()
    alone.add_argument("--ours", action="store_true", help="measure Runstone alone")
    alone.add_argument("--theirs", action="store_true", help="measure MLflow alone")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file as well")
    options.add_argument(
        "--beside", type=Path, metavar="FILE", help="take the other side's figures from such a file"
    )
    options.add_argument("--note", default="", help="what a reader of that file should know")
    options.add_argument(
        "--prepare",
        action="store_true",
        help="fill the stores that are read, which takes long, and measure nothing",
    )
    options.add_argument("--list", action="store_true", help="name the benchmarks")
    asked = options.parse_args()
    try:
        asked.names = named(asked.names)
    except KeyError as error:
        options.error(f"no such benchmark or group: {error.args[0]}; --list names them")
    return asked


def measure(names: list[str], both: list[Side], scale: Scale) -> tuple[Results, list[str]]:
    """The figures by label and side, and what failed: one failure does not take the rest with it."""
    results: Results = {}
    failed: list[str] = []
    for name in names:
        for side in both:
            began = time.monotonic()
            print(f"{name}: {side.name} …", file=sys.stderr, flush=True)
            try:
                for figure in BENCHMARKS[name](side, scale):
                    results.setdefault(figure.label, {})[side.name] = figure
            except FAILURES as error:
                failed.append(f"{name} failed on {side.name}: {error}")
            print(f"{name}: {side.name}, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return results, failed


if __name__ == "__main__":
    sys.exit(main())
