"""What is pressed on Explore: a picture, a place in it, and a word."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import App, screen

pytestmark = pytest.mark.browser


@pytest.mark.long
def test_a_pressed_picture_shows_its_numbers_and_a_pressed_word_its_meaning(
    browser: Browser, app: App, real_mnist: Path
) -> None:
    with screen(browser, app, 390, 664, has_touch=True, is_mobile=True) as phone:
        page = phone.new_page()
        page.goto(f"{app.address}/explore")
        # A word, by a finger and by the keyboard; the page stays where it is.
        word = page.get_by_role("link", name="784 numbers").first
        card = page.get_by_role("dialog", name="Pixel")
        for by_finger in (True, False):
            if by_finger:
                word.tap()
            else:
                word.press("Enter")
            expect(card).to_contain_text("0 is black, 255 is white")
            page.keyboard.press("Escape")
            expect(card).to_be_hidden()
            expect(word).to_be_focused()
        assert page.url.partition("#")[2] == ""
        # A picture, and a place in it: MNIST's first is a 5 with ink in the middle and none at its corner.
        page.get_by_role("button", name="5, picture number 0: enlarge").tap()
        opened = page.get_by_role("dialog", name="Picture number 0: a 5")
        expect(opened.get_by_text("Row 14, column 14: ")).to_be_visible()
        magnifier = opened.locator(".magnifier span")
        expect(magnifier).to_have_count(49)
        opened.locator(".grid").tap(position={"x": 2, "y": 2})
        expect(opened.get_by_text("Row 1, column 1: 0")).to_be_visible()
        page.keyboard.press("ArrowDown")
        expect(opened.get_by_text("Row 1, column 1: 0")).to_be_hidden()
        expect(opened.get_by_text("Row 2, column 1: 0")).to_be_visible()
        lens = opened.locator(".magnifier").bounding_box()
        assert lens and lens["y"] + lens["height"] <= 664  # all of it in view
    with screen(browser, app, 1280, 720) as laptop:
        page = laptop.new_page()
        page.goto(f"{app.address}/explore")
        page.get_by_role("button", name="5, picture number 0: enlarge").click()
        cell = page.get_by_role("dialog", name="Picture number 0: a 5").locator(".grid span").nth(400)
        expect(cell).to_be_visible()
        width, height, letters = cell.evaluate(
            "one => [one.offsetWidth, one.offsetHeight, parseFloat(getComputedStyle(one).fontSize)]"
        )
        assert abs(width - height) <= 1 and letters >= 14
