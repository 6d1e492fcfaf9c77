"""What is kept of a lesson, where, until when, and who sees it: sentences that the tests hold the lab to."""

from dataclasses import dataclass

from mnist_core.classroom import passes
from mnist_core.classroom.lessons import KEPT_DAYS, WIPED_HOURS
from mnist_core.database.connection import Database, address
from mnist_core.language import gettext
from mnist_core.presentation.paper import Paper

LETTER = "letter-to-parents"


@dataclass(frozen=True)
class Promise:
    """A sentence to the pupil, and the same to the parents."""

    name: str
    pupil: str
    parents: str


def promises() -> list[Promise]:
    """Returns all of them, in the order of reading."""
    about = [_names(), _kept(), _where(), _seen(), _model(), _tune(), _cookie()]
    return [*about, _deleted_by_oneself(), _until(), _copies()]


def _names() -> Promise:
    return Promise(
        "names",
        gettext("Nobody needs your real name here, nor an account or a password. A made-up name is enough."),
        gettext("Your child needs no account and no password, and takes part by a made-up name."),
    )


def _kept() -> Promise:
    return Promise(
        "kept",
        gettext("The lab keeps what you draw and answer, the name that you chose, and when you did it."),
        gettext("The lab keeps what your child draws and answers, the made-up name, and the time."),
    )


def _where() -> Promise:
    if Database(address()).file:
        pupil = gettext("All of this stays on the computer that runs the lab. The lab sends nothing to the internet.")
        return Promise("where", pupil, pupil)
    pupil = gettext("All of this is in the database that your school has chosen for the lab.")
    return Promise("where", pupil, gettext("All of this is in the database that the school has chosen for the lab."))


def _seen() -> Promise:
    return Promise(
        "seen",
        gettext(
            "Your teacher sees all that you hand in. Others see it only on the board, or where your teacher shows one "
            "drawing to all."
        ),
        gettext(
            "The teacher sees all that is handed in. The class sees it only on the board, or where the teacher shows "
            "one drawing to all."
        ),
    )


def _model() -> Promise:
    return Promise(
        "model",
        gettext("The model that answers stays as it is, whatever you draw. Your drawings do not join any collection."),
        gettext("The model that answers stays as it is. The drawings do not join any collection."),
    )


def _tune() -> Promise:
    return Promise(
        "tune",
        gettext(
            "If your teacher starts “Train on us”, a new model learns from your drawings. It knows no names, and stays "
            "until your teacher deletes it."
        ),
        gettext(
            "If the teacher starts “Train on us”, a new model learns from the drawings. It knows no names, and stays "
            "until the teacher deletes it."
        ),
    )


def _cookie() -> Promise:
    days = passes.KEPT_DAYS
    return Promise(
        "cookie",
        gettext("Your browser keeps a random word for {days} days, by which the lab knows you again.", days=days),
        gettext("The browser keeps a random word for {days} days, which says nothing about your child.", days=days),
    )


def _deleted_by_oneself() -> Promise:
    return Promise(
        "own",
        gettext("You can delete all of yours at any time, also when the lesson has ended."),
        gettext("Your child can delete all of it at any time, also when the lesson has ended."),
    )


def _until() -> Promise:
    sentence = gettext(
        "{days} days after a lesson began, the lab deletes it for good. The teacher can delete it sooner: it is out of "
        "sight at once, can be brought back for {hours} hours, and then goes for good.",
        days=KEPT_DAYS,
        hours=WIPED_HOURS,
    )
    return Promise("until", sentence, sentence)


def _copies() -> Promise:
    return Promise(
        "copies",
        gettext("Your teacher can take a copy of the lesson, with or without the names."),
        gettext("The teacher can take a copy of the lesson, with or without the made-up names."),
    )


# --- To parents ------------------------------------------------------------------------------------------------------


def letter() -> Paper:
    """A letter to print, sign and hand out."""
    return Paper(
        title=gettext("A letter to parents"),
        brand="Digit Lab",
        paragraphs=(
            gettext("Dear parents,"),
            gettext(
                "In one of our next lessons the class works with Digit Lab. It is a program that runs on a computer of "
                "ours. The pupils write digits with a finger or a mouse, and see how a computer reads them. They learn "
                "how such a program learns from examples, and when it errs."
            ),
            gettext("This is what the lab does with what your child writes:"),
        ),
        items=tuple(one.parents for one in promises()),
        closing=gettext("If you have a question, or do not want your child to take part, please write to me."),
        sign=(gettext("Place and date"), gettext("Teacher")),
    )


def letter_text() -> str:
    """The same to paste into a message."""
    paper = letter()
    items = "\n".join(f"– {words}" for words in paper.items)
    return "\n\n".join([paper.title, *paper.paragraphs, items, paper.closing]) + "\n"
