"""Removing for good what is deleted: all of it goes, nothing else does, wherever it is ended and whoever restores."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from sqlalchemy import func, select, text, update

from runstone.entities.kinds import RunStatus
from runstone.errors import InvalidParameterValue, ResourceConflict, ResourceDoesNotExist
from runstone.service import Service, open_service
from runstone.service import removal as service_removal
from runstone.store import removal, schema
from runstone.wire import datasets, experiments, importing, runs
from runstone.wire import removal as wire
from tests.databases import KINDS, fresh_database
from tests.unit.services import (
    get_run,
    history,
    log_param,
    log_points,
    new_experiment,
    new_run,
    params,
    set_tag,
)

LASTING = ("runstone_version", "key_name", "metric_context", "dataset")
"""What outlives the runs that made it: names, and within an experiment its datasets."""


class Killed(BaseException):
    """What ends a removal at some moment."""


@pytest.fixture(params=KINDS)
def uri(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A new store of each kind."""
    monkeypatch.chdir(tmp_path)  # where the artifacts of a server's database go
    if request.param == "sqlite":
        yield str(tmp_path / "store")
        return
    with fresh_database(request.param) as url:
        yield url


@pytest.fixture
def open_again(uri: str) -> Iterator[Callable[..., Service]]:
    """A factory of services over the store, as several processes have them."""
    opened: list[Service] = []

    def make(mode: Literal["local", "server"] = "local") -> Service:
        opened.append(open_service(uri, mode=mode))
        return opened[-1]

    yield make
    for service in opened:
        service.close()


@pytest.fixture
def service(open_again: Callable[..., Service]) -> Service:
    return open_again()


def fill(service: Service, experiment: str, **fields: Any) -> str:
    """A run with something of every kind, and an artifact."""
    run_id = new_run(service, experiment, **fields)
    for n in range(7):
        log_param(service, run_id, f"p{n}", "v")
        set_tag(service, run_id, f"t{n}", "v")
    log_points(service, run_id, [(f"m{n}", n, n, n) for n in range(7)])
    log_points(service, run_id, [("long", step, step, step) for step in range(600)])
    ended = runs.UpdateRun(run_id=run_id, status=RunStatus.FINISHED)
    service.call("update_run", ended)  # seals
    log_points(service, run_id, [("m1", 8, 8, 8)])
    used = datasets.DatasetInput(dataset=datasets.Dataset("train", "d1", "local", "{}"))
    model = datasets.ModelInput("m-1")
    service.call("log_inputs", datasets.LogInputs(run_id=run_id, datasets=[used], models=[model]))
    artifacts(service, run_id).put_bytes(b"12345", "sub/a.txt")
    return run_id


def artifacts(service: Service, run_id: str) -> Any:
    return service.artifacts.at(get_run(service, run_id).info.artifact_uri or "")


def whole(service: Service, run_id: str) -> bool:
    """Whether all that `fill` made is there."""
    points = [len(history(service, run_id, key)) for key in ("long", "m1", "m6")]
    with artifacts(service, run_id).open("sub/a.txt") as file:
        return points == [600, 2, 1] and len(params(service, run_id)) == 7 and file.read() == b"12345"


def delete(service: Service, run_id: str) -> None:
    service.call("delete_run", runs.DeleteRun(run_id=run_id))


def restore(service: Service, run_id: str) -> None:
    service.call("restore_run", runs.RestoreRun(run_id=run_id))


def delete_experiment(service: Service, number: str) -> None:
    service.call("delete_experiment", experiments.DeleteExperiment(experiment_id=number))


def restore_experiment(service: Service, number: str) -> None:
    service.call("restore_experiment", experiments.RestoreExperiment(experiment_id=number))


def collect(service: Service, **fields: Any) -> wire.CollectGarbageResponse:
    """Remove what is deleted, request by request; what all of them did."""
    total, token = wire.CollectGarbageResponse(), None
    while True:
        request = wire.CollectGarbage(**fields, page_token=token)
        answer: Any = service.call("collect_garbage", request)
        for name in ("runs", "experiments", "points", "point_bytes", "files", "file_bytes"):
            setattr(total, name, getattr(total, name) + getattr(answer, name))
        total.kept += answer.kept
        token = answer.next_page_token
        if token is None:
            return total


def counts(service: Service) -> dict[str, int]:
    """The rows of every table that removing a run takes from."""
    with service.store.read() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(table)) or 0
            for name, table in schema.metadata.tables.items()
            if name not in LASTING
        }


def found_runs(service: Service, *numbers: str) -> list[str]:
    request = runs.SearchRuns(experiment_ids=list(numbers), run_view_type="ALL")
    response: Any = service.call("search_runs", request)
    return sorted(run.info.run_id for run in response.runs)


# --- what goes and what stays ---------------------------------------------------------------------


def test_a_deleted_run_goes_with_all_that_belongs_to_it_and_the_others_stay(service: Service) -> None:
    stays = fill(service, "0")
    before = counts(service)
    gone = fill(service, "0")
    folder = artifacts(service, gone)
    delete(service, gone)
    done = collect(service)
    assert (done.runs, done.experiments, done.points, done.files, done.file_bytes) == (1, 0, 608, 1, 5)
    assert done.point_bytes > 100
    assert done.kept == []
    assert counts(service) == before
    assert folder.list() == []
    with pytest.raises(ResourceDoesNotExist):
        get_run(service, gone)
    assert whole(service, stays)
    assert collect(service) == wire.CollectGarbageResponse()


def test_a_deleted_experiment_goes_with_its_runs_and_gives_its_name_free(
    service: Service, tmp_path: Path
) -> None:
    stays = fill(service, "0")
    before = counts(service)
    number = new_experiment(service, "gone", tags=[experiments.ExperimentTag("a", "b")])
    for _ in range(3):
        fill(service, number)
    delete_experiment(service, number)
    done = collect(service)
    assert (done.experiments, done.runs, done.files) == (1, 3, 3)
    assert counts(service) == before
    assert list(tmp_path.rglob(f"*artifacts/{number}")) == []
    with pytest.raises(ResourceDoesNotExist):
        service.call("get_experiment", experiments.GetExperiment(experiment_id=number))
    assert new_experiment(service, "gone") != number
    assert whole(service, stays)


def test_only_what_was_deleted_long_enough_ago_goes(service: Service) -> None:
    old, new = fill(service, "0"), fill(service, "0")
    number = new_experiment(service, "old")
    inside = fill(service, number)
    service.now = lambda: 1_000
    delete(service, old)
    delete_experiment(service, number)
    service.now = lambda: 2_000
    delete(service, new)
    late = new_experiment(service, "late")
    delete_experiment(service, late)
    assert collect(service, deleted_before=999).runs == 0
    done = collect(service, deleted_before=1_000)
    assert (done.runs, done.experiments) == (2, 1)
    assert found_runs(service, "0", number, late) == [new]
    restore(service, new)
    assert whole(service, new)
    restore_experiment(service, late)
    with pytest.raises(ResourceDoesNotExist):
        get_run(service, inside)


def test_only_the_runs_that_are_named_go_and_they_must_be_deleted(service: Service) -> None:
    first, second, active = (fill(service, "0") for _ in range(3))
    delete(service, first)
    delete(service, second)
    with pytest.raises(InvalidParameterValue, match=f"Run {active} is not in `deleted` lifecycle stage"):
        collect(service, run_ids=[first, active])
    with pytest.raises(ResourceDoesNotExist, match="nobody"):
        collect(service, run_ids=[first, "nobody"])
    with pytest.raises(InvalidParameterValue, match="not older than the required age"):
        collect(service, run_ids=[first], deleted_before=1)
    assert found_runs(service, "0") == sorted((first, second, active))
    assert collect(service, run_ids=[first]).runs == 1
    assert found_runs(service, "0") == sorted((second, active))


def test_only_the_experiments_that_are_named_go_and_they_must_be_deleted(service: Service) -> None:
    first, second, active = (new_experiment(service, name) for name in ("a", "b", "c"))
    for number in (first, second, active):
        fill(service, number)
    delete_experiment(service, first)
    delete_experiment(service, second)
    with pytest.raises(InvalidParameterValue, match=f"Experiment {active} is not in `deleted`"):
        collect(service, experiment_ids=[first, active])
    with pytest.raises(ResourceDoesNotExist, match="id=12345"):
        collect(service, experiment_ids=["12345"])
    with pytest.raises(InvalidParameterValue, match="not older than the required age"):
        collect(service, experiment_ids=[first], deleted_before=1)
    with pytest.raises(InvalidParameterValue, match="not both"):
        collect(service, experiment_ids=[first], run_ids=["x"])
    assert collect(service, experiment_ids=[first]).experiments == 1
    assert len(found_runs(service, first, second, active)) == 2


def test_an_experiment_with_an_active_run_stays_and_so_does_the_default_one(service: Service) -> None:
    number = new_experiment(service, "half")
    back, gone = fill(service, number), fill(service, number)
    delete_experiment(service, number)
    restore(service, back)
    delete_experiment(service, "0")
    done = collect(service)
    assert (done.experiments, done.runs) == (0, 1)
    assert [(one.kind, one.id) for one in done.kept] == [("experiment", "0"), ("experiment", number)]
    assert found_runs(service, number) == [back]
    restore_experiment(service, number)
    restore_experiment(service, "0")
    assert whole(service, back)
    assert gone not in found_runs(service, number)


def test_a_dry_run_tells_the_same_and_removes_nothing(service: Service) -> None:
    number = new_experiment(service, "gone")
    run_id, inside = fill(service, "0"), fill(service, number)
    delete(service, run_id)
    delete_experiment(service, number)
    before = counts(service)
    told = collect(service, dry_run=True)
    assert counts(service) == before
    assert told == collect(service, dry_run=True)
    restore(service, run_id)
    restore_experiment(service, number)
    assert whole(service, run_id)
    assert whole(service, inside)
    delete(service, run_id)
    delete_experiment(service, number)
    assert collect(service) == told


def import_run(service: Service, run_id: str, **fields: Any) -> None:
    run = importing.ImportedRun(run_id=run_id, **fields)
    service.call("import_runs", importing.ImportRuns(experiment_id="0", runs=[run]))


def import_experiment(service: Service, name: str, number: str, **fields: Any) -> str:
    request = importing.ImportExperiment(name=name, experiment_id=number, **fields)
    response: Any = service.call("import_experiment", request)
    return response.experiment.experiment_id


# --- in portions ----------------------------------------------------------------------------------


def test_much_goes_in_small_transactions_and_short_requests(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = counts(service)
    number = new_experiment(service, "gone")
    for _ in range(7):
        fill(service, number)
    delete_experiment(service, number)
    monkeypatch.setattr(removal, "RUNS_AT_ONCE", 3)
    monkeypatch.setattr(removal, "ROWS_AT_ONCE", 5)
    monkeypatch.setattr(removal, "POINTS_AT_ONCE", 10)
    monkeypatch.setattr(service_removal, "WORK_S", 0.0)
    requests = []
    call = service.call
    monkeypatch.setattr(service, "call", lambda *given: (requests.append(given), call(*given))[1])
    done = collect(service)
    assert (done.runs, done.experiments, done.points, done.files) == (7, 1, 7 * 608, 7)
    assert len(requests) >= 7
    assert counts(service) == before


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nonsense",
        "[1]",
        "[0, 9, 1, 'a']",
        '[0, 9, 1, "a"]',
        "[0, 0, true, 1]",
        "{}",
        '[0, 0, "", "a"]',
        '[0, 0, 0.0, "a"]',
        '[0, 0, false, "a"]',
        '[-1, 0, 1, "a"]',
        '[0, 0, 1, "\\u0000"]',
    ],
)
def test_a_token_that_is_none_is_refused(tmp_path: Path, token: str) -> None:
    service = open_service(str(tmp_path), mode="local")
    with pytest.raises(InvalidParameterValue, match=r"Invalid page token|page_token"):
        service.call("collect_garbage", wire.CollectGarbage(page_token=token))
    service.close()


# --- wherever it is ended -------------------------------------------------------------------------


def end_after_writes(service: Service, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the service's next writes end with Killed, after so many that are stored."""
    write = service.store.write
    left = number

    def counted(*given: Any, **more: Any) -> Any:
        nonlocal left
        if not left:
            raise Killed
        left -= 1
        return write(*given, **more)

    monkeypatch.setattr(service.store, "write", counted)


def test_a_removal_that_was_ended_anywhere_is_completed_by_the_next(
    service: Service, open_again: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "RUNS_AT_ONCE", 2)
    monkeypatch.setattr(removal, "ROWS_AT_ONCE", 5)
    stays = fill(service, "0")
    before = counts(service)
    number = new_experiment(service, "gone")
    for _ in range(2):
        fill(service, number)
    delete(service, fill(service, "0"))
    delete_experiment(service, number)
    ends = 0
    while True:
        ended = open_again()
        with monkeypatch.context() as patched:
            end_after_writes(ended, 1, patched)
            try:
                collect(ended)
                break
            except Killed:
                ends += 1
        assert whole(service, stays)
        assert ends < 100
    assert ends > 8
    assert counts(service) == before
    assert new_experiment(service, "gone") != number


def test_what_is_being_removed_is_not_shown_and_not_brought_back(
    service: Service, open_again: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = new_experiment(service, "gone")
    run_id, inside = fill(service, "0", run_id="chosen"), fill(service, number)
    delete(service, run_id)
    delete_experiment(service, number)
    named: list[dict[str, Any]] = [{"run_ids": [run_id]}, {"experiment_ids": [number]}]
    for writes, chosen in enumerate(
        named, start=1
    ):  # up to when the run is doomed; there, after the experiment
        with monkeypatch.context() as patched:
            ended = open_again()
            end_after_writes(ended, writes, patched)
            with pytest.raises(Killed):
                collect(ended, **chosen)
    assert found_runs(service, "0", number) == []
    for gone in (run_id, inside):
        for refused in (get_run, restore, delete):
            with pytest.raises(ResourceDoesNotExist):
                refused(service, gone)
    with pytest.raises(ResourceDoesNotExist):
        restore_experiment(service, number)
    with pytest.raises(ResourceConflict, match="being removed for good"):
        new_run(service, "0", run_id=run_id)
    with pytest.raises(ResourceDoesNotExist):
        log_param(service, run_id, "late", "1")
    with pytest.raises(ResourceConflict, match=f"{run_id} is being removed for good"):
        import_run(service, run_id)
    again = import_experiment(service, "imported", number)
    assert again != number
    new_experiment(service, "gone")
    delete_experiment(service, "0")
    restore_experiment(service, "0")
    assert found_runs(service, "0") == []
    done = collect(service)
    assert (done.runs, done.experiments) == (2, 1)
    assert new_run(service, "0", run_id=run_id) == run_id


# --- whoever restores -----------------------------------------------------------------------------


def before_each_write(service: Service, action: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have somebody else do something before each write of the service, after it has looked."""
    write = service.store.write

    def late(*given: Any, **more: Any) -> Any:
        action()
        return write(*given, **more)

    monkeypatch.setattr(service.store, "write", late)


def test_a_run_that_is_restored_while_others_are_removed_stays_whole(
    service: Service, open_again: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    stays, gone = fill(service, "0"), fill(service, "0")
    delete(service, stays)
    delete(service, gone)
    other = open_again()
    before_each_write(service, lambda: restore(other, stays), monkeypatch)
    assert collect(service).runs == 1
    assert whole(service, stays)
    assert found_runs(service, "0") == [stays]


@pytest.mark.parametrize("by_run", [False, True])
def test_an_experiment_that_is_restored_while_it_is_about_to_go_stays_whole(
    service: Service, open_again: Callable[..., Service], monkeypatch: pytest.MonkeyPatch, by_run: bool
) -> None:
    number = new_experiment(service, "back")
    inside = [fill(service, number) for _ in range(2)]
    delete_experiment(service, number)
    other, done = open_again(), []

    def bring_back() -> None:
        if not done:
            done.append(True)
            restore(other, inside[0]) if by_run else restore_experiment(other, number)

    before_each_write(service, bring_back, monkeypatch)
    assert collect(service).experiments == 0
    if by_run:
        assert found_runs(service, number) == inside[:1]
        restore_experiment(service, number)
    else:
        assert found_runs(service, number) == sorted(inside)
    found: Any = service.call("get_experiment", experiments.GetExperiment(experiment_id=number))
    assert found.experiment.name == "back"
    assert all(whole(service, run_id) for run_id in found_runs(service, number))


def test_a_run_of_an_experiment_that_is_being_removed_cannot_be_restored(
    service: Service, open_again: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = new_experiment(service, "gone")
    inside = fill(service, number)
    delete_experiment(service, number)
    with monkeypatch.context() as patched:
        ended = open_again()
        end_after_writes(ended, 1, patched)
        with pytest.raises(Killed):
            collect(ended)
    with pytest.raises(ResourceDoesNotExist):
        restore(service, inside)
    assert collect(service).experiments == 1


# --- artifacts ------------------------------------------------------------------------------------


def change_run(service: Service, run_id: str, **values: object) -> None:
    """Change a run's row behind the service's back."""
    statement = update(schema.run).where(schema.run.c.run_id == run_id).values(**values)
    service.store.write(lambda connection, _keys: connection.execute(statement))


def test_artifacts_that_are_linked_stay_where_they_are(service: Service, tmp_path: Path) -> None:
    linked = tmp_path / "elsewhere" / "artifacts"
    linked.mkdir(parents=True)
    (linked / "a.txt").write_text("mine")
    run_id = fill(service, "0")
    change_run(service, run_id, artifact_uri=linked.as_uri())
    delete(service, run_id)
    done = collect(service)
    assert (done.runs, done.files) == (1, 0)
    assert [(one.kind, one.id) for one in done.kept] == [("artifacts", run_id)]
    assert "linked" in done.kept[0].reason
    assert (linked / "a.txt").read_text() == "mine"


def test_artifacts_in_a_place_that_an_experiment_chose_go_if_they_are_surely_the_runs(
    service: Service, open_again: Callable[..., Service], tmp_path: Path
) -> None:
    place = tmp_path / "chosen place"
    number = new_experiment(service, "chosen", artifact_location=str(place))
    ours, imported, named = (fill(service, number, run_id=name) for name in (None, None, "home"))
    set_tag(service, imported, "runstone.import", "{}")
    served = fill(service, number)
    for run_id in (ours, imported, named):
        delete(service, run_id)
    done = collect(service)
    assert (done.runs, done.files) == (3, 1)
    assert sorted(one.id for one in done.kept) == sorted((imported, named))
    assert sorted(folder.name for folder in place.iterdir()) == sorted((imported, named, served))
    delete(service, served)
    through_server = collect(open_again("server"))
    assert (through_server.runs, [one.id for one in through_server.kept]) == (1, [served])
    assert (place / served / "artifacts" / "sub" / "a.txt").exists()


def test_a_run_whose_artifacts_cannot_be_removed_stays_until_they_can(
    service: Service, tmp_path: Path
) -> None:
    before = counts(service)
    run_id, other = fill(service, "0"), fill(service, "0")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.txt").write_text("not the run's")
    [folder] = tmp_path.rglob(f"{run_id}/artifacts")
    folder.rename(tmp_path / "aside")
    folder.symlink_to(elsewhere)
    delete(service, run_id)
    delete(service, other)
    done = collect(service)
    assert (done.runs, done.files) == (1, 1)
    assert [(one.kind, one.id) for one in done.kept] == [("run", run_id)]
    assert "link" in done.kept[0].reason
    assert (elsewhere / "a.txt").read_text() == "not the run's"
    folder.unlink()
    assert collect(service).runs == 1
    assert counts(service) == before


def test_what_else_is_in_an_experiments_folder_stays(service: Service, tmp_path: Path) -> None:
    number = new_experiment(service, "gone")
    run_id = fill(service, number)
    [folder] = tmp_path.rglob(run_id)
    (folder.parent / "mine.txt").write_text("mine")
    (folder / "mine.txt").write_text("mine")
    delete_experiment(service, number)
    assert collect(service).experiments == 1
    left = sorted(file.name for file in folder.parent.rglob("*"))
    assert left == sorted((run_id, "mine.txt", "mine.txt"))


def test_the_hunt_for_deleted_runs_walks_an_index(tmp_path: Path) -> None:
    service = open_service(str(tmp_path), mode="local")
    with service.store.read() as connection:
        plan = "EXPLAIN QUERY PLAN SELECT id FROM run WHERE experiment = 1 AND lifecycle = 'deleted' AND started <= 5 "
        rows = connection.execute(text(plan + "ORDER BY started DESC, run_id LIMIT 100")).all()
    assert "ix_run_default_order (experiment=? AND lifecycle=? AND started<?)" in str(rows)
    assert "TEMP B-TREE" not in str(rows)
    service.close()
