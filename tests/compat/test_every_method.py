"""MLflow's own client calls every public method of tracking against our server: each ends as it does against MLflow's.

`methods/call_all.py` calls them and prints how they ended; `methods/recorded.json` is what it printed of MLflow's
server, and `methods/deviations.toml` names the calls that end otherwise here on purpose.
"""

import json
import os
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.servers import start_server
from tests.tiers import tier_missing
from tools import envs

METHODS = Path(__file__).with_name("methods")
RECORDED: list[Any] = json.loads((METHODS / "recorded.json").read_text())["calls"]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What call_all.py prints of our server."""
    python = envs.interpreter("mlflow-skinny")
    if python is None:
        enable = "python tools/envs.py mlflow-skinny"
        tier_missing("compat", "the environment with MLflow's own client is not there", enable)
    server = start_server(tmp_path_factory.mktemp("server"))
    command = [python, METHODS / "call_all.py", server.url, tmp_path_factory.mktemp("files")]
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    quiet["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    done = subprocess.run(command, capture_output=True, text=True, env=quiet, timeout=50, check=False)
    server.stop()
    assert done.returncode == 0, f"{done.stderr}\n--- the server's log ---\n{server.log}"
    return json.loads(done.stdout)


def test_every_public_method_of_tracking_is_called(printed: dict[str, Any]) -> None:
    assert printed["missed"] == []


def test_every_call_ends_as_it_does_against_mlflow(printed: dict[str, Any]) -> None:
    deviations = _deviations()
    assert [name for name, _ in printed["calls"]] == [name for name, _ in RECORDED]
    wrong = [
        f"call {number}, {name}: {ours!r}, where MLflow ends with {theirs!r}"
        for number, ((name, ours), (_, theirs)) in enumerate(zip(printed["calls"], RECORDED, strict=True))
        if (ours == theirs) == (number in deviations)
    ]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def test_every_deviation_has_a_reason() -> None:
    assert all(reason.strip() for reason in _deviations().values())


def _deviations() -> dict[int, str]:
    entries = tomllib.loads((METHODS / "deviations.toml").read_text()).get("calls", [])
    return {entry["call"]: entry["reason"] for entry in entries}
