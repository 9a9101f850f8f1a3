"""The tools behind `make bench`: what they fill stores with, and how they tell what they measured."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import backends, loader, plots, publish, report, sides, stores
from benchmarks.figures import Figure
from benchmarks.registry import BENCHMARKS, GROUPS, named
from benchmarks.shapes import Shape, run_data
from runstone.errors import ResourceDoesNotExist
from runstone.service import Service
from tests.unit.services import get_run, history, opened, params, tags

SHAPE = Shape(experiments=2, runs=40, metrics=3, steps=4, params=2, tags=1)


def test_the_loader_fills_a_store_with_the_runs_of_a_shape(tmp_path: Path) -> None:
    assert loader.fill(str(tmp_path / "store"), SHAPE) == 80
    with opened(tmp_path / "store") as service:
        for number in (0, 39, 40, 79):
            expected = run_data(SHAPE, number)
            run = get_run(service, expected.run_id)
            assert (run.info.run_name, run.info.status) == (expected.name, "FINISHED")
            assert (run.info.start_time, run.info.end_time) == (expected.started, expected.ended)
            assert params(service, expected.run_id) == dict(expected.params)
            assert tags(service, expected.run_id) == dict(expected.tags)
            points = history(service, expected.run_id, "m2")
            assert [value for _, value, _, _ in points] == expected.values[2].tolist()
            assert [timestamp for _, _, timestamp, _ in points] == expected.timestamps[2].tolist()


def test_the_loader_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    long = replace(SHAPE, experiments=1, runs=4_000, metrics=1, steps=1, params=0, tags=0)
    command = [sys.executable, "-m", "benchmarks.loader", store, "--runs", "4000", "--metrics", "1"]
    command += ["--params", "0", "--tags", "0", "--threads", "2"]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL) as process:
        wait_for_run(store, long.run_id(500))
        process.kill()
    again = loader.fill(store, long, threads=2)
    assert 0 < again <= 3_500
    with opened(store) as service:
        for number in range(0, 4_000, 37):
            assert get_run(service, long.run_id(number)).info.status == "FINISHED"
            assert len(history(service, long.run_id(number), "m0")) == 1
    assert loader.fill(store, long) == 0


def wait_for_run(store: str, run_id: str) -> None:
    """Until another process has created a run."""
    with opened(store) as service:
        while not run_exists(service, run_id):
            time.sleep(0.05)


def run_exists(service: Service, run_id: str) -> bool:
    try:
        get_run(service, run_id)
    except ResourceDoesNotExist:
        return False
    return True


def test_a_run_depends_on_nothing_but_its_shape_and_number() -> None:
    one, same, other = (run_data(SHAPE, number) for number in (7, 7, 8))
    assert np.array_equal(one.values, same.values)
    assert one.run_id == same.run_id
    assert not np.array_equal(one.values, other.values)
    assert one.run_id != other.run_id
    assert run_data(replace(SHAPE, seed=2), 7).run_id != one.run_id


def test_values_use_the_precision_that_is_asked_for() -> None:
    single = run_data(replace(SHAPE, bits=32), 0).values
    assert np.array_equal(single, single.astype(np.float32))
    assert not np.array_equal(run_data(SHAPE, 0).values, single)


def test_curves_fall_and_their_times_rise_unevenly() -> None:
    data = run_data(Shape(runs=1, metrics=20, steps=500), 0)
    assert (data.values[:, :50].mean(axis=1) > data.values[:, -50:].mean(axis=1)).all()
    distances = np.diff(data.timestamps[0])
    assert (distances > 0).all()
    assert len(set(distances.tolist())) > 50


def test_a_filled_store_is_kept_until_the_code_that_stores_things_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNSTONE_BENCH_CACHE", str(tmp_path / "kept"))
    shape = replace(SHAPE, runs=3)
    first = kept(tmp_path, shape)
    database = tmp_path / "kept" / f"runstone-{shape.name}" / "mlruns" / "runstone.db"
    written = database.stat().st_mtime_ns
    assert kept(tmp_path, shape) == first
    assert database.stat().st_mtime_ns == written
    note = database.parents[1] / "filled.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | {"state": "of other code"}))
    kept(tmp_path, shape)
    assert database.stat().st_mtime_ns > written


def kept(tmp_path: Path, shape: Shape) -> str:
    """The URI of a filled store, as a new process finds it."""
    stores.forget()
    with backends.opened("sqlite") as backend:
        return stores.filled(sides.runstone(tmp_path, backend), shape).uri


def test_a_ratio_says_how_many_times_better_the_first_is() -> None:
    fast, slow = Figure("x", 0.5, "s"), Figure("x", 20.0, "s")
    assert report.ratio([fast, slow]) == "40×"
    assert report.ratio([slow, fast]) == "0.025×"
    rate = replace(fast, value=300.0, unit="/s", higher_is_better=True)
    assert report.ratio([rate, replace(rate, value=200.0)]) == "1.5×"
    assert report.ratio([fast, None]) == ""


def test_what_was_given_up_is_shown_as_more_than_its_time() -> None:
    fast, given_up = Figure("x", 0.5, "s"), Figure("x", 60.0, "s", beyond=True)
    assert report.show(given_up) == "> 60 s"
    assert report.ratio([fast, given_up]) == "> 120×"


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        (Figure("x", 0.0123, "s"), "12.3 ms"),
        (Figure("x", 4.2e-6, "s"), "4.2 µs"),
        (Figure("x", 58e6, "B"), "58 MB"),
        (Figure("x", 164e3, "B"), "164 kB"),
        (Figure("x", 7.25, "bytes"), "7.2 bytes"),
        (Figure("x", 4012.7, "/s"), "4,013 /s"),
        (Figure("x", 24, ""), "24"),
    ],
)
def test_a_figure_is_shown_with_its_unit_and_few_digits(figure: Figure, shown: str) -> None:
    assert report.show(figure) == shown


def test_results_come_back_from_their_json() -> None:
    results = {"x": {"Runstone": Figure("x", 1.5, "s", "≤ 2 s", beyond=True, curve="c", at=10)}}
    data = json.loads(json.dumps(report.as_data("a machine", results, backend="sqlite")))
    assert report.from_data(data) == results
    assert data["machine"] == "a machine"
    assert data["backend"] == "sqlite"


def test_figures_of_an_earlier_run_stand_beside_those_of_this_one() -> None:
    now = {"x": {"Runstone": Figure("x", 1, "s")}, "y": {"Runstone": Figure("y", 2, "s")}}
    earlier = {"x": {"Runstone": Figure("x", 9, "s"), "MLflow": Figure("x", 3, "s")}, "z": {}}
    both = report.beside(now, earlier)
    assert report.sides_of(both) == ["Runstone", "MLflow"]
    assert both == {"x": {"Runstone": Figure("x", 1, "s"), "MLflow": Figure("x", 3, "s")}, "y": now["y"]}


def test_a_group_stands_for_its_benchmarks_and_a_name_that_is_none_is_refused() -> None:
    assert named(["storage", "search"]) == list(GROUPS["storage"])
    assert set(named([])) == {*GROUPS["client"], *GROUPS["storage"]}
    with pytest.raises(KeyError):
        named(["serch"])


def test_every_benchmark_says_what_it_does() -> None:
    assert [name for name, benchmark in BENCHMARKS.items() if not benchmark.__doc__] == []


def test_the_page_of_figures_is_what_the_results_give() -> None:
    assert not publish.is_stale(), "run `python -m benchmarks.publish`"


def test_every_result_has_its_place_on_the_page() -> None:
    assert {file.stem for file in publish.RESULTS.glob("*.json")} <= publish.TITLES.keys()


def test_growing_figures_become_a_picture(tmp_path: Path) -> None:
    sides_ = {"Runstone": 0.004, "MLflow": 0.5}
    results = {
        f"search {count}": {
            side: Figure("x", value * count, "s", curve="search, newest first", at=count)
            for side, value in sides_.items()
        }
        for count in (10, 100)
    }
    assert plots.growth("growth-runs", results, tmp_path / "runs.svg")
    assert (tmp_path / "runs.svg").read_text().startswith("<?xml")
    assert not plots.growth("growth-keys", results, tmp_path / "keys.svg")


def test_ratios_become_the_same_picture_every_time(tmp_path: Path) -> None:
    results = {
        "better": {"Runstone": Figure("better", 1, "s"), "MLflow": Figure("better", 60, "s", beyond=True)},
        "worse": {"Runstone": Figure("worse", 2, "s"), "MLflow": Figure("worse", 1, "s")},
    }
    for name in ("one.svg", "two.svg"):
        plots.ratios(results, tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_colours_are_those_of_the_web_ui() -> None:
    assert plots.colour("surface") == "#fefdfc"
    with pytest.raises(KeyError, match="no-such-colour"):
        plots.colour("no-such-colour")


def test_labels_that_would_cover_each_other_move_apart() -> None:
    assert plots.apart([0.9, 0.1, 0.5], 0.2) == pytest.approx([0.9, 0.1, 0.5])
    assert plots.apart([0.5, 0.5], 0.2) == pytest.approx([0.4, 0.6])
    assert plots.apart([0.50, 0.52, 0.58], 0.1) == pytest.approx([0.43333, 0.53333, 0.63333], abs=1e-4)
