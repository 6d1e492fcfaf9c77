"""The pages ask no machine but the one of the app."""

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import App, screen

pytestmark = pytest.mark.browser
ASK = """new Promise(done => fetch("http://example.org/x.png", {mode: "no-cors"}).then(
    () => done("answered"), () => done("nothing")
))"""


@pytest.mark.long
def test_a_page_that_asks_another_machine_is_noted_and_gets_nothing(browser: Browser, app: App) -> None:
    with pytest.raises(AssertionError, match="a page asked another machine"), screen(browser, app, 800, 600) as context:
        assert context.new_page().evaluate(ASK) == "nothing"
