"""Every page opened first, by its own address, in a session of its own; what the app's process loads; and what is kept
from a page: other machines, what its headers forbid, other websites around it."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from mnist_core.language import languages
from tests.browser.conftest import SETTLED, App, in_language, screen
from tests.support.accessibility import violations
from tests.support.layout import ALL_WIDTHS, SOME_WIDTHS, cut_off

pytestmark = pytest.mark.browser

# Address, and something that is on the page only when it is complete.
PAGES = {
    "": "Last runs",
    "explore": "The mean of each digit",
    "train": "Runs",
    "sweep": "Every sweep will be listed here.",
    "evaluate": "The most confident mistakes come first.",
    "draw": "Nothing drawn yet.",
    "models": "Press a row to see the model, name it, download it or delete it.",
    "class": "Pupils join with a code",
    "join": "Please no real names.",
}


@pytest.fixture(autouse=True)
def _needs_mnist(real_mnist: Path) -> None:
    """The pages are complete only with data."""


@pytest.fixture(
    scope="module",
    params=[
        (1280, "light", "en"),
        pytest.param((360, "dark", "en"), marks=pytest.mark.long),
        pytest.param((1280, "light", "de"), marks=pytest.mark.long),
        pytest.param((360, "dark", "de"), marks=pytest.mark.long),
    ],
    ids=["light", "phone, dark", "light, German", "phone, dark, German"],
)
def any_screen(browser: Browser, app: App, request: pytest.FixtureRequest) -> Iterator[tuple[BrowserContext, str]]:
    """A screen, and the language of who looks at it."""
    width, scheme, code = request.param
    with screen(browser, app, width, 800, color_scheme=scheme, locale=code) as context:
        yield context, code


# The others are opened by tests of their own, too.
QUICK = ("",)


@pytest.mark.parametrize(
    "address", [pytest.param(one, marks=() if one in QUICK else pytest.mark.long) for one in PAGES]
)
def test_page_is_complete_when_opened_first(any_screen: tuple[BrowserContext, str], app: App, address: str) -> None:
    context, code = any_screen
    page = context.new_page()
    outside: list[str] = []

    def note(request: Request) -> None:
        if urlsplit(request.url).hostname not in ("localhost", None):
            outside.append(request.url)

    page.on("request", note)
    page.goto(f"{app.address}/{address}")
    expect(page.get_by_text(in_language(code, PAGES[address])).first).to_be_visible(timeout=60_000)
    menu = page.get_by_role("navigation", name=in_language(code, "Pages"))
    is_wide = (page.viewport_size or {"width": 0})["width"] > 1000
    if address != "join":  # it leads nowhere else
        expect(
            menu.get_by_role("link", name=in_language(code, "Evaluate"))
            if is_wide
            else menu.get_by_role("button").first
        ).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_test_id("stSidebarNav").count() == 0
    assert outside == []
    page.wait_for_function(SETTLED)
    assert violations(page) == []
    if is_wide:
        assert cut_off(page, SOME_WIDTHS) == {}
    page.close()
    assert not [name for name in app.libraries() if "tensorflow" in name]


@pytest.mark.long
@pytest.mark.parametrize("code", languages())
@pytest.mark.parametrize("address", PAGES)
def test_nothing_is_cut_off_on_any_screen(context: BrowserContext, app: App, address: str, code: str) -> None:
    page = context.new_page()
    page.goto(f"{app.address}/{address}?lang={code}")
    expect(page.get_by_text(in_language(code, PAGES[address])).first).to_be_visible(timeout=60_000)
    page.wait_for_function(SETTLED)
    assert cut_off(page, ALL_WIDTHS) == {}
    page.close()


@pytest.mark.long
def test_a_wrong_address_is_answered_in_words(page: Page, app: App) -> None:
    page.goto(f"{app.address}/evaluate?run=nothing")
    expect(page.get_by_text("There is no model 'nothing' here")).to_be_visible()
    page.goto(f"{app.address}/train?recipe=quick&epochs=many")
    expect(page.get_by_text("The setting 'epochs' is 'many'")).to_be_visible()
    page.goto(f"{app.address}/train?network=maxpool:9,maxpool:9,flatten,dense:10:softmax")
    expect(page.get_by_text("second pooling leaves 0×0 pixels")).to_be_visible()
    page.goto(f"{app.address}/explore?data=/nowhere.npz")
    expect(page.get_by_text("There is no data at /nowhere.npz")).to_be_visible()


@pytest.mark.long
def test_a_link_sets_up_a_class(page: Page, app: App) -> None:
    page.goto(f"{app.address}/train?recipe=simple-cnn&epochs=7&seed=42")
    epochs = page.get_by_role("spinbutton", name="Epochs")
    expect(epochs).to_have_value("7")
    expect(page.get_by_text("This run: simple-cnn, epochs 7, seed 42")).to_be_visible()
    page.get_by_text("More settings").click()
    expect(page.get_by_role("spinbutton", name="Seed")).to_have_value("42")
    epochs.fill("9")
    epochs.press("Enter")
    page.wait_for_url("**epochs=9**")


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option).first.click()


@pytest.mark.long
def test_every_choice_counts_not_only_the_first(page: Page, app: App) -> None:
    page.goto(f"{app.address}/train")
    for recipe in ("digit-detection", "mnist-classification", "simple-cnn", "quick"):
        choose(page, "Recipe", recipe)
        page.wait_for_url(f"**recipe={recipe}*")
        expect(page.get_by_role("combobox", name="Recipe")).to_have_value(recipe)
    page.goto(f"{app.address}/explore")
    for data, part in (("8×8 digits", "1,437"), ("MNIST", "60,000"), ("8×8 digits", "1,437")):
        choose(page, "Data", data)
        expect(page.get_by_text(part, exact=True)).to_be_visible()


# --- What is kept from a page -----------------------------------------------------------------------------------------

ASK = """new Promise(done => fetch("http://example.org/x.png", {mode: "no-cors"}).then(
    () => done("answered"), () => done("nothing")
))"""
RUN = "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))"
SHOW = "document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.2:9/x.png'}))"


@pytest.mark.long
def test_a_page_that_asks_another_machine_is_noted_and_gets_nothing(browser: Browser, app: App) -> None:
    with pytest.raises(AssertionError, match="a page asked another machine"), screen(browser, app, 800, 600) as context:
        assert context.new_page().evaluate(ASK) == "nothing"


def test_what_the_headers_forbid_is_noted(browser: Browser, app: App) -> None:
    with pytest.raises(AssertionError, match="what the headers forbid"), screen(browser, app, 800, 600) as context:
        page = context.new_page()
        page.goto(f"{app.address}/join")
        expect(page.get_by_text(PAGES["join"]).first).to_be_visible()
        for act, directive in ((RUN, "script-src"), (SHOW, "img-src")):
            noted = f"forbidden: {directive}"
            with page.expect_console_message(lambda said, noted=noted: noted in said.text):  # type: ignore[misc]
                page.evaluate(act)
        assert page.evaluate("window.ran") is None


@pytest.fixture
def foreign_page(app: App) -> Iterator[str]:
    """The address of another website, which shows the lab in a frame."""
    framed = f"<iframe src='{app.address}/draw' onload='window.loaded = 1'></iframe>".encode()

    class Website(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(framed)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Website) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_no_foreign_page_shows_the_lab_in_a_frame(browser: Browser, app: App, foreign_page: str) -> None:
    with pytest.raises(AssertionError, match="what the headers forbid"), screen(browser, app, 800, 600) as context:
        page = context.new_page()
        page.goto(foreign_page)
        page.wait_for_function("window.loaded")
        assert page.frames[1].url.startswith("chrome-error:")
