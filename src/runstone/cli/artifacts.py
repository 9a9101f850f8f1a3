"""`runstone artifacts`."""

from typing import TYPE_CHECKING

import click

from runstone.cli import finding, texts
from runstone.cli.groups import Commands, output_option, run_options, session, without_warnings
from runstone.cli.output import Column, print_list

if TYPE_CHECKING:
    from runstone.entities import FileInfo

_path_option = click.option("--artifact-path", "-a", metavar="PATH", help="The run's folder to put it in.")


@click.group(cls=Commands)
def artifacts() -> None:
    """List, download and add the files of a run."""


@artifacts.command("list")
@run_options
@click.option("--artifact-path", "-a", metavar="PATH", help="The folder to list; the topmost by default.")
@output_option(piped="json")
def list_(run: str | None, run_id: str | None, artifact_path: str | None, output: str) -> None:
    """List what is directly in a folder of a run's artifacts."""
    with finding.the_run(run, run_id) as (client, found):
        files = client.list_artifacts(found.info.run_id, artifact_path)
    print_list(
        files,
        output,
        None,
        as_json=_as_json,
        plain=_PLAIN,
        table=lambda _: _TABLE,
        nothing="There are no artifacts here.",
    )


@artifacts.command
@run_options
@click.option("--artifact-path", "-a", metavar="PATH", help="A file or a folder of the run; all by default.")
@click.option("--artifact-uri", "-u", metavar="URI", help="A file or a folder anywhere, instead of a run.")
@click.option("--dst-path", "-d", metavar="FOLDER", help="Where to; by default, a new temporary folder.")
def download(
    run: str | None,
    run_id: str | None,
    artifact_path: str | None,
    artifact_uri: str | None,
    dst_path: str | None,
) -> None:
    """Download a run's artifacts, or what a URI names, and print where it is now.

    The URI of a file or a folder of this machine is copied only if --dst-path says where to.
    """
    if artifact_uri is not None:  # it counts, as in MLflow, whatever else is given
        click.echo(_downloaded(artifact_uri, dst_path))
        return
    with finding.the_run(run, run_id) as (client, found):
        click.echo(client.download_artifacts(found.info.run_id, artifact_path or "", dst_path))


@artifacts.command
@run_options
@click.option(
    "--local-file", "-l", metavar="FILE", required=True, help="The file, or a folder with all in it."
)
@_path_option
def log_artifact(run: str | None, run_id: str | None, local_file: str, artifact_path: str | None) -> None:
    """Add a local file to a run's artifacts."""
    with finding.the_run(run, run_id) as (client, found):
        client.log_artifact(found.info.run_id, local_file, artifact_path)
    _say(local_file, found.info.run_id, artifact_path)


@artifacts.command
@run_options
@click.option("--local-dir", "-l", metavar="FOLDER", required=True, help="The folder whose content is added.")
@_path_option
def log_artifacts(run: str | None, run_id: str | None, local_dir: str, artifact_path: str | None) -> None:
    """Add all that is in a local folder to a run's artifacts."""
    with finding.the_run(run, run_id) as (client, found):
        client.log_artifacts(found.info.run_id, local_dir, artifact_path)
    _say(f"all in {local_dir}", found.info.run_id, artifact_path)


def _downloaded(uri: str, dst_path: str | None) -> str:
    """Where what a URI names is now, on this machine."""
    from runstone.artifact_store.location import is_proxied, proxied_host, scheme_of
    from runstone.artifacts import download_artifacts

    tracking_uri = session().tracking_uri
    if scheme_of(uri) == "runs" or (is_proxied(uri) and not proxied_host(uri)):
        from runstone.cli.stores import check_store_exists
        from runstone.client.uris import resolve_tracking_uri

        check_store_exists(resolve_tracking_uri(tracking_uri))
    with without_warnings():
        return download_artifacts(uri, dst_path=dst_path, tracking_uri=tracking_uri)


def _say(what: str, run_id: str, artifact_path: str | None) -> None:
    where = f" in '{artifact_path}'" if artifact_path else ""
    click.echo(texts.visible(f"Logged {what} to the run {run_id}{where}."))


def _as_json(file: "FileInfo") -> dict[str, object]:
    """The file as the protocol has it: a folder's size is left out."""
    return {name: value for name, value in file if value is not None}


def _size(file: "FileInfo") -> str:
    return "" if file.file_size is None else str(file.file_size)


_PLAIN: "list[Column[FileInfo]]" = [
    Column("path", lambda file: file.path),
    Column("is_dir", lambda file: str(file.is_dir).lower()),
    Column("file_size", _size),
]

_TABLE: "list[Column[FileInfo]]" = [
    Column(
        "SIZE",
        lambda file: "folder" if file.is_dir else texts.size(file.file_size),
        numeric=True,
        style="dim",
    ),
    Column("PATH", lambda file: f"{file.path}/" if file.is_dir else file.path, least=20),
]
