# pyright: standard
"""The formats that objects of Python are written in: pickle, cloudpickle and skops. All of them run code when read."""

import json
import pickle
import zipfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import IO, Any, NamedTuple

import cloudpickle

from runstone.errors import InvalidParameterValue, UnsupportedOperation

SKOPS = "skops"
PICKLE = "pickle"
CLOUDPICKLE = "cloudpickle"
FORMATS = (SKOPS, PICKLE, CLOUDPICKLE)


class Dumped(NamedTuple):
    """A file that was written: its format, the modules that it refers to, and the types that reading it must trust."""

    file: Path
    format: str
    modules: set[str]
    trusted: list[str] | None = None


def check_format(format: object) -> None:
    """Raises InvalidParameterValue for a format that is not one of these."""
    if format not in FORMATS:
        raise InvalidParameterValue(
            f"Unrecognized serialization format: {format}. "
            f"Please specify one of the following supported formats: {list(FORMATS)}."
        )


def library(module: str, name: str, extra: str) -> Any:
    """A module of a library that may be absent: then UnsupportedOperation names it and the extra that brings it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise UnsupportedOperation(
            f"This needs {name}, which is not installed. Install it, for instance with pip install 'runstone[{extra}]'."
        ) from error


# --- pickle and cloudpickle -------------------------------------------------------------------------


def dump_pickle(thing: object, folder: Path, format: str = CLOUDPICKLE) -> Dumped:
    """Write an object to `model.pkl`. Raises InvalidParameterValue if it cannot be pickled."""
    file = folder / "model.pkl"
    with file.open("wb") as stream, _translated(thing, format):
        pickler = _recording(pickle.Pickler if format == PICKLE else cloudpickle.Pickler)(stream)
        pickler.dump(thing)
    return Dumped(file, format, pickler.modules)


def load_pickle(file: Path) -> Any:
    """Read what either of the two wrote. Whatever its code raises is raised."""
    with file.open("rb") as stream:
        return pickle.load(stream)


def _recording(pickler: Any) -> Callable[[IO[bytes]], Any]:
    """A pickler that notes the modules of what it meets."""

    class Recording(pickler):
        def __init__(self, stream: IO[bytes]):
            # The default protocol: the highest may be unknown to an older Python that loads the model.
            super().__init__(stream, protocol=pickle.DEFAULT_PROTOCOL)
            self.modules: set[str] = set()

        def reducer_override(self, obj: Any) -> Any:
            name = obj.__name__ if isinstance(obj, ModuleType) else getattr(obj, "__module__", None)
            self.modules.add(name if isinstance(name, str) else type(obj).__module__)
            above = getattr(super(), "reducer_override", None)
            return NotImplemented if above is None else above(obj)

    return Recording


# --- skops ------------------------------------------------------------------------------------------


def dump_skops(thing: object, folder: Path, trusted: Sequence[str], own: tuple[str, ...]) -> Dumped:
    """Write an object to `model.skops`, and make sure that it can be read again.

    Args:
        thing: the object.
        folder: where to.
        trusted: the types that the user trusts.
        own: how the names of types begin that are trusted in any case.

    Raises InvalidParameterValue for other types, and for what skops cannot hold; then no file is left.
    """
    skops = _skops()
    file = folder / "model.skops"
    try:
        with _translated(thing, SKOPS):
            skops.dump(thing, file)
            asked = set(skops.get_untrusted_types(file=file))
        unknown = sorted(name for name in asked.difference(trusted) if not name.startswith(own))
        if unknown:
            raise InvalidParameterValue(
                f"skops does not trust what is in the {type(thing).__name__}: {', '.join(unknown)}. Name what you "
                "trust in skops_trusted_types, or pass serialization_format='cloudpickle'."
            )
        allowed = sorted(asked.union(trusted)) or None
        with _translated(thing, SKOPS):
            skops.load(file, trusted=allowed)  # some things can be written and not be read
        return Dumped(file, SKOPS, set(_modules_of_skops(file)), allowed)
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def load_skops(file: Path, trusted: list[str] | None) -> Any:
    """Read what `dump_skops` wrote, trusting the same types. Whatever skops raises is raised."""
    return _skops().load(file, trusted=trusted)


def _skops() -> Any:
    return library("skops.io", "skops", "sklearn")


def _modules_of_skops(file: Path) -> Iterator[str]:
    with zipfile.ZipFile(file) as archive:
        waiting: list[Any] = [json.loads(archive.read("schema.json"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if isinstance(module := node.get("__module__"), str):
                yield module
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


@contextmanager
def _translated(thing: object, format: str) -> Generator[None]:
    """Writing runs code of the object, which may raise anything."""
    try:
        yield
    except (OSError, MemoryError):
        raise
    except Exception as error:
        raise InvalidParameterValue(
            f"The {type(thing).__name__} cannot be written in the format '{format}': {type(error).__name__}: {error}. "
            "cloudpickle holds the most; what it cannot hold either, such as an open file, a lock or a generator, "
            "has to be taken out of the model."
        ) from error
