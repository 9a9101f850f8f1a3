"""A run's page: what it was, its curves, its files."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.ui.conftest import Complaints, Lab


def test_the_overview_shows_what_was_logged(page: Page, lab: Lab) -> None:
    page.goto(lab.run_url("sgd-2"))
    expect(page.get_by_role("heading", name="sgd-2")).to_be_visible()
    expect(page.locator(".badge")).to_contain_text("Finished")
    expect(page.get_by_text("note of sgd-2")).to_be_visible()
    metric = page.locator('[data-metric="train/loss"]')
    expect(metric).to_contain_text("0.21667")
    expect(metric.locator(".spark path")).to_have_count(1)
    expect(metric.locator("td").nth(4)).to_have_text(re.compile(r"2\.2\s*0"))
    expect(page.get_by_role("row", name="lr 0.01")).to_be_visible()
    expect(page.get_by_role("row", name="team vision")).to_be_visible()


def test_the_addresses_that_clients_print_lead_to_the_run(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.server.url}/#/experiments/{lab.experiment_id}/runs/{lab.runs['sgd-1']}")
    expect(page.get_by_role("heading", name="sgd-1")).to_be_visible()
    expect(page).to_have_url(lab.run_url("sgd-1"))


def test_a_childs_parent_is_a_link(page: Page, lab: Lab) -> None:
    page.goto(lab.run_url("child-a"))
    page.get_by_role("row", name="Parent").get_by_role("link").click()
    expect(page.get_by_role("heading", name="sweep")).to_be_visible()


def test_keys_lead_to_the_runs_before_and_after_and_the_way_back_keeps_the_view(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}?sort=-metrics.val/acc")
    page.get_by_role("link", name="sgd-1").click()
    expect(page.get_by_role("heading", name="sgd-1")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="sgd-2")).to_be_visible()
    page.keyboard.press("k")
    page.keyboard.press("k")
    expect(page.get_by_role("heading", name="sgd-0")).to_be_visible()
    page.get_by_role("navigation").get_by_role("link", name="digits").click()
    expect(page).to_have_url(re.compile(r"sort=-metrics\.val/acc"))


def test_charts_of_one_run(page: Page, lab: Lab) -> None:
    page.goto(lab.run_url("sgd-0"))
    expect(page.get_by_role("heading", name="sgd-0")).to_be_visible()
    page.keyboard.press("2")
    expect(page.get_by_role("img", name="train/loss, one run")).to_be_visible()
    expect(page.locator('[data-metric="test_acc"]')).to_contain_text("0.9000")


def test_artifacts_are_shown_by_kind_and_the_choice_survives_a_reload(page: Page, lab: Lab) -> None:
    page.goto(lab.run_url("sgd-1"))
    expect(page.get_by_role("heading", name="sgd-1")).to_be_visible()
    page.keyboard.press("3")
    tree = page.get_by_role("tree", name="Artifacts")
    tree.get_by_role("treeitem", name="eval").click()
    tree.get_by_role("treeitem", name="confusion #1.png").click()
    picture = page.locator(".mat img")
    expect(picture).to_be_visible()
    assert picture.evaluate("e => e.decode().then(() => e.naturalWidth)") == 1
    page.reload()
    expect(picture).to_be_visible()
    tree.get_by_role("treeitem", name="per_class.csv").click()
    expect(page.get_by_role("row", name="cat 0.91")).to_be_visible()
    tree.get_by_role("treeitem", name="config.json").click()
    expect(page.locator("pre.code")).to_contain_text('"depth": 3')
    tree.get_by_role("treeitem", name="notes").click()
    tree.get_by_role("treeitem", name="read me.txt").click()
    expect(page.locator("pre.code")).to_contain_text("hello, reader")


def test_a_file_is_downloaded_as_it_was_logged(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.run_url('sgd-1')}?tab=artifacts&art=weights.bin")
    expect(page.get_by_text("This kind of file has no preview.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download 10 kB").click()
    assert download.value.suggested_filename == "weights.bin"
    assert Path(download.value.path()).read_bytes() == bytes(range(256)) * 40


def test_an_html_artifact_is_shown_but_cannot_act_as_the_page(
    page: Page, lab: Lab, complaints: Complaints
) -> None:
    complaints.expect("Blocked script execution")
    page.goto(f"{lab.run_url('sgd-1')}?tab=artifacts&art=eval/report.html")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Static report")).to_be_visible()
    assert page.locator("iframe").get_attribute("sandbox") == ""
    assert "taken over" not in page.title()


def test_an_unknown_run_says_so(page: Page, lab: Lab, complaints: Complaints) -> None:
    complaints.expect("status of 404")
    page.goto(f"{lab.url}/runs/{'0' * 32}")
    expect(page.get_by_role("heading", name="This run is not here")).to_be_visible()
