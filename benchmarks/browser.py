"""What a browser loads and waits for before a run's first chart is there."""

import gzip
import time

from playwright.sync_api import Error, Page, Response, sync_playwright

from benchmarks.figures import Figure, Scale, median
from benchmarks.search import experiment_of
from benchmarks.shapes import Shape
from benchmarks.sides import Side
from benchmarks.stores import filled
from tests.browsers import FLAGS, MISSING, TO_INSTALL, find_chromium

PATIENCE_MS = 60_000
CURVES = Shape(runs=5, metrics=4, steps=200)
PAGES = {
    "runstone": ("{url}/experiments/{experiment}/runs/{run}?tab=charts", "[data-metric] canvas"),
    "mlflow": ("{url}/#/experiments/{experiment}/runs/{run}/model-metrics", ".js-plotly-plot .main-svg"),
}
"""For each product the page with the charts of a run, and what is there when the first one is."""


def first_chart(side: Side, scale: Scale) -> list[Figure]:
    """The page of a run in a new Chromium, until its first chart: the scripts it loads, gzipped, and the time."""
    store = filled(side, CURVES)
    address, chart = PAGES[side.module]
    sizes: list[int] = []
    times: list[float] = []
    with side.server(store.folder, store.uri) as running:
        experiment = experiment_of(running, store)
        page = address.format(url=running.url, experiment=experiment, run=store.run_id())
        for _ in range(scale.pick(5, 2)):
            size, seconds = _open(page, chart)
            sizes.append(size)
            times.append(seconds)
    return [
        Figure("JavaScript before the first chart, gzipped", median(sizes), "B", "≤ 200 kB"),
        Figure("page of a run: from nothing to the first chart", median(times), "s"),
    ]


def _open(address: str, chart: str) -> tuple[int, float]:
    """The gzipped bytes of the scripts that came before the chart, and the seconds until it was there."""
    chromium = find_chromium()
    if chromium is None:
        raise RuntimeError(f"{MISSING}: {TO_INSTALL}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page()
        scripts: list[Response] = []
        page.on("response", lambda response: _note(response, scripts))
        try:
            began = time.perf_counter()
            page.goto(address)
            page.wait_for_selector(chart, timeout=PATIENCE_MS)
            seconds = time.perf_counter() - began
            return _weigh(page, scripts), seconds
        except Error as error:
            raise RuntimeError(f"{address} showed no chart: {error.message}") from error
        finally:
            browser.close()


def _note(response: Response, scripts: list[Response]) -> None:
    if response.request.resource_type == "script":
        scripts.append(response)


def _weigh(page: Page, scripts: list[Response]) -> int:
    """However a server sends them: each is gzipped here, in the same way."""
    return sum(len(gzip.compress(script.body(), 9)) for script in list(scripts))
