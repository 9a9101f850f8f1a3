"""MLflow's modules, made when they are imported, with names that are looked up when they are used.

Importing this module makes the submodules of `mlflow` importable. It stands in the path of `import mlflow`, so it
imports nothing but the table.
"""

import sys

from runstone.shim.names import MODULES, Names

TYPE_CHECKING = False  # type checkers take it for typing's, which costs more to import than all else here

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

_ABSENT = "there is no {}: Runstone stands in for MLflow here; docs/deviations.md in its repository says what it lacks"


def give_names(module_name: str) -> None:
    """Give a module that is being imported the names that the table has for it."""

    def look_up(name: str) -> object:
        return _look_up(module_name, name)

    def directory() -> list[str]:
        return _directory(module_name)

    vars(sys.modules[module_name]).update(__getattr__=look_up, __dir__=directory)


def _look_up(module_name: str, name: str) -> object:
    """A module's attribute that was not used before. Raises AttributeError if there is none."""
    if sys.is_finalizing():  # nothing can be imported; libraries ask once more as their objects go
        raise AttributeError(f"{module_name}.{name} cannot be loaded while the process ends")
    from importlib import import_module

    row = MODULES[module_name]
    if f"{module_name}.{name}" in MODULES:
        return import_module(f"{module_name}.{name}")
    if name == "__all__":
        return _public(row)
    if home := row.single.get(name):
        module, _, attribute = home.partition(":")
        value: object = getattr(import_module(module), attribute)
    elif not name.startswith("__") and name in _shared(row):
        value = getattr(import_module(row.of), name)
    else:
        raise AttributeError(_ABSENT.format(f"{module_name}.{name}"), name=name, obj=sys.modules[module_name])
    setattr(sys.modules[module_name], name, value)
    return value


def _shared(row: Names) -> "Sequence[str]":
    """The public names of the module of ours that a row names."""
    from importlib import import_module

    return import_module(row.of).__all__ if row.of else ()


def _public(row: Names) -> list[str]:
    return sorted(name for name in {*_shared(row), *row.single} if not name.startswith("__"))


def _children(module_name: str) -> set[str]:
    return {name.rpartition(".")[2] for name in MODULES if name.rpartition(".")[0] == module_name}


def _directory(module_name: str) -> list[str]:
    row = MODULES[module_name]
    special = {name for name in vars(sys.modules[module_name]) if name.startswith("__")}
    return sorted({*_public(row), *row.single, *_children(module_name), *special})


def _is_imported() -> bool:
    """Whether the importer's caller is Python's own import, and not a probe such as `importlib.util.find_spec`."""
    asking = sys._getframe(2)  # pyright: ignore[reportPrivateUsage]
    # A Python that names them otherwise gives its own message for what is missing.
    names = [frame.f_code.co_name for frame in (asking, asking.f_back) if frame]
    return names == ["_find_spec", "_find_and_load_unlocked"]


class _Modules:
    """The importer of the table's modules; the last one that Python asks."""

    @staticmethod
    def find_spec(
        fullname: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        """The module's spec; None for what is not MLflow's, or what we do not have.

        Raises ModuleNotFoundError for what we do not have, if an import statement asks. That error has no `name`:
        Python would not show it for `from mlflow import x`, but a message of its own.
        """
        if not fullname.startswith("mlflow."):
            return None
        if fullname not in MODULES:
            if _is_imported():
                raise ModuleNotFoundError(_ABSENT.format(fullname))
            return None
        from importlib.machinery import ModuleSpec

        loader: Any = _Modules  # a class with static methods will do
        # Each one a package, so that `from mlflow.x import y` comes here for what is missing.
        return ModuleSpec(fullname, loader, origin="runstone.shim", is_package=True)

    @staticmethod
    def create_module(spec: "ModuleSpec") -> None:
        """Nothing: Python makes the module."""

    @staticmethod
    def exec_module(module: "ModuleType") -> None:
        """Give the module its names."""
        module.__doc__ = f"The names of {module.__name__} that Runstone has."
        give_names(module.__name__)


sys.meta_path.append(_Modules)
