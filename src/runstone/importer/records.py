"""What a source gives: experiments, runs and their files, in the protocol's own words."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from runstone.client.transport import ArtifactFolder
from runstone.errors import RunstoneError
from runstone.wire.importing import ImportedRun
from runstone.wire.runs import Metric

WORKSPACE = "default"
"""The workspace of MLflow that everything is in unless told otherwise."""


class SourceError(RunstoneError):
    """The source cannot be read, or not as what it was taken for; the message says what to do."""

    error_code = "BAD_REQUEST"


class SourceDamaged(SourceError):
    """A part of the source cannot be read; others may be."""


@dataclass(frozen=True)
class SourceExperiment:
    """An experiment of a source. Times are in milliseconds since the Unix epoch; 0 where they are not known."""

    experiment_id: str
    name: str
    location: str = ""
    lifecycle: str = "active"
    created: int = 0
    updated: int = 0
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    workspace: str = WORKSPACE


class SourceFile(NamedTuple):
    """An artifact. `modified` is in seconds since the epoch, None where it is not known."""

    path: str
    size: int | None
    modified: float | None = None


class Files(Protocol):
    """The artifacts of a run in a source."""

    @property
    def location(self) -> str | None:
        """The URI by which they can be reached without the source; None if they cannot."""
        ...

    def list(self) -> Iterator[SourceFile]:
        """All of them, in folders below too. Raises RunstoneError, OSError."""
        ...

    def copy(self, path: str, folder: ArtifactFolder) -> None:
        """Put a copy of one into another folder, under the same path. Raises RunstoneError, OSError."""
        ...


@dataclass(frozen=True)
class SourceRun:
    """A run of a source, which is read as it is asked for.

    `state` is a text that changes whenever anything of the run does, "" if the source cannot tell. `read` gives the run
    without its points, and with the place of its artifacts as the source has it. `points` gives all points, metric by
    metric. `files` gives the artifacts, None if the run names no place for them.
    """

    run_id: str
    state: str
    read: Callable[[], ImportedRun]
    points: Callable[[], Iterator[Metric]]
    files: Callable[[], Files | None]


class Source(Protocol):
    """Something that MLflow recorded. Reading it leaves it as it is."""

    @property
    def uri(self) -> str:
        """What it is called, without secrets."""
        ...

    def experiments(self) -> Iterable[SourceExperiment]:
        """All of them, deleted ones too."""
        ...

    def count_runs(self, experiment: SourceExperiment) -> int | None:
        """How many runs an experiment has; None if that is not cheaply known."""
        ...

    def runs(self, experiment: SourceExperiment) -> Iterator[SourceRun]:
        """The runs of an experiment, deleted ones too."""
        ...

    def leave_rest(self) -> None:
        """Report what else there is, for which Runstone has no place."""
        ...

    def close(self) -> None:
        """Give up files and connections."""
        ...
