"""The hour of a class: start a run, watch it, look elsewhere, reload, judge it, draw with it; and the app killed."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mnist_core.bench.app_process import wait_until
from mnist_core.runs.run import Run
from tests.browser.conftest import SAID, App
from tests.browser.test_drawing import draw, prediction, scaled

pytestmark = pytest.mark.browser


def start(page: Page, app: App, settings: str) -> None:
    page.goto(f"{app.address}/train?{settings}")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url("**run=**")


def watched(page: Page, app: App) -> Run:
    found = re.search(r"run=([^&]+)", page.url)
    assert found
    return Run(app.home / "runs" / found.group(1))


def metric(page: Page, label: str) -> str:
    values = page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")
    return values.inner_text()


def test_a_run_is_watched_found_again_judged_and_drawn_with(page: Page, app: App, real_mnist: Path) -> None:
    start(page, app, "recipe=quick&data_share=0.25&epochs=4")
    run = watched(page, app)
    expect(page.get_by_text(re.compile(r"Epoch \d of 4"))).to_be_visible(timeout=300_000)
    expect(page.locator("[data-testid=stVegaLiteChart]")).to_have_count(2)

    first = metric(page, "Loss")
    wait_until(lambda: metric(page, "Loss") != first, 300, "a loss that moves")
    second = metric(page, "Loss")
    wait_until(lambda: metric(page, "Loss") not in (first, second), 300, "a loss that goes on moving")
    assert run.status().state == "running"

    other = page.context.new_page()
    other.goto(f"{app.address}/draw")
    expect(other.locator(SAID, has_text="Nothing drawn yet.")).to_be_visible()
    draw(other, scaled(7))
    assert prediction(other) == "7"
    other.close()

    page.reload()
    expect(page.get_by_text(re.compile(r"Epoch \d of 4|Training is over|Done in"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"Done in .* Test accuracy 9\d\.\d\d %"))).to_be_visible(timeout=300_000)
    assert run.status().state == "done" and run.status().test_accuracy >= 0.97

    page.get_by_role("link", name="See its evaluation").click()
    expect(page.get_by_role("heading", name="Confusion matrix")).to_be_visible()
    assert run.id in page.url
    assert metric(page, "Test accuracy") == f"{100 * run.status().test_accuracy:.2f} %"
    page.get_by_role("link", name="Draw").first.click()
    expect(page.get_by_role("heading", name="Draw")).to_be_visible()
    # The model that was evaluated is the one that answers here.
    expect(page.get_by_role("combobox", name="Model")).to_have_value(re.compile("quick, "))
    draw(page, scaled(3))
    assert prediction(page) == "3"


LONG = "data=digits-8x8&recipe=simple-cnn&epochs=100"


@pytest.mark.long
def test_two_runs_queue_and_stop_keeps_the_model(page: Page, app: App) -> None:
    start(page, app, LONG)
    first = watched(page, app)
    expect(page.get_by_role("button", name="Stop and save")).to_be_visible(timeout=300_000)
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("Next in the queue")).to_be_visible()
    second = watched(page, app)
    assert second.id != first.id

    page.goto(f"{app.address}/train?run={first.id}")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused.")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Stop and save").click()
    expect(page.get_by_text("Stopped by hand after")).to_be_visible(timeout=300_000)
    assert first.has_model

    page.goto(f"{app.address}/train?run={second.id}")
    page.get_by_role("button", name="Stop and save").click(timeout=300_000)
    wait_until(lambda: second.stored_status().finished, 300, "the second run to stop")
    assert second.status().state == "stopped"


@pytest.mark.long
def test_a_killed_app_does_not_touch_the_run(page: Page, app: App) -> None:
    start(page, app, LONG.replace("100", "25"))
    run = watched(page, app)
    wait_until(lambda: run.stored_status().epoch > 2, 300, "two epochs")
    app.kill()
    epoch = run.stored_status().epoch
    wait_until(lambda: run.stored_status().epoch > epoch + 2, 300, "the run to go on without the app")
    app.start()
    page.goto(f"{app.address}/train")
    expect(page.get_by_text(re.compile("Now showing: simple-cnn, .*"))).to_be_visible()
    wait_until(lambda: run.stored_status().finished, 300, "the run to end")
    expect(page.get_by_text("Done in")).to_be_visible()


@pytest.mark.long
def test_a_killed_engine_is_replaced_and_the_run_goes_on(page: Page, app: App) -> None:
    start(page, app, LONG.replace("100", "25"))
    run = watched(page, app)
    wait_until(lambda: run.stored_status().epoch > 2, 300, "two epochs")
    app.engine().kill()
    expect(page.get_by_text("Done in")).to_be_visible(timeout=300_000)
    assert run.status().state == "done" and run.metrics()["epoch"] == [float(epoch) for epoch in range(1, 26)]
