"""What made a run: recorded by real processes in real repositories, beside the training and never in its way."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runstone import Client
from runstone.entities import Run
from tests.repositories import git, new_repository, write
from tests.servers import RunningServer

FILES = {"runstone/environment.json", "runstone/requirements.txt"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository to run scripts in; the stores and the scripts are ignored by git."""
    return new_repository(tmp_path / "project", model__py="depth = 3\n", _gitignore="*\n")


@pytest.fixture
def started(project: Path, tracking_uri: str, experiment: str) -> Callable[..., subprocess.Popen[str]]:
    """A factory of processes that run a script in the project, logging to the experiment."""

    def start(
        script: str, *arguments: str, uri: str = tracking_uri, **environment: str
    ) -> subprocess.Popen[str]:
        variables = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "RUNSTONE_"))}
        variables |= {
            "MLFLOW_TRACKING_URI": uri,
            "MLFLOW_EXPERIMENT_ID": experiment,
            "PYTHONWARNINGS": "error",
        }
        write(project / "train.py", f"import runstone as mlflow\n{script}")
        return subprocess.Popen(
            [sys.executable, "train.py", *arguments],
            cwd=project,
            env=variables | environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return start


@pytest.fixture
def train(started: Callable[..., subprocess.Popen[str]]) -> Callable[..., None]:
    """A factory of processes that must succeed without printing a word of their own."""

    def run(script: str, *arguments: str, **environment: str) -> None:
        process = started(script, *arguments, MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true", **environment)
        printed, failed = process.communicate(timeout=50)
        assert (process.returncode, printed, failed) == (0, "", "")

    return run


def runs(client: Client, experiment: str) -> list[Run]:
    return client.search_runs([experiment], order_by=["start_time ASC"])


def files(client: Client, run: Run, folder: str = "runstone") -> set[str]:
    return {info.path for info in client.list_artifacts(run.info.run_id, folder)}


def read(client: Client, run: Run, name: str) -> str:
    return Path(client.download_artifacts(run.info.run_id, f"runstone/{name}")).read_text()


def environment_of(client: Client, run: Run) -> Any:
    return json.loads(read(client, run, "environment.json"))


def test_a_run_of_a_clean_commit_has_its_record(
    train: Callable[..., None], client: Client, experiment: str, project: Path
) -> None:
    train("with mlflow.start_run(): pass", "--lr", "0.1", "--password", "hunter2")
    [run] = runs(client, experiment)
    assert files(client, run) == FILES
    tags = run.data.tags
    head = git(project, "rev-parse", "HEAD")
    assert (tags["mlflow.source.git.commit"], tags["mlflow.source.git.branch"]) == (head, "main")
    assert (tags["mlflow.source.name"], tags["mlflow.source.git.dirty"]) == ("train.py", "false")
    environment = environment_of(client, run)
    assert environment["command"] == [sys.executable, "train.py", "--lr", "0.1", "--password", "***"]
    assert environment["git"]["commit"] == head
    assert "sqlalchemy==" in read(client, run, "requirements.txt")


def test_uncommitted_changes_come_as_a_patch(
    train: Callable[..., None], client: Client, experiment: str, project: Path
) -> None:
    write(project / "model.py", "depth = 4\n")
    train("with mlflow.start_run(): pass")
    [run] = runs(client, experiment)
    assert run.data.tags["mlflow.source.git.dirty"] == "true"
    assert files(client, run) == FILES | {"runstone/uncommitted.patch"}
    assert "-depth = 3\n+depth = 4\n" in read(client, run, "uncommitted.patch")


def test_what_the_user_sets_counts(train: Callable[..., None], client: Client, experiment: str) -> None:
    train("mlflow.start_run(tags={'mlflow.source.git.dirty': 'perhaps', 'mlflow.user': 'eve'})")
    [run] = runs(client, experiment)
    assert (run.data.tags["mlflow.source.git.dirty"], run.data.tags["mlflow.user"]) == ("perhaps", "eve")


def test_nested_runs_have_the_tags_and_their_parent_the_files(
    train: Callable[..., None], client: Client, experiment: str
) -> None:
    train(
        "import time\n"
        "with mlflow.start_run():\n"
        "    with mlflow.start_run(nested=True): pass\n"
        "    time.sleep(1.5)\n"
        "    with mlflow.start_run(nested=True): time.sleep(1.2)\n"
    )
    parent, *children = runs(client, experiment)
    assert files(client, parent) == FILES
    assert len(children) == 2
    for child in children:
        assert child.data.tags["mlflow.source.git.dirty"] == "false"
        assert "runstone.recordedWith" not in child.data.tags
        assert client.list_artifacts(child.info.run_id) == []


def test_short_runs_name_the_one_that_has_the_files_and_lasting_ones_have_their_own(
    train: Callable[..., None], client: Client, experiment: str
) -> None:
    train(
        "import time\n"
        "for seconds in [0, 0, 0, 1.5, 0]:\n"
        "    with mlflow.start_run(): time.sleep(seconds)\n"
        "mlflow.start_run()\n"
    )
    first, *found = runs(client, experiment)
    assert files(client, first) == FILES
    assert [files(client, run) for run in found] == [set(), set(), FILES, set(), FILES]
    named = [run.data.tags.get("runstone.recordedWith") for run in found]
    first_id = first.info.run_id
    assert named == [first_id, first_id, None, first_id, None]
    assert {run.data.tags["mlflow.source.git.dirty"] for run in found} == {"false"}


def test_a_process_reads_what_it_is_about_to_record(train: Callable[..., None]) -> None:
    train(
        "client = mlflow.MlflowClient()\n"
        "with mlflow.start_run() as run: mlflow.log_text('x', 'x.txt')\n"
        "names = [info.path for info in client.list_artifacts(run.info.run_id)]\n"
        "assert names == ['runstone', 'x.txt'], names\n"
    )


@pytest.mark.parametrize(
    ("setting", "tags", "artifacts"), [("tags", True, False), ("off", False, False), ("0", False, False)]
)
def test_one_setting_turns_it_off(
    train: Callable[..., None], client: Client, experiment: str, setting: str, tags: bool, artifacts: bool
) -> None:
    train("with mlflow.start_run(): pass", RUNSTONE_CAPTURE=setting)
    [run] = runs(client, experiment)
    assert ("mlflow.user" in run.data.tags, "mlflow.source.git.dirty" in run.data.tags) == (tags, tags)
    assert bool(client.list_artifacts(run.info.run_id)) == artifacts


def test_a_setting_that_makes_no_sense_is_refused(
    started: Callable[..., subprocess.Popen[str]], client: Client, experiment: str
) -> None:
    process = started("mlflow.start_run()", RUNSTONE_CAPTURE="everything")
    _, failed = process.communicate(timeout=50)
    assert process.returncode == 1
    assert "RUNSTONE_CAPTURE is 'everything': expected full, tags or off" in failed
    assert runs(client, experiment) == []


# --- runs that several processes make -------------------------------------------------------------

RESUME = "import time\nwith mlflow.start_run(run_id={run!r}): time.sleep({seconds})\n"


def test_a_run_that_the_client_made_gets_the_record_of_the_process_that_takes_it_up(
    train: Callable[..., None], client: Client, run: str
) -> None:
    train(RESUME.format(run=run, seconds=1.5))
    assert files(client, client.get_run(run)) == FILES


def test_a_process_that_resumes_a_run_adds_its_own_record(
    train: Callable[..., None], client: Client, experiment: str
) -> None:
    train("with mlflow.start_run(): pass")
    [run] = runs(client, experiment)
    train(RESUME.format(run=run.info.run_id, seconds=0))
    assert files(client, run) == FILES
    train(
        "import time\n"
        "for seconds in (0, 1.5, 0):\n"
        f"    with mlflow.start_run(run_id={run.info.run_id!r}): time.sleep(seconds)\n"
    )
    assert files(client, run) == FILES | {"runstone/resumed"}
    [place] = files(client, run, "runstone/resumed")
    assert files(client, run, place) == {f"{place}/environment.json", f"{place}/requirements.txt"}
    assert (
        environment_of(client, run)["process_id"]
        != json.loads(read(client, run, f"{place[9:]}/environment.json"))["process_id"]
    )


CHILDREN = """
import multiprocessing, os, sys

def child(number):
    os.environ["RANK"] = str(number)
    with mlflow.start_run(run_name=f"child {number}"):
        mlflow.log_metric("m", number)

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    with mlflow.start_run(run_name="parent"):
        children = [context.Process(target=child, args=(number,)) for number in range(2)]
        for process in children: process.start()
        for process in children: process.join()
        assert [process.exitcode for process in children] == [0, 0]
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_children_record_themselves(
    train: Callable[..., None], client: Client, experiment: str, method: str
) -> None:
    train(CHILDREN, method)
    found = {run.info.run_name: run for run in runs(client, experiment)}
    assert len(found) == 3
    records = {name: environment_of(client, run) for name, run in found.items()}
    assert len({record["process_id"] for record in records.values()}) == 3
    for number in range(2):
        assert records[f"child {number}"]["variables"]["RANK"] == str(number)
        assert found[f"child {number}"].data.tags["mlflow.source.git.dirty"] == "false"


def test_a_fork_in_the_midst_of_recording_leaves_neither_side_waiting(
    train: Callable[..., None], client: Client, experiment: str
) -> None:
    train(
        "import os\n"
        "for number in range(4):\n"
        "    mlflow.start_run()\n"
        "    if (child := os.fork()) == 0:\n"
        "        with mlflow.start_run() as run: mlflow.log_text('x', 'x.txt')\n"
        "        mlflow.MlflowClient().list_artifacts(run.info.run_id)\n"
        "        os._exit(0)\n"
        "    assert os.waitpid(child, 0)[1] == 0\n"
        "    mlflow.end_run()\n"
    )
    found = runs(client, experiment)
    assert len(found) == 8
    with_files = [run for run in found if files(client, run) == FILES]
    assert len(with_files) >= 5  # each child's, and the first of the parent's


def test_threads_that_start_runs_at_once_all_have_a_record(
    train: Callable[..., None], client: Client, experiment: str
) -> None:
    train(
        "import threading\n"
        "def work():\n"
        "    for _ in range(5):\n"
        "        with mlflow.start_run(): pass\n"
        "threads = [threading.Thread(target=work) for _ in range(4)]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()\n"
    )
    found = runs(client, experiment)
    having = [run.info.run_id for run in found if files(client, run)]
    assert len(found) == 20
    assert len(having) == 1
    others = [run for run in found if run.info.run_id not in having]
    assert {run.data.tags["runstone.recordedWith"] for run in others} == set(having)


# --- a guest in the training process --------------------------------------------------------------


def test_a_process_that_is_killed_early_keeps_what_was_recorded(
    started: Callable[..., subprocess.Popen[str]], client: Client, experiment: str
) -> None:
    process = started(
        "import time\nmlflow.start_run()\ntime.sleep(2)\nprint('ready', flush=True)\ntime.sleep(60)\n"
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    process.kill()
    process.communicate()
    [run] = runs(client, experiment)
    assert files(client, run) == FILES


def test_an_interrupt_while_the_end_waits_still_ends_the_run(
    started: Callable[..., subprocess.Popen[str]], project: Path, client: Client, experiment: str
) -> None:
    write(project / "bin" / "git", "#!/bin/sh\nexec sleep 30\n")
    (project / "bin" / "git").chmod(0o755)
    path = f"{project / 'bin'}:{os.environ['PATH']}"
    process = started("mlflow.start_run()\nprint('ready', flush=True)", PATH=path)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    before = time.monotonic()
    _, failed = process.communicate(timeout=20)
    assert time.monotonic() - before < 4
    [run] = runs(client, experiment)
    assert run.info.status == "FINISHED"
    [line] = failed.splitlines()
    assert line.startswith("The process ended before everything was recorded that made the run ")


def test_git_that_hangs_costs_a_short_wait_at_the_end(
    started: Callable[..., subprocess.Popen[str]], project: Path, client: Client, experiment: str
) -> None:
    write(project / "bin" / "git", "#!/bin/sh\nexec sleep 30\n")
    (project / "bin" / "git").chmod(0o755)
    path = f"{project / 'bin'}:{os.environ['PATH']}"
    process = started(
        "import time\nbefore = time.monotonic()\nwith mlflow.start_run(): mlflow.log_metric('m', 1)\n"
        "print(time.monotonic() - before)",
        PATH=path,
        MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
    )
    before = time.monotonic()
    printed, failed = process.communicate(timeout=30)
    assert process.returncode == 0
    assert float(printed) < 4
    assert time.monotonic() - before < 15
    assert failed.count("\n") == 1
    assert runs(client, experiment)[0].info.status == "FINISHED"


def test_the_end_of_a_process_ends_its_run_before_it_waits_for_the_record(
    started: Callable[..., subprocess.Popen[str]], project: Path, client: Client, experiment: str
) -> None:
    write(project / "bin" / "git", "#!/bin/sh\nexec sleep 30\n")
    (project / "bin" / "git").chmod(0o755)
    process = started("mlflow.start_run()", PATH=f"{project / 'bin'}:{os.environ['PATH']}")
    while not (found := runs(client, experiment)) or found[0].info.status == "RUNNING":
        time.sleep(0.1)
        assert process.poll() is None
    assert process.poll() is None
    process.communicate(timeout=30)


def test_forks_wait_once_for_a_slow_piece_of_work(
    started: Callable[..., subprocess.Popen[str]], project: Path
) -> None:
    write(project / "bin" / "git", "#!/bin/sh\nexec sleep 4\n")
    (project / "bin" / "git").chmod(0o755)
    process = started(
        "import os, time\n"
        "mlflow.start_run()\n"
        "time.sleep(0.3)\n"
        "before = time.monotonic()\n"
        "for _ in range(4):\n"
        "    if (child := os.fork()) == 0: os._exit(0)\n"
        "    os.waitpid(child, 0)\n"
        "assert time.monotonic() - before < 2.5\n",
        PATH=f"{project / 'bin'}:{os.environ['PATH']}",
    )
    _, failed = process.communicate(timeout=50)
    assert process.returncode == 0, failed


def test_an_artifact_store_that_cannot_be_written_is_warned_of_once(
    started: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    write(tmp_path / "a file", "")
    with Client(str(tmp_path / "other store")) as client:
        experiment = client.create_experiment("e", artifact_location=str(tmp_path / "a file" / "below"))
        process = started(
            "for _ in range(3):\n    with mlflow.start_run(): mlflow.log_metric('m', 1)\n",
            uri=str(tmp_path / "other store"),
            MLFLOW_EXPERIMENT_ID=experiment,
        )
        _, failed = process.communicate(timeout=50)
        assert process.returncode == 0
        [line] = failed.splitlines()
        assert line.startswith("What made it could not be recorded for the run ")
        assert line.endswith("The run itself is not affected. Further such failures are not shown.")
        assert [run.info.status for run in client.search_runs([experiment])] == ["FINISHED"] * 3


def test_a_server_that_goes_away_costs_warnings_and_no_error(
    started: Callable[..., subprocess.Popen[str]],
    runstone_server: Callable[..., RunningServer],
    project: Path,
) -> None:
    server = runstone_server()
    write(project / "bin" / "nvidia-smi", "#!/bin/sh\nsleep 2\nexit 1\n")
    (project / "bin" / "nvidia-smi").chmod(0o755)
    process = started(
        "mlflow.start_run()\nprint('ready', flush=True)\ninput()",
        uri=server.url,
        MLFLOW_EXPERIMENT_ID="0",
        MLFLOW_HTTP_REQUEST_MAX_RETRIES="0",
        PATH=f"{project / 'bin'}:{os.environ['PATH']}",
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    server.stop()
    time.sleep(2.5)
    _, failed = process.communicate("\n", timeout=50)
    assert process.returncode == 0
    record, end = failed.splitlines()
    assert record.startswith("What made it could not be recorded for the run ")
    assert "could not be ended" in end


def test_a_run_that_is_deleted_meanwhile_is_warned_of(
    started: Callable[..., subprocess.Popen[str]], client: Client, experiment: str
) -> None:
    process = started(
        "run_id = mlflow.start_run().info.run_id\n"
        "mlflow.delete_run(run_id)\n"
        "mlflow.MlflowClient().list_artifacts(run_id)\n"
    )
    _, failed = process.communicate(timeout=50)
    assert process.returncode == 0
    assert "Traceback" not in failed


# --- data -----------------------------------------------------------------------------------------


def test_named_data_is_told_by_its_digest(
    train: Callable[..., None], client: Client, experiment: str, project: Path
) -> None:
    write(project / "data" / "train.csv", "1,2\n")
    write(project / "labels.csv", "3\n")
    train(
        "from pathlib import Path\n"
        "with mlflow.start_run():\n"
        "    mlflow.log_data_files('data')\n"
        "    mlflow.log_data_files(Path('labels.csv'), 'data')\n"
        "    try: mlflow.log_data_files('absent.csv')\n"
        "    except FileNotFoundError as error: assert error.filename == 'absent.csv'\n"
        "    else: raise AssertionError\n"
    )
    [run] = runs(client, experiment)
    found = json.loads(read(client, run, "data.json"))
    assert found["complete"] is True
    folder, file = found["data"]
    assert (folder["path"], folder["kind"]) == (str(project / "data"), "folder")
    assert (file["path"], file["bytes"]) == (str(project / "labels.csv"), 2)
    assert len(folder["sha256"]) == len(file["sha256"]) == 64


def test_data_is_named_by_a_setting_too(
    train: Callable[..., None], client: Client, experiment: str, project: Path
) -> None:
    write(project / "data" / "train.csv", "1,2\n")
    train("mlflow.start_run()", RUNSTONE_DATA_FILES=f"data{os.pathsep}absent")
    [run] = runs(client, experiment)
    there, absent = json.loads(read(client, run, "data.json"))["data"]
    assert (there["files"], len(there["sha256"])) == (1, 64)
    assert absent["missing"] == "it cannot be read: No such file or directory"


def test_data_named_before_a_run_is_resumed_does_not_cost_its_record(
    train: Callable[..., None], client: Client, run: str, project: Path
) -> None:
    write(project / "x.csv", "1\n")
    write(project / "y.csv", "2\n")
    train(
        f"import time\nmlflow.log_data_files('x.csv', run_id={run!r})\n"
        + RESUME.format(run=run, seconds=1.5),
        RUNSTONE_DATA_FILES="y.csv",
    )
    found = client.get_run(run)
    assert files(client, found) == FILES | {"runstone/data.json"}
    named = [Path(entry["path"]).name for entry in json.loads(read(client, found, "data.json"))["data"]]
    assert named == ["x.csv", "y.csv"]


def test_data_too_large_to_read_before_the_end_is_named_all_the_same(
    started: Callable[..., subprocess.Popen[str]], client: Client, experiment: str, project: Path
) -> None:
    with (project / "huge.bin").open("wb") as file:
        file.truncate(200 << 30)  # a hole
    process = started(
        "import time\n"
        "with mlflow.start_run() as run: mlflow.log_data_files('huge.bin')\n"
        "client = mlflow.MlflowClient()\n"
        "client.list_artifacts(run.info.run_id)\n"
        "before = time.monotonic()\n"
        "names = [file.path for file in client.list_artifacts(run.info.run_id, 'runstone')]\n"
        "assert 'runstone/data.json' in names, names\n"
        "assert time.monotonic() - before < 2\n"
    )
    _, failed = process.communicate(timeout=50)
    assert process.returncode == 0
    assert "The process ended before everything was recorded" in failed
    [run] = runs(client, experiment)
    found = json.loads(read(client, run, "data.json"))
    assert (found["complete"], found["data"][0]["bytes"], found["data"][0]["sha256"]) == (
        False,
        200 << 30,
        None,
    )
