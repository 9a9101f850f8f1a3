"""What names and values may be: lengths, characters, ranges. Each rule stands here once.

The numbers are MLflow's (mlflow.utils.validation), so that what fits there fits here and the reverse.
"""

import json
import posixpath
import re
from functools import lru_cache

from runstone.errors import InvalidParameterValue

MAX_INT64 = 2**63 - 1
MIN_INT64 = -(2**63)

MAX_KEY_LENGTH = 250
MAX_PARAM_LENGTH = 6_000
MAX_TAG_LENGTH = 8_000
MAX_EXPERIMENT_TAG_LENGTH = 20_000
MAX_EXPERIMENT_NAME_LENGTH = 500
MAX_RUN_NAME_LENGTH = 250
MAX_ARTIFACT_LOCATION_LENGTH = 2_048
MAX_DATASET_NAME_LENGTH = 500
MAX_DATASET_DIGEST_LENGTH = 36
MAX_DATASET_SOURCE_TYPE_LENGTH = 36
MAX_DATASET_SOURCE_LENGTH = 65_535
MAX_DATASET_SCHEMA_LENGTH = 1_048_575
MAX_DATASET_PROFILE_LENGTH = 16_777_215
MAX_INPUT_TAG_KEY_LENGTH = 255
MAX_INPUT_TAG_VALUE_LENGTH = 500
MAX_MODEL_ID_LENGTH = 64
MAX_MODEL_HISTORY_LENGTH = 1_000_000
MAX_IMPORTED_LENGTH = 1_000_000  # of a param or a tag: other trackers, and older MLflows, had other limits

MAX_METRICS_PER_BATCH = 1_000
MAX_PARAMS_PER_BATCH = 100
MAX_TAGS_PER_BATCH = 100
MAX_ENTITIES_PER_BATCH = 1_000
MAX_INPUTS_PER_BATCH = 1_000

MAX_SEARCH_RESULTS = 50_000
MAX_SERIES_RUNS = 100
MAX_BULK_HISTORY = 25_000
MAX_BULK_INTERVAL = 2_500
MAX_SERIES_KEYS = 2_000
MAX_SERIES_POINTS = 2_000_000  # in an answer of JSON, some 80 MB
MAX_COLUMN_POINTS = 20_000_000  # in an answer of columns, or of one series that is to be down-sampled
MAX_DATASET_EXPERIMENTS = 20
MAX_DATASET_SUMMARIES = 1_000
MAX_FILTER_TERMS = 500
MAX_FIELDS = 1_000
MAX_ORDER_TERMS = 20  # SQLite 3.40 crashes on a join sorted by over 63 columns; a metric takes three
MAX_PATTERN_LENGTH = 12_000  # in characters: SQLite takes 50,000 bytes

RUN_NAME_TAG = "mlflow.runName"
PARENT_RUN_TAG = "mlflow.parentRunId"
NOTE_TAG = "mlflow.note.content"
USER_TAG = "mlflow.user"
IMPORT_TAG = "runstone.import"  # where an imported run came from, in which state, and when
SOURCE_NAME_TAG = "mlflow.source.name"
SOURCE_TYPE_TAG = "mlflow.source.type"
DATASET_CONTEXT_TAG = "mlflow.data.context"
MODEL_HISTORY_TAG = "mlflow.log-model.history"
GIT_COMMIT_TAG = "mlflow.source.git.commit"
GIT_BRANCH_TAG = "mlflow.source.git.branch"
GIT_REMOTE_TAG = "mlflow.source.git.repoURL"
GIT_DIRTY_TAG = "mlflow.source.git.dirty"

_KEY = re.compile(r"[/\w.\- :]*")
_RUN_ID = re.compile(r"[a-zA-Z0-9][\w-]{0,255}")


def check_key(key: str, *, parameter: str = "key", what: str = "key") -> None:
    """Raises InvalidParameterValue unless `key` can name a metric, a param or a tag.

    Args:
        key: the name: at most 250 characters; letters of any script, digits, `_ - . : /` and spaces; equal to its own
            normalised POSIX path, so that it can be a file's name.
        parameter: how the request calls it, for the message.
        what: how a message about its length calls it.
    """
    _check_key(key, parameter, what)


@lru_cache(maxsize=16_384)  # a run logs under the same names again and again; a refusal is not remembered
def _check_key(key: str, parameter: str, what: str) -> None:
    if not _KEY.fullmatch(key):
        raise InvalidParameterValue(
            f"Invalid value {json.dumps(key, ensure_ascii=False)} for parameter '{parameter}' supplied: Names may only "
            "contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)."
        )
    resolved = posixpath.normpath(key)
    if resolved != key or resolved in (".", "..") or resolved.startswith(("../", "/")):
        raise InvalidParameterValue(
            f"Invalid value {json.dumps(key, ensure_ascii=False)} for parameter '{parameter}' supplied: Names may be "
            "treated as files in certain cases, and must not resolve to other names when treated as such. "
            f"This name would resolve to '{resolved}'"
        )
    check_length(key, MAX_KEY_LENGTH, what)


def check_length(text: str, limit: int, what: str) -> None:
    """Raises InvalidParameterValue if `text` has more than `limit` characters."""
    if len(text) > limit:
        raise InvalidParameterValue(f"'{what}' exceeds the maximum length of {limit} characters")


def check_text(text: str, what: str, *, of: str = "") -> None:
    """Raises InvalidParameterValue for a NUL character or a lone surrogate, which no database keeps faithfully.

    `what` is the parameter's name, and `of` says whose it is where there are several.
    """
    shown = f"'{what}' of {of}" if of else f"'{what}'"
    if "\0" in text:
        raise InvalidParameterValue(
            f"{shown} contains a NUL character (U+0000), which cannot be stored. Remove it."
        )
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        raise InvalidParameterValue(
            f"{shown} contains half of a surrogate pair, which is no character. Remove it."
        )


def is_run_id(run_id: str) -> bool:
    """Whether `check_run_id` lets a text pass."""
    return _RUN_ID.fullmatch(run_id) is not None


def check_run_id(run_id: str) -> None:
    """Raises InvalidParameterValue unless `run_id` can name a run: a letter or digit, then up to 255 `\\w` or `-`."""
    if not is_run_id(run_id):
        raise InvalidParameterValue(
            f"Invalid value {json.dumps(run_id, ensure_ascii=False)} for parameter 'run_id' supplied."
        )


def check_experiment_name(name: str) -> None:
    """Raises InvalidParameterValue unless `name` can name an experiment: 1 to 500 characters."""
    if not name:
        raise InvalidParameterValue(f"Invalid experiment name: '{name}'")
    check_length(name, MAX_EXPERIMENT_NAME_LENGTH, "name")
    check_text(name, "name")


def experiment_number(experiment_id: str) -> int:
    """The integer behind an experiment id. Raises InvalidParameterValue for anything else."""
    if re.fullmatch(r"[0-9]{1,19}", experiment_id) and (number := int(experiment_id)) <= MAX_INT64:
        return number
    raise InvalidParameterValue(
        f"Invalid experiment ID '{experiment_id}'. Experiment ID must be a valid integer."
    )


def check_batch_size(metrics: int, params: int, tags: int) -> None:
    """Raises InvalidParameterValue if one batch holds more than the protocol allows."""
    for count, limit, what in (
        (metrics, MAX_METRICS_PER_BATCH, "metrics"),
        (params, MAX_PARAMS_PER_BATCH, "params"),
        (tags, MAX_TAGS_PER_BATCH, "tags"),
        (metrics + params + tags, MAX_ENTITIES_PER_BATCH, "metrics, params, and tags"),
    ):
        if count > limit:
            raise InvalidParameterValue(
                f"A batch logging request can contain at most {limit} {what}. Got {count} {what}. "
                f"Please split up {what} across multiple requests and try again."
            )
