"""`import mlflow` through the shim: the same objects under MLflow's names, clear words for what is missing."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from runstone.shim.names import MODULES
from runstone.shim.names import __file__ as table_file

Running = Callable[[str], str]


@pytest.fixture
def run(shim_environment: dict[str, str], tmp_path: Path) -> Running:
    """What a fresh Python with the shim prints."""

    def run(code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            cwd=tmp_path,
            env=shim_environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


def test_every_name_of_the_table_is_there(run: Running) -> None:
    code = """
import importlib, json, sys
sys.path.insert(0, "")
from runstone.shim.names import MODULES
for name, row in MODULES.items():
    module = importlib.import_module(name)
    for public in [*module.__all__, *row.single]:
        assert getattr(module, public) is not None, (name, public)
    assert set(module.__all__) <= set(dir(module)), name
    exec(f"from {name} import *")
print(len(MODULES))
"""
    assert int(run(code)) == len(MODULES) > 30


def test_the_table_is_sorted() -> None:
    written = [
        line.split('"')[1]
        for line in Path(table_file).read_text().splitlines()
        if line.startswith('    "mlflow')
    ]
    assert written == sorted(written)


def test_the_objects_are_runstones_own(run: Running) -> None:
    code = """
import mlflow, mlflow.entities.run, mlflow.tracking.fluent, runstone
assert mlflow.start_run is runstone.start_run is mlflow.tracking.fluent.start_run
assert mlflow.MlflowClient is mlflow.tracking.MlflowClient is mlflow.tracking.client.MlflowClient is runstone.Client
assert mlflow.client.MlflowClient is runstone.Client
assert mlflow.entities.run.Run is mlflow.entities.Run is runstone.entities.Run
assert mlflow.exceptions.MlflowException is mlflow.MlflowException is runstone.RunstoneError
with mlflow.start_run() as run:
    assert isinstance(run, mlflow.ActiveRun) and isinstance(run, mlflow.entities.Run)
try:
    mlflow.get_run("0" * 32)
except mlflow.exceptions.MlflowException as error:
    print(error.error_code)
"""
    assert run(code) == "RESOURCE_DOES_NOT_EXIST"


def test_submodules_are_reached_without_importing_them(run: Running) -> None:
    # Optuna, for one, writes mlflow.utils.validation after a bare `import mlflow`.
    code = "import mlflow; print(mlflow.utils.validation.MAX_TAG_VAL_LENGTH, mlflow.utils.mlflow_tags.MLFLOW_RUN_NAME)"
    assert run(code) == "8000 mlflow.runName"


def test_the_version_is_that_of_the_mlflow_whose_api_this_is(run: Running) -> None:
    code = """
import importlib.metadata, mlflow, mlflow.version
assert mlflow.VERSION == mlflow.__version__
print(mlflow.__version__, mlflow.version.VERSION, importlib.metadata.version("mlflow"))
"""
    assert run(code) == "3.17.2 3.17.2 3.17.2+runstone.1"


def test_importing_it_costs_little_more_than_importing_runstone(run: Running) -> None:
    code = "import sys, time; t = time.perf_counter(); import mlflow; t = time.perf_counter() - t"
    loaded = json.loads(run(f"{code}; import json; print(json.dumps(sorted(sys.modules)))"))
    ours = {name for name in loaded if name.startswith(("runstone", "mlflow"))}
    assert ours == {"mlflow", "runstone", "runstone.shim", "runstone.shim.modules", "runstone.shim.names"}
    assert not {"msgspec", "typing", "re"} & set(
        json.loads(
            run(
                "import sys, json; b = set(sys.modules); import mlflow; print(json.dumps(sorted(set(sys.modules) - b)))"
            )
        )
    )
    assert min(float(run(f"{code}; print(t)")) for _ in range(5)) < 0.03


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import mlflow.pyfunc", "ModuleNotFoundError: there is no mlflow.pyfunc"),
        ("from mlflow import pyfunc", "ModuleNotFoundError: there is no mlflow.pyfunc"),
        (
            "from mlflow.exceptions import Nonsense",
            "ModuleNotFoundError: there is no mlflow.exceptions.Nonsense",
        ),
        ("import mlflow; mlflow.genai", "AttributeError: there is no mlflow.genai"),
        ("import mlflow; mlflow.tracking.nonsense", "AttributeError: there is no mlflow.tracking.nonsense"),
    ],
)
def test_what_is_missing_is_named_with_the_page_that_tells_of_it(
    code: str, error: str, shim_environment: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=shim_environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"{error}: Runstone stands in for MLflow here")
    assert "docs/deviations.md" in last


def test_a_library_can_ask_what_there_is(run: Running) -> None:
    code = """
import importlib.util, mlflow
assert importlib.util.find_spec("mlflow") is not None
assert importlib.util.find_spec("mlflow.tracking") is not None
assert importlib.util.find_spec("mlflow.tracing") is importlib.util.find_spec("mlflow.tracking.none") is None
assert not hasattr(mlflow, "genai") and not hasattr(mlflow, "__wrapped__")
assert hasattr(mlflow, "start_run") and "start_run" in dir(mlflow) and "tracking" in dir(mlflow)
try:
    import mlflow.pyfunc
except ImportError as error:
    print(type(error).__name__)
"""
    assert run(code) == "ModuleNotFoundError"


@pytest.mark.parametrize("name", ["mlflow", "runstone"])
def test_an_object_that_goes_with_the_process_may_ask_for_a_name(
    name: str, shim_environment: dict[str, str], tmp_path: Path
) -> None:
    # transformers does, in a __del__; nothing can be imported any more then.
    code = f"""
import {name}, os
class Callback:
    def __del__(self, module={name}, write=os.write):
        write(1, str(callable(getattr(module, "active_run", None))).encode())
callback = Callback()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=shim_environment, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("False", "")


def test_an_error_is_raised_with_mlflows_numbers(run: Running) -> None:
    code = """
from mlflow.exceptions import MlflowException, RestException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST, ErrorCode
error = MlflowException("no", error_code=RESOURCE_DOES_NOT_EXIST)
assert ErrorCode.Name(RESOURCE_DOES_NOT_EXIST) == error.error_code == "RESOURCE_DOES_NOT_EXIST"
assert ErrorCode.Value("INVALID_PARAMETER_VALUE") == INVALID_PARAMETER_VALUE
assert error.get_http_status_code() == 404 and str(error) == error.message == "no"
assert MlflowException("no").error_code == MlflowException("no", error_code=9999).error_code == "INTERNAL_ERROR"
assert MlflowException.invalid_parameter_value("no").get_http_status_code() == 400
assert RestException is MlflowException
for wrong in (lambda: ErrorCode.Name(9999), lambda: ErrorCode.Value("nonsense")):
    try:
        wrong()
    except ValueError as error:
        print("refused")
"""
    assert run(code) == "refused\nrefused"


def test_the_tags_of_the_process_are_resolved_for_libraries_that_make_runs(run: Running) -> None:
    code = """
from mlflow.tracking import context
from mlflow.tracking.context.registry import resolve_tags
tags = resolve_tags({"a": "b", "mlflow.user": "me"})
assert not hasattr(context, "resolve_tags") and hasattr(context, "registry")
print(tags["a"], tags["mlflow.user"], tags["mlflow.source.type"], "mlflow.user" in resolve_tags())
"""
    assert run(code) == "b me LOCAL True"


@pytest.mark.parametrize("command", [["mlflow"], [sys.executable, "-m", "mlflow"]])
def test_the_command_is_runstones(
    command: list[str], shim_environment: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [*command, "--version"], cwd=tmp_path, env=shim_environment, capture_output=True, text=True
    )
    # Programs read the version out of this line, as MLflow prints it.
    assert done.stdout == "mlflow, version 3.17.2\n", done.stderr


@pytest.mark.parametrize("command", [["mlflow"], [sys.executable, "-m", "mlflow"]])
def test_the_command_speaks_of_itself_by_the_name_it_was_called(
    command: list[str], shim_environment: dict[str, str], tmp_path: Path
) -> None:
    def said(*arguments: str) -> str:
        done = subprocess.run(
            [*command, *arguments], cwd=tmp_path, env=shim_environment, capture_output=True, text=True
        )
        return done.stdout + done.stderr

    assert said("--help").startswith("Usage: mlflow [OPTIONS]")
    assert "`mlflow COMMAND --help` tells" in said("--help")
    assert said("runs", "describe").startswith("Usage: mlflow runs describe")


def test_errors_that_programs_wait_for_are_there_beside_the_one_that_is_raised(run: Running) -> None:
    code = """
import mlflow
try:
    try:
        mlflow.get_run("0" * 32)
    except (mlflow.exceptions.MissingConfigException, mlflow.exceptions.ExecutionException,
            mlflow.exceptions.InvalidUrlException):
        print("taken for another")
except mlflow.exceptions.MlflowException as error:
    print(error.error_code)
assert issubclass(mlflow.exceptions.MissingConfigException, mlflow.MlflowException)
error = mlflow.exceptions.ExecutionException("no", error_code=1000)
assert (error.message, error.error_code) == ("no", "INVALID_PARAMETER_VALUE")
"""
    assert run(code) == "RESOURCE_DOES_NOT_EXIST"


def test_settings_are_variables_that_are_read_and_set(run: Running) -> None:
    code = """
import os
from mlflow.environment_variables import (
    MLFLOW_HTTP_REQUEST_TIMEOUT, MLFLOW_TRACKING_INSECURE_TLS, MLFLOW_TRACKING_URI, MLFLOW_TRUNCATE_LONG_VALUES)
from mlflow.exceptions import MlflowException
assert (MLFLOW_TRACKING_URI.name, MLFLOW_TRACKING_URI.type) == ("MLFLOW_TRACKING_URI", str)
assert MLFLOW_TRACKING_URI.get() is None
assert f"{MLFLOW_TRACKING_URI}" == "MLFLOW_TRACKING_URI" and repr(MLFLOW_TRACKING_URI) == "'MLFLOW_TRACKING_URI'"
assert str(MLFLOW_HTTP_REQUEST_TIMEOUT) == "MLFLOW_HTTP_REQUEST_TIMEOUT (default: 120.0)"
assert not MLFLOW_HTTP_REQUEST_TIMEOUT.is_set() and not MLFLOW_HTTP_REQUEST_TIMEOUT.defined
MLFLOW_HTTP_REQUEST_TIMEOUT.set(3)
assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == MLFLOW_HTTP_REQUEST_TIMEOUT.get_raw() == "3"
assert MLFLOW_HTTP_REQUEST_TIMEOUT.get() == 3 and MLFLOW_HTTP_REQUEST_TIMEOUT.is_set()
MLFLOW_HTTP_REQUEST_TIMEOUT.unset()
MLFLOW_HTTP_REQUEST_TIMEOUT.unset()
assert MLFLOW_HTTP_REQUEST_TIMEOUT.get() == MLFLOW_HTTP_REQUEST_TIMEOUT.default == 120
MLFLOW_TRUNCATE_LONG_VALUES.set(False)
assert MLFLOW_TRUNCATE_LONG_VALUES.get() is False and MLFLOW_TRUNCATE_LONG_VALUES.type is bool
for variable in (MLFLOW_HTTP_REQUEST_TIMEOUT, MLFLOW_TRACKING_INSECURE_TLS):
    try:
        variable.set("maybe")
    except MlflowException as error:
        print(error.error_code, variable.is_set())
os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = "maybe"
try:
    MLFLOW_HTTP_REQUEST_TIMEOUT.get()
except MlflowException as error:
    print("MLFLOW_HTTP_REQUEST_TIMEOUT" in str(error))
"""
    assert run(code) == "INVALID_PARAMETER_VALUE False\nINVALID_PARAMETER_VALUE False\nTrue"


def test_helpers_that_libraries_import_from_within_mlflow_do_what_they_say(run: Running) -> None:
    code = """
import mlflow, pathlib, time
from mlflow.tracking.artifact_utils import _download_artifact_from_uri, get_artifact_uri
from mlflow.utils.time import get_current_time_millis
with mlflow.start_run() as run:
    mlflow.log_text("words", "notes/a.txt")
    here = mlflow.get_artifact_uri(), mlflow.get_artifact_uri("notes")
id = run.info.run_id
assert (get_artifact_uri(id), get_artifact_uri(run_id=id, artifact_path="notes")) == here
kept = _download_artifact_from_uri(artifact_uri=f"runs:/{id}/notes/a.txt", output_path="copies")
assert pathlib.Path(kept) == pathlib.Path("copies/a.txt").absolute() and pathlib.Path(kept).read_text() == "words"
assert abs(get_current_time_millis() - time.time() * 1000) < 60_000
for wrong in ("", "0" * 32):
    try:
        get_artifact_uri(wrong)
    except mlflow.MlflowException as error:
        print(error.error_code)
"""
    assert run(code) == "INVALID_PARAMETER_VALUE\nRESOURCE_DOES_NOT_EXIST"
