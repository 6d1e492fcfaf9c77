"""Digits drawn on the canvas with real mouse events, answered without a click."""

import gzip
import itertools
import json
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from mnist_core.preprocess import paint
from tests.browser.conftest import App
from tests.conftest import simple_strokes

pytestmark = pytest.mark.browser

# What the network sees; it changes with every stroke.
PICTURE = "document.querySelector('figure img')?.src"


def open_canvas(page: Page, app: App) -> None:
    page.goto(f"{app.address}/draw")
    expect(page.locator("canvas.upper-canvas")).to_be_visible()
    expect(page.get_by_text("Nothing drawn yet.")).to_be_visible()


def draw(page: Page, strokes: list[Any]) -> float:
    """Draws strokes in pixels of the canvas; returns the seconds from the end of the last one to its answer."""
    box = page.locator("canvas.upper-canvas").bounding_box()
    assert box
    seconds = 0.0
    for stroke in strokes:
        before = page.evaluate(PICTURE)
        points = [(box["x"] + float(x), box["y"] + float(y)) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            # The canvas rounds corners between the points it gets; a hand sends many.
            page.mouse.move(*point, steps=1 if len(points) > 20 else 8)
        page.mouse.up()
        ended = time.perf_counter()
        page.wait_for_function(f"before => {PICTURE} != before", arg=before, polling=10)
        seconds = time.perf_counter() - ended
    return seconds


def prediction(page: Page) -> str:
    metric = page.get_by_test_id("stMetric").filter(has_text="Prediction")
    return metric.get_by_test_id("stMetricValue").inner_text()


def clear(page: Page) -> None:
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("Nothing drawn yet.")).to_be_visible()
    page.wait_for_timeout(300)  # the canvas mounts anew; a stroke before that would go to the old one


def scaled(digit: int, factor: float = 2.4) -> list[Any]:
    return [stroke * factor + 30 for stroke in simple_strokes(digit)]


def test_digits_of_real_people_are_answered_without_a_click(page: Page, app: App, pen_strokes: Path) -> None:
    with gzip.open(pen_strokes, "rt") as file:
        digits = [json.loads(line) for line in itertools.islice(file, 200, 230)]
    open_canvas(page, app)
    right, seconds = 0, []
    for digit in digits:
        seconds.append(draw(page, [np.array(stroke) * 0.6 + 10 for stroke in digit["strokes"]]))
        right += prediction(page) == str(digit["label"])
        clear(page)
    print(f"{right} of 30 right; stroke end to answer p50 {1000 * statistics.median(seconds):.0f} ms")
    assert right >= 26


def test_undo_takes_the_last_stroke_back(page: Page, app: App) -> None:
    open_canvas(page, app)
    draw(page, scaled(7))
    draw(page, [[(40, 200), (250, 200), (40, 230), (250, 230)]])
    page.get_by_test_id("stButton").get_by_role("button", name="Undo").click()
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("7")


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
    expect(page.get_by_text("Too little ink to read")).to_be_visible()
    assert prediction(page) == "–"


@pytest.mark.parametrize("dark_on_light", [True, False])
def test_a_picture_is_read_either_way_round(page: Page, app: App, tmp_path: Path, dark_on_light: bool) -> None:
    image = paint([stroke * 3 + 100 for stroke in simple_strokes(3)], 500, 500, 30)
    Image.fromarray(255 - image if dark_on_light else image).save(tmp_path / "three.png")
    page.goto(f"{app.address}/draw")
    page.get_by_role("radio", name="Picture").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "three.png")
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("3")


def test_a_file_that_is_no_picture_gets_one_sentence(page: Page, app: App, tmp_path: Path) -> None:
    (tmp_path / "evil.png").write_bytes(b"GIF89a not a picture")
    page.goto(f"{app.address}/draw")
    page.get_by_role("radio", name="Picture").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "evil.png")
    expect(page.get_by_text("This file is not a PNG or JPEG picture")).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0
