"""Every public method of tracking is called against our server, and ends as it does with MLflow's client and server.

`methods/call_all.py` calls them with whatever `mlflow` it can import: once MLflow's own, and once ours. It prints how
they ended; `methods/recorded.json` is what it printed of MLflow's client and server, and `methods/deviations.toml`
names the calls that end otherwise here on purpose.
"""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from runstone.shim import installing
from tests import shims
from tests.servers import start_server
from tests.tiers import tier_missing
from tools import envs

METHODS = Path(__file__).with_name("methods")
RECORDED: list[Any] = json.loads((METHODS / "recorded.json").read_text())["calls"]


class Printed(NamedTuple):
    """What call_all.py printed with a client."""

    client: str
    calls: list[Any]
    missed: list[str]


@pytest.fixture(scope="module", params=["mlflow", "runstone"])
def printed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Printed:
    """What call_all.py prints of our server, with MLflow's client and with ours."""
    if request.param == "runstone":
        place = shims.place(tmp_path_factory.mktemp("shim"))
        installing.install(place)
        python, environment = Path(sys.executable), shims.environment(place)
    else:
        python, environment = _real_client(), {k: v for k, v in os.environ.items() if k[:7] != "MLFLOW_"}
    environment |= {"MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true", "RUNSTONE_CAPTURE": "tags"}
    server = start_server(tmp_path_factory.mktemp("server"))
    command = [python, METHODS / "call_all.py", server.url, tmp_path_factory.mktemp("files")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=50, check=False)
    server.stop()
    assert done.returncode == 0, f"{done.stderr}\n--- the server's log ---\n{server.log}"
    said = json.loads(done.stdout)
    return Printed(request.param, said["calls"], said["missed"])


def _real_client() -> Path:
    python = envs.interpreter("mlflow-skinny")
    if python is None:
        enable = "python tools/envs.py mlflow-skinny"
        tier_missing("compat", "the environment with MLflow's own client is not there", enable)
    return python


def test_every_public_method_of_tracking_is_called(printed: Printed) -> None:
    """Ours has more methods than MLflow's; those of MLflow's are all called, or the calls below would differ."""
    assert printed.missed == [] or printed.client == "runstone"
    assert [name for name, _ in printed.calls] == [name for name, _ in RECORDED]


def test_every_call_ends_as_it_does_with_mlflow(printed: Printed) -> None:
    deviations = _deviations(printed.client)
    wrong = [
        f"call {number}, {name}: {ours!r}, where MLflow ends with {theirs!r}"
        for number, ((name, ours), (_, theirs)) in enumerate(zip(printed.calls, RECORDED, strict=True))
        if (ours == theirs) == (number in deviations)
    ]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def test_every_deviation_has_a_reason() -> None:
    assert all(reason.strip() for client in ("mlflow", "runstone") for reason in _deviations(client).values())


def _deviations(client: str) -> dict[int, str]:
    entries = tomllib.loads((METHODS / "deviations.toml").read_text())["calls"]
    return {entry["call"]: entry["reason"] for entry in entries if client in entry["clients"]}
