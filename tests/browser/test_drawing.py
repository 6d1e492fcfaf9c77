"""Digits drawn on the canvas with real mouse events, answered without a click."""

import gzip
import itertools
import json
import re
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, CDPSession, Locator, Page, expect

from mnist_core.preprocessing.keypad import EXAMPLES
from mnist_core.preprocessing.strokes import CANVAS_SIDE, paint
from tests.browser.conftest import ANSWERED, SAID, SETTLED, App, screen
from tests.conftest import simple_strokes

pytestmark = pytest.mark.browser

# What the network sees; it changes with every stroke.
PICTURE = "document.querySelector('figure img')?.src"
# All pictures: of a number, only one digit's may change with a stroke.
PICTURES = "[...document.querySelectorAll('figure img, [role=img] img')].map(image => image.src).join()"
# Whether a picture has stood there for a while, all of its answer with it.
STEADY = f"""([wanted, least]) => {{
    const there = ({PICTURE} ?? null) === wanted && {SETTLED};
    window.since = there ? window.since ?? performance.now() : undefined;
    return there && performance.now() - window.since >= least;
}}"""


def open_canvas(page: Page, app: App) -> None:
    page.goto(f"{app.address}/draw")
    expect(page.locator("canvas.upper-canvas")).to_be_visible()
    expect(page.get_by_role("img", name="Canvas: draw a digit here")).to_be_visible()
    expect(page.locator(SAID, has_text="Nothing drawn yet.")).to_be_visible()
    page.wait_for_function(SETTLED, polling=50)


def draw(page: Page, strokes: list[Any]) -> float:
    """Draws strokes in pixels of the canvas; returns the seconds from the end of the last one to its answer."""
    seconds = 0.0
    for points in on_canvas(page, strokes):
        page.wait_for_function(SETTLED, polling=10)
        before = page.evaluate(PICTURES)
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            # The canvas rounds corners between the points it gets; a hand sends many.
            page.mouse.move(*point, steps=1 if len(points) > 20 else 8)
        page.mouse.up()
        ended = time.perf_counter()
        page.wait_for_function(f"before => {PICTURES} != before", arg=before, polling=10)
        seconds = time.perf_counter() - ended
    page.wait_for_function(SETTLED, polling=10)
    return seconds


def prediction(page: Page) -> str:
    return page.locator(ANSWERED).inner_text()


def clear(page: Page) -> None:
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(SAID, has_text="Nothing drawn yet.")).to_be_visible()
    page.wait_for_timeout(300)  # the canvas empties itself a moment later; no hand is back sooner


def scaled(digit: int, factor: float = 2.4) -> list[Any]:
    return [stroke * factor + 30 for stroke in simple_strokes(digit)]


def test_digits_of_real_people_are_answered_without_a_click(page: Page, app: App, pen_strokes: Path) -> None:
    with gzip.open(pen_strokes, "rt") as file:
        digits = [json.loads(line) for line in itertools.islice(file, 200, 202)]
    open_canvas(page, app)
    right, seconds = 0, []
    for digit in digits:
        seconds.append(draw(page, [np.array(stroke) * 0.6 + 10 for stroke in digit["strokes"]]))
        right += prediction(page) == str(digit["label"])
        clear(page)
    print(f"{right} of {len(digits)} right; stroke end to answer p50 {1000 * statistics.median(seconds):.0f} ms")
    assert right == len(digits)
    libraries = app.libraries()
    assert any("_multiarray" in name for name in libraries)  # NumPy's: somebody looked
    assert not [name for name in libraries if "tensorflow" in name]


def test_undo_takes_the_last_stroke_back(page: Page, app: App) -> None:
    open_canvas(page, app)
    draw(page, scaled(7))
    draw(page, [[(40, 200), (250, 200), (40, 230), (250, 230)]])
    page.get_by_test_id("stButton").get_by_role("button", name="Undo").click()
    expect(page.locator(ANSWERED)).to_have_text("7")


@pytest.mark.long
def test_a_drawing_is_still_there_after_a_visit_to_another_page(page: Page, app: App) -> None:
    open_canvas(page, app)
    draw(page, scaled(2))
    before = page.evaluate(PICTURE)
    page.get_by_role("link", name="Models").first.click()
    expect(page.get_by_role("heading", name="Models")).to_be_visible()
    page.get_by_role("link", name="Draw").first.click()
    expect(page.get_by_text("What the network sees")).to_be_visible()
    page.wait_for_timeout(1500)
    assert page.evaluate(PICTURE) == before
    draw(page, [[(40, 250), (250, 250)]])  # and it can be drawn on


def test_a_touch_of_the_pen_is_no_digit(page: Page, app: App) -> None:
    open_canvas(page, app)
    box = page.locator("canvas.upper-canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 101, box["y"] + 100)
    page.mouse.up()
    expect(page.locator(SAID, has_text="Too little ink to read")).to_be_visible()
    assert prediction(page) == "–"


@pytest.mark.parametrize("dark_on_light", [True, False])
def test_a_picture_is_read_either_way_round(page: Page, app: App, tmp_path: Path, dark_on_light: bool) -> None:
    image = paint([stroke * 3 + 100 for stroke in simple_strokes(3)], 500, 500, 30)
    Image.fromarray(255 - image if dark_on_light else image).save(tmp_path / "three.png")
    page.goto(f"{app.address}/draw")
    page.get_by_role("radio", name="Picture").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "three.png")
    expect(page.locator(ANSWERED)).to_have_text("3")


@pytest.mark.long
def test_a_file_that_is_no_picture_gets_one_sentence(page: Page, app: App, tmp_path: Path) -> None:
    (tmp_path / "evil.png").write_bytes(b"GIF89a not a picture")
    page.goto(f"{app.address}/draw")
    page.get_by_role("radio", name="Picture").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "evil.png")
    expect(page.get_by_text("This file is a GIF picture and not a PNG or JPEG")).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0


# --- Finger and pen ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def phones(browser: Browser, app: App) -> Iterator[BrowserContext]:
    with screen(browser, app, 360, 740, has_touch=True, is_mobile=True) as context:
        yield context


@pytest.fixture
def phone(phones: BrowserContext) -> Iterator[Page]:
    page = phones.new_page()
    yield page
    page.close()


# Where the window and everything in it that scrolls stand, and by how much the longest of them can scroll.
SCROLLS = """() => {
    const all = [document.scrollingElement, ...document.querySelectorAll("*")];
    const room = Math.max(...all.map(node => node.scrollHeight - node.clientHeight));
    return [scrollX, scrollY, all.map(node => [node.scrollLeft, node.scrollTop]).filter(([x, y]) => x || y), room];
}"""


def fingers(session: CDPSession, kind: str, *points: Any) -> None:
    touches = [{"x": float(x), "y": float(y), "id": number} for number, (x, y) in enumerate(points)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def swipe(page: Page, points: Any, second: Any = None) -> None:
    """Moves one finger, or two side by side, along points of the page: real touches, which scroll where they may."""
    session = page.context.new_cdp_session(page)
    path = [np.array(points[0], float)]
    for point in points[1:]:
        path.extend(np.linspace(path[-1], point, 9)[1:])
    beside = [] if second is None else [np.array(second, float)]
    fingers(session, "touchStart", path[0])
    if beside:
        fingers(session, "touchStart", path[0], path[0] + beside[0])
    for point in path[1:]:
        fingers(session, "touchMove", point, *(point + way for way in beside))
    if beside:
        fingers(session, "touchEnd", path[-1])
    fingers(session, "touchEnd")
    session.detach()


def on_canvas(page: Page, strokes: list[Any]) -> list[Any]:
    """Strokes in pixels of the canvas as points of the page, which may show it larger or smaller."""
    box = page.locator("canvas.upper-canvas").bounding_box()
    assert box
    corner = np.array([box["x"], box["y"]])
    return [np.array(stroke, float) * (box["width"] / CANVAS_SIDE) + corner for stroke in strokes]


def test_a_finger_draws_and_the_page_stays_where_it_is(phone: Page, app: App) -> None:
    open_canvas(phone, app)
    for scrolled in (0, 120):
        phone.evaluate("top => { document.querySelector('.stMain').scrollTop = top }", scrolled)
        before = phone.evaluate(SCROLLS)
        assert before[3] > 200, "the page must be longer than the screen"
        assert scrolled == 0 or [0, scrolled] in before[2]
        # The longest ways up and down that the canvas has.
        for stroke in on_canvas(phone, [[(160, 300), (160, 20)], [(165, 20), (165, 300)]]):
            phone.wait_for_function(SETTLED, polling=50)
            picture = phone.evaluate(PICTURE)
            swipe(phone, stroke)
            assert phone.evaluate(SCROLLS)[:3] == before[:3]
            phone.wait_for_function(f"before => {PICTURE} != before", arg=picture, polling=50)
        expect(phone.locator(ANSWERED)).to_have_text("1")
        phone.get_by_role("button", name="Clear").tap()
        expect(phone.locator(SAID, has_text="Nothing drawn yet.")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.long
@pytest.mark.parametrize("digit", [2, 4, 5])
def test_a_digit_by_finger_is_answered(phone: Page, app: App, digit: int) -> None:
    open_canvas(phone, app)
    for stroke in on_canvas(phone, scaled(digit)):
        swipe(phone, stroke)
    expect(phone.locator(ANSWERED)).to_have_text(str(digit))


@pytest.mark.long
def test_a_finger_beside_the_canvas_scrolls(phone: Page, app: App) -> None:
    open_canvas(phone, app)
    before = phone.evaluate(SCROLLS)
    # From below the canvas up across it: what counts is where a finger comes down.
    swipe(phone, [(180, 700), (180, 400)])
    phone.wait_for_function(
        f"before => JSON.stringify(({SCROLLS})()[2]) != JSON.stringify(before)", arg=before[2], polling=50
    )
    expect(phone.locator(SAID, has_text="Nothing drawn yet.")).to_be_visible()


@pytest.mark.long
def test_a_stroke_may_begin_in_every_corner_of_the_canvas(phone: Page, app: App) -> None:
    # The component's own toolbar lies there, invisible, and would take the touch.
    open_canvas(phone, app)
    before = phone.evaluate(PICTURES)
    for corner in ((315, 5), (5, 5), (5, 315), (315, 315)):
        swipe(phone, on_canvas(phone, [[corner, (160, 160)]])[0])
        phone.wait_for_function(f"before => {PICTURES} != before", arg=before, polling=50)
        before = phone.evaluate(PICTURES)


@pytest.mark.long
def test_a_second_finger_draws_nothing(phone: Page, app: App) -> None:
    open_canvas(phone, app)
    (stroke,) = on_canvas(phone, [[(100, 40), (100, 280)]])
    swipe(phone, stroke)
    expect(phone.locator(ANSWERED)).to_have_text("1")
    alone = shown(phone)
    phone.get_by_role("button", name="Clear").tap()
    expect(phone.locator(SAID, has_text="Nothing drawn yet.")).to_be_visible()
    swipe(phone, stroke, second=(120, 10))
    expect(phone.locator(ANSWERED)).to_have_text("1")
    expect_shown(phone, alone)
    assert phone.evaluate("visualViewport.scale") == 1


@pytest.mark.long
def test_a_pen_draws(page: Page, app: App) -> None:
    open_canvas(page, app)
    session = page.context.new_cdp_session(page)
    page.evaluate("() => addEventListener('pointerdown', event => { window.kind = event.pointerType })")

    def pen(kind: str, point: Any) -> None:
        place = {"x": float(point[0]), "y": float(point[1])}
        held = {"button": "left", "buttons": 1, "clickCount": 1, "pointerType": "pen", "force": 0.5}
        session.send("Input.dispatchMouseEvent", {"type": kind, **place, **held})

    for stroke in on_canvas(page, scaled(4)):
        pen("mousePressed", stroke[0])
        for start, end in itertools.pairwise(stroke):
            for point in np.linspace(start, end, 9)[1:]:
                pen("mouseMoved", point)
        pen("mouseReleased", stroke[-1])
    expect(page.locator(ANSWERED)).to_have_text("4")
    assert page.evaluate("window.kind") == "pen"


# --- Every screen ------------------------------------------------------------------------------------------------

# What must be seen at once: the canvas, the answer's sentence, Clear; and the part of the page that holds them.
EDGES = """() => {
    const edges = node => {
        const box = node.getBoundingClientRect();
        return [box.left, box.top, box.right, box.bottom];
    };
    const roots = [...document.querySelectorAll(".st-key-canvas *")].map(node => node.shadowRoot).filter(root => root);
    const parts = [roots[0].querySelector("canvas.upper-canvas")];
    parts.push(document.querySelector(".answer:not(.live) .answer-said"));
    for (const name of ["clear", "draw-given"]) parts.push(document.querySelector(`.st-key-${name}`));
    const wide = [...document.querySelectorAll(".st-key-draw-page *")].filter(node => edges(node)[2] > innerWidth + 1);
    return [...parts.map(edges), wide.length];
}"""
ALL_FITS = f"({EDGES})()[4] == 0"


@pytest.mark.long
def test_canvas_answer_and_clear_are_in_view_on_every_screen_and_the_drawing_stays(page: Page, app: App) -> None:
    page.set_viewport_size({"width": 820, "height": 1180})
    open_canvas(page, app)
    draw(page, scaled(4))
    before = page.evaluate(PICTURE)
    for width, height in ((820, 1180), (1180, 820), (390, 664), (360, 640), (664, 390), (1280, 720), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("document.querySelector('.stMain').scrollTo(0, 0)")
        page.wait_for_function(SETTLED, polling=50)
        page.wait_for_function(ALL_FITS, polling=50)  # a chart follows its column a moment later
        canvas, answer, clear_button, column, _ = page.evaluate(EDGES)
        where = f"at {width} × {height}"
        for left, top, right, bottom in (canvas, answer, clear_button):
            assert 0 <= left < right <= width and 0 <= top < bottom <= height, where
        assert canvas[2] - canvas[0] == pytest.approx(canvas[3] - canvas[1], abs=1), where
        assert canvas[2] - canvas[0] >= min(150, column[2] - column[0]), where
    # Upright tablets and zoomed laptops: it is as wide as its column, which no height limits here.
    for width in range(320, 1920, 160):
        page.set_viewport_size({"width": width, "height": 2400})
        page.wait_for_function(ALL_FITS, polling=50)
        canvas, _, _, column, _ = page.evaluate(EDGES)
        assert canvas[0] >= column[0] - 1 and canvas[2] <= column[2] + 1, width
        assert canvas[2] - canvas[0] >= min(column[2] - column[0], 640) - 2, width
    assert page.evaluate(PICTURE) == before
    draw(page, [[(40, 250), (250, 250)]])  # and it is drawn on where the pointer is
    press(page, "Undo")
    expect_shown(page, before)


# --- Undo, redo, clear -------------------------------------------------------------------------------------------


def press(page: Page, name: str) -> None:
    page.get_by_test_id("stButton").get_by_role("button", name=name).click()


def hasty(page: Page, stroke: Any) -> None:
    """Draws and does not wait for an answer."""
    (points,) = on_canvas(page, [stroke])
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=8)
    page.mouse.up()


def shown(page: Page) -> Any:
    """What the network sees."""
    page.wait_for_function(SETTLED, polling=50)
    return page.evaluate(PICTURE)


def expect_shown(page: Page, picture: Any) -> None:
    """Waits until the network sees a picture, and goes on seeing it."""
    page.evaluate("() => { window.since = undefined }")
    page.wait_for_function(STEADY, arg=[picture, 700], polling=50)


ROOF, BACK, FOOT = [(60, 40), (240, 40)], [(240, 40), (140, 290)], [(40, 200), (280, 230)]


@pytest.mark.long
def test_undo_and_redo_walk_through_the_strokes(page: Page, app: App) -> None:
    open_canvas(page, app)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    expect(page.get_by_role("button", name="Redo")).to_be_disabled()
    pictures = [None]
    for stroke in (ROOF, BACK, FOOT):
        draw(page, [stroke])
        pictures.append(shown(page))
    for step in (2, 1, 0):
        press(page, "Undo")
        expect_shown(page, pictures[step])
    expect(page.locator(SAID, has_text="Nothing drawn yet.")).to_be_visible()
    for step in (1, 2, 3):
        press(page, "Redo")
        expect_shown(page, pictures[step])
    expect(page.get_by_role("button", name="Redo")).to_be_disabled()
    press(page, "Undo")
    expect(page.get_by_role("button", name="Redo")).to_be_enabled()
    draw(page, [[(40, 300), (280, 300)]])
    expect(page.get_by_role("button", name="Redo")).to_be_disabled()


@pytest.mark.long
def test_one_redo_brings_back_what_clear_took(page: Page, app: App) -> None:
    open_canvas(page, app)
    draw(page, [ROOF, BACK])
    before = shown(page)
    press(page, "Clear")
    expect(page.locator(SAID, has_text="Nothing drawn yet.")).to_be_visible()
    press(page, "Redo")
    expect_shown(page, before)


def elsewhere_and_back(page: Page) -> None:
    page.get_by_role("link", name="Models").first.click()
    expect(page.get_by_role("heading", name="Models")).to_be_visible()
    page.get_by_role("link", name="Draw").first.click()
    expect(page.locator("canvas.upper-canvas")).to_be_visible()


@pytest.mark.long
def test_undo_and_redo_outlive_a_visit_to_another_page(page: Page, app: App) -> None:
    open_canvas(page, app)
    pictures = [None]
    for stroke in (ROOF, BACK, FOOT):
        draw(page, [stroke])
        pictures.append(shown(page))
    press(page, "Undo")
    expect_shown(page, pictures[2])
    elsewhere_and_back(page)
    expect_shown(page, pictures[2])
    press(page, "Redo")
    expect_shown(page, pictures[3])
    for step in (2, 1):
        press(page, "Undo")
        expect_shown(page, pictures[step])
    elsewhere_and_back(page)
    press(page, "Redo")
    expect_shown(page, pictures[2])
    press(page, "Clear")
    expect_shown(page, None)
    elsewhere_and_back(page)
    press(page, "Redo")
    expect_shown(page, pictures[2])


@pytest.mark.long
def test_nothing_is_lost_in_haste(page: Page, app: App) -> None:
    open_canvas(page, app)
    draw(page, [ROOF, BACK])
    wanted = shown(page)
    press(page, "Clear")
    hasty(page, ROOF)  # at once after Clear
    hasty(page, FOOT)
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    press(page, "Undo")
    hasty(page, BACK)  # at once after Undo
    expect_shown(page, wanted)
    hasty(page, FOOT)
    press(page, "Undo")  # at once after a stroke, which no server has seen yet
    expect_shown(page, wanted)
    hasty(page, FOOT)
    elsewhere_and_back(page)
    press(page, "Undo")
    expect_shown(page, wanted)


@pytest.mark.long
def test_undo_and_redo_can_be_hammered(page: Page, app: App) -> None:
    open_canvas(page, app)
    for stroke in (ROOF, BACK, FOOT):
        draw(page, [stroke])
    whole = shown(page)
    for _ in range(3):
        for _ in range(3):
            press(page, "Undo")
        expect(page.get_by_role("button", name="Redo")).to_be_enabled()
        for _ in range(3):
            press(page, "Redo")
        expect_shown(page, whole)


# --- Without eyes or a pointer -----------------------------------------------------------------------------------


def test_the_canvas_has_a_name_and_no_toolbar_of_its_own(page: Page, app: App) -> None:
    open_canvas(page, app)
    canvas = page.get_by_role("img", name="Canvas: draw a digit here")
    expect(canvas).to_have_count(1)
    canvas.hover()
    expect(page.locator(".dc-toolbar")).to_have_count(1)
    expect(page.locator(".dc-toolbar")).to_be_hidden()


@pytest.mark.long
def test_a_canvas_that_was_started_again_has_a_name_and_no_toolbar(page: Page, app: App) -> None:
    open_canvas(page, app)
    draw(page, scaled(1))
    elsewhere_and_back(page)
    press(page, "Undo")
    expect(page.locator(SAID, has_text="Nothing drawn yet.")).to_be_visible()
    expect(page.get_by_role("img", name="Canvas: draw a digit here")).to_have_count(1)
    expect(page.locator(".dc-toolbar")).to_have_count(1)
    expect(page.locator(".dc-toolbar")).to_be_hidden()


def test_each_answer_is_announced_in_the_same_live_region(page: Page, app: App) -> None:
    open_canvas(page, app)
    expect(page.get_by_role("status").filter(has_text="Nothing drawn yet.")).to_have_count(1)
    page.evaluate(
        """() => {
            window.region = document.querySelector("[role=status].answer-heard");
            window.heard = [];
            new MutationObserver(() => window.heard.push(window.region.textContent))
                .observe(window.region, {childList: true, characterData: true, subtree: true});
        }"""
    )
    draw(page, scaled(7))
    expect(page.get_by_role("status").filter(has_text=re.compile("A 7, .* sure"))).to_have_count(1)
    press(page, "Clear")
    expect(page.get_by_role("status").filter(has_text="Nothing drawn yet.")).to_have_count(1)
    draw(page, scaled(3))
    expect(page.get_by_role("status").filter(has_text=re.compile("A 3, .* sure"))).to_have_count(1)
    assert page.evaluate("window.region.isConnected && document.querySelectorAll('.answer-heard').length == 1")
    heard = [sentence for sentence, _ in itertools.groupby(page.evaluate("window.heard"))]
    assert [sentence.split(",")[0] for sentence in heard] == ["A 7", "Nothing drawn yet.", "A 3"]


def tab_to(page: Page, target: Locator) -> None:
    """Presses Tab until the target, or what holds it, has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if target.evaluate("node => [node, node.closest('summary')].includes(document.activeElement)"):
            return
    raise AssertionError("the target cannot be reached with the keyboard")


@pytest.mark.long
def test_a_digit_is_written_with_the_keyboard_alone(page: Page, app: App) -> None:
    open_canvas(page, app)
    tab_to(page, page.get_by_text("Write with the keyboard instead"))
    page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name="Keys of a digit")
    expect(field).to_be_visible()
    tab_to(page, field)
    for digit in (7, 4, 0):
        page.keyboard.type(EXAMPLES[digit])
        page.keyboard.press("Enter")
        expect(page.locator(ANSWERED)).to_have_text(str(digit))
        expect(page.get_by_role("status").filter(has_text=f"A {digit}, ")).to_be_visible()
        expect(field).to_have_value("")
        expect(field).to_be_focused()
    page.keyboard.type("1x7")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="'x' is not one of 1 to 9")).to_be_visible()
    expect(field).to_have_value("1x7")
    # What was typed is a drawing like any other.
    expect(page.locator(ANSWERED)).to_have_text("0")
    press(page, "Undo")
    expect(page.locator(SAID, has_text="Nothing drawn yet.")).to_be_visible()
