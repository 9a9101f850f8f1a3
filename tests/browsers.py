"""The browser that tests and pictures use: where it is, and how it is started."""

import os
import shutil

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = "chromium is not installed"
TO_INSTALL = "apt-get install chromium, or set RUNSTONE_CHROMIUM"


def find_chromium() -> str | None:
    """Its program: the environment's RUNSTONE_CHROMIUM, else what is on PATH; None if there is none."""
    return os.environ.get("RUNSTONE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
