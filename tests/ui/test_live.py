"""What changes while one looks: new points, new runs, a server that goes and comes back."""

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from runstone import Client
from tests.servers import RunningServer
from tests.ui.conftest import Complaints, Lab
from tests.ui.looking import INKED, wait_for_inks

WITHIN_S = 2.0


def test_a_new_point_shows_within_two_seconds(
    page: Page, new_lab: Callable[[str], tuple[Client, str]], lab: Lab
) -> None:
    client, experiment_id = new_lab("live")
    run = client.create_run(experiment_id, run_name="learner").info.run_id
    for step in range(3):
        client.log_metric(run, "loss", 1.0 / (step + 1), step=step)
    page.goto(f"{lab.server.url}/experiments/{experiment_id}")
    row = page.locator(f'[data-run="{run}"]')
    expect(row).to_contain_text("0.3333")
    canvas = page.locator('[data-metric="loss"] canvas')
    expect(canvas).to_be_visible()
    before = canvas.screenshot()
    began = time.monotonic()
    client.log_metric(run, "loss", 0.0125, step=9)
    expect(row).to_contain_text("0.0125", timeout=WITHIN_S * 1000)
    while canvas.screenshot() == before:
        assert time.monotonic() - began < WITHIN_S, "the curve did not grow"
    client.set_terminated(run)
    expect(row.get_by_role("img", name="Finished")).to_be_visible()


def test_the_first_point_of_an_empty_experiment_shows_within_two_seconds(
    page: Page, new_lab: Callable[[str], tuple[Client, str]], lab: Lab
) -> None:
    client, experiment_id = new_lab("soon")
    page.goto(f"{lab.server.url}/experiments/{experiment_id}")
    expect(page.get_by_role("heading", name="No runs in soon yet")).to_be_visible()
    run = client.create_run(experiment_id, run_name="first").info.run_id
    client.log_metric(run, "loss", 0.5, step=1)
    expect(page.locator('[data-metric="loss"]')).to_contain_text("0.5", timeout=WITHIN_S * 1000)
    client.set_terminated(run)


def test_a_server_that_went_away_is_named_and_its_return_noticed(
    page: Page, runstone_server: Callable[..., RunningServer], complaints: Complaints
) -> None:
    complaints.expect("ERR_CONNECTION|ERR_EMPTY_RESPONSE|Failed to load resource")
    server = runstone_server()
    with Client(server.url) as client:
        run = client.create_run("0", run_name="steady").info.run_id
        for step in range(50):
            client.log_metric(run, "loss", 1 / (step + 1), step=step)
    page.goto(f"{server.url}/experiments/0")
    canvas = page.locator('[data-metric="loss"] canvas')
    wait_for_inks(page, canvas, 1)
    server.stop()
    expect(page.get_by_text("No answer from the server since")).to_be_visible()
    expect(page.locator(f'[data-run="{run}"]')).to_be_visible()
    assert canvas.evaluate(INKED) == 1
    server.restart()
    expect(page.get_by_text("No answer from the server since")).to_have_count(0)
    with Client(server.url) as client:
        client.log_metric(run, "loss", 0.125, step=99)
    expect(page.locator(f'[data-run="{run}"]')).to_contain_text("0.125")
