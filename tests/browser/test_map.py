"""A click on the map, and on a curve of where a model breaks, in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mnist_core.data.sources import load
from mnist_core.environment import PRETRAINED
from mnist_core.evaluation import robustness
from mnist_core.evaluation.corruptions import KINDS
from mnist_core.evaluation.robustness import Robustness
from mnist_core.files import cache
from tests.browser.conftest import App

pytestmark = [pytest.mark.browser, pytest.mark.long]

MINUTES = 120_000


@pytest.fixture(autouse=True)
def _needs_mnist(real_mnist: Path) -> None:
    """The map shows MNIST's test images."""


# Of the points that nothing covers, the first and the last.
UNCOVERED = """points => {
    const seen = points.map((point, place) => [point, place]).filter(([point]) => {
        point.scrollIntoView({ block: "center" });
        const box = point.getBoundingClientRect();
        return document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2) === point;
    }).map(([, place]) => place);
    return [seen[0], seen[seen.length - 1]];
}"""


def test_a_click_on_a_point_of_the_map_shows_that_image(page: Page, app: App) -> None:
    page.goto(f"{app.address}/evaluate")
    page.get_by_role("tab", name="Map").click()
    points = page.locator(".wrong_marks, .layer_2_marks").locator("text")
    expect(points).to_have_count(40, timeout=MINUTES)  # the shipped model's mistakes, on top
    first, last = points.evaluate_all(UNCOVERED)
    assert first != last
    for place in (first, last):
        described = str(points.nth(place).get_attribute("aria-label"))
        number, digit, answer = re.findall(r"(?:Image|Actual digit|Read as): ([\d,]+)", described)
        number = number.replace(",", "")
        points.nth(place).click()
        expect(page.get_by_label("Image (0 to 9,999)")).to_have_value(number)
        expect(page.get_by_text(f"#{number} is {digit}, read as {answer}").last).to_be_visible()


def test_a_click_on_a_mark_of_a_curve_shows_what_is_read_wrong_there(
    page: Page, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The curves were measured before; the images behind the mark are asked now.
    monkeypatch.setenv("MNIST_HOME", str(app.home))
    data = load("mnist")
    path = robustness.stored_at(PRETRAINED / "best" / "model.tflite", data.test_images, data.test_labels)
    cache.keep(path, Robustness(dict.fromkeys(KINDS, tuple(range(995, 95, -100))), 1000).save)
    page.goto(f"{app.address}/evaluate")
    page.get_by_role("tab", name="Robustness").click()
    page.get_by_text("Show the answer").click()
    page.get_by_role("radio", name="all", exact=True).click()
    curves = page.get_by_role("tabpanel", name="Robustness").get_by_test_id("stVegaLiteChart")
    expect(curves).to_have_count(6, timeout=MINUTES)
    # Six curves in the order of the page; of the shift, the mark at 6 pixels.
    curves.nth(1).locator(".marks_marks, .layer_3_marks").locator("path").nth(6).click()
    expect(page.get_by_text(re.compile(r"Shift, 6 px: \d+ of 1,000 images are read wrong"))).to_be_visible()
