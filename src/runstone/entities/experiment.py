"""An experiment: a named group of runs."""

from runstone.entities.base import Entity
from runstone.entities.kinds import LifecycleStage


class ExperimentTag(Entity, frozen=True):
    """A key and a text on an experiment."""

    key: str
    value: str


class Experiment(Entity, frozen=True):
    """A named group of runs. Times are in milliseconds since the Unix epoch."""

    experiment_id: str
    name: str
    artifact_location: str
    lifecycle_stage: str = LifecycleStage.ACTIVE
    tags: dict[str, str] = {}
    creation_time: int | None = None
    last_update_time: int | None = None
    workspace: str | None = None
