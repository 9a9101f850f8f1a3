"""MLflow's `mlflow.environment_variables`: an object for each variable of MLflow's that Runstone reads."""

import os
from typing import Any

from runstone.settings import ALL, Setting


class EnvironmentVariable:
    """A setting as MLflow shows it. `default` is Runstone's; `type` is bool, int, float or str."""

    def __init__(self, setting: Setting[Any]):
        self._setting = setting
        self.name = setting.name
        kinds: dict[str, type] = {"boolean": bool, "integer": int, "number": float}
        self.type = kinds.get(setting.type_name, str)

    @property
    def default(self) -> Any:
        """The value where the variable is not set."""
        return self._setting.default

    @property
    def defined(self) -> bool:
        """Whether the variable is set."""
        return self.name in os.environ

    def is_set(self) -> bool:
        """Whether the variable is set."""
        return self.defined

    def get_raw(self) -> str | None:
        """The text of the variable; None if it is not set."""
        return os.environ.get(self.name)

    def get(self) -> Any:
        """The value that holds. Raises InvalidParameterValue if the variable has a text that is none."""
        return self._setting.read()

    def set(self, value: object) -> None:
        """Set the variable, for this process and those it starts. Raises InvalidParameterValue for what is no value."""
        text = str(value)
        self._setting.read({self.name: text})
        os.environ[self.name] = text

    def unset(self) -> None:
        """Let the default hold."""
        os.environ.pop(self.name, None)

    def __str__(self) -> str:
        return f"{self.name} (default: {self.default})"

    def __repr__(self) -> str:
        return repr(self.name)

    def __format__(self, spec: str) -> str:
        return format(self.name, spec)


_VARIABLES = {each.name: EnvironmentVariable(each) for each in ALL if each.name.startswith("MLFLOW_")}

globals().update(_VARIABLES)

__all__ = [*_VARIABLES]  # pyright: ignore[reportUnsupportedDunderAll]
