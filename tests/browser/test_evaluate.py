"""From a number of the confusion matrix to its images, by mouse, by keyboard and by name."""

import re
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from mnist_core.evaluation import judging
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.runs import run_folders
from tests.browser.conftest import App

pytestmark = pytest.mark.browser

CELL = "1 read as 7, "
# The element that has the focus, in whatever shadow root it is.
FOCUSED = """() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node?.dataset?.choice ?? "";
}"""


@pytest.fixture(autouse=True)
def _needs_mnist(real_mnist: None) -> None:
    """Without the images there is nothing to see."""


@pytest.fixture(scope="module")
def ones_read_as_sevens() -> list[int]:
    """What the shipped model's stored evaluation says, the most confident first."""
    shipped = run_folders.find(run_folders.SHIPPED_MODEL)
    evaluation = judging.calibrated(shipped, Evaluation.load(shipped.evaluation_path))
    found = np.flatnonzero((evaluation.labels == 1) & (evaluation.probabilities.argmax(axis=1) == 7))
    return sorted(found.tolist(), key=lambda index: -float(evaluation.probabilities[index].max()))


def matrix(page: Page) -> Locator:
    return page.get_by_role("grid", name=re.compile("^Confusion matrix"))


def cell(page: Page, name: str = CELL) -> Locator:
    return matrix(page).get_by_role("button", name=re.compile(f"^{name}"))


def open_evaluate(page: Page, app: App, query: str = "") -> None:
    page.goto(f"{app.address}/evaluate{query}")
    expect(cell(page)).to_be_visible()
    expect(page.get_by_text("Why does the model say so?")).to_be_visible()


def expect_address(page: Page, **chosen: str) -> None:
    """Waits until the address holds this choice, and no more, beside the model."""
    page.wait_for_url(
        lambda url: dict(parse_qsl(urlsplit(url).query)) in (chosen, chosen | {"run": run_folders.SHIPPED_MODEL})
    )


def expect_shown(page: Page, indices: list[int]) -> None:
    """Waits for exactly these images, in this order, with their cell marked and the address that leads here."""
    pictures = page.get_by_role("group", name="Images").get_by_role("button")
    expect(pictures).to_have_text([re.compile(f"^✗ #{index} is 1, read as 7, ") for index in indices])
    # The images come before the matrix: until then, what was chosen before is marked, which may be a whole row.
    expect(cell(page)).to_have_attribute("aria-current", "true")
    expect(matrix(page).locator("[aria-current]")).to_have_count(1)
    expect(page.get_by_text(f"The {len(indices)} images of a 1 that are read as 7")).to_be_visible()
    expect_address(page, actual="1", predicted="7")


def test_a_click_on_a_cell_shows_exactly_its_images_and_a_reload_shows_them_again(
    page: Page, app: App, ones_read_as_sevens: list[int]
) -> None:
    open_evaluate(page, app)
    cell(page).click()
    expect_shown(page, ones_read_as_sevens)
    expect(page.get_by_role("combobox", name="Actual digit")).to_have_value("1")
    page.reload()
    expect_shown(page, ones_read_as_sevens)
    page.get_by_role("group", name="Images").get_by_role("button").nth(1).click()
    expect(page.locator("strong", has_text=f"#{ones_read_as_sevens[1]} is 1")).to_be_visible()
    expect(page.get_by_role("combobox", name="Look closer at")).to_have_value(re.compile(f"#{ones_read_as_sevens[1]} "))


def test_the_keyboard_alone_does_the_same(page: Page, app: App, ones_read_as_sevens: list[int]) -> None:
    open_evaluate(page, app)
    page.get_by_role("link", name=re.compile("^training, curves")).focus()
    for _ in range(4):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED):
            break
    assert page.evaluate(FOCUSED) == "-0-all"
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    assert page.evaluate(FOCUSED) == "1-0"
    page.keyboard.press("End")
    assert page.evaluate(FOCUSED) == "1--all"
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    assert page.evaluate(FOCUSED) == "1-7"
    page.keyboard.press("Enter")
    expect_shown(page, ones_read_as_sevens)
    assert page.evaluate(FOCUSED) == "1-7"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press(" ")
    expect(page.get_by_text("There is no image of a 1 that is read as 6.")).to_be_visible()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Tab")
    assert not page.evaluate(FOCUSED)  # the whole matrix was one stop


@pytest.mark.long
def test_a_low_screen_shows_the_whole_matrix_and_one_button_leads_back_to_all_mistakes(page: Page, app: App) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    open_evaluate(page, app, "?actual=1&predicted=7")
    expect(cell(page, "9 read as 9, ")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="All mistakes").click()
    expect(page.get_by_text(re.compile(r"All \d+ images that are read wrong"))).to_be_visible()
    expect(page.get_by_role("button", name="All mistakes")).to_have_count(0)
    expect_address(page)


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


@pytest.mark.long
def test_the_boxes_do_the_same_and_figures_of_the_report_lead_to_images(
    page: Page, app: App, ones_read_as_sevens: list[int]
) -> None:
    open_evaluate(page, app)
    choose(page, "Actual digit", "1")
    choose(page, "Read as", "7")
    expect_shown(page, ones_read_as_sevens)
    page.get_by_role("button", name=re.compile("^Recall of 1")).click()
    expect(page.get_by_text("images of a 1 that are read as another digit")).to_be_visible()
    expect_address(page, actual="1")
    page.get_by_role("button", name="1,135 images of a 1").first.click()
    expect(page.get_by_text("The 1,135 images of a 1, the most confident first.")).to_be_visible()
    expect(page.get_by_role("group", name="Images").get_by_role("button")).to_have_count(60)
    expect_address(page, actual="1", show="all")


@pytest.mark.long
def test_a_link_of_an_earlier_release_opens_its_tab(page: Page, app: App) -> None:
    page.goto(f"{app.address}/evaluate?tab=Report+to+keep")
    expect(page.get_by_role("tab", name="Report")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_text("All about this model in one file")).to_be_visible()
    page.get_by_role("tab", name="Calibration").click()
    expect(page).to_have_url(re.compile("tab=Calibration"))
    page.reload()
    expect(page.get_by_role("tab", name="Calibration")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_text("All about this model in one file")).to_have_count(0)
