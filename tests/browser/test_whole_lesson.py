"""One lesson with all six activities: a teacher, a beamer and six pupils on phones, each in a browser of their own.

With `$LESSON_PICTURES` naming a folder, a picture of each step is kept there, to look at.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from mnist_core.data.mnist_writers import FILE, NAMED
from tests.browser.conftest import SETTLED, App
from tests.browser.test_class import PHONE, SCHOOL, browser, teacher
from tests.browser.test_drawing import on_canvas, swipe
from tests.browser.test_lesson import keep_picture
from tests.conftest import REAL_MNIST, simple_strokes
from tests.support.layout import cut_off_now

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.long]

NAMES = ("Blue Fox", "Red Owl", "Green Yak", "Pink Newt", "Grey Wolf", "Golden Seal")
EACH = 4  # drawings of one person, so that all of them are enough to learn from
# Whatever else can be pressed at a pupil's is a digit.
PUPILS_BUTTONS = {"Menu", "Me", "Hand in", "Change my answer", "Undo", "Redo", "Clear"}
TRAINED = 600_000  # milliseconds


@dataclass
class Class:
    """Who takes part: the teacher, the beamer, and the pupils, each with the name of the others not to be seen."""

    leads: Page
    beamer: Page
    pupils: list[Page]

    def start(self, activity: str) -> None:
        """The teacher starts an activity as it is offered."""
        self.choose(activity)
        self.leads.get_by_role("button", name="Start for all").click()

    def choose(self, activity: str) -> None:
        self.leads.get_by_role("radio", name=activity, exact=True).click()

    def press(self, name: str) -> None:
        self.leads.get_by_role("button", name=name, exact=True).click()

    def check(self, step: str) -> None:
        """No page says that something went wrong, is wider than its window, or shows what is not for it."""
        for name, page in {"teacher": self.leads, "beamer": self.beamer, "pupil": self.pupils[0]}.items():
            keep_picture(page, f"lesson-{step}-{name}")
        for page in (self.leads, self.beamer, *self.pupils):
            assert page.get_by_test_id("stException").count() == 0, step
            assert page.get_by_test_id("stAlertContentError").count() == 0, step
            assert page.get_by_test_id("stAlertContentWarning").count() == 0, step
            assert cut_off_now(page) == [], step
        for name, page in zip(NAMES, self.pupils, strict=True):
            content = page.content()
            assert name in content and not [other for other in NAMES if other != name and other in content], step
            assert {press for press in pressable(page) if not re.fullmatch(r"\d|No digit", press)} <= PUPILS_BUTTONS
            assert page.locator("a[href*=class]").count() == 0, step


def pressable(page: Page) -> set[str]:
    """What stands on the buttons of a page."""
    buttons = page.locator(".stMain").get_by_role("button").all_inner_texts()
    words = {line.strip() for button in buttons for line in button.splitlines()}
    return {one for one in words if not re.fullmatch(r"[a-z_]*", one)}  # the names of icons


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    mnist = Path(REAL_MNIST).absolute()
    if not REAL_MNIST or not mnist.exists():
        pytest.skip("needs the real MNIST; name it in $MNIST_DATA")
    if not (os.environ.get(NAMED) or (mnist.parent / FILE).exists()):
        pytest.skip(f"needs {FILE} beside the real MNIST")
    running = App(tmp_path_factory.mktemp("home"), environment={"MNIST_HOSTS": SCHOOL, "MNIST_DATA": str(mnist)})
    running.start()
    yield running
    running.stop()


def joined(browser: Browser, lab: App, code: str, name: str) -> Page:
    page = browser.new_context(**PHONE).new_page()  # type: ignore[arg-type]
    page.goto(f"http://{SCHOOL}:{lab.port}/join?code={code}")
    page.get_by_role("textbox", name="A name for this lesson").fill(name)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_text("You are in.")).to_be_visible()
    return page


def write_digit(page: Page, digit: int) -> None:
    """Writes with a finger."""
    page.wait_for_function(SETTLED)  # the canvas of the digit before is gone
    page.wait_for_timeout(500)  # a new one empties itself a moment later; no hand is back sooner
    page.locator("canvas.upper-canvas").scroll_into_view_if_needed()
    for points in on_canvas(page, [stroke * 2.2 + 40 for stroke in simple_strokes(digit)]):
        swipe(page, points)
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()


@pytest.fixture
def class_(browser: Browser, lab: App) -> Iterator[Class]:
    leads, code = teacher(browser, lab)
    beamer = leads.context.new_page()
    beamer.set_viewport_size({"width": 1920, "height": 1080})
    beamer.goto(f"{lab.address}/{leads.get_by_role('link', name='Board for the beamer').get_attribute('href')}")
    expect(beamer.get_by_text(code, exact=True)).to_be_visible()
    pupils = [joined(browser, lab, code, name) for name in NAMES]
    yield Class(leads, beamer, pupils)
    for page in (leads, *pupils):
        page.context.close()


def test_a_class_goes_through_all_six_activities(class_: Class) -> None:
    expect(class_.beamer.get_by_text("6 have joined").first).to_be_visible()
    class_.check("0-joined")
    for step in (write, bet, train_on_us, break_it, duel, whose_hands):
        step(class_)


def write(class_: Class) -> None:
    """All write sevens; what the model says is hidden until it is revealed."""
    class_.choose("Write")
    class_.leads.get_by_label("Everybody writes").click()
    class_.leads.get_by_role("option", name="a 7", exact=True).click()
    class_.leads.get_by_label("How often").fill(str(EACH))
    class_.press("Start for all")
    for page in class_.pupils:
        expect(page.get_by_text("Write a 7")).to_be_visible()
        for number in range(EACH):
            expect(page.get_by_text(f"{number} of {EACH} done")).to_be_visible()
            write_digit(page, 7)
            page.get_by_role("button", name="Hand in").click()
        expect(page.get_by_text("Done. Thank you!")).to_be_visible()
    expect(class_.beamer.get_by_text(f"{6 * EACH} drawings by 6 people.")).to_be_visible()
    for page in (class_.beamer, *class_.pupils):
        assert "read as" not in page.content() and "✓" not in page.content()
    class_.check("1-write")
    class_.press("Reveal")
    expect(class_.beamer.get_by_text("of them right")).to_be_visible()
    for page in class_.pupils:
        expect(page.get_by_text("✓").first).to_be_visible()
        expect(page.get_by_role("group", name="Your drawings").locator("img")).to_have_count(EACH)
    class_.check("1-write-revealed")


def bet(class_: Class) -> None:
    """Each sees their own answer alone; the board counts them, and tells them once they are revealed."""
    class_.start("Bet")
    for number, page in enumerate(class_.pupils):
        expect(page.get_by_text("How many of 100 will the network read right?")).to_be_visible()
        page.get_by_label("Your answer").fill(str(80 + number))
        page.get_by_role("button", name="Hand in").click()
        expect(page.get_by_text(f"Handed in: {80 + number}")).to_be_visible()
        expect(page.get_by_role("button", name="Change my answer")).to_be_visible()
    expect(class_.beamer.get_by_test_id("stMetricValue")).to_have_text("6")
    for number, page in enumerate(class_.pupils):
        answers = re.findall(r"8\d(?=\xa0%)", page.locator(".stMain").inner_text())
        assert answers == [str(80 + number)], "one's own alone"
    assert "Nearest" not in class_.beamer.content() and "most often" not in class_.beamer.content()
    class_.check("2-bet")
    class_.press("Reveal")
    class_.leads.get_by_label("Right answer").fill("97")
    class_.press("Say so to all")
    expect(class_.beamer.get_by_text(f"Nearest: {NAMES[-1]}.")).to_be_visible()
    for number, page in enumerate(class_.pupils):
        expect(page.get_by_text(f"You said {80 + number}")).to_be_visible()
        expect(page.get_by_text("It was 97")).to_be_visible()
    class_.check("2-bet-revealed")


def train_on_us(class_: Class) -> None:
    """A run learns from one half, the other judges; each sees what became of their own."""
    class_.choose("Train on us")
    expect(class_.leads.get_by_text("One half of the class is drawn by chance")).to_be_visible()
    class_.press("Start for all")
    for page in class_.pupils:
        expect(page.get_by_text("Wait for your teacher to begin.")).to_be_visible()
    expect(class_.beamer.get_by_text("Read right before")).to_be_visible()
    assert class_.beamer.get_by_role("button", name="Train on us").count() == 0
    learners = [page for page in class_.pupils if page.get_by_text("It learns from your drawings.").count()]
    assert len(learners) == 3
    class_.check("3-train")
    class_.press("Train on us")
    for page in (class_.beamer, *class_.pupils):
        expect(page.get_by_role("progressbar").first).to_be_visible()
    class_.check("3-train-live")
    for page in class_.pupils:
        expect(page.get_by_text(f"Of your {EACH} drawings, it read")).to_be_visible(timeout=TRAINED)
    expect(class_.beamer.get_by_text("MNIST, read right now")).to_be_visible(timeout=TRAINED)
    class_.check("3-trained")


def break_it(class_: Class) -> None:
    """One fools the model; two others say what it is, and are told neither who drew it nor what it was to be."""
    class_.start("Break it")
    author, *others = class_.pupils
    expect(author.get_by_text("Fool the model")).to_be_visible()
    author.get_by_role("radio", name="4", exact=True).first.click()
    write_digit(author, 7)
    expect(author.get_by_text("Wrong! Hand it in.")).to_be_visible()
    author.get_by_role("button", name="Hand in").click()
    expect(author.get_by_text("It is on the board.")).to_be_visible()
    expect(class_.beamer.get_by_text("What are these? Two of you must agree.")).to_be_visible()
    assert "In front" not in class_.beamer.content() and "Why a 7?" not in class_.beamer.content()
    for page in others:
        expect(page.get_by_role("group", name="A drawing of somebody else")).to_be_visible()
        assert "read as a 7" not in page.content()
    class_.check("4-break")
    for page in others[:2]:
        page.locator("[class*=st-key-judge-]").get_by_text("4", exact=True).click()
        expect(page.get_by_text("Thank you.")).to_be_visible()
    expect(class_.beamer.get_by_text(f"In front: {NAMES[0]}.")).to_be_visible()
    expect(class_.beamer.get_by_text("Why a 7?")).to_be_visible()
    class_.check("4-break-counted")


def duel(class_: Class) -> None:
    """Two models, of which nobody is told which is better until it is revealed."""
    class_.start("Duel")
    for page in class_.pupils:
        expect(page.get_by_text("What do you think?")).to_be_visible()
    expect(class_.beamer.get_by_text("They read 24 drawings. Who wins?")).to_be_visible()
    outcome = re.compile(r"^[A-D] wins\.$|It is a draw\.|Nobody wins")
    for page in (class_.beamer, *class_.pupils):
        assert page.get_by_text(outcome).count() == 0
    class_.check("5-duel")
    class_.press("Reveal")
    for page in (class_.beamer, *class_.pupils):
        expect(page.get_by_text(outcome).first).to_be_visible()
    class_.check("5-duel-revealed")


def whose_hands(class_: Class) -> None:
    """Two runs learn from two groups of hands; who reads the class's is told once it is revealed."""
    class_.start("Whose hands?")
    for page in class_.pupils:
        expect(page.get_by_text("Half of MNIST was written by")).to_be_visible()
    expect(class_.beamer.get_by_text("They are not trained yet.")).to_be_visible()
    assert class_.beamer.get_by_role("button", name="Train both now").count() == 0
    class_.check("6-hands")
    class_.press("Train both now")
    expect(class_.beamer.get_by_role("progressbar")).to_have_count(2)
    class_.check("6-hands-live")
    expect(class_.beamer.get_by_text("Both models are trained.")).to_be_visible(timeout=TRAINED)
    for page in class_.pupils:
        assert page.get_by_role("table").count() == 0
    class_.press("Reveal")
    for page in (class_.beamer, *class_.pupils):
        expect(page.get_by_role("table").first).to_be_visible()
    class_.check("6-hands-revealed")
