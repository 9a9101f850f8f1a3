"""A walk through what `make demo` made, before and after the server is started again."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.servers import RunningServer, start_server
from tests.ui.looking import wait_for_inks

DEMO = Path(__file__).parents[2] / "examples" / "demo.py"
EXPERIMENTS = ("wine-cultivars", "breast-cancer-screening", "diabetes-progression")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[RunningServer]:
    """A server on the demo's runs."""
    assert browser  # without one, nothing needs the runs
    folder = tmp_path_factory.mktemp("demo")
    made = subprocess.run(
        [sys.executable, DEMO, "--store", folder / "mlruns"], capture_output=True, text=True, timeout=110
    )
    assert made.returncode == 0, made.stderr
    server = start_server(folder)
    yield server
    server.stop()


def _see_the_curves(page: Page, server: RunningServer) -> None:
    page.goto(server.url)
    page.get_by_role("row", name="breast-cancer-screening").click()
    expect(page.get_by_text("5 visible of 8")).to_be_visible()
    canvas = page.locator('[data-metric="val/loss"] canvas')
    wait_for_inks(page, canvas, 5)


@pytest.mark.timeout(150)
def test_the_demos_experiments_are_listed_with_their_runs(page: Page, demo: RunningServer) -> None:
    page.goto(demo.url)
    for name in EXPERIMENTS:
        expect(page.get_by_role("row", name=name)).to_be_visible()
    expect(page.get_by_role("row", name="wine-cultivars")).to_contain_text("11")


def test_the_demos_curves_are_drawn_and_found_again_by_a_filter(page: Page, demo: RunningServer) -> None:
    _see_the_curves(page, demo)
    page.keyboard.press("f")
    page.keyboard.type("metrics.`val/loss` < 0.03 AND params.schedule = 'constant'")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 visible of 1")).to_be_visible()
    wait_for_inks(page, page.locator('[data-metric="val/loss"] canvas'), 1)


def test_the_demos_sweep_is_a_tree_with_its_children(page: Page, demo: RunningServer) -> None:
    page.goto(demo.url)
    page.get_by_role("row", name="wine-cultivars").click()
    sweep = page.get_by_role("row", name="forest-sweep")
    expect(sweep).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("row", name="forest-depth")).to_have_count(9)
    sweep.get_by_role("button", name="Close").click()
    expect(page.get_by_role("row", name="forest-depth")).to_have_count(0)


def test_the_demos_confusion_matrix_report_and_table_are_shown(page: Page, demo: RunningServer) -> None:
    page.goto(demo.url)
    page.get_by_role("row", name="wine-cultivars").click()
    page.get_by_role("link", name="logistic-baseline").click()
    expect(page.get_by_text("Whatever is tuned after this has to beat it.")).to_be_visible()
    page.keyboard.press("3")
    tree = page.get_by_role("tree", name="Artifacts")
    tree.get_by_role("treeitem", name="plots").click()
    tree.get_by_role("treeitem", name="confusion-matrix.png").click()
    picture = page.locator(".mat img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
    tree.get_by_role("treeitem", name="report.txt").click()
    expect(page.locator("pre.code")).to_contain_text("precision")


def test_the_run_that_failed_says_so(page: Page, demo: RunningServer) -> None:
    page.goto(demo.url)
    page.get_by_role("row", name="diabetes-progression").click()
    row = page.get_by_role("row", name="neighbours-500")
    expect(row.get_by_role("img", name="Failed")).to_be_visible()


def test_the_demos_curves_survive_a_restart_of_the_server(page: Page, demo: RunningServer) -> None:
    demo.stop()
    demo.restart()
    _see_the_curves(page, demo)
