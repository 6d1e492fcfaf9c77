"""The pages under the rules that their headers give to the browser: nothing that they need is forbidden."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import App, screen
from tests.browser.test_drawing import draw, open_canvas, prediction, scaled
from tests.browser.test_pages import PAGES

pytestmark = pytest.mark.browser

# Called for each thing that the browser does not load or run because of the headers.
NOTE = """addEventListener('securitypolicyviolation', event =>
    console.error(`forbidden: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


@pytest.fixture(autouse=True)
def _needs_mnist(real_mnist: Path) -> None:
    """The pages are complete only with data."""


@pytest.fixture
def complaints(browser: Browser, app: App) -> Iterator[tuple[Page, list[str]]]:
    """A page, and what its browser's console says is forbidden."""
    with screen(browser, app, 1280, 1000) as context:
        context.add_init_script(NOTE)
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        yield page, said


def forbidden(said: list[str]) -> list[str]:
    words = ("forbidden:", "Security Policy", "Refused to", "Permissions-Policy", "X-Frame-Options")
    return [text for text in said if any(word in text for word in words)]


@pytest.mark.long  # other modules draw the same pages behind the same headers
def test_all_pages_draw_what_they_have(app: App, complaints: tuple[Page, list[str]]) -> None:
    page, said = complaints
    for address, sign in PAGES.items():
        page.goto(f"{app.address}/{address}")
        expect(page.get_by_text(sign).first).to_be_visible()
        if address in ("explore", "evaluate"):  # Vega makes functions of text
            expect(
                page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").first
            ).to_be_visible()
        assert forbidden(said) == []


def test_the_canvas_takes_a_digit(app: App, complaints: tuple[Page, list[str]]) -> None:
    page, said = complaints
    open_canvas(page, app)
    draw(page, scaled(1))
    assert prediction(page)
    assert forbidden(said) == []


def test_what_the_rules_forbid_is_forbidden(app: App, complaints: tuple[Page, list[str]]) -> None:
    page, said = complaints
    page.goto(f"{app.address}/")
    expect(page.get_by_text(PAGES[""]).first).to_be_visible()
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))"
    )
    page.evaluate("document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.2:9/a.png'}))")
    page.wait_for_function("true")
    assert page.evaluate("window.ran") is None
    assert any("script-src" in text for text in said)
    assert any("img-src" in text for text in said)


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


def test_no_foreign_page_shows_the_lab_in_a_frame(complaints: tuple[Page, list[str]], foreign_page: str) -> None:
    page, _ = complaints
    page.goto(foreign_page)
    page.wait_for_function("window.loaded")
    assert page.frames[1].url.startswith("chrome-error:")
