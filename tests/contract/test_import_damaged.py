"""`runstone import` of what is damaged, odd, or nothing of MLflow's: the readable is taken over, the rest told."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from runstone import Client
from runstone.entities.names import MAX_IMPORTED_LENGTH
from tests.commands import refusal, runstone
from tests.compat.importing import stores
from tests.imports import checksums, imported
from tests.servers import RunningServer

BEGUN = 1_600_000_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that MLflow 2 wrote."""
    return stores.unpack("folder-2", tmp_path / "source") / "mlruns"


@pytest.fixture
def run(folder: Path) -> Path:
    """The folder of its run that has everything."""
    [found] = folder.glob("*/*/metrics/a")
    return found.parents[1]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "target"


def left_out(report: dict[str, Any]) -> dict[str, Any]:
    """What was left out but for the registry, by kind."""
    return {entry["what"]: entry for entry in report["left_out"] if "registry" not in entry["reason"]}


def history(target: Path, run_id: str, key: str) -> list[tuple[int, float, int]]:
    with Client(str(target)) as client:
        return [(p.timestamp, p.value, p.step) for p in client.get_metric_history(run_id, key)]


# --- damaged folders ------------------------------------------------------------------------------


def test_lines_of_all_lengths_are_read_and_others_are_told(run: Path, folder: Path, target: Path) -> None:
    (run / "metrics" / "odd").write_text(
        "1 0.1\n"
        "2 0.2 20\n"
        "3 0.3 30 a name with blanks abc\n"
        "\n"
        "4\n"
        "five 0.5 50\n"
        "6 0.6 60 alone\n"
        "7 nan 70\n"
        "8 -inf 80\n"
        "9 0.9 9"
    )
    points = imported(folder, target)["left_out"][0:2]
    assert [(entry["what"], entry["reason"], entry["count"]) for entry in points] == [
        ("points", "the line makes no sense", 3),
        ("points", "the line has no end, and may be half-written", 1),
    ]
    assert points[0]["examples"] == [f"{run}/metrics/odd, line {number}" for number in (5, 6, 7)]
    read = history(target, run.name, "odd")
    assert [(at, step) for at, _, step in read] == [(1, 0), (2, 20), (3, 30), (7, 70), (8, 80)]
    assert read[4][1] == float("-inf")


@pytest.mark.parametrize("content", [None, b"", b"run_id: [", b"\xff\xfe"])
def test_a_run_whose_description_is_lost_is_taken_over_with_what_its_files_tell(
    run: Path, folder: Path, target: Path, content: bytes | None
) -> None:
    (run / "meta.yaml").unlink()
    if content is not None:
        (run / "meta.yaml").write_bytes(content)
    report = left_out(imported(folder, target))
    assert report["descriptions of runs"]["examples"] == [str(run)]
    with Client(str(target)) as client:
        found = client.get_run(run.name)
    assert (found.info.status, found.info.run_name, found.data.params["lr"]) == ("KILLED", "the first", "0.1")
    assert len(history(target, run.name, "loss")) == 200


def test_an_experiment_whose_description_is_lost_is_named_by_its_id(
    run: Path, folder: Path, target: Path
) -> None:
    (run.parent / "meta.yaml").unlink()
    report = left_out(imported(folder, target))
    assert report["descriptions of experiments"]["count"] == 1
    with Client(str(target)) as client:
        assert client.get_experiment(run.parent.name).name == f"Experiment {run.parent.name}"
        assert client.get_run(run.name).info.experiment_id == run.parent.name


def test_a_dataset_whose_description_is_lost_is_told(run: Path, folder: Path, target: Path) -> None:
    shutil.rmtree(run.parent / "datasets")
    assert left_out(imported(folder, target))["datasets"]["count"] == 2


def test_statuses_are_read_as_numbers_and_as_names(folder: Path, target: Path) -> None:
    experiment = folder / "0"
    meta = next(experiment.glob("*/meta.yaml")).read_text()
    for name, status in (("a1", "4"), ("a2", "KILLED"), ("a3", "77"), ("a4", "'3'")):
        (experiment / name).mkdir()
        (experiment / name / "meta.yaml").write_text(meta.replace("status: 1", f"status: {status}"))
    report = left_out(imported(folder, target))
    assert report["statuses"]["count"] == 1
    with Client(str(target)) as client:
        told = [client.get_run(name).info.status for name in ("a1", "a2", "a3", "a4")]
    assert told == ["FAILED", "KILLED", "FAILED", "FINISHED"]


# --- what Runstone does not take ------------------------------------------------------------------


def test_long_values_are_carried_whole_and_what_is_refused_is_told(
    run: Path, folder: Path, target: Path
) -> None:
    long, longer = "x" * 200_000, "y" * (MAX_IMPORTED_LENGTH + 1)
    for name, content in (
        ("params/long param", long.encode()),
        ("params/longer param", longer.encode()),
        ("params/with@sign", b"1"),
        ("params/not utf-8", b"\xff"),
        ("tags/with nul", b"a\0b"),
        ("tags/long tag", long.encode()),
        ("metrics/per%cent", b"1 0.5 1\n2 0.5 2\n"),
        ("metrics/before 1970", b"-1 0.5 1\n3 0.5 3\n"),
    ):
        (run / name).write_bytes(content)
    report = imported(folder, target)
    told = {(entry["what"], entry["reason"]): entry["count"] for entry in report["left_out"]}
    assert told[("params", f"they are longer than {MAX_IMPORTED_LENGTH:,} characters")] == 1
    assert told[("params", "Runstone refuses their names")] == 1
    assert told[("params", "their files cannot be read")] == 1
    assert told[("tags", "they hold characters that no database keeps")] == 1
    assert told[("metrics", "Runstone refuses their names")] == 1
    assert told[("points", "their metrics are left out")] == 2
    assert told[("points", "their times are out of range")] == 1
    with Client(str(target)) as client:
        found = client.get_run(run.name)
    assert (found.data.params["long param"], found.data.tags["long tag"]) == (long, long)
    assert "longer param" not in found.data.params
    assert history(target, run.name, "before 1970") == [(3, 0.5, 3)]
    again = imported(folder, target)
    assert again["left_out"] == report["left_out"]
    assert (again["taken"]["unchanged_runs"], again["taken"]["updated_runs"]) == (5, 0)


def test_what_the_target_refuses_of_a_run_does_not_keep_back_the_rest(
    run: Path, folder: Path, target: Path
) -> None:
    [dataset] = [meta for meta in run.parent.glob("datasets/*/meta.yaml") if "test set" in meta.read_text()]
    dataset.write_text(dataset.read_text().replace("digest: d2", f"digest: {'d' * 40}"))
    report = left_out(imported(folder, target))
    assert report["datasets"]["count"] == 1
    assert "'digest' exceeds the maximum length of 36" in report["datasets"]["examples"][0]
    with Client(str(target)) as client:
        found = client.get_run(run.name)
    assert [used.dataset.name for used in found.inputs.dataset_inputs] == ["träin"]
    assert (found.data.params["lr"], len(history(target, run.name, "loss"))) == ("0.1", 200)


def test_a_run_that_is_in_another_experiment_here_stays_and_is_told(
    run: Path, folder: Path, target: Path
) -> None:
    imported(folder, target, "--experiment", "vision/größe №1", status=0)
    run.rename(folder / "0" / run.name)
    report = left_out(imported(folder, target))
    assert report["runs"]["count"] == 1
    assert "exists already, in experiment" in report["runs"]["examples"][0]
    with Client(str(target)) as client:
        assert client.get_run(run.name).info.experiment_id == run.parent.name


@pytest.mark.parametrize("name", ["it's", "100% of it", "a b", "-x"])
def test_a_run_whose_id_is_refused_keeps_no_other_back_when_it_is_repeated(
    run: Path, folder: Path, target: Path, name: str
) -> None:
    shutil.copytree(run, run.with_name(name))
    first, again = imported(folder, target), imported(folder, target)
    for report in (first, again):
        assert left_out(report)["runs"]["count"] == 1
        assert name in left_out(report)["runs"]["examples"][0]
    assert (first["taken"]["new_runs"], again["taken"]["unchanged_runs"]) == (5, 5)


# --- damaged databases ----------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.85, 0.95])
def test_what_can_be_read_of_a_truncated_database_is_taken_over(
    kept: float, tmp_path: Path, target: Path
) -> None:
    source = stores.unpack("sqlite-2", tmp_path / "source")
    file = source / "mlflow.db"
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * kept) // 4096 * 4096])
    before = checksums(source)
    done = runstone("import", file, "--to", target, folder=tmp_path)
    assert checksums(source) == before
    if done.returncode == 1:
        assert str(file) in refusal(done)
    else:
        assert done.returncode == 3
        assert "damaged" in done.stdout


def test_damage_in_the_points_of_one_run_costs_no_other(tmp_path: Path, target: Path) -> None:
    source = stores.unpack("sqlite-3", tmp_path / "source")
    file = source / "mlflow.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA page_size")
        ((root,),) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'metrics'")
        ((size,),) = connection.execute("PRAGMA page_size")
        pages = (
            [
                page
                for (page,) in connection.execute(
                    "SELECT pageno FROM dbstat WHERE name = 'metrics' AND pagetype = 'leaf'"
                )
            ]
            if has_dbstat(connection)
            else [root]
        )
    content = bytearray(file.read_bytes())
    at = (pages[-1] - 1) * size
    content[at : at + size] = b"\xff" * size
    file.write_bytes(content)
    report = imported(file, target)
    assert report["taken"]["experiments"] == 4
    assert report["taken"]["params"] == 5
    assert any("damaged" in entry["reason"] for entry in report["left_out"])


def has_dbstat(connection: sqlite3.Connection) -> bool:
    return any("DBSTAT" in option for (option,) in connection.execute("PRAGMA compile_options"))


# --- nothing of MLflow's --------------------------------------------------------------------------


def _empty(folder: Path) -> str:
    folder.mkdir()
    return str(folder)


def _own_folder(folder: Path) -> str:
    with Client(str(folder)) as client:
        client.create_run("0")
    return str(folder)


def _own_file(folder: Path) -> str:
    return f"sqlite:///{_own_folder(folder)}/runstone.db"


def _other_database(folder: Path) -> str:
    folder.mkdir()
    with closing(sqlite3.connect(folder / "other.db")) as connection:
        connection.execute("CREATE TABLE recipes (id INTEGER)")
    return str(folder / "other.db")


def _text_file(folder: Path) -> str:
    folder.mkdir()
    (folder / "notes.txt").write_text("no store")
    return str(folder / "notes.txt")


def _absent(folder: Path) -> str:
    return str(folder)


def _beside(folder: Path) -> str:
    stores.unpack("sqlite-3", folder)
    return str(folder / "mlruns")


def _above(folder: Path) -> str:
    stores.unpack("folder-3", folder)
    return str(folder)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_empty, "holds no runs of MLflow's"),
        (_own_folder, "is a store of Runstone's own: there is nothing to import"),
        (_own_file, "is a store of Runstone's own: there is nothing to import"),
        (_other_database, "is no database of MLflow's"),
        (_text_file, "is a file, and no SQLite database"),
        (_absent, "There is no "),
        (_beside, "looks like MLflow's database: `runstone import sqlite:///"),
        (_above, "Did you mean "),
        (lambda folder: "s3://bucket/mlruns", "is nothing that can be imported. Name a folder"),
        (lambda folder: "postgresql://ann:secret@127.0.0.1:9/x", "cannot be reached"),
        (lambda folder: "http://127.0.0.1:9", "127.0.0.1:9"),
    ],
)
def test_what_is_nothing_of_mlflows_is_refused_with_what_it_is(
    make: Callable[[Path], str], said: str, tmp_path: Path
) -> None:
    source = make(tmp_path / "source")
    before = checksums(tmp_path)
    line = refusal(runstone("import", source, "--to", "target", folder=tmp_path))
    assert said in line
    assert "secret" not in line
    assert checksums(tmp_path) == before


def test_a_server_of_runstones_is_no_source(tmp_path: Path, shared_server: RunningServer) -> None:
    line = refusal(runstone("import", shared_server.url, "--to", "target", folder=tmp_path))
    assert "is a server of Runstone's own" in line


@pytest.mark.parametrize("name", ["folder-3", "sqlite-3"])
def test_a_source_is_not_its_own_target(name: str, tmp_path: Path) -> None:
    folder = stores.unpack(name, tmp_path / "source")
    source = "mlruns" if name == "folder-3" else "sqlite:///mlflow.db"
    before = checksums(tmp_path)
    for options in (("--to", source), ("--to", folder / source.removeprefix("sqlite:///"))):
        assert "is the source and the target at once" in refusal(
            runstone("import", source, *options, folder=folder)
        )
    if name == "folder-3":  # which is where the default store would be
        assert "--to" in refusal(runstone("import", source, folder=folder))
    assert checksums(tmp_path) == before
