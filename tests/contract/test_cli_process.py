"""The command as a process: its streams, its exit status, terminals, shells, and what surrounds it."""

import json
import os
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from runstone import Client
from runstone.cli import diagnosis as diagnosis_of
from runstone.cli import run
from runstone.client.surroundings.masking import Masker
from runstone.entities import Metric, Param
from runstone.store.schema import VERSION
from tests.commands import RUNSTONE, clean_environment, refusal, runstone
from tests.privileges import without_privileges
from tests.servers import free_port
from tests.tiers import tier_missing
from tests.unit.scripted import ScriptedServer, answer, dawdle

NAMES = (
    "baseline",
    "日本語の実験 with a name that is far too long for a table",
    "bad \x1b[31mname\ttab",
    "naïve",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a store, ./mlruns, of one experiment with four runs."""
    with Client(tmp_path / "mlruns") as client:
        experiment = client.create_experiment("digits")
        for number, name in enumerate(NAMES):
            run_id = client.create_run(experiment, run_name=name).info.run_id
            points = [
                Metric("loss", number / 7, 1, 0),
                Metric("epochs", 5.0, 1, 0),
                Metric("system/cpu", number, 1, 0),
            ]
            client.log_batch(run_id, points, [Param("depth", str(number))])
            client.set_terminated(run_id)
    return tmp_path


# --- streams --------------------------------------------------------------------------------------


def test_a_pipe_gets_plain_lines_and_control_characters_cannot_forge_columns(folder: Path) -> None:
    listed = runstone("runs", "list", folder=folder, FORCE_COLOR="", COLUMNS="20")
    head, *lines = listed.stdout.splitlines()
    assert head.split("\t")[:3] == ["run_id", "run_name", "status"]
    assert {len(line.split("\t")) for line in lines} == {7}
    assert "\x1b" not in listed.stdout
    assert {line.split("\t")[1] for line in lines} == {*NAMES} - {NAMES[2]} | {"bad \\x1b[31mname\\ttab"}


@pytest.mark.parametrize("output", ["tsv", "json", "table"])
def test_letters_that_the_output_lacks_become_escapes(folder: Path, output: str) -> None:
    process = subprocess.run(
        [RUNSTONE, "runs", "list", "--output", output],
        cwd=folder,
        env=clean_environment(PYTHONIOENCODING="latin-1"),
        capture_output=True,
        check=False,
    )
    assert (process.returncode, process.stderr) == (0, b"")
    text = process.stdout.decode("latin-1")
    assert "\\u65e5\\u672c" in text
    assert "na\\u00efve" if output == "json" else "naïve" in text


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    with Client(folder / "mlruns") as client:
        for _ in range(300):
            client.create_run("0", tags={"text": "x" * 1_000})
    process = subprocess.Popen(
        [RUNSTONE, "runs", "list", "--output", "json"],
        cwd=folder,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.read(1) == b"["
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(20) == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_output_that_cannot_be_written_is_an_error(folder: Path) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        process = subprocess.run(
            [RUNSTONE, "runs", "list"],
            cwd=folder,
            env=clean_environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert process.returncode == 1
    assert process.stderr == b"Error: No space left on device.\n"


def test_a_file_for_csv_that_cannot_be_written_is_named(folder: Path) -> None:
    line = refusal(runstone("experiments", "csv", "-n", "digits", "-o", "no/such/folder.csv", folder=folder))
    assert line == "Error: no/such/folder.csv: No such file or directory."


# --- stopping, and servers ------------------------------------------------------------------------


@pytest.fixture
def slow_server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_ctrl_c_ends_quietly(slow_server: ScriptedServer, tmp_path: Path) -> None:
    slow_server.script = [dawdle] * 9
    process = subprocess.Popen(
        [RUNSTONE, "--tracking-uri", slow_server.url, "runs", "list"],
        cwd=tmp_path,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 20
    while not slow_server.seen and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    printed, said = process.communicate(timeout=20)
    assert (process.returncode, printed, said.strip()) == (130, b"", b"")


def test_a_server_that_is_not_there_is_told_at_once_in_one_line(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    started = time.monotonic()
    line = refusal(runstone("--tracking-uri", url, "experiments", "list", folder=tmp_path))
    assert time.monotonic() - started < 10
    assert url in line
    assert "Is the server running, and is the tracking URI right?" in line


def test_a_passing_failure_is_outlasted_in_silence(slow_server: ScriptedServer, tmp_path: Path) -> None:
    slow_server.script = [answer(503)]
    listed = runstone("--tracking-uri", slow_server.url, "experiments", "list", folder=tmp_path)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert len(slow_server.seen) == 2


# --- stores ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["runs", "list"],
        ["experiments", "list"],
        ["experiments", "get", "-x", "0"],
        ["artifacts", "list", "x"],
        ["artifacts", "download", "-u", "runs:/x/model"],
        ["artifacts", "download", "-u", "mlflow-artifacts:/0/x"],
        ["doctor"],
    ],
)
def test_looking_makes_no_store(tmp_path: Path, arguments: list[str]) -> None:
    looked = runstone(*arguments, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
    if arguments == ["doctor"]:
        assert looked.returncode == 0
        assert "there is no store yet; the first run makes it" in looked.stdout
    else:
        assert refusal(looked).startswith(f"Error: There is no store at {tmp_path / 'mlruns'}: ")


def test_looking_beside_a_database_of_mlflow_names_it(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection, connection:
        for table in ("alembic_version", "experiments"):
            connection.execute(f"CREATE TABLE {table} (id INTEGER)")
    said = refusal(runstone("runs", "list", "--experiment-id", "0", folder=tmp_path))
    assert f"{tmp_path / 'mlflow.db'} is an MLflow database" in said
    assert f"`runstone import {tmp_path / 'mlflow.db'}` takes it over" in said


def test_the_store_is_named_by_an_option_a_variable_or_a_file_of_variables(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("elsewhere")
    (other / "variables").write_text(f'export MLFLOW_TRACKING_URI="{folder}/mlruns" # the store\n')
    for before, environment in (
        (["--tracking-uri", str(folder / "mlruns")], {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}),
        ([], {"MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlruns/runstone.db"}),
        (["--env-file", "variables"], {}),
    ):
        listed = runstone(*before, "experiments", "list", folder=other, **environment)
        assert (listed.returncode, listed.stderr) == (0, "")
        assert "digits" in listed.stdout
    unset = runstone(
        "--env-file", "variables", "experiments", "list", folder=other, MLFLOW_TRACKING_URI="elsewhere"
    )
    assert "elsewhere" in refusal(unset)


# --- usage ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnus"], "No such command 'rnus'. Did you mean 'runs'?"),
        (["xyzzy"], "No such command 'xyzzy'."),
        (["runs", "lst"], "No such command 'lst'. Did you mean 'list'?"),
        (["shim", "instal"], "No such command 'instal'. Did you mean 'install'?"),
        (["runs", "describe"], "Missing the run's id."),
        (["runs", "describe", "a", "-r", "b"], "Give the run's id once, as an argument or with its option."),
        (["experiments", "create"], "Missing the experiment's name."),
        (["experiments", "get"], "Must specify exactly one of --experiment-id or --experiment-name."),
        (
            ["experiments", "get", "-x", "0", "-n", "Default"],
            "Must specify exactly one of --experiment-id or --experiment-name.",
        ),
        (
            ["experiments", "get", "1", "-x", "0"],
            "Give the experiment's id once, as an argument or with its option.",
        ),
        (
            ["experiments", "get", "0", "-n", "Default"],
            "Must specify exactly one of --experiment-id or --experiment-name.",
        ),
        (["runs", "create"], "Must specify exactly one of --experiment-id or --experiment-name."),
        (["runs", "create", "-x", "0", "-t", "a"], "'a' is not of the form KEY=VALUE."),
        (["runs", "create", "-x", "0", "-t", "a=1", "-t", "a=2"], "the key 'a' is given twice."),
        (["runs", "create", "-x", "0", "--status", "RUNNING"], "'RUNNING' is not one of"),
        (
            ["runs", "list", "-c", "loss"],
            "No such column: 'loss'. Write metrics.KEY, params.KEY or tags.KEY.",
        ),
        (["runs", "list", "--view", "some"], "'some' is not one of"),
        (["runs", "list", "--max-results", "-1"], "-1 is not in the range"),
        (["runs", "list", "--output", "xml"], "'xml' is not one of"),
        (["artifacts", "download"], "Missing the run's id."),
        (["artifacts", "log-artifact", "-r", "x"], "Missing option '--local-file'"),
        (["completion", "tcsh"], "'tcsh' is not one of"),
        (["--env-file", "nowhere", "runs", "list"], "The environment file 'nowhere' cannot be read"),
    ],
)
def test_what_is_called_wrongly_is_a_matter_of_usage(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    assert run(arguments) == 2
    printed, complaint = capsys.readouterr()
    assert printed == ""
    assert said in complaint
    assert complaint.startswith("Usage: runstone")


def test_an_id_that_several_runs_begin_with_is_refused(folder: Path) -> None:
    from runstone.client.transport import connect
    from runstone.wire.operations import BY_NAME
    from runstone.wire.runs import CreateRun

    transport = connect(str(folder / "mlruns"))
    for end in "ab":
        transport.send(BY_NAME["create_run"], CreateRun(experiment_id="0", run_id="c0ffee" + "0" * 25 + end))
    transport.close()
    line = refusal(runstone("runs", "delete", "c0ffee", folder=folder))
    assert line == "Error: Several runs have ids that begin with 'c0ffee'. Give more of the id."


# --- terminals ------------------------------------------------------------------------------------


def on_terminal(*arguments: str, folder: Path, columns: int, **environment: str) -> list[str]:
    """The lines that a terminal of so many columns gets."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    variables = clean_environment(TERM="xterm-256color", **environment)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        if name not in environment:
            variables.pop(name, None)
    process = subprocess.Popen(
        [RUNSTONE, *arguments], cwd=folder, env=variables, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    seen = b""
    while select.select([ours], [], [], 20)[0]:
        try:
            piece = os.read(ours, 65_536)
        except OSError:  # Linux says so when the last writer has gone
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    assert process.wait(20) == 0, seen
    return seen.decode().replace("\r\n", "\n").splitlines()


def plain(line: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", line)


posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")


@posix
@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("command", ["experiments list", "runs list", "runs list --view all -n digits"])
def test_a_table_fits_the_terminal_and_keeps_ids_whole(folder: Path, columns: int, command: str) -> None:
    lines = on_terminal(*command.split(), folder=folder, columns=columns)
    assert any("\x1b[" in line for line in lines)
    shown = [plain(line) for line in lines]
    assert all(cell_len(line) <= columns for line in shown), shown
    assert all("\x1b" not in line for line in shown)
    if command.startswith("runs"):
        assert all(re.fullmatch(r"[0-9a-f]{8}  .*", line) for line in shown[1:])
        assert any("日本語の実験" in line for line in shown)
        assert ("loss" in shown[0]) or "EXPERIMENT" in shown[0]
        assert "epochs" not in shown[0]  # it is the same everywhere
        assert "system/cpu" not in shown[0]


@posix
def test_colours_are_left_out_on_request(folder: Path) -> None:
    lines = on_terminal("runs", "list", folder=folder, columns=100, NO_COLOR="1")
    assert not any(re.search(r"\x1b\[[0-9;]*3[0-9]", line) for line in lines)


@posix
def test_a_terminal_shows_the_first_hundred_and_says_so(folder: Path) -> None:
    with Client(folder / "mlruns") as client:
        for _ in range(101):
            client.create_run("0")
    shown = on_terminal("runs", "list", "-x", "0", folder=folder, columns=100)
    assert len(shown) == 102
    assert shown[-1] == "The first 100 are shown; --max-results NUMBER shows more."
    assert (
        len(on_terminal("runs", "list", "-x", "0", "--max-results", "101", folder=folder, columns=100)) == 102
    )
    assert len(runstone("runs", "list", "-x", "0", folder=folder).stdout.splitlines()) == 102
    assert on_terminal("runs", "search", "-f", "metrics.x > 1", folder=folder, columns=80) == [
        "No run matches."
    ]


@posix
def test_a_run_and_an_experiment_are_pages_on_a_terminal(folder: Path) -> None:
    with Client(folder / "mlruns") as client:
        run_id = client.search_runs(["1"], "params.depth = '1'")[0].info.run_id
    shown = [plain(line) for line in on_terminal("runs", "describe", run_id, folder=folder, columns=80)]
    assert shown[0].startswith("Name         日本語の実験")
    assert shown[1] == f"Run ID       {run_id}"
    assert {"Params", "Metrics", "  depth  1"} <= set(shown)
    experiment = [
        plain(line) for line in on_terminal("experiments", "get", "-n", "digits", folder=folder, columns=80)
    ]
    assert re.fullmatch(r"Created +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \((now|\d+ s ago)\)", experiment[4])


# --- shells ---------------------------------------------------------------------------------------


def completions(folder: Path, *words: str, shell: str = "zsh", **environment: str) -> list[str]:
    """What a shell would offer behind the last word, which may be empty."""
    done = subprocess.run(
        [RUNSTONE],
        cwd=folder,
        env=clean_environment(
            _RUNSTONE_COMPLETE=f"{shell}_complete",
            COMP_WORDS=" ".join(["runstone", *words]),
            COMP_CWORD=str(len(words)),
            **environment,
        ),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    return lines[1::3] if shell == "zsh" else [line.removeprefix("plain,") for line in lines]


def test_shells_complete_commands_experiments_and_runs(folder: Path) -> None:
    with Client(folder / "mlruns") as client:
        client.create_experiment("two words")
        run_id = client.search_runs(["1"])[0].info.run_id
    assert completions(folder, "exp") == ["experiments"]
    assert completions(folder, "runs", "des") == ["describe"]
    assert completions(folder, "runs", "list", "-n", "") == ["two words", "digits", "Default"]
    assert completions(folder, "runs", "list", "-n", "", shell="bash") == ["'two words'", "digits", "Default"]
    assert completions(folder, "experiments", "get", "-x", "1") == ["1"]
    assert completions(folder, "runs", "describe", run_id[:9]) == [run_id]
    assert completions(folder, "artifacts", "list", "-r", run_id[:9], shell="bash") == [run_id]


def test_completion_is_silent_where_there_is_no_store(tmp_path: Path) -> None:
    assert completions(tmp_path, "runs", "list", "-n", "") == []
    assert completions(tmp_path, "runs", "describe", "", MLFLOW_TRACKING_URI="http://127.0.0.1:9") == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell_is_printed(tmp_path: Path, shell: str) -> None:
    printed = runstone("completion", shell, folder=tmp_path)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert f"_RUNSTONE_COMPLETE={shell}_complete" in printed.stdout


def test_bash_completes(folder: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        tier_missing("contract", "there is no bash", "apt-get install bash")
    program = (
        'eval "$(runstone completion bash)"; COMP_WORDS=(runstone runs list -n dig); COMP_CWORD=4;'
        "_runstone_completion runstone; echo ${COMPREPLY[@]}"
    )
    path = f"{Path(RUNSTONE).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [bash, "-c", program],
        cwd=folder,
        env=clean_environment(PATH=path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("digits\n", "")


# --- doctor ---------------------------------------------------------------------------------------


def diagnosis(folder: Path, *arguments: str, **environment: str) -> dict[str, Any]:
    """What the doctor finds; its status says whether that is a problem."""
    done = runstone(*arguments, "doctor", "--output", "json", folder=folder, **environment)
    found = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (1 if found["problems"] else 0, "")
    return found


def test_the_doctor_shows_no_secret(folder: Path) -> None:
    secrets = {
        "MLFLOW_TRACKING_PASSWORD": "hush-1",
        "MLFLOW_TRACKING_TOKEN": "hush-2",
        "MLFLOW_REGISTRY_URI": "http://ada:hush-3@host",
        "MLFLOW_ARTIFACTS_DESTINATION": "https://ghp_hush4hush4hush4hush4@host",
        "MLFLOW_S3_UPLOAD_EXTRA_ARGS": '{"api_key": "hush-5"}',
        "MLFLOW_BACKEND_STORE_URI": "mysql://host/runs?user=ada&password=hush-6",
        "MLFLOW_TRACKING_USERNAME": "ada",
        "MLFLOW_SERVER_WORKERS": "4",
    }
    for output in ("text", "json"):
        printed = runstone("doctor", "--output", output, folder=folder, **secrets).stdout
        assert "hush" not in printed
        assert "http://***@host" in printed
    environment = diagnosis(folder, **secrets)["environment"]
    assert environment["MLFLOW_TRACKING_USERNAME"] == "ada"
    assert environment["MLFLOW_SERVER_WORKERS"] == "4  (not used by Runstone)"
    masked = runstone("doctor", "--mask-envs", "--output", "json", folder=folder, **secrets).stdout
    assert {value.partition("  ")[0] for value in json.loads(masked)["environment"].values()} == {"***"}


def test_the_doctor_is_a_function_too(folder: Path) -> None:
    code = (
        "import runstone; runstone.doctor(mask_envs=True); print(runstone.settings.HTTP_MAX_RETRIES.read())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=clean_environment(MLFLOW_EXPERIMENT_NAME="digits"),
        capture_output=True,
        text=True,
        check=True,
    )
    *said, patience = done.stdout.splitlines()
    told = runstone("doctor", "--mask-envs", folder=folder, MLFLOW_EXPERIMENT_NAME="digits")
    # How long the store took to answer, and how much room there is, change.
    unchanging = [line for line in told.stdout.splitlines() if not line.startswith(("  works", "  free"))]
    assert [line for line in said if not line.startswith(("  works", "  free"))] == unchanging
    assert "No problem was found." in said
    assert patience == "7"


def test_the_doctor_finds_what_does_not_work(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    found = diagnosis(folder, "--tracking-uri", "http://127.0.0.1:9")
    assert found["tracking"]["works"] == "no"
    assert "Is the server running" in found["problems"][0]
    (folder / "mlruns" / "runstone.db").write_bytes(b"not a database at all" * 500)
    assert "damaged" in diagnosis(folder)["problems"][0]
    theirs = tmp_path_factory.mktemp("theirs")
    (theirs / "mlruns" / "0").mkdir(parents=True)
    (theirs / "mlruns" / "0" / "meta.yaml").write_text("name: Default")
    text = runstone("doctor", folder=theirs)
    assert text.returncode == 1
    assert "Problem: " in text.stdout.splitlines()[-1]
    assert "MLflow" in text.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("version", "said"),
    [("3.1.0", "the real MLflow 3.1.0"), ("3.17.2+runstone.1", "Runstone, as MLflow 3.17.2")],
)
def test_the_doctor_tells_what_mlflow_is(folder: Path, version: str, said: str) -> None:
    site = folder / "site"
    (site / "mlflow").mkdir(parents=True)
    (site / "mlflow" / "__init__.py").write_text("raise SystemExit('it must not be imported')")
    (site / f"mlflow-{version}.dist-info").mkdir()
    (site / f"mlflow-{version}.dist-info" / "METADATA").write_text(f"Name: mlflow\nVersion: {version}\n")
    assert said in diagnosis(folder, PYTHONPATH=str(site))["versions"]["import_mlflow"]


def test_the_doctor_sees_a_lock_that_is_held(folder: Path) -> None:
    from runstone.locks import FileLock

    assert diagnosis(folder)["tracking"]["lock"] == "free"
    lock = FileLock(folder / "mlruns" / "runstone.db.lock")
    with lock:
        assert diagnosis(folder)["tracking"]["lock"] == "held by a process that writes now"
    lock.close()


def test_the_doctor_shows_no_secret_of_the_store(folder: Path) -> None:
    for uri in ("http://ada:hush-1@127.0.0.1:9", "mysql://ada:hush-2@host/runs?password=hush-3"):
        assert "hush" not in json.dumps(diagnosis(folder, "--tracking-uri", uri))


def test_the_doctor_does_not_upgrade_an_older_store(tmp_path: Path) -> None:
    (tmp_path / "mlruns").mkdir()
    database = tmp_path / "mlruns" / "runstone.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript((Path(__file__).parents[1] / "unit" / "stores" / "0001.sql").read_text())
    before = database.read_bytes()
    found = diagnosis(tmp_path)
    assert found["tracking"]["schema"] == f"0001, which will be upgraded to {VERSION} at the next use"
    assert "would upgrade the store" in found["tracking"]["works"]
    assert found["problems"] == []
    assert database.read_bytes() == before
    assert [file.name for file in (tmp_path / "mlruns").iterdir()] == ["runstone.db"]


def test_the_doctor_makes_no_store_of_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "mlruns").mkdir()
    (tmp_path / "mlruns" / "runstone.db").touch()
    assert diagnosis(tmp_path)["tracking"]["works"] == "there is no store yet; the first run makes it"
    assert (tmp_path / "mlruns" / "runstone.db").read_bytes() == b""


def test_the_doctor_tells_what_it_can_of_a_store_that_one_may_not_write(folder: Path) -> None:
    diagnosis_of._tracking(str(folder / "mlruns"), Masker({}), [])  # imports all, while that is allowed
    problems: list[str] = []
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        store = Path(name) / "mlruns"
        shutil.copytree(folder / "mlruns", store)
        for path in (Path(name), store):
            path.chmod(0o755)
        with without_privileges():
            facts = diagnosis_of._tracking(str(store), Masker({}), problems)
    assert facts["schema"] == VERSION
    assert facts["lock"] == "unknown: you may not write to its file"
    [problem] = problems
    assert "which even reading it needs" in problem
