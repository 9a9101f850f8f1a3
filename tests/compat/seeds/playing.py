"""Runs a block of a document in a process of its own, and reads back what it recorded."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runstone import Client
from runstone.entities import Experiment, Run, ViewType

BLOCKS = Path(__file__).parent

_MLFLOW = "import mlflow\n"
_MODEL = """
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
iris = load_iris()
X_train, X_test, y_train, y_test = train_test_split(iris.data, iris.target, random_state=0)
model = RandomForestClassifier(n_estimators=5, random_state=0)
"""

# block → the code that gives it the names which its document takes for granted
PREPARED = {
    "001_manual_logging": _MLFLOW,
    "001_active_run": _MLFLOW + "mlflow.start_run()\nmlflow.log_param('depth', 3)\n",
    "001_step_and_timestamp": _MLFLOW + "train_loss, epoch, now = 0.25, 3, 1_700_000_000_000\n",
    "001_environment": _MLFLOW,
    "001_child_runs": _MLFLOW + "val_loss = 0.5\n",
    "001_sequential_runs": _MLFLOW,
    "001_fork": "",
    "001_spawn": "",
    "001_threads": "",
    "001_tags": _MLFLOW + "client = mlflow.MlflowClient()\nrun = client.create_run('0')\n",
    "003_first_run": "",
    "003_tuning": "",
    "003_artifacts": "import matplotlib\nmatplotlib.use('agg')\n",
    "003_team_server": _MODEL,
    "003_pipeline": _MODEL
    + """
def load_config(path):
    return {"train_path": "train.csv", "test_path": "test.csv", "n_estimators": 5}

def load_data(path):
    return (X_train, y_train) if path == "train.csv" else (X_test, y_test)

def train_model(X, y, config):
    return model.fit(X, y)

def evaluate_model(model, X, y):
    return {"accuracy": model.score(X, y)}

def save_model(model, path):
    pass
""",
    "003_set_tags": _MLFLOW,
    "003_git_commit": _MLFLOW,
    "003_log_artifacts": _MLFLOW
    + """
from pathlib import Path
for folder in ("plots", "data"):
    Path(folder).mkdir()
Path("plots/confusion_matrix.png").write_bytes(b"a picture")
Path("data/class_distribution.json").write_text("{}")
""",
}

# Where the documents' own addresses lead in a test.
_ADDRESSES = ("http://your-server:5000", "sqlite:///runs.db")


@dataclass(frozen=True)
class Played:
    """What a block recorded: the runs of each experiment, the first first, by the experiment's name."""

    experiments: Mapping[str, tuple[Run, ...]]
    client: Client

    @property
    def runs(self) -> tuple[Run, ...]:
        """All runs, where a block records to one experiment."""
        [runs] = [runs for runs in self.experiments.values() if runs]
        return runs


def play(
    block: str,
    folder: Path,
    environ: dict[str, str],
    *,
    store: str = "mlruns",
    python: str | Path = sys.executable,
) -> Played:
    """Run a block in `folder` with the default store, or with a server's URL as `store`.

    A block of shell that has its name is run before it, in the same shell.
    """
    script = folder / "example.py"
    text = (BLOCKS / f"{block}.txt").read_text()
    if store.startswith("http"):
        environ = {**environ, "MLFLOW_TRACKING_URI": store}
        for address in _ADDRESSES:
            text = text.replace(address, store)
    script.write_text(PREPARED[block] + text)
    shell = BLOCKS / f"{block}.sh"
    before = shell.read_text() if shell.is_file() else ""
    done = subprocess.run(
        ["sh", "-e", "-c", f'{before}\n"$0" example.py', python],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=55,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return recorded(store if store.startswith("http") else str(folder / store))


def recorded(store: str) -> Played:
    """Everything that a store has."""
    client = Client(store)
    experiments = client.search_experiments(view_type=ViewType.ALL)
    return Played({each.name: _runs(client, each) for each in experiments}, client)


def _runs(client: Client, experiment: Experiment) -> tuple[Run, ...]:
    return tuple(client.search_runs([experiment.experiment_id], order_by=["start_time ASC"]))


def quiet() -> dict[str, str]:
    """The environment variables of this process, without MLflow's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
