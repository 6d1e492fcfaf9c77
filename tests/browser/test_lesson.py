"""The README's lesson in its order, on a laptop's screen, light and dark.

With `$LESSON_PICTURES` naming a folder, a picture of each step is kept there, to look at.
"""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import LABS, SETTLED, App, screen
from tests.browser.test_drawing import draw, scaled

TURN = np.linspace(0, 2 * np.pi, 40)
NO_DIGITS = {
    "heart": [
        np.stack(
            [
                140 + 6 * 16 * np.sin(TURN) ** 3,
                130 - 6 * (13 * np.cos(TURN) - 5 * np.cos(2 * TURN) - 2 * np.cos(3 * TURN) - np.cos(4 * TURN)),
            ],
            axis=1,
        )
    ],
    "letter": [np.array([(60, 240), (140, 40), (220, 240)]), np.array([(95, 160), (185, 160)])],
}

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
    page.get_by_role("button", name=re.compile("picture number 0: enlarge")).click()
    opened = page.get_by_role("dialog", name=re.compile("^Picture number 0"))
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
    expect(page.get_by_text(re.compile("nearest was Ada"))).to_be_in_viewport()
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
    expect(empty(page)).to_be_visible()
    values = page.locator(f"{LABS} .answer-digit")
    for name, factor in (("small", 0.6), ("huge", 2.9)):
        draw(page, [stroke * factor + 5.0 for stroke in scaled(7, 1.0)])
        expect(values.first).to_have_text("7")
        keep_picture(page, f"{scheme}-9-draw-{name}")
        if name == "huge":
            look_closer(page, scheme)
        wipe(page)
    for name, strokes in NO_DIGITS.items():
        draw(page, strokes)
        expect(page.get_by_role("heading", name="Your quick model says")).to_be_visible()
        expect(page.get_by_role("heading", name="The shipped model says")).to_be_visible()
        expect(page.get_by_text("It was only ever shown digits.").first).to_be_visible()
        expect(values).to_have_count(2)
        expect(values.first).to_have_text(re.compile(r"^\d$"))
        expect(values.last).to_have_text("–")
        keep_picture(page, f"{scheme}-10-draw-{name}")
        page.get_by_role("radio", name="No digit").click()
        expect(page.get_by_text("Kept as no digit.")).to_be_visible()
        wipe(page)
    press(page, "Explore")
    kept = page.get_by_role("heading", name="Drawings of this lab")
    kept.scroll_into_view_if_needed()
    expect(page.get_by_role("button", name=re.compile("no digit")).first).to_be_visible()
    keep_picture(page, f"{scheme}-11-explore-drawings")


def empty(page: Page) -> Locator:
    return page.locator(f"{LABS} .answer-said", has_text="Nothing drawn yet.").first  # of two models


def look_closer(page: Page, scheme: str) -> None:
    """Opens the microscope, where it is not open, switches a step off, and on again."""
    step = page.get_by_role("switch", name="20-pixel box")
    if not step.is_visible():
        page.get_by_text("The microscope: each step of the preparation").click()
    expect(step).to_be_visible()
    keep_picture(page, f"{scheme}-9-draw-microscope")
    step.uncheck(force=True)
    expect(page.get_by_text("Prepared without: 20-pixel box.")).to_be_visible()
    step.check(force=True)
    expect(page.get_by_text("Prepared without")).to_be_hidden()


def wipe(page: Page) -> None:
    """Clears the canvas, and goes back to it."""
    page.get_by_role("button", name="Clear").click()
    expect(empty(page)).to_be_visible()
    page.evaluate("document.querySelector('.stMain').scrollTo(0, 0)")
    page.wait_for_timeout(300)  # the canvas empties itself a moment later
