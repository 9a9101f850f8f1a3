"""`runstone experiments`."""

import sys
from typing import TYPE_CHECKING

import click

from runstone.cli import finding, texts
from runstone.cli.groups import (
    Commands,
    filter_option,
    hidden,
    max_results_option,
    order_option,
    output_option,
    permanently_option,
    result_option,
    session,
    tags_option,
    the_experiment_options,
    view_option,
)
from runstone.cli.output import (
    Column,
    Field,
    print_fields,
    print_json,
    print_list,
    print_section,
    width,
)
from runstone.cli.removing import remove_for_good

if TYPE_CHECKING:
    from runstone.client.client import Client
    from runstone.entities import Experiment

_WIDE = 100


@click.group(cls=Commands)
def experiments() -> None:
    """List, create, rename, delete and restore experiments."""


@experiments.command
@click.argument("name", required=False)
@click.option("--experiment-name", "-n", metavar="NAME", help="Its name, if it is not given as an argument.")
@click.option(
    "--artifact-location",
    "-l",
    metavar="URI",
    help="Where its runs keep artifacts, if not at the store's place.",
)
@tags_option
@click.option(
    "--replace-deleted",
    is_flag=True,
    help="Take the name from a deleted experiment that has it; that one gets another, and can still be restored.",
)
@result_option
def create(
    name: str | None,
    experiment_name: str | None,
    artifact_location: str | None,
    tags: dict[str, str],
    replace_deleted: bool,
    output: str,
) -> None:
    """Create an experiment called NAME."""
    name = finding.one_of(name, experiment_name, "the experiment's name")
    with session().client(creating=True) as client:
        experiment_id = client.create_experiment(
            name, artifact_location, tags, replace_deleted=replace_deleted
        )
        _done(client, experiment_id, f"Created experiment '{name}' with id {experiment_id}", output)


@experiments.command
@view_option
@filter_option
@order_option
@max_results_option
@output_option()
def search(
    view: str, filter_string: str, order_by: tuple[str, ...], max_results: int | None, output: str
) -> None:
    """List experiments, the newest first.

    \b
    Examples:
      runstone experiments search --filter "name LIKE 'vision%'"
      runstone experiments search --view all --order-by "last_update_time DESC" --output json
    """
    with session().client() as client:
        found = finding.every_experiment(client, view, filter_string, order_by, max_results)
        print_list(
            found,
            output,
            max_results,
            as_json=dict,
            plain=_PLAIN,
            table=lambda _: _table(stages=view != "active_only"),
            nothing="No experiment matches." if filter_string else "There are no such experiments.",
        )


experiments.add_command(hidden(search), "list")


@experiments.command
@the_experiment_options
@output_option()
def get(experiment: str | None, experiment_id: str | None, experiment_name: str | None, output: str) -> None:
    """Show an experiment, deleted or not."""
    with finding.the_experiment(experiment, experiment_id, experiment_name) as (_, found):
        if output == "json":
            print_json(found)
            return
        print_fields(_fields(found), output)
        if output == "table":
            tags = sorted(found.tags.items())
            print_section("Tags", {key: value for key, value in tags if not key.startswith("mlflow.")})


@experiments.command
@the_experiment_options
@click.option("--new-name", metavar="NAME", required=True, help="What it is called from now on.")
@result_option
def rename(
    experiment: str | None, experiment_id: str | None, experiment_name: str | None, new_name: str, output: str
) -> None:
    """Give an experiment another name."""
    with finding.the_experiment(experiment, experiment_id, experiment_name) as (client, found):
        client.rename_experiment(found.experiment_id, new_name)
        said = f"Experiment with id {found.experiment_id} has been renamed to '{new_name}'."
        _done(client, found.experiment_id, said, output)


@experiments.command
@the_experiment_options
@permanently_option
@result_option
def delete(
    experiment: str | None,
    experiment_id: str | None,
    experiment_name: str | None,
    permanently: bool,
    output: str,
) -> None:
    """Delete an experiment and its runs; `restore` brings them back. Its name stays taken.

    With --permanently nothing brings them back, and the name is free.
    """
    with finding.the_experiment(experiment, experiment_id, experiment_name) as (client, found):
        if not permanently or found.lifecycle_stage == "active":
            client.delete_experiment(found.experiment_id)
        if permanently:
            remove_for_good(output, experiment_ids=[found.experiment_id])
            return
        said = f"Experiment with ID {found.experiment_id} has been deleted."
        _done(client, found.experiment_id, said, output)


@experiments.command
@the_experiment_options
@result_option
def restore(
    experiment: str | None, experiment_id: str | None, experiment_name: str | None, output: str
) -> None:
    """Bring a deleted experiment back, with its runs."""
    with finding.the_experiment(experiment, experiment_id, experiment_name) as (client, found):
        client.restore_experiment(found.experiment_id)
        said = f"Experiment with id {found.experiment_id} has been restored."
        _done(client, found.experiment_id, said, output)


@experiments.command
@the_experiment_options
@click.option("--filename", "-o", metavar="FILE", help="Write to this file instead of printing.")
def csv(
    experiment: str | None, experiment_id: str | None, experiment_name: str | None, filename: str | None
) -> None:
    """Write an experiment's runs as CSV, one run a line.

    The columns are those of search_runs: the info, then the metrics, the params and the tags, by first appearance.
    """
    from runstone.cli.csv_file import runs_csv

    with finding.the_experiment(experiment, experiment_id, experiment_name) as (client, found):
        runs = list(finding.every_run(client, [found.experiment_id], "active_only"))
    if filename is None:
        runs_csv(runs, sys.stdout)
        return
    with open(filename, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123 - as the user wrote it
        runs_csv(runs, file)
    click.echo(f"Experiment with ID {found.experiment_id} has been exported as a CSV to file: {filename}.")


# --- beneath --------------------------------------------------------------------------------------


def _done(client: "Client", experiment_id: str, said: str, output: str) -> None:
    if output == "json":
        print_json(client.get_experiment(experiment_id))
    else:
        click.echo(texts.visible(said))


_PLAIN: "list[Column[Experiment]]" = [
    Column("experiment_id", lambda experiment: experiment.experiment_id),
    Column("name", lambda experiment: experiment.name),
    Column("artifact_location", lambda experiment: experiment.artifact_location),
    Column("lifecycle_stage", lambda experiment: experiment.lifecycle_stage),
    Column("creation_time", lambda experiment: texts.utc(experiment.creation_time)),
    Column("last_update_time", lambda experiment: texts.utc(experiment.last_update_time)),
]


def _table(*, stages: bool) -> "list[Column[Experiment]]":
    columns: list[Column[Experiment]] = [
        Column("ID", lambda experiment: experiment.experiment_id, numeric=True, style="cyan"),
        Column("NAME", lambda experiment: experiment.name, least=20),
        Column("CREATED", lambda experiment: texts.when(experiment.creation_time, wide=wide)),
        Column("UPDATED", lambda experiment: texts.ago(experiment.last_update_time)),
    ]
    wide = width() >= _WIDE
    if stages:
        columns.insert(2, Column("STAGE", lambda experiment: experiment.lifecycle_stage, style=_stage_style))
    if wide:
        columns.append(
            Column("ARTIFACTS", lambda experiment: experiment.artifact_location, least=20, style="dim")
        )
    return columns


def _stage_style(experiment: "Experiment") -> str:
    return "red" if experiment.lifecycle_stage == "deleted" else ""


def _fields(experiment: "Experiment") -> list[Field]:
    return [
        Field("experiment_id", experiment.experiment_id, "Experiment ID"),
        Field("name", experiment.name, "Name"),
        Field("artifact_location", experiment.artifact_location, "Artifact Location"),
        Field("lifecycle_stage", experiment.lifecycle_stage, "Lifecycle Stage"),
        Field(
            "creation_time",
            texts.utc(experiment.creation_time),
            "Created",
            texts.when(experiment.creation_time),
        ),
        Field(
            "last_update_time",
            texts.utc(experiment.last_update_time),
            "Last Update",
            texts.when(experiment.last_update_time),
        ),
        *(Field(f"tags.{key}", value) for key, value in sorted(experiment.tags.items())),
    ]
