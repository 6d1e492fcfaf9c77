"""Several models in a real browser: ticking rows, links, and from a figure to its images."""

import re
import shutil
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.formatting import percent
from mnist_core.runs import run_folders
from tests.browser.conftest import App

pytestmark = [pytest.mark.browser, pytest.mark.long]


@pytest.fixture(autouse=True)
def _needs_mnist(real_mnist: None) -> None:
    """Without the images there is nothing to see."""


@pytest.fixture(scope="module", autouse=True)
def worse(app: App) -> str:
    """A copy of the shipped model, under a name that puts it first, that reads the first ten images wrong."""
    shipped = run_folders.find(run_folders.SHIPPED_MODEL)
    folder = app.home / "runs" / "worse"
    shutil.copytree(shipped.folder, folder)
    known = Evaluation.load(shipped.evaluation_path)
    known.probabilities[:10] = known.probabilities[:10][:, [*range(1, 10), 0]]
    Evaluation.measure(known.probabilities, known.labels, known.identity).save(folder / "evaluation.npz")
    return folder.name


def shipped_accuracy() -> float:
    return Evaluation.load(run_folders.find(run_folders.SHIPPED_MODEL).evaluation_path).accuracy


def expect_compared(page: Page, *names: str) -> None:
    """Waits until the address holds these runs."""
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query).get("runs", [""])[0].split(",") == list(names))


def press(page: Page, run: str) -> None:
    page.get_by_role("grid", name="Runs").locator(f"tr[data-choice='{run}']").click()


def test_rows_are_pressed_and_the_address_finds_them_again(page: Page, app: App, worse: str, browser: Browser) -> None:
    page.goto(f"{app.address}/evaluate?view=several&runs={worse}")
    expect(page.get_by_text("Choose 2 to 5 runs")).to_be_visible()
    press(page, "best")
    expect_compared(page, worse, "best")
    accuracy = shipped_accuracy()
    sentence = (
        f"A reads {percent(accuracy - 0.001)} right, B {percent(accuracy)}. A difference of 0.10 points is hardly "
        "chance."
    )
    expect(page.get_by_text(sentence)).to_be_visible()
    address = page.url
    press(page, worse)
    expect_compared(page, "best")
    elsewhere = browser.new_context().new_page()
    elsewhere.goto(address)
    expect(elsewhere.get_by_text(sentence)).to_be_visible()
    elsewhere.context.close()


def test_a_figure_leads_to_its_images_and_a_model_to_its_own_view(page: Page, app: App, worse: str) -> None:
    page.goto(f"{app.address}/evaluate?view=several&runs={worse},best")
    figures = page.get_by_role("grid", name="Models side by side")
    figures.get_by_role("button", name="10 images that only B reads right").click()
    expect(page.get_by_text("10 images that only B reads right; below are the answers of A")).to_be_visible()
    expect(page.get_by_role("group", name="Images").get_by_role("button")).to_have_count(10)
    page.get_by_role("tab", name="Digit by digit").click()
    expect(page.get_by_text("images of a 4, or read as one")).to_be_visible()
    page.locator("path[aria-label*='Digit: 7; model: B']").click()
    expect(page.get_by_text(re.compile(r"\d+ images? of a 7, or read as one"))).to_be_visible()
    page.get_by_role("button", name="B alone").click()
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query) == {"run": ["best"]})
    expect(page.get_by_test_id("stMetric").first).to_contain_text(percent(shipped_accuracy()))
