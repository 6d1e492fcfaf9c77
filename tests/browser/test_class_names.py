"""Names that look like markup stand on every page of a class as what they are: letters."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.classroom import bet, break_it, passes, write
from mnist_core.classroom.activities import Activities
from mnist_core.classroom.bet import Question
from mnist_core.classroom.lessons import Lesson, Lessons
from mnist_core.classroom.passes import BROWSER_COOKIE
from tests.browser.conftest import SETTLED, App
from tests.browser.test_class import PHONE, SCHOOL, browser, lab
from tests.classroom.test_write import classifier, drawn
from tests.hostile.names import NAMES

__all__ = ["browser", "classifier", "lab"]

pytestmark = [pytest.mark.browser, pytest.mark.long]

# What a page of the lab never has but by markup, with the addresses and the icons that the names ask for.
MADE = "a[href*=evil], a[href^=mailto], img[src*=evil], img[onerror], .katex, .stMain h1 ~ h1, [style*=evil]"
ICON = "[data-testid=stIconMaterial]"


def people() -> dict[str, Actor]:
    return {name: Actor(f"{number:016x}", "203.0.113.5") for number, name in enumerate(NAMES, 1)}


@pytest.fixture
def lesson(lab: App, monkeypatch: pytest.MonkeyPatch, classifier: object) -> Iterator[Lesson]:
    """All of them have fooled the model, and then written a 7."""
    monkeypatch.setenv("MNIST_HOME", str(lab.home))
    activities = Activities(Lessons())
    lesson = activities.lessons.begin(NAMES[0], by=COMMAND_LINE)
    for name, actor in people().items():
        activities.lessons.join(lesson.code, name, by=actor)
    fooling = activities.start(lesson.id, break_it.KIND, break_it.Task().settings, by=COMMAND_LINE)
    for actor in people().values():
        break_it.hand_in(activities, fooling.id, 4, drawn(7), classifier, by=actor)  # type: ignore[arg-type]
    writing = activities.start(lesson.id, write.KIND, write.Task((7,)).settings, by=COMMAND_LINE)
    for actor in people().values():
        write.hand_in(activities, writing.id, drawn(7), classifier, by=actor)  # type: ignore[arg-type]
    yield lesson


def stands_as_letters(page: Page, name: str) -> None:
    page.wait_for_function(SETTLED)
    assert page.locator(MADE).count() == 0, name
    icons = set(page.locator(ICON).all_inner_texts())
    assert "pest_control" not in icons, name
    assert name in page.locator(".stMain").inner_text().replace("\u2060", ""), name


def test_names_are_letters_on_the_board(browser: Browser, lab: App, lesson: Lesson) -> None:
    leads = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    leads.goto(f"{lab.address}/class?lesson={lesson.id}")
    for name in NAMES:
        tile = leads.get_by_role("group", name="Drawings of the class").locator("button").filter(has_text=name)
        tile.first.click()
        expect(leads.get_by_role("button", name="Take off the board")).to_be_visible()
        expect(leads.locator("[class*=st-key-enlarged-] h3")).to_be_visible()
        stands_as_letters(leads, name)
        assert leads.locator("[class*=st-key-enlarged-] h3").inner_text().replace("\u2060", "") == name
        leads.get_by_role("button", name="Close").click()
        person = leads.get_by_role("group", name="Who takes part").locator("button").filter(has_text=name)
        person.first.click()
        expect(leads.get_by_role("button", name="Remove")).to_be_visible()
        said = leads.get_by_role("button", name="Remove").inner_text().replace("\u2060", "")
        assert f"Remove {name}" in said
        stands_as_letters(leads, name)
        person.first.click()
        expect(leads.get_by_role("button", name="Remove")).to_be_hidden()
    leads.context.close()


def test_names_are_letters_on_ones_own_page(browser: Browser, lab: App, lesson: Lesson) -> None:
    for name, actor in people().items():
        context = browser.new_context(**PHONE)  # type: ignore[arg-type]
        address = f"http://{SCHOOL}:{lab.port}"
        context.add_cookies([{"name": BROWSER_COOKIE, "value": passes.browser_pass(actor.owner), "url": address}])
        page = context.new_page()
        page.goto(f"{address}/join")
        expect(page.get_by_text("Done. Thank you!")).to_be_visible()
        assert page.locator(".st-key-who p").first.inner_text().replace("\u2060", "") == f"You are {name}"
        stands_as_letters(page, name)
        context.close()


def test_a_bets_winners_and_its_question_are_letters(browser: Browser, lab: App, lesson: Lesson) -> None:
    activities = Activities(Lessons())
    for name, actor in people().items():
        question = Question(name, (name, "other"), answer=0)
        betting = activities.start(lesson.id, bet.KIND, question.settings, by=COMMAND_LINE)
        bet.hand_in(activities, betting.id, 0, by=actor)
        activities.reveal(betting.id, by=COMMAND_LINE)
        page = browser.new_context().new_page()
        page.goto(f"{lab.address}/class?lesson={lesson.id}&board=1&present=1")
        expect(page.get_by_text("Right:").first).to_be_visible()
        assert page.get_by_text("Right:").first.inner_text().replace("\u2060", "") == f"Right: {name}."
        stands_as_letters(page, name)
        page.context.close()
