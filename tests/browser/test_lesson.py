"""The README's lesson up to a 7 under the microscope, in its order, on a laptop's screen, light and dark.

With `$LESSON_PICTURES` naming a folder, a picture of each step is kept there, to look at.
"""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SETTLED, App, screen
from tests.browser.test_drawing import draw, scaled

pytestmark = [pytest.mark.browser, pytest.mark.long]


def keep_picture(page: Page, name: str) -> None:
    page.wait_for_function(SETTLED)
    if folder := os.environ.get("LESSON_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def press(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_lesson_goes_as_the_readme_says(browser: Browser, app: App, real_mnist: Path, scheme: str) -> None:
    with screen(browser, app, 1280, 720, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(app.address)
        keep_picture(page, f"{scheme}-0-start")
        explore(page, scheme)
        train(page, scheme)
        evaluate(page, scheme)
        write(page, scheme)


def explore(page: Page, scheme: str) -> None:
    press(page, "Explore")
    page.get_by_role("button", name=re.compile("picture 0: enlarge")).click()
    opened = page.get_by_role("dialog", name=re.compile("^Picture 0"))
    expect(opened.get_by_text("784 numbers")).to_be_visible()
    keep_picture(page, f"{scheme}-1-explore-picture")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Where is it blurred, and why?")).to_be_visible()
    answer = page.get_by_text("Where a mean is sharp")
    expect(answer).to_be_hidden()
    page.get_by_text("Show the answer").first.click()
    expect(answer).to_be_visible()
    keep_picture(page, f"{scheme}-2-explore-means")


def train(page: Page, scheme: str) -> None:
    press(page, "Train")
    page.get_by_text("Bet: what will it reach?").click()
    for bet, name in (("97", "Ada"), ("90", "Ben")):
        page.get_by_label("My bet, in %").fill(bet)
        page.get_by_role("textbox", name="Name", exact=True).fill(name)
        page.get_by_role("button", name="Add this bet").click()
        expect(page.get_by_text(name).first).to_be_visible()
        expect(page.get_by_label("My bet, in %")).to_have_value("")
    keep_picture(page, f"{scheme}-3-train-bets")
    page.get_by_role("switch", name="Slow start").check(force=True)
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url("**run=**")
    expect(page.get_by_text(re.compile(r"Epoch 1 of 1"))).to_be_visible(timeout=120_000)
    keep_picture(page, f"{scheme}-4-train-live")
    expect(page.get_by_text(re.compile(r"Done in .* Test accuracy 9\d\.\d\d %"))).to_be_visible(timeout=180_000)
    expect(page.get_by_text(re.compile("nearest was Ada"))).to_be_visible()
    keep_picture(page, f"{scheme}-5-train-done")


def evaluate(page: Page, scheme: str) -> None:
    page.get_by_role("link", name="See its evaluation").click()
    matrix = page.get_by_role("grid", name=re.compile("^Confusion matrix"))
    nines = matrix.get_by_role("button", name=re.compile("^9 read as [0-8], [1-9]"))
    expect(nines.first).to_be_visible()
    keep_picture(page, f"{scheme}-6-evaluate")
    nines.first.click()
    pictures = page.get_by_role("group", name="Images").get_by_role("button")
    expect(pictures.first).to_have_text(re.compile("is 9, read as "))
    keep_picture(page, f"{scheme}-7-evaluate-nines")
    page.get_by_role("tab", name="Robustness").click()
    expect(page.get_by_text("How far may a digit be turned before this model misreads it? Bet first.")).to_be_visible()
    page.get_by_label("Show the answer").last.check(force=True, timeout=180_000)
    expect(page.get_by_text("Click a mark to see what is read wrong there.")).to_be_visible(timeout=180_000)
    keep_picture(page, f"{scheme}-8-evaluate-robustness")


def write(page: Page, scheme: str) -> None:
    press(page, "Draw")
    empty = page.get_by_text("Nothing drawn yet.").first  # of two models
    expect(empty).to_be_visible()
    values = page.get_by_test_id("stMetricValue")
    for factor, where in ((0.6, 5.0), (2.9, 5.0)):
        draw(page, [stroke * factor + where for stroke in scaled(7, 1.0)])
        expect(values.first).to_have_text("7")
        keep_picture(page, f"{scheme}-9-draw-{factor}")
        if factor > 1:
            page.get_by_text("The microscope: each step of the preparation").click()
            expect(page.get_by_role("switch").filter(has_not_text="Present").last).to_be_visible()
            keep_picture(page, f"{scheme}-9-draw-microscope")
        page.get_by_role("button", name="Clear").click()
        expect(empty).to_be_visible()
        page.wait_for_timeout(300)  # the canvas empties itself a moment later
