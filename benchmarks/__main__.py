"""The command: `python -m benchmarks [NAME …] [--quick] [--ours] [--json FILE] [--list]`."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from benchmarks import report, sides
from benchmarks.figures import Results, Scale
from benchmarks.registry import BENCHMARKS
from benchmarks.sides import Side

# What a product can do wrong while it is measured; a mistake of our own still ends the command.
FAILURES = (RuntimeError, OSError, TimeoutError, subprocess.SubprocessError)


def main() -> int:
    asked = _parse()
    if asked.list:
        for name, benchmark in BENCHMARKS.items():
            print(f"{name:<18}{benchmark.__doc__}")
        return 0
    cache = Path(".cache", "bench").resolve()
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, ignore_cleanup_errors=True) as scratch:
        both = [sides.runstone(Path(scratch))]
        if not asked.ours:
            both.append(sides.mlflow(Path(scratch)))
        results, failed = measure(asked.names or list(BENCHMARKS), both, Scale(asked.quick))
    console = Console()
    if not console.is_terminal:
        console = Console(width=120)
    machine = report.describe_machine()
    console.print(machine, highlight=False)
    console.print(report.table(results, [side.name for side in both]))
    if asked.json:
        asked.json.write_text(json.dumps(report.as_data(machine, results), indent=1) + "\n")
    for failure in failed:
        print(failure, file=sys.stderr)
    return 1 if failed else 0


def _parse() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description="Runstone beside MLflow")
    options.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all by default"
    )
    options.add_argument("--quick", action="store_true", help="small counts, to try things out")
    options.add_argument("--ours", action="store_true", help="measure Runstone alone")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file as well")
    options.add_argument("--list", action="store_true", help="name the benchmarks")
    asked = options.parse_args()
    unknown = set(asked.names) - BENCHMARKS.keys()
    if unknown:
        options.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    return asked


def measure(names: list[str], both: list[Side], scale: Scale) -> tuple[Results, list[str]]:
    """The figures by label and side, and what failed: one failure does not take the rest with it."""
    results: Results = {}
    failed: list[str] = []
    for name in names:
        for side in both:
            print(f"{name}: {side.name} …", file=sys.stderr, flush=True)
            try:
                for figure in BENCHMARKS[name](side, scale):
                    results.setdefault(figure.label, {})[side.name] = figure
            except FAILURES as error:
                failed.append(f"{name} failed on {side.name}: {error}")
    return results, failed


if __name__ == "__main__":
    sys.exit(main())
