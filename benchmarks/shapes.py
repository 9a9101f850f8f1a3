"""What a store is filled with: made-up runs that look like real ones, the same for both sides and every time.

Nothing but numpy and the standard library is imported here, since MLflow's environment reads this file as well.
"""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

EPOCH_MS = 1_750_000_000_000
STEP_MS = 1_000
USER = "benchmark"


@dataclass(frozen=True)
class Shape:
    """How much there is: `runs` in each of `experiments`, in each run `metrics` of `steps` points.

    Values have all the digits of a double, or (`bits` = 32) of the single-precision number that most training yields.
    """

    experiments: int = 1
    runs: int = 100
    metrics: int = 5
    steps: int = 1
    params: int = 5
    tags: int = 3
    seed: int = 1
    bits: int = 64

    @property
    def total_runs(self) -> int:
        return self.experiments * self.runs

    @property
    def points_of_run(self) -> int:
        return self.metrics * self.steps

    @property
    def points(self) -> int:
        return self.total_runs * self.points_of_run

    @property
    def name(self) -> str:
        size = f"{self.experiments}x{self.runs}x{self.metrics}x{self.steps}"
        return f"{size}-{self.params}p{self.tags}t{self.bits}-{self.seed}"

    def experiment_name(self, index: int) -> str:
        return f"benchmark {self.name} {index}"

    def run_id(self, number: int) -> str:
        """The id of the run of this number, counted through all experiments."""
        return hashlib.blake2b(f"{self.name} {number}".encode(), digest_size=16).hexdigest()

    def metric_keys(self) -> list[str]:
        return [f"m{key}" for key in range(self.metrics)]


class RunData(NamedTuple):
    """A run: times in milliseconds since the epoch; `values` and `timestamps` have a row for each metric."""

    run_id: str
    experiment: int
    name: str
    started: int
    ended: int
    params: list[tuple[str, str]]
    tags: list[tuple[str, str]]
    values: NDArray[np.float64]
    timestamps: NDArray[np.int64]


def run_data(shape: Shape, number: int) -> RunData:
    """The run of this number: it depends on nothing but the shape and the number."""
    chance = np.random.default_rng([shape.seed, number])
    values, timestamps = _curves(shape, number, chance)
    return RunData(
        run_id=shape.run_id(number),
        experiment=number // shape.runs,
        name=f"run-{number}",
        started=started(number),
        ended=int(timestamps.max(initial=started(number))) + STEP_MS,
        params=[(f"p{key}", "xyz"[(number + key) % 3]) for key in range(shape.params)],
        tags=[(f"t{key}", f"value {number % 7}") for key in range(shape.tags)],
        values=values,
        timestamps=timestamps,
    )


def started(number: int) -> int:
    return EPOCH_MS + number * 60_000


def _curves(
    shape: Shape, number: int, chance: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Noisy exponential decays to a level of their own in [0, 1), logged at times that jitter.

    Values are not rounded: round ones would compress better than any training's.
    """
    size = (shape.metrics, shape.steps)
    level, height, speed = (chance.random((shape.metrics, 1)) for _ in range(3))
    progress = np.linspace(0.0, 1.0, shape.steps) if shape.steps > 1 else np.ones(1)
    noise = 0.02 * chance.standard_normal(size) * height
    values = level + height * np.exp(-(3 + 9 * speed) * progress) + noise * (shape.steps > 1)
    if shape.bits == 32:
        values = values.astype(np.float32).astype(np.float64)
    jitter = chance.normal(0, 0.05 * STEP_MS, shape.steps).cumsum()
    logged = started(number) + np.arange(1, shape.steps + 1) * STEP_MS + jitter
    return values, np.broadcast_to(logged.astype(np.int64), size)
