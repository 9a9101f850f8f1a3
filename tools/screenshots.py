"""Take the pictures of docs/images: `python -m tools.screenshots`, after `make demo` has trained its models.

It serves the demo's store, opens its pages in Chromium (RUNSTONE_CHROMIUM or `chromium` on PATH) and writes each of
them in light and dark. `python -m tools.screenshots tutorial` runs the tutorial and takes its pictures.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

import runstone
from tests.browsers import FLAGS, MISSING, TO_INSTALL, find_chromium
from tests.servers import start_server
from tools import docs

ROOT = Path(__file__).resolve().parent.parent
STORE = ROOT / ".cache" / "demo" / "mlruns"
IMAGES = ROOT / "docs" / "images"
SIZE: ViewportSize = {"width": 1440, "height": 900}


def paths() -> dict[str, str]:
    """The pages to take, by the picture's name."""
    client = runstone.Client(str(STORE))
    curves = client.get_experiment_by_name("breast-cancer-screening")
    assert curves is not None, "the demo's store has no experiment 'breast-cancer-screening'"
    (run, *_) = client.search_runs([curves.experiment_id], "run_name = 'mlp-64-32'")
    workspace = f"/experiments/{curves.experiment_id}"
    return {
        "experiments": "/",
        "workspace": workspace,
        "table": f"{workspace}?tab=table",
        "run": f"{workspace}/runs/{run.info.run_id}",
    }


@contextmanager
def chromium() -> Iterator[Browser]:
    program = find_chromium()
    if not program:
        sys.exit(f"{MISSING}: {TO_INSTALL}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


def take(page: Page, url: str, picture: Path) -> None:
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)  # charts draw a frame after their data
    page.screenshot(path=picture)
    print(picture.relative_to(ROOT))


def demo(browser: Browser) -> None:
    if not STORE.is_dir():
        sys.exit(f"there is no {STORE.relative_to(ROOT)}: run `make demo` first")
    pages = paths()
    with TemporaryDirectory() as folder:
        server = start_server(Path(folder), backend_store_uri=STORE)
        for theme in ("light", "dark"):
            page = browser.new_page(viewport=SIZE, color_scheme=theme)
            for name, path in pages.items():
                take(page, server.url + path, IMAGES / f"{name}-{theme}.png")
            page.close()
        server.stop()


def tutorial(browser: Browser) -> None:
    with TemporaryDirectory() as folder:
        (program,) = docs.programs(ROOT / "docs" / "tutorial.md")
        (Path(folder) / "tutorial.py").write_text(program)
        somebody = os.environ | {"LOGNAME": "ann"}
        subprocess.run([sys.executable, "tutorial.py"], cwd=folder, env=somebody, check=True)
        store = Path(folder) / "mlruns"
        with runstone.Client(str(store)) as client:
            (run,) = client.search_runs(["1"], "run_name = 'straight line'")
        server = start_server(Path(folder), backend_store_uri=store)
        page = browser.new_page(color_scheme="light")
        for name, path, height in (("run", f"/runs/{run.info.run_id}", 440), ("sweep", "?eye=all", 620)):
            page.set_viewport_size({"width": 1200, "height": height})
            take(page, f"{server.url}/experiments/1{path}", IMAGES / f"tutorial-{name}-light.png")
        page.close()
        server.stop()


def main() -> int:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        (tutorial if sys.argv[1:] == ["tutorial"] else demo)(browser)
    return 0


if __name__ == "__main__":
    sys.exit(main())
