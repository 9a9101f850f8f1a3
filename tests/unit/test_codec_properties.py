"""Whatever is sent: what one side wrote the other reads, and nothing breaks the codec."""

import contextlib
import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runstone.errors import InvalidParameterValue, RunstoneError
from runstone.wire import codec
from runstone.wire.base import Request, Response, from_double, to_double
from runstone.wire.operations import OPERATIONS
from runstone.wire.runs import LogMetric

texts = st.text(st.characters(exclude_categories=["Cs"]))
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
integers = st.integers(-(2**63), 2**63 - 1)
doubles = st.floats().map(to_double)

REQUESTS = sorted({o.request for o in OPERATIONS}, key=lambda t: t.__name__)
RESPONSES = sorted({o.response for o in OPERATIONS}, key=lambda t: t.__name__)
GET_REQUESTS = sorted({o.request for o in OPERATIONS if "GET" in o.verbs}, key=lambda t: t.__name__)


def packed_values(kind: msgspec.inspect.Type) -> st.SearchStrategy[Any]:
    """What only a packed message carries."""
    match kind:
        case msgspec.inspect.BytesType():
            return st.binary(max_size=20)
        case msgspec.inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(values(key), values(value), max_size=3)
        case _:
            raise TypeError(kind)


def values(kind: msgspec.inspect.Type) -> st.SearchStrategy[Any]:
    match kind:
        case msgspec.inspect.StrType(min_length=1):
            return names
        case msgspec.inspect.StrType():
            return texts
        case msgspec.inspect.IntType():
            return integers
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.ListType(item_type=item, min_length=least):
            return st.lists(values(item), min_size=least or 0, max_size=3)
        case msgspec.inspect.StructType(cls=struct):
            return messages(struct)
        case msgspec.inspect.UnionType(types=kinds) if any(
            isinstance(kind, msgspec.inspect.FloatType) for kind in kinds
        ):
            return doubles
        case msgspec.inspect.UnionType(types=kinds):
            some = [kind for kind in kinds if not isinstance(kind, msgspec.inspect.NoneType)]
            return st.one_of(*map(values, some))
        case _:
            return packed_values(kind)


def messages(struct: type[Any]) -> st.SearchStrategy[Any]:
    info = msgspec.inspect.type_info(struct)
    assert isinstance(info, msgspec.inspect.StructType)
    required = {f.name: values(f.type) for f in info.fields if f.required}
    optional = {f.name: values(f.type) for f in info.fields if not f.required}
    return st.fixed_dictionaries(required, optional=optional).map(lambda fields: struct(**fields))


@pytest.mark.parametrize("request_type", REQUESTS, ids=lambda t: t.__name__)
@given(data=st.data())
@settings(max_examples=30)
def test_a_request_is_read_as_it_was_written(request_type: type[Request], data: st.DataObject):
    request = data.draw(messages(request_type))
    content = codec.encode(request)
    assert codec.decode_body(request_type, content) == request
    slowly = json.dumps({"an unknown name": 1, **json.loads(content)}).encode()
    with contextlib.suppress(InvalidParameterValue):  # a part's empty key: only the slow path sees it
        assert codec.decode_body(request_type, slowly) == request


@pytest.mark.parametrize("request_type", GET_REQUESTS, ids=lambda t: t.__name__)
@given(data=st.data())
@settings(max_examples=30)
def test_a_query_is_read_as_it_was_written(request_type: type[Request], data: st.DataObject):
    request = data.draw(messages(request_type))
    pairs = codec.encode_query(request)
    read = codec.decode_query(request_type, pairs)
    assert codec.encode_query(read) == pairs


@pytest.mark.parametrize("response_type", RESPONSES, ids=lambda t: t.__name__)
@given(data=st.data())
@settings(max_examples=20)
def test_a_response_is_read_as_it_was_written(response_type: type[Response], data: st.DataObject):
    response = data.draw(messages(response_type))
    assert codec.decode_response(response_type, codec.encode(response)) == response


@given(st.floats())
def test_a_double_survives_the_wire_bit_by_bit(value: float):
    content = codec.encode(LogMetric(run_id="r", key="k", value=to_double(value), timestamp=1))
    read = from_double(codec.decode_body(LogMetric, content).value)
    assert read == value or (math.isnan(read) and math.isnan(value))
    assert math.isnan(value) or math.copysign(1, read) == math.copysign(1, value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def near_misses(draw: st.DrawFn) -> tuple[type[Request], bytes]:
    """A body with the right names and values of any kind, sometimes cut short."""
    request_type = draw(st.sampled_from(REQUESTS))
    fields = st.sampled_from(request_type.__struct_fields__)
    content = json.dumps(draw(st.dictionaries(fields, json_values))).encode()
    return request_type, content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content


@given(near_misses())
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no defect
def test_near_misses_are_read_or_refused(case: tuple[type[Request], bytes]):
    request_type, content = case
    try:
        codec.decode_body(request_type, content)
    except InvalidParameterValue as error:
        json.dumps(error.as_dict()).encode()


@given(st.sampled_from(REQUESTS), st.binary())
@settings(max_examples=300)
def test_arbitrary_bytes_are_read_or_refused(request_type: type[Request], content: bytes):
    with contextlib.suppress(InvalidParameterValue):
        codec.decode_body(request_type, content)
    with contextlib.suppress(RunstoneError):
        codec.decode_response(RESPONSES[0], content)


@given(st.sampled_from(GET_REQUESTS), st.data())
def test_arbitrary_queries_are_read_or_refused(request_type: type[Request], data: st.DataObject):
    name = st.sampled_from(request_type.__struct_fields__) | st.text()
    pairs = data.draw(st.lists(st.tuples(name, st.text())))
    with contextlib.suppress(InvalidParameterValue):
        codec.decode_query(request_type, pairs)
