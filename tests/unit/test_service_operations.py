"""The operation table and the service's functions are the same set."""

import inspect

import msgspec
import pytest

from runstone.service import MODULES
from runstone.service.core import FUNCTIONS
from runstone.wire.operations import BY_NAME, OPERATIONS, Operation


def test_every_operation_has_exactly_one_function():
    assert sorted(FUNCTIONS) == sorted(BY_NAME)
    assert len(BY_NAME) == len(OPERATIONS)


def test_every_function_stands_in_one_of_the_services_modules():
    assert {function.__module__ for function in FUNCTIONS.values()} <= {module.__name__ for module in MODULES}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_function_takes_and_gives_what_its_row_says(operation: Operation):
    signature = inspect.signature(FUNCTIONS[operation.name], eval_str=True)
    assert list(signature.parameters) == ["service", "request"]
    assert signature.parameters["request"].annotation is operation.request
    assert signature.return_annotation is operation.response


def test_no_two_operations_answer_to_one_verb_and_path():
    places = [(verb, operation.path) for operation in OPERATIONS for verb in operation.verbs]
    assert len(places) == len(set(places))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_permission_names_a_field_that_the_request_has(operation: Operation):
    fields = {field.name for field in msgspec.structs.fields(operation.request)}
    assert operation.permission.field in fields | {""}


def test_every_read_may_be_repeated():
    assert [o.name for o in OPERATIONS if "GET" in o.verbs and not o.repeatable] == []
    assert not BY_NAME["create_experiment"].repeatable
