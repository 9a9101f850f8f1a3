"""The names of `mlflow.exceptions`, for programs that have `import runstone as mlflow`."""

from runstone.errors import RunstoneError as MlflowException
from runstone.errors import (
    RunstoneError as RestException,
)  # the same errors come from a server and from this process
from runstone.errors import UnsupportedOperation as MlflowNotImplementedException

__all__ = ["MlflowException", "MlflowNotImplementedException", "RestException"]
