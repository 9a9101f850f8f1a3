"""`runstone import` of stores that the real MLflow wrote: folders and databases of versions 0.9 to 3."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from runstone import Client
from tests.commands import refusal, runstone
from tests.compat.importing import stores
from tests.imports import MARK, as_we_keep_it, checksums, imported, seen, without
from tests.servers import RunningServer

REGISTRY = {"registered models", "model versions"}
VISION = "vision/größe №1"


@pytest.fixture(params=[*stores.FOLDERS, *stores.FILES])
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def source(tmp_path: Path) -> str:
    """A folder that MLflow 3 wrote."""
    stores.unpack("folder-3", tmp_path / "source")
    return str(tmp_path / "source" / "mlruns")


def target_of(folder: Path) -> Path:
    return folder / "target"


def main_run(client: Client) -> str:
    """The id of the run that has everything."""
    experiment = client.get_experiment_by_name(VISION)
    assert experiment
    [run] = client.search_runs([experiment.experiment_id], "attributes.status = 'FINISHED'")
    return run.info.run_id


# --- what is carried ------------------------------------------------------------------------------


def test_everything_that_mlflow_tells_of_a_store_is_told_alike_afterwards(name: str, tmp_path: Path) -> None:
    target = target_of(tmp_path)
    with stores.source(name, tmp_path / "source") as uri:
        report = imported(uri, target, status=0 if name == "folder-1" else 3)
    assert {entry["what"] for entry in report["left_out"]} <= REGISTRY | {"logged models"}
    with Client(str(target)) as client:
        assert without(seen(client)) == without(as_we_keep_it(stores.told(name, tmp_path / "source")))


@pytest.mark.parametrize("name", stores.SERVERS)
def test_databases_of_servers_are_read_as_well(name: str, tmp_path: Path) -> None:
    target = target_of(tmp_path)
    with stores.source(name, tmp_path / "source") as uri:
        report = imported(uri, target)
        again = imported(uri, target)
    assert report["taken"]["new_runs"] == again["taken"]["unchanged_runs"] == 5
    with Client(str(target)) as client:
        assert without(seen(client)) == without(as_we_keep_it(stores.told(name, tmp_path / "source")))


@pytest.mark.parametrize("name", ["folder-3", "sqlite-3"])
def test_a_server_takes_over_what_a_folder_does(
    name: str, tmp_path: Path, runstone_server: Callable[..., RunningServer]
) -> None:
    server = runstone_server()
    with stores.source(name, tmp_path / "source") as uri:
        imported(uri, server.url)
        again = imported(uri, server.url)
    assert again["taken"]["unchanged_runs"] == 5
    with Client(server.url) as client:
        assert without(seen(client)) == without(as_we_keep_it(stores.told(name, tmp_path / "source")))


def test_the_contents_of_artifacts_are_the_same(source: str, tmp_path: Path) -> None:
    imported(source, target_of(tmp_path))
    with Client(str(target_of(tmp_path))) as client:
        run = main_run(client)
        text = client.download_artifacts(run, "plot #1 ä.txt", tmp_path)
        blob = client.download_artifacts(run, "deep/er/blob.bin", tmp_path)
    assert Path(text).read_text("utf-8") == "hello\n"
    assert Path(blob).read_bytes() == bytes(range(256)) * 20


def test_a_database_of_before_all_migrations_is_read(tmp_path: Path) -> None:
    with stores.source("sqlite-0", tmp_path / "source") as uri:
        report = imported(uri, target_of(tmp_path), status=0)
    assert report["taken"]["points"] == 2
    with Client(str(target_of(tmp_path))) as client:
        [old] = client.search_experiments(view_type="DELETED_ONLY")
        run = client.get_run("0123456789abcdef0123456789abcdef")
        history = client.get_metric_history(run.info.run_id, "loss")
    assert (old.name, old.experiment_id, run.info.status, run.info.user_id) == ("old", "1", "FINISHED", "ann")
    assert [(point.value, point.step) for point in history] == [(0.5, 0), (0.25, 0)]
    assert run.data.params == {"lr": "0.1"}
    tags = {key: value for key, value in run.data.tags.items() if key != MARK}
    assert tags == {
        "team": "core",
        "mlflow.source.name": "git@example.com/project",
        "mlflow.source.type": "PROJECT",
        "mlflow.source.git.commit": "deadbeef",
        "mlflow.project.entryPoint": "main",
    }


@pytest.mark.parametrize("name", ["folder-3", "sqlite-3"])  # MLflow says so since version 3
def test_a_point_keeps_the_dataset_that_it_was_measured_on(tmp_path: Path, name: str) -> None:
    with stores.source(name, tmp_path / "source") as uri:
        imported(uri, target_of(tmp_path))
    database = target_of(tmp_path) / "runstone.db"
    with closing(sqlite3.connect(database)) as connection:
        contexts = connection.execute("SELECT dataset_name, dataset_digest FROM metric_context").fetchall()
    assert contexts == [("träin", "abc123")]


def test_what_there_is_no_place_for_stands_in_the_report(source: str, tmp_path: Path) -> None:
    left_out = imported(source, target_of(tmp_path))["left_out"]
    assert [(entry["what"], entry["count"]) for entry in left_out] == [
        ("registered models", 1),
        ("model versions", 1),
        ("logged models", 1),
    ]
    assert left_out[0]["examples"] == ["fraud"]


def test_the_source_stays_as_it_is(name: str, tmp_path: Path) -> None:
    with stores.source(name, tmp_path / "source") as uri:
        before = checksums(tmp_path / "source")
        imported(uri, target_of(tmp_path), status=0 if name == "folder-1" else 3)
    assert checksums(tmp_path / "source") == before


@pytest.mark.parametrize("left_by", ["a server that runs", "one that was killed", "one that ended"])
def test_a_database_with_a_log_is_read_whole_and_stays_as_it_is(left_by: str, tmp_path: Path) -> None:
    folder = stores.unpack("sqlite-3", tmp_path / "source")
    with closing(sqlite3.connect(folder / "mlflow.db")) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("UPDATE params SET value = 'in the log' WHERE key = 'lr'")
        writer.commit()
        if left_by == "one that was killed":
            killed = tmp_path / "killed"
            killed.mkdir()
            for file in ("mlflow.db", "mlflow.db-wal"):
                (killed / file).write_bytes((folder / file).read_bytes())
            folder = killed
        elif left_by == "one that ended":
            writer.close()
        before = checksums(folder)
        imported(folder / "mlflow.db", target_of(tmp_path))
        assert checksums(folder).keys() == before.keys()
        assert checksums(folder)["mlflow.db"] == before["mlflow.db"]
    with Client(str(target_of(tmp_path))) as client:
        assert client.get_run(main_run(client)).data.params["lr"] == "in the log"


# --- once more ------------------------------------------------------------------------------------


def test_a_second_import_changes_nothing(name: str, tmp_path: Path) -> None:
    status = 0 if name == "folder-1" else 3
    target = target_of(tmp_path)
    with stores.source(name, tmp_path / "source") as uri:
        first = imported(uri, target, status=status)
        content = dump(target / "runstone.db")
        second = imported(uri, target, status=status)
    taken = {thing: count for thing, count in second["taken"].items() if count}
    assert taken == {"experiments": 4, "unchanged_runs": first["taken"]["new_runs"]}
    assert second["left_out"] == first["left_out"]
    assert dump(target / "runstone.db") == content


def dump(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.iterdump())


def test_a_run_that_went_on_is_brought_up_to_date(source: str, tmp_path: Path) -> None:
    target = target_of(tmp_path)
    imported(source, target)
    [run] = Path(source).glob("0/*/meta.yaml")
    folder = run.parent
    run.write_text(
        run.read_text().replace("status: 1", "status: 3").replace("end_time: null", "end_time: 77")
    )
    (folder / "metrics").mkdir(exist_ok=True)
    (folder / "metrics" / "loss").write_text("5 0.5 0\n6 0.25 1\n")
    (folder / "artifacts").mkdir(exist_ok=True)
    (folder / "artifacts" / "late.txt").write_text("late")
    report = imported(source, target)
    assert (report["taken"]["updated_runs"], report["taken"]["unchanged_runs"]) == (1, 4)
    (folder / "metrics" / "loss").write_text("5 0.5 0\n6 0.25 1\n7 0.125 2\n")
    (folder / "artifacts" / "late.txt").write_text("LATE")
    report = imported(source, target)
    assert (report["taken"]["updated_runs"], report["taken"]["points"]) == (1, 1)
    with Client(str(target)) as client:
        info = client.get_run(folder.name).info
        assert (info.status, info.end_time) == ("FINISHED", 77)
        history = client.get_metric_history(folder.name, "loss")
        assert [point.value for point in history] == [0.5, 0.25, 0.125]
        assert Path(client.download_artifacts(folder.name, "late.txt", tmp_path)).read_text() == "LATE"


def test_files_that_are_there_are_not_copied_again_though_something_was_left_out(
    source: str, tmp_path: Path
) -> None:
    target = target_of(tmp_path)
    [run] = Path(source).glob("0/*/meta.yaml")
    folder = run.parent
    (folder / "metrics").mkdir(exist_ok=True)
    (folder / "metrics" / "loss").write_text("-5 0.5 0\n")
    (folder / "artifacts").mkdir(exist_ok=True)
    (folder / "artifacts" / "late.txt").write_text("late")
    (folder / "artifacts" / "empty.txt").touch()
    imported(source, target)
    taken = imported(source, target)["taken"]
    assert {thing: count for thing, count in taken.items() if count} == {
        "experiments": 4,
        "unchanged_runs": 5,
    }
    (folder / "artifacts" / "late.txt").write_text("LATE")
    taken = imported(source, target)["taken"]
    assert (taken["updated_runs"], taken["unchanged_runs"], taken["artifacts"]) == (1, 4, 1)
    with Client(str(target)) as client:
        assert Path(client.download_artifacts(folder.name, "late.txt", tmp_path)).read_text() == "LATE"


def test_an_experiment_that_was_deleted_or_renamed_meanwhile_is_so_here(source: str, tmp_path: Path) -> None:
    target = target_of(tmp_path)
    imported(source, target)
    with Client(str(target)) as client:
        after = client.get_experiment_by_name("after")
        assert after
    meta = Path(source) / after.experiment_id / "meta.yaml"
    later = after.last_update_time or 0
    meta.write_text(
        meta.read_text()
        .replace(f"last_update_time: {later}", f"last_update_time: {later + 1}")
        .replace("after", "x")
    )
    meta.parent.rename(Path(source) / ".trash" / after.experiment_id)
    imported(source, target)
    with Client(str(target)) as client:
        found = client.get_experiment(after.experiment_id)
    assert (found.name, found.lifecycle_stage) == ("x", "deleted")


# --- beside what is there -------------------------------------------------------------------------


def test_an_id_that_is_taken_gives_way_to_a_new_one_and_that_is_said(tmp_path: Path) -> None:
    target = target_of(tmp_path)
    with Client(str(target)) as client:
        mine = client.create_experiment("mine")
    with stores.source("sqlite-3", tmp_path / "source") as uri:
        report = imported(uri, target)
        again = imported(uri, target)
    assert mine == "1"
    assert f"The experiment '{VISION}' has the id 4: its own, 1, is taken here." in report["notes"]
    assert again["taken"]["unchanged_runs"] == 5
    with Client(str(target)) as client:
        assert client.get_experiment("1").name == "mine"
        assert client.create_experiment("next") == "5"
        assert client.get_experiment("2").name == "gone"


def test_runs_join_an_experiment_of_the_same_name(source: str, tmp_path: Path) -> None:
    target = target_of(tmp_path)
    with Client(str(target)) as client:
        there = client.create_experiment(VISION, tags={"team": "another", "own": "stays"})
        run = client.create_run(there).info.run_id
    report = imported(source, target)
    assert f"The experiment '{VISION}' has the id {there}" in " ".join(report["notes"])
    with Client(str(target)) as client:
        assert client.get_experiment(there).tags["own"] == "stays"
        runs = client.search_runs([there], run_view_type="ALL")
    assert len(runs) == 4
    assert run in {one.info.run_id for one in runs}


def test_a_param_that_has_another_value_here_stays_and_that_is_said(source: str, tmp_path: Path) -> None:
    target = target_of(tmp_path)
    imported(source, target)
    [param] = Path(source).glob("*/*/params/lr")
    param.write_text("0.2")
    [conflict, *_] = imported(source, target)["left_out"]
    assert (conflict["what"], conflict["count"]) == ("params", 1)
    assert "written once" in conflict["reason"]
    with Client(str(target)) as client:
        assert client.get_run(main_run(client)).data.params["lr"] == "0.1"


def test_only_the_experiments_that_are_named_are_imported(source: str, tmp_path: Path) -> None:
    target = target_of(tmp_path)
    report = imported(source, target, "--experiment", "after", "--experiment", "0", status=0)
    assert (report["taken"]["experiments"], report["taken"]["new_runs"]) == (2, 1)
    with Client(str(target)) as client:
        assert client.get_experiment_by_name(VISION) is None


def test_an_experiment_that_the_source_lacks_is_refused(source: str, tmp_path: Path) -> None:
    done = runstone("import", source, "--to", "target", "-e", "afetr", folder=tmp_path)
    assert "has no experiment 'afetr'. It has: " in refusal(done)
    assert "'after'" in done.stderr


# --- options --------------------------------------------------------------------------------------


def test_artifacts_may_stay_where_they_are(source: str, tmp_path: Path) -> None:
    target = target_of(tmp_path)
    before = checksums(Path(source))
    report = imported(source, target, "--artifacts", "link")
    again = imported(source, target, "--artifacts", "link")
    assert again["taken"]["unchanged_runs"] == 5
    assert (report["taken"]["artifacts"], list(target.glob("artifacts/*/*/artifacts/*"))) == (0, [])
    with Client(str(target)) as client:
        run = client.get_run(main_run(client))
        assert run.info.artifact_uri == next(Path(source).glob(f"*/{run.info.run_id}/artifacts")).as_uri()
        assert (
            Path(client.download_artifacts(run.info.run_id, "plot #1 ä.txt", tmp_path)).read_text()
            == "hello\n"
        )
        new = client.create_run(run.info.experiment_id)
        assert str(target) in (new.info.artifact_uri or "")
    imported(source, target, "--artifacts", "copy")  # what is linked stays so
    assert checksums(Path(source)) == before


def test_an_import_can_be_tried_out(source: str, tmp_path: Path) -> None:
    tried = imported(source, target_of(tmp_path), "--dry-run")
    assert not target_of(tmp_path).exists()
    assert tried["target"] is None
    done = imported(source, target_of(tmp_path))
    for thing in ("experiments", "new_runs", "points", "params", "tags", "datasets"):
        assert tried["taken"][thing] == done["taken"][thing], thing
    assert tried["left_out"] == done["left_out"]


def test_the_artifacts_behind_a_servers_scheme_are_taken_from_its_folder(tmp_path: Path) -> None:
    folder = stores.unpack("sqlite-3", tmp_path / "source")
    with closing(sqlite3.connect(folder / "mlflow.db")) as connection:
        ((uri, run),) = connection.execute(
            "SELECT artifact_uri, run_uuid FROM runs WHERE status = 'FINISHED'"
        )
        connection.execute(
            "UPDATE runs SET artifact_uri = 'mlflow-artifacts:/1/' || run_uuid || '/artifacts'"
        )
        connection.commit()
    kept = tmp_path / "kept" / "1" / run / "artifacts"
    kept.parent.mkdir(parents=True)
    Path(uri).rename(kept)
    unknown = imported(folder / "mlflow.db", tmp_path / "unknown")
    [entry] = [entry for entry in unknown["left_out"] if entry["what"] == "artifacts of runs"]
    assert "--artifacts-from" in entry["reason"]
    assert entry["count"] == 5
    known = imported(folder / "mlflow.db", tmp_path / "known", "--artifacts-from", tmp_path / "kept")
    assert known["taken"]["artifacts"] == 2


def test_the_report_is_text_unless_asked_otherwise(source: str, tmp_path: Path) -> None:
    done = runstone("import", source, "--to", "target", folder=tmp_path)
    assert done.returncode == 3
    lines = done.stdout.splitlines()
    assert lines[0] == f"Imported {source} into target"
    assert "  experiments       4  3 new, 1 there already" in lines  # each store has `Default`
    assert "  runs              5  5 new" in lines
    assert lines[-1] == "All else was carried."
    assert "  1 registered model: Runstone has no model registry yet" in lines
    assert done.stderr == ""
    again = runstone("import", source, "--to", "target", folder=tmp_path).stdout.splitlines()
    assert again[1:3] == ["  experiments     4  4 there already", "  runs            5  5 unchanged"]
    linked = runstone("import", source, "--to", "linked", "-e", "0", "--artifacts", "link", folder=tmp_path)
    assert "those of 1 run stay where they are" in linked.stdout
    with Client(str(tmp_path / "target")) as client:
        mark = json.loads(client.get_run(main_run(client)).data.tags[MARK])
    assert mark["from"] == source
