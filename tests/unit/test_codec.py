"""The protocol's JSON, as MLflow 3.17 was recorded to read it."""

import json
import math
from typing import Any

import msgspec
import pytest

from runstone.errors import InvalidParameterValue, RunstoneError
from runstone.wire import codec
from runstone.wire.base import EmptyResponse
from runstone.wire.experiments import CreateExperiment, GetExperiment, SearchExperiments
from runstone.wire.metrics import GetMetricHistory, GetMetricHistoryResponse, GetSeries
from runstone.wire.operations import OPERATIONS
from runstone.wire.runs import (
    CreateRun,
    GetRun,
    LogBatch,
    LogMetric,
    Metric,
    SearchRuns,
    SetTag,
    UpdateRun,
)

POINT = {"run_id": "r", "key": "loss", "value": 0.5, "timestamp": 7}


def body(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def refused(request_type: Any, content: bytes) -> str:
    with pytest.raises(InvalidParameterValue) as caught:
        codec.decode_body(request_type, content)
    return caught.value.message


def missing(name: str) -> str:
    return InvalidParameterValue.missing(name).message


def wrong_type(name: str, value: object) -> str:
    return InvalidParameterValue.wrong_type(name, value).message


# --- what is tolerated ----------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"  \n", b"null", b"{}", b'"{}"', b"\xef\xbb\xbf{}"])
def test_an_empty_body_and_null_are_an_empty_request(content: bytes):
    assert codec.decode_body(SearchRuns, content) == SearchRuns()


def test_unknown_names_are_ignored():
    assert codec.decode_body(SetTag, body(run_id="r", key="k", colour="red")) == SetTag(run_id="r", key="k")


def test_an_empty_name_is_an_unknown_name():
    assert codec.decode_body(SetTag, b'{"run_id": "r", "key": "k", "": 5}') == SetTag(run_id="r", key="k")


def test_of_a_name_given_twice_the_last_counts():
    twice = b'{"run_id": "r", "key": "k", "value": "1", "value": "2"}'
    assert codec.decode_body(SetTag, twice).value == "2"
    assert codec.decode_body(SetTag, twice[:-1] + b', "unknown": 1}').value == "2"


def test_json_within_json_is_read():
    inner = json.dumps({"run_id": "r", "key": "k", "value": "1"})
    assert codec.decode_body(SetTag, json.dumps(inner).encode()) == SetTag(run_id="r", key="k", value="1")


def test_null_is_the_same_as_absent():
    assert codec.decode_body(SetTag, body(run_id="r", key="k", value=None)).value == ""
    assert codec.decode_body(SearchRuns, body(order_by=None, filter=None, max_results=None)) == SearchRuns()
    assert codec.decode_body(SearchRuns, body(experiment_ids=[None])) == SearchRuns()


def test_run_uuid_stands_in_for_run_id():
    assert codec.decode_body(SetTag, body(run_uuid="r", key="k")).run_id == "r"
    assert codec.decode_body(SetTag, body(run_uuid="old", run_id="new", key="k")).run_id == "new"
    assert codec.decode_query(GetRun, [("run_uuid", "r")]).run_id == "r"
    assert refused(SetTag, body(run_uuid="", key="k")) == missing("run_id")
    assert refused(SetTag, body(run_uuid=5, key="k")) == wrong_type("run_id", 5)


@pytest.mark.parametrize("given", [1, 1.0, "1", "+1", "01"], ids=repr)
def test_integers_may_be_texts_and_doubles_without_a_fraction(given: object):
    assert codec.decode_body(SearchRuns, body(max_results=given)).max_results == 1


def test_optional_fields_may_be_spelt_in_camel_case():
    given = codec.decode_body(SearchExperiments, body(maxResults=3, orderBy=["name"]))
    assert given == SearchExperiments(max_results=3, order_by=["name"])


def test_a_number_or_a_name_may_stand_for_a_status():
    for status in ("FINISHED", 3):
        assert codec.decode_body(UpdateRun, body(run_id="r", status=status)).status == status


def test_tags_of_a_new_run_that_are_no_list_are_ignored():
    assert codec.decode_body(CreateRun, body(experiment_id="1", tags={"a": "b"})).tags == []
    assert refused(CreateExperiment, body(name="x", tags={"a": "b"})) == wrong_type("tags", {"a": "b"})


# --- doubles --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("1", 1.0),
        ("-0.0", -0.0),
        ("5e-324", 5e-324),
        ("1e308", 1e308),
        ("1" + "0" * 308, 1e308),
        ('"1.25"', 1.25),
        ('"-.5e1"', -5.0),
        ('"NaN"', "NaN"),
        ('"Infinity"', "Infinity"),
        ('"-Infinity"', "-Infinity"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"),
        ('"nan"', "NaN"),
        ('"-inf"', "-Infinity"),
    ],
)
def test_a_double_keeps_its_value_in_every_spelling(token: str, expected: float | str):
    content = json.dumps(POINT | {"value": "?"}).replace('"?"', token).encode()
    value = codec.decode_body(LogMetric, content).value
    assert value == expected
    assert isinstance(value, str) or math.copysign(1, value) == math.copysign(1, float(expected))
    batch = b'{"run_id": "r", "metrics": [' + content.replace(b'"run_id": "r", ', b"") + b"]}"
    assert codec.decode_body(LogBatch, batch).metrics[0].value == expected


@pytest.mark.parametrize("token", ["1e999", "-1e999", '"1e999"', "1" + "0" * 309, "1" + "0" * 5_000])
def test_a_double_that_nothing_can_hold_is_refused(token: str):
    message = refused(LogMetric, json.dumps(POINT | {"value": "?"}).replace('"?"', token).encode())
    assert "for parameter 'value' supplied. It does not fit a double." in message
    assert len(message) < 150


@pytest.mark.parametrize("value", ["abc", "", "1_0", " 1", "0x1", "infinite", True, [1], {"a": 1}])
def test_what_is_no_double_is_refused(value: object):
    expected = missing("value") if value == "" else wrong_type("value", value)
    assert refused(LogMetric, body(**POINT | {"value": value})) == expected


@pytest.mark.parametrize("token", ["9223372036854775808", "-9223372036854775809", "1e300", "9" * 5_000])
def test_an_integer_beyond_64_bits_is_refused(token: str):
    message = refused(LogMetric, json.dumps(POINT | {"timestamp": "?"}).replace('"?"', token).encode())
    assert "for parameter 'timestamp' supplied. It does not fit an integer of 64 bits." in message


def test_the_whole_range_of_64_bits_fits():
    for step in (2**63 - 1, -(2**63)):
        assert codec.decode_body(LogMetric, body(**POINT, step=step)).step == step


# --- what is refused ------------------------------------------------------------------------------


def test_the_first_missing_field_is_named():
    assert refused(LogMetric, b"{}") == missing("run_id")
    assert refused(LogMetric, body(run_id="r")) == missing("key")
    assert refused(LogMetric, body(run_id="r", key="")) == missing("key")
    assert refused(LogMetric, body(run_id="r", key="k", timestamp="soon")) == missing("value")
    assert refused(LogMetric, body(run_id="r", key="k", value=0)) == missing("timestamp")
    assert refused(SetTag, body(run_id=None, key="o")) == missing("run_id")


def test_required_fields_are_not_known_in_camel_case():
    assert refused(SetTag, body(runId="r", key="k")) == missing("run_id")


def test_a_field_in_both_spellings_is_refused():
    message = "Request specifies both 'run_id' and 'runId'; provide only one of them."
    assert refused(SetTag, body(run_id="r", runId="r", key="k")) == message


@pytest.mark.parametrize("value", [5, True, 1.5, ["a"], {"a": 1}])
def test_a_text_of_another_type_is_refused_with_its_type(value: object):
    message = refused(SetTag, body(run_id="r", key="k", value=value))
    assert message == wrong_type("value", value)
    assert f"Hint: Value was of type '{type(value).__name__}'" in message


@pytest.mark.parametrize("value", ["soon", 1.5, True, [], float("nan")])
def test_what_is_no_integer_is_refused(value: object):
    assert refused(CreateRun, body(start_time=value)) == wrong_type("start_time", value)


@pytest.mark.parametrize("value", [True, 1.5, [], {}])
def test_what_is_neither_name_nor_number_is_refused(value: object):
    assert refused(UpdateRun, body(run_id="r", status=value)) == wrong_type("status", value)


@pytest.mark.parametrize("value", ["start_time", {"a": 1}, [1], ["a", 1]])
def test_a_list_of_texts_is_refused_whole(value: object):
    assert refused(SearchRuns, body(order_by=value)) == wrong_type("order_by", value)


def test_what_is_wrong_within_a_batch_is_named_with_its_place():
    good = {"key": "k", "value": 1, "timestamp": 1}
    for bad, message in [
        (good | {"key": ""}, missing("metrics[1].key")),
        (good | {"value": "x"}, wrong_type("metrics[1].value", "x")),
        (good | {"step": 1.5}, wrong_type("metrics[1].step", 1.5)),
        ({"key": "k", "value": 1}, missing("metrics[1].timestamp")),
        (5, wrong_type("metrics[1]", 5)),
        (None, wrong_type("metrics[1]", None)),
    ]:
        # An unknown name sends the whole body through the slow path.
        assert refused(LogBatch, body(run_id="r", metrics=[good, bad], unknown=1)) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"name": ', "The request body is not valid JSON: Expecting value at line 1, column 10."),
        (b'{"name": "x",}', "The request body is not valid JSON"),
        (b'{"name": "x"}x', "The request body is not valid JSON: Extra data"),
        (b'["name"]', "The request body must be a JSON object, not a list."),
        (b'"name"', "The request body is not valid JSON"),
        (b'"5"', "The request body must be a JSON object, not a number."),
        (b"5", "The request body must be a JSON object, not a number."),
        (b"true", "The request body must be a JSON object, not a boolean."),
        (b'"\\"x\\""', "The request body must be a JSON object, not a text."),
        (b'{"name": "\xff"}', "The request body is not UTF-8: byte 10 cannot be decoded."),
        (b"[" * 200_000, "The request body is nested too deeply."),
        (b'{"a":' * 200_000, "The request body is nested too deeply."),
        (
            b'{"name": "\\ud800"}',
            "Invalid value for parameter 'name' supplied. It contains half of a surrogate",
        ),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(content: bytes, message: str):
    assert refused(CreateExperiment, content).startswith(message)


# --- queries --------------------------------------------------------------------------------------


def test_a_query_gives_lists_by_repetition_and_scalars_by_their_first():
    pairs = [("order_by", "a"), ("max_results", "5"), ("order_by", "b"), ("max_results", "9"), ("x", "y")]
    assert codec.decode_query(SearchExperiments, pairs) == SearchExperiments(
        max_results=5, order_by=["a", "b"]
    )


def test_a_query_knows_no_camel_case():
    with pytest.raises(InvalidParameterValue) as caught:
        codec.decode_query(GetExperiment, [("experimentId", "1")])
    assert caught.value.message == missing("experiment_id")
    both = [("experimentId", "1"), ("experiment_id", "2")]
    assert codec.decode_query(GetExperiment, both).experiment_id == "2"


def test_a_word_for_a_number_in_a_query_is_refused():
    pairs = [("run_id", "r"), ("metric_key", "m"), ("max_results", "x")]
    with pytest.raises(InvalidParameterValue) as caught:
        codec.decode_query(GetMetricHistory, pairs)
    assert caught.value.message == wrong_type("max_results", "x")


def test_a_boolean_in_a_query_is_true_or_false():
    class Archive(GetRun, kw_only=True):
        everything: bool = False

    assert codec.decode_query(Archive, [("run_id", "r"), ("everything", "True")]).everything
    assert ("everything", "true") in codec.encode_query(Archive(run_id="r", everything=True))
    with pytest.raises(InvalidParameterValue, match="Invalid boolean value: 1, must be 'true' or 'false'"):
        codec.decode_query(Archive, [("run_id", "r"), ("everything", "1")])
    assert refused(Archive, body(run_id="r", everything="true")) == wrong_type("everything", "true")


# --- answers --------------------------------------------------------------------------------------


def test_what_is_unset_or_empty_is_left_out():
    assert codec.encode(EmptyResponse()) == b"{}"
    metrics = GetMetricHistoryResponse([Metric("m", "NaN", 1)])
    assert json.loads(codec.encode(metrics)) == {"metrics": [{"key": "m", "value": "NaN", "timestamp": 1}]}


def test_an_answer_with_a_bare_nan_or_numbers_as_texts_is_read():
    answer = b'{"metrics": [{"key": "m", "value": NaN, "timestamp": "5", "new": {}}], "also_new": 1}'
    metric = codec.decode_response(GetMetricHistoryResponse, answer).metrics[0]
    assert isinstance(metric.value, float)
    assert math.isnan(metric.value)
    assert metric.timestamp == 5


def test_an_empty_answer_is_an_empty_object():
    assert codec.decode_response(EmptyResponse, b"") == EmptyResponse()


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b'{"metrics": 5}', b"\xff", b"[" * 200_000])
def test_an_answer_that_is_none_of_the_protocol_is_an_error_that_says_so(answer: bytes):
    with pytest.raises(RunstoneError, match="The server's answer is not a GetMetricHistoryResponse"):
        codec.decode_response(GetMetricHistoryResponse, answer)


def test_every_request_of_the_table_can_be_read_slowly():
    for operation in OPERATIONS:
        required = [f.name for f in msgspec.structs.fields(operation.request) if f.required]
        given = body(an_unknown_name=1, **{name: [] if name.endswith("s") else "1" for name in required})
        assert isinstance(codec.decode_body(operation.request, given), operation.request)


def test_a_type_without_a_rule_is_a_programming_error():
    class Odd(GetRun, kw_only=True):
        raw: msgspec.Raw | None = None

    with pytest.raises(TypeError, match="no rule"):
        codec.decode_body(Odd, b"{}")


def test_a_list_that_is_required_may_be_empty():
    assert codec.decode_body(GetSeries, body(run_ids=[], metric_keys=[], x=1)).run_ids == []
    assert refused(GetSeries, body(run_ids=["r"])) == missing("metric_keys")
