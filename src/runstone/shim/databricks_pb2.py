"""MLflow's numbers for kinds of errors, under the names that MLflow takes from its protocol definitions."""

from runstone.errors import CODES

globals().update(CODES)

__all__ = [*CODES, "ErrorCode"]  # pyright: ignore[reportUnsupportedDunderAll]


class ErrorCode:
    """The kinds of errors by name and by number."""

    @staticmethod
    def Name(number: int) -> str:
        """The name of a number. Raises ValueError for an unknown one."""
        for name, value in CODES.items():
            if value == number:
                return name
        raise ValueError(f"{number} is not the number of a kind of error")

    @staticmethod
    def Value(name: str) -> int:
        """The number of a name. Raises ValueError for an unknown one."""
        if name not in CODES:
            raise ValueError(f"{name!r} is not a kind of error; they are {', '.join(CODES)}")
        return CODES[name]
