"""What all pages share: the menu, the presentation switch, one step back a page, and what is said of a lost server."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from mnist_core.runs import run_folders
from mnist_core.ui.frame import FILE_REFUSED, SERVER_GONE
from tests.browser.conftest import ANSWERED, SAID, SETTLED, App, in_language, screen
from tests.browser.test_drawing import draw, scaled
from tests.support import homes
from tests.support.accessibility import violations
from tests.support.layout import SOME_WIDTHS, cut_off

pytestmark = pytest.mark.browser

NAMED_RUN = "Our first"  # of the home
# Views of Evaluate that draw much of their own, and what is there when they are complete.
VIEWS = {"Map": "How this map is made", "Curves and threshold": "Images behind it"}
TEXTS = ("[data-testid=stMarkdownContainer] p", "[data-testid=stCaptionContainer] p", "[data-testid=stMetricLabel] p")


@pytest.fixture(autouse=True)
def _needs_mnist(real_mnist: Path) -> None:
    """The pages are complete only with data."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app in a home that has runs."""
    running = App(tmp_path_factory.mktemp("home"))
    homes.settle_in(homes.LATEST, running.home)
    running.environment["MNIST_DATA"] = str(Path(os.environ["MNIST_DATA"]).absolute())
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def phone(browser: Browser, app: App) -> Iterator[BrowserContext]:
    with screen(browser, app, 390, 664, has_touch=True) as context:
        yield context


def font_size(page: Page, selector: str) -> float:
    return float(page.locator(selector).first.evaluate("node => parseFloat(getComputedStyle(node).fontSize)"))


@pytest.mark.long
def test_the_menu_is_one_and_folds_on_a_phone(phone: BrowserContext, app: App) -> None:
    page = phone.new_page()
    page.goto(f"{app.address}/models")
    menu = page.get_by_role("navigation", name="Pages")
    button, links = menu.get_by_role("button", name="Menu"), menu.get_by_role("link")
    expect(button).to_be_visible()
    expect(links).to_have_count(0)
    title, folded = page.get_by_role("heading", name="Models").bounding_box(), button.bounding_box()
    assert title and folded and folded["height"] >= 40
    assert folded["y"] < title["y"] + title["height"], "it stands beside the title, not above it"
    button.click()
    expect(links).to_have_count(8)
    page.keyboard.press("Escape")
    expect(links).to_have_count(0)
    expect(button).to_be_focused()
    button.press("Enter")
    expect(menu.locator("a[aria-current=page]")).to_have_text(re.compile("Models$"))
    links.filter(has_text="Explore").click()
    expect(page.get_by_role("heading", name="Explore")).to_be_visible()
    expect(links).to_have_count(0)
    button.click()
    expect(menu.locator("a[aria-current=page]")).to_have_text(re.compile("Explore$"))
    page.close()


@pytest.mark.long
def test_a_presentation_is_large_wide_and_stays_from_page_to_page(browser: Browser, app: App) -> None:
    run = homes.run_named(app.home, NAMED_RUN)
    with screen(browser, app, 1920, 1080) as context:
        page = context.new_page()
        page.goto(f"{app.address}/train?run={run}")
        chart = page.locator("[data-testid=stVegaLiteChart]").first
        expect(chart).to_be_visible()
        usual = {name: font_size(page, name) for name in TEXTS}
        narrow = chart.bounding_box()
        page.get_by_role("switch", name="Present").check(force=True)
        page.wait_for_url("**present=1*")
        page.get_by_role("link", name="Draw").first.click()
        page.wait_for_url("**/draw?*present=1*")
        page.goto(f"{app.address}/train?run={run}&present=1")
        expect(chart).to_be_visible()
        page.wait_for_function(SETTLED)
        expect(page.get_by_role("switch", name="Present")).to_be_checked()
        assert all(font_size(page, name) >= 1.5 * size for name, size in usual.items())
        assert font_size(page, "svg.marks .role-axis-label text") >= 18
        wide = chart.bounding_box()
        assert narrow and wide and wide["width"] > 1.5 * narrow["width"] and wide["height"] > 1.4 * narrow["height"]
        main = page.get_by_test_id("stMainBlockContainer").bounding_box()
        assert main and main["width"] > 1880
        page.close()


@pytest.mark.long
def test_one_step_back_leaves_a_page(page: Page, app: App) -> None:
    page.goto(app.address)
    menu = page.get_by_role("navigation", name="Pages")
    menu.get_by_role("link", name="Explore").click()
    page.wait_for_url("**data=mnist*")
    small = ("8×8 digits (small, always here)", "digits-8x8", "1,437")
    for title, data, images in (small, ("MNIST", "mnist", "60,000"), small):
        page.get_by_role("combobox", name="Data").click()
        page.get_by_role("option", name=title, exact=True).first.click()
        page.wait_for_url(f"**data={data}*")
        expect(page.get_by_text(images, exact=True)).to_be_visible()
    menu.get_by_role("link", name="Models").click()
    page.wait_for_url("**/models*")
    expect(page.get_by_role("heading", name="Models")).to_be_visible()
    page.wait_for_function(SETTLED)
    page.go_back()
    expect(page.get_by_role("heading", name="Explore")).to_be_visible()
    expect(page.get_by_text("1,437", exact=True)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Digit Lab", exact=True)).to_be_visible()


@pytest.mark.long
@pytest.mark.parametrize(
    ("width", "scheme", "code"),
    [(1280, "light", "en"), (1280, "dark", "en"), (360, "dark", "en"), (1280, "light", "de"), (360, "dark", "de")],
)
def test_everybody_can_use_what_stands_on_a_page_in_use(
    browser: Browser, app: App, width: int, scheme: str, code: str
) -> None:
    def usable() -> None:
        page.wait_for_function(SETTLED)
        assert violations(page) == []
        if width > 1000:
            assert cut_off(page, SOME_WIDTHS) == {}
            page.set_viewport_size({"width": width, "height": 900})

    with screen(browser, app, width, 900, color_scheme=scheme, locale=code) as context:
        page = context.new_page()
        page.goto(f"{app.address}/draw?run={run_folders.SHIPPED_MODEL}")
        expect(page.locator(SAID, has_text=in_language(code, "Nothing drawn yet."))).to_be_visible()
        draw(page, scaled(4))
        expect(page.locator(ANSWERED)).to_have_text("4")
        usable()
        page.goto(f"{app.address}/train?run={homes.run_named(app.home, NAMED_RUN)}")
        expect(page.locator("[data-testid=stVegaLiteChart]").first).to_be_visible()
        usable()
        page.goto(f"{app.address}/evaluate?actual=4&predicted=9&show=mistakes")
        expect(page.get_by_text(in_language(code, "Look closer at"))).to_be_visible()
        usable()
        for tab, shown in VIEWS.items():
            page.goto(f"{app.address}/evaluate?tab={tab}")
            expect(page.get_by_text(in_language(code, shown)).first).to_be_visible()
            usable()
        page.close()


@pytest.mark.long
def test_a_lost_server_is_told_in_the_labs_words_until_it_is_back(context: BrowserContext, app: App) -> None:
    page = context.new_page()
    page.goto(f"{app.address}/draw")
    expect(page.locator(SAID, has_text="Nothing drawn yet.")).to_be_visible()
    notice = page.get_by_role("status").filter(has_text=SERVER_GONE)
    app.kill()
    expect(notice).to_be_visible()
    page.wait_for_timeout(4000)  # by then Streamlit would say more, of its own
    expect(page.get_by_role("dialog")).to_have_count(0)
    app.start()
    expect(notice).to_have_count(0)
    expect(page.locator(SAID, has_text="Nothing drawn yet.")).to_be_visible()
    page.close()


def test_a_file_of_another_kind_is_refused_in_words_that_are_seen(page: Page, app: App) -> None:
    page.goto(f"{app.address}/draw")
    page.get_by_text("Picture", exact=True).click()
    field = page.get_by_test_id("stFileUploader")
    said = "field => getComputedStyle(field, '::after').content"
    expect(field).to_be_visible()
    assert field.evaluate(said) == "none"
    heic = b"\0\0\0\x18ftypheic"
    field.locator("input[type=file]").set_input_files({"name": "IMG_1.heic", "mimeType": "image/heic", "buffer": heic})
    expect(field.get_by_test_id("stFileChip")).to_have_attribute("aria-invalid", "true")
    assert FILE_REFUSED in field.evaluate(said)
