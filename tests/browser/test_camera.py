"""The camera of the Draw page: a digit held before it is read; it is asked for only by who chooses it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from mnist_core.preprocessing.strokes import paint
from tests.browser import chromium
from tests.browser.conftest import ANSWERED, ARGUMENTS, App, screen
from tests.conftest import simple_strokes

pytestmark = pytest.mark.browser
WIDTH, HEIGHT = 640, 480
COUNTED = """window.asked = 0;
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = wanted => { window.asked += 1; return ask(wanted); };
"""


def video(digit: int) -> bytes:
    """A video of paper with a digit on it, as YUV4MPEG2, which Chromium takes for its camera."""
    strokes = [stroke * 3 + np.array([160, 80]) for stroke in simple_strokes(digit)]
    grey = 235 - (paint(strokes, WIDTH, HEIGHT, 24) * 0.8).astype(np.uint8)
    colours = np.full(WIDTH * HEIGHT // 2, 128, np.uint8)
    frame = b"FRAME\n" + grey.tobytes() + colours.tobytes()
    return f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + 10 * frame


@pytest.fixture
def page(browser: Browser, app: App, tmp_path: Path) -> Iterator[Page]:
    (tmp_path / "camera.y4m").write_bytes(video(3))
    camera = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={tmp_path / 'camera.y4m'}",
    ]
    other = browser.browser_type.launch(executable_path=chromium.find(), args=[*ARGUMENTS, *camera])
    with screen(other, app, 1280, 1000, permissions=["camera"]) as context:
        page = context.new_page()
        page.add_init_script(COUNTED)
        yield page
    other.close()


@pytest.mark.long
def test_a_digit_before_the_camera_is_read(page: Page, app: App) -> None:
    page.goto(f"{app.address}/draw")
    expect(page.get_by_role("radio", name="Camera")).to_be_visible()
    assert page.evaluate("window.asked") == 0
    page.get_by_role("radio", name="Camera").click()
    expect(page.get_by_text("No picture yet. Take one")).to_be_visible()
    page.wait_for_function("document.querySelector('video')?.videoWidth > 0")  # before, there is nothing to take
    page.get_by_role("button", name="Take Photo").click()
    expect(page.locator(ANSWERED)).to_have_text("3")
    assert page.evaluate("window.asked") > 0
