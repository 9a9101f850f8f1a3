# What type checkers see: Runstone's own types for the fluent API, and anything for what the shim maps besides.
from typing import Any

from runstone import *  # noqa: F403

__version__: str

def __getattr__(name: str) -> Any: ...
