"""A read sees one moment of the store, whatever is written meanwhile."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from runstone.service import Service
from runstone.store import metrics, runs
from runstone.store.schema import run
from runstone.wire import runs as wire
from tests.unit.services import get_run, log_param, log_points, new_run, opened, set_tag


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with opened(tmp_path) as opened_service:
        yield opened_service


def test_what_is_written_during_a_read_is_not_part_of_it(service: Service):
    run_id = new_run(service)
    log_points(service, run_id, [("m", 1.0, 0, 0)])
    key = service.store.write(lambda _connection, keys: keys["m"], keys=["m"])
    with service.store.read() as connection:
        row = runs.get(connection, run_id)
        assert row is not None
        log_param(service, run_id, "p", "1")
        set_tag(service, run_id, "t", "1")
        log_points(service, run_id, [("m", 2.0, 0, 1), ("new", 1.0, 0, 0)])
        service.call("update_run", wire.UpdateRun(run_id=run_id, status="FINISHED"))  # which seals it
        new_run(service)
        content = runs.contents(connection, service.store.keys, [row.id])[row.id]
        assert (content.params, [key for key, _ in content.tags]) == ([], ["mlflow.runName"])
        assert [value for _, value, _, _ in content.metrics] == [1.0]
        assert metrics.read_one(connection, row.id, key).steps.tolist() == [0]
        assert connection.scalar(select(func.count()).select_from(run)) == 1
    assert get_run(service, run_id).info.status == "FINISHED"


def test_a_run_is_never_shown_half_written(service: Service):
    run_id = new_run(service)
    stop = threading.Event()

    def write() -> None:
        for number in range(150):
            name, value = f"k{number}", str(number)
            service.call(
                "log_batch",
                wire.LogBatch(
                    run_id=run_id,
                    metrics=[wire.Metric(name, float(number), 0)],
                    params=[wire.Param(name, value)],
                    tags=[wire.RunTag(name, value)],
                ),
            )
        stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    torn = 0
    while not stop.is_set():
        data = get_run(service, run_id).data
        torn += not len(data.metrics) == len(data.params) == len(data.tags) - 1
    writer.join()
    assert torn == 0
