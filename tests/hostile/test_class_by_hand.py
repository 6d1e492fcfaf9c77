"""Whoever speaks the app's protocol by hand leads no class: who asks is what counts, not what a page shows."""

import asyncio
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import connect

from mnist_core.access.actor import COMMAND_LINE, Actor, NotYoursError
from mnist_core.bench.app_client import AppClient, open_session
from mnist_core.bench.app_process import AppProcess, running_app
from mnist_core.classroom import passes, simulation, tune, write
from mnist_core.classroom.activities import Activities, Activity, Entry
from mnist_core.classroom.lessons import Lesson, Lessons
from mnist_core.classroom.passes import BROWSER_COOKIE
from mnist_core.errors import LabError
from mnist_core.inference.classifier import Classifier
from tests.classroom.test_write import classifier, drawn

__all__ = ["classifier"]

ADA, BOB = Actor("a" * 16, "203.0.113.5"), Actor("b" * 16, "203.0.113.5")
ELSEWHERE = {"X-Forwarded-For": ADA.address}
NAMES = ("Blue Fox", "Red Owl")
TITLE = "Tuesday in room five"
OPEN, ENDED = "open", "ended"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    with running_app(tmp_path_factory.mktemp("home")) as app:
        yield app


@pytest.fixture
def activities(app: AppProcess, monkeypatch: pytest.MonkeyPatch) -> Activities:
    monkeypatch.setenv("MNIST_HOME", str(app.home))
    return Activities(Lessons())


@pytest.fixture
def lesson(activities: Activities, classifier: Classifier) -> Iterator[Lesson]:
    """Two pupils write; the one has handed in."""
    lesson = activities.lessons.begin(TITLE, by=COMMAND_LINE)
    for pupil, name in zip((ADA, BOB), NAMES, strict=True):
        activities.lessons.join(lesson.code, name, by=pupil)
    activity = activities.start(lesson.id, write.KIND, write.Task((7,)).settings, by=COMMAND_LINE)
    write.hand_in(activities, activity.id, drawn(7), classifier, by=BOB)
    yield lesson
    activities.lessons.end(lesson.id, by=COMMAND_LINE)


def everything(activities: Activities) -> list[object]:
    """All that a teacher could have changed."""
    known = activities.lessons.all(by=COMMAND_LINE)
    done = [one for lesson in known for one in activities.of_lesson(lesson.id, by=COMMAND_LINE)]
    reads = (activities.entries, activities.taken_off)
    entries = [read(one.id, by=COMMAND_LINE) for one in done for read in reads]
    there = [one for lesson in known for one in activities.lessons.members(lesson.id, by=COMMAND_LINE)]
    return [known, done, entries, [(one.id, one.name, one.removed) for one in there]]


def cookies(who: Actor | None) -> dict[str, str]:
    return {BROWSER_COOKIE: passes.browser_pass(who.owner)} if who else {}


def shown(page: AppClient) -> str:
    """Whatever the app has sent that is on the page."""
    return "\n".join(str(one.content) for one in page._shown.values())


# --- The core --------------------------------------------------------------------------------------------------------

# What else a teacher does to an activity and to what was handed in, beside what `test_a_pupil_cannot_lead` has.
Act = Callable[[Activities, Activity, Entry], Callable[..., object]]
NOTHING: Any = None  # what is not looked at before it is asked who it is
ACTS: dict[str, Act] = {
    "close": lambda all_, activity, entry: partial(all_.close, activity.id),
    "open again": lambda all_, activity, entry: partial(all_.close, activity.id, False),
    "reveal": lambda all_, activity, entry: partial(all_.reveal, activity.id),
    "hide": lambda all_, activity, entry: partial(all_.reveal, activity.id, False),
    "settle": lambda all_, activity, entry: partial(all_.settle, activity.id, {}),
    "go back": lambda all_, activity, entry: partial(all_.show, activity.lesson, activity.id),
    "strike": lambda all_, activity, entry: partial(all_.strike, entry.id),
    "put back": lambda all_, activity, entry: partial(all_.strike, entry.id, False),
    "delete another's": lambda all_, activity, entry: partial(all_.take_back, entry.id),
    "plan a training": lambda all_, activity, entry: partial(tune.plan, all_, activity.lesson, "best"),
    "train": lambda all_, activity, entry: partial(tune.begin, all_, activity.id, NOTHING, NOTHING),
    "simulate": lambda all_, activity, entry: partial(simulation.begin, all_),
    "drive": lambda all_, activity, entry: partial(simulation.take_part, all_, activity.lesson, NOTHING, NOTHING),
}


@pytest.mark.parametrize("what", ACTS)
def test_a_pupil_changes_neither_an_activity_nor_what_others_handed_in(
    what: str, activities: Activities, lesson: Lesson
) -> None:
    (activity,) = activities.of_lesson(lesson.id, by=COMMAND_LINE)
    (entry,) = activities.entries(activity.id, by=COMMAND_LINE)
    before = everything(activities)
    for pupil in (ADA, Actor(), Actor("", ADA.address), Actor("c" * 16)):
        with pytest.raises(NotYoursError):
            ACTS[what](activities, activity, entry)(by=pupil)
    assert everything(activities) == before
    with pytest.raises(NotYoursError):
        activities.taken_off(activity.id, by=ADA)


# --- The pages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [ADA, None], ids=["a pupil", "a stranger"])
def test_the_board_and_the_lesson_are_shown_to_the_teacher_alone(
    who: Actor | None, app: AppProcess, activities: Activities, lesson: Lesson
) -> None:
    async def visit(**query: str) -> str:
        async with open_session(app.address, ELSEWHERE, cookies(who)) as page:
            await page.visit("class", **query)
            return shown(page)

    for query in ({"board": "1", "present": "1"}, {"board": "1"}, {}):
        words = asyncio.run(visit(lesson=str(lesson.id), **query))
        assert "This page is the teacher" in words
        assert not [one for one in (*NAMES, lesson.code, TITLE, "drawing by") if one in words]


def presses(page: AppClient) -> list[tuple[str, WidgetState]]:
    """Each button of a page with the part that it stands in, and each thing that reports what was pressed on it."""
    found = []
    for one in page._shown.values():
        if one.content.DESCRIPTOR.name != "Element":
            continue
        kind = one.content.WhichOneof("type")
        if kind == "button":
            found.append((one.fragment, WidgetState(id=one.content.button.id, trigger_value=True)))
        if kind == "bidi_component" and one.content.bidi_component.id:
            value = json.dumps({"pressed": "1", "choice": "1"})
            found.append((one.fragment, WidgetState(id=one.content.bidi_component.id, json_value=value)))
    return found


def forged(fragment: str, state: WidgetState, page: str, page_hash: str, query: str) -> bytes:
    message = BackMsg()
    asked = message.rerun_script
    asked.page_name, asked.page_script_hash, asked.fragment_id, asked.query_string = page, page_hash, fragment, query
    asked.widget_states.widgets.append(state)
    return bytes(message.SerializeToString())


@pytest.mark.parametrize("state", [OPEN, ENDED])
def test_presses_on_the_teachers_buttons_are_not_heard_from_a_pupil(
    state: str, app: AppProcess, activities: Activities, lesson: Lesson
) -> None:
    if state == ENDED:
        activities.lessons.end(lesson.id, by=COMMAND_LINE)
    before = everything(activities)

    async def send_all() -> int:
        query = f"lesson={lesson.id}"
        async with (
            open_session(app.address) as teacher,
            open_session(app.address, ELSEWHERE, cookies(ADA)) as pupil,
        ):
            await teacher.visit("class", lesson=str(lesson.id))
            found = presses(teacher)
            await pupil.visit("join")
            for fragment, press in found:
                for page, page_hash in (("class", ""), ("join", ""), ("", teacher._page_hash), ("", pupil._page_hash)):
                    for part in {fragment, ""}:
                        await pupil.connection.send(forged(part, press, page, page_hash, query))
            await pupil.visit("class", lesson=str(lesson.id))  # what came before is done by now
            assert "This page is the teacher" in shown(pupil)
            return len(found)

    assert asyncio.run(send_all()) >= (8 if state == OPEN else 4)
    assert everything(activities) == before


def test_files_of_the_teacher_are_asked_for_by_a_word_that_nobody_guesses(
    app: AppProcess, activities: Activities, lesson: Lesson
) -> None:
    activities.lessons.end(lesson.id, by=COMMAND_LINE)

    async def word_for_it(teacher: AppClient) -> str:
        await teacher.visit("class", lesson=str(lesson.id))
        (found,) = (
            one.download_button.deferred_file_id
            for one in teacher.elements("download_button")
            if one.download_button.label == "Save the lesson"
        )
        return str(found)

    async def try_others() -> None:
        async with (
            open_session(app.address) as teacher,
            open_session(app.address, ELSEWHERE, cookies(ADA)) as pupil,
        ):
            before, word = await word_for_it(teacher), await word_for_it(teacher)
            assert len(set(before) | set(word)) > 8 and len(word) == 32 and before != word
            assert (await teacher.download("Save the lesson")).startswith(b"PK")
            await pupil.visit("join")
            for name in (pupil.name, teacher.name):
                request = BackMsg()
                asked = request.backend_operation_request
                asked.request_id, asked.session_id, asked.deferred_file.file_id = "1", name, word[:-1]
                answer = (await pupil._ask(request, "backend_operation_response")).backend_operation_response
                assert answer.error_msg and not answer.deferred_file.url

    asyncio.run(try_others())


def test_a_pupil_takes_home_no_more_than_their_own(app: AppProcess, activities: Activities, lesson: Lesson) -> None:
    activities.lessons.end(lesson.id, by=COMMAND_LINE)

    async def take(who: Actor | None) -> bytes:
        async with open_session(app.address, ELSEWHERE, cookies(who)) as page:
            await page.visit("join")
            return await page.download("Take it home")

    home = asyncio.run(take(BOB)).decode()
    assert NAMES[1] in home and NAMES[0] not in home
    with pytest.raises(LabError, match="has no 'Take it home'"):
        asyncio.run(take(None))


def test_the_news_of_any_lesson_are_two_numbers_and_hear_nothing(
    app: AppProcess, activities: Activities, lesson: Lesson
) -> None:
    before = everything(activities)

    async def listen() -> list[object]:
        address = f"{app.address.replace('http', 'ws', 1)}/class/news?lesson={lesson.id}"
        async with connect(address, additional_headers=ELSEWHERE) as news:
            await news.send(json.dumps({"freeze": True}))
            return list(json.loads(await asyncio.wait_for(news.recv(), 20)))

    assert [type(one) for one in asyncio.run(listen())] == [int, int]
    assert everything(activities) == before
