"""Stores filled with runs, for what is measured by reading.

Those in files are kept for the next time, in `.cache/bench` or where RUNSTONE_BENCH_CACHE says: filling takes minutes.
One of Runstone's is filled again when the code that stores things has changed.
"""

import hashlib
import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import runstone
from benchmarks import loader, sides
from benchmarks.shapes import Shape
from benchmarks.sides import Side
from tools.envs import MLFLOW_VERSION

_made: dict[tuple[str, str, Shape], "Filled"] = {}
"""What this process filled, by side, backend and shape."""


@dataclass(frozen=True)
class Filled:
    """A store with the runs of a shape. `folder` is where its server may put what it needs."""

    shape: Shape
    folder: Path
    uri: str
    seconds: float
    """How long filling it took."""

    def run_id(self, number: int = 0) -> str:
        return self.shape.run_id(number)


def cache() -> Path:
    """The folder of what is kept."""
    folder = Path(os.environ.get("RUNSTONE_BENCH_CACHE") or sides.CACHE).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def forget() -> None:
    """Let the next one be looked for anew."""
    _made.clear()


def filled(side: Side, shape: Shape) -> Filled:
    """A store of the side's with the runs of a shape: made now, or one that is there."""
    place = (side.name, side.backend.name, shape)
    if place not in _made:
        kept = side.backend.name == "sqlite"
        _made[place] = _kept(side, shape) if kept else _fill(side, shape, side.fresh_folder("filled"))
    return _made[place]


def _kept(side: Side, shape: Shape) -> Filled:
    folder = cache() / f"{side.module}-{shape.name}"
    note, state = folder / "filled.json", _state(side)
    about = json.loads(note.read_text()) if note.is_file() else {}
    if about.get("state") == state:
        return Filled(shape, folder, side.backend.store(folder, side.module), about["seconds"])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    made = _fill(side, shape, folder)
    note.write_text(json.dumps({"state": state, "seconds": made.seconds}))
    return made


def _fill(side: Side, shape: Shape, folder: Path) -> Filled:
    print(
        f"  filling a store with {shape.total_runs:,} runs of {shape.points_of_run:,} points", file=sys.stderr
    )
    uri = side.backend.store(folder, side.module)
    began = time.perf_counter()
    if side.is_ours:
        loader.fill(uri, shape)
    else:
        loader.fill_mlflow(uri, shape)
    seconds = time.perf_counter() - began
    side.backend.analyse(uri)
    return Filled(shape, folder, uri, seconds)


def _state(side: Side) -> str:
    """What a store's content depends on: the release of MLflow's, the very code of ours."""
    if not side.is_ours:
        return MLFLOW_VERSION
    digest = hashlib.sha256()
    for file in sorted(Path(runstone.__file__).with_name("store").rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
