"""The request that removes for good what is deleted, and its response."""

from typing import Annotated

import msgspec

from runstone.wire.base import Int64, Part, Request, Response

MAX_NAMED = 1_000


class CollectGarbage(Request):
    """What to remove: the runs, or the experiments, that are named; everything deleted if none are."""

    run_ids: Annotated[list[str], msgspec.Meta(max_length=MAX_NAMED)] = []
    experiment_ids: Annotated[list[str], msgspec.Meta(max_length=MAX_NAMED)] = []
    deleted_before: Int64 | None = None
    """Leave what was deleted later than this (milliseconds since the epoch)."""
    dry_run: bool = False
    """Tell what would be removed, and remove nothing."""
    page_token: str | None = None


class Kept(Part):
    """Something that was not removed."""

    kind: str
    """What it is: "run", "experiment" or "artifacts"."""
    id: str
    """The id of the run or the experiment."""
    reason: str


class CollectGarbageResponse(Response):
    """What was removed since the request before. While there is a token, ask again with it for the rest."""

    runs: int = 0
    experiments: int = 0
    points: int = 0
    point_bytes: int = 0
    files: int = 0
    file_bytes: int = 0
    kept: list[Kept] = []
    found: int | None = None
    """In the first answer: how many runs there are to be removed."""
    next_page_token: str | None = None
