"""Group commit: writes that wait together are committed together, and each is told its own outcome."""

import itertools
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from runstone.errors import (
    InvalidParameterValue,
    ResourceAlreadyExists,
    ResourceDoesNotExist,
    RunstoneError,
    StoreError,
    TemporarilyUnavailable,
)
from runstone.service import Service
from runstone.store import Store
from runstone.store.logs import Point, RunLog
from runstone.wire import experiments, runs
from tests.unit.services import (
    change,
    database,
    history,
    latest,
    log_param,
    log_points,
    new_experiment,
    new_run,
    opened,
    params,
    rows,
    set_tag,
    tags,
)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with opened(tmp_path) as opened_service:
        yield opened_service


@pytest.fixture
def store(service: Service) -> Store:
    return service.store


def together(store: Store, *calls: Callable[[], Any]) -> list[Any]:
    """What the calls returned or raised, each in a thread of its own, with all their writes in one group.

    The calls' order is the order of their writes.
    """
    inside, release = threading.Event(), threading.Event()

    def hold(connection: Connection, keys: object) -> None:
        inside.set()
        assert release.wait(20)

    def outcome(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001
            return error

    queue = store._writer._queue
    with ThreadPoolExecutor(len(calls) + 1) as threads:
        threads.submit(store.write, hold)
        assert inside.wait(20)
        before = queue.qsize()
        pending = []
        for number, call in enumerate(calls, start=1):
            pending.append(threads.submit(outcome, call))
            _wait_until(lambda number=number: queue.qsize() == before + number)
        release.set()
        return [one.result() for one in pending]


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "the writes did not queue up"
        time.sleep(0.001)


def writing(store: Store, action: Callable[[Connection], Any]) -> Callable[[], Any]:
    return lambda: store.write(lambda connection, _keys: action(connection))


def failing(error: BaseException) -> Callable[[Connection], Any]:
    def action(connection: Connection) -> Any:
        connection.exec_driver_sql("INSERT INTO key_name (name) VALUES ('half done')")
        raise error

    return action


# --- threads ----------------------------------------------------------------------------------


def test_many_threads_log_at_once_and_nothing_is_lost_or_doubled(service: Service, tmp_path: Path):
    run_ids = [new_run(service) for _ in range(3)]

    def log(thread: int) -> None:
        for step in range(40):
            run_id = run_ids[(thread + step) % 3] if thread < 8 else run_ids[0]
            log_points(service, run_id, [("m", float(thread), 0, step), (f"own {thread}", 1.0, 0, step)])
            if step % 10 == 0:
                log_param(service, run_id, f"p{thread}-{step}", str(thread))

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(log, range(16)))
    found = [(value, step) for run_id in run_ids for _, value, _, step in history(service, run_id, "m")]
    assert sorted(found) == sorted((float(thread), step) for thread in range(16) for step in range(40))
    assert rows(tmp_path, "SELECT sum(count) FROM metric_summary") == [(2 * 16 * 40,)]
    assert sum(len(params(service, run_id)) for run_id in run_ids) == 16 * 4


def test_what_waits_together_is_one_group(service: Service, store: Store, tmp_path: Path):
    run_id, other = new_run(service), new_run(service)
    calls = [lambda i=i: log_points(service, (run_id, other)[i % 2], [("m", 1.0, 0, i)]) for i in range(20)]
    assert together(store, *calls) == [None] * 20
    assert rows(tmp_path, "SELECT count FROM metric_segment ORDER BY id") == [(10,), (10,)]


def test_more_writes_than_a_group_holds_make_several(
    service: Service, store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("runstone.store.writer.MAX_GROUP", 3)
    run_id = new_run(service)
    calls = [lambda i=i: log_points(service, run_id, [("m", 1.0, 0, i)]) for i in range(10)]
    assert together(store, *calls) == [None] * 10
    assert len(history(service, run_id, "m")) == 10


def test_a_write_can_be_read_as_soon_as_it_returns(service: Service):
    run_id = new_run(service)

    def write_and_read(thread: int) -> list[float]:
        seen: list[float] = []
        for step in range(15):
            log_points(service, run_id, [(f"m{thread}", float(step), 0, step)])
            seen.append(latest(service, run_id)[f"m{thread}"][1])
        return seen

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(write_and_read, range(8))) == [[float(step) for step in range(15)]] * 8


def test_the_writes_of_one_thread_keep_their_order(service: Service):
    run_id = new_run(service)

    def write(thread: int) -> None:
        for number in range(20):
            set_tag(service, run_id, f"t{thread}", str(number))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(8)))
    assert tags(service, run_id) == {f"t{thread}": "19" for thread in range(8)}


# --- each caller's error its own --------------------------------------------------------------


def test_a_conflict_fails_alone(service: Service, store: Store, tmp_path: Path):
    run_id, gone, deleted = new_run(service), "f" * 32, new_run(service)
    log_param(service, run_id, "p", "old")
    change(tmp_path, "UPDATE run SET lifecycle = 'deleted' WHERE run_id = ?", deleted)
    conflict, missing, refused, *fine = together(
        store,
        lambda: log_param(service, run_id, "p", "new"),
        lambda: log_points(service, gone, [("m", 1.0, 0, 0)]),
        lambda: log_points(service, deleted, [("m", 1.0, 0, 0)]),
        lambda: log_param(service, run_id, "q", "1"),
        lambda: log_points(service, run_id, [("m", 1.0, 0, 0)]),
        lambda: set_tag(service, run_id, "t", "1"),
    )
    assert isinstance(conflict, InvalidParameterValue)
    assert isinstance(missing, ResourceDoesNotExist)
    assert isinstance(refused, InvalidParameterValue)
    assert fine == [None] * 3
    assert params(service, run_id) == {"p": "old", "q": "1"}
    assert tags(service, run_id) == {"t": "1"}
    assert len(history(service, run_id, "m")) == 1


def test_of_those_who_log_a_param_together_the_first_decides(service: Service, store: Store):
    run_id, other = new_run(service), new_run(service)
    outcomes = together(
        store,
        lambda: log_param(service, run_id, "p", "1"),
        lambda: log_param(service, run_id, "p", "2"),
        lambda: log_param(service, run_id, "p", "1"),
        lambda: log_param(service, other, "p", "2"),
        lambda: set_tag(service, run_id, "t", "1"),
        lambda: set_tag(service, run_id, "t", "2"),
    )
    assert [type(outcome) for outcome in outcomes[:4]] == [
        type(None),
        InvalidParameterValue,
        type(None),
        type(None),
    ]
    assert (params(service, run_id), params(service, other)) == ({"p": "1"}, {"p": "2"})
    assert tags(service, run_id) == {"t": "2"}


def test_of_a_refused_batch_nothing_is_kept(service: Service, store: Store):
    run_id = new_run(service)
    log_param(service, run_id, "p", "old")
    batch = runs.LogBatch(
        run_id=run_id,
        metrics=[runs.Metric("m", 1.0, 0)],
        params=[runs.Param("q", "1"), runs.Param("p", "new")],
        tags=[runs.RunTag("t", "1")],
    )
    first, second = together(
        store,
        lambda: service.call("log_batch", batch),
        lambda: log_param(service, run_id, "q", "2"),
    )
    assert isinstance(first, InvalidParameterValue)
    assert second is None
    assert params(service, run_id) == {"p": "old", "q": "2"}
    assert (tags(service, run_id), latest(service, run_id)) == ({}, {})


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyError("k"), RunstoneError("refused")])
def test_an_error_of_one_write_is_not_its_neighbours(
    service: Service, store: Store, tmp_path: Path, error: Exception
):
    run_id = new_run(service)
    before, failed, after, experiment = together(
        store,
        lambda: log_points(service, run_id, [("m", 1.0, 0, 0)]),
        writing(store, failing(error)),
        lambda: log_param(service, run_id, "p", "1"),
        lambda: new_experiment(service, "beside it"),
    )
    assert failed is error
    assert (before, after, experiment) == (None, None, "1")
    assert latest(service, run_id)["m"][1] == 1.0
    assert params(service, run_id) == {"p": "1"}
    assert rows(tmp_path, "SELECT * FROM key_name WHERE name = 'half done'") == []


def test_a_statement_that_the_database_refuses_fails_alone(service: Service, store: Store):
    run_id = new_run(service)
    failed, fine = together(
        store,
        writing(store, lambda connection: connection.exec_driver_sql("INSERT INTO nowhere VALUES (1)")),
        lambda: log_points(service, run_id, [("m", 1.0, 0, 0)]),
    )
    assert isinstance(failed, StoreError)
    assert fine is None
    assert len(history(service, run_id, "m")) == 1


def test_a_log_that_breaks_the_statements_which_all_share_fails_alone(service: Service, store: Store):
    run_id = new_run(service)
    too_large = RunLog(run_id, [Point("m", 1.0, 2**64, 0)])
    failed, fine, also_fine = together(
        store,
        lambda: store.log(too_large),
        lambda: log_points(service, run_id, [("m", 1.0, 0, 0)]),
        lambda: log_param(service, run_id, "p", "1"),
    )
    assert isinstance(failed, Exception)
    assert (fine, also_fine) == (None, None)
    assert len(history(service, run_id, "m")) == 1
    assert params(service, run_id) == {"p": "1"}


def test_of_many_who_create_the_same_experiment_one_succeeds(service: Service, store: Store):
    outcomes = together(store, *[lambda: new_experiment(service, "taken") for _ in range(5)])
    assert outcomes[0] == "1"
    assert all(isinstance(outcome, ResourceAlreadyExists) for outcome in outcomes[1:])
    with pytest.raises(ResourceAlreadyExists):
        new_experiment(service, "taken")
    assert new_experiment(service, "free") == "2"


def test_of_many_who_create_the_same_run_all_get_it(service: Service, store: Store):
    calls = [lambda: new_run(service, run_id="chosen") for _ in range(5)]
    assert together(store, *calls) == ["chosen"] * 5
    assert new_run(service, run_id="chosen") == "chosen"


# --- when the database itself gives up --------------------------------------------------------


def _abandon(connection: Connection) -> None:
    connection.exec_driver_sql("ROLLBACK")
    connection.exec_driver_sql("no statement")


@pytest.mark.parametrize("alone", [True, False])
def test_a_transaction_that_the_database_gave_up_is_an_error_for_all_and_the_next_one_works(
    service: Service, store: Store, alone: bool
):
    run_id = new_run(service)
    log = lambda step: lambda: log_points(service, run_id, [("m", 1.0, 0, step)])  # noqa: E731
    calls = [writing(store, _abandon)] if alone else [log(0), writing(store, _abandon), log(1)]
    assert all(isinstance(outcome, RunstoneError) for outcome in together(store, *calls))
    assert history(service, run_id, "m") == []
    log(2)()
    assert len(history(service, run_id, "m")) == 1


@pytest.mark.parametrize("alone", [True, False])
def test_a_full_database_is_an_error_that_names_it_and_loses_nothing(
    service: Service, store: Store, tmp_path: Path, alone: bool
):
    run_id = new_run(service)
    log_points(service, run_id, [("m", 1.0, 0, 0)])
    store.write(lambda connection, _keys: connection.exec_driver_sql("PRAGMA max_page_count = 1"))
    large = [
        lambda i=i: log_param(service, run_id, f"p{i}", f"{i}" * 6_000) for i in range(1 if alone else 20)
    ]
    outcomes = together(store, *large)
    failed = [outcome for outcome in outcomes if outcome is not None]
    assert failed
    for outcome in failed:
        assert isinstance(outcome, TemporarilyUnavailable)
        assert str(database(tmp_path)) in outcome.message
        assert "full" in outcome.message
    stored = {f"p{i}" for i, outcome in enumerate(outcomes) if outcome is None}
    assert set(params(service, run_id)) == stored
    store.write(lambda connection, _keys: connection.exec_driver_sql("PRAGMA max_page_count = 100000"))
    log_param(service, run_id, "after", "room")
    assert set(params(service, run_id)) == stored | {"after"}
    assert len(history(service, run_id, "m")) == 1


def test_an_interrupt_whose_traceback_is_kept_locks_nobody_out(service: Service, store: Store) -> None:
    kept: list[Any] = []

    def interrupt(connection: Connection, cursor: Any, *_: object) -> None:
        kept.append(cursor)
        raise KeyboardInterrupt

    def read(connection: Connection, keys: object) -> None:
        event.listen(connection, "after_cursor_execute", interrupt)
        connection.exec_driver_sql("WITH n AS (SELECT 1 UNION ALL SELECT 2) SELECT * FROM n")

    run = new_run(service)
    with pytest.raises(KeyboardInterrupt):
        store.write(read)
    with ThreadPoolExecutor(1) as thread:
        thread.submit(set_tag, service, run, "after", "it").result(10)
    assert tags(service, run)["after"] == "it"
    assert kept


def test_a_callers_interrupt_does_not_reach_into_the_transaction(service: Service, store: Store):
    run_id, entered = new_run(service), threading.Event()

    def slow(connection: Connection, _keys: object) -> None:
        connection.exec_driver_sql("INSERT INTO key_name (name) VALUES ('slow')")
        entered.set()
        time.sleep(0.1)

    def interrupt() -> None:
        assert entered.wait(20)
        signal.raise_signal(signal.SIGINT)

    sender = threading.Thread(target=interrupt)
    sender.start()
    with pytest.raises(KeyboardInterrupt):
        store.write(slow)
    sender.join()
    log_points(service, run_id, [("m", 1.0, 0, 2)])  # waits its turn behind what was interrupted
    with store.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM key_name WHERE name = 'slow'").scalar() == 1
    assert len(history(service, run_id, "m")) == 1


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="no such signal here")
def test_the_handler_of_a_signal_may_write_while_its_thread_is_writing(service: Service):
    run_id, handled, done = new_run(service), itertools.count(), threading.Event()

    def handle(*_: object) -> None:
        log_points(service, run_id, [("handled", 1.0, 0, next(handled))])

    def send() -> None:
        while not done.wait(0.003):
            os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, handle)
    sender = threading.Thread(target=send)
    sender.start()
    try:
        for step in range(300):
            log_points(service, run_id, [("m", 1.0, 0, step)])
    finally:
        done.set()
        sender.join()
        signal.signal(signal.SIGUSR1, before)
    assert len(history(service, run_id, "m")) == 300
    assert len(history(service, run_id, "handled")) == next(handled) > 0


def test_a_write_to_a_closed_store_is_refused_at_once(tmp_path: Path):
    with opened(tmp_path) as closed:
        run_id = new_run(closed)
    for _ in range(2):
        with pytest.raises(StoreError, match="closed"):
            log_points(closed, run_id, [("m", 1.0, 0, 0)])


def test_the_id_of_a_name_that_was_rolled_back_is_not_remembered(service: Service, store: Store):
    run_id = new_run(service)
    with pytest.raises(ValueError, match="no"):
        store.write(lambda connection, _keys: failing(ValueError("no"))(connection), keys=("loss", "acc"))
    log_points(service, run_id, [("other", 1.0, 0, 0), ("loss", 2.0, 0, 0), ("acc", 3.0, 0, 0)])
    assert {key: point[1] for key, point in latest(service, run_id).items()} == {
        "other": 1.0,
        "loss": 2.0,
        "acc": 3.0,
    }


def test_the_id_of_a_name_that_another_write_saw_before_it_was_rolled_back_is_not_remembered(
    service: Service, store: Store
):
    run_id = new_run(service)
    outcomes = together(
        store,
        lambda: set_tag(service, run_id, "fresh", "1"),
        lambda: service.call("delete_tag", runs.DeleteTag(run_id=run_id, key="fresh")),
        writing(store, _abandon),
    )
    assert all(isinstance(outcome, RunstoneError) for outcome in outcomes)
    set_tag(service, run_id, "other", "2")
    set_tag(service, run_id, "fresh", "3")
    assert tags(service, run_id) == {"other": "2", "fresh": "3"}


# --- processes --------------------------------------------------------------------------------


def _log_from_another_process(folder: str, name: str, count: int) -> None:
    with opened(folder) as service:
        run_id = new_run(service, run_name=name)
        for step in range(count):
            log_points(service, run_id, [("m", float(step), 0, step)])
            log_points(service, "shared", [(f"from {name}", float(step), 0, step), ("all", 1.0, 0, step)])
        log_param(service, "shared", name, "was here")


@pytest.mark.parametrize("fresh", [True, False])
def test_processes_share_a_store_and_nothing_is_lost(tmp_path: Path, fresh: bool):
    if not fresh:
        with opened(tmp_path) as service:
            new_run(service, run_id="shared")
    context = multiprocessing.get_context("spawn")
    names = ("one", "two", "three")
    target = _open_together if fresh else _log_from_another_process
    processes = [context.Process(target=target, args=(str(tmp_path), name, 150)) for name in names]
    for process in processes:
        process.start()
    for process in processes:
        process.join(50)
    assert [process.exitcode for process in processes] == [0] * len(names)
    with opened(tmp_path) as service:
        if fresh:
            found: Any = service.call("search_experiments", experiments.SearchExperiments(max_results=1_000))
            assert len(found.experiments) == 1 + 3 * len(names)
            return
        assert set(params(service, "shared")) == set(names)
        for name in names:
            assert len(history(service, "shared", f"from {name}")) == 150
        assert len(history(service, "shared", "all")) == 150
    assert rows(tmp_path, "SELECT sum(count) FROM metric_summary") == [(3 * 3 * 150,)]


def _open_together(folder: str, name: str, _count: int) -> None:
    for number in range(3):
        with opened(folder) as service:
            new_experiment(service, f"{name} {number}")
