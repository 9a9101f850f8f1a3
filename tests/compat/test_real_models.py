"""Models of scikit-learn, to and fro: the real MLflow loads ours, and we load the real MLflow's."""

import inspect
import json
import os
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import runstone
from runstone.models import Model
from tests.servers import start_server
from tests.tiers import tier_missing
from tools import envs

SCRIPT = Path(__file__).with_name("real_models.py")
POINTS = np.array([[0.0, 1.0], [2.0, 3.0]])
LINE = LinearRegression().fit([[0, 0], [1, 1], [2, 1]], [0, 2, 3])
FOREST = RandomForestClassifier(3, random_state=0).fit([[0, 0], [1, 1], [2, 1]], [0, 1, 1])
FORMATS = ["skops", "cloudpickle", "pickle"]

Seen = dict[str, Any]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the real MLflow saves."""
    return tmp_path_factory.mktemp("theirs")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, theirs: Path) -> Seen:
    """What the real MLflow saw of our models."""
    python = envs.interpreter("mlflow-skinny")
    if python is None:
        enable = "python tools/envs.py mlflow-skinny"
        tier_missing("compat", "the environment with MLflow's own client is not there", enable)
    ours = tmp_path_factory.mktemp("ours")
    save(ours)
    server = start_server(tmp_path_factory.mktemp("server"))
    command = [python, SCRIPT, server.url, logged(server.url), ours, theirs]
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    done = subprocess.run(command, capture_output=True, text=True, env=quiet, timeout=55, check=False)
    server.stop()
    assert done.returncode == 0, f"{done.stderr}\n--- the server's log ---\n{server.log}"
    return json.loads(done.stdout.splitlines()[-1])


def save(folder: Path) -> None:
    for format in FORMATS:
        runstone.sklearn.save_model(FOREST, folder / format, serialization_format=format)
    odd = make_pipeline(FunctionTransformer(lambda x: x * 2), LINE)
    runstone.sklearn.save_model(odd, folder / "odd", extra_pip_requirements=["foo"])
    runstone.sklearn.save_model(StandardScaler().fit(POINTS), folder / "transformer", metadata={"a": [1]})
    runstone.sklearn.save_model(FOREST, folder / "chances", pyfunc_predict_fn="predict_proba")


def logged(url: str) -> str:
    with runstone.Client(url) as client:
        run = client.create_run("0").info.run_id
        runstone.set_tracking_uri(url)
        try:
            return runstone.sklearn.log_model(LINE, "model", run_id=run).model_uri
        finally:
            runstone.set_tracking_uri("")


def test_the_functions_take_the_arguments_of_mlflow(seen: Seen) -> None:
    assert len(seen["signatures"]) == 5
    for name, parameters in seen["signatures"].items():
        own = inspect.signature(getattr(runstone.sklearn, name)).parameters.values()
        assert [[each.name, str(each.kind), str(each.default)] for each in own] == parameters


# --- ours, read by MLflow ---------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_mlflow_loads_our_models_from_every_format(seen: Seen, format: str) -> None:
    assert seen[format]["kind"] == "RandomForestClassifier"
    assert seen[format]["predictions"] == FOREST.predict(POINTS).tolist()
    assert seen[format]["flavors"]["sklearn"]["serialization_format"] == format
    assert f"scikit-learn=={version('scikit-learn')}" in seen[format]["requirements"]


def test_mlflow_loads_a_model_from_a_run_of_our_server(seen: Seen) -> None:
    assert seen["logged"]["kind"] == "LinearRegression"
    assert seen["logged"]["predictions"] == pytest.approx(LINE.predict(POINTS))
    assert seen["logged"]["info"].startswith("runs:/")
    assert seen["logged"]["info"].endswith("/model")


def test_mlflow_loads_what_only_cloudpickle_holds(seen: Seen) -> None:
    assert seen["odd"]["kind"] == "Pipeline"
    assert seen["odd"]["predictions"] == pytest.approx(LINE.predict(POINTS * 2))
    assert "foo" in seen["odd"]["requirements"]


def test_mlflow_predicts_with_the_method_that_was_chosen(seen: Seen) -> None:
    assert seen["chances"]["predictions"] == FOREST.predict_proba(POINTS).tolist()


def test_mlflow_loads_a_transformer(seen: Seen) -> None:
    assert (seen["transformer"]["kind"], list(seen["transformer"]["flavors"])) == (
        "StandardScaler",
        ["sklearn"],
    )


# --- MLflow's, read by us ---------------------------------------------------------------------------


@pytest.mark.parametrize("folder", [*FORMATS, "rich"])
def test_we_load_the_models_of_mlflow(seen: Seen, theirs: Path, folder: str) -> None:
    model = runstone.sklearn.load_model(theirs / folder)
    assert type(model) is LinearRegression
    assert model.predict(POINTS).tolist() == pytest.approx(LINE.predict(POINTS).tolist())


def test_we_read_all_that_mlflow_says_of_a_model_and_say_the_same(seen: Seen, theirs: Path) -> None:
    import yaml

    text = (theirs / "rich" / "MLmodel").read_text()
    document = Model.load(theirs / "rich")
    assert document.to_dict() == yaml.safe_load(text)
    assert document.to_yaml() == text
    assert document.get_model_info().saved_input_example_info is not None
    assert document.get_model_info().signature is not None


def test_the_files_of_a_model_say_the_same_in_the_same_places(
    seen: Seen, theirs: Path, tmp_path: Path
) -> None:
    runstone.sklearn.save_model(LINE, tmp_path / "m", pip_requirements=["scikit-learn"])
    names = [sorted(file.name for file in folder.iterdir()) for folder in (tmp_path / "m", theirs / "skops")]
    assert names[0] == names[1]
    own, real = Model.load(tmp_path / "m").to_dict(), Model.load(theirs / "skops").to_dict()
    assert own.keys() == real.keys()
    assert own["flavors"] == real["flavors"] | {
        "python_function": real["flavors"]["python_function"]
        | {"python_version": own["flavors"]["python_function"]["python_version"]},
        "sklearn": real["flavors"]["sklearn"] | {"sklearn_version": version("scikit-learn")},
    }
    for file in ("requirements.txt", "python_env.yaml", "conda.yaml"):
        own_lines = (tmp_path / "m" / file).read_text().splitlines()
        real_lines = (theirs / "skops" / file).read_text().splitlines()
        assert [line.partition("=")[0] for line in own_lines] == [
            line.partition("=")[0] for line in real_lines
        ]
