"""The names of `mlflow.exceptions`, for programs that have `import runstone as mlflow`.

The same errors come from a server and from this process, so that MLflow's class for a server's is none of its own here.
"""

from runstone.errors import RunstoneError as MlflowException
from runstone.errors import RunstoneError as RestException
from runstone.errors import UnsupportedOperation as MlflowNotImplementedException

__all__ = [
    "ExecutionException",
    "InvalidUrlException",
    "MissingConfigException",
    "MlflowException",
    "MlflowNotImplementedException",
    "RestException",
]


class ExecutionException(MlflowException):
    """A project's program that failed. Nothing here raises it, nor the next two; programs name them all the same."""


class InvalidUrlException(MlflowException):
    """A URL that makes no sense."""


class MissingConfigException(MlflowException):
    """A file of settings that is not there."""
