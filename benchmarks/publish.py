"""Put results into the documentation: `python -m benchmarks.publish` (`--check` only tells whether it is stale).

`benchmarks/results/` holds what `--json` wrote, a file for each kind of run. They become the tables between two marks
in docs/benchmarks.md, and pictures in docs/images.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import plots, report
from benchmarks.figures import Results
from benchmarks.registry import GROUPS

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results"
PAGE = ROOT / "docs" / "benchmarks.md"
IMAGES = ROOT / "docs" / "images"
BEGIN, END = "<!-- figures: written by `python -m benchmarks.publish` -->", "<!-- end of figures -->"

TITLES = {
    "client": "A training script, the command line, a browser",
    "storage": "Storage and server, on SQLite",
    "postgresql": "Storage and server, on PostgreSQL",
    "mysql": "Storage and server, on MySQL (MariaDB)",
    "growth": "Growth, on SQLite",
}
"""The files in their order, and what stands above their tables."""
CAPTIONS = {
    "growth-runs": (
        "Searches, as an experiment gathers runs. The scales are logarithmic: a flat line costs the same at any size."
    ),
    "growth-points": "One series, as it gets longer.",
    "growth-keys": "A run, as it has more metrics, each logged at every step.",
    "growth-shape": (
        "50 experiments × 1,500 runs × 1,500 metrics × 20 steps are 2.25 thousand million points. Parts of that were "
        "written, with all experiments and metrics and fewer runs; the filled dots show which. The dotted line goes on "
        "as they do: nobody has been there."
    ),
}
RATIOS = ("client", "storage")
"""Whose ratios are drawn."""


def main() -> int:
    if sys.argv[1:] == ["--check"]:
        if is_stale():
            print(f"{PAGE.name} is stale: run `python -m benchmarks.publish`")
            return 1
        return 0
    PAGE.write_text(page())
    for path in pictures():
        print(path.relative_to(ROOT))
    return 0


def is_stale() -> bool:
    """Whether the page has other tables than the results give."""
    return PAGE.read_text() != page()


def page() -> str:
    """The page with the tables of the results as they are now."""
    text = PAGE.read_text()
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise SystemExit(f"{PAGE} has lost the marks between which the figures stand: {BEGIN} … {END}")
    return f"{before}{BEGIN}\n\n" + "\n".join(map(_section, _stored())) + f"\n{END}{after}"


def pictures() -> Iterator[Path]:
    """Draw what the results have figures for; the files that were written."""
    stored = {name: report.from_data(data) for name, data in _stored()}
    shown: Results = {label: sides for name in RATIOS for label, sides in stored.get(name, {}).items()}
    if shown:
        path = IMAGES / "benchmarks-ratios.svg"
        plots.ratios(shown, path)
        yield path
    for name in GROUPS["growth"]:
        path = IMAGES / f"benchmarks-{name}.svg"
        if plots.growth(name, stored.get("growth", {}), path):
            yield path


def _stored() -> list[tuple[str, dict[str, Any]]]:
    files = {name: RESULTS / f"{name}.json" for name in TITLES}
    return [(name, json.loads(file.read_text())) for name, file in files.items() if file.is_file()]


def _section(stored: tuple[str, dict[str, Any]]) -> str:
    name, data = stored
    results = report.from_data(data)
    sides = report.sides_of(results)
    lines = [
        f"### {TITLES[name]}\n",
        f"{data['machine']}; commit {data['code']}. {data['note']}".strip() + "\n",
        *(_picture(growth, results) for growth in GROUPS["growth"] if name == "growth"),
        f"| | {' | '.join(sides)} | ratio | budget |",
        f"|--|{'--:|' * len(sides)}--:|--:|",
    ]
    for label, by_side in results.items():
        figures = [by_side.get(side) for side in sides]
        cells = [label, *map(report.show, figures), report.ratio(figures), report.budget(by_side)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _picture(name: str, results: Results) -> str:
    """What the page says of a growth benchmark, and its picture; nothing if there are no figures of it."""
    if not plots.has_curves(name, results):
        return ""
    return f"{CAPTIONS[name]}\n\n![{name}](images/benchmarks-{name}.svg)\n"


if __name__ == "__main__":
    sys.exit(main())
