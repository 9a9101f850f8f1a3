"""Everything that Runstone raises on purpose.

    RunstoneError                      an error of ours; 500 unless a subclass says otherwise
    ├─ InvalidParameterValue           400  an argument that makes no sense, with the argument named
    │  ├─ InvalidType                       … by its type; a TypeError too
    │  └─ InvalidValue                      … by its value; a ValueError too
    ├─ BadRequest                      400  a request that contradicts what is stored
    ├─ ResourceAlreadyExists           400  a name that is taken
    ├─ ResourceDoesNotExist            404  an id, a name or a path that nothing answers to
    ├─ EndpointNotFound                404  no such operation at this server
    ├─ Unauthenticated                 401
    ├─ PermissionDenied                403
    ├─ ResourceConflict                409
    ├─ RequestLimitExceeded            429  too much at once; try again later
    ├─ InvalidState                    500
    ├─ UnsupportedOperation            501
    │  └─ MissingLibrary                    … without a library that is not installed; an ImportError too
    ├─ TemporarilyUnavailable          503  the store cannot answer now
    │  └─ ServerUnreachable                 the client could not reach its server
    ├─ StoreError                      500  the folder or database cannot be used as a store
    └─ InternalError                   500  a fault of ours; the log has the traceback

Each class owns its MLflow `error_code` and its HTTP status. `sqlstate` and `error_class` are what MLflow 3 adds to an
error's body. The same class is raised whether the service runs in this process or behind HTTP.
"""

import json
from pathlib import PurePath
from shlex import quote

_USER = "KAM00"
_SYSTEM = "XXM00"

CODES = {
    "INTERNAL_ERROR": 1,
    "TEMPORARILY_UNAVAILABLE": 2,
    "IO_ERROR": 3,
    "BAD_REQUEST": 4,
    "SERVICE_UNDER_MAINTENANCE": 5,
    "WORKSPACE_TEMPORARILY_UNAVAILABLE": 6,
    "DEADLINE_EXCEEDED": 7,
    "CANCELLED": 8,
    "RESOURCE_EXHAUSTED": 9,
    "ABORTED": 10,
    "NOT_FOUND": 11,
    "ALREADY_EXISTS": 12,
    "UNAUTHENTICATED": 13,
    "INVALID_PARAMETER_VALUE": 1000,
    "ENDPOINT_NOT_FOUND": 1001,
    "MALFORMED_REQUEST": 1002,
    "INVALID_STATE": 1003,
    "PERMISSION_DENIED": 1004,
    "FEATURE_DISABLED": 1005,
    "CUSTOMER_UNAUTHORIZED": 1006,
    "REQUEST_LIMIT_EXCEEDED": 1007,
    "RESOURCE_CONFLICT": 1008,
    "UNPARSEABLE_HTTP_ERROR": 1009,
    "NOT_IMPLEMENTED": 1010,
    "DATA_LOSS": 1011,
    "INVALID_STATE_TRANSITION": 2001,
    "COULD_NOT_ACQUIRE_LOCK": 2002,
    "RESOURCE_ALREADY_EXISTS": 3001,
    "RESOURCE_DOES_NOT_EXIST": 3002,
    "QUOTA_EXCEEDED": 4001,
    "MAX_LIST_SIZE_EXCEEDED": 4005,
    "RESOURCE_LIMIT_EXCEEDED": 5002,
}
"""MLflow's names and numbers for kinds of errors, without those of Databricks' workspaces and catalogues."""


class RunstoneError(Exception):
    """An error of ours. `message` says what happened and what to do; `error_code` is MLflow's name for the kind.

    It is MLflow's `MlflowException` as well. Who raises one gives its kind by MLflow's number or name; a kind that is
    not known is taken for an internal error.
    """

    error_code: str = "INTERNAL_ERROR"
    http_status: int = 500
    sqlstate: str | None = _SYSTEM
    error_class: str | None = "CLIENT_INTERNAL_ERROR"
    retry_after_s: int | None = None
    """For an error that says nothing was begun: after how many seconds the request may be sent again."""

    def __init__(
        self,
        message: str,
        error_code: int | str | None = None,
        *,
        path: str | None = None,
        public: str | None = None,
    ):
        """`path` is the file of this machine that the message names, if it does; `public` is what is said afar."""
        super().__init__(message)
        self.message = message
        self.path = path
        self.public = public
        if error_code is not None:
            self._become(error_code)

    @classmethod
    def invalid_parameter_value(cls, message: str) -> "RunstoneError":
        """The error of an argument that makes no sense."""
        return InvalidParameterValue(message)

    def _become(self, error_code: int | str) -> None:
        names = {number: name for name, number in CODES.items()}
        name = names.get(error_code) if isinstance(error_code, int) else error_code
        self.error_code = name if name in CODES else RunstoneError.error_code
        kind = _BY_CODE.get(self.error_code)
        self.http_status = kind.http_status if kind else RunstoneError.http_status
        self.sqlstate = kind.sqlstate if kind else None
        self.error_class = kind.error_class if kind else None

    @property
    def public_message(self) -> str:
        """The message for those who use this machine from afar: of the file's path it has the name alone."""
        if self.public is not None:
            return self.public
        return self.message.replace(self.path, PurePath(self.path).name) if self.path else self.message

    def get_http_status_code(self) -> int:
        """The HTTP status that carries this error."""
        return self.http_status

    def as_dict(self) -> dict[str, str]:
        """The error's body in the protocol: `error_code`, `message`, and `sqlstate` and `error_class` where known."""
        body = {"error_code": self.error_code, "message": self.public_message}
        if self.sqlstate and self.error_class:
            body |= {"sqlstate": self.sqlstate, "error_class": self.error_class}
        return body

    def serialize_as_json(self) -> str:
        """`as_dict` as JSON text."""
        return json.dumps(self.as_dict())


class InvalidParameterValue(RunstoneError):
    """An argument that makes no sense. `column` (1-based) is where in a filter or order it was found, if it was."""

    error_code = "INVALID_PARAMETER_VALUE"
    http_status = 400
    sqlstate = _USER
    error_class = "INVALID_PARAMETER_VALUE"

    def __init__(self, message: str, column: int | None = None):
        super().__init__(message)
        self.column = column

    @classmethod
    def missing(cls, name: str) -> "InvalidParameterValue":
        """A required parameter that the request lacks."""
        return cls(
            f"Missing value for required parameter '{name}'. "
            "See the API docs for more information about request parameters."
        )

    @classmethod
    def inactive(cls, what: str, identity: object, stage: str) -> "InvalidParameterValue":
        """A run or an experiment that would have to be active, and is deleted."""
        return cls(f"The {what} {identity} must be in the 'active' state. Current state is {stage}.")

    @classmethod
    def wrong_type(cls, name: str, value: object, *, kind: str | None = None) -> "InvalidParameterValue":
        """A parameter whose value has the wrong type or lies out of range."""
        shown = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        return cls(
            f"Invalid value {shown} for parameter '{name}' supplied:  Hint: Value was of type "
            f"'{kind or type(value).__name__}'. See the API docs for more information about request parameters."
        )


class InvalidType(InvalidParameterValue, TypeError):
    """An argument of a type that makes no sense, where MLflow raises a plain TypeError."""


class InvalidValue(InvalidParameterValue, ValueError):
    """An argument whose value makes no sense, where MLflow raises a plain ValueError."""


class BadRequest(RunstoneError):
    """A request that contradicts what is stored."""

    error_code = "BAD_REQUEST"
    http_status = 400
    sqlstate = _USER
    error_class = "INVALID_PARAMETER_VALUE"


class ResourceAlreadyExists(RunstoneError):
    """A name that is taken."""

    error_code = "RESOURCE_ALREADY_EXISTS"
    http_status = 400
    sqlstate = _USER
    error_class = "RESOURCE_ALREADY_EXISTS"


class ResourceDoesNotExist(RunstoneError):
    """An id, a name or a path that nothing answers to."""

    error_code = "RESOURCE_DOES_NOT_EXIST"
    http_status = 404
    sqlstate = _USER
    error_class = "RESOURCE_NOT_FOUND"

    @classmethod
    def run(cls, run_id: str | None) -> "ResourceDoesNotExist":
        """No run has this id."""
        return cls(f"Run with id={run_id} not found")


class EndpointNotFound(RunstoneError):
    """No such operation at this server."""

    error_code = "ENDPOINT_NOT_FOUND"
    http_status = 404
    sqlstate = _USER
    error_class = "RESOURCE_NOT_FOUND"


class Unauthenticated(RunstoneError):
    """The request carries no credentials, or wrong ones."""

    error_code = "UNAUTHENTICATED"
    http_status = 401
    sqlstate = error_class = None


class PermissionDenied(RunstoneError):
    """The caller is known and may not do this."""

    error_code = "PERMISSION_DENIED"
    http_status = 403
    sqlstate = _USER
    error_class = "PERMISSION_DENIED"


class ResourceConflict(RunstoneError):
    """Two writers disagree; the earlier one stands."""

    error_code = "RESOURCE_CONFLICT"
    http_status = 409
    sqlstate = error_class = None


class RequestLimitExceeded(RunstoneError):
    """Too much at once; nothing was begun, try again later."""

    error_code = "REQUEST_LIMIT_EXCEEDED"
    http_status = 429
    sqlstate = error_class = None
    retry_after_s = 1


class InvalidState(RunstoneError):
    """The resource is not in a state that allows this."""

    error_code = "INVALID_STATE"


class UnsupportedOperation(RunstoneError):
    """The operation exists in the protocol, and this store or server cannot do it."""

    error_code = "NOT_IMPLEMENTED"
    http_status = 501
    sqlstate = error_class = None


class MissingLibrary(UnsupportedOperation, ImportError):
    """The operation needs a library that is not installed; the message says how to install it."""


class TemporarilyUnavailable(RunstoneError):
    """The store cannot answer now; the same request may succeed later."""

    error_code = "TEMPORARILY_UNAVAILABLE"
    http_status = 503


class ServerUnreachable(TemporarilyUnavailable):
    """The client could not reach its server, or the server gave no answer in time."""


class StoreError(RunstoneError):
    """The folder or database cannot be used as a store; the message says why and what to do."""

    @classmethod
    def of_mlflow(cls, what: str, source: str) -> "StoreError":
        """A place where MLflow keeps its runs; `what` says which, `source` is how the import is told of it."""
        return cls(
            f"{what}. Runstone leaves it as it is. `runstone import {quote(source)} --to PATH` takes its runs over "
            "into a store at PATH. Choose another place for yours, such as that one, with set_tracking_uri(PATH), the "
            "environment variable MLFLOW_TRACKING_URI or a server's --backend-store-uri."
        )


class InternalError(RunstoneError):
    """A fault of ours. The message tells nothing of the inside; the server's log has the traceback."""


def error_from(error_code: str, message: str) -> RunstoneError:
    """The error with MLflow's `error_code`, as it came over the wire; an unknown code gives a plain RunstoneError."""
    return _BY_CODE.get(error_code, RunstoneError)(message)


_BY_CODE: dict[str, type[RunstoneError]] = {
    error.error_code: error
    for error in (
        InternalError,
        TemporarilyUnavailable,
        UnsupportedOperation,
        InvalidState,
        RequestLimitExceeded,
        ResourceConflict,
        PermissionDenied,
        Unauthenticated,
        EndpointNotFound,
        ResourceDoesNotExist,
        ResourceAlreadyExists,
        BadRequest,
        InvalidParameterValue,
    )
}
