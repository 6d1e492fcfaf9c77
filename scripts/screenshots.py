"""Takes the README's pictures of a running app: `python -m scripts.screenshots http://localhost:8501 docs`.

With `--all` it takes every page at desk and phone width, light and dark, to look at.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser import chromium
from tests.browser.conftest import ARGUMENTS
from tests.browser.test_drawing import draw, scaled

PAGES = ("start", "explore", "train", "sweep", "evaluate", "draw", "models")


def shoot(page: Page, address: str, name: str, target: Path, everything: bool) -> None:
    """Opens a page, trains or draws where one can, and takes its picture."""
    page.goto(f"{address}/{'' if name == 'start' else name}")
    page.wait_for_selector("h1")
    page.wait_for_timeout(3000)
    if name == "train" and not everything:
        page.get_by_role("button", name="Start", exact=True).click()
        page.get_by_text("Done in").wait_for(timeout=120_000)
        page.wait_for_timeout(1500)
    if name == "draw":
        draw(page, scaled(4))
        page.wait_for_timeout(700)
    page.evaluate("document.querySelector('.stMain').scrollTo(0, 0)")  # a press scrolls to what is pressed
    whole = page.evaluate("document.querySelector('.stMainBlockContainer').scrollHeight")
    width = page.viewport_size["width"] if page.viewport_size else 1280
    page.set_viewport_size({"width": width, "height": min(whole + 40, 4000 if everything else 1000)})
    page.wait_for_timeout(700)
    page.screenshot(path=target)


def main(address: str, folder: Path, everything: bool) -> None:
    """Takes the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    widths = (1280, 360) if everything else (1280,)
    schemes: tuple[str, ...] = ("light", "dark") if everything else ("light",)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=ARGUMENTS)
        for scheme in schemes:
            for width in widths:
                context = browser.new_context(
                    viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
                )
                for name in PAGES:
                    file = f"{name}-{scheme}-{width}.png" if everything else f"{name}.png"
                    shoot(context.new_page(), address, name, folder / file, everything)
                context.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), "--all" in sys.argv)
