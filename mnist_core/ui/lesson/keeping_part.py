"""What is kept of a lesson: told to all, copied and deleted by the teacher, taken home by each pupil."""

from functools import partial

import streamlit as st

from mnist_core.access.actor import Actor
from mnist_core.classroom import archive, promises, records
from mnist_core.classroom.handed_in import lesson_title
from mnist_core.classroom.lessons import WIPED_HOURS, Lesson
from mnist_core.language import gettext
from mnist_core.presentation import paper, report
from mnist_core.ui.browser import actor
from mnist_core.ui.frame import explained, offer_file, plain
from mnist_core.ui.lesson.state import activities, lessons

# --- A pupil ---------------------------------------------------------------------------------------------------------


def show_promises() -> None:
    """Folded: what is kept, where, until when, and who sees it."""
    with st.expander(_title(), icon=":material/shield:"):
        st.markdown("\n".join(f"- {plain(one.pupil)}" for one in promises.promises()))


def _title() -> str:
    return gettext("What is kept, where, until when, and who sees it")


def offer_to_take_home() -> None:
    """For whoever took part in a lesson that has ended: their own as a file, and a way to delete it."""
    found = lessons().own_ended(by=actor())
    if found is None:
        return
    lesson, member = found
    with st.container(border=True, key="take-home"):
        st.header(gettext("“{title}” has ended", title=plain(lesson_title(lesson))), anchor=False)
        st.markdown(
            gettext("You were {name}. Here is what you drew and answered, to take home.", name=plain(member.name))
        )
        make = partial(_own_page, lesson.id, actor())
        with st.container(horizontal=True):
            offer_file(gettext("Take it home"), make, f"digit-lab-{lesson.id}.html", "text/html", type="primary")
            with st.popover(gettext("Delete mine"), icon=":material/delete:"):
                st.markdown(gettext("What you drew and answered goes for good. This cannot be undone."))
                if st.button(gettext("Delete it for good")):
                    with explained():
                        lessons().leave(member.id, by=actor())
                        st.rerun()


def _own_page(lesson: int, by: Actor) -> bytes:
    return report.render(records.of_one(activities(), lesson, by=by), "html")


# --- The teacher -----------------------------------------------------------------------------------------------------


def show_promises_and_letter() -> None:
    """The same with a letter to parents."""
    with st.expander(_title(), icon=":material/shield:"):
        st.markdown("\n".join(f"- {plain(one.pupil)}" for one in promises.promises()))
        with st.container(horizontal=True):
            offer_file(gettext("Letter to parents (PDF)"), _letter, f"{promises.LETTER}.pdf", "application/pdf")
            offer_file(gettext("Letter as text"), promises.letter_text, f"{promises.LETTER}.txt", "text/plain")


def _letter() -> bytes:
    return paper.render(promises.letter())


def offer_copy(lesson: Lesson) -> None:
    """All of a lesson as one file, with the names or without."""
    with st.container(border=True, key="lesson-copy"):
        st.subheader(gettext("Keep a copy"), anchor=False)
        st.markdown(gettext("One file with all drawings, answers and a report. The lab deletes its own by itself."))
        chosen = st.radio(
            gettext("Names"),
            [False, True],
            format_func=lambda named: gettext("with names") if named else gettext("without names"),
            horizontal=True,
            key="copy-names",
            label_visibility="collapsed",
        )
        make = partial(_copy, lesson.id, bool(chosen), actor())
        offer_file(gettext("Save the lesson"), make, archive.NAME.format(number=lesson.id), "application/zip")


def _copy(lesson: int, with_names: bool, by: Actor) -> bytes:
    return archive.make(activities(), lesson, with_names, by=by)


def offer_deletion(lesson: Lesson) -> bool:
    """Asks once; whether the lesson was deleted."""
    with st.popover(gettext("Delete it"), icon=":material/delete:"):
        st.markdown(
            gettext(
                "All names, drawings and answers of this lesson go. For {hours} hours you can undo it.",
                hours=WIPED_HOURS,
            )
        )
        if not st.button(gettext("Delete the lesson"), type="primary"):
            return False
    lessons().wipe(lesson.id, by=actor())
    return True


def offer_undo() -> None:
    """The lessons that were deleted within a day."""
    for lesson in lessons().wiped(by=actor()):
        with st.container(horizontal=True, vertical_alignment="center", key=f"wiped-{lesson.id}"):
            st.markdown(gettext("“{title}” was deleted.", title=plain(lesson_title(lesson))), width="stretch")
            if st.button(gettext("Undo"), key=f"undo-{lesson.id}", icon=":material/undo:"):
                with explained():
                    lessons().bring_back(lesson.id, by=actor())
                    st.rerun()
