"""An experiment's page: the list, the curves, what is plotted, and the address that keeps all of it."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from runstone import Client
from tests.ui.conftest import Complaints, Lab
from tests.ui.looking import wait_for_inks


def card(page: Page, metric: str) -> Locator:
    return page.locator(f'[data-metric="{metric}"]')


def row(page: Page, lab: Lab, name: str) -> Locator:
    return page.locator(f'[data-run="{lab.runs[name]}"]')


def names(page: Page) -> list[str]:
    return page.locator(".runs [data-run] .nm").all_text_contents()


def wait_for_lines(page: Page, metric: str, wanted: int) -> None:
    page.mouse.move(5, 5)  # a row or line under the pointer fades the others
    wait_for_inks(page, card(page, metric).locator("canvas"), wanted)


def test_the_list_leads_to_the_workspace_and_its_curves_are_drawn(page: Page, lab: Lab) -> None:
    page.goto(lab.server.url)
    page.get_by_role("row", name=re.compile("^digits")).click()
    expect(page).to_have_url(lab.url)
    expect(page.get_by_role("heading", name="digits")).to_be_visible()
    expect(page.get_by_text("5 visible of 7")).to_be_visible()
    wait_for_lines(page, "train/loss", 4)


def test_experiments_are_found_by_name_with_the_keyboard_alone(page: Page, lab: Lab) -> None:
    page.goto(lab.server.url)
    expect(page.get_by_role("row", name=re.compile("^digits"))).to_be_visible()
    page.keyboard.press("f")
    page.keyboard.type("DIGI")
    expect(page.get_by_role("row", name=re.compile("^Default"))).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page).to_have_url(lab.url)


def test_a_filter_narrows_the_list_and_its_error_is_shown_under_it(
    page: Page, lab: Lab, complaints: Complaints
) -> None:
    complaints.expect("status of 400")
    page.goto(lab.url)
    expect(row(page, lab, "sgd-3")).to_be_visible()
    page.keyboard.press("f")
    page.keyboard.type("params.`optim.lr` = '0.1'")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 visible of 1")).to_be_visible()
    assert names(page) == ["sgd-1"]
    page.keyboard.press("End")
    page.keyboard.type(" and metrics.`val/acc` => 2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("=>")
    expect(page.locator(".query .bad")).to_have_text("=>")
    assert names(page) == ["sgd-1"]
    expect(page.get_by_text("from the last valid filter")).to_be_visible()
    page.get_by_role("button", name="Clear the filter").click()
    expect(page.get_by_text("5 visible of 7")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_click_on_a_column_sorts_and_a_second_one_turns_the_order(page: Page, lab: Lab) -> None:
    page.goto(lab.url)
    head = page.get_by_title("val/acc: sort")
    head.click()
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(page.locator(".runs [data-run] .nm").first).to_have_text("sgd-0")
    assert names(page)[:4] == ["sgd-0", "sgd-1", "sgd-2", "sgd-3"]
    head.click()
    expect(page.locator(".runs [data-run] .nm").first).to_have_text("sgd-3")
    assert names(page)[:4] == ["sgd-3", "sgd-2", "sgd-1", "sgd-0"]


def test_the_eye_hides_a_run_and_shows_it_again_in_the_same_colour(page: Page, lab: Lab) -> None:
    page.goto(lab.url)
    wait_for_lines(page, "val/acc", 4)
    swatch = row(page, lab, "sgd-1").locator(".sw")
    color = swatch.evaluate("e => getComputedStyle(e).getPropertyValue('--c')")
    page.get_by_role("button", name="Hide sgd-1").click()
    wait_for_lines(page, "val/acc", 3)
    expect(page.get_by_text("4 visible of 7")).to_be_visible()
    page.get_by_role("button", name="Plot sgd-1").click()
    wait_for_lines(page, "val/acc", 4)
    assert swatch.evaluate("e => getComputedStyle(e).getPropertyValue('--c')") == color


def test_keys_walk_the_list_plot_a_run_and_open_it(page: Page, lab: Lab) -> None:
    page.goto(lab.url)
    expect(row(page, lab, "sgd-3")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Plot sgd-2")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Hide sgd-2")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(lab.run_url("sgd-2"))


def test_the_header_eye_chooses_first_n_all_or_none(page: Page, lab: Lab) -> None:
    page.goto(lab.url)
    for choice, count in (("All on page", 7), ("None", 0), ("First run", 1)):
        page.get_by_role("button", name="First n, all on page, or none").click()
        page.get_by_role("menuitemradio", name=choice).click()
        expect(page.get_by_text(f"{count} visible of 7")).to_be_visible()


def test_children_stand_under_their_parent_and_close_with_it(page: Page, lab: Lab) -> None:
    page.goto(lab.url)
    expect(row(page, lab, "child-a")).to_have_attribute("aria-level", "2")
    row(page, lab, "sweep").get_by_role("button", name="Close").click()
    expect(row(page, lab, "child-a")).to_have_count(0)
    page.reload()
    expect(row(page, lab, "sweep")).to_be_visible()
    expect(row(page, lab, "child-a")).to_have_count(0)


def test_a_reload_keeps_the_whole_view(page: Page, lab: Lab) -> None:
    page.goto(lab.url)
    page.get_by_title("val/acc: sort").click()
    page.get_by_role("button", name="Hide sgd-2").click()
    page.get_by_label("Smoothing").fill("0.6")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Axes").click()
    page.get_by_role("menuitemradio", name="Relative time").click()
    page.get_by_role("button", name="Axes").click()
    page.get_by_role("menuitemradio", name="Logarithmic").click()
    page.get_by_label("Charts by regex").fill("acc")
    page.get_by_role("button", name=re.compile("^Metrics")).click()
    address = page.url
    page.reload()
    assert page.url == address
    expect(page.get_by_role("button", name="Axes")).to_contain_text("Relative time")
    expect(page.get_by_label("Smoothing")).to_have_value("0.6")
    expect(page.get_by_label("Charts by regex")).to_have_value("acc")
    expect(page.get_by_role("button", name=re.compile("^Metrics"))).to_have_attribute(
        "aria-expanded", "false"
    )
    expect(page.get_by_role("button", name="Plot sgd-2")).to_be_visible()
    expect(card(page, "train/loss")).to_have_count(0)
    expect(card(page, "val/acc").get_by_text("log, smoothed 0.60")).to_be_visible()
    assert names(page)[0] == "sgd-0"


def test_the_pointer_reads_values_and_lifts_the_line_in_its_row(page: Page, lab: Lab) -> None:
    page.goto(lab.url)
    wait_for_lines(page, "val/acc", 4)
    box = card(page, "val/acc").locator(".u-over").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 4)
    page.mouse.move(box["x"] + box["width"] / 2 + 2, box["y"] + box["height"] - 3)
    tip = page.get_by_role("tooltip")
    expect(tip.locator(".near")).to_contain_text("sgd-3")
    assert tip.locator(".tr:not(.tc)").count() == 4
    expect(row(page, lab, "sgd-3")).to_have_class(re.compile(r"\bhl\b"))
    page.mouse.move(5, 5)
    expect(tip).to_have_count(0)


def test_a_drag_zooms_every_chart_and_a_double_click_shows_all_again(page: Page, lab: Lab) -> None:
    page.goto(lab.url)
    wait_for_lines(page, "val/acc", 4)
    box = card(page, "val/acc").locator(".u-over").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.25, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, middle, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"zoom=29\.\d+~59\.\d+"))
    expect(page.get_by_role("button", name="Whole range")).to_be_visible()
    card(page, "train/loss").locator(".u-over").dblclick()
    expect(page.get_by_role("button", name="Whole range")).to_have_count(0)


def test_nan_is_named_and_a_metric_with_one_point_is_bars(page: Page, lab: Lab) -> None:
    page.goto(lab.url)
    expect(card(page, "train/loss").get_by_text("NaN ×3")).to_be_visible()
    expect(card(page, "test_acc").get_by_role("listitem")).to_have_text(
        [
            re.compile("sgd-3.*0.8700"),
            re.compile("sgd-2.*0.8800"),
            re.compile("sgd-1.*0.8900"),
            re.compile("sgd-0.*0.9000"),
        ]
    )


def test_the_table_sorts_on_the_server_and_shows_every_kind_of_column(page: Page, lab: Lab) -> None:
    page.goto(lab.url)
    expect(row(page, lab, "sgd-3")).to_be_visible()
    page.keyboard.press("1")
    expect(page).to_have_url(re.compile("tab=table"))
    grid = page.get_by_role("grid", name="Runs")
    expect(grid.get_by_role("columnheader", name="optim.lr")).to_be_visible()
    expect(grid.locator(f'[data-run="{lab.runs["sgd-2"]}"]')).to_contain_text("0.01")
    with page.expect_request("**/runs/list") as sent:
        grid.get_by_title("test_acc: sort").click()
    assert "metrics.`test_acc` DESC" in (sent.value.post_data or "")
    expect(grid.locator("[data-run] .nm").first).to_have_text("sgd-0")
    page.keyboard.press("2")
    wait_for_lines(page, "val/acc", 4)


def test_a_list_longer_than_a_page_is_read_on_as_it_is_scrolled(
    page: Page, new_lab: Callable[[str], tuple[Client, str]], lab: Lab
) -> None:
    client, experiment_id = new_lab("long")
    for i in range(130):
        client.create_run(experiment_id, start_time=1000 + i, run_name=f"run-{i}")
    page.goto(f"{lab.server.url}/experiments/{experiment_id}")
    expect(page.get_by_text("5 visible of 130")).to_be_visible()
    listed = page.get_by_role("treegrid", name="Runs")
    expect(listed).to_have_attribute("aria-rowcount", "100")
    page.keyboard.press("End")
    expect(listed).to_have_attribute("aria-rowcount", "130")
    page.keyboard.press("End")
    expect(page.locator(".runs [data-run] .nm", has_text=re.compile("^run-0$"))).to_be_visible()


def test_markup_in_names_stays_text(
    page: Page, new_lab: Callable[[str], tuple[Client, str]], lab: Lab
) -> None:
    evil = "<img src=x onerror=\"document.title='taken'\">"
    client, experiment_id = new_lab(evil)
    run = client.create_run(
        experiment_id, run_name=evil, tags={"t": evil, "mlflow.note.content": evil}
    ).info.run_id
    client.log_param(run, "p", evil)
    client.log_metric(run, "m", 1.0)
    for address in (
        lab.server.url,
        f"{lab.server.url}/experiments/{experiment_id}",
        f"{lab.server.url}/experiments/{experiment_id}/runs/{run}",
    ):
        page.goto(address)
        expect(page.get_by_text(evil).first).to_be_visible()
        assert page.locator("img").count() == 0
        assert page.title() != "taken"


def test_an_empty_experiment_shows_the_lines_that_fill_it(
    page: Page, new_lab: Callable[[str], tuple[Client, str]], lab: Lab
) -> None:
    _, experiment_id = new_lab("bare")
    page.goto(f"{lab.server.url}/experiments/{experiment_id}")
    lines = page.locator("pre")
    expect(lines).to_contain_text("import runstone as mlflow")
    expect(lines).to_contain_text(lab.server.url)


def test_an_unknown_experiment_says_so(page: Page, lab: Lab, complaints: Complaints) -> None:
    complaints.expect("status of 404")
    page.goto(f"{lab.server.url}/experiments/987654")
    expect(page.get_by_role("heading", name="Experiment 987654 is not here")).to_be_visible()


def test_one_chart_fills_the_page_and_arrows_walk_to_the_others(page: Page, lab: Lab) -> None:
    page.goto(lab.url)
    card(page, "train/loss").hover()
    page.get_by_role("button", name="Only train/loss").click()
    expect(card(page, "val/acc")).to_have_count(0)
    page.reload()
    wait_for_lines(page, "train/loss", 4)
    page.keyboard.press("ArrowRight")
    wait_for_lines(page, "val/acc", 4)
    page.keyboard.press("Escape")
    expect(card(page, "train/loss")).to_be_visible()


def test_a_question_mark_lists_the_keys_and_escape_closes_them(page: Page, lab: Lab) -> None:
    page.goto(lab.url)
    expect(row(page, lab, "sgd-3")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_have_count(0)


def test_the_theme_is_switched_and_remembered(page: Page, lab: Lab) -> None:
    page.goto(lab.server.url)
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.get_by_role("button", name="Light or dark").click()
    dark = page.evaluate(background)
    assert dark != light
    page.reload()
    assert page.evaluate(background) == dark


def test_the_page_fits_a_phone(page: Page, lab: Lab) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for address in (lab.server.url, lab.url, f"{lab.url}?tab=table", lab.run_url("sgd-1")):
        page.goto(address)
        expect(page.get_by_role("heading").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(lab.url)
    page.get_by_role("button", name="List the runs").click()
    expect(row(page, lab, "sgd-0")).to_be_visible()
