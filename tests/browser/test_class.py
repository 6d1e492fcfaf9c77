"""A teacher and pupils on phones, each in a browser of their own: one lesson, and nobody does what is not theirs."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import ARGUMENTS, App, launched
from tests.support.accessibility import violations
from tests.support.layout import SOME_WIDTHS, cut_off

pytestmark = [pytest.mark.browser, pytest.mark.long]

# By this name a browser is elsewhere, on whatever machine it runs.
SCHOOL = "school.test"
INKED = """(canvas) => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return pixels.some((value, place) => place % 4 === 0 && value > 200);
}"""  # white ink on black
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    running = App(tmp_path_factory.mktemp("home"), environment={"MNIST_HOSTS": SCHOOL})
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    rules = [f"--host-resolver-rules=MAP {SCHOOL} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"]
    with launched(*ARGUMENTS[:-1], *rules) as browser:
        yield browser


def pupil(browser: Browser, lab: App, code: str) -> Page:
    """Somebody elsewhere who has photographed the code."""
    context = browser.new_context(**PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"http://{SCHOOL}:{lab.port}/join?code={code}")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_text("You are in.")).to_be_visible()
    return page


def teacher(browser: Browser, lab: App) -> tuple[Page, str]:
    """Somebody at the lab's machine who begins a lesson; the code of it, too."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{lab.address}/class?lesson=new")
    page.get_by_label("Name of the lesson").fill("8b")
    page.get_by_role("button", name="Teach a class").click()
    expect(page.get_by_text("Open on your phone or computer")).to_be_visible()
    return page, page.locator("text=/^[A-Z]{4}$/").first.inner_text()


def ring(page: Page) -> None:
    """Draws a 0."""
    canvas = page.locator("canvas.upper-canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    angles = [turn / 12 * 2 * math.pi for turn in range(13)]
    points = [
        (box["x"] + box["width"] * (0.5 + 0.25 * math.sin(a)), box["y"] + box["width"] * (0.5 - 0.35 * math.cos(a)))
        for a in angles
    ]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=3)
    page.mouse.up()
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()


@pytest.fixture
def class_(browser: Browser, lab: App) -> Iterator[tuple[Page, list[Page], str]]:
    leads, code = teacher(browser, lab)
    pupils = [pupil(browser, lab, code) for _ in range(3)]
    yield leads, pupils, code
    for page in (leads, *pupils):
        page.context.close()


def test_a_class_writes_and_all_follow_the_teacher(class_: tuple[Page, list[Page], str], tmp_path: Path) -> None:
    leads, pupils, _ = class_
    expect(leads.get_by_text("3 have joined").first).to_be_visible()
    leads.get_by_role("button", name="Start for all").click()
    for number, page in enumerate(pupils, 1):
        expect(page.get_by_text("Write a 0")).to_be_visible()
        ring(page)
        page.get_by_role("button", name="Hand in").click()
        expect(page.get_by_text("Write a 1")).to_be_visible()
        expect(leads.get_by_text(f"{number} drawing").first).to_be_visible()
    assert violations(leads) == [] and violations(pupils[0]) == []
    button = pupils[0].get_by_role("button", name="Hand in").bounding_box()
    assert button and button["y"] + button["height"] <= PHONE["viewport"]["height"]  # type: ignore[index]
    leads.get_by_role("button", name="Reveal").click()
    expect(leads.get_by_text("of them right")).to_be_visible()
    assert cut_off(leads, SOME_WIDTHS) == {}
    leads.get_by_role("button", name="Eyes up").click()
    for page in pupils:
        expect(page.get_by_text("Eyes up!")).to_be_visible()
    leads.get_by_role("button", name="Go on").click()
    expect(pupils[0].get_by_text("Write a 1")).to_be_visible()


def test_a_page_that_is_open_is_locked_and_comes_back_with_what_was_drawn(
    class_: tuple[Page, list[Page], str], lab: App
) -> None:
    leads, pupils, _ = class_
    page = pupils[0]
    page.goto(f"http://{SCHOOL}:{lab.port}/draw")
    expect(page.get_by_role("link", name="Back to the lesson")).to_be_visible()
    ring(page)
    leads.get_by_role("button", name="Lock pages").click()
    expect(page.get_by_text("Your teacher keeps the class together for now.")).to_be_visible()
    expect(page.locator("canvas")).to_have_count(0)
    assert violations(page) == []
    leads.get_by_role("button", name="Unlock pages").click()
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    # A canvas that began empty would have told it by now.
    expect(page.get_by_text("What the network sees")).to_be_visible()
    assert any(canvas.evaluate(INKED) for canvas in page.locator("canvas").all())
    leads.get_by_role("button", name="Lock pages").click()
    page.get_by_role("link", name="Back to the lesson").click()
    expect(page.get_by_text("You are in.")).to_be_visible()
    leads.get_by_role("button", name="Unlock pages").click()


def test_who_reloads_or_loses_the_network_is_the_same_person(class_: tuple[Page, list[Page], str]) -> None:
    leads, pupils, _ = class_
    page = pupils[0]
    name = page.get_by_text("You are", exact=False).first.inner_text()
    page.reload()
    expect(page.get_by_text(name)).to_be_visible()
    page.context.set_offline(True)
    leads.get_by_role("button", name="Start for all").click()
    expect(pupils[1].get_by_text("Write a 0")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("Write a 0")).to_be_visible()
    expect(page.get_by_text(name)).to_be_visible()


def test_the_board_for_the_beamer_has_nothing_to_press_but_the_drawings(
    class_: tuple[Page, list[Page], str], lab: App
) -> None:
    leads, pupils, code = class_
    address = leads.get_by_role("link", name="Board for the beamer").get_attribute("href")
    beamer: BrowserContext = leads.context
    board = beamer.new_page()
    board.set_viewport_size({"width": 1920, "height": 1080})
    board.goto(f"{lab.address}/{address}")
    expect(board.get_by_text(code, exact=True)).to_be_visible()
    assert not board.get_by_role("button", name="Start for all").count()
    leads.get_by_role("button", name="Start for all").click()
    expect(board.get_by_text("Everybody writes each digit")).to_be_visible()
    ring(pupils[0])
    pupils[0].get_by_role("button", name="Hand in").click()
    expect(board.get_by_text("1 drawing by 1 person.")).to_be_visible()


def test_one_drawing_stands_before_all_and_what_others_had_begun_is_kept(
    class_: tuple[Page, list[Page], str], lab: App
) -> None:
    leads, pupils, _ = class_
    shows, draws = pupils[:2]
    leads.get_by_role("button", name="Start for all").click()
    expect(shows.get_by_text("Write a 0")).to_be_visible()
    ring(shows)
    shows.get_by_role("button", name="Hand in").click()
    expect(leads.get_by_text("1 drawing by 1 person.")).to_be_visible()
    ring(draws)
    leads.locator(".board [data-choice]").first.click()
    leads.get_by_role("button", name="Show to all").click()
    for page in pupils:
        expect(page.get_by_text("Your own work is kept.")).to_be_visible()
        box = page.locator(".before-all img").bounding_box()
        assert box and box["width"] > 300 and page.get_by_role("button", name="Hand in").count() == 0
    assert violations(draws) == [] and cut_off(draws, SOME_WIDTHS) == {}
    leads.get_by_role("button", name="Stop showing").click()
    draws.get_by_role("button", name="Hand in").click()
    expect(draws.get_by_text("Write a 1")).to_be_visible()
    expect(leads.get_by_text("2 drawings by 2 people.")).to_be_visible()
    draws.locator(".board [data-choice]").first.click()
    draws.get_by_role("button", name="Delete this drawing").click()
    expect(draws.get_by_text("Write a 0")).to_be_visible()
    expect(leads.get_by_text("1 drawing by 1 person.")).to_be_visible()


def test_the_teachers_link_works_from_anywhere_once_it_is_opened(browser: Browser, lab: App) -> None:
    said = (lab.home / "app.log").read_text(encoding="utf-8")
    token = said.partition("?token=")[2].split()[0]
    page = browser.new_context().new_page()
    page.goto(f"http://{SCHOOL}:{lab.port}/class")
    expect(page.get_by_text("This page is the teacher's")).to_be_visible()
    page.goto(f"http://{SCHOOL}:{lab.port}/class?token={token}")
    expect(
        page.get_by_role("button", name="Teach a class").or_(page.get_by_text("Next activity")).first
    ).to_be_visible()
    assert "token" not in page.url and token not in page.content()
    page.context.close()
