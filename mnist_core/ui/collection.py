"""Drawings that people labelled: keeping one, looking at all."""

import functools
import hashlib
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from mnist_core.access.actor import Actor
from mnist_core.data import stroke_files
from mnist_core.data.collection.drawing import label_words
from mnist_core.files import days_of_use
from mnist_core.files.days_of_use import KEPT_DAYS
from mnist_core.formatting import count, moment
from mnist_core.inference.answer import Answer
from mnist_core.language import N_, gettext, ngettext
from mnist_core.mnist import CLASSES, NO_DIGIT
from mnist_core.preprocessing import pipeline
from mnist_core.preprocessing.strokes import Strokes
from mnist_core.presentation.tables.picture_grid import Picture, picture_grid
from mnist_core.runs.run import Run
from mnist_core.ui.browser import actor
from mnist_core.ui.components.pressable import pressable
from mnist_core.ui.frame import explained, fragment, offer_file, plain
from mnist_core.ui.loaders import collection
from mnist_core.ui.paging import page_of

if TYPE_CHECKING:
    from mnist_core.data.collection.drawing import Drawing
    from mnist_core.data.collection.store import Collection, Deletion

KEPT_DRAWINGS = 100
UNDO = "deleted-last"
CHOSEN = "drawings-chosen"  # the numbers of the drawings that were pressed
BIN_WORDS = N_(
    "Deleted drawings wait in the bin on the Models page. After {days} more days on which somebody uses the lab, "
    "they are gone for good."
)
WHICH = {"all": N_("all"), "misread": N_("misread")}
MOST_LISTED = 20
PAGE = 60
NO_QUESTION = ("nothing drawn", "too little ink")  # verdicts
# What is chosen as the label of a drawing, and for which one, by its fingerprint: at first that which is there then.
LABEL, TAPPED, NOW = "label-drawing", "label-tapped", "now"


def browser() -> str:
    """Returns a word that tells this browser session from all others."""
    return str(st.session_state.setdefault("browser", secrets.token_hex(8)))


def kept_drawings() -> dict[str, tuple[int, int]]:
    """Returns number and label of what this session kept, by the drawing's fingerprint."""
    kept: dict[str, tuple[int, int]] = st.session_state.setdefault("kept-drawings", {})
    while len(kept) > KEPT_DRAWINGS:
        del kept[next(iter(kept))]
    return kept


def fingerprint(strokes: Strokes) -> str:
    """Returns a word that is the same for the same drawing."""
    return hashlib.sha256(stroke_files.as_bytes(strokes)).hexdigest()[:16]


@st.cache_resource(max_entries=20, show_spinner=False, hash_funcs={Actor: lambda by: by.owner * (not by.in_charge)})
def collection_page(
    version: str, label: int | None, misread: bool, limit: int, offset: int, by: Actor
) -> tuple[list["Drawing"], list[np.ndarray]]:
    """Returns drawings, the newest first, and what the model sees of each, uint8 `[28, 28]`; read once a version."""
    drawings = collection().drawings(label, misread, limit, offset, by)
    return drawings, [pipeline.prepare(drawing.strokes) for drawing in drawings]


# --- Keeping one -----------------------------------------------------------------------------------------------------


def said_of(strokes: Strokes) -> int | None:
    """Returns as what this session kept a drawing; None if it did not."""
    number_and_label = kept_drawings().get(fingerprint(strokes))
    return number_and_label[1] if number_and_label else None


def show_correction(strokes: Strokes, answer: Answer, run: Run, question: str = "") -> None:
    """Asks what a drawing was; one tap keeps it with its label, another one corrects that.

    Where it stays on the page while the drawing changes, a tap is meant for the drawing that is there then.
    """
    if answer.verdict in NO_QUESTION:
        return
    _follow_drawing(strokes)
    label = st.segmented_control(
        question or gettext("It was a …"),
        range(NO_DIGIT + 1),
        format_func=lambda label: gettext("No digit") if label == NO_DIGIT else str(label),
        required=True,
        key=LABEL,
        on_change=_note_tap,
        width=460,
        wrap=False,
    )
    if label is None:
        return
    with explained():
        if not keep(strokes, int(label), answer, run):
            st.caption(
                gettext(
                    "This drawing was deleted from the collection. To keep it, press another digit or draw it again."
                )
            )
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            number = collection().count()
            so_far = (
                gettext("the lab has {number} drawings", number=count(number))
                if number > 1
                else gettext("it is the lab's first drawing")
            )
            st.markdown(
                gettext("Kept as {digit}. Thank you; {so_far}.", digit=label_words(int(label)), so_far=so_far),
                width="content",
            )
            st.button(
                gettext("Undo"),
                type="tertiary",
                icon=":material/undo:",
                key="undo-label",
                help=gettext("Takes the drawing out of the collection"),  # the canvas has an Undo, too
                on_click=take_back,
                args=[fingerprint(strokes)],
            )


def _note_tap() -> None:
    st.session_state[TAPPED] = NOW


def _follow_drawing(strokes: Strokes) -> None:
    """Shows as chosen what a drawing was kept as; what was chosen for it and could not be kept stays chosen."""
    tapped, name = st.session_state.get(TAPPED), fingerprint(strokes)
    if tapped == NOW:
        st.session_state[TAPPED] = name
    elif tapped != name or LABEL not in st.session_state:
        st.session_state[LABEL] = said_of(strokes)


def keep(strokes: Strokes, label: int, answer: Answer, run: Run) -> bool:
    """Keeps a drawing once, however often it is asked to; with another label it corrects the one that is kept.

    Returns:
        False if it was kept with this label, but somebody has deleted it since.
    """
    kept, name = kept_drawings(), fingerprint(strokes)
    if name in kept and kept[name][1] == label:
        return collection().has(kept[name][0])
    if name in kept and collection().relabel(kept[name][0], label, by=actor()):
        kept[name] = (kept[name][0], label)
        return True
    kept[name] = (
        collection().add(
            strokes,
            label,
            session=browser(),
            digit=None if answer.shown == "–" else answer.digit,
            verdict=answer.verdict,
            probability=answer.probability,
            model=run.id,
            by=actor(),
        ),
        label,
    )
    return True


def take_back(name: str) -> None:
    """Removes what this session kept of a drawing, which nobody will want back."""
    with explained():
        if name in kept_drawings():
            collection().remove([kept_drawings()[name][0]], by=actor())
            del kept_drawings()[name]
        st.session_state.pop(TAPPED, None)


# --- All of them -----------------------------------------------------------------------------------------------------


def show_collection() -> None:
    """The drawings that people labelled: how many, what they look like, what the model misread, and their end."""
    from mnist_core.data.collection.store import NO_DRAWINGS

    st.header(gettext("Drawings of this lab"), anchor=False)
    kept = collection()
    kept.purge(days_of_use.expired)
    counts, no_digit = kept.counts(), kept.count(NO_DIGIT)
    total = int(counts.sum()) + no_digit
    if not total:
        offer_undo(kept)
        st.info(gettext(NO_DRAWINGS))
        return
    st.markdown(
        ngettext(
            "{number} drawing, {misread} of them misread by the model that answered. You can train on them: "
            "choose them as data on the Train page.",
            "{number} drawings, {misread} of them misread by the model that answered. You can train on them: "
            "choose them as data on the Train page.",
            total,
            number=count(total),
            misread=count(kept.count(misread=True)),
        )
    )
    if not actor().in_charge:
        own = kept.count(by=actor())
        st.markdown(
            ngettext(
                "Here is the {number} that you drew; the class's are for the teacher to see.",
                "Here are the {number} that you drew; the class's are for the teacher to see.",
                own,
                number=count(own),
            )
            if own
            else gettext("None of them is yours; the class's are for the teacher to see.")
        )
        if own:
            _show_chosen(kept)
        else:
            offer_undo(kept)
        return
    _show_chosen(kept)
    with st.expander(gettext("Keep or remove all drawings"), icon=":material/inventory_2:"):
        st.markdown(plain(kept.place))
        each = ", ".join(f"{label}: {count(int(one))}" for label, one in enumerate(counts))
        st.markdown(gettext("Of each digit: {each}; no digit: {no_digit}", each=each, no_digit=count(no_digit)))
        _offer_everything(kept, total)


def _show_chosen(kept: "Collection") -> None:
    """Lets a person choose which drawings to look at, and shows a page of them."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        which = st.segmented_control(
            gettext("Drawings"),
            list(WHICH),
            format_func=lambda which: gettext(WHICH[which]),
            default="all",
            required=True,
            key="drawn-which",
        )
        label = st.selectbox(
            gettext("Digit drawn"),
            [None, *range(CLASSES), NO_DIGIT],
            format_func=_label_title,
            key="drawn-digit",
            width=140,
        )
        misread = which == "misread"
        found = kept.count(label, misread, actor())
        page = page_of(found, PAGE, "drawn-page", (label, misread), gettext("Page of drawings"))
    if found:
        fragment(show_drawings)(label, misread, page.start)
    else:
        offer_undo(kept)
        st.info(gettext("None of these yet; choose another digit, or all."))


def _offer_everything(kept: "Collection", total: int) -> None:
    """All drawings as a file, and their end."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        offer_file(
            ngettext("Download all ({number} drawing)", "Download all ({number} drawings)", total, number=count(total)),
            functools.partial(kept.export, actor()),
            "drawings.jsonl.gz",
        )
        if st.button(gettext("Delete all"), icon=":material/delete:", key="delete-drawings"):
            st.dialog(gettext("Delete all drawings?"))(confirm_deletion)(kept, total)


def _label_title(label: int | None) -> str:
    return gettext("all") if label is None else gettext("no digit") if label == NO_DIGIT else str(label)


def show_drawings(label: int | None, misread: bool, offset: int) -> None:
    """One page of drawings as the model sees them; one's own are chosen by a press, and can be deleted."""
    kept = collection()
    drawings, images = collection_page(kept.version(), label, misread, PAGE, offset, actor())
    own = set(kept.own([drawing.id for drawing in drawings], actor()))
    chosen: set[int] = st.session_state.setdefault(CHOSEN, set())
    chosen &= own
    # Above the pictures, where it is seen from each of them.
    with st.container(key="chosen-drawings"):
        _offer_deletion(kept, chosen)
    pictures = [
        Picture(
            image,
            drawing.caption,
            gettext("Drawing {id}, {caption}", id=drawing.id, caption=drawing.caption),
            str(drawing.id) if drawing.id in own else "",
            drawing.id in chosen,
        )
        for drawing, image in zip(drawings, images, strict=True)
    ]
    pressable(picture_grid(pictures, gettext("Drawings")), "drawings", on_press=lambda choice: _press(choice, own))


def _press(choice: str, own: set[int]) -> None:
    """Chooses one's own drawing, or gives it back."""
    if choice.isdecimal() and len(choice) < 20 and int(choice) in own:
        st.session_state[CHOSEN] ^= {int(choice)}


def _offer_deletion(kept: "Collection", chosen: set[int]) -> None:
    """Says what is chosen and lets it be deleted; else what was deleted last, or what a press does."""
    if chosen:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                ngettext("{number} drawing chosen", "{number} drawings chosen", len(chosen), number=count(len(chosen))),
                width="content",
            )
            if st.button(gettext("Delete"), icon=":material/delete:", key="delete-chosen-drawings", type="primary"):
                numbers = sorted(chosen)
                chosen.clear()
                delete(kept, lambda: kept.delete(numbers, by=actor()))
            st.button(gettext("Choose none"), key="choose-no-drawings", type="tertiary", on_click=chosen.clear)
    elif not offer_undo(kept):
        st.caption(gettext("Press drawings to choose them. What is chosen can be deleted."))


def confirm_deletion(kept: "Collection", how_many: int) -> None:
    """Deletes all drawings after a second word; those of one's choice need none, since they can be brought back."""
    st.write(
        ngettext(
            "{number} drawing will leave the collection, with all that people said of them.",
            "{number} drawings will leave the collection, with all that people said of them.",
            how_many,
            number=count(how_many),
        )
    )
    st.write(gettext(BIN_WORDS, days=KEPT_DAYS))
    if st.button(gettext("Delete"), type="primary", icon=":material/delete:"):
        delete(kept, lambda: kept.delete_all(by=actor()))


def delete(kept: "Collection", do: Callable[[], int]) -> None:
    """Deletes drawings, and offers to bring them back."""
    with explained():
        st.session_state[UNDO] = kept.deletions(actor())[0] if do() else None
        st.rerun()


# --- The bin ---------------------------------------------------------------------------------------------------------


def offer_undo(kept: "Collection") -> bool:
    """Says what was deleted last in this session, as long as it can be brought back; returns whether it does."""
    gone: Deletion | None = st.session_state.get(UNDO)
    if not gone or gone not in kept.deletions(actor()):
        return False
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="undo-drawings"):
        number = len(gone.numbers)
        st.markdown(
            ngettext("{number} drawing is deleted.", "{number} drawings are deleted.", number, number=count(number)),
            width="stretch",
        )
        if st.button(gettext("Undo"), icon=":material/undo:", type="primary", key="undo-deleted-drawings"):
            _restore(kept, gone)
        if st.button(gettext("Dismiss"), type="tertiary", key="dismiss-deleted-drawings"):
            del st.session_state[UNDO]
            st.rerun()
    return True


def _restore(kept: "Collection", gone: "Deletion") -> None:
    with explained():
        kept.restore(gone.numbers, by=actor())
        st.session_state.pop(UNDO, None)
        st.rerun()


def show_deleted() -> None:
    """The drawings in the bin that this person may bring back, or remove for good; read when it is opened."""
    expander = st.expander(
        gettext("Deleted drawings"), icon=":material/delete:", key="deleted-drawings", on_change="rerun"
    )
    if not expander.open:
        return
    with expander, explained():
        kept = collection()
        kept.purge(days_of_use.expired)
        everything = kept.deletions(actor())
        if not everything:
            st.caption(gettext("None that you could bring back."))
            return
        st.caption(gettext(BIN_WORDS, days=KEPT_DAYS))
        for gone in everything[:MOST_LISTED]:
            _show_deletion(kept, gone)


def _show_deletion(kept: "Collection", gone: "Deletion") -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"deleted-{gone.numbers[0]}"):
        drawings, left = (
            ngettext("{number} drawing", "{number} drawings", len(gone.numbers), number=count(len(gone.numbers))),
            ngettext(
                "{number} day",
                "{number} days",
                days_of_use.days_left(gone.when),
                number=count(days_of_use.days_left(gone.when)),
            ),
        )
        st.markdown(
            gettext("{drawings}, deleted {when} · {left} left", drawings=drawings, when=moment(gone.when), left=left),
            width="stretch",
        )
        if st.button(
            gettext("Restore"), key=f"restore-drawings-{gone.numbers[0]}", icon=":material/restore_from_trash:"
        ):
            _restore(kept, gone)
        if st.button(
            gettext("Delete for good"), key=f"remove-drawings-{gone.numbers[0]}", icon=":material/delete_forever:"
        ):
            kept.remove(gone.numbers, by=actor())
            st.rerun()
