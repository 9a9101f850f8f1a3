"""Models of scikit-learn: saved, logged, loaded again, and refused."""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from runstone import Client, RunstoneError
from runstone import sklearn as flavor
from runstone.errors import (
    InvalidParameterValue,
    InvalidState,
    PermissionDenied,
    ResourceAlreadyExists,
    ResourceDoesNotExist,
    UnsupportedOperation,
)
from runstone.models import Model, ModelInfo, get_model_info

X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 0, 0, 1, 1, 1])
FORMATS = ["skops", "cloudpickle", "pickle"]


@pytest.fixture
def line() -> LinearRegression:
    return LinearRegression().fit(X, Y)


@pytest.fixture
def forest() -> RandomForestClassifier:
    return RandomForestClassifier(3, random_state=0).fit(X, Y)


def paths(client: Client, run_id: str, folder: str) -> set[str]:
    return {info.path.removeprefix(f"{folder}/") for info in client.list_artifacts(run_id, folder)}


# --- logging ----------------------------------------------------------------------------------------


def test_a_logged_model_is_loaded_again(mlflow: ModuleType, client: Client, forest: Any) -> None:
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(forest, "model")
    assert info.model_uri == f"runs:/{run.info.run_id}/model"
    assert paths(client, run.info.run_id, "model") == {
        "MLmodel",
        "conda.yaml",
        "model.skops",
        "python_env.yaml",
        "requirements.txt",
    }
    again = mlflow.sklearn.load_model(info.model_uri)
    assert type(again) is RandomForestClassifier
    assert np.array_equal(again.predict_proba(X), forest.predict_proba(X))


def test_what_is_known_of_a_logged_model_is_found_again(mlflow: ModuleType, line: Any) -> None:
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(line, name="deep/er model", metadata={"owner": ["a", None]})
    assert isinstance(info, ModelInfo)
    assert (info.artifact_path, info.run_id) == ("deep/er model", run.info.run_id)
    assert info.metadata == {"owner": ["a", None]}
    assert mlflow.models.get_model_info(info.model_uri) == info
    document = Model.load(info.model_uri)
    assert document.run_id == run.info.run_id
    assert document.model_uuid == info.model_uuid
    assert document.model_size_bytes is not None
    assert document.model_size_bytes > 100


def test_a_run_tells_of_its_models(mlflow: ModuleType, client: Client, line: Any) -> None:
    infos = [mlflow.sklearn.log_model(line, name) for name in ("a", "b")]
    history = json.loads(client.get_run(infos[0].run_id).data.tags["mlflow.log-model.history"])
    assert [(model["artifact_path"], model["model_uuid"]) for model in history] == [
        (info.artifact_path, info.model_uuid) for info in infos
    ]
    assert history[1]["flavors"] == infos[1].flavors


def test_a_model_is_kept_where_the_history_has_no_room(
    mlflow: ModuleType, client: Client, run: str, line: Any, caplog: pytest.LogCaptureFixture
) -> None:
    client.set_tag(run, "mlflow.log-model.history", "no list of models")
    info = mlflow.sklearn.log_model(line, "model", run_id=run)
    assert "not told of in its run" in caplog.text
    assert np.array_equal(mlflow.sklearn.load_model(info.model_uri).coef_, line.coef_)


def test_a_run_is_started_where_none_is_active_and_a_name_made_up(
    mlflow: ModuleType, client: Client, line: Any
) -> None:
    one = mlflow.sklearn.log_model(line)
    other = mlflow.sklearn.log_model(line)
    assert mlflow.active_run().info.run_id == one.run_id == other.run_id
    assert one.artifact_path != other.artifact_path
    assert {info.path for info in client.list_artifacts(one.run_id)} >= {
        one.artifact_path,
        other.artifact_path,
    }


def test_a_model_goes_to_the_run_that_is_named(
    mlflow: ModuleType, client: Client, run: str, line: Any
) -> None:
    info = mlflow.sklearn.log_model(line, "model", run_id=run)
    assert info.run_id == run
    assert mlflow.active_run() is None
    assert "MLmodel" in paths(client, run, "model")


def test_a_model_that_cannot_be_written_starts_no_run(
    mlflow: ModuleType, client: Client, experiment: str
) -> None:
    with pytest.raises(InvalidParameterValue):
        mlflow.sklearn.log_model(FunctionTransformer(kw_args={"lock": threading.Lock()}), "model")
    assert mlflow.active_run() is None
    assert client.search_runs([experiment]) == []


def test_an_upload_that_fails_leaves_no_document(mlflow: ModuleType, client: Client, line: Any) -> None:
    with mlflow.start_run() as run:
        mlflow.log_text("in the way", "model/requirements.txt/file")
        with pytest.raises(RunstoneError):
            mlflow.sklearn.log_model(line, "model")
    assert "model.skops" in paths(client, run.info.run_id, "model")
    assert "MLmodel" not in paths(client, run.info.run_id, "model")
    with pytest.raises(ResourceDoesNotExist, match='Could not find an "MLmodel"'):
        mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model")


def test_a_model_that_is_logged_again_takes_the_place_of_the_first(
    mlflow: ModuleType, client: Client, line: Any, forest: Any, tmp_path: Path
) -> None:
    module, notes = tmp_path / "my_module.py", tmp_path / "notes.txt"
    module.write_text("")
    notes.write_text("")
    with mlflow.start_run() as run:
        mlflow.log_text("of the user", "model/plots/of mine.txt")
        mlflow.sklearn.log_model(
            line,
            "model",
            serialization_format="pickle",
            code_paths=[str(module)],
            extra_files=[str(notes)],
            pip_requirements=["scikit-learn", f"-c {constraints(tmp_path)}"],
        )
        first = paths(client, run.info.run_id, "model")
        assert first > {"model.pkl", "code", "extra_files", "constraints.txt", "plots"}
        info = mlflow.sklearn.log_model(forest, "model")
    assert paths(client, run.info.run_id, "model") == {
        "MLmodel",
        "conda.yaml",
        "model.skops",
        "plots",
        "python_env.yaml",
        "requirements.txt",
    }
    assert type(mlflow.sklearn.load_model(info.model_uri)) is RandomForestClassifier


def constraints(folder: Path) -> Path:
    file = folder / "pins.txt"
    file.write_text("numpy>1\n")
    return file


def test_a_replacement_that_fails_leaves_no_document(
    mlflow: ModuleType, client: Client, line: Any, forest: Any, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("")
    with mlflow.start_run() as run:
        mlflow.log_text("in the way", "model/extra_files/taken/file")
        mlflow.sklearn.log_model(line, "model")
        with pytest.raises(RunstoneError):
            mlflow.sklearn.log_model(forest, "model", extra_files=[str(tmp_path / "taken")])
    assert "MLmodel" not in paths(client, run.info.run_id, "model")


def test_a_document_that_cannot_be_read_is_replaced(mlflow: ModuleType, line: Any) -> None:
    with mlflow.start_run():
        mlflow.log_text("- no\n- model", "model/MLmodel")
        info = mlflow.sklearn.log_model(line, "model")
    assert type(mlflow.sklearn.load_model(info.model_uri)) is LinearRegression


@pytest.mark.parametrize("name", ["../model", "/model", "a\\b"])
def test_a_name_that_leaves_the_run_is_refused(mlflow: ModuleType, line: Any, name: str) -> None:
    with pytest.raises(InvalidParameterValue, match="Invalid path"):
        mlflow.sklearn.log_model(line, name)
    assert mlflow.active_run() is None


@pytest.mark.parametrize(
    "argument",
    [
        {"registered_model_name": "m"},
        {"signature": {"inputs": "[]"}},
        {"input_example": X},
        {"params": {"a": 1}},
        {"tags": {"a": 1}},
        {"model_type": "agent"},
        {"model_id": "m-1"},
        {"step": 3},
        {"prompts": ["p"]},
    ],
    ids=lambda argument: next(iter(argument)),
)
def test_an_argument_without_effect_is_refused(
    mlflow: ModuleType, line: Any, argument: dict[str, Any]
) -> None:
    with pytest.raises(UnsupportedOperation, match=f"`{next(iter(argument))}`"):
        mlflow.sklearn.log_model(line, "model", **argument)
    assert mlflow.active_run() is None


def test_a_model_for_a_run_that_does_not_exist_is_refused(mlflow: ModuleType, line: Any) -> None:
    with pytest.raises(ResourceDoesNotExist, match="0" * 32):
        mlflow.sklearn.log_model(line, "model", run_id="0" * 32)


def test_arguments_that_make_no_sense_are_refused(mlflow: ModuleType, line: Any) -> None:
    with pytest.raises(InvalidParameterValue, match="only one of them"):
        mlflow.sklearn.log_model(line, "model", name="model")
    with pytest.raises(TypeError, match="unexpected keyword argument 'nonsense'"):
        mlflow.sklearn.log_model(line, "model", nonsense=None)
    with pytest.raises(InvalidParameterValue, match="`code_paths` must be a list"):
        mlflow.sklearn.log_model(line, "model", code_paths="code.py")
    with pytest.raises(InvalidParameterValue, match="MLmodel cannot be written"):
        mlflow.sklearn.log_model(line, "model", metadata={"lock": threading.Lock()})
    assert mlflow.active_run() is None


# --- saving -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_a_saved_model_is_loaded_again_from_every_format(tmp_path: Path, forest: Any, format: str) -> None:
    flavor.save_model(forest, tmp_path / "model", serialization_format=format)
    config = Model.load(tmp_path / "model").flavors["sklearn"]
    file = "model.skops" if format == "skops" else "model.pkl"
    assert (config["serialization_format"], config["pickled_model"]) == (format, file)
    again = flavor.load_model(str(tmp_path / "model"))
    assert np.array_equal(again.predict_proba(X), forest.predict_proba(X))
    assert np.array_equal(flavor.load_model((tmp_path / "model").as_uri()).predict(X), forest.predict(X))


@pytest.mark.parametrize("format", FORMATS)
def test_the_requirements_of_a_model_are_found_in_it(tmp_path: Path, forest: Any, format: str) -> None:
    flavor.save_model(forest, tmp_path / "model", serialization_format=format)
    lines = (tmp_path / "model" / "requirements.txt").read_text().splitlines()
    library = [] if format == "pickle" else [format]
    names = ["mlflow", *sorted(["numpy", "scikit-learn", *library])]
    assert [line.partition("==")[0] for line in lines] == names
    defaults = flavor.get_default_pip_requirements(format == "cloudpickle", format == "skops")
    assert set(defaults) <= set(lines)
    conda = flavor.get_default_conda_env(format == "cloudpickle", format == "skops")
    assert conda["dependencies"][-1]["pip"] == [lines[0], *defaults]


def test_a_model_that_skops_cannot_hold_is_kept_with_cloudpickle(
    tmp_path: Path, line: Any, caplog: pytest.LogCaptureFixture
) -> None:
    model = make_pipeline(FunctionTransformer(lambda x: x + 1), StandardScaler(), line).fit(X, Y)
    flavor.save_model(model, tmp_path / "model")
    assert "cloudpickle instead of skops" in caplog.text
    assert "<lambda>" in caplog.text
    assert sorted(file.suffix for file in (tmp_path / "model").iterdir() if "model." in file.name) == [".pkl"]
    assert np.array_equal(flavor.load_model(tmp_path / "model").predict(X), model.predict(X))


def test_types_that_skops_does_not_know_must_be_trusted(tmp_path: Path, line: Any) -> None:
    model = make_pipeline(FunctionTransformer(json.dumps), line)
    with pytest.raises(InvalidParameterValue, match=r"does not trust what is in the Pipeline: json\.dumps"):
        flavor.save_model(model, tmp_path / "model", serialization_format="skops")
    assert not (tmp_path / "model").exists()
    flavor.save_model(model, tmp_path / "model", skops_trusted_types=["json.dumps"])
    config = Model.load(tmp_path / "model").flavors["sklearn"]
    assert (config["serialization_format"], config["skops_trusted_types"]) == ("skops", ["json.dumps"])
    assert flavor.load_model(tmp_path / "model").steps[0][1].func is json.dumps


@pytest.mark.parametrize("format", FORMATS)
def test_a_model_that_no_format_holds_is_refused_and_leaves_nothing(tmp_path: Path, format: str) -> None:
    model = FunctionTransformer(kw_args={"lock": threading.Lock()})
    with pytest.raises(InvalidParameterValue, match=r"FunctionTransformer.*(cannot be written|lock)"):
        flavor.save_model(model, tmp_path / "new" / "model", serialization_format=format)
    assert not (tmp_path / "new" / "model").exists()
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidParameterValue):
        flavor.save_model(model, tmp_path / "empty", serialization_format=format)
    assert list((tmp_path / "empty").iterdir()) == []


@pytest.mark.parametrize("thing", [3, None, "model", LinearRegression, {"model": LinearRegression()}, X])
def test_what_is_no_estimator_is_refused(tmp_path: Path, thing: Any) -> None:
    with pytest.raises(InvalidParameterValue, match="must be an estimator"):
        flavor.save_model(thing, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_is_refused(tmp_path: Path, line: Any) -> None:
    with pytest.raises(InvalidParameterValue, match="Unrecognized serialization format: json"):
        flavor.save_model(line, tmp_path / "model", serialization_format="json")


def test_a_model_is_saved_only_where_nothing_is(tmp_path: Path, line: Any) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("x")
    for place in ("file", "full"):
        with pytest.raises(ResourceAlreadyExists, match="already exists and is not empty"):
            flavor.save_model(line, tmp_path / place)
    assert [file.name for file in (tmp_path / "full").iterdir()] == ["file"]
    (tmp_path / "empty").mkdir()
    flavor.save_model(line, tmp_path / "empty")
    assert flavor.load_model(tmp_path / "empty").coef_.tolist() == line.coef_.tolist()
    with pytest.raises(ResourceAlreadyExists):
        flavor.save_model(line, tmp_path / "empty")


def test_a_transformer_is_no_python_function(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    flavor.save_model(StandardScaler().fit(X), tmp_path / "model")
    assert list(Model.load(tmp_path / "model").flavors) == ["sklearn"]
    assert "no method 'predict'" in caplog.text
    assert flavor.load_model(tmp_path / "model").mean_.tolist() == [5.0, 6.0]


def test_another_method_may_be_the_one_that_predicts(tmp_path: Path, forest: Any) -> None:
    flavor.save_model(forest, tmp_path / "model", pyfunc_predict_fn="predict_proba")
    assert Model.load(tmp_path / "model").flavors["python_function"]["predict_fn"] == "predict_proba"


def test_a_document_may_have_more_flavors(tmp_path: Path, line: Any) -> None:
    document = Model(artifact_path="x").add_flavor("other", data="y")
    flavor.save_model(line, tmp_path / "model", mlflow_model=document)
    assert Model.load(tmp_path / "model") == document
    assert set(document.flavors) == {"other", "python_function", "sklearn"}


# --- files that come along --------------------------------------------------------------------------


def test_code_comes_along_and_is_importable_where_the_model_is_loaded(
    mlflow: ModuleType, tracking_uri: str, tmp_path: Path, new_name: Callable[[], str]
) -> None:
    name = new_name().replace("-", "_")
    module = tmp_path / "code" / f"{name}.py"
    module.parent.mkdir()
    module.write_text("from sklearn.base import BaseEstimator\n\nclass Always(BaseEstimator):\n"
                      "    def predict(self, x):\n        return 'always'\n")  # fmt: skip
    (tmp_path / "code" / "__pycache__").mkdir()
    script = "\n".join([
        "import sys, runstone as mlflow",
        f"sys.path.insert(0, {str(module.parent)!r})",
        f"from {name} import Always",
        f"mlflow.set_tracking_uri({tracking_uri!r})",
        f"with mlflow.start_run(experiment_id={mlflow.set_experiment(new_name()).experiment_id!r}):",
        f"    print(mlflow.sklearn.log_model(Always(), 'm', code_paths=[{str(module)!r}, {str(module.parent)!r}],",
        f"        serialization_format='pickle', extra_files=[{str(module)!r}]).model_uri)",
    ])  # fmt: skip
    uri = printed(script).splitlines()[0]
    config = get_model_info(uri).flavors["sklearn"]
    assert config["code"] == "code"
    assert config["extra_files"] == [{"path": f"extra_files/{name}.py"}]
    load = f"m.set_tracking_uri({tracking_uri!r}); print(m.sklearn.load_model({uri!r}).predict(1))"
    assert printed(f"import runstone as m; {load}") == "always\n"
    copy = Path(mlflow.MlflowClient().download_artifacts(uri.split("/")[1], "m/code"))
    assert sorted(str(file.relative_to(copy)) for file in copy.rglob("*")) == [
        "code",
        f"code/{name}.py",
        f"{name}.py",
    ]


def printed(script: str) -> str:
    command = [sys.executable, "-W", "error", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_code_and_files_that_are_not_there_are_refused(tmp_path: Path, line: Any) -> None:
    with pytest.raises(InvalidParameterValue, match=r"code path '.*nothing.py' cannot be copied"):
        flavor.save_model(line, tmp_path / "model", code_paths=[str(tmp_path / "nothing.py")])
    with pytest.raises(ResourceDoesNotExist, match="nothing"):
        flavor.save_model(line, tmp_path / "model", extra_files=[str(tmp_path / "nothing")])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("argument", ["code_paths", "extra_files"])
def test_two_of_one_name_are_refused(tmp_path: Path, line: Any, argument: str) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder / "package").mkdir(parents=True)
        (tmp_path / folder / "file.py").write_text(folder)
    save: Any = flavor.save_model
    for name in ("file.py", "package"):
        both = [str(tmp_path / "a" / name), str(tmp_path / "b" / name)]
        with pytest.raises(InvalidParameterValue, match=f"'{both[0]}' and '{both[1]}' of `{argument}`"):
            save(line, tmp_path / "model", **{argument: both})
        save(line, tmp_path / name, **{argument: [both[0], both[0]]})
    assert not (tmp_path / "model").exists()


# --- loading ----------------------------------------------------------------------------------------


def test_a_download_is_kept_where_it_is_asked_for_and_nowhere_else(
    mlflow: ModuleType, tmp_path: Path, line: Any
) -> None:
    info = mlflow.sklearn.log_model(line, "model")
    mlflow.sklearn.load_model(info.model_uri)
    assert list(Path(tempfile.gettempdir()).iterdir()) == []
    mlflow.sklearn.load_model(info.model_uri, dst_path=tmp_path / "copy")
    assert (tmp_path / "copy" / "model" / "MLmodel").is_file()


def test_what_is_no_model_cannot_be_loaded(mlflow: ModuleType, run: str, tmp_path: Path) -> None:
    mlflow.MlflowClient().log_text(run, "x", "folder/file")
    for uri in (f"runs:/{run}/folder", str(tmp_path)):
        with pytest.raises(ResourceDoesNotExist, match='Could not find an "MLmodel" configuration file'):
            mlflow.sklearn.load_model(uri)
    for uri in (f"runs:/{run}/nothing", f"runs:/{'0' * 32}/model", str(tmp_path / "nothing")):
        with pytest.raises(ResourceDoesNotExist):
            mlflow.sklearn.load_model(uri)


def test_a_model_of_another_flavor_is_not_loaded(tmp_path: Path) -> None:
    Model(flavors={"xgboost": {}}).save(tmp_path / "MLmodel")
    with pytest.raises(ResourceDoesNotExist, match=r'does not have the "sklearn" flavor: .* has xgboost'):
        flavor.load_model(tmp_path)


def rewritten(folder: Path, **config: Any) -> None:
    document = Model.load(folder)
    document.flavors["sklearn"] |= config
    document.save(folder / "MLmodel")


def test_a_model_whose_file_is_missing_or_broken_says_so(tmp_path: Path, line: Any) -> None:
    flavor.save_model(line, tmp_path / "model", serialization_format="pickle")
    file = tmp_path / "model" / "model.pkl"
    whole = file.read_bytes()
    file.write_bytes(whole[:-9])
    with pytest.raises(
        InvalidState, match=r"cannot be loaded: .* It was saved with scikit-learn .* under Python"
    ):
        flavor.load_model(tmp_path / "model")
    file.unlink()
    with pytest.raises(ResourceDoesNotExist, match=r"is not whole: 'model\.pkl'"):
        flavor.load_model(tmp_path / "model")
    rewritten(tmp_path / "model", pickled_model="../outside.pkl")
    (tmp_path / "outside.pkl").write_bytes(whole)
    with pytest.raises(InvalidParameterValue, match="outside of the model's folder"):
        flavor.load_model(tmp_path / "model")
    rewritten(tmp_path / "model", serialization_format="joblib")
    with pytest.raises(InvalidParameterValue):
        flavor.load_model(tmp_path / "model")


def test_a_module_that_is_missing_is_named_with_what_helps(tmp_path: Path, line: Any) -> None:
    flavor.save_model(line, tmp_path / "model", serialization_format="pickle")
    file = tmp_path / "model" / "model.pkl"
    file.write_bytes(file.read_bytes().replace(b"sklearn.linear_model._base", b"nothing.linear_model._base"))
    with pytest.raises(InvalidState, match=r"No module named 'nothing'.*requirements\.txt.*code_paths"):
        flavor.load_model(tmp_path / "model")


def test_a_model_of_another_version_is_loaded_with_the_warning_of_scikit_learn(tmp_path: Path) -> None:
    from sklearn import __version__
    from sklearn.exceptions import InconsistentVersionWarning

    model = LinearRegression().fit(X, Y)
    flavor.save_model(model, tmp_path / "model", serialization_format="pickle")
    file = tmp_path / "model" / "model.pkl"
    other = "9" * len(__version__)
    file.write_bytes(file.read_bytes().replace(__version__.encode(), other.encode()))
    with pytest.warns(InconsistentVersionWarning, match=other):
        again = flavor.load_model(tmp_path / "model")
    assert np.array_equal(again.predict(X), model.predict(X))


def test_loading_can_be_forbidden(tmp_path: Path, line: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    flavor.save_model(line, tmp_path / "model")
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    with pytest.raises(PermissionDenied, match="MLFLOW_ALLOW_PICKLE_DESERIALIZATION is false"):
        flavor.load_model(tmp_path / "model")


# --- without the libraries --------------------------------------------------------------------------

HIDDEN = """
import sys
for name in {hidden!r}:
    sys.modules[name] = None
import runstone as mlflow
class Estimator:
    def predict(self, x):
        return x
try:
    {act}
except mlflow.errors.UnsupportedOperation as error:
    print(error)
"""


@pytest.mark.parametrize(
    "act", ["mlflow.sklearn.save_model(Estimator(), 'm')", "mlflow.sklearn.load_model('m')"]
)
def test_without_scikit_learn_the_error_names_what_to_install(act: str) -> None:
    text = printed(HIDDEN.format(hidden=["sklearn"], act=act))
    assert "scikit-learn, which is not installed" in text
    assert "pip install 'runstone[sklearn]'" in text


def test_without_skops_models_are_kept_with_cloudpickle(tmp_path: Path) -> None:
    place = str(tmp_path / "m")
    act = f"mlflow.sklearn.save_model(Estimator(), {place!r}); print(mlflow.sklearn.load_model({place!r}).predict(3))"
    assert printed(HIDDEN.format(hidden=["skops", "skops.io"], act=act)) == "3\n"
    act = f"mlflow.sklearn.save_model(Estimator(), {place + '2'!r}, serialization_format='skops')"
    assert "pip install 'runstone[sklearn]'" in printed(HIDDEN.format(hidden=["skops", "skops.io"], act=act))


def test_the_modules_load_scikit_learn_only_when_it_is_needed() -> None:
    script = (
        "import sys, runstone; runstone.sklearn; print([n for n in ('sklearn', 'numpy') if n in sys.modules])"
    )
    assert printed(script) == "[]\n"
