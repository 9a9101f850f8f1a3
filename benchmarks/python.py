"""What a training script feels: import, the first run, one call, many short runs. No server; default local store."""

from benchmarks.figures import Figure, Scale, median, percentile
from benchmarks.sides import Side


def import_(side: Side, scale: Scale) -> list[Figure]:
    """Import in fresh processes, with the files in the system's cache."""
    side.script("import_once")
    seen = [side.script("import_once") for _ in range(scale.pick(9, 3))]
    return [
        Figure("import", median([s["seconds"] for s in seen]), "s", "≤ 0.08 s"),
        Figure("import: memory of the process", median([s["resident"] for s in seen]), "B", "≤ 30 MB"),
    ]


def first_run(side: Side, scale: Scale) -> list[Figure]:
    """From nothing to an open run in a new store, import included."""
    seen = [side.script("first_run")["seconds"] for _ in range(scale.pick(5, 2))]
    return [Figure("first start_run of a process, import included", median(seen), "s", "≤ 0.8 s")]


def log_metric(side: Side, scale: Scale) -> list[Figure]:
    """One point per call, on the caller's thread."""
    calls = side.script("log_metric", scale.pick(5000, 300), 60)["calls"]
    return [
        Figure("log_metric, local: p50 of a call", median(calls), "s", "≤ 5 µs"),
        Figure("log_metric, local: p99 of a call", percentile(calls, 99), "s", "≤ 30 µs"),
    ]


def runs(side: Side, scale: Scale) -> list[Figure]:
    """Start, five params one by one, end."""
    seen = side.script("many_runs", scale.pick(1000, 50), 20)
    rate = seen["runs"] / seen["seconds"]
    return [Figure("start + 5 params + end, local", rate, "runs/s", "≥ 1,000 runs/s", higher_is_better=True)]
