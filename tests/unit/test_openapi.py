"""The OpenAPI document: complete, consistent, and true to the structs."""

import json
import subprocess
import sys
from typing import Any

import msgspec

from runstone.wire.openapi import document
from runstone.wire.operations import BY_NAME, OPERATIONS, PREFIXES

DOCUMENT = document()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set[str]()
        return own.union(*map(references, value.values()))
    return set[str]().union(*map(references, value)) if isinstance(value, list) else set()


def test_every_operation_stands_under_both_prefixes_with_its_verbs_and_permission() -> None:
    for prefix in PREFIXES:
        for operation in OPERATIONS:
            verbs = DOCUMENT["paths"][prefix + operation.path]
            assert set(verbs) == {verb.lower() for verb in operation.verbs}
            assert all(verb["x-permission"] == str(operation.permission) for verb in verbs.values())


def test_operations_are_found_by_their_names() -> None:
    verbs = [verb for path in DOCUMENT["paths"].values() for verb in path.values()]
    names = [verb["operationId"] for verb in verbs]
    assert len(names) == len(set(names))
    assert BY_NAME.keys() <= set(names)
    for operation in OPERATIONS:
        assert (
            DOCUMENT["paths"][PREFIXES[0] + operation.path][operation.verbs[0].lower()]["operationId"]
            == operation.name
        )


def test_every_reference_leads_somewhere() -> None:
    for reference in references(DOCUMENT):
        place: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
        assert place


def test_a_query_lists_the_fields_of_its_request() -> None:
    parameters = DOCUMENT["paths"]["/api/2.0/mlflow/experiments/search"]["get"]["parameters"]
    fields = msgspec.structs.fields(BY_NAME["search_experiments"].request)
    assert [parameter["name"] for parameter in parameters] == [field.name for field in fields]
    assert [p["required"] for p in parameters] == [field.required for field in fields]


def test_a_double_is_a_number_or_the_name_of_what_is_none() -> None:
    choices = SCHEMAS["LogMetric"]["properties"]["value"]["anyOf"]
    assert choices == [{"type": "number"}, {"enum": ["-Infinity", "Infinity", "NaN"]}]


def test_what_is_unset_is_absent_and_never_null() -> None:
    assert '"null"' not in json.dumps(DOCUMENT)
    assert SCHEMAS["RunInfo"]["properties"]["end_time"]["type"] == "integer"
    assert "end_time" not in SCHEMAS["RunInfo"]["required"]


def test_path_parameters_are_declared() -> None:
    for path, verbs in DOCUMENT["paths"].items():
        named = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        for verb in verbs.values():
            assert named == {p["name"] for p in verb.get("parameters", []) if p["in"] == "path"}, path


def test_the_module_prints_the_document() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "runstone.wire.openapi"], capture_output=True, check=True, timeout=30
    ).stdout
    assert json.loads(printed) == json.loads(json.dumps(DOCUMENT))
