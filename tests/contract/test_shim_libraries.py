"""What widely used libraries call when they find `mlflow`: each test makes the calls of one, in its order.

The libraries themselves are too heavy for a test's environment.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from runstone import Client
from runstone.entities import Run


@pytest.fixture
def logged(shim_environment: dict[str, str], tmp_path: Path):
    """A function that runs a library's calls in a fresh process and gives the one run that they recorded."""

    def logged(code: str) -> Run:
        script = tmp_path / "library.py"
        script.write_text(code)
        done = subprocess.run(
            [sys.executable, "-W", "error", script],
            cwd=tmp_path,
            env=shim_environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        with Client(tmp_path / "mlruns") as client:
            experiments = [each.experiment_id for each in client.search_experiments()]
            [run] = client.search_runs(experiments)
        return run

    return logged


def test_lightning(logged) -> None:
    run = logged("""
from pathlib import Path
from time import time
from importlib.metadata import version
assert version("mlflow") >= "2.8.0"
from mlflow.tracking import MlflowClient, context
from mlflow.entities import Metric, Param
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NAME
from mlflow.tracking.context.registry import resolve_tags
import mlflow
import mlflow.utils.validation
client = MlflowClient("file:./mlruns")
mlflow.set_tracking_uri("file:./mlruns")
assert client.get_experiment_by_name("lightning_logs") is None
experiment = client.create_experiment(name="lightning_logs", artifact_location=None)
run = client.create_run(experiment_id=experiment, tags=resolve_tags({MLFLOW_RUN_NAME: "first"}))
limit = mlflow.utils.validation.MAX_PARAM_VAL_LENGTH
params = [Param(key=k, value=str(v)[:limit]) for k, v in {"lr": 0.1, "long": "x" * 9000}.items()]
client.log_batch(run_id=run.info.run_id, params=params, synchronous=True)
metrics = [Metric(key="loss", value=0.5, timestamp=int(time() * 1000), step=0)]
client.log_batch(run_id=run.info.run_id, metrics=metrics, synchronous=False)
Path("best.ckpt").write_bytes(b"weights")
client.log_artifact(run.info.run_id, "best.ckpt", Path("") / "best")
if client.get_run(run.info.run_id):
    client.set_terminated(run.info.run_id, "FINISHED")
""")
    assert (run.info.run_name, run.info.status) == ("first", "FINISHED")
    assert run.data.params == {"lr": "0.1", "long": "x" * 6000}
    assert run.data.metrics == {"loss": 0.5}
    assert run.data.tags["mlflow.source.name"].endswith("library.py")


def test_transformers(logged) -> None:
    run = logged("""
import importlib.util
assert importlib.util.find_spec("mlflow") is not None
import mlflow
limit = mlflow.utils.validation.MAX_PARAM_VAL_LENGTH
size = mlflow.utils.validation.MAX_PARAMS_TAGS_PER_BATCH
assert tuple(map(int, mlflow.__version__.split("."))) >= (2, 8, 0)
if not mlflow.is_tracking_uri_set():
    mlflow.set_tracking_uri("mlruns")
if mlflow.active_run() is None or False:
    mlflow.set_experiment("trainer")
    mlflow.start_run(run_name="output", nested=False)
items = [(f"p{i}", i) for i in range(250)]
for i in range(0, len(items), size):
    mlflow.log_params(dict(items[i : i + size]), synchronous=False)
mlflow.set_tags({"team": "a"})
mlflow.log_metrics(metrics={"loss": 0.5}, step=10, synchronous=False)
if mlflow.active_run():
    mlflow.end_run()
""")
    assert len(run.data.params) == 250
    assert (run.info.status, run.data.metrics) == ("FINISHED", {"loss": 0.5})


def test_ray(logged) -> None:
    run = logged("""
import mlflow
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
mlflow.set_tracking_uri(None)
mlflow.set_registry_uri(None)
try:
    mlflow.get_experiment(experiment_id="77")
except MlflowException:
    experiment = mlflow.create_experiment(name="tune", artifact_location=None)
client = MlflowClient(tracking_uri=mlflow.get_tracking_uri(), registry_uri=mlflow.get_registry_uri())
run = client.create_run(run_name="trial", experiment_id=experiment, tags={"trial_name": "trial"})
client.log_param(run_id=run.info.run_id, key="lr", value=0.1)
client.log_metric(run_id=run.info.run_id, key="loss", value=1.0, step=3)
client.set_terminated(run_id=run.info.run_id, status="FINISHED")
""")
    assert (run.info.run_name, run.data.params, run.data.metrics) == ("trial", {"lr": "0.1"}, {"loss": 1.0})


def test_optuna(logged) -> None:
    run = logged("""
import mlflow
mlflow.set_tracking_uri("file:./mlruns")
mlflow.set_experiment("study")
with mlflow.start_run(run_id=None, experiment_id=None, run_name="0", nested=False, tags=None):
    mlflow.log_metrics({"value": 0.5})
    mlflow.log_params({"x": 1.5})
    limit = mlflow.utils.validation.MAX_TAG_VAL_LENGTH
    mlflow.set_tags({"state": "COMPLETE", "long": "x" * limit, "direction": ["MINIMIZE", "MAXIMIZE"]})
""")
    assert run.data.tags["direction"] == "['MINIMIZE', 'MAXIMIZE']"


def test_kedro_mlflow(logged) -> None:
    run = logged("""
import mlflow
from mlflow.entities import RunStatus
from mlflow.tracking import MlflowClient
from mlflow.utils.validation import MAX_PARAM_VAL_LENGTH
experiment = mlflow.set_experiment("kedro")
mlflow.start_run(run_id=None, experiment_id=experiment.experiment_id, run_name="__default__", nested=True)
assert mlflow.get_experiment(experiment_id=mlflow.active_run().info.experiment_id).name == "kedro"
mlflow.set_tags({"tags": ["a"]})
mlflow.log_param("n", 1)
while mlflow.active_run():
    mlflow.end_run(RunStatus.to_string(RunStatus.FAILED))
""")
    assert (run.info.status, run.data.params) == ("FAILED", {"n": "1"})
