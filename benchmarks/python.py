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


def install(side: Side, scale: Scale) -> list[Figure]:
    """The distributions that an installation brings, extras left out, and their bytes."""
    seen = side.script("install_size")
    return [
        Figure("install: distributions", seen["distributions"], "", "≤ 30"),
        Figure("install: size", seen["bytes"], "B", "≤ 170 MB"),
    ]


def scalars(side: Side, scale: Scale) -> list[Figure]:
    """100,000 points from ten processes, interpreters and imports included, into one local store."""
    processes, limit = 10, 60
    count = scale.pick(10_000, 200)
    seen = side.script("scalars", processes, count, limit, seconds=600)
    beyond = seen["logged"] < processes * count
    label = f"{processes * count:,} scalars from {processes} processes"
    return [
        Figure(f"{label}, start to exit", seen["ended"], "s", "≤ 1.5 s", beyond=beyond),
        Figure(f"{label}, start to readable", seen["readable"], "s", "≤ 3 s", beyond=beyond),
        Figure(f"{label}: rate", seen["logged"] / seen["ended"], "/s", higher_is_better=True),
    ]


def crowd(side: Side, scale: Scale) -> list[Figure]:
    """Fifty processes write to one local store as fast as they may: the longest that anyone waited."""
    processes = scale.pick(50, 8)
    seen = side.script("crowd", processes, scale.pick(10, 3), seconds=400)
    label = f"{processes} processes on one local store"
    return [
        Figure(f"{label}: longest wait for a write", seen["longest"], "s", "≤ 2 s"),
        Figure(f"{label}: p99 of a write", seen["p99"], "s"),
        Figure(f"{label}: writes", seen["rate"], "/s", higher_is_better=True),
        Figure(
            f"{label}: writes of the slowest over the fastest",
            seen["least"] / seen["most"],
            "",
            higher_is_better=True,
        ),
        Figure(f"{label}: writes that failed", seen["failed"], "", "0"),
    ]
