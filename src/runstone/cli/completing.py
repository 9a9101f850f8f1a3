"""What a shell offers behind an option: the experiments and the latest runs of the store."""

import logging
import os
import shlex
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from runstone import settings
from runstone.cli.groups import Session
from runstone.cli.texts import visible
from runstone.errors import RunstoneError

if TYPE_CHECKING:
    from runstone.client.client import Client

_OFFERED = 100
_PATIENCE_S = 2.0


def offered(ctx: click.Context, kind: str, beginning: str) -> list[CompletionItem]:
    """What begins so among "experiment_id", "experiment_name" and "run_id"; nothing where the store does not answer."""
    settings.HTTP_MAX_RETRIES.default, settings.HTTP_TIMEOUT.default = 0, _PATIENCE_S
    logging.getLogger("runstone").setLevel(logging.CRITICAL)
    try:
        with Session(ctx.find_root().params.get("tracking_uri")).client() as client:
            items = _runs(client) if kind == "run_id" else _experiments(client, by_id=kind == "experiment_id")
    except (RunstoneError, OSError):
        return []  # somebody is typing: a message would land in the middle of their line
    found = [item for item in items if item.value.startswith(beginning)]
    if os.environ.get("_RUNSTONE_COMPLETE", "").startswith(
        "bash"
    ):  # other shells quote what needs it themselves
        return [CompletionItem(shlex.quote(item.value)) for item in found]
    return found


def _experiments(client: "Client", *, by_id: bool) -> list[CompletionItem]:
    found = client.search_experiments(max_results=_OFFERED)
    if by_id:
        return [CompletionItem(item.experiment_id, help=visible(item.name)) for item in found]
    return [CompletionItem(item.name, help=f"id {item.experiment_id}") for item in found]


def _runs(client: "Client") -> list[CompletionItem]:
    experiments = [item.experiment_id for item in client.search_experiments(max_results=_OFFERED)]
    found = client.search_runs(experiments, max_results=_OFFERED, fields=["info"])
    return [CompletionItem(run.info.run_id, help=visible(run.info.run_name or "")) for run in found]
