"""A simulated class, for a teacher who prepares alone: made-up members who draw and bet by themselves."""

from collections.abc import Callable, Sequence

import numpy as np

from mnist_core.access.actor import Actor
from mnist_core.classroom import bet, write
from mnist_core.classroom.activities import Activities, Activity
from mnist_core.classroom.bet import Question
from mnist_core.classroom.lessons import Lesson, Member
from mnist_core.classroom.names import drawn_name
from mnist_core.classroom.tables import LONGEST_NAME
from mnist_core.classroom.write import Task
from mnist_core.data.stroke_files import vary
from mnist_core.errors import InputError
from mnist_core.inference.classifier import Classifier
from mnist_core.language import gettext
from mnist_core.preprocessing.keypad import EXAMPLES, strokes_from_keys
from mnist_core.preprocessing.strokes import CANVAS_SIDE, Strokes

MEMBERS = 12
# No browser has such a name: those are hexadecimal digits.
OWNER = "simulated-"
AT_ONCE = 3  # so many hand in something at a time
STRENGTH = 1.6  # of how much hands differ: enough that some are misread
SIZES = (0.45, 0.75)  # of a drawing, as shares of the canvas
ClassifierOf = Callable[[str], Classifier]


def begin(activities: Activities, *, by: Actor) -> Lesson:
    """Begins a lesson that is named so, with members who are marked as simulated by their names."""
    by.check_in_charge(gettext("Trying a lesson"))
    lesson = activities.lessons.begin(gettext("Simulated class"), by=by)
    names: list[str] = []
    for number in range(1, MEMBERS + 1):
        names.append(_name(number, names))
        activities.lessons.join(lesson.code, names[-1], by=_actor(number))
    return lesson


def _name(number: int, taken: Sequence[str]) -> str:
    name = gettext("Robot {name}", name=drawn_name([one.partition(" ")[2] for one in taken]))
    return name if len(name) <= LONGEST_NAME else gettext("Robot {name}", name=number)


def _actor(number: int) -> Actor:
    return Actor(f"{OWNER}{number}")


def is_simulated(member: Member) -> bool:
    return member.owner.startswith(OWNER)


def simulated(activities: Activities, lesson: int, *, by: Actor) -> list[Member]:
    """Returns the simulated members of a lesson, none of any other lesson; for the teacher."""
    return [one for one in activities.lessons.members(lesson, by=by) if is_simulated(one) and not one.removed]


def take_part(
    activities: Activities, lesson: int, classifier: ClassifierOf, random: np.random.Generator, *, by: Actor
) -> int:
    """Lets a few of the simulated members hand in what the activity asks for; returns how many did.

    In activities that they do not know they only watch. `classifier` gives the model of a name.
    """
    by.check_in_charge(gettext("Trying a lesson"))
    members = simulated(activities, lesson, by=by)
    activities.lessons.note_present([one.owner for one in members])
    found = activities.lessons.lesson(lesson)
    if not members or not found.is_open or found.frozen or found.activity is None:
        return 0
    activity = activities.activity(found.activity)
    if activity.closed or activity.revealed:
        return 0
    handed_in = 0
    for place in random.permutation(len(members)):
        if handed_in < AT_ONCE:
            handed_in += _hand_in(activities, activity, Actor(members[place].owner), classifier, random)
    return handed_in


def _hand_in(
    activities: Activities, activity: Activity, by: Actor, classifier: ClassifierOf, random: np.random.Generator
) -> bool:
    """Whether there was something left to hand in."""
    try:
        if activity.kind == write.KIND:
            return _write(activities, activity, by, classifier, random)
        return activity.kind == bet.KIND and _bet(activities, activity, by, random)
    except InputError:  # the teacher has just gone on
        return False


def _write(
    activities: Activities, activity: Activity, by: Actor, classifier: ClassifierOf, random: np.random.Generator
) -> bool:
    task = Task.of(activity)
    label = task.next([one.label for one in write.written(activities, activity.id, own=True, by=by)])
    if label is None:
        return False
    write.hand_in(activities, activity.id, drawn(label, random), classifier(task.model), by=by)
    return True


def drawn(digit: int, random: np.random.Generator) -> Strokes:
    """A digit as somebody might write it, in pixels of the canvas."""
    strokes = vary(strokes_from_keys(EXAMPLES[digit]), random, STRENGTH)
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = CANVAS_SIDE * random.uniform(*SIZES) / float((high - low).max())
    room = CANVAS_SIDE - scale * (high - low)
    corner = room * random.uniform(0.3, 0.7, 2)
    return [(stroke - low) * scale + corner for stroke in strokes]


def _bet(activities: Activities, activity: Activity, by: Actor, random: np.random.Generator) -> bool:
    if bet.own(activities, activity.id, by=by) is not None:
        return False
    question = Question.of(activity)
    bet.hand_in(activities, activity.id, _guess(question, random), by=by)
    return True


def _guess(question: Question, random: np.random.Generator) -> float:
    if question.options:
        return int(random.integers(len(question.options)))
    return float(np.round(random.uniform(question.least, question.most)).clip(question.least, question.most))
