"""What each search may ask for, as data: prefixes, keys, comparisons, and MLflow's words for a refusal."""

from typing import Literal

from msgspec import Struct

from runstone.search.expression import FieldKind, Operator

_NUMBER: tuple[Operator, ...] = ("=", "!=", "<", "<=", ">", ">=")
_STRING: tuple[Operator, ...] = ("=", "!=", "LIKE", "ILIKE", "IN", "NOT IN")
_IDENTIFIER: tuple[Operator, ...] = ("=", "!=", "IN", "NOT IN")
_OPTIONAL: tuple[Operator, ...] = (*_STRING, "IS NULL", "IS NOT NULL")


class Key(Struct, frozen=True, kw_only=True):
    """One thing that can be compared.

    `name` is canonical, and empty where any key goes. `type` decides which literals it takes: "integer" takes
    fractions too, "float" turns integers into floats. `value_error` is what is said about another literal
    ({key}, {value}); `label` is what `Wording.operator` may call the key.
    """

    name: str = ""
    type: Literal["string", "integer", "float"]
    operators: tuple[Operator, ...]
    value_error: str
    label: str


class Entity(Struct, frozen=True, kw_only=True):
    """A kind of field and the prefixes that select it.

    Either `any_key` describes whatever follows the prefix, or `filter_keys` and `order_keys` list what may
    (aliases included). `label` is what errors call it.
    """

    kind: FieldKind
    label: str
    prefixes: tuple[str, ...]
    any_key: Key | None = None
    filter_keys: dict[str, Key] = {}
    order_keys: dict[str, Key] = {}
    orderable: bool = True


class Wording(Struct, frozen=True, kw_only=True):
    """MLflow's error messages, where they differ from one search to another; each is a format string."""

    prefix: str
    operator: str
    null: str
    order_entity: str


class Grammar(Struct, frozen=True, kw_only=True):
    """What one search may ask for.

    `entities` maps every prefix to its entity; a name without prefix is an attribute. `advice` says what to write
    instead of a key or prefix that people expect and that is not there. Where an order may name a field twice,
    `repeats`, the first one counts. `example` is a field as one may write it.
    """

    entities: dict[str, Entity]
    example: str
    wording: Wording
    advice: dict[str, str] = {}
    repeats: bool = False

    @classmethod
    def of(
        cls, *entities: Entity, example: str, wording: Wording, advice: dict[str, str], repeats: bool = False
    ) -> "Grammar":
        """The grammar of these entities, one of which has the prefix "attribute" and one `any_key`."""
        by_prefix = {prefix: entity for entity in entities for prefix in entity.prefixes}
        return cls(entities=by_prefix, example=example, wording=wording, advice=advice, repeats=repeats)


_QUOTED = "Expected a quoted string value for {label} (e.g. 'my-value'). Got value {{value}}"
_NUMERIC_ATTRIBUTE = "Expected numeric value type for numeric attribute: {key}. Found {value}"
_STRING_ATTRIBUTE = "Expected a quoted string value for attributes. Got value {value}"
_STRING_DATASET = "Expected a quoted string value for dataset attributes. Got value {value}"


def _string(name: str, *, operators: tuple[Operator, ...] = _STRING, label: str = "string attribute") -> Key:
    return Key(name=name, type="string", operators=operators, value_error=_STRING_ATTRIBUTE, label=label)


def _integer(name: str) -> Key:
    return Key(
        name=name,
        type="integer",
        operators=_NUMBER,
        value_error=_NUMERIC_ATTRIBUTE,
        label="numeric attribute",
    )


def _keys(*keys: Key) -> dict[str, Key]:
    return {key.name: key for key in keys}


def _aliased(keys: dict[str, Key], aliases: dict[str, str]) -> dict[str, Key]:
    return keys | {alias: keys[name] for alias, name in aliases.items()}


def _optional_string(label: str) -> Key:
    return Key(type="string", operators=_OPTIONAL, value_error=_QUOTED.format(label=label), label=label)


def _tag(*prefixes: str, orderable: bool = True) -> Entity:
    return Entity(
        kind="tag", label="tag", prefixes=prefixes, any_key=_optional_string("tag"), orderable=orderable
    )


_METRIC = Entity(
    kind="metric",
    label="metric",
    prefixes=("metric", "metrics"),
    any_key=Key(
        type="float",
        operators=_NUMBER,
        value_error="Expected numeric value type for metric. Found {value}",
        label="metric",
    ),
)
_PARAM = Entity(
    kind="param",
    label="parameter",
    prefixes=("parameter", "parameters", "param", "params"),
    any_key=_optional_string("parameter"),
)
_DATASET = Entity(
    kind="dataset",
    label="dataset",
    prefixes=("dataset", "datasets"),
    filter_keys=_keys(
        *(
            Key(name=name, type="string", operators=_STRING, value_error=_STRING_DATASET, label="dataset")
            for name in ("name", "digest", "context")
        )
    ),
    orderable=False,
)

_RUN_KEYS = _keys(
    _string("run_id"),
    _string("run_name"),
    _string("status"),
    _string("user_id"),
    _string("artifact_uri"),
    _integer("start_time"),
    _integer("end_time"),
)
_CREATED = {"created": "start_time", "Created": "start_time"}
_RUN_NAME = {"run name": "run_name", "Run name": "run_name", "Run Name": "run_name"}

RUNS = Grammar.of(
    _METRIC,
    _PARAM,
    _tag("tag", "tags"),
    Entity(
        kind="attribute",
        label="attribute",
        prefixes=("attribute", "attributes", "attr", "run"),
        filter_keys=_aliased(_RUN_KEYS, _CREATED | _RUN_NAME),
        order_keys=_aliased(_RUN_KEYS, _CREATED),
    ),
    _DATASET,
    example="metrics.loss",
    wording=Wording(
        prefix=(
            "Invalid entity type '{prefix}'. "
            "Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']"
        ),
        operator="Invalid comparator '{operator}' not one of '{operators}'",
        null="IS NULL / IS NOT NULL is only supported for tags and params, not for '{label}' '{key}'",
        order_entity="Invalid identifier type '{label}'",
    ),
    advice={
        "lifecycle_stage": "deleted runs are asked for with run_view_type",
        "experiment_id": "experiments are chosen with experiment_ids",
        "experiment_name": "experiments are chosen with experiment_ids",
        "name": "did you mean run_name?",
        "runName": "did you mean run_name?",
        "id": "did you mean run_id?",
        "user": "did you mean user_id?",
        "state": "did you mean status?",
        "duration": "compare start_time and end_time, in milliseconds since 1970",
    },
)

_EXPERIMENT_KEYS = _keys(
    _string("experiment_id", operators=_IDENTIFIER, label="experiment_id"),
    _string("name"),
    _integer("creation_time"),
    _integer("last_update_time"),
)

EXPERIMENTS = Grammar.of(
    Entity(
        kind="attribute",
        label="attribute",
        prefixes=("attribute",),
        filter_keys=_EXPERIMENT_KEYS,
        order_keys=_EXPERIMENT_KEYS,
    ),
    _tag("tag", "tags", orderable=False),
    example="tags.team",
    wording=Wording(
        prefix="Invalid entity type '{prefix}'. Valid entity types are ('attribute', 'tag', 'tags')",
        operator="Invalid comparator for {key_label}: {operator}",
        null="IS NULL / IS NOT NULL is only supported for tags, not for {label} '{key}'",
        order_entity=f"Invalid order_by entity: {{label}}. Experiments are ordered by {', '.join(_EXPERIMENT_KEYS)}.",
    ),
    advice={
        "lifecycle_stage": "deleted experiments are asked for with view_type",
        "id": "did you mean experiment_id?",
    }
    | {
        prefix: "it belongs to runs: search for those"
        for entity in (_METRIC, _PARAM, _DATASET)
        for prefix in entity.prefixes
    },
    repeats=True,
)
