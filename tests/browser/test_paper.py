"""A class's digits come from paper into the collection: a photograph of the printed sheet, looked over and kept."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from mnist_core.data.stroke_files import Handwriting
from mnist_core.data.synthetic.class_sheets import fill, photographed
from mnist_core.presentation import class_sheet
from mnist_core.presentation.pictures import png
from tests.browser.conftest import App
from tests.conftest import simple_strokes

pytestmark = pytest.mark.browser


def give(page: Page, name: str, content: bytes) -> None:
    file = {"name": name, "mimeType": "image/jpeg", "buffer": content}
    page.locator(".st-key-paper input[type=file]").set_input_files(file)  # type: ignore[arg-type]


@pytest.mark.long
def test_a_photographed_sheet_is_looked_over_kept_and_taken_back(app: App, page: Page) -> None:
    random = np.random.default_rng(6)
    drawn = Handwriting(np.arange(10), np.zeros(10, np.int64), tuple(simple_strokes(digit) for digit in range(10)))
    printed = np.asarray(Image.open(io.BytesIO(class_sheet.picture(120))).convert("L"))
    filled = fill(printed, drawn, random)
    number = len(filled.written)
    page.goto(f"{app.address}/explore")
    page.get_by_text("Bring in digits from paper").click()
    paper = page.locator(".st-key-paper")
    expect(paper.get_by_role("button", name="Sheet to print (PDF)")).to_be_visible()
    give(page, "blank.png", png(np.full((200, 200), 255, np.uint8)))
    expect(paper.get_by_text("No rows of digits were found in this picture")).to_be_visible()
    photograph = photographed(filled.page, random)
    give(page, "sheet.jpg", photograph)
    expect(paper.get_by_text(f"{number} digits found on the printed sheet.")).to_be_visible()
    first = paper.locator("button[data-choice]").first
    kept = "left out, press to keep it" not in str(first.get_attribute("aria-label"))
    keep = paper.locator(".st-key-paper-keep button")
    before = int(keep.inner_text().split()[1])
    first.click()
    left = before - 1 if kept else before + 1
    expect(keep).to_have_text(f"Keep {left} digits")
    keep.click()
    expect(paper.get_by_text(f"{left} digits kept; the lab has {left} drawings now.")).to_be_visible()
    paper.get_by_role("button", name="Undo").click()
    expect(keep).to_have_text(f"Keep {left} digits")
    page.reload()
    expect(page.get_by_text("No drawings yet.")).to_be_visible()
    page.get_by_text("Bring in digits from paper").click()
    give(page, "sheet.jpg", photograph)
    expect(paper.get_by_text(f"{number} digits found on the printed sheet.")).to_be_visible()
    before_it = page.get_by_text("are in the collection. Kept again, they count twice.")
    expect(before_it).to_have_count(0)
    keep.click()
    expect(paper.get_by_text(f"{before} digits kept; the lab has {before} drawings now.")).to_be_visible()
    page.reload()
    page.get_by_text("Bring in digits from paper").click()
    give(page, "sheet.jpg", photograph)
    expect(before_it).to_be_visible()
