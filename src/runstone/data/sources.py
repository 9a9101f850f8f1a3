"""Where a dataset comes from: recorded as a kind and JSON, in MLflow's form."""

import json
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import urlsplit

from runstone.artifact_store.location import local_path, scheme_of
from runstone.client.surroundings.tags import context_tags
from runstone.errors import InvalidParameterValue, ResourceDoesNotExist, UnsupportedOperation
from runstone.urls import without_secrets


class DatasetSource(ABC):
    """Where a dataset comes from. A subclass says what kind it is, what it records, and how it is fetched."""

    @abstractmethod
    def _get_source_type(self) -> str:
        """The kind of source, such as "local" or "s3"."""

    @abstractmethod
    def to_dict(self) -> dict[Any, Any]:
        """What is recorded of it: something that JSON can hold."""

    @classmethod
    @abstractmethod
    def from_dict(cls, source_dict: Mapping[Any, Any]) -> Self:
        """The source of what `to_dict` gave. Raises InvalidParameterValue if something is missing."""

    @abstractmethod
    def load(self, dst_path: str | os.PathLike[str] | None = None) -> Any:
        """Fetch it. For files: the path of a copy, below `dst_path` or in a new temporary folder."""

    def to_json(self) -> str:
        """What is recorded of it, as JSON."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, source_json: str) -> Self:
        """The source of what `to_json` gave. Raises InvalidParameterValue for anything else."""
        try:
            recorded = json.loads(source_json)
        except ValueError as error:
            raise InvalidParameterValue(f"The dataset's source is not JSON: {source_json[:200]!r}") from error
        if not isinstance(recorded, dict):
            raise InvalidParameterValue(f"The dataset's source is no JSON object: {source_json[:200]!r}")
        return cls.from_dict(cast("dict[Any, Any]", recorded))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.to_json()})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and cast("DatasetSource", other).to_json() == self.to_json()

    def __hash__(self) -> int:
        return hash(self.to_json())


class CodeDatasetSource(DatasetSource):
    """The program that made the dataset, by a run's tags: `mlflow.source.name`, `mlflow.user` and so on."""

    def __init__(self, tags: Mapping[Any, Any]):
        self._tags = dict(tags)

    def _get_source_type(self) -> str:
        return "code"

    def to_dict(self) -> dict[Any, Any]:
        """See DatasetSource."""
        return {"tags": self._tags}

    @classmethod
    def from_dict(cls, source_dict: Mapping[Any, Any]) -> Self:
        """See DatasetSource."""
        return cls(source_dict.get("tags") or {})

    def load(self, dst_path: str | os.PathLike[str] | None = None) -> Any:
        """Raises UnsupportedOperation: only running the program again would make it."""
        raise UnsupportedOperation("The dataset was made by code, which a source cannot run again.")


class _AddressedSource(DatasetSource):
    """A source with an address, recorded under the name `_field`."""

    _field = "uri"

    def __init__(self, address: str):
        self._address = address

    def to_dict(self) -> dict[Any, Any]:
        """See DatasetSource."""
        return {self._field: self._address}

    @classmethod
    def from_dict(cls, source_dict: Mapping[Any, Any]) -> Self:
        """See DatasetSource."""
        address = source_dict.get(cls._field)
        if not isinstance(address, str):
            raise InvalidParameterValue(
                f'Failed to parse {cls.__name__}. Missing expected key: "{cls._field}"'
            )
        return cls(address)


class LocalArtifactDatasetSource(_AddressedSource):
    """A file or folder of a machine: a path or a `file:` URI, as it was given."""

    def __init__(self, uri: str):
        super().__init__(uri)

    @property
    def uri(self) -> str:
        """The path or `file:` URI."""
        return self._address

    def _get_source_type(self) -> str:
        return "local"

    def load(self, dst_path: str | os.PathLike[str] | None = None) -> str:
        """Its path; with `dst_path`, that of a copy below it.

        Raises ResourceDoesNotExist if it is not here, InvalidParameterValue for a `file:` URI of another host.
        """
        path = local_path(self.uri)
        if path is None or not path.exists():
            raise ResourceDoesNotExist(f"The dataset's source '{self.uri}' is not on this machine.")
        if dst_path is None:
            return str(path.absolute())
        copy = Path(dst_path) / path.name
        if path.is_dir():
            shutil.copytree(path, copy, dirs_exist_ok=True)
        else:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        return str(copy)


class HTTPDatasetSource(_AddressedSource):
    """A file on the web: an http or https URL."""

    _field = "url"

    def __init__(self, url: str):
        super().__init__(url)

    @property
    def url(self) -> str:
        """The URL."""
        return self._address

    def _get_source_type(self) -> str:
        return "http"

    def load(self, dst_path: str | os.PathLike[str] | None = None) -> str:
        """Download it; returns the copy's path.

        Raises ResourceDoesNotExist if there is no such file, PermissionDenied if access is refused, ServerUnreachable
        if the file does not come.
        """
        from runstone.client.web import fetch

        if scheme_of(self.url) not in ("http", "https"):  # it may come from somebody else's run
            raise InvalidParameterValue(f"'{without_secrets(self.url)}' is no http or https URL.")
        return fetch(self.url, dst_path)


class RemoteDatasetSource(_AddressedSource):
    """Anything else with a URI, such as s3://bucket/key. Its kind is the URI's scheme; it is kept as text."""

    def __init__(self, uri: str):
        super().__init__(uri)

    @property
    def uri(self) -> str:
        """The URI."""
        return self._address

    def _get_source_type(self) -> str:
        return urlsplit(self.uri).scheme

    def load(self, dst_path: str | os.PathLike[str] | None = None) -> Any:
        """Raises UnsupportedOperation: this version keeps the URI, and cannot fetch what is there."""
        raise UnsupportedOperation(
            f"Sources of the kind '{self._get_source_type()}' cannot be loaded in this version. "
            f"Fetch '{without_secrets(self.uri)}' with the library that reads it."
        )


def resolved(source: object) -> DatasetSource:
    """The source behind what users give: one of ours, a path, a URL, a URI, or None for the program that asks.

    Raises InvalidParameterValue for anything else.
    """
    if source is None:
        return CodeDatasetSource(context_tags())
    if isinstance(source, DatasetSource):
        return source
    if isinstance(source, os.PathLike):
        return LocalArtifactDatasetSource(str(cast("os.PathLike[str]", source)))
    if not isinstance(source, str) or not source:
        raise InvalidParameterValue(
            f"Could not find a source information resolver for the specified dataset source: {source!r}. "
            "Give a path, a URL or URI, or a DatasetSource."
        )
    return _of_uri(source)


def _of_uri(uri: str) -> DatasetSource:
    scheme = urlsplit(uri).scheme if ":" in uri else ""
    if scheme in ("http", "https"):
        return HTTPDatasetSource(uri)
    if scheme in ("", "file") or len(scheme) == 1:  # a single letter is a Windows drive
        return LocalArtifactDatasetSource(uri)
    return RemoteDatasetSource(uri)


def recorded_source(source_type: str, source_json: str) -> DatasetSource:
    """The source behind what was recorded. Raises ResourceDoesNotExist for a kind that this version does not know."""
    known: dict[str, type[DatasetSource]] = {
        "code": CodeDatasetSource,
        "http": HTTPDatasetSource,
        "local": LocalArtifactDatasetSource,
    }
    if source_type in known:
        return known[source_type].from_json(source_json)
    try:
        source = RemoteDatasetSource.from_json(source_json)
    except InvalidParameterValue as error:
        raise _unknown(source_type) from error
    if source._get_source_type() != source_type:  # pyright: ignore[reportPrivateUsage] - MLflow's name
        raise _unknown(source_type)
    return source


def _unknown(source_type: str) -> ResourceDoesNotExist:
    return ResourceDoesNotExist(
        f"Could not parse dataset source from JSON due to unrecognized source type: {source_type}."
    )
