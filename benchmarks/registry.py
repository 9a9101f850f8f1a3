"""The benchmarks by name, and groups of them."""

from collections.abc import Callable

from benchmarks import artifacts, browser, cli, growth, http, python, search, series
from benchmarks.figures import Figure, Scale
from benchmarks.shapes import Shape
from benchmarks.sides import Side

Benchmark = Callable[[Side, Scale], list[Figure]]

CLIENT: dict[str, Benchmark] = {
    "import": python.import_,
    "install": python.install,
    "first-run": python.first_run,
    "log-metric-local": python.log_metric,
    "runs": python.runs,
    "scalars": python.scalars,
    "help": cli.help_,
    "list-runs": cli.list_runs,
    "first-chart": browser.first_chart,
}
DATABASE: dict[str, Benchmark] = {
    "server": http.server,
    "log-metric-http": http.log_metric,
    "log-batch": http.log_batch,
    "search": search.search,
    "plans": search.hot_plans,
    "series": series.series,
    "stored-size": series.stored_size,
}
"""What depends on the database: to be run on each."""
STORAGE = DATABASE | {"artifact": artifacts.artifact, "crowd": python.crowd}
GROWTH: dict[str, Benchmark] = {
    "growth-runs": growth.runs,
    "growth-points": growth.points,
    "growth-keys": growth.keys,
    "growth-shape": growth.shape,
}
GROUPS = {"client": CLIENT, "storage": STORAGE, "database": DATABASE, "growth": GROWTH}
TABLE = CLIENT | STORAGE
"""What `make bench` runs: the table of budgets."""
BENCHMARKS = TABLE | GROWTH
KEPT = (
    Shape(runs=0),
    *(Shape(runs=count) for count in (1_000, 10_000, 100_000)),
    *(Shape(runs=1, metrics=1, steps=count) for count in (1_000, 10_000, 100_000, 1_000_000)),
    *series.SIZES.values(),
    browser.CURVES,
)
"""What `--prepare` fills stores with, so that the benchmarks find them."""


def named(names: list[str]) -> list[str]:
    """The benchmarks that names of benchmarks and groups stand for; the table for none. Raises KeyError."""
    found: dict[str, None] = {}
    for name in names or ["table"]:
        members = {"table": TABLE, **GROUPS}.get(name)
        if members is None and name not in BENCHMARKS:
            raise KeyError(name)
        found |= dict.fromkeys([name] if members is None else members)
    return list(found)
