"""The blocks of a network in a real browser: by mouse on a laptop, and by finger on a phone."""

import re
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import SETTLED, App, screen

pytestmark = [pytest.mark.browser, pytest.mark.long]

SMALL = "network=conv:8:5:relu,maxpool:2,flatten,dense:10:softmax"
PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name)


def start(page: Page) -> Locator:
    return page.get_by_role("button", name="Start", exact=True)  # there is a help for "Slow start", too


def open_editor(page: Page, app: App) -> Locator:
    page.goto(f"{app.address}/train?data=digits-8x8&{SMALL}")
    expect(page.get_by_text("11,738 parameters in 4 layers.")).to_be_visible()
    button(page, "Change the network").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("1,152 numbers")).to_be_visible()
    return dialog


def test_blocks_are_changed_moved_removed_and_reset_by_mouse(page: Page, app: App) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{app.address}/train?data=digits-8x8")
    box = start(page).bounding_box()
    assert box and box["y"] + box["height"] < 720, "Start is in sight"

    dialog = open_editor(page, app)
    button(page, "1. Convolution").click()
    filters = page.get_by_label("Filters", exact=True)
    filters.fill("4")
    filters.press("Enter")
    expect(dialog.get_by_text("24×24×4")).to_be_visible()
    button(page, "Later").click()
    expect(dialog.get_by_text(re.compile("This layer cannot stand here"))).to_have_count(0)
    expect(button(page, "2. Convolution")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_function(SETTLED)
    if not dialog.is_visible():  # Escape closed the whole of it
        button(page, "Change the network").click()
    button(page, "3. Flatten").click()
    button(page, "Remove").click()
    expect(dialog.get_by_text(re.compile("This layer cannot stand here. The first dense layer needs"))).to_be_visible()
    button(page, "Done").click()
    expect(page.get_by_text("This network does not work yet.")).to_be_visible()
    expect(start(page)).to_be_disabled()

    button(page, "Change the network").click()
    button(page, "Reset").click()
    expect(dialog.get_by_text("85,674 parameters in 13 layers.")).to_be_visible()
    button(page, "Done").click()
    expect(start(page)).to_be_enabled()
    assert "network=" not in page.url


def test_a_layer_is_added_by_finger_on_a_phone(browser: Browser, app: App) -> None:
    with screen(browser, app, 390, 664, is_mobile=True, has_touch=True, user_agent=PHONE) as context:
        page = context.new_page()
        dialog = open_editor(page, app)
        blocks = [block.bounding_box() for block in dialog.get_by_role("button", name=re.compile(r"^\d\. ")).all()]
        assert len({round(box["x"]) for box in blocks if box}) == 1, "they stand below each other"
        assert all(box and box["width"] > 250 and box["height"] >= 40 for box in blocks)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        button(page, "Add a layer").tap()
        expect(page.get_by_role("spinbutton", name="Its place")).to_have_value("3")
        button(page, "Add it").tap()
        expect(dialog.get_by_text("5 layers.")).to_be_visible()
        page.keyboard.press("Escape")
        page.wait_for_function(SETTLED)
        if dialog.is_visible():
            button(page, "Done").tap()
        page.wait_for_url(lambda url: "conv:8:5:relu,maxpool:2,conv:16:3:relu,flatten" in unquote(url))
