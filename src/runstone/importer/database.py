"""A database of MLflow's, of any age: SQLite, PostgreSQL or MySQL.

Tables and columns are taken as they are there; what a version did not have yet is empty. The only module of the
importer that speaks SQL.
"""

import tempfile
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sqlalchemy import (
    Column,
    Connection,
    Executable,
    MetaData,
    String,
    Table,
    bindparam,
    func,
    inspect,
    literal,
    null,
    select,
)
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from runstone.errors import TemporarilyUnavailable
from runstone.importer.database_rows import RunRows, imported_run, point, state_of
from runstone.importer.leftovers import INTERNAL, LEFTOVERS
from runstone.importer.places import Places
from runstone.importer.records import SourceDamaged, SourceError, SourceExperiment, SourceRun
from runstone.importer.report import Report
from runstone.store import is_database_url
from runstone.store.dialect.foreign import open_foreign
from runstone.urls import without_secrets
from runstone.wire.runs import Metric

_PAGE = 100
_POINTS_AT_ONCE = 10_000
_NEEDED = ("experiments", "runs", "metrics", "params", "tags")


class DatabaseSource:
    """The source in a database; see the module."""

    def __init__(self, uri: str, report: Report, artifacts_from: Path | None):
        self._report = report
        file = _sqlite_file(uri)
        self.uri = str(file or without_secrets(uri))
        with ExitStack() as opened, self._translated("cannot be read"):
            scratch = opened.enter_context(tempfile.TemporaryDirectory(prefix="runstone-"))
            self._foreign = open_foreign(file or uri, Path(scratch))
            self._engine = self._foreign.engine
            opened.callback(self._engine.dispose)
            self._inspector = inspect(self._engine)
            self._tables = frozenset(self._inspector.get_table_names())
            self._check_is_mlflows()
            self._opened = opened.pop_all()
        self._schema = MetaData()
        self._places = Places.beside(file, artifacts_from)

    def experiments(self) -> list[SourceExperiment]:
        """See Source."""
        of = self._table("experiments")
        with self._translated("has experiments that cannot be read"), self._engine.connect() as connection:
            rows = connection.execute(select(*of.c)).mappings().all()
            tags = self._grouped(connection, "experiment_tags", "experiment_id")
        return [
            SourceExperiment(
                experiment_id=str(row["experiment_id"]),
                name=row["name"],
                location=row.get("artifact_location") or "",
                lifecycle=row.get("lifecycle_stage") or "active",
                created=row.get("creation_time") or 0,
                updated=row.get("last_update_time") or 0,
                tags={key: value or "" for key, value in tags.get(row["experiment_id"], ())},
                workspace=row.get("workspace") or "default",
            )
            for row in rows
        ]

    def count_runs(self, experiment: SourceExperiment) -> int | None:
        """See Source."""
        of = self._table("runs").c
        statement = select(func.count()).where(of.experiment_id == int(experiment.experiment_id))
        try:
            with self._engine.connect() as connection:
                return connection.scalar(statement)
        except SQLAlchemyError:  # a bar without an end; the reading itself says what is wrong
            return None

    def runs(self, experiment: SourceExperiment) -> Iterator[SourceRun]:
        """See Source."""
        ids = self._run_ids(experiment)
        for at in range(0, len(ids), _PAGE):
            yield from self._page(ids[at : at + _PAGE])

    def leave_rest(self) -> None:
        """See Source."""
        for left in LEFTOVERS:
            if left.table in self._tables:
                with self._tolerated(left.what):
                    self._leave(left.what, left.reason, left.table, left.name, left.ignored)
        known = {left.table for left in LEFTOVERS} | {*_NEEDED, *INTERNAL}
        for name in sorted(self._tables - known):
            with self._tolerated(f"rows of the table '{name}'"):
                self._leave(f"rows of the table '{name}'", "Runstone does not know it", name, None, {})

    def close(self) -> None:
        """See Source."""
        self._opened.close()

    # --- reading ----------------------------------------------------------------------------------

    def _run_ids(self, experiment: SourceExperiment) -> Sequence[str]:
        """The ids of an experiment's runs: all at once, so that no transaction lasts for the whole import."""
        of = self._table("runs").c
        mine = of.experiment_id == int(experiment.experiment_id)
        with self._translated("has runs that cannot be read"), self._engine.connect() as connection:
            return connection.scalars(
                select(of.run_uuid).where(mine).order_by(of.start_time, of.run_uuid)
            ).all()

    def _page(self, ids: Sequence[str]) -> Iterator[SourceRun]:
        """The runs with these ids. Where the database is damaged, those that can be read."""
        try:
            with self._translated("has runs that cannot be read"):
                found = list(self._read(ids))
        except SourceDamaged as error:
            if len(ids) == 1:
                self._report.leave("runs", "the database is damaged where they are", f"{ids[0]}: {error}")
                return
            for run_id in ids:
                yield from self._page([run_id])
            return
        yield from found

    def _read(self, ids: Sequence[str]) -> Iterator[SourceRun]:
        of = self._table("runs")
        with self._engine.connect() as connection:
            found = connection.execute(select(*of.c).where(of.c.run_uuid.in_(ids))).mappings().all()
            params = self._grouped(connection, "params", "run_uuid", ids)
            tags = self._grouped(connection, "tags", "run_uuid", ids)
            datasets = self._datasets(connection, ids)
            models = self._models(connection, ids)
            counts = self._counts(connection, ids)
        order = {run_id: number for number, run_id in enumerate(ids)}
        for row in sorted(found, key=lambda row: order[row["run_uuid"]]):
            run_id = row["run_uuid"]
            rows = RunRows(
                row,
                params.get(run_id, ()),
                tags.get(run_id, ()),
                datasets.get(run_id, ()),
                models.get(run_id, ()),
            )
            files = self._places.files(row.get("artifact_uri") or "", run_id)
            yield SourceRun(
                run_id,
                state_of(rows, counts.get(run_id, 0), files),
                read=lambda rows=rows: imported_run(rows),
                points=lambda run_id=run_id: self._points(run_id),
                files=lambda files=files: files,
            )

    def _grouped(
        self, connection: Connection, name: str, owner: str, ids: Collection[str] | None = None
    ) -> Mapping[Any, Sequence[tuple[str, str | None]]]:
        """Keys and values of a table, by their owners."""
        found: dict[Any, list[tuple[str, str | None]]] = {}
        if name in self._tables:
            of = self._table(name).c
            statement = select(of[owner], of.key, of.value)
            if ids is not None:
                statement = statement.where(of[owner].in_(ids))
            for number, key, value in connection.execute(statement):
                found.setdefault(number, []).append((key, value))
        return found

    def _counts(self, connection: Connection, ids: Sequence[str]) -> Mapping[str, int]:
        of = self._table("metrics").c
        counted = select(of.run_uuid, func.count()).where(of.run_uuid.in_(ids)).group_by(of.run_uuid)
        return {row[0]: row[1] for row in connection.execute(counted)}

    def _datasets(self, connection: Connection, ids: Sequence[str]) -> Mapping[str, Sequence[Any]]:
        """The datasets of runs with the tags of their use: (row, tags)."""
        if not {"datasets", "inputs"} <= self._tables:
            return {}
        used, of = self._table("inputs").c, self._table("datasets").c
        statement = (
            select(used.destination_id, used.input_uuid, of.name, of.digest, of.dataset_source_type)
            .add_columns(of.dataset_source, of.dataset_schema, of.dataset_profile)
            .where(
                used.source_type == "DATASET",
                used.destination_type == "RUN",
                used.source_id == of.dataset_uuid,
            )
            .where(used.destination_id.in_(ids))
        )
        rows = connection.execute(statement).all()
        tags = self._input_tags(connection, [row.input_uuid for row in rows])
        found: dict[str, list[Any]] = {}
        for row in rows:
            found.setdefault(row.destination_id, []).append((row, tags.get(row.input_uuid, [])))
        return found

    def _input_tags(
        self, connection: Connection, inputs: Sequence[str]
    ) -> Mapping[str, list[tuple[str, str]]]:
        found: dict[str, list[tuple[str, str]]] = {}
        if "input_tags" in self._tables:
            of = self._table("input_tags").c
            for at in range(0, len(inputs), 500):
                mine = of.input_uuid.in_(inputs[at : at + 500])
                for number, name, value in connection.execute(
                    select(of.input_uuid, of.name, of.value).where(mine)
                ):
                    found.setdefault(number, []).append((name, value))
        return found

    def _models(
        self, connection: Connection, ids: Sequence[str]
    ) -> Mapping[str, Sequence[tuple[str, str, int]]]:
        """The models that runs read and made: (RUN_INPUT or RUN_OUTPUT, id, step)."""
        if "inputs" not in self._tables:
            return {}
        of = self._table("inputs").c
        step = of.step if "step" in of else literal(0)
        statement = select(of.source_id, of.source_type, of.destination_id, step).where(
            of.source_type.in_(("RUN_INPUT", "RUN_OUTPUT")), of.source_id.in_(ids)
        )
        found: dict[str, list[tuple[str, str, int]]] = {}
        for run_id, kind, model_id, at in connection.execute(statement):
            found.setdefault(run_id, []).append((kind, model_id, at))
        return found

    def _points(self, run_id: str) -> Iterator[Metric]:
        """The points of a run, as far as they can be read."""
        try:
            with self._translated("has points that cannot be read"):
                measured_on = self._measured_on(run_id)
                for row in self._streamed(self._select_points, run_id):
                    yield point(row, measured_on, self._report)
        except SourceDamaged as error:
            reason = "the database is damaged where they are; an unknown number is lost"
            self._report.leave("parts of metric histories", reason, f"run {run_id}: {error}")

    @cached_property
    def _select_points(self) -> Executable:
        of = self._table("metrics").c
        nan = of.is_nan if "is_nan" in of else literal(0)
        step = of.step if "step" in of else literal(0)
        mine = of.run_uuid == bindparam("run", type_=String)
        return select(of.key, of.value, of.timestamp, step, nan).where(mine).order_by(of.key)

    def _measured_on(self, run_id: str) -> Mapping[tuple[str, int, int], tuple[str, str]]:
        """The datasets that points of a run were measured on: MLflow says so of those of logged models."""
        if "logged_model_metrics" not in self._tables:
            return {}
        rows = self._streamed(self._select_measured_on, run_id)
        return {(key, at, step): (name, digest) for key, at, step, name, digest in rows}

    @cached_property
    def _select_measured_on(self) -> Executable:
        of = self._table("logged_model_metrics").c
        mine = of.run_id == bindparam("run", type_=String)
        return select(
            of.metric_name, of.metric_timestamp_ms, of.metric_step, of.dataset_name, of.dataset_digest
        ).where(mine, of.dataset_name.is_not(null()), of.dataset_digest.is_not(null()))

    def _streamed(self, statement: Executable, run_id: str | None = None) -> Iterator[Sequence[Any]]:
        """The rows of a query, some at a time."""
        with self._engine.connect().execution_options(yield_per=_POINTS_AT_ONCE) as connection:
            yield from connection.execute(statement, {"run": run_id} if run_id else None)

    def _leave(
        self, what: str, reason: str, name: str, shown: str | None, ignored: Mapping[str, str]
    ) -> None:
        """Report the rows of a table that are left behind."""
        of = self._table(name)
        unlike = [of.c[key].is_distinct_from(value) for key, value in ignored.items() if key in of.c]
        with self._engine.connect() as connection:
            if shown is None or shown not in of.c:
                count = connection.scalar(select(func.count()).select_from(of).where(*unlike)) or 0
                if count:
                    self._report.leave(what, reason, count=count)
                return
        for (value,) in self._streamed(select(of.c[shown]).where(*unlike).order_by(of.c[shown])):
            self._report.leave(what, reason, str(value))

    # --- beneath ----------------------------------------------------------------------------------

    def _table(self, name: str) -> Table:
        """A table with the columns that it has here; their values are read as the driver gives them."""
        if name not in self._schema.tables:
            columns: list[Column[Any]] = [Column(of["name"]) for of in self._inspector.get_columns(name)]
            return Table(name, self._schema, *columns)
        return self._schema.tables[name]

    def _check_is_mlflows(self) -> None:
        if "runstone_version" in self._tables:
            raise SourceError(
                f"{self.uri} is a store of Runstone's own: there is nothing to import. Use it where it is, with "
                f"--tracking-uri."
            )
        if not {"experiments", "runs", "metrics"} <= self._tables:
            raise SourceError(
                f"{self.uri} is no database of MLflow's: it lacks the tables of runs and metrics."
            )

    @contextmanager
    def _translated(self, what: str) -> Generator[None]:
        """Turn the database's errors into SourceDamaged, or SourceError if nothing more can be had of it."""
        try:
            yield
        except DBAPIError as error:
            explained = self._foreign.explain(error.orig or error)
            if isinstance(explained, TemporarilyUnavailable):
                raise explained from error
            text = (str(error.orig).strip().splitlines() or [""])[0].rstrip(".")
            raise SourceDamaged(f"{self.uri} {what}: {text}.") from error
        except OSError as error:
            raise SourceError(f"{self.uri} cannot be read: {error.strerror}.") from error

    @contextmanager
    def _tolerated(self, what: str) -> Generator[None]:
        try:
            with self._translated(f"has {what} that cannot be read"):
                yield
        except SourceDamaged as error:
            self._report.leave(what, "the database is damaged where they are", str(error))


def _sqlite_file(uri: str) -> Path | None:
    """The file that a URI names; None if it names a server's database."""
    return None if is_database_url(uri) else Path(unquote(uri.partition(":")[2].removeprefix("///")))
