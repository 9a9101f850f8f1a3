"""The small closed sets of the protocol: a run's status, what kind of program made it, a lifecycle stage, a view."""


class RunStatus:
    """The states of a run. The protocol names them in capitals and numbers them from 1."""

    RUNNING = 1
    SCHEDULED = 2
    FINISHED = 3
    FAILED = 4
    KILLED = 5

    NAMES = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
    TERMINATED = frozenset(("FINISHED", "FAILED", "KILLED"))

    @staticmethod
    def from_string(status: str) -> int:
        """The number of a status. Raises ValueError for an unknown name."""
        return _number(status, RunStatus.NAMES, "run status")

    @staticmethod
    def to_string(status: int) -> str:
        """The name of a status' number. Raises ValueError for an unknown one."""
        return _name(status, RunStatus.NAMES, "run status")

    @staticmethod
    def is_terminated(status: int | str) -> bool:
        """Whether a run in this state (name or number) has ended."""
        name = status if isinstance(status, str) else RunStatus.to_string(status)
        return name in RunStatus.TERMINATED


class SourceType:
    """The kinds of programs that make runs, as the tag `mlflow.source.type` names them."""

    NOTEBOOK = 1
    JOB = 2
    PROJECT = 3
    LOCAL = 4
    UNKNOWN = 5

    NAMES = ("NOTEBOOK", "JOB", "PROJECT", "LOCAL", "UNKNOWN")

    @staticmethod
    def from_string(source_type: str) -> int:
        """The number of a kind. Raises ValueError for an unknown name."""
        return _number(source_type, SourceType.NAMES, "source type")

    @staticmethod
    def to_string(source_type: int) -> str:
        """The name of a kind's number. Raises ValueError for an unknown one."""
        return _name(source_type, SourceType.NAMES, "source type")


class LifecycleStage:
    """Whether an experiment or a run is in use or deleted (and can be restored)."""

    ACTIVE = "active"
    DELETED = "deleted"


class ViewType:
    """Which lifecycle stages a search looks at. The protocol names them in capitals and numbers them from 1."""

    ACTIVE_ONLY = 1
    DELETED_ONLY = 2
    ALL = 3

    NAMES = ("ACTIVE_ONLY", "DELETED_ONLY", "ALL")

    @staticmethod
    def to_string(view_type: int) -> str:
        """The name of a view's number. Raises ValueError for an unknown one."""
        return _name(view_type, ViewType.NAMES, "view type")


def _number(name: str, names: tuple[str, ...], what: str) -> int:
    if name not in names:
        raise ValueError(f"'{name}' is not a {what}; they are {', '.join(names)}")
    return names.index(name) + 1


def _name(number: int, names: tuple[str, ...], what: str) -> str:
    if not 1 <= number <= len(names):
        raise ValueError(f"{number} is not a {what}; the numbers go from 1 to {len(names)}")
    return names[number - 1]
