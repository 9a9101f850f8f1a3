"""A real browser on a real server: the pages are driven by mouse and keyboard and judged by what they show."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from runstone import Client
from runstone.entities import Metric, Param, RunTag
from tests.browsers import FLAGS, MISSING, TO_INSTALL, find_chromium
from tests.servers import RunningServer, start_server
from tests.tiers import tier_missing

BUILT = Path(__file__).parents[2] / "src/runstone/server/static/index.html"
PATIENCE_MS = 10_000
# One white pixel, then "IEND": the smallest PNG.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c63f8ffff3f0005fe02fea72d9c110000000049454e44ae426082"
)


@dataclass(frozen=True)
class Lab:
    """A server with an experiment of four runs, `sgd-0` (oldest) to `sgd-3`, and a parent with two children."""

    server: RunningServer
    experiment_id: str
    runs: dict[str, str]

    @property
    def url(self) -> str:
        return f"{self.server.url}/experiments/{self.experiment_id}"

    def run_url(self, name: str) -> str:
        return f"{self.url}/runs/{self.runs[name]}"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = find_chromium()
    if not chromium:
        tier_missing("ui", MISSING, TO_INSTALL)
    if not BUILT.exists():
        tier_missing("ui", "the web UI is not built", "make ui")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        browser.close()


class Complaints:
    """What the page complained of; a test says with `expect` what it provokes on purpose."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._expected: list[re.Pattern[str]] = []

    def expect(self, pattern: str) -> None:
        self._expected.append(re.compile(pattern))

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.heard.append(f"{message.type}: {message.text}")

    @property
    def unexpected(self) -> list[str]:
        return [text for text in self.heard if not any(pattern.search(text) for pattern in self._expected)]


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def page(browser: Browser, complaints: Complaints) -> Iterator[Page]:
    """A page of 1440 × 900; the test fails if it complained of anything unexpected."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("console", complaints.on_console)
    page.on("pageerror", lambda error: complaints.heard.append(f"uncaught: {error}"))
    yield page
    context.close()
    assert not complaints.unexpected


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Lab]:
    """Filled once; tests only look at it."""
    assert browser  # without one, nothing needs a server
    server = start_server(tmp_path_factory.mktemp("lab"))
    with Client(server.url) as client:
        experiment_id = client.create_experiment("digits")
        runs = {f"sgd-{i}": finished_run(client, experiment_id, i) for i in range(4)}
        runs |= family(client, experiment_id)
        write_artifacts(client, runs["sgd-1"])
        yield Lab(server, experiment_id, runs)
    server.stop()


@pytest.fixture
def new_lab(lab: Lab) -> Iterator[Callable[[str], tuple[Client, str]]]:
    """A factory of empty experiments on the lab's server, for tests that write."""
    with Client(lab.server.url) as client:
        yield lambda name: (client, client.create_experiment(name))


def finished_run(client: Client, experiment_id: str, i: int) -> str:
    """A run with two curves of 120 points, a single figure, and params."""
    begin = 1_700_000_000_000 + i * 60_000
    run_id = client.create_run(experiment_id, start_time=begin, run_name=f"sgd-{i}").info.run_id
    curves = [
        Metric(key, value(step, i), begin + step * 100, step)
        for step in range(120)
        for key, value in (("train/loss", loss), ("val/acc", accuracy))
    ]
    params = [Param("optim.lr", str(10.0**-i)), Param("optim.momentum", "0.9"), Param("model", "mlp")]
    tags = [RunTag("team", "vision"), RunTag("mlflow.note.content", f"note of sgd-{i}")]
    client.log_batch(
        run_id,
        metrics=[*curves, Metric("test_acc", 0.9 - i / 100, 1_700_000_020_000, 0)],
        params=params,
        tags=tags,
    )
    client.set_terminated(run_id, "FAILED" if i == 3 else "FINISHED", 1_700_000_100_000 + i * 60_000)
    return run_id


def loss(step: int, i: int) -> float:
    return math.nan if i == 2 and step % 40 == 20 else 2 / (step + 1) + i / 10


def accuracy(step: int, i: int) -> float:
    return 1 - 1 / (step + 2) - i / 50


def family(client: Client, experiment_id: str) -> dict[str, str]:
    """A parent and two children, older than the rest."""
    parent = client.create_run(experiment_id, start_time=1_600_000_000_000, run_name="sweep").info.run_id
    found = {"sweep": parent}
    for name in ("child-a", "child-b"):
        tags = {"mlflow.parentRunId": parent}
        found[name] = client.create_run(
            experiment_id, start_time=1_600_000_001_000, run_name=name, tags=tags
        ).info.run_id
    for run_id in found.values():
        client.set_terminated(run_id, end_time=1_600_000_060_000)
    return found


def write_artifacts(client: Client, run_id: str) -> None:
    client.log_text(run_id, "hello, reader\nsecond line", "notes/read me.txt")
    client.log_dict(run_id, {"depth": 3, "kind": "mlp"}, "config.json")
    client.log_text(run_id, "class,recall\ncat,0.91\ndog,0.87\n", "eval/per_class.csv")
    client.log_text(
        run_id, "<h1>Static report</h1><script>top.document.title = 'taken over'</script>", "eval/report.html"
    )
    folder = Path(client.download_artifacts(run_id, "notes")).parent
    picture = folder / "confusion #1.png"
    picture.write_bytes(PIXEL)
    client.log_artifact(run_id, str(picture), "eval")
    weights = folder / "weights.bin"
    weights.write_bytes(bytes(range(256)) * 40)
    client.log_artifact(run_id, str(weights))
