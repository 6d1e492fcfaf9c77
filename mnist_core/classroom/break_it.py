"""Break it: who draws what everybody can read, and the model reads wrongly and is sure of it?

A drawing enters where the model errs, and counts as soon as two who did not draw it take it for what it was to be.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mnist_core.access.actor import Actor
from mnist_core.checks import check_whole
from mnist_core.classroom.activities import Activities, Activity, Entry
from mnist_core.classroom.lessons import Member
from mnist_core.classroom.write import NOT_READ, Written, content_of, read
from mnist_core.data.collection.drawing import to_text
from mnist_core.errors import InputError
from mnist_core.formatting import begun, count, with_article
from mnist_core.inference import reading
from mnist_core.inference.answer import Answer
from mnist_core.inference.classifier import Classifier
from mnist_core.language import gettext, ngettext
from mnist_core.mnist import CLASSES, NO_DIGIT
from mnist_core.preprocessing.strokes import Strokes

KIND = "break"
MOST_EACH, USUAL_EACH = 10, 3
AGREED = 2  # so many who did not draw it must take it for the same
COUNTS, WAITS, OTHERWISE = "counts", "waits", "otherwise"  # where a drawing stands
STANDINGS = (COUNTS, WAITS, OTHERWISE)


@dataclass(frozen=True)
class Task:
    """Which model is to be broken, and how often one may try on the board."""

    model: str = "best"
    each: int = USUAL_EACH

    def __post_init__(self) -> None:
        check_whole("number of drawings", self.each, 1, MOST_EACH)

    @classmethod
    def of(cls, activity: Activity) -> "Task":
        """Of an activity as `settings` made it."""
        return cls(activity.settings["model"], activity.settings["each"])

    @property
    def settings(self) -> dict[str, Any]:
        return {"model": self.model, "each": self.each}


@dataclass(frozen=True)
class Entered:
    """A drawing that the model reads wrongly, and what others take it for."""

    drawing: Written  # its label is what it was to be
    said: tuple[int, ...] = ()  # what each who did not draw it takes it for, `NO_DIGIT` among it

    @property
    def taken_for(self) -> int | None:
        """What most take it for, at least `AGREED`; None as long as they do not agree."""
        ranked = [*Counter(self.said).most_common(2), (NO_DIGIT, 0), (NO_DIGIT, 0)]
        (label, most), (_, second) = ranked[:2]
        return label if most >= AGREED and most > second else None

    @property
    def standing(self) -> str:
        """One of `STANDINGS`."""
        if self.taken_for is None:
            return WAITS
        return COUNTS if self.taken_for == self.drawing.label else OTHERWISE


@dataclass(frozen=True)
class Unknown:
    """A drawing as somebody is asked about it: without its author, without what it was to be, without the answer."""

    id: int
    strokes: Strokes


# --- Handing in ------------------------------------------------------------------------------------------------------


def hand_in(
    activities: Activities, activity: int, label: int, strokes: Strokes, classifier: Classifier, *, by: Actor
) -> Written:
    """Puts a drawing on the board, in pixels of the canvas, that the model reads as another digit than it is to be.

    Raises InputError where the model reads it right or as no digit, it is there already, or they have handed in as many
    as one may, and as `Activities.hand_in` does.
    """
    check_whole("digit", label, 0, CLASSES - 1)
    to_text(strokes)  # what is too small or too large to keep is refused
    task = Task.of(activities.activity(activity))
    answer = reading.read_strokes(strokes, classifier, on_canvas=True).answer
    check_is_wrong(answer, label)
    content = content_of(label, strokes, answer)

    def check(_: Member, before: Sequence[Entry]) -> None:
        mine = [entry for entry in before if not _is_word(entry)]
        if len(mine) >= task.each:
            raise InputError(
                ngettext(
                    "You have handed in {number} drawing, which is all that each may.",
                    "You have handed in {number} drawings, which is all that each may.",
                    task.each,
                    number=task.each,
                )
            )
        if any(entry.content.get("strokes") == content["strokes"] for entry in mine):
            raise InputError(gettext("You have handed this drawing in already; draw another one."))

    number = activities.hand_in(activity, content, check=check, by=by)
    return Written.of(Entry(number, activity, 0, content, 0.0, False, ""))


def check_is_wrong(answer: Answer, label: int) -> None:
    """Raises InputError unless a model gives a digit, and not this one."""
    if read(answer) == label:
        raise InputError(gettext("The model reads this right. Change it until it errs."))
    if read(answer) == NOT_READ:
        raise InputError(gettext("The model gives no digit here, so it is not wrong. Draw it more like a digit."))


def say(activities: Activities, activity: int, about: int, label: int, *, by: Actor) -> None:
    """Takes what somebody says that a drawing of another is, once a drawing: a digit, or `NO_DIGIT`.

    Raises InputError where it is not on the board, is their own, or they have said it already, and as
    `Activities.hand_in` does.
    """
    check_whole("digit", label, 0, NO_DIGIT)
    drawing = next((one for one in entered(activities, activity, by=by) if one.drawing.id == about), None)
    if drawing is None:
        raise InputError(gettext("This is not on the board any more."))

    def check(member: Member, before: Sequence[Entry]) -> None:
        if member.id == drawing.drawing.member:
            raise InputError(gettext("You drew this one yourself; others say what it is."))
        if any(entry.content.get("about") == about for entry in before):
            raise InputError(gettext("You have said already what this one is."))

    activities.hand_in(activity, {"about": about, "label": label}, check=check, by=by)


# --- Reading ---------------------------------------------------------------------------------------------------------


def entered(activities: Activities, activity: int, *, by: Actor) -> list[Entered]:
    """Returns the drawings with what was said of them: those that count first, the surest mistake first.

    For the teacher, and for what of it this module shows to whoever takes part.
    """
    lesson = activities.activity(activity).lesson
    return of_entries([entry for entry in activities.of_class(lesson, KIND, by=by) if entry.activity == activity])


def of_entries(there: Sequence[Entry]) -> list[Entered]:
    """Pairs drawings with what was said of them, in the order of `entered`."""
    words: dict[int, list[int]] = {}
    for entry in filter(_is_word, there):
        words.setdefault(entry.content["about"], []).append(entry.content.get("label", NO_DIGIT))
    found = [Entered(Written.of(entry), tuple(words.get(entry.id, ()))) for entry in there if not _is_word(entry)]
    return sorted(found, key=lambda one: (STANDINGS.index(one.standing), -one.drawing.answer.probability))


def own(activities: Activities, activity: int, *, by: Actor) -> list[Entered]:
    """Returns somebody's own drawings, in the order in which they came."""
    me = _me(activities, activity, by)
    mine = [one for one in entered(activities, activity, by=by) if me and one.drawing.member == me.id]
    return sorted(mine, key=lambda one: one.drawing.id)


def to_judge(activities: Activities, activity: int, shown: int | None = None, *, by: Actor) -> Unknown | None:
    """Returns a drawing of somebody else about which others do not agree yet; None where there is none to ask about.

    The one that is `shown` stays as long as it can; else it is one of which the fewest have said what it is, not the
    same one for all.
    """
    me = _me(activities, activity, by)
    if me is None:
        return None
    said = {entry.content.get("about") for entry in activities.entries(activity, own=True, by=by)}
    asked = [
        one
        for one in entered(activities, activity, by=by)
        if one.drawing.member != me.id and one.drawing.id not in said and one.standing == WAITS
    ]
    asked.sort(key=lambda one: (one.drawing.id != shown, len(one.said), (31 * one.drawing.id + 17 * me.id) % 101))
    return Unknown(asked[0].drawing.id, asked[0].drawing.strokes) if asked else None


def _me(activities: Activities, activity: int, by: Actor) -> Member | None:
    here = activities.lessons.own(by)
    return here[1] if here and here[0].id == activities.activity(activity).lesson else None


def _is_word(entry: Entry) -> bool:
    """Whether it says what a drawing is, and is none itself."""
    return "about" in entry.content


# --- In words --------------------------------------------------------------------------------------------------------


def sentence(drawings: Sequence[Entered]) -> str:
    """`5 drawings fool it; 3 of them can be read by the class.`"""
    words = ngettext(
        "{number} drawing fools it", "{number} drawings fool it", len(drawings), number=count(len(drawings))
    )
    counted = sum(one.standing == COUNTS for one in drawings)
    return gettext("{drawings}; {counted} of them can be read by the class.", drawings=words, counted=count(counted))


def agree(one: Entered) -> int:
    """How many say the same of it."""
    return max((one.said.count(label) for label in one.said), default=0)


def state(one: Entered) -> str:
    """`A 4, say 2 of 3`: where a drawing stands."""
    label = one.drawing.label
    if one.standing == COUNTS:
        return gettext(
            "{digit}, say {number} of {all}",
            digit=begun(with_article(label)),
            number=one.said.count(label),
            all=len(one.said),
        )
    if one.standing == WAITS:
        return gettext(
            "{digit}, {number} of {needed} agree", digit=begun(with_article(label)), number=agree(one), needed=AGREED
        )
    return gettext("to be {digit}, others read: {read}", digit=with_article(label), read=label_words(one.taken_for))


def label_words(label: int | None) -> str:
    return gettext("No digit") if label is None or label == NO_DIGIT else str(label)
