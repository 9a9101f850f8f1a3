"""The OpenAPI 3.1 document of the server, derived from the table of operations: `python -m runstone.wire.openapi`.

The routes outside the table (the bytes of artifacts, health, version) are described here by hand.
"""

import sys
from typing import Any, cast

import msgspec

from runstone.wire.artifacts import FileInfo
from runstone.wire.operations import OPERATIONS, PREFIXES, Operation

Json = dict[str, Any]

_REFERENCE = "#/components/schemas/{name}"
_NO_CONTENT: Json = {"description": "Done; there is nothing to say."}
_ERROR: Json = {"$ref": "#/components/responses/Error"}


class Error(msgspec.Struct):
    """What is answered, with an HTTP status of 4xx or 5xx, when a request is refused or fails."""

    error_code: str
    message: str
    sqlstate: str | None = None
    error_class: str | None = None


class ArtifactList(msgspec.Struct):
    """The files in a folder, by their names alone."""

    files: list[FileInfo] = []


def document() -> Json:
    """The OpenAPI document, as plain dicts and lists."""
    schemas = _schemas()
    paths = {
        prefix + operation.path: {
            verb.lower(): _described(operation, prefix, verb, schemas) for verb in operation.verbs
        }
        for prefix in PREFIXES
        for operation in OPERATIONS
    }
    error = {"description": "Refused, or failed.", "content": _json_content("Error")}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Runstone",
            "version": "2.0",
            "description": "MLflow's tracking protocol, and Runstone's additions to it under /runstone.",
        },
        "paths": paths | _plain_paths(),
        "components": {"schemas": schemas, "responses": {"Error": error}},
    }


def _schemas() -> Json:
    kinds = {kind for o in OPERATIONS for kind in (o.request, o.response)} | {Error, ArtifactList}
    ordered = sorted(kinds, key=lambda kind: kind.__name__)
    _, schemas = msgspec.json.schema_components(ordered, ref_template=_REFERENCE)
    for schema in schemas.values():
        # The structs refuse unknown names; the codec then ignores them.
        schema.pop("additionalProperties", None)
    return {name: _without_null(schemas[name]) for name in sorted(schemas)}


def _described(operation: Operation, prefix: str, verb: str, schemas: Json) -> Json:
    """One verb of an operation under one prefix."""
    name = operation.name if verb == operation.verbs[0] else f"{operation.name}_{verb.lower()}"
    described: Json = {
        "operationId": name if prefix == PREFIXES[0] else f"ajax_{name}",
        "x-permission": str(operation.permission),
        "responses": {
            "200": {"description": "Done.", "content": _content(operation)},
            "default": _ERROR,
        },
    }
    request = operation.request.__name__
    if verb == "GET":
        described["parameters"] = _query(schemas[request])
    else:
        described["requestBody"] = {"required": True, "content": _json_content(request)}
    return described


def _query(schema: Json) -> list[Json]:
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": kind}
        for name, kind in schema["properties"].items()
    ]


def _without_null(schema: Any) -> Any:
    """The schema without null: what is unset is left out of an answer, and may be left out of a request."""
    if isinstance(schema, list):
        return [_without_null(item) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    kept = {name: _without_null(value) for name, value in cast("Json", schema).items()}
    if kept.get("default", "") is None:
        del kept["default"]
    choices = kept.get("anyOf")
    if choices and {"type": "null"} in choices:
        rest = [choice for choice in choices if choice != {"type": "null"}]
        del kept["anyOf"]
        return kept | (rest[0] if len(rest) == 1 else {"anyOf": rest})
    return kept


# --- the routes outside the table ----------------------------------------------------------------


def _plain_paths() -> Json:
    paths: Json = {
        "/health": {"get": _plain("health", "Whether the server lives.", _media("text/plain"))},
        "/version": {
            "get": _plain("version", "The MLflow whose protocol the server speaks.", _media("text/html"))
        },
        "/openapi.json": {"get": _plain("openapi", "This document.", _media("application/json"))},
        "/get-artifact": {"get": _get_artifact()},
    }
    for prefix in PREFIXES:
        tag = "" if prefix == PREFIXES[0] else "ajax_"
        info = f"{prefix.removesuffix('2.0')}3.0/mlflow/server-info"
        paths[info] = {
            "get": _plain(f"{tag}server_info", "What the server can do.", _media("application/json"))
        }
        paths |= {prefix + path: verbs for path, verbs in _proxy_paths(tag).items()}
    return paths


def _get_artifact() -> Json:
    parameters = [
        _parameter("run_id", "query", required=True),
        _parameter("path", "query", required=True),
        _parameter("inline", "query", "1: show it in the browser instead of saving it."),
    ]
    said = "A file of a run, to be saved."
    return _plain("get_artifact", said, _media("*/*"), parameters) | {"x-permission": "run:READ"}


def _proxy_paths(tag: str) -> Json:
    path = _parameter(
        "path", "path", "Below the server's artifact folder; may contain slashes.", required=True
    )
    folder = _parameter("path", "query", "Below the server's artifact folder.")
    content: Json = {"requestBody": {"required": True, "content": {"application/octet-stream": {}}}}
    listed = {"description": "The files.", "content": _json_content("ArtifactList")}
    read, edit = {"x-permission": "experiment:READ"}, {"x-permission": "experiment:EDIT"}

    def plain(name: str, said: str, answer: Json, *parameters: Json) -> Json:
        return _plain(tag + name, said, answer, [*parameters])

    return {
        "/mlflow-artifacts/artifacts": {
            "get": plain("list_proxied_artifacts", "The files in a folder.", listed, folder) | read
        },
        "/mlflow-artifacts/artifacts/{path}": {
            "get": plain("download_artifact", "A file's bytes.", _media("*/*"), path) | read,
            "put": plain("upload_artifact", "Keep the body as a file.", _NO_CONTENT, path) | content | edit,
            "delete": plain("delete_artifact", "Delete a file, or a folder.", _NO_CONTENT, path) | edit,
        },
        "/mlflow-artifacts/mpu/{step}/{path}": {
            "post": plain(
                "multipart_upload",
                "Not supported: 501.",
                _ERROR,
                _parameter("step", "path", required=True),
                path,
            )
            | edit
        },
        "/mlflow-artifacts/presigned/{path}": {
            "get": plain("presigned_download", "Not supported: 501.", _ERROR, path) | read
        },
        "/mlflow/upload-artifact": {
            "post": plain(
                "upload_run_artifact",
                "Keep the body, at most 10 MB, as a file of a run.",
                _NO_CONTENT,
                _parameter("run_uuid", "query", "Or run_id.", required=True),
                _parameter("path", "query", required=True),
            )
            | content
            | {"x-permission": "run:EDIT"}
        },
        "/mlflow/artifacts/presigned-upload-url": {
            "post": plain("presigned_upload_url", "Not supported: 400.", _ERROR) | edit
        },
        "/mlflow/artifacts/presigned-download-url": {
            "post": plain("presigned_download_url", "Not supported: 400.", _ERROR) | read
        },
    }


def _plain(name: str, said: str, answer: Json, parameters: list[Json] | None = None) -> Json:
    described: Json = {"operationId": name, "summary": said}
    if parameters:
        described["parameters"] = parameters
    return described | {"responses": {"200": answer, "default": _ERROR}}


def _parameter(name: str, place: str, said: str = "", *, required: bool = False) -> Json:
    parameter = {"name": name, "in": place, "required": required, "schema": {"type": "string"}}
    return parameter | ({"description": said} if said else {})


def _media(kind: str) -> Json:
    return {"description": "Done.", "content": {kind: {}}}


def _content(operation: Operation) -> Json:
    return {
        operation.response.media: {"schema": {"$ref": _REFERENCE.format(name=operation.response.__name__)}}
    }


def _json_content(schema: str) -> Json:
    return {"application/json": {"schema": {"$ref": _REFERENCE.format(name=schema)}}}


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(document())) + b"\n")
