"""What MLflow has too takes the same parameters: names, order, defaults."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "signatures"
MLFLOW: dict[str, str] = json.loads((HERE / "mlflow-3.17.2.json").read_text())
LISTED: list[dict[str, object]] = tomllib.loads((HERE / "deviations.toml").read_text())["signatures"]


@pytest.fixture(scope="module")
def ours(shim_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Our signatures, under MLflow's names."""
    done = subprocess.run(
        [sys.executable, HERE / "extract.py"],
        env=shim_environment,
        cwd=tmp_path_factory.mktemp("signatures"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_signatures_are_mlflows_or_listed_with_a_reason(ours: dict[str, str]) -> None:
    both = ours.keys() & MLFLOW.keys()
    assert len(both) > 80
    listed = {name for entry in LISTED for name in entry["names"]}  # type: ignore[attr-defined]
    assert {name: (MLFLOW[name], ours[name]) for name in both if ours[name] != MLFLOW[name]}.keys() == listed


def test_every_deviation_has_a_reason() -> None:
    assert all(entry["reason"] for entry in LISTED)
