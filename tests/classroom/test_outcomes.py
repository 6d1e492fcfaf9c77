"""What came out of an activity stands in the report as on its board: figures, intervals, verdicts and drawings."""

import dataclasses

import numpy as np
import pytest

from mnist_core.access.actor import NotYoursError
from mnist_core.classroom import break_it, duel, hands, outcomes, records, tune, write
from mnist_core.classroom.activities import Activities
from mnist_core.classroom.lessons import Lesson
from mnist_core.classroom.tune import Plan
from mnist_core.data.dataset import Dataset
from mnist_core.data.handed_digits import Digits
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.inference.classifier import Classifier
from mnist_core.mnist import CLASSES
from mnist_core.presentation.report import render
from mnist_core.presentation.report.blocks import Block, Charts, Heading, Pictures, Section, Table, Text
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from tests.classroom.test_hands import ended as trained
from tests.classroom.test_hands import mnist
from tests.classroom.test_lesson_pages import other
from tests.classroom.test_lessons import ADA, BOB, TEACHER
from tests.classroom.test_tune import PUPILS, started, written
from tests.classroom.test_write import classifier, drawn, lesson
from tests.conftest import PretendedEngine
from tests.pages.test_class_tune import ended

__all__ = ["classifier", "lesson", "mnist", "other"]  # fixtures


def section(activities: Activities, lesson: Lesson, title: str, with_names: bool = True) -> Section:
    report = records.of_class(activities, lesson.id, with_names, by=TEACHER)
    assert render(report, "html")
    return next(one for one in report.sections if one.title == title)


def said(blocks: tuple[Block, ...]) -> str:
    return "\n".join(one.words for one in blocks if isinstance(one, Text | Heading))


def table(blocks: tuple[Block, ...], column: str) -> Table:
    return next(one for one in blocks if isinstance(one, Table) and column in one.columns)


def captions(blocks: tuple[Block, ...]) -> list[str]:
    return [words for one in blocks if isinstance(one, Pictures) for words in one.captions]


def name_of(activities: Activities, lesson: Lesson, owner: str) -> str:
    return next(one.name for one in activities.lessons.members(lesson.id, by=TEACHER) if one.owner == owner)


# --- Break it --------------------------------------------------------------------------------------------------------


def broken(activities: Activities, lesson: Lesson, classifier: Classifier) -> None:
    """Ada's 7 that is to be a 4 counts, Bob's waits."""
    activity = activities.start(lesson.id, break_it.KIND, break_it.Task().settings, by=TEACHER)
    first = break_it.hand_in(activities, activity.id, 4, drawn(7), classifier, by=ADA).id
    for pupil in PUPILS[:2]:
        activities.lessons.join(lesson.code, by=pupil)
        break_it.say(activities, activity.id, first, 4, by=pupil)
    break_it.hand_in(activities, activity.id, 9, drawn(1), classifier, by=BOB)
    break_it.say(activities, activity.id, first + 3, 9, by=PUPILS[0])


def test_break_it_has_its_leader_board_with_drawings(
    activities: Activities, lesson: Lesson, classifier: Classifier
) -> None:
    broken(activities, lesson, classifier)
    found = section(activities, lesson, "Break it").blocks
    assert "2 drawings fool it; 1 of them can be read by the class." in said(found)
    assert [one.words for one in found if isinstance(one, Heading)] == [
        "Those that count",
        "Those that wait for a second opinion",
    ]
    first, second = captions(found)
    assert first.startswith(f"1. {name_of(activities, lesson, ADA.owner)}: read as 7, ")
    assert first.endswith("A 4, say 2 of 2") and second.endswith("A 9, 1 of 2 agree")
    masked = captions(section(activities, lesson, "Break it", with_names=False).blocks)
    assert [words.partition(":")[0] for words in masked] == ["1. Person 1", "Person 2"]


def test_a_pupil_takes_home_where_their_own_stands_and_nothing_of_others(
    activities: Activities, lesson: Lesson, classifier: Classifier
) -> None:
    broken(activities, lesson, classifier)
    activities.lessons.end(lesson.id, by=TEACHER)
    (mine,) = records.of_one(activities, lesson.id, by=ADA).sections
    (words,) = captions(mine.blocks)
    assert words.startswith("read as 7, ") and words.endswith("A 4, say 2 of 2")
    (judged,) = records.of_one(activities, lesson.id, by=PUPILS[0]).sections
    assert judged.blocks == (Text("You said what 2 drawings are."),)


def test_break_it_without_drawings_says_so(activities: Activities, lesson: Lesson) -> None:
    activities.start(lesson.id, break_it.KIND, break_it.Task().settings, by=TEACHER)
    assert said(section(activities, lesson, "Break it").blocks) == "Nobody handed anything in."


# --- Train on us -----------------------------------------------------------------------------------------------------


def tuned(activities: Activities, lesson: Lesson, dataset: Dataset) -> Plan:
    """Of twenty drawings that judge, one is mended and one is lost."""
    for number, pupil in enumerate(PUPILS):
        activities.lessons.join(lesson.code, f"Pupil {number}", by=pupil)
    written(activities, lesson)
    activity, _ = started(activities, lesson)
    run = tune.begin(activities, activity.id, PretendedEngine(), dataset, by=TEACHER)
    plan = Plan.of(activities.activity(activity.id))
    ended(plan, run)
    return plan


def test_train_on_us_has_before_and_after_for_all_and_for_each(
    activities: Activities, lesson: Lesson, simple_dataset: Dataset
) -> None:
    tuned(activities, lesson, simple_dataset)
    found = section(activities, lesson, "Train on us").blocks
    rows = {row[0]: row[1:] for row in table(found, "Likely between").rows}
    assert rows["before"] == rows["now"] == ("19 of 20", "95.0 %", "76.4 % to 99.1 %")
    assert {"MNIST before", "MNIST now"} <= rows.keys()
    assert "As many as before." in said(found)
    people = table(found, "Name").rows
    assert len(people) == 2 and all(name.startswith("Pupil ") for name, *_ in people)
    assert sorted(before for _, before, _ in people) == ["10 of 10", "9 of 10"]
    assert [row[:2] for row in table(found, "Our digits").rows] == [
        ("before", "19 of 20"),
        ("epoch 1", "19 of 20"),
        ("epoch 2", "19 of 20"),
    ]
    assert "Right now, wrong before: 1" in said(found) and "Wrong now, right before: 1" in said(found)
    assert len(captions(found)) == 2 and "read as" in captions(found)[0]
    masked = section(activities, lesson, "Train on us", with_names=False)
    assert "Pupil" not in str(masked.blocks) and "Person" in captions(masked.blocks)[0]


def test_a_pupil_takes_home_what_became_of_their_own(
    activities: Activities, lesson: Lesson, simple_dataset: Dataset
) -> None:
    tuned(activities, lesson, simple_dataset)
    activities.lessons.end(lesson.id, by=TEACHER)
    for pupil in PUPILS[:4]:
        mine = records.of_one(activities, lesson.id, by=pupil).sections[-1]
        assert mine.title == "Train on us" and "Of your 10 drawings, it read" in said(mine.blocks)
        assert len(captions(mine.blocks)) == 10 and "Pupil" not in str(mine.blocks)
    assert [one.title for one in records.of_one(activities, lesson.id, by=PUPILS[4]).sections] == ["Your drawings"]


def test_without_a_model_the_report_says_why(activities: Activities, lesson: Lesson, simple_dataset: Dataset) -> None:
    plan = tuned(activities, lesson, simple_dataset)
    run_folders.find(plan.run).model_path.unlink()
    activities.start(lesson.id, duel.KIND, duel.Task(("best", "gone")).settings, by=TEACHER)
    activities.start(lesson.id, hands.KIND, hands.Task().settings, by=TEACHER)
    assert "Nothing came of it" in said(section(activities, lesson, "Train on us").blocks)
    assert "A model of this duel was deleted" in said(section(activities, lesson, "Duel").blocks)
    assert "The two models were not trained" in said(section(activities, lesson, "Whose hands?").blocks)


@pytest.mark.parametrize("kind", ["duel", "hands", "tune", "break"])
def test_a_damaged_activity_spoils_no_report(kind: str, activities: Activities, lesson: Lesson) -> None:
    activities.start(lesson.id, kind, {"models": 3, "runs": []}, by=TEACHER)
    (found,) = records.of_class(activities, lesson.id, True, by=TEACHER).sections
    assert said(found.blocks)


# --- Duel and Whose hands? -------------------------------------------------------------------------------------------


def wrote(activities: Activities, lesson: Lesson, classifier: Classifier) -> None:
    activity = activities.start(lesson.id, write.KIND, write.Task((7, 2)).settings, by=TEACHER)
    for pupil in (ADA, BOB):
        for digit in (7, 2):
            write.hand_in(activities, activity.id, drawn(digit), classifier, by=pupil)


@pytest.fixture
def judges(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped model reads all right, another one no 7."""

    def judge(run: Run, digits: Digits) -> Evaluation:
        assert digits.labels is not None
        read = np.where((digits.labels == 7) & (run.id != run_folders.SHIPPED_MODEL), 1, digits.labels)
        return Evaluation(np.eye(CLASSES)[read], digits.labels, np.zeros((12, 4)), digits.identity)

    monkeypatch.setattr(outcomes, "_judge", judge)


@pytest.mark.usefixtures("judges")
def test_a_duel_has_accuracies_with_intervals_and_the_tests_verdict(
    activities: Activities, lesson: Lesson, classifier: Classifier, other: Run
) -> None:
    wrote(activities, lesson, classifier)
    activities.start(lesson.id, duel.KIND, duel.Task(("best", other.id)).settings, by=TEACHER)
    found = section(activities, lesson, "Duel").blocks
    assert said(found).startswith("Nobody wins: the difference could be chance.")
    assert "A and B: p = 0.50 (McNemar's test)." in said(found)
    assert [row[1:] for row in table(found, "Likely between").rows] == [
        ("4 of 4", "100.0 %", "51.0 % to 100.0 %"),
        ("2 of 4", "50.0 %", "15.0 % to 85.0 %"),
    ]
    assert table(found, "7").rows == (("A", "2/2", "2/2★"), ("B", "2/2", "0/2"))
    assert [one for one in found if isinstance(one, Charts)]
    assert render(records.of_class(activities, lesson.id, False, by=TEACHER), "pdf").startswith(b"%PDF")


@pytest.mark.usefixtures("judges")
def test_whose_hands_has_a_table_of_who_reads_whose(
    activities: Activities, lesson: Lesson, classifier: Classifier, mnist: Dataset, other: Run
) -> None:
    wrote(activities, lesson, classifier)
    activity = activities.start(lesson.id, hands.KIND, hands.Task().settings, by=TEACHER)
    runs = {"staff": other.id, "pupils": other.id}
    activities.settle(activity.id, dataclasses.replace(hands.Task(), runs=runs).settings, by=TEACHER)
    trained(other)
    found = section(activities, lesson, "Whose hands?").blocks
    assert "Both read as many of our digits right." in said(found)
    cells = table(found, "Census staff's digits")
    assert cells.columns == ("Model", "Census staff's digits", "Pupils' digits", "Our digits")
    assert [row[0] for row in cells.rows] == ["A: Learned from census staff", "B: Learned from pupils"]
    assert cells.rows[0][3] == "50.0 % (15.0 % to 85.0 %)"


def test_what_came_out_is_the_teachers(activities: Activities, lesson: Lesson) -> None:
    activity = activities.start(lesson.id, hands.KIND, hands.Task().settings, by=TEACHER)
    for pupil in (ADA, BOB):
        with pytest.raises(NotYoursError):
            outcomes.blocks(activities, activity, [], {}, by=pupil)
