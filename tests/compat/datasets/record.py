"""Record what MLflow says of the cases: run with a Python that has mlflow, pandas and scipy, from this folder."""

import json
import warnings
from pathlib import Path

import cases
import mlflow.data  # pyright: ignore[reportMissingImports]

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    recorded = json.dumps(cases.facts(mlflow.data), indent=1, ensure_ascii=False)
    Path(__file__).with_name("recorded.json").write_text(recorded + "\n")
