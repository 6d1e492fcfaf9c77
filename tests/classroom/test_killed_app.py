"""An app that is killed in the middle of a lesson: each activity goes on where it was, for the same people."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mnist_core.bench import drawings
from mnist_core.bench.app_client import AppClient, open_session
from mnist_core.bench.app_process import AppProcess
from mnist_core.classroom import bet, break_it, duel, hands, passes, tune, write
from mnist_core.classroom.activities import Activities
from mnist_core.classroom.bet import Question
from mnist_core.classroom.lessons import Lesson
from mnist_core.classroom.passes import BROWSER_COOKIE
from mnist_core.data import mnist_writers
from mnist_core.inference.classifier import Classifier
from mnist_core.mnist import CLASSES
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from tests.classroom.test_lesson_pages import other
from tests.classroom.test_lessons import ADA, BOB, TEACHER
from tests.classroom.test_write import classifier, drawn, lesson
from tests.conftest import wait_for

__all__ = ["classifier", "lesson", "other"]  # fixtures

pytestmark = pytest.mark.long
ELSEWHERE = {"X-Forwarded-For": ADA.address}
Act = Callable[[AppClient], Awaitable[object]]


@dataclass
class Taught:
    """A lesson that goes on in an app, in which Ada and Bob take part."""

    app: AppProcess
    activities: Activities
    lesson: Lesson

    def kill(self) -> None:
        """Ends the app as a crash would, and starts it again where it was."""
        self.app.process.kill()
        self.app.process.wait(20)
        self.app = AppProcess.start(self.app.home, self.app.port)

    def start(self, kind: str, settings: dict[str, object]) -> int:
        return self.activities.start(self.lesson.id, kind, settings, by=TEACHER).id

    def ada(self, act: Act | None = None) -> str:
        """What Ada's page says, once she has done something."""
        cookies = {BROWSER_COOKIE: passes.browser_pass(ADA.owner)}
        return asyncio.run(_visit(self.app.address, ELSEWHERE, cookies, "join", act))

    def teacher(self, press: str) -> str:
        """What the teacher's page says, once a button of it is pressed."""
        return asyncio.run(_visit(self.app.address, {}, {}, "class", lambda page: page.press(press)))


async def _visit(
    address: str, headers: dict[str, str], cookies: dict[str, str], name: str, act: Act | None = None
) -> str:
    async with open_session(address, headers, cookies) as page:
        await page.visit(name)
        if act:
            await act(page)
        assert not page.exceptions()
        headings = [element.heading.body for element in page.elements("heading")]
        boards = [element.html.body for element in page.elements("html")]
        return "\n".join([*headings, *page.texts(), *page.alerts(), *boards])


@pytest.fixture
def taught(activities: Activities, lesson: Lesson, temporary_home: Path) -> Iterator[Taught]:
    found = Taught(AppProcess.start(temporary_home), activities, lesson)
    yield found
    found.app.end()


# --- What is handed in, at the pages ---------------------------------------------------------------------------------


async def writes(page: AppClient) -> None:
    await page.send_drawing(drawings.load()[7])
    await page.press("Hand in")


async def bets(page: AppClient) -> None:
    await page.set_value("number_input", "Your answer", double_value=42.0)
    await page.press("Hand in")


async def fools(page: AppClient) -> None:
    await page.choose("It is to be a …", "4")
    await writes(page)


@dataclass(frozen=True)
class Kind:
    """An activity as the teacher starts it, what Ada hands in, and what her page says from then on."""

    settings: dict[str, object]
    hand_in: Act
    says: str


KINDS = {
    write.KIND: Kind(write.Task((7,), 2).settings, writes, "1 of 2 done"),
    bet.KIND: Kind(Question("How many?").settings, bets, "Handed in: 42."),
    break_it.KIND: Kind(break_it.Task().settings, fools, "You have 2 tries left."),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_handed_in_is_there_and_the_activity_goes_on(kind: str, taught: Taught) -> None:
    name = next(one.name for one in taught.activities.lessons.members(taught.lesson.id, by=TEACHER))
    number = taught.start(kind, KINDS[kind].settings)
    assert KINDS[kind].says in taught.ada(KINDS[kind].hand_in)
    before = taught.activities.entries(number, by=TEACHER)
    taught.kill()
    words = taught.ada()
    assert name in words and KINDS[kind].says in words
    assert taught.activities.entries(number, by=TEACHER) == before and len(before) == 1
    assert taught.activities.lessons.lesson(taught.lesson.id).activity == number
    if kind == write.KIND:
        assert "Done. Thank you!" in taught.ada(writes)


# --- What uses the drawings of before --------------------------------------------------------------------------------


def all_write(taught: Taught, classifier: Classifier) -> None:
    number = taught.start(write.KIND, write.Task().settings)
    for pupil in (ADA, BOB):
        for digit in range(CLASSES):
            write.hand_in(taught.activities, number, drawn(digit), classifier, by=pupil)


def is_there(taught: Taught, number: int) -> None:
    """The same people are in the same activity with all that they wrote."""
    assert taught.activities.lessons.lesson(taught.lesson.id).activity == number
    members = taught.activities.lessons.members(taught.lesson.id, by=TEACHER)
    assert members[0].name in taught.ada() and len(members) == 2
    assert len(write.of_lesson(taught.activities, taught.lesson.id, by=TEACHER)) == 2 * CLASSES


def test_a_duel_goes_on(taught: Taught, classifier: Classifier, other: Run) -> None:
    all_write(taught, classifier)
    number = taught.start(duel.KIND, duel.Task((run_folders.SHIPPED_MODEL, other.id)).settings)
    assert "What do you think?" in taught.ada()
    taught.kill()
    is_there(taught, number)
    assert "What do you think?" in taught.ada() and "It is a draw." not in taught.ada()
    taught.teacher("Reveal")
    assert "It is a draw." in taught.ada()
    taught.kill()
    assert "It is a draw." in taught.ada()


def test_a_run_that_learns_from_the_class_goes_on(taught: Taught, classifier: Classifier, real_mnist: Path) -> None:
    taught.kill()  # it learns of MNIST
    all_write(taught, classifier)
    plan = tune.plan(taught.activities, taught.lesson.id, run_folders.SHIPPED_MODEL, by=TEACHER)
    number = taught.start(tune.KIND, plan.settings)
    taught.teacher("Train on us")
    run = tune.run_of(tune.Plan.of(taught.activities.activity(number)))
    assert run
    wait_for(lambda: run.stored_status().steps, "a run that has begun")
    taught.kill()
    is_there(taught, number)
    assert tune.Plan.of(taught.activities.activity(number)).run == run.id
    wait_for(lambda: run.stored_status().finished, "the end of the run", 400)
    assert run.stored_status().state == "done"
    assert "Of your 10 drawings, it read" in taught.ada()


def test_both_runs_of_whose_hands_go_on(taught: Taught, classifier: Classifier, real_mnist: Path) -> None:
    if mnist_writers.find() is None:
        pytest.skip("needs mnist_writers.npz beside the real MNIST")
    taught.kill()  # it learns of MNIST
    all_write(taught, classifier)
    number = taught.start(hands.KIND, hands.Task().settings)
    taught.teacher("Train both now")
    runs = hands.runs_of(hands.Task.of(taught.activities.activity(number)))
    assert len(runs) == 2
    wait_for(lambda: any(run.stored_status().steps for run in runs.values()), "a run that has begun")
    assert hands.is_under_way(runs)
    taught.kill()
    is_there(taught, number)
    wait_for(lambda: not hands.is_under_way(runs), "the end of both runs", 400)
    assert hands.are_trained(runs)
    taught.teacher("Reveal")
    assert "Learned from census staff" in taught.ada()
