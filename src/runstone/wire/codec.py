"""The protocol's JSON, with every quirk of MLflow's in this one place.

A body is decoded with the request's struct. Whatever the struct refuses is read again, slowly and by MLflow's
rules, which decide whether it means something after all or what exactly the error says:

* unknown names are ignored; of a name given twice the last counts; null is the same as absent;
* an optional field may be spelt in camelCase, a required one may not, and no field both ways at once;
* integers and doubles may be texts, integers may be doubles without a fraction;
* `run_uuid` stands in for `run_id`;
* a body may be JSON text within JSON text, or empty.

Where MLflow stores 0 in silence (bare NaN and Infinity, "nan", 1e999, enormous integers) the value is kept if
a double can hold it and refused otherwise. Malformed JSON is refused, not taken for an empty body.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache, partial
from typing import Any, TypeVar, cast

import msgspec
from msgspec import inspect

from runstone.entities.names import MAX_INT64, MIN_INT64
from runstone.errors import InvalidParameterValue, RunstoneError
from runstone.wire.base import Double, PackedResponse, Request, Response, to_double
from runstone.wire.runs import CreateRun

_Request = TypeVar("_Request", bound=Request)
_Response = TypeVar("_Response", bound=Response)
_Read = Callable[[Any, str], Any]
"""Makes a field's value of what JSON had; the text is the parameter's name, for the message."""

_IGNORED_IF_NO_LIST = {(CreateRun, "tags")}
"""Lists whose type MLflow never checks: in their place it ignores anything else."""

_INTEGER = re.compile(r"[+-]?[0-9]{1,25}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf(inity)?)", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_INTEGER = 400
_LONGEST_SHOWN = 40

_encoder = msgspec.json.Encoder()
_packer = msgspec.msgpack.Encoder()


def encode(message: Request | Response) -> bytes:
    """A request or a response as it travels: as JSON, unless its class says otherwise."""
    return (_packer if isinstance(message, PackedResponse) else _encoder).encode(message)


def decode_body(request_type: type[_Request], content: bytes) -> _Request:
    """The request in a body. Raises InvalidParameterValue, whatever the bytes are."""
    shape = _shape(request_type)
    try:
        request: _Request = shape.decoder.decode(content)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _decode_slowly(shape, content)
    return request


def decode_query(request_type: type[_Request], pairs: Iterable[tuple[str, str]]) -> _Request:
    """The request in the arguments of a URL. A list is an argument repeated; else the first of a name counts.

    Raises InvalidParameterValue.
    """
    shape = _shape(request_type)
    given: dict[str, Any] = {}
    for name, text in pairs:
        field = shape.fields.get(name)
        if field is None:
            continue
        if field.is_list:
            given.setdefault(name, []).append(text)
        elif name not in given:
            given[name] = _boolean_text(text) if field.read is _boolean else text
    return _fill(shape, given, "")


def encode_query(request: Request) -> list[tuple[str, str]]:
    """The request as arguments of a URL: what differs from its default, a list as one for each item."""
    given: dict[str, Any] = msgspec.to_builtins(request)
    return [(name, _argument(item)) for name, value in given.items() for item in _elements(value)]


def decode_response(response_type: type[_Response], content: bytes) -> _Response:
    """The response in a server's answer. Raises RunstoneError if it is not what the protocol says."""
    try:
        if issubclass(response_type, PackedResponse):
            return msgspec.msgpack.decode(content, type=response_type)
        return _decode_json(response_type, content)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise RunstoneError(
            f"The server's answer is not a {response_type.__name__} ({error}). Is the tracking URI that of a "
            "Runstone or MLflow server, and does nothing between here and there alter its answers?"
        ) from error


def _decode_json(response_type: type[_Response], content: bytes) -> _Response:
    with suppress(msgspec.MsgspecError, ValueError, RecursionError):
        return _response_decoder(response_type).decode(content or b"{}")
    # Python's reader takes bare NaN, which some MLflow servers write.
    return msgspec.convert(json.loads(content), response_type, strict=False)


def _argument(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _elements(value: object) -> list[Any]:
    """A list as it is, anything else as a list of itself."""
    return cast("list[Any]", value) if isinstance(value, list) else [value]


# --- how a request is read ----------------------------------------------------------------------


class _Field(msgspec.Struct, frozen=True):
    """A field of a message. `camel` is its other spelling; it may be the same."""

    name: str
    camel: str
    required: bool
    is_list: bool
    read: _Read


class _Shape(msgspec.Struct, frozen=True):
    """What the codec knows of a message: its decoder, and its fields for the slow path."""

    type: type[Any]
    decoder: msgspec.json.Decoder[Any]
    fields: dict[str, _Field]


@cache
def _shape(struct: type[msgspec.Struct]) -> _Shape:
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    fields: dict[str, _Field] = {}
    for field in info.fields:
        kind = _without_null(field.type)
        is_list = isinstance(kind, inspect.ListType)
        read = _reader(kind)
        fields[field.name] = _Field(field.name, _camel_case(field.name), field.required, is_list, read)
    return _Shape(struct, msgspec.json.Decoder(struct), fields)


@cache
def _response_decoder(response_type: type[_Response]) -> "msgspec.json.Decoder[_Response]":
    return msgspec.json.Decoder(response_type)


def _without_null(kind: inspect.Type) -> inspect.Type:
    if not isinstance(kind, inspect.UnionType):
        return kind
    rest = tuple(t for t in kind.types if not isinstance(t, inspect.NoneType))
    return rest[0] if len(rest) == 1 else inspect.UnionType(rest)


def _reader(kind: inspect.Type) -> _Read:
    """The slow path's way to read a type. TypeError for one that no request has had so far."""
    match kind:
        case inspect.StrType():
            return _text
        case inspect.IntType():
            return _integer
        case inspect.BoolType():
            return _boolean
        case inspect.StructType(cls=part):
            return partial(_part, _shape(part))
        case inspect.ListType(item_type=inspect.StructType(cls=part)):
            return partial(_parts, _shape(part))
        case inspect.ListType(item_type=item):
            return partial(_scalars, _reader(item))
        case inspect.UnionType() if any(isinstance(t, inspect.FloatType) for t in kind.types):
            return _double
        case inspect.UnionType() if any(isinstance(t, inspect.IntType) for t in kind.types):
            return _name_or_number
        case _:
            raise TypeError(f"The codec has no rule for a request's field of the type {kind}.")


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


# --- the slow path: values of any kind ----------------------------------------------------------


def _decode_slowly(shape: _Shape, content: bytes) -> Any:
    try:
        return _fill(shape, _object(content), "")
    except RecursionError as error:
        raise InvalidParameterValue("The request body is nested too deeply.") from error


def _object(content: bytes) -> dict[str, Any]:
    """The JSON object of a body; an empty body and null are an empty one."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidParameterValue(
            f"The request body is not UTF-8: byte {error.start} cannot be decoded."
        ) from error
    value = _parse(text)
    if isinstance(value, str):
        value = _parse(value)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidParameterValue(f"The request body must be a JSON object, not a {_kind(value)}.")
    return cast("dict[str, Any]", value)


def _parse(text: str) -> Any:
    if not text or text.isspace():
        return None
    try:
        return json.loads(text, parse_int=_integer_token, parse_float=_double_token)
    except json.JSONDecodeError as error:
        raise InvalidParameterValue(
            f"The request body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "list" if isinstance(value, list) else "text" if isinstance(value, str) else "number"


class _OutOfRange(str):
    """A number in JSON that nothing here can hold, as it was written."""


def _integer_token(token: str) -> "int | _OutOfRange":
    return int(token) if len(token) <= _LONGEST_INTEGER else _OutOfRange(token)


def _double_token(token: str) -> "float | _OutOfRange":
    value = float(token)
    return _OutOfRange(token) if math.isinf(value) else value


def _fill(shape: _Shape, given: Mapping[str, Any], prefix: str) -> Any:
    """A message of its fields' values, or the error about the first field that is missing or wrong."""
    for field in shape.fields.values():
        if field.camel != field.name and field.camel in given and field.name in given:
            raise InvalidParameterValue(
                f"Request specifies both '{field.name}' and '{field.camel}'; provide only one of them."
            )
    values: dict[str, Any] = {}
    for name, field in shape.fields.items():
        value = given.get(name if field.required or name in given else field.camel)
        if value is None and name == "run_id" and "run_uuid" in shape.fields:
            value = given.get("run_uuid")
        if field.required and (value is None or value == ""):
            raise InvalidParameterValue.missing(prefix + name)
        if value is None or ((shape.type, name) in _IGNORED_IF_NO_LIST and not isinstance(value, list)):
            continue
        values[name] = field.read(value, prefix + name)
    return shape.type(**values)


# --- the slow path: one value -------------------------------------------------------------------


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or isinstance(value, _OutOfRange):
        raise InvalidParameterValue.wrong_type(name, value)
    if not value.isascii() and _SURROGATE.search(value):
        raise InvalidParameterValue(
            f"Invalid value for parameter '{name}' supplied. "
            "It contains half of a surrogate pair, which is no character."
        )
    return value


def _integer(value: Any, name: str) -> int:
    if isinstance(value, _OutOfRange):
        raise _too_large(value, name, "an integer of 64 bits")
    if (isinstance(value, float) and value.is_integer()) or (
        isinstance(value, str) and _INTEGER.fullmatch(value)
    ):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidParameterValue.wrong_type(name, value)
    if not MIN_INT64 <= value <= MAX_INT64:
        raise _too_large(value, name, "an integer of 64 bits")
    return value


def _double(value: Any, name: str) -> Double:
    if isinstance(value, float):
        return to_double(value)
    if isinstance(value, str) and _NOT_FINITE.fullmatch(value):
        return to_double(float(value))
    if isinstance(value, bool) or not (isinstance(value, int) or _is_number(value)):
        raise InvalidParameterValue.wrong_type(name, value)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isinf(number):
        raise _too_large(value, name, "a double")
    return number


def _is_number(value: object) -> bool:
    return isinstance(value, str) and _NUMBER.fullmatch(value) is not None


def _name_or_number(value: Any, name: str) -> str | int:
    is_name = isinstance(value, str) and not isinstance(value, _OutOfRange)
    return _text(value, name) if is_name else _integer(value, name)


def _boolean(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidParameterValue.wrong_type(name, value)
    return value


def _boolean_text(text: str) -> bool:
    lowered = text.lower()
    if lowered not in ("true", "false"):
        raise InvalidParameterValue(f"Invalid boolean value: {text}, must be 'true' or 'false'.")
    return lowered == "true"


def _scalars(read: _Read, value: Any, name: str) -> list[Any]:
    """A list of texts or numbers; a null in it is nothing. An error shows the whole list, as MLflow does."""
    items = [item for item in _list(value, name) if item is not None]
    try:
        return [read(item, name) for item in items]
    except InvalidParameterValue:
        if all(isinstance(item, str) for item in items):
            raise
        raise InvalidParameterValue.wrong_type(name, value) from None


def _part(shape: _Shape, value: Any, name: str) -> Any:
    if not isinstance(value, dict):
        raise InvalidParameterValue.wrong_type(name, value)
    return _fill(shape, cast("dict[str, Any]", value), f"{name}.")


def _parts(shape: _Shape, value: Any, name: str) -> list[Any]:
    return [_part(shape, item, f"{name}[{index}]") for index, item in enumerate(_list(value, name))]


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidParameterValue.wrong_type(name, value)
    return cast("list[Any]", value)


def _too_large(value: int | str, name: str, what: str) -> InvalidParameterValue:
    shown = str(value)
    if len(shown) > _LONGEST_SHOWN:
        shown = f"{shown[:_LONGEST_SHOWN]}…"
    return InvalidParameterValue(
        f"Invalid value {shown} for parameter '{name}' supplied. It does not fit {what}."
    )
