"""Which parts of runs a read shows: a list such as `["metrics.loss", "params.*", "tags.mlflow.runName"]`."""

from collections.abc import Sequence

from msgspec import Struct

from runstone.entities.names import MAX_FIELDS
from runstone.errors import InvalidParameterValue
from runstone.search.grammar import RUNS
from runstone.search.tokens import split_name

Keys = frozenset[str] | None
"""The keys that are shown; None for all."""

_LINKS = ("inputs", "outputs")
_ADVICE = (
    "Write metrics.KEY, params.KEY or tags.KEY, with * as the KEY for all of them; inputs; outputs; "
    "or info alone for nothing else"
)


class Fields(Struct, frozen=True):
    """What a read shows of a run beside its info, which it always shows."""

    metrics: Keys = None
    params: Keys = None
    tags: Keys = None
    inputs: bool = True
    outputs: bool = True


EVERYTHING = Fields()


def parse_fields(texts: Sequence[str]) -> Fields:
    """What a list of fields asks for; everything, if it is empty. Raises InvalidParameterValue."""
    if not texts:
        return EVERYTHING
    if len(texts) > MAX_FIELDS:
        raise InvalidParameterValue(
            f"There are {len(texts)} fields; at most {MAX_FIELDS} are allowed. Write * for all keys, as in metrics.*."
        )
    asked: dict[str, set[str]] = {"metric": set(), "param": set(), "tag": set()}
    for text in texts:
        if text not in ("info", *_LINKS):
            kind, key = _kind_and_key(text)
            asked[kind].add(key)
    metrics, params, tags = (None if "*" in keys else frozenset(keys) for keys in asked.values())
    return Fields(metrics, params, tags, *(link in texts for link in _LINKS))


def _kind_and_key(text: str) -> tuple[str, str]:
    prefix, dot, key = text.partition(".")
    entity = RUNS.entities.get(prefix)
    if entity is None or entity.any_key is None or not dot:
        hint = f"; write {text}.* for all of them" if entity and entity.any_key else f". {_ADVICE}"
        raise InvalidParameterValue(f"Invalid field '{text[:200]}'{hint}.")
    written = split_name(text)[1] if key[:1] in ("`", '"') else key
    if not written:
        raise InvalidParameterValue(f"Invalid field '{text[:200]}': a key follows the dot. {_ADVICE}.")
    return entity.kind, written
