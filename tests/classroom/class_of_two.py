"""A lesson in which two pupils have drawn and bet, for tests of what is kept of it."""

from mnist_core.classroom import bet, write
from mnist_core.classroom.activities import Activities
from mnist_core.classroom.bet import Question
from mnist_core.classroom.lessons import Lesson, Lessons
from mnist_core.classroom.write import Task
from mnist_core.inference.classifier import Classifier
from mnist_core.preprocessing.keypad import EXAMPLES, strokes_from_keys
from mnist_core.runs import run_folders
from tests.classroom.test_lessons import ADA, BOB, TEACHER

ADAS_NAME, BOBS_NAME = "=Blue Fox", "<b>Red #Owl*"
QUESTION = Question("How many of <100>?", unit="%", answer=97.0)


def taught() -> tuple[Activities, Lesson]:
    """Both write a 7 and a 2, Ada twice as a bet; the lesson has ended."""
    activities = Activities(Lessons())
    lessons = activities.lessons
    lesson = lessons.begin("8b <script>", by=TEACHER)
    for pupil, name in ((ADA, ADAS_NAME), (BOB, BOBS_NAME)):
        lessons.join(lesson.code, name, by=pupil)
    classifier = Classifier(run_folders.find(run_folders.SHIPPED_MODEL).model_path)
    writing = activities.start(lesson.id, write.KIND, Task((7, 2)).settings, by=TEACHER)
    for pupil in (ADA, BOB):
        for digit in (7, 2):
            write.hand_in(activities, writing.id, strokes_from_keys(EXAMPLES[digit]), classifier, by=pupil)
    betting = activities.start(lesson.id, bet.KIND, QUESTION.settings, by=TEACHER)
    bet.hand_in(activities, betting.id, 95, by=ADA)
    bet.hand_in(activities, betting.id, 50, by=BOB)
    lessons.end(lesson.id, by=TEACHER)
    return activities, lessons.lesson(lesson.id)
