"""Every setting, as data: the environment variable that holds it, its type, its default and what it does.

The command line, the documentation and the code all read this one table. Variables that MLflow defines keep its name
and meaning; what MLflow lacks is named `RUNSTONE_*`.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, cast

from runstone.errors import InvalidParameterValue

T = TypeVar("T")


def _boolean(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered in ("1", "true", "yes", "on"):
        return True
    if lowered in ("0", "false", "no", "off", ""):
        return False
    raise ValueError("expected true or false")


def _level(text: str) -> str:
    level = text.strip().upper()
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        raise ValueError("expected DEBUG, INFO, WARNING, ERROR or CRITICAL")
    return level


def _capture(text: str) -> str:
    lowered = text.strip().lower()
    if lowered in ("full", "tags", "off"):
        return lowered
    try:
        return "full" if _boolean(text) else "off"
    except ValueError:
        raise ValueError("expected full, tags or off") from None


def _journal(text: str) -> str:
    lowered = text.strip().lower()
    if lowered not in ("auto", "wal", "rollback"):
        raise ValueError("expected auto, wal or rollback")
    return lowered


class Setting(Generic[T]):
    """One setting. `read()` gives its value from the environment, or the default."""

    __slots__ = ("default", "help", "name", "parse")

    def __init__(self, name: str, parse: Callable[[str], T], default: T, help: str):
        self.name, self.parse, self.default, self.help = name, parse, default, help

    def read(self, environ: Mapping[str, str] = os.environ) -> T:
        """The value in `environ`; the default where it is unset or empty. Raises InvalidParameterValue otherwise."""
        text = environ.get(self.name, "")
        if not text:
            return self.default
        try:
            return self.parse(text)
        except ValueError as error:
            raise InvalidParameterValue(
                f"The environment variable {self.name} is {text!r}: {error}."
            ) from error

    @property
    def type_name(self) -> str:
        """What the value is, in a word: text, integer, number or boolean."""
        return {int: "integer", float: "number", _boolean: "boolean"}.get(self.parse, "text")  # type: ignore[call-overload]


MLFLOW_VERSION = "3.17.2"
"""The MLflow whose protocol and API these are; the server and the shim answer to it."""

DEFAULT_STORE = "mlruns"
"""The store's folder where no other is named, below the working directory."""

TRACKING_URI = Setting[str | None](
    "MLFLOW_TRACKING_URI",
    str,
    None,
    "Where runs are recorded: a server's http(s) URL, a folder, sqlite:///FILE, postgresql://… or mysql://… "
    "Default: ./mlruns.",
)
REGISTRY_URI = Setting[str | None](
    "MLFLOW_REGISTRY_URI", str, None, "Where registered models are kept. Default: where runs are recorded."
)
EXPERIMENT_NAME = Setting[str | None](
    "MLFLOW_EXPERIMENT_NAME",
    str,
    None,
    "The experiment that new runs belong to, by name; it is created if absent.",
)
EXPERIMENT_ID = Setting[str | None](
    "MLFLOW_EXPERIMENT_ID", str, None, "The experiment that new runs belong to, by id; it wins over the name."
)
RUN_ID = Setting[str | None](
    "MLFLOW_RUN_ID", str, None, "The run that the first start_run of a process resumes, by id."
)
RUN_CONTEXT = Setting[str | None](
    "MLFLOW_RUN_CONTEXT", str, None, "Tags that every new run gets, as a JSON object of texts."
)
CAPTURE = Setting[str](
    "RUNSTONE_CAPTURE",
    _capture,
    "full",
    "What start_run records of what made a run: full, tags (no files under runstone/) or off.",
)
DATA_FILES = Setting[str | None](
    "RUNSTONE_DATA_FILES",
    str,
    None,
    "Files and folders that every run's data is in, separated as in PATH: their digests are recorded.",
)
HTTP_TIMEOUT = Setting[float](
    "MLFLOW_HTTP_REQUEST_TIMEOUT", float, 120.0, "Seconds that the client waits for one answer of a server."
)
HTTP_MAX_RETRIES = Setting[int](
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES",
    int,
    7,
    "How often the client repeats a request that met a passing failure.",
)
HTTP_BACKOFF_FACTOR = Setting[float](
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR",
    float,
    0.5,
    "Seconds before the first repetition; each further one doubles it, up to 30 seconds.",
)
HTTP_BACKOFF_JITTER = Setting[float](
    "MLFLOW_HTTP_REQUEST_BACKOFF_JITTER",
    float,
    0.0,
    "Seconds that chance adds to a pause at most. It takes off up to half of a pause in any case.",
)
TRACKING_USERNAME = Setting[str | None](
    "MLFLOW_TRACKING_USERNAME", str, None, "The user name sent to the server (HTTP basic authentication)."
)
TRACKING_PASSWORD = Setting[str | None](
    "MLFLOW_TRACKING_PASSWORD", str, None, "The password sent with the user name."
)
TRACKING_TOKEN = Setting[str | None](
    "MLFLOW_TRACKING_TOKEN", str, None, "A bearer token sent to the server instead of user name and password."
)
TRACKING_INSECURE_TLS = Setting[bool](
    "MLFLOW_TRACKING_INSECURE_TLS",
    _boolean,
    False,
    "Accept any TLS certificate of the server. For tests only.",
)
TRACKING_SERVER_CERT_PATH = Setting[str | None](
    "MLFLOW_TRACKING_SERVER_CERT_PATH",
    str,
    None,
    "A CA bundle to check the server's TLS certificate against.",
)
TRACKING_CLIENT_CERT_PATH = Setting[str | None](
    "MLFLOW_TRACKING_CLIENT_CERT_PATH",
    str,
    None,
    "A PEM file with the client's TLS certificate and its private key, for a server that asks for one.",
)
TRACKING_AUTH = Setting[str | None](
    "MLFLOW_TRACKING_AUTH",
    str,
    None,
    "A plugin of MLflow's that signs requests. There are none here: a server is not asked while this is set.",
)
TRACKING_AWS_SIGV4 = Setting[bool](
    "MLFLOW_TRACKING_AWS_SIGV4",
    _boolean,
    False,
    "Sign requests for AWS. Not supported: a server is not asked while this is true.",
)
TRUNCATE_LONG_VALUES = Setting[bool](
    "MLFLOW_TRUNCATE_LONG_VALUES",
    _boolean,
    True,
    "Cut params over 6,000, run tags over 8,000 and run names over 250 characters instead of refusing them.",
)
SQLITE_JOURNAL = Setting[str](
    "RUNSTONE_SQLITE_JOURNAL",
    _journal,
    "auto",
    "How SQLite keeps a store whole: wal; rollback, on network file systems; auto chooses by the file system.",
)
LOGGING_LEVEL = Setting[str | None](
    "MLFLOW_LOGGING_LEVEL",
    _level,
    None,
    "What Runstone tells: DEBUG, INFO, WARNING, ERROR or CRITICAL and above. Default: WARNING.",
)
ENABLE_ASYNC_LOGGING = Setting[bool](
    "MLFLOW_ENABLE_ASYNC_LOGGING",
    _boolean,
    False,
    "Have logging functions return something to wait for, as with `synchronous=False`.",
)
SUPPRESS_URL = Setting[bool](
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", _boolean, False, "Do not print a run's address when it ends."
)
ALLOW_PICKLE = Setting[bool](
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION",
    _boolean,
    True,
    "Load models, which can run any code that is in them; set it to false where models may come from strangers.",
)
BACKEND_STORE_URI = Setting[str | None](
    "MLFLOW_BACKEND_STORE_URI",
    str,
    None,
    "The server's store: a folder, sqlite:///FILE, postgresql://… or mysql://… Default: ./mlruns.",
)
DEFAULT_ARTIFACT_ROOT = Setting[str | None](
    "MLFLOW_DEFAULT_ARTIFACT_ROOT",
    str,
    None,
    "Where new experiments keep their artifacts. Default: the server itself (mlflow-artifacts:/).",
)
ARTIFACTS_DESTINATION = Setting[str | None](
    "MLFLOW_ARTIFACTS_DESTINATION", str, None, "Where the server keeps the artifacts that pass through it."
)
HOST = Setting[str]("MLFLOW_HOST", str, "127.0.0.1", "The address the server listens on.")
PORT = Setting[int]("MLFLOW_PORT", int, 5000, "The port the server listens on.")
ALLOWED_HOSTS = Setting[str | None](
    "MLFLOW_SERVER_ALLOWED_HOSTS",
    str,
    None,
    "Host names the server answers to, separated by commas; * for any. Default: localhost and private addresses.",
)
CORS_ALLOWED_ORIGINS = Setting[str | None](
    "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS",
    str,
    None,
    "Web origins that may change things here, separated by commas. Default: localhost only.",
)

ALL: tuple[Setting[Any], ...] = tuple(
    cast(Setting[Any], value) for value in list(globals().values()) if isinstance(value, Setting)
)
"""Every setting, in the order of this file."""
