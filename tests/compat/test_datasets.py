"""The digests, schemas and profiles of datasets are those that MLflow computed (`datasets/`)."""

import json
from pathlib import Path
from typing import Any

import pytest

import runstone.data
from tests.compat.datasets import cases

RECORDED = json.loads((Path(cases.__file__).parent / "recorded.json").read_text())


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    return cases.facts(runstone.data)


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, recorded in RECORDED.items() for name in recorded]
)
def test_a_dataset_is_described_as_mlflow_describes_it(ours: dict[str, Any], kind: str, name: str) -> None:
    assert ours[kind][name] == RECORDED[kind][name]


def test_every_case_is_recorded() -> None:
    assert {kind: set(of) for kind, of in RECORDED.items()} == {
        "frames": set(cases.FRAMES),
        "arrays": set(cases.ARRAYS),
    }
