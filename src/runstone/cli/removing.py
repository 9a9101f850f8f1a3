"""Removing for good what is deleted, in a store of this machine or through a server: how far it is, what it did."""

import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import click

from runstone.cli import texts
from runstone.cli.groups import session
from runstone.cli.output import print_json
from runstone.cli.stores import check_store_exists, is_server
from runstone.errors import EndpointNotFound, InvalidParameterValue, UnsupportedOperation
from runstone.settings import ARTIFACTS_DESTINATION

if TYPE_CHECKING:
    from runstone.wire.removal import CollectGarbage, CollectGarbageResponse

_LISTED = 1_000
_SHOWN = 10

Send = Callable[["CollectGarbage"], "CollectGarbageResponse"]
Progress = Callable[["Removed"], None]


@dataclass
class Removed:
    """What was removed, or would be."""

    experiments: int = 0
    runs: int = 0
    points: int = 0
    point_bytes: int = 0
    artifacts: int = 0
    artifact_bytes: int = 0
    kept_count: int = 0
    kept: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    """The first of what was not removed: its kind, its id, and why."""
    found: int = 0
    """How many runs were found at first."""

    def add(self, answer: "CollectGarbageResponse") -> None:
        """Count what one more answer tells of."""
        self.experiments += answer.experiments
        self.runs += answer.runs
        self.points += answer.points
        self.point_bytes += answer.point_bytes
        self.artifacts += answer.files
        self.artifact_bytes += answer.file_bytes
        self.found += answer.found or 0
        self.kept_count += len(answer.kept)
        room = _LISTED - len(self.kept)
        self.kept += [{"kind": one.kind, "id": one.id, "reason": one.reason} for one in answer.kept[:room]]


@contextmanager
def collector(uri: str, artifacts_destination: str | None = None) -> Generator[Send]:
    """What carries out requests of removal, in the store at a URI."""
    with ExitStack() as stack:
        if is_server(uri):
            if artifacts_destination:
                raise InvalidParameterValue(
                    "--artifacts-destination is for a store that is used directly: a server knows its own."
                )
            yield _through_server(uri, stack)
        else:
            yield _in_store(uri, artifacts_destination, stack)


def _through_server(uri: str, stack: ExitStack) -> Send:
    from runstone.client.transport import connect
    from runstone.wire.operations import BY_NAME

    transport = connect(uri)
    stack.callback(transport.close)

    def send(request: "CollectGarbage") -> Any:
        try:
            return transport.send(BY_NAME["collect_garbage"], request)
        except EndpointNotFound as error:
            raise UnsupportedOperation(
                "This server cannot remove anything for good: it is MLflow's, or an older Runstone. Run the command "
                "where its store is, with --backend-store-uri."
            ) from error

    return send


def _in_store(uri: str, artifacts_destination: str | None, stack: ExitStack) -> Send:
    from runstone.service import open_service
    from runstone.service.opening import places

    check_store_exists(uri)
    database, artifacts = places(uri)
    if isinstance(database, str) and not artifacts_destination and not artifacts.exists():
        raise InvalidParameterValue(
            f"Where are the artifacts? There is no {artifacts}. Name the folder that the server has as its "
            "--artifacts-destination with the same option."
        )
    # On the disk before the next step: a run whose artifacts are gone must not come back after a power cut.
    service = open_service(uri, mode="local", artifacts_destination=artifacts_destination, durable=True)
    stack.callback(service.close)
    return lambda request: service.call("collect_garbage", request)  # pyright: ignore[reportReturnType]


def remove(
    send: Send,
    *,
    run_ids: Sequence[str] = (),
    experiment_ids: Sequence[str] = (),
    deleted_before: int | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Removed:
    """Remove for good the runs and experiments that are named; everything that is deleted if none are."""
    from runstone.wire.removal import MAX_NAMED, CollectGarbage

    removed = Removed()
    chosen = [("run_ids", ids) for ids in _portions(run_ids, MAX_NAMED)]
    chosen += [("experiment_ids", ids) for ids in _portions(experiment_ids, MAX_NAMED)]
    for name, ids in chosen or [("run_ids", [])]:
        token: str | None = None
        while True:
            request = CollectGarbage(
                deleted_before=deleted_before, dry_run=dry_run, page_token=token, **{name: ids}
            )
            answer = send(request)
            removed.add(answer)
            if progress:
                progress(removed)
            token = answer.next_page_token
            if token is None:
                break
    return removed


def _portions(ids: Sequence[str], size: int) -> list[list[str]]:
    unique = list(dict.fromkeys(ids))
    return [unique[at : at + size] for at in range(0, len(unique), size)]


def remove_for_good(output: str, *, run_ids: Sequence[str] = (), experiment_ids: Sequence[str] = ()) -> None:
    """Remove what is named from the session's store, and tell of it; the status is 1 if any of it had to stay."""
    from runstone.client.uris import resolve_tracking_uri

    uri = resolve_tracking_uri(session().tracking_uri)
    destination = None if is_server(uri) else ARTIFACTS_DESTINATION.read()
    with collector(uri, destination) as send, shown_progress(dry_run=False) as progress:
        removed = remove(send, run_ids=run_ids, experiment_ids=experiment_ids, progress=progress)
    print_removed(removed, output, dry_run=False)
    if removed.runs < len(run_ids) or removed.experiments < len(experiment_ids):
        click.get_current_context().exit(1)


# --- on the terminal ------------------------------------------------------------------------------


@contextmanager
def shown_progress(*, dry_run: bool) -> Generator[Progress | None]:
    """A bar on the terminal beside the output, which goes away again; None where there is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("runs[dim]{task.fields[said]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Counting" if dry_run else "Removing", total=None, said="")

        def show(removed: Removed) -> None:
            said = f", {texts.size(removed.artifact_bytes)} of artifacts" if removed.artifacts else ""
            bar.update(task, completed=removed.runs, total=max(removed.found, removed.runs), said=said)

        yield show


def print_removed(
    removed: Removed, output: str, *, dry_run: bool, more: dict[str, Any] | None = None
) -> None:
    """Print what was removed, for people or as JSON."""
    if output == "json":
        facts = asdict(removed)
        del facts["found"]
        print_json({"dry_run": dry_run} | facts)
        return
    click.echo(_sentence(removed, dry_run=dry_run))
    for one in removed.kept[:_SHOWN]:
        what = "the artifacts of run" if one["kind"] == "artifacts" else one["kind"]
        click.echo(texts.visible(f"  Kept: {what} {one['id']}: {one['reason']}"))
    if removed.kept_count > _SHOWN:
        click.echo(f"  … and {removed.kept_count - _SHOWN:,} more: --output json lists them.")


def _sentence(removed: Removed, *, dry_run: bool) -> str:
    things = [_counted(removed.experiments, "experiment"), _counted(removed.runs, "run")]
    if not any(things):
        return "Nothing would be removed." if dry_run else "There was nothing to remove."
    sizes = [
        f"{_counted(count, what)} ({texts.size(size)})"
        for count, what, size in (
            (removed.points, "metric point", removed.point_bytes),
            (removed.artifacts, "artifact", removed.artifact_bytes),
        )
        if count
    ]
    what = " and ".join(filter(None, things)) + (f", with {' and '.join(sizes)}" if sizes else "")
    return f"{'Would remove' if dry_run else 'Removed'} {what}."


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}" if count else ""
