"""`runstone runs`."""

import io
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

import click

from runstone.cli import finding, texts
from runstone.cli.groups import (
    Commands,
    experiment_options,
    filter_option,
    max_results_option,
    order_option,
    output_option,
    permanently_option,
    result_option,
    run_options,
    session,
    tags_option,
    view_option,
)
from runstone.cli.output import print_json, print_list
from runstone.cli.removing import remove_for_good

if TYPE_CHECKING:
    from runstone.client.client import Client
    from runstone.entities import Run

_column_option = click.option(
    "--column",
    "-c",
    "keys",
    metavar="KEY",
    multiple=True,
    help="Show metrics.KEY, params.KEY or tags.KEY too; may be repeated.",
)


@click.group(cls=Commands)
def runs() -> None:
    """List, search, describe, create, delete and restore runs.

    A run is named by its id, or by the beginning of it if no other run's begins so.
    """


@runs.command("list")
@experiment_options(several=True)
@view_option
@_column_option
@max_results_option
@output_option()
def list_(
    experiment_id: tuple[str, ...],
    experiment_name: tuple[str, ...],
    view: str,
    keys: tuple[str, ...],
    max_results: int | None,
    output: str,
) -> None:
    """List runs, the latest first.

    Without an experiment, named here or by MLFLOW_EXPERIMENT_ID or MLFLOW_EXPERIMENT_NAME, those of all.
    """
    _show(experiment_id, experiment_name, view, "", (), keys, max_results, output)


@runs.command
@experiment_options(several=True)
@filter_option
@order_option
@view_option
@_column_option
@max_results_option
@output_option()
def search(
    experiment_id: tuple[str, ...],
    experiment_name: tuple[str, ...],
    filter_string: str,
    order_by: tuple[str, ...],
    view: str,
    keys: tuple[str, ...],
    max_results: int | None,
    output: str,
) -> None:
    """Find runs.

    Without an experiment, named here or by MLFLOW_EXPERIMENT_ID or MLFLOW_EXPERIMENT_NAME, in all of them.

    \b
    Examples:
      runstone runs search -n digits -f "metrics.loss < 0.1 AND params.optimizer = 'adamw'"
      runstone runs search -s "metrics.accuracy DESC" -c metrics.accuracy --max-results 5
    """
    _show(experiment_id, experiment_name, view, filter_string, order_by, keys, max_results, output)


@runs.command
@run_options
@output_option(piped="json")
def describe(run: str | None, run_id: str | None, output: str) -> None:
    """Show all that is known of a run: its state, params, latest metrics and tags."""
    from runstone.cli.run_page import print_run

    with finding.the_run(run, run_id) as (client, found):
        if output == "json":
            print_json(found.to_dictionary())
        else:
            print_run(found, client.get_experiment(found.info.experiment_id).name, output)


@runs.command
@experiment_options()
@click.option("--run-name", metavar="NAME", help="What it is called; otherwise it is given a name.")
@click.option("--description", metavar="TEXT", help="What this run is, at more length.")
@tags_option
@click.option(
    "--status",
    type=click.Choice(("FINISHED", "FAILED", "KILLED"), case_sensitive=False),
    default="FINISHED",
    show_default=True,
    help="How it ended.",
)
@click.option("--parent-run-id", metavar="RUN", help="The run that it is nested in.")
def create(
    experiment_id: str | None,
    experiment_name: str | None,
    run_name: str | None,
    description: str | None,
    tags: dict[str, str],
    status: str,
    parent_run_id: str | None,
) -> None:
    """Create a run that has already ended, and print its id as JSON.

    The experiment may also be named by MLFLOW_EXPERIMENT_ID or MLFLOW_EXPERIMENT_NAME; one that is named and absent is
    created.
    """
    experiment_id, experiment_name = finding.or_environment(experiment_id, experiment_name)
    finding.check_one_experiment(experiment_id, experiment_name)
    with session().client(creating=True) as client:
        if experiment_name is not None:
            experiment_id = finding.named_or_new(client, experiment_name)
        if parent_run_id is not None:
            parent_run_id = finding.find_run(client, parent_run_id).info.run_id
        made = _create(client, experiment_id or "", run_name, description, tags, parent_run_id)
        with redirect_stdout(io.StringIO()):  # a server's client would tell the run's address amid the JSON
            client.set_terminated(made.info.run_id, status)
    print_json(
        {
            "run_id": made.info.run_id,
            "experiment_id": made.info.experiment_id,
            "status": status,
            "run_name": made.info.run_name,
        }
    )


@runs.command
@run_options
@permanently_option
@result_option
def delete(run: str | None, run_id: str | None, permanently: bool, output: str) -> None:
    """Delete a run; `restore` brings it back, unless it was deleted --permanently."""
    with finding.the_run(run, run_id) as (client, found):
        client.delete_run(found.info.run_id)
        if permanently:
            remove_for_good(output, run_ids=[found.info.run_id])
            return
        _done(client, found.info.run_id, f"Run with ID {found.info.run_id} has been deleted.", output)


@runs.command
@run_options
@result_option
def restore(run: str | None, run_id: str | None, output: str) -> None:
    """Bring a deleted run back."""
    with finding.the_run(run, run_id) as (client, found):
        client.restore_run(found.info.run_id)
        _done(client, found.info.run_id, f"Run with id {found.info.run_id} has been restored.", output)


# --- beneath --------------------------------------------------------------------------------------


def _show(
    ids: tuple[str, ...],
    names: tuple[str, ...],
    view: str,
    filter_string: str,
    order_by: tuple[str, ...],
    keys: tuple[str, ...],
    max_results: int | None,
    output: str,
) -> None:
    from runstone.cli import run_table

    chosen = run_table.chosen_columns(keys)
    with session().client() as client:
        experiments = finding.find_experiments(client, ids, names, view)
        found = finding.every_run(
            client,
            [experiment.experiment_id for experiment in experiments],
            view,
            filter_string,
            order_by,
            max_results,
            fields=run_table.fields(keys, output),
        )
        shown_names = {e.experiment_id: e.name for e in experiments} if len(experiments) > 1 else {}
        print_list(
            found,
            output,
            max_results,
            as_json=lambda run: run.to_dictionary(),
            plain=[*run_table.PLAIN, *chosen],
            table=lambda rows: run_table.table(rows, shown_names, chosen, stages=view != "active_only"),
            nothing="No run matches." if filter_string else "There are no such runs.",
        )


def _create(
    client: "Client",
    experiment_id: str,
    run_name: str | None,
    description: str | None,
    tags: dict[str, str],
    parent_run_id: str | None,
) -> "Run":
    from runstone.client.surroundings.recorder import recorder
    from runstone.entities.names import NOTE_TAG, PARENT_RUN_TAG

    wanted = recorder.tags(files=False)
    if description:
        wanted[NOTE_TAG] = description
    if parent_run_id:
        wanted[PARENT_RUN_TAG] = parent_run_id
    return client.create_run(experiment_id, tags=wanted | tags, run_name=run_name)


def _done(client: "Client", run_id: str, said: str, output: str) -> None:
    if output == "json":
        print_json(client.get_run(run_id).to_dictionary())
    else:
        click.echo(texts.visible(said))
