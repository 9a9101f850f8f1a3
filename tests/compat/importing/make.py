"""Makes the stores that the import is tested on, with the real MLflow of several ages: into `stores/`.

python -m tests.compat.importing.make [NAME …]

Needs the environments that it names (`python tools/envs.py mlflow-1`, …); for the dumps of PostgreSQL and MariaDB also
their servers, with `pg_dump` and `mariadb-dump`. A path of the machine at hand becomes @HERE@.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from contextlib import closing
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from tests.compat.importing.stores import HERE, STORES
from tests.databases import fresh_database
from tools import envs

WRITE = Path(__file__).with_name("write.py")
OLDEST = Path(__file__).with_name("oldest.py")
AGES = {"1": "mlflow-1", "2": "mlflow-2", "3": "mlflow-skinny"}


def main(names: list[str]) -> None:
    """Make the stores of these names, all by default."""
    STORES.mkdir(exist_ok=True)
    for age, environment in AGES.items():
        python = envs.create(environment)
        for kind in ("folder", "sqlite", "postgresql", "mariadb"):
            name = f"{kind}-{age}"
            wanted = kind in ("folder", "sqlite") or age == "3"
            if wanted and (not names or name in names):
                _make(name, kind, python)
    if not names or "sqlite-0" in names:
        _make_oldest(envs.create("mlflow-1"))


def _make(name: str, kind: str, python: Path) -> None:
    print(name, file=sys.stderr)
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary).resolve()
        if kind == "folder":
            told = _write(python, here, f"file://{here}/mlruns")
        elif kind == "sqlite":
            told = _write(python, here, f"sqlite:///{here}/mlflow.db")
            _keep(name, "sql", _dump_of_file(here / "mlflow.db"), here)
        else:
            with fresh_database(kind) as url:
                told = _write(python, here, _with_mlflows_driver(url))
                _keep(name, "sql", _dump_of_server(url), here)
        _keep(name, "json", told, here)
        _pack(STORES / f"{name}.tar.gz", here)


def _make_oldest(python: Path) -> None:
    """A database as MLflow 0.9 made it: the tables before any migration."""
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "mlflow.db"
        subprocess.run([python, OLDEST, file], check=True)
        _keep("sqlite-0", "sql", _dump_of_file(file), Path(temporary))


def _write(python: Path, here: Path, uri: str) -> str:
    """What MLflow reads of the store that it has written."""
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    command = [python, WRITE, uri, here / "logged"]
    done = subprocess.run(command, cwd=here, env=quiet, capture_output=True, text=True, check=True)
    shutil.rmtree(here / "logged")
    return json.dumps(json.loads(done.stdout), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _keep(name: str, ending: str, text: str, here: Path) -> None:
    (STORES / f"{name}.{ending}").write_text(text.replace(str(here), HERE), encoding="utf-8")


def _dump_of_file(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return "\n".join(connection.iterdump()) + "\n"


def _dump_of_server(url: str) -> str:
    parts = urlsplit(url)
    database, host, port = parts.path.lstrip("/"), parts.hostname or "", str(parts.port)
    if parts.scheme == "postgresql":
        command = ["pg_dump", "--inserts", "--no-owner", "--no-comments", url]
    else:
        user = ["--host", host, "--port", port, "--user", parts.username or ""]
        command = [
            "mariadb-dump",
            *user,
            "--compact",
            "--default-character-set=utf8mb4",
            "--no-tablespaces",
            "--skip-lock-tables",
            "--skip-triggers",
            database,
        ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = (line for line in done.stdout.splitlines() if line and not line.startswith(("--", "\\", "/*!")))
    return "\n".join(lines) + "\n"


def _with_mlflows_driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg2://").replace("mysql://", "mysql+pymysql://")


def _pack(archive: Path, here: Path) -> None:
    """The folder that MLflow made, without its database; in texts, its path becomes @HERE@."""
    with tarfile.open(archive, "w:gz", compresslevel=9) as packed:
        for file in sorted(here.rglob("*")):
            if not file.is_file() or file.name == "mlflow.db":
                continue
            content = file.read_bytes().replace(str(here).encode(), HERE.encode())
            member = tarfile.TarInfo(str(file.relative_to(here)))
            member.size = len(content)
            packed.addfile(member, BytesIO(content))


if __name__ == "__main__":
    main(sys.argv[1:])
