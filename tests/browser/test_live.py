"""The answer while the pen moves: in the browser, before the lab says anything, and the lab's in its place after."""

import itertools
import re
import statistics
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from mnist_core.runs import run_folders
from mnist_core.sharing.browser import web_page
from tests.browser.conftest import ANSWERED, LABS, SAID, App, screen
from tests.browser.test_drawing import on_canvas, open_canvas, prediction, scaled

pytestmark = pytest.mark.browser

LIVE = ".is-live .live .answer-digit"
# When each movement of the pen reached the page, and when bars changed.
WATCH = """() => {
  [window.moved, window.changed] = [[], []];
  addEventListener("pointermove", () => moved.push(performance.now()), true);
  new MutationObserver(() => changed.push(performance.now()))
    .observe(document.querySelector(".live .probabilities"), { subtree: true, attributes: true, childList: true });
}"""
HAS_MODEL = "performance.getEntriesByType('resource').some((one) => one.name.includes('/network/') && one.responseEnd)"


def begin(page: Page, points: list[Any]) -> None:
    """Draws a stroke and leaves the pen down."""
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=8)


def test_a_digit_is_read_while_it_is_drawn_and_the_labs_answer_takes_its_place(page: Page, app: App) -> None:
    open_canvas(page, app)
    page.wait_for_function(HAS_MODEL)
    page.evaluate(WATCH)
    (stroke,) = on_canvas(page, scaled(7))
    begin(page, stroke)
    expect(page.locator(LIVE)).to_have_text("7")
    assert prediction(page) == "–", "the lab knows of no stroke yet"
    expect(page.locator(".live")).to_have_attribute("aria-hidden", "true")  # who listens hears whole answers only
    page.mouse.up()
    expect(page.locator(LIVE)).to_have_count(0)
    assert prediction(page) == "7"
    moved, changed = page.evaluate("[moved, changed]")
    waits = [min((one - move for one in changed if one > move), default=0.0) for move in moved]
    print(f"movement to bars p50 {statistics.median(waits):.0f} ms, {len(changed)} changes of {len(moved)} movements")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(SAID, has_text="Nothing drawn yet.")).to_be_visible()
    expect(page.locator(LIVE)).to_have_count(0)


@pytest.mark.long
def test_undo_and_redo_are_followed(page: Page, app: App) -> None:
    open_canvas(page, app)
    page.wait_for_function(HAS_MODEL)
    (stroke,) = on_canvas(page, scaled(7))
    begin(page, stroke)
    page.mouse.up()
    expect(page.locator(LABS)).to_have_attribute("data-strokes", "1")
    page.evaluate("document.addEventListener('lab-drawing', ({ detail }) => (window.drawn = detail.number))")
    page.get_by_role("button", name="Undo").first.click()
    page.wait_for_function("window.drawn === 0")
    expect(page.locator(LABS)).to_have_attribute("data-strokes", "0")
    page.get_by_role("button", name="Redo").first.click()
    expect(page.locator(LABS)).to_have_attribute("data-digit", "7")
    expect(page.locator(LIVE)).to_have_count(0)


def test_what_it_thinks_is_seen_while_one_draws(page: Page, app: App) -> None:
    open_canvas(page, app)
    page.wait_for_function(HAS_MODEL)
    page.get_by_role("button", name="See it think").click()
    page.evaluate("document.addEventListener('lab-thought', () => (window.thoughts = (window.thoughts ?? 0) + 1))")
    page.locator("canvas.upper-canvas").scroll_into_view_if_needed()
    (stroke,) = on_canvas(page, scaled(7))
    begin(page, stroke)
    page.wait_for_function("window.thoughts > 1")
    page.mouse.up()
    expect(page.locator(".thinking-compared")).to_contain_text("agreed on 1 drawings, and differed on 0")
    box = page.locator(".thought canvas").bounding_box()
    assert box
    page.locator(".thought canvas").hover(position={"x": box["width"] * 0.3, "y": 60})
    expect(page.locator(".arithmetic b")).to_contain_text("Convolution 1")
    expect(page.locator(".arithmetic-grid")).to_have_count(2)
    page.locator(".thought canvas").hover(position={"x": box["width"] * 0.65, "y": 60})
    expect(page.locator(".arithmetic")).to_contain_text("1440 numbers times 1440 weights")
    page.get_by_role("slider", name="Stop at layer").fill("1")
    expect(page.locator(".thinking-says")).to_contain_text("Each filter looks for a small pattern.")


@pytest.mark.long
def test_full_screen_shows_canvas_answer_and_thought_alone(browser: Browser, app: App) -> None:
    with screen(browser, app, 1920, 1080) as context:
        page = context.new_page()
        open_canvas(page, app)
        page.wait_for_function(HAS_MODEL)
        page.get_by_role("button", name="Full screen").click()
        (stroke,) = on_canvas(page, scaled(7))
        begin(page, stroke)
        page.mouse.up()
        expect(page.locator(LABS)).to_have_attribute("data-strokes", "1")
        assert page.locator(ANSWERED).evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)") >= 120
        for selector in ("canvas.upper-canvas", ".probabilities >> visible=true", ".thought canvas"):
            expect(page.locator(selector).first).to_be_in_viewport(ratio=0.99)
        expect(page.get_by_text("Which model answers")).to_be_hidden()
        page.get_by_role("button", name="Close full screen").click()
        expect(page.get_by_text("Which model answers")).to_be_visible()


@pytest.mark.long
def test_a_phone_shows_canvas_prediction_and_bars_at_once(browser: Browser, app: App) -> None:
    with screen(browser, app, 390, 844, has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        open_canvas(page, app)
        page.wait_for_function(HAS_MODEL)
        finger = page.context.new_cdp_session(page)
        touch(finger, on_canvas(page, scaled(7))[0])
        expect(page.locator(LIVE)).to_have_text("7")
        for selector in ("canvas.upper-canvas", LIVE, ".live .probabilities"):
            expect(page.locator(selector)).to_be_in_viewport(ratio=1)
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        expect(page.locator(LIVE)).to_have_count(0)
        assert prediction(page) == "7"
        for selector in ("canvas.upper-canvas", ANSWERED, ".probabilities >> visible=true"):
            expect(page.locator(selector).first).to_be_in_viewport(ratio=1)


def touch(finger: CDPSession, points: list[Any]) -> None:
    """Puts a finger down and moves it along points; it stays where it is."""
    ends = itertools.pairwise(points)
    way = [start + (end - start) * step / 8 for start, end in ends for step in range(9)]
    for number, (x, y) in enumerate(way):
        kind = "touchMove" if number else "touchStart"
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": float(x), "y": float(y)}]})


@pytest.mark.long
def test_a_slow_machine_leaves_out_frames_and_no_stroke(page: Page, app: App) -> None:
    open_canvas(page, app)
    page.wait_for_function(HAS_MODEL)
    page.evaluate(WATCH)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    for stroke in on_canvas(page, scaled(4)):
        begin(page, stroke)
        page.mouse.up()
    expect(page.locator(LABS)).to_have_attribute("data-strokes", "2")
    expect(page.locator(LABS)).to_have_attribute("data-digit", "4")
    moved, changed = page.evaluate("[moved, changed]")
    waits = sorted(min((one - move for one in changed if one > move), default=0.0) for move in moved)
    print(f"at a quarter of the speed: movement to bars p95 {waits[int(0.95 * len(waits))]:.0f} ms")


@pytest.mark.long
def test_without_workers_and_models_the_page_is_what_it_was(browser: Browser, app: App) -> None:
    with screen(browser, app, 1280, 800) as context:
        context.route("**/network/**", lambda route: route.abort())
        page = context.new_page()
        open_canvas(page, app)
        (stroke,) = on_canvas(page, scaled(7))
        begin(page, stroke)
        page.wait_for_timeout(300)
        expect(page.locator(LIVE)).to_have_count(0)
        page.mouse.up()
        expect(page.locator(LABS)).to_have_attribute("data-digit", "7")
        assert prediction(page) == "7"


@pytest.mark.parametrize("has_workers", [True, pytest.param(False, marks=pytest.mark.long)])
def test_a_saved_page_answers_offline_from_a_file(browser: Browser, tmp_path: Path, has_workers: bool) -> None:
    path = tmp_path / "model.html"
    path.write_bytes(web_page.content(run_folders.find(run_folders.SHIPPED_MODEL)))
    with browser.new_context(offline=True, viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text))
        if not has_workers:
            page.add_init_script("window.Worker = class { constructor() { throw new Error(); } };")
        page.goto(path.as_uri())
        box = page.locator("#canvas").bounding_box()
        assert box
        scale = box["width"] / 320
        for points in scaled(7):
            begin(page, [(box["x"] + x * scale, box["y"] + y * scale) for x, y in points.tolist()])
            expect(page.locator("#digit")).to_have_text("7")
            assert page.locator("#said").inner_text() == "Nothing drawn yet.", "it is said once the stroke ends"
            page.mouse.up()
        expect(page.locator("#said")).to_have_text(re.compile(r"^A 7, .* sure\.$"))
        expect(page.locator("#bars")).to_be_in_viewport(ratio=1)
        page.get_by_role("button", name="Undo").click()
        expect(page.locator("#said")).to_have_text("Nothing drawn yet.")
        assert problems == []
