"""MLmodel, the file that describes a model's folder: YAML that names its flavors and where it came from.

Format: MLflow's, https://mlflow.org/docs/3.17.2/ml/model/. What a document has and this version does not know is kept.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Any, Self, cast

import yaml

from runstone.entities.base import Entity
from runstone.errors import InvalidParameterValue, ResourceDoesNotExist
from runstone.models.places import fetched
from runstone.settings import MLFLOW_VERSION

MLMODEL = "MLmodel"
"""The document's file name."""

# Written even when they are None, since MLflow's readers look for them; of the others a None is left out.
_ALWAYS = ("flavors", "model_id", "model_uuid", "prompts", "utc_time_created")
_IN_HISTORY = ("run_id", "utc_time_created", "artifact_path", "model_uuid")


class ModelInfo(Entity, frozen=True):
    """What is known of a model that was saved or logged, as `log_model` and `get_model_info` return it.

    `signature` is as the document has it: a dict of JSON texts.
    """

    artifact_path: str | None
    flavors: dict[str, Any]
    model_uri: str
    model_uuid: str | None
    run_id: str | None
    saved_input_example_info: dict[str, Any] | None
    signature: dict[str, Any] | None
    utc_time_created: str
    mlflow_version: str | None
    metadata: dict[str, Any] | None = None
    registered_model_version: int | None = None
    env_vars: list[str] | None = None
    prompts: list[str] | None = None
    model_id: str | None = None


def _new_uuid() -> str:
    return uuid.uuid4().hex


class Model:
    """An MLmodel document. `flavors` says, for each way to load the model, what that way needs."""

    def __init__(
        self,
        artifact_path: str | None = None,
        run_id: str | None = None,
        utc_time_created: str | datetime | None = None,
        flavors: dict[str, Any] | None = None,
        signature: dict[str, Any] | None = None,
        saved_input_example_info: dict[str, Any] | None = None,
        model_uuid: str | Callable[[], str] | None = _new_uuid,
        mlflow_version: str | None = MLFLOW_VERSION,
        metadata: dict[str, Any] | None = None,
        model_size_bytes: int | None = None,
        resources: Any = None,
        env_vars: list[str] | None = None,
        auth_policy: Any = None,
        model_id: str | None = None,
        prompts: list[str] | None = None,
        **kwargs: Any,
    ):
        self.artifact_path = artifact_path
        self.run_id = run_id
        self.utc_time_created = str(utc_time_created or datetime.now(UTC).replace(tzinfo=None))
        self.flavors: dict[str, Any] = {} if flavors is None else flavors
        self.signature = signature
        self.saved_input_example_info = saved_input_example_info
        self.model_uuid = model_uuid() if callable(model_uuid) else model_uuid
        self.mlflow_version = mlflow_version
        self.metadata = metadata
        self.model_size_bytes = model_size_bytes
        self.resources = resources
        self.env_vars = env_vars
        self.auth_policy = auth_policy
        self.model_id = model_id
        self.prompts = prompts
        self.__dict__.update(kwargs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]  # a document changes

    def __str__(self) -> str:
        return self.to_yaml()

    def add_flavor(self, name: str, **params: Any) -> Self:
        """Say that the model can be loaded in another way, or say it anew; returns the document."""
        self.flavors[name] = params
        return self

    def to_dict(self) -> dict[str, Any]:
        """The document as MLmodel has it."""
        return {key: value for key, value in self.__dict__.items() if value is not None or key in _ALWAYS}

    def to_yaml(self, stream: Any = None) -> Any:
        """The document as text, or written to `stream`. Raises InvalidParameterValue for what YAML cannot hold."""
        try:
            return cast("object", yaml.safe_dump(self.to_dict(), stream=stream, default_flow_style=False))
        except yaml.YAMLError as error:
            raise InvalidParameterValue(
                f"The model's {MLMODEL} cannot be written: {error}. Its metadata may hold texts, numbers, lists and "
                "dicts of these."
            ) from error

    def to_json(self) -> str:
        """The document as JSON text."""
        return json.dumps(self.to_dict())

    def get_tags_dict(self) -> dict[str, Any]:
        """What the history of a run's models keeps of the document."""
        return {
            **{key: value for key, value in self.to_dict().items() if key in _IN_HISTORY},
            "flavors": {
                name: {key: value for key, value in flavor.items() if key != "config"}
                for name, flavor in self.flavors.items()
            },
        }

    def save(self, path: str | PathLike[str]) -> None:
        """Write the document to a local file."""
        Path(path).write_text(self.to_yaml(), encoding="utf-8")

    @classmethod
    def from_dict(cls, model_dict: Mapping[str, Any]) -> Self:
        """The document with this content."""
        # What was written without them has none: they are not to be made up.
        return cls(**{"model_uuid": None, "mlflow_version": None, **model_dict})

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read the document of a model: from its folder or the file itself, as a local path or a URI.

        Raises ResourceDoesNotExist if there is none, InvalidParameterValue if the file is no such document.
        """
        uri = str(path).rstrip("/\\")
        if uri.replace("\\", "/").rpartition("/")[2] != MLMODEL:
            uri = f"{uri}/{MLMODEL}"
        try:
            with fetched(uri) as file:
                content = file.read_bytes()
        except (ResourceDoesNotExist, FileNotFoundError, NotADirectoryError) as error:
            raise ResourceDoesNotExist(
                f'Could not find an "{MLMODEL}" configuration file at "{path}": it is no model, or only a part of one.'
            ) from error
        return cls.from_dict(_parsed(content, uri))

    def get_model_info(self) -> ModelInfo:
        """What is known of the model, with the URI that loads it."""
        return ModelInfo(
            artifact_path=self.artifact_path,
            flavors=self.flavors,
            model_uri=f"models:/{self.model_id}"
            if self.model_id
            else f"runs:/{self.run_id}/{self.artifact_path}",
            model_uuid=self.model_uuid,
            run_id=self.run_id,
            saved_input_example_info=self.saved_input_example_info,
            signature=self.signature,
            utc_time_created=self.utc_time_created,
            mlflow_version=self.mlflow_version,
            metadata=self.metadata,
            env_vars=self.env_vars,
            prompts=self.prompts,
            model_id=self.model_id,
        )


def get_model_info(model_uri: str) -> ModelInfo:
    """What is known of the model at a local path or a URI such as `runs:/RUN_ID/model`. Raises as `Model.load` does."""
    return Model.load(model_uri).get_model_info()


def _parsed(content: bytes, uri: str) -> dict[str, Any]:
    try:
        document = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidParameterValue(f"'{uri}' is no YAML: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("flavors", {}), dict):  # pyright: ignore[reportUnknownMemberType]
        raise InvalidParameterValue(f"'{uri}' is no {MLMODEL} document: it names no flavors.")
    return cast("dict[str, Any]", document)
