"""A class joins a lesson by a code; only the teacher leads it, and nobody does a thing for somebody else."""

import inspect
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mnist_core.access.actor import COMMAND_LINE, Actor, NotYoursError
from mnist_core.classroom import devices
from mnist_core.classroom.activities import Activities
from mnist_core.classroom.lessons import KEPT_DAYS, PRESENT_SECONDS, WIPED_HOURS, Lesson, Lessons, Member
from mnist_core.errors import InputError

TEACHER = Actor("f" * 16, "203.0.113.1", teaches=True)
ADA, BOB = Actor("a" * 16, "203.0.113.2"), Actor("b" * 16, "203.0.113.3")


@pytest.fixture
def lessons() -> Lessons:
    return Lessons()


@pytest.fixture
def lesson(lessons: Lessons) -> Lesson:
    return lessons.begin("8b", by=TEACHER)


def joined(lessons: Lessons, lesson: Lesson, by: Actor = ADA, name: str = "") -> Member:
    return lessons.join(lesson.code, name, by=by)


def test_a_code_is_four_letters_that_no_other_open_lesson_has(lessons: Lessons) -> None:
    codes = {lessons.begin("", by=TEACHER).code for _ in range(20)}
    assert len(codes) == 20 and all(len(code) == 4 and code.isalpha() and code.isupper() for code in codes)


def test_whoever_joins_by_any_spelling_gets_a_name_and_comes_back_as_the_same(lessons: Lessons, lesson: Lesson) -> None:
    ada = lessons.join(f" {lesson.code.lower()} ", by=ADA)
    assert ada.name and lessons.join(lesson.code, "Other", by=ADA) == ada, "the name that they have stays"
    assert lessons.own(ADA) == (lessons.lesson(lesson.id), ada)
    assert lessons.own(BOB) is None and lessons.own(Actor()) is None


@pytest.mark.parametrize("code", ["", "ABC", "ABCDE", "1234", "ÄÖÜX", "<b>x", "AB\0D"])
def test_what_is_no_code_is_said(lessons: Lessons, lesson: Lesson, code: str) -> None:
    with pytest.raises(InputError, match="is not the code of a lesson, which has 4 letters"):
        lessons.join(code, by=ADA)


def test_a_code_that_no_lesson_has_is_said(lessons: Lessons) -> None:
    with pytest.raises(InputError, match=r"^No lesson has the code ZZZZ now; look at the board again\.$"):
        lessons.join("zzzz", by=ADA)


def test_codes_cannot_be_tried_without_end(lessons: Lessons) -> None:
    with pytest.raises(InputError, match="attempts to join came within a minute"):
        for _ in range(5000):
            try:
                lessons.join("ZZZZ", by=ADA)
            except InputError as error:
                if "No lesson has" not in str(error):
                    raise


def test_names_are_free_short_and_on_one_line(lessons: Lessons, lesson: Lesson) -> None:
    assert joined(lessons, lesson, ADA, "  Blue   Fox ").name == "Blue Fox"
    with pytest.raises(InputError, match=r"^Somebody is called blue fox already; choose another name\.$"):
        joined(lessons, lesson, BOB, "blue fox")
    for name in ("a" * 25, "a\u202eb", "a\0b"):
        with pytest.raises(InputError, match="cannot be used; expected one line of at most 24 letters"):
            joined(lessons, lesson, BOB, name)
    names = [joined(lessons, lesson, Actor(f"{number:016x}")).name for number in range(100)]
    assert len(set(map(str.casefold, names))) == 100


def test_the_lab_is_full_before_it_is_slow_and_whoever_is_in_comes_back(
    lessons: Lessons, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "most", lambda: 5)
    other = lessons.begin("9a", by=TEACHER)
    class_ = [Actor(f"{number:016x}", f"203.0.{number}.1") for number in range(5)]
    for number, by in enumerate(class_):
        assert lessons.present(by=TEACHER) == number
        joined(lessons, other if number % 2 else lesson, by)
    with pytest.raises(InputError, match=r"^The lab is full: 5 devices take part, and more would"):
        joined(lessons, lesson)
    joined(lessons, lesson, class_[0])
    lessons.remove(joined(lessons, lesson, class_[2]).id, by=TEACHER)
    joined(lessons, lesson)


def test_who_has_gone_leaves_room_but_one_lesson_takes_no_end_of_devices(
    lessons: Lessons, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "most", lambda: 1)
    for number in range(devices.most_members()):
        by = Actor(f"{number:016x}", f"203.0.{number}.1")
        joined(lessons, lesson, by)
        lessons.note_present([by.owner], time.time() - PRESENT_SECONDS - 1)
    assert lessons.present(by=TEACHER) == 0
    with pytest.raises(InputError, match=r"^This lesson is full: 31 have joined"):
        joined(lessons, lesson)


def test_all_of_a_class_may_join_at_once(lessons: Lessons, lesson: Lesson) -> None:
    class_ = [Actor(f"{number:016x}", "203.0.113.9") for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        names = [member.name for member in threads.map(lambda by: joined(Lessons(), lesson, by), class_)]
    assert len(set(names)) == 40 == len(lessons.members(lesson.id, by=TEACHER))


# --- What is the teacher's alone -------------------------------------------------------------------------------------

LEADING: dict[str, Callable[[Lessons, Lesson, Member], Callable[..., Any]]] = {
    "begin": lambda lessons, lesson, member: lambda by: lessons.begin("mine", by=by),
    "end": lambda lessons, lesson, member: lambda by: lessons.end(lesson.id, by=by),
    "go on": lambda lessons, lesson, member: lambda by: lessons.go_on(lesson.id, by=by),
    "freeze": lambda lessons, lesson, member: lambda by: lessons.freeze(lesson.id, True, by=by),
    "let go on": lambda lessons, lesson, member: lambda by: lessons.freeze(lesson.id, False, by=by),
    "lock": lambda lessons, lesson, member: lambda by: lessons.lock(lesson.id, True, by=by),
    "unlock": lambda lessons, lesson, member: lambda by: lessons.lock(lesson.id, False, by=by),
    "remove": lambda lessons, lesson, member: lambda by: lessons.remove(member.id, by=by),
    "let in": lambda lessons, lesson, member: lambda by: lessons.remove(member.id, False, by=by),
    "rename another": lambda lessons, lesson, member: lambda by: lessons.rename(member.id, "Nobody", by=by),
    "delete another's": lambda lessons, lesson, member: lambda by: lessons.leave(member.id, by=by),
    "wipe": lambda lessons, lesson, member: lambda by: lessons.wipe(lesson.id, by=by),
    "bring back": lambda lessons, lesson, member: lambda by: lessons.bring_back(lesson.id, by=by),
    "see what was wiped": lambda lessons, lesson, member: lambda by: lessons.wiped(by=by),
    "follow a plan": lambda lessons, lesson, member: lambda by: lessons.follow_plan(lesson.id, "plan", by=by),
    "go on in a plan": lambda lessons, lesson, member: lambda by: lessons.go_to_step(lesson.id, 1, by=by),
    "see all lessons": lambda lessons, lesson, member: lambda by: lessons.all(by=by),
    "see how many": lambda lessons, lesson, member: lambda by: lessons.present(by=by),
    "see who takes part": lambda lessons, lesson, member: lambda by: lessons.members(lesson.id, by=by),
    "start": lambda lessons, lesson, member: lambda by: Activities(lessons).start(lesson.id, "write", {}, by=by),
    "show none": lambda lessons, lesson, member: lambda by: Activities(lessons).show(lesson.id, None, by=by),
    "show to all": lambda lessons, lesson, member: lambda by: Activities(lessons).show_to_all(lesson.id, None, by=by),
    "see activities": lambda lessons, lesson, member: lambda by: Activities(lessons).of_lesson(lesson.id, by=by),
    "see the last": lambda lessons, lesson, member: lambda by: Activities(lessons).latest(lesson.id, by=by),
}


@pytest.mark.parametrize("what", LEADING)
def test_a_pupil_cannot_lead(what: str, lessons: Lessons, lesson: Lesson) -> None:
    joined(lessons, lesson)
    bob = joined(lessons, lesson, BOB)
    before = (lessons.lesson(lesson.id), lessons.members(lesson.id, by=TEACHER))
    do = LEADING[what](lessons, lesson, bob)
    for pupil in (ADA, Actor(), Actor("", ADA.address), Actor("c" * 16)):
        with pytest.raises(NotYoursError):
            do(by=pupil)
    assert (lessons.lesson(lesson.id), lessons.members(lesson.id, by=TEACHER)) == before


@pytest.mark.parametrize("what", [what for what in LEADING if what not in ("wipe", "bring back")])
@pytest.mark.parametrize("teacher", [TEACHER, Actor("d" * 16, on_this_machine=True), COMMAND_LINE])
def test_the_teacher_leads(what: str, teacher: Actor, lessons: Lessons, lesson: Lesson) -> None:
    LEADING[what](lessons, lesson, joined(lessons, lesson, BOB))(by=teacher)


def test_nobody_who_calls_can_forget_to_say_who_asks() -> None:
    for kind in (Lessons, Activities):
        for name, method in inspect.getmembers(kind, inspect.isfunction):
            by = inspect.signature(method).parameters.get("by")
            assert (
                name[0] == "_" or by is None or name == "own" or (by.kind is by.KEYWORD_ONLY and by.default is by.empty)
            ), name


def test_whoever_was_removed_stays_out_until_they_are_let_in(lessons: Lessons, lesson: Lesson) -> None:
    ada = joined(lessons, lesson)
    lessons.remove(ada.id, by=TEACHER)
    assert lessons.own(ADA) is None
    with pytest.raises(NotYoursError, match=r"^The teacher has taken you out of this lesson"):
        joined(lessons, lesson)
    with pytest.raises(NotYoursError):
        lessons.rename(ada.id, "Back", by=ADA)
    lessons.remove(ada.id, False, by=TEACHER)
    assert joined(lessons, lesson).id == ada.id


def test_everybody_may_rename_and_delete_themselves(lessons: Lessons, lesson: Lesson) -> None:
    ada = joined(lessons, lesson)
    lessons.rename(ada.id, "Red Owl", by=ADA)
    lessons.rename(ada.id, "red owl", by=ADA)
    assert lessons.own(ADA) is not None
    lessons.leave(ada.id, by=ADA)
    assert lessons.own(ADA) is None and lessons.members(lesson.id, by=TEACHER) == []
    with pytest.raises(InputError, match=r"^Nobody with this number takes part"):
        lessons.leave(ada.id, by=ADA)


# --- Its course ------------------------------------------------------------------------------------------------------


def test_an_ended_lesson_takes_nobody_and_can_be_taken_up_again(lessons: Lessons, lesson: Lesson) -> None:
    ada = joined(lessons, lesson)
    lessons.end(lesson.id, by=TEACHER)
    assert not lessons.lesson(lesson.id).is_open and lessons.own(ADA) is None
    with pytest.raises(InputError, match="No lesson has the code"):
        joined(lessons, lesson, BOB)
    lessons.go_on(lesson.id, by=TEACHER)
    assert lessons.own(ADA) == (lessons.lesson(lesson.id), ada)


def test_a_class_is_kept_together_until_it_is_let_go_or_the_lesson_ends(lessons: Lessons, lesson: Lesson) -> None:
    assert not lesson.locked
    lessons.lock(lesson.id, True, by=TEACHER)
    after = lessons.lesson(lesson.id)
    assert after.locked and after.steps == lesson.steps + 1, "all pages of the class hear of it"
    lessons.lock(lesson.id, False, by=TEACHER)
    assert not lessons.lesson(lesson.id).locked
    lessons.lock(lesson.id, True, by=TEACHER)
    lessons.end(lesson.id, by=TEACHER)
    lessons.go_on(lesson.id, by=TEACHER)
    assert not lessons.lesson(lesson.id).locked


def test_only_an_ended_lesson_is_wiped_with_all_that_belongs_to_it(lessons: Lessons, lesson: Lesson) -> None:
    joined(lessons, lesson)
    other = lessons.begin("9a", by=TEACHER)
    kept = joined(lessons, other, BOB)
    with pytest.raises(InputError, match="still going on; end it first"):
        lessons.wipe(lesson.id, by=TEACHER)
    lessons.end(lesson.id, by=TEACHER)
    lessons.wipe(lesson.id, by=TEACHER)
    with pytest.raises(InputError, match="not there any more"):
        lessons.lesson(lesson.id)
    assert lessons.own(BOB) == (lessons.lesson(other.id), kept)


def test_a_wiped_lesson_is_out_of_every_list_at_once(lessons: Lessons, lesson: Lesson) -> None:
    ada, activities = joined(lessons, lesson), Activities(lessons)
    activity = activities.start(lesson.id, "bet", {}, by=TEACHER)
    entry = activities.hand_in(activity.id, {"value": 1}, by=ADA)
    lessons.end(lesson.id, by=TEACHER)
    lessons.wipe(lesson.id, by=TEACHER)
    assert lessons.all(by=TEACHER) == [] and lessons.changes() == {}
    assert lessons.own(ADA) is None and lessons.own_ended(by=ADA) is None
    assert activities.of_lesson(lesson.id, by=TEACHER) == [] == activities.entries(activity.id, by=TEACHER)
    assert activities.entries(activity.id, own=True, by=ADA) == [] and activities.latest(lesson.id, by=TEACHER) == {}
    gone: list[Callable[[], Any]] = [
        lambda: lessons.lesson(lesson.id),
        lambda: lessons.members(lesson.id, by=TEACHER),
        lambda: lessons.go_on(lesson.id, by=TEACHER),
        lambda: lessons.wipe(lesson.id, by=TEACHER),
        lambda: lessons.rename(ada.id, "Back", by=ADA),
        lambda: activities.activity(activity.id),
        lambda: activities.of_own_lesson(lesson.id, by=ADA),
        lambda: activities.strike(entry, by=TEACHER),
    ]
    for do in gone:
        with pytest.raises(InputError, match="not there any more"):
            do()


def test_a_wiped_lesson_comes_back_within_a_day_as_it_was(lessons: Lessons, lesson: Lesson) -> None:
    ada = joined(lessons, lesson)
    lessons.end(lesson.id, by=TEACHER)
    before = lessons.members(lesson.id, by=TEACHER)
    lessons.wipe(lesson.id, by=TEACHER)
    hour = 3600
    assert [one.id for one in lessons.wiped(by=TEACHER)] == [lesson.id]
    assert lessons.wipe_old(time.time() + (WIPED_HOURS - 1) * hour) == 0
    lessons.bring_back(lesson.id, by=TEACHER)
    assert lessons.members(lesson.id, by=TEACHER) == before and lessons.wiped(by=TEACHER) == []
    lessons.go_on(lesson.id, by=TEACHER)
    assert lessons.own(ADA) == (lessons.lesson(lesson.id), ada)


def test_after_a_day_a_wiped_lesson_is_gone_for_good(lessons: Lessons, lesson: Lesson) -> None:
    joined(lessons, lesson)
    other = lessons.begin("9a", by=TEACHER)
    lessons.end(lesson.id, by=TEACHER)
    lessons.wipe(lesson.id, by=TEACHER)
    later = time.time() + (WIPED_HOURS + 1) * 3600
    assert lessons.wiped(later, by=TEACHER) == []
    with pytest.raises(InputError, match="not there any more"):
        lessons.bring_back(lesson.id, later, by=TEACHER)
    assert lessons.wipe_old(later) == 1
    with pytest.raises(InputError, match="not there any more"):
        lessons.bring_back(lesson.id, by=TEACHER)
    assert [one.id for one in lessons.all(by=TEACHER)] == [other.id]


def test_nothing_of_what_went_for_good_lies_on_in_the_file(
    lessons: Lessons, lesson: Lesson, temporary_home: Path
) -> None:
    activities = Activities(lessons)
    joined(lessons, lesson, name="Quince Marmot")
    activity = activities.start(lesson.id, "bet", {"text": "Which quagga?"}, by=TEACHER)
    activities.hand_in(activity.id, {"value": "gnu-and-okapi"}, by=ADA)

    def everything() -> bytes:
        return b"".join(path.read_bytes() for path in temporary_home.glob("collection.sqlite*"))

    told = (b"Quince Marmot", b"Which quagga?", b"gnu-and-okapi", ADA.owner.encode())
    assert all(words in everything() for words in told)
    lessons.wipe_old(time.time() + (KEPT_DAYS + 1) * 24 * 3600)
    assert not any(words in everything() for words in told)


def test_a_lesson_follows_a_plan_step_by_step(lessons: Lessons, lesson: Lesson) -> None:
    assert lesson.plan is None
    lessons.follow_plan(lesson.id, "seeing", by=TEACHER)
    begun = lessons.lesson(lesson.id)
    assert (begun.plan, begun.plan_step) == ("seeing", 0) and begun.plan_since
    lessons.go_to_step(lesson.id, 1, by=TEACHER)
    after = lessons.lesson(lesson.id)
    assert after.plan_step == 1 and after.plan_since and after.plan_since >= begun.plan_since
    assert after.steps > lesson.steps, "between activities all see the step's title"
    for step in (-1, 20, True):
        with pytest.raises(InputError):
            lessons.go_to_step(lesson.id, step, by=TEACHER)
    for plan in ("", "x" * 81):
        with pytest.raises(InputError, match="no such lesson plan"):
            lessons.follow_plan(lesson.id, plan, by=TEACHER)
    lessons.follow_plan(lesson.id, None, by=TEACHER)
    assert lessons.lesson(lesson.id).plan is None


def test_whoever_took_part_sees_what_was_done_once_it_has_ended(lessons: Lessons, lesson: Lesson) -> None:
    ada, activities = joined(lessons, lesson), Activities(lessons)
    bob = joined(lessons, lesson, BOB)
    activity = activities.start(lesson.id, "bet", {}, by=TEACHER)
    with pytest.raises(InputError, match="still going on"):
        activities.of_own_lesson(lesson.id, by=ADA)
    lessons.remove(bob.id, by=TEACHER)
    lessons.end(lesson.id, by=TEACHER)
    assert [one.id for one in activities.of_own_lesson(lesson.id, by=ADA)] == [activity.id]
    assert lessons.own_ended(by=ADA) == (lessons.lesson(lesson.id), ada)
    for stranger in (BOB, Actor(), Actor("c" * 16), TEACHER):
        with pytest.raises(NotYoursError, match="nothing of it is yours"):
            activities.of_own_lesson(lesson.id, by=stranger)
        assert lessons.own_ended(by=stranger) is None


def test_what_nobody_wipes_is_gone_after_thirty_days(lessons: Lessons, lesson: Lesson) -> None:
    joined(lessons, lesson)
    day = 24 * 3600
    assert lessons.wipe_old(time.time() + (KEPT_DAYS - 1) * day) == 0
    assert lessons.wipe_old(time.time() + (KEPT_DAYS + 1) * day) == 1
    assert lessons.all(by=TEACHER) == []


def test_steps_of_the_teacher_are_counted_apart_from_what_pupils_do(lessons: Lessons, lesson: Lesson) -> None:
    before = lessons.changes()[lesson.id]
    joined(lessons, lesson)
    after = lessons.changes()[lesson.id]
    assert after[0] > before[0] and after[1] == before[1]
    lessons.freeze(lesson.id, True, by=TEACHER)
    assert lessons.changes()[lesson.id][1] > after[1]


def test_presence_is_no_change_and_ends_by_itself(lessons: Lessons, lesson: Lesson) -> None:
    ada = joined(lessons, lesson)
    before, now = lessons.changes(), time.time() + 1000
    lessons.note_present([ADA.owner, "e" * 16], now)
    (member,) = lessons.members(lesson.id, by=TEACHER)
    assert member.is_present(now) and not member.is_present(now + PRESENT_SECONDS) and member.id == ada.id
    assert lessons.changes() == before
    lessons.note_present([])
