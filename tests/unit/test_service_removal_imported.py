"""Removing for good what was imported, or deleted at a time that nobody knows; and the ids that removed ones leave."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from runstone.errors import InvalidParameterValue
from runstone.service import Service
from runstone.store import removal
from tests.databases import KINDS
from tests.unit.services import new_experiment, opened_in
from tests.unit.test_service_removal import (
    change_run,
    collect,
    delete,
    delete_experiment,
    fill,
    found_runs,
    import_experiment,
    import_run,
    whole,
)


@pytest.fixture(params=KINDS)
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    with opened_in(request.param, tmp_path) as service:
        yield service


def test_a_run_that_was_deleted_nobody_knows_when_is_not_taken_for_an_old_one(service: Service) -> None:
    run_id = fill(service, "0")
    delete(service, run_id)
    change_run(service, run_id, deleted=None)
    assert collect(service, deleted_before=10**15).runs == 0
    with service.store.read() as connection:
        [row] = removal.find_by_ids(connection, [run_id])
    assert (
        service.store.write(lambda connection, _keys: removal.doom_runs(connection, [row.id], 10**15)) == []
    )
    with pytest.raises(InvalidParameterValue, match="required age: nobody knows when it was deleted"):
        collect(service, run_ids=[run_id], deleted_before=10**15)
    assert collect(service).runs == 1


def test_what_was_deleted_elsewhere_nobody_knows_when_counts_as_deleted_when_it_is_imported(
    service: Service,
) -> None:
    service.now = lambda: 1_000
    import_run(service, "unknown", lifecycle_stage="deleted")
    import_run(service, "known", lifecycle_stage="deleted", deleted_time=5)
    number = import_experiment(service, "gone", "7", lifecycle_stage="deleted")
    service.now = lambda: 2_000
    import_run(service, "unknown", lifecycle_stage="deleted")  # again
    before = collect(service, deleted_before=999)
    assert (before.runs, before.experiments) == (1, 0)
    assert found_runs(service, "0", number) == ["unknown"]
    done = collect(service, deleted_before=1_000)
    assert (done.runs, done.experiments) == (1, 1)


def test_nothing_is_swept_from_a_run_that_is_not_being_removed(service: Service) -> None:
    run_id = fill(service, "0")
    with service.store.read() as connection:
        [row] = removal.find_by_ids(connection, [run_id])
    assert service.store.write(lambda connection, _keys: removal.sweep(connection, [row.id])) == 0
    assert whole(service, run_id)


def test_the_id_of_a_removed_experiment_is_not_given_again(service: Service) -> None:
    numbers = [new_experiment(service, f"e{n}") for n in range(3)]
    for number in numbers:
        delete_experiment(service, number)
    assert collect(service).experiments == 3
    assert import_experiment(service, "back", numbers[0]) == numbers[0]
    assert int(new_experiment(service, "next")) > int(numbers[-1])


def test_an_imported_experiments_id_is_not_given_again(service: Service) -> None:
    assert import_experiment(service, "first", "1") == "1"
    assert int(new_experiment(service, "next")) > 1
    assert import_experiment(service, "far", "70") == "70"
    assert int(new_experiment(service, "beyond")) > 70
