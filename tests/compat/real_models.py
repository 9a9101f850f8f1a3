"""What the real MLflow makes of our models, and models that it makes itself; run by its interpreter, not by ours.

    python real_models.py URL MODEL_URI OURS THEIRS

Loads the model at MODEL_URI from the server at URL, and those in the folders below OURS; saves some below THEIRS.
Prints what it saw as JSON.
"""

import inspect
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
from mlflow.models import Model
from sklearn.linear_model import LinearRegression

FUNCTIONS = ("get_default_conda_env", "get_default_pip_requirements", "load_model", "log_model", "save_model")
POINTS = [[0.0, 1.0], [2.0, 3.0]]


def main() -> None:
    url, model_uri, ours, theirs = sys.argv[1:]
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(url)
    seen: dict[str, Any] = {"logged": loaded(model_uri)}
    seen |= {folder.name: loaded(str(folder)) for folder in sorted(Path(ours).iterdir())}
    seen["signatures"] = {name: signature(getattr(mlflow.sklearn, name)) for name in FUNCTIONS}
    save(Path(theirs))
    print(json.dumps(seen))


def signature(function: Callable[..., object]) -> list[list[str]]:
    return [
        [name, str(parameter.kind), str(parameter.default)]
        for name, parameter in inspect.signature(function).parameters.items()
    ]


def loaded(uri: str) -> dict[str, Any]:
    document = Model.load(uri)
    seen: dict[str, Any] = {
        "info": document.get_model_info().model_uri,
        "keys": sorted(document.to_dict()),
        "flavors": document.flavors,
        "kind": type(mlflow.sklearn.load_model(uri)).__name__,
    }
    if "python_function" in document.flavors:
        model = mlflow.pyfunc.load_model(uri)
        seen["predictions"] = np.asarray(model.predict(np.array(POINTS))).tolist()
        seen["requirements"] = Path(mlflow.pyfunc.get_model_dependencies(uri)).read_text().splitlines()
    return seen


def save(folder: Path) -> None:
    line = LinearRegression().fit([[0.0, 0.0], [1.0, 1.0], [2.0, 1.0]], [0.0, 2.0, 3.0])
    for format in ("skops", "cloudpickle", "pickle"):
        mlflow.sklearn.save_model(
            line, folder / format, serialization_format=format, pip_requirements=["scikit-learn"]
        )
    mlflow.sklearn.save_model(
        line, folder / "rich", input_example=np.array(POINTS), metadata={"a": [1]}, code_paths=[__file__]
    )


if __name__ == "__main__":
    main()
