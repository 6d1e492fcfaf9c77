"""The tabs of the Evaluate page whose charts only a browser can draw."""

import pytest
from playwright.sync_api import Locator, Page, expect

from mnist_core.evaluation import label_notes
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.runs import run_folders
from tests.browser.conftest import App

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _needs_mnist(real_mnist: None) -> None:
    """Without the images there is nothing to see."""


def open_tab(page: Page, name: str) -> Locator:
    """Opens a tab of the shipped model."""
    page.get_by_role("tab", name=name).click()
    return page.get_by_role("tabpanel", name=name)


@pytest.mark.long
def test_every_chart_of_curves_and_calibration_is_drawn(app: App, page: Page) -> None:
    problems: list[str] = []
    page.goto(f"{app.address}/evaluate")
    page.on("pageerror", lambda error: problems.append(str(error)))
    for tab, number in (("Curves and threshold", 3), ("Calibration", 2)):
        panel = open_tab(page, tab)
        for place in range(number):
            chart = panel.get_by_test_id("stVegaLiteChart").nth(place)
            chart.scroll_into_view_if_needed()
            expect(chart.locator("canvas, svg").first).to_be_visible()
    assert not problems


@pytest.mark.long
def test_a_note_on_a_doubtful_label_outlives_a_reload(app: App, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_HOME", str(app.home))
    page.goto(f"{app.address}/evaluate")
    panel = open_tab(page, "Suspect labels")
    panel.get_by_role("radio", name="label is wrong").first.click()
    panel.get_by_label("Note").first.fill("seen in class")
    panel.get_by_role("button", name="Save").first.click()
    expect(panel.get_by_text("looked at, label is wrong: 1.")).to_be_visible()
    (note,) = label_notes.load(
        Evaluation.load(run_folders.find(run_folders.SHIPPED_MODEL).evaluation_path).identity
    ).values()
    assert (note.verdict, note.text) == ("label is wrong", "seen in class")
    page.reload()
    panel = open_tab(page, "Suspect labels")
    expect(panel.get_by_label("Note").first).to_have_value("seen in class")
