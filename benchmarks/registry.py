"""The benchmarks by name."""

from collections.abc import Callable

from benchmarks import cli, http, python, search
from benchmarks.figures import Figure, Scale
from benchmarks.sides import Side

Benchmark = Callable[[Side, Scale], list[Figure]]

BENCHMARKS: dict[str, Benchmark] = {
    "import": python.import_,
    "first-run": python.first_run,
    "server": http.server,
    "log-metric-http": http.log_metric,
    "log-metric-local": python.log_metric,
    "log-batch": http.log_batch,
    "runs": python.runs,
    "search": search.search,
    "help": cli.help_,
    "list-runs": cli.list_runs,
}
