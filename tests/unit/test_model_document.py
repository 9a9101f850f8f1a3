"""MLmodel documents: what is read is written again, whoever wrote it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from runstone.errors import InvalidParameterValue, ResourceDoesNotExist
from runstone.models import Model, get_model_info

# As MLflow 3.17.2 writes it, and with a key that nobody knows yet.
DOCUMENT: dict[str, Any] = {
    "artifact_path": "model",
    "flavors": {
        "python_function": {
            "loader_module": "mlflow.sklearn",
            "model_path": "model.pkl",
            "predict_fn": "predict",
        },
        "sklearn": {"code": None, "pickled_model": "model.pkl", "serialization_format": "cloudpickle"},
    },
    "is_signature_from_type_hint": False,
    "key_of_the_future": {"a": [1, None]},
    "metadata": {"owner": "größe"},
    "mlflow_version": "3.17.2",
    "model_id": None,
    "model_size_bytes": 690,
    "model_uuid": "28311224cf374e2c9c9f384b6a7c4130",
    "prompts": None,
    "run_id": "a" * 32,
    "saved_input_example_info": {"artifact_path": "input_example.json", "type": "ndarray"},
    "signature": {"inputs": '[{"type": "double"}]', "outputs": None, "params": None},
    "utc_time_created": "2026-11-22 05:39:21.293856",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "MLmodel").write_text(yaml.safe_dump(DOCUMENT), encoding="utf-8")
    return tmp_path


def test_a_document_is_written_as_it_was_read(folder: Path, tmp_path: Path) -> None:
    document = Model.load(folder)
    assert document.to_dict() == DOCUMENT
    document.save(tmp_path / "again")
    assert yaml.safe_load((tmp_path / "again").read_text("utf-8")) == DOCUMENT
    assert (tmp_path / "again").read_text("utf-8") == document.to_yaml() == str(document)
    assert Model.from_dict(DOCUMENT) == document


@pytest.mark.parametrize("form", ["{}", "{}/", "{}/MLmodel", "file://{}", "file://{}/MLmodel"])
def test_a_document_is_found_by_its_folder_its_file_and_their_uris(folder: Path, form: str) -> None:
    assert Model.load(form.format(folder)).to_dict() == DOCUMENT


def test_a_document_tells_what_is_known_of_the_model(folder: Path) -> None:
    info = get_model_info(str(folder))
    assert info.model_uri == f"runs:/{'a' * 32}/model"
    assert (info.artifact_path, info.run_id, info.model_id) == ("model", "a" * 32, None)
    assert info.flavors == DOCUMENT["flavors"]
    assert info.metadata == {"owner": "größe"}
    assert info.signature == DOCUMENT["signature"]
    assert info.saved_input_example_info == DOCUMENT["saved_input_example_info"]
    logged = Model.from_dict(DOCUMENT | {"model_id": "m-1"}).get_model_info()
    assert (logged.model_uri, logged.model_id) == ("models:/m-1", "m-1")


def test_what_an_old_document_lacks_is_not_made_up() -> None:
    document = Model.from_dict({"flavors": {}, "utc_time_created": "2020-01-01 00:00:00"})
    assert document.model_uuid is None
    assert "mlflow_version" not in document.to_dict()
    assert "run_id" not in document.to_dict()


def test_a_new_document_has_a_time_and_an_id_of_its_own() -> None:
    one, other = Model(), Model()
    assert one.model_uuid != other.model_uuid
    assert one != other
    assert len(one.utc_time_created) == len(DOCUMENT["utc_time_created"])
    assert one.add_flavor("sklearn", code=None).flavors == {"sklearn": {"code": None}}


def test_the_history_of_a_run_keeps_the_essence_of_a_document() -> None:
    flavors = {"sklearn": {"code": None, "config": {"secret": 1}}}
    tags = Model.from_dict(DOCUMENT | {"flavors": flavors}).get_tags_dict()
    kept = ("run_id", "artifact_path", "utc_time_created", "model_uuid")
    assert tags == {key: DOCUMENT[key] for key in kept} | {"flavors": {"sklearn": {"code": None}}}


def test_a_folder_without_a_document_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "nothing", tmp_path / "file", tmp_path / "MLmodel"):
        with pytest.raises(ResourceDoesNotExist, match='Could not find an "MLmodel" configuration file at'):
            Model.load(path)


@pytest.mark.parametrize(
    "content", [b"", b"text", b"- a\n", b"flavors: 3\n", b"a: [", b"\xff\xfe\xfa", b"flavors"]
)
def test_a_file_that_is_no_document_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "MLmodel").write_bytes(content)
    with pytest.raises(InvalidParameterValue, match=r"MLmodel'? is no"):
        Model.load(tmp_path)
