"""Finding what a command is about: a run by its id or the beginning of it, experiments by id or name."""

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from runstone import settings
from runstone.cli.groups import session
from runstone.errors import InvalidParameterValue, ResourceDoesNotExist

if TYPE_CHECKING:
    from runstone.client.client import Client
    from runstone.entities import Experiment, Run

PAGE = 1_000
_BEGINNING = re.compile(r"[0-9a-f]{4,31}")


def find_run(client: "Client", run_id: str) -> "Run":
    """The run with this id, or the only one whose id begins so (with four characters at least), deleted or not."""
    try:
        return client.get_run(run_id)
    except ResourceDoesNotExist:
        if not _BEGINNING.fullmatch(run_id):
            raise
    everywhere = [experiment.experiment_id for experiment in every_experiment(client, "all")]
    found = list(every_run(client, everywhere, "all", f"run_id LIKE '{run_id}%'", max_results=2))
    if not found:
        raise ResourceDoesNotExist(f"No run's id is '{run_id}', or begins so.")
    if len(found) > 1:
        raise InvalidParameterValue(f"Several runs have ids that begin with '{run_id}'. Give more of the id.")
    return found[0]


def one_of(argument: str | None, option: str | None, name: str) -> str:
    """What was named by an argument or by an option; UsageError unless it was exactly one of them."""
    if argument and option and argument != option:
        raise click.UsageError(f"Give {name} once, as an argument or with its option.")
    if not (chosen := argument or option):
        raise click.UsageError(f"Missing {name}.")
    return chosen


@contextmanager
def the_run(argument: str | None, option: str | None) -> "Generator[tuple[Client, Run]]":
    """A client of the session's store, and the run that a command names; wrong usage is told before it is asked."""
    run_id = one_of(argument, option, "the run's id")
    with session().client() as client:
        yield client, find_run(client, run_id)


@contextmanager
def the_experiment(
    argument: str | None, experiment_id: str | None, name: str | None
) -> "Generator[tuple[Client, Experiment]]":
    """A client of the session's store, and the experiment that a command names by its id or its name.

    The id is an argument or an option's value; wrong usage is told before anything is asked.
    """
    if argument is not None:
        experiment_id = one_of(argument, experiment_id, "the experiment's id")
    check_one_experiment(experiment_id, name)
    with session().client() as client:
        yield client, find_experiment(client, experiment_id, name)


def check_one_experiment(experiment_id: str | None, name: str | None) -> None:
    """Raises UsageError unless an experiment is named by either its id or its name."""
    if (experiment_id is None) == (name is None):
        raise click.UsageError("Must specify exactly one of --experiment-id or --experiment-name.")


def find_experiment(client: "Client", experiment_id: str | None, name: str | None) -> "Experiment":
    """The experiment with an id, else with a name, deleted or not."""
    if experiment_id is not None:
        return client.get_experiment(experiment_id)
    experiment = client.get_experiment_by_name(name or "")
    if experiment is None:
        raise ResourceDoesNotExist(f"Experiment with name '{name}' does not exist.")
    return experiment


def or_environment(experiment_id: str | None, name: str | None) -> tuple[str | None, str | None]:
    """An experiment's id and name as given, else the one that the environment names, where the id wins."""
    if experiment_id is not None or name is not None:
        return experiment_id, name
    chosen = settings.EXPERIMENT_ID.read()
    return chosen, None if chosen else settings.EXPERIMENT_NAME.read()


def find_experiments(
    client: "Client", ids: Sequence[str], names: Sequence[str], view: str
) -> "list[Experiment]":
    """The experiments that are named by ids and names, else by the environment, else all that are in view."""
    if not ids and not names:
        experiment_id, name = or_environment(None, None)
        if experiment_id is None and name is None:
            return list(every_experiment(client, view))
        return [find_experiment(client, experiment_id, name)]
    return [
        *(find_experiment(client, experiment_id, None) for experiment_id in ids),
        *(find_experiment(client, None, name) for name in names),
    ]


def named_or_new(client: "Client", name: str) -> str:
    """The id of the experiment with this name, which is created if there is none."""
    experiment = client.get_experiment_by_name(name)
    return client.create_experiment(name) if experiment is None else experiment.experiment_id


def every_experiment(
    client: "Client",
    view: str,
    filter_string: str = "",
    order_by: Sequence[str] = (),
    max_results: int | None = None,
) -> "Iterator[Experiment]":
    """The experiments that match, page by page."""
    from runstone.client.paging import all_items

    return all_items(
        lambda size, token: client.search_experiments(
            view.upper(), size, filter_string or None, list(order_by), token
        ),
        PAGE,
        max_results,
    )


def every_run(
    client: "Client",
    experiment_ids: Sequence[str],
    view: str,
    filter_string: str = "",
    order_by: Sequence[str] = (),
    max_results: int | None = None,
    *,
    fields: Sequence[str] | None = None,
) -> "Iterator[Run]":
    """The runs that match, with these fields, page by page; none if there is no experiment to look in."""
    from runstone.client.paging import all_items

    return all_items(
        lambda size, token: client.search_runs(
            experiment_ids, filter_string, view.upper(), size, list(order_by), token, fields=fields
        ),
        PAGE,
        max_results if experiment_ids else 0,
    )
