"""Whether all of a page is seen on a screen of some width."""

from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import Page

HEIGHT = 900
# Sizes of phones, tablets, laptops and a beamer, and either side of where columns stack.
SOME_WIDTHS = (320, 360, 640, 660, 820, 1040, 1280, 1920)
ALL_WIDTHS = range(320, 1921, 20)
SETTLE_MILLISECONDS = 250  # for charts, which follow their column a moment later
_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def cut_off_now(page: Page) -> list[str]:
    """What of a page is cut off, or has it scroll sideways, in the window as it is: a sentence for each."""
    found: list[str] = page.evaluate(_SCRIPT)
    return found


def cut_off(page: Page, widths: Iterable[int]) -> dict[str, list[int]]:
    """What of a page is cut off, or has it scroll sideways, and at which widths."""
    found: dict[str, list[int]] = {}
    for width in widths:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.wait_for_timeout(SETTLE_MILLISECONDS)
        sentences = cut_off_now(page)
        if sentences:  # a slow machine may not be done with what moves
            page.wait_for_timeout(4 * SETTLE_MILLISECONDS)
            sentences = cut_off_now(page)
        for sentence in sentences:
            found.setdefault(sentence.split(" reaches from ")[0], []).append(width)
    return found
