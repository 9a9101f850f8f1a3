"""Build hook: puts the built web UI into wheel and sdist.

The UI is built when its files are absent. RUNSTONE_BUILD_UI=1 builds it again, 0 never does.
"""

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))

from tools import ui


class UiBuildHook(BuildHookInterface[Any]):
    def dependencies(self) -> list[str]:
        """Node, as a build requirement, if there is something to build and no Node to do it."""
        return ui.requirements() if _wanted() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if _wanted():
            self.app.display_info("Building the web UI")
            ui.run("build")


def _wanted() -> bool:
    asked = os.environ.get("RUNSTONE_BUILD_UI", "")
    if asked not in ("", "0", "1"):
        raise ValueError(f"RUNSTONE_BUILD_UI is {asked!r}; it may be 1 (build), 0 (never) or unset")
    return asked == "1" or (asked == "" and not ui.is_built())
