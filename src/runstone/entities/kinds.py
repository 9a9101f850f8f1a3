"""The small closed sets of the protocol: a run's status, a lifecycle stage, a view."""


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
        if status not in RunStatus.NAMES:
            raise ValueError(f"'{status}' is not a run status; they are {', '.join(RunStatus.NAMES)}")
        return RunStatus.NAMES.index(status) + 1

    @staticmethod
    def to_string(status: int) -> str:
        """The name of a status' number. Raises ValueError for an unknown one."""
        if not 1 <= status <= len(RunStatus.NAMES):
            raise ValueError(f"{status} is not a run status; the numbers go from 1 to {len(RunStatus.NAMES)}")
        return RunStatus.NAMES[status - 1]

    @staticmethod
    def is_terminated(status: int | str) -> bool:
        """Whether a run in this state (name or number) has ended."""
        name = status if isinstance(status, str) else RunStatus.to_string(status)
        return name in RunStatus.TERMINATED


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
        if not 1 <= view_type <= len(ViewType.NAMES):
            raise ValueError(
                f"{view_type} is not a view type; the numbers go from 1 to {len(ViewType.NAMES)}"
            )
        return ViewType.NAMES[view_type - 1]
