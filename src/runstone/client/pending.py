"""What a call with `synchronous=False` returns."""


class RunOperations:
    """Stands for a write that was asked for with `synchronous=False`.

    The write is done by the time its caller has this; an error of it was raised there.
    """

    def wait(self) -> None:
        """Return once the write is done."""


def outcome(synchronous: bool | None) -> RunOperations | None:
    """What a logging function returns: None, or something to wait for if the caller asked for that."""
    return RunOperations() if synchronous is False else None
