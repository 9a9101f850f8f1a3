"""What a server of MLflow's has beside experiments and runs: counted, so that an import can say what it leaves."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

import msgspec

from runstone.client.connection import Answer, Connection
from runstone.errors import (
    EndpointNotFound,
    InvalidParameterValue,
    ResourceDoesNotExist,
    RunstoneError,
    ServerUnreachable,
    UnsupportedOperation,
)
from runstone.importer.report import NO_MODELS, NO_PLACE, NO_REGISTRY, NO_TRACES, Report

_V2, _V3 = "/api/2.0/mlflow", "/api/3.0/mlflow"
_AT_ONCE = 10
"""Experiments named in one question."""

_ABSENT = (EndpointNotFound, ResourceDoesNotExist, InvalidParameterValue, UnsupportedOperation)
"""How a server answers that is older than what it is asked for, or whose store cannot hold it."""


class _Question(NamedTuple):
    """What to ask for: the kind of things, where, the answer's field, how one is called, and why it is left."""

    what: str
    verb: str
    path: str
    arguments: Mapping[str, Any]
    field: str
    name: Callable[[Any], str]
    reason: str


def leave_rest(connection: Connection, experiment_ids: Sequence[str], report: Report) -> None:
    """Report what the server has for which Runstone has no place."""
    for question in _questions(experiment_ids):
        try:
            for item in _items(connection, question):
                report.leave(question.what, question.reason, question.name(item))
        except _ABSENT:
            continue  # an older server: it has none
        except ServerUnreachable:
            raise
        except RunstoneError as error:
            report.leave(question.what, "the server would not tell of them", error.message)


def _questions(experiment_ids: Sequence[str]) -> Iterator[_Question]:
    registry = {"max_results": 100}
    prompts = registry | {"filter": "tags.`mlflow.prompt.is_prompt` = 'true'"}
    models, versions = f"{_V2}/registered-models/search", f"{_V2}/model-versions/search"
    yield _Question("registered models", "GET", models, registry, "registered_models", _named, NO_REGISTRY)
    yield _Question("model versions", "GET", versions, registry, "model_versions", _version, NO_REGISTRY)
    yield _Question("prompts", "GET", models, prompts, "registered_models", _named, NO_REGISTRY)
    for at in range(0, len(experiment_ids), _AT_ONCE):
        some = list(experiment_ids[at : at + _AT_ONCE])
        yield _Question(
            "logged models",
            "POST",
            f"{_V2}/logged-models/search",
            {"experiment_ids": some, "max_results": 50},
            "models",
            _model,
            NO_MODELS,
        )
        places = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": one}} for one in some]
        yield _Question(
            "traces",
            "POST",
            f"{_V3}/traces/search",
            {"locations": places, "max_results": 500},
            "traces",
            _trace,
            NO_TRACES,
        )
        evaluations = {"experiment_ids": some, "max_results": 100}
        path = f"{_V3}/datasets/search"
        yield _Question("evaluation datasets", "POST", path, evaluations, "datasets", _named, NO_PLACE)
    for one in experiment_ids:
        yield _Question(
            "scorers",
            "GET",
            f"{_V3}/scorers/list",
            {"experiment_id": one},
            "scorers",
            _scorer,
            NO_PLACE,
        )


def _named(item: Any) -> str:
    return str(item["name"])


def _model(item: Any) -> str:
    return str(item["info"]["model_id"])


def _trace(item: Any) -> str:
    return str(item["trace_id"])


def _scorer(item: Any) -> str:
    return str(item["scorer_name"])


def _version(item: Any) -> str:
    return f"{item['name']}, version {item['version']}"


def _items(connection: Connection, question: _Question) -> Iterator[Any]:
    """All that answers a question, page by page."""
    arguments = dict(question.arguments)
    while True:
        if question.verb == "GET":
            target, body, headers = f"{question.path}?{urlencode(arguments)}", None, None
        else:
            target, body = question.path, msgspec.json.encode(arguments)
            headers = {"Content-Type": "application/json"}
        answer = connection.request(
            question.verb, target, _decoded, body=body, headers=headers, repeatable=True
        )
        yield from answer.get(question.field, ())
        if not (token := answer.get("next_page_token")):
            return
        arguments["page_token"] = token


def _decoded(answer: Answer) -> dict[str, Any]:
    content = answer.read()
    try:
        found = msgspec.json.decode(content or b"{}")
    except msgspec.MsgspecError as error:
        raise InvalidParameterValue(f"The server's answer makes no sense: {error}.") from error
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
