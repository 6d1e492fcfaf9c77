"""How long it takes a pupil from the QR code to the first drawing on the board, on a phone that was never here."""

import statistics
import time

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import App
from tests.browser.test_class import PHONE, SCHOOL, browser, lab, ring, teacher

__all__ = ["browser", "lab"]

pytestmark = [pytest.mark.browser, pytest.mark.long]

PUPILS = 6
MOST_SECONDS = 60  # a lab takes 15 at most; this one shares its machine with other tests


def test_from_the_code_to_the_first_drawing_on_the_board(browser: Browser, lab: App) -> None:
    leads, code = teacher(browser, lab)
    board = leads.context.new_page()
    board.goto(f"{lab.address}/{leads.get_by_role('link', name='Board for the beamer').get_attribute('href')}")
    leads.get_by_role("button", name="Start for all").click()
    expect(board.get_by_text("No drawings yet.")).to_be_visible()
    seconds = []
    for number in range(1, PUPILS + 1):
        page = browser.new_context(**PHONE).new_page()  # type: ignore[arg-type]
        begun = time.perf_counter()
        page.goto(f"http://{SCHOOL}:{lab.port}/join?code={code}")
        page.get_by_role("button", name="Join").click()
        expect(page.get_by_text("Write a 0")).to_be_visible()
        page.wait_for_timeout(500)  # the canvas is new, and a hand takes its time
        ring(page)
        page.get_by_role("button", name="Hand in").click()
        people = "person" if number == 1 else "people"
        expect(board.get_by_text(f"by {number} {people}.")).to_be_visible()
        seconds.append(time.perf_counter() - begun)
        page.context.close()
    said = ", ".join(f"{one:.1f}" for one in seconds)
    print(f"from the code to the board: median {statistics.median(seconds):.1f} s of {said}")
    assert max(seconds) < MOST_SECONDS
    leads.context.close()
