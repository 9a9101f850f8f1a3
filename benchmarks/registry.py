"""The benchmarks by name, and groups of them."""

from collections.abc import Callable

from benchmarks import artifacts, browser, cli, http, python, search, series
from benchmarks.figures import Figure, Scale
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
STORAGE: dict[str, Benchmark] = {
    "server": http.server,
    "log-metric-http": http.log_metric,
    "log-batch": http.log_batch,
    "search": search.search,
    "series": series.series,
    "stored-size": series.stored_size,
    "artifact": artifacts.artifact,
    "crowd": python.crowd,
}
GROUPS = {"client": CLIENT, "storage": STORAGE}
TABLE = CLIENT | STORAGE
"""What `make bench` runs: the table of budgets."""
BENCHMARKS = TABLE


def named(names: list[str]) -> list[str]:
    """The benchmarks that names of benchmarks and groups stand for; the table for none. Raises KeyError."""
    found: dict[str, None] = {}
    for name in names or ["table"]:
        members = {"table": TABLE, **GROUPS}.get(name)
        if members is None and name not in BENCHMARKS:
            raise KeyError(name)
        found |= dict.fromkeys([name] if members is None else members)
    return list(found)
