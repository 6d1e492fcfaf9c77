"""Drawings that people labelled: keeping one, looking at all."""

import hashlib
import secrets
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from mnist_core.data import stroke_files
from mnist_core.formatting import count, several, with_article
from mnist_core.inference.answer import Answer
from mnist_core.preprocessing import pipeline
from mnist_core.preprocessing.strokes import Strokes
from mnist_core.presentation.pictures import gallery
from mnist_core.runs.run import Run
from mnist_core.ui.frame import explained, offer_file
from mnist_core.ui.loaders import collection
from mnist_core.ui.paging import page_of

if TYPE_CHECKING:
    from mnist_core.data.collection.drawing import Drawing
    from mnist_core.data.collection.store import Collection

KEPT_DRAWINGS = 100
PAGE = 60
NO_QUESTION = ("nothing drawn", "too little ink")


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


@st.cache_resource(max_entries=20, show_spinner=False)
def collection_page(
    version: str, label: int | None, misread: bool, limit: int, offset: int
) -> tuple[list["Drawing"], list[np.ndarray]]:
    """Returns drawings, the newest first, and what the model sees of each, uint8 `[28, 28]`; read once a version."""
    drawings = collection().drawings(label, misread, limit, offset)
    return drawings, [pipeline.prepare(drawing.strokes) for drawing in drawings]


# --- Keeping one -----------------------------------------------------------------------------------------------------


def show_correction(strokes: Strokes, answer: Answer, run: Run) -> None:
    """Asks what a drawing was; one tap keeps it with its label, another one corrects that."""
    if answer.verdict in NO_QUESTION:
        return
    kept, name = kept_drawings(), fingerprint(strokes)
    before = kept[name][1] if name in kept else None
    with st.container(key="correction"):
        # Its default shows the label again after a visit to another page, which drops what a widget holds.
        label = st.segmented_control(
            "It was a …", range(10), default=before, required=True, key=f"label-{name}", width=420, wrap=False
        )
    if label is None:
        return
    with explained():
        if not keep(strokes, int(label), answer, run):
            st.caption("This drawing was deleted from the collection; tap another digit, or draw it again, to keep it.")
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            number = collection().count()
            so_far = f"the lab has {count(number)} drawings" if number > 1 else "it is the lab's first drawing"
            st.markdown(f"Kept as {with_article(int(label))}. Thank you; {so_far}.", width="content")
            st.button(
                "Undo",
                type="tertiary",
                icon=":material/undo:",
                key="undo-label",
                help="Takes the drawing out of the collection",  # the canvas has an Undo, too
                on_click=take_back,
                args=[name],
            )


def keep(strokes: Strokes, label: int, answer: Answer, run: Run) -> bool:
    """Keeps a drawing once, however often it is asked to; with another label it corrects the one that is kept.

    Returns:
        False if it was kept with this label, but somebody has deleted it since.
    """
    kept, name = kept_drawings(), fingerprint(strokes)
    if name in kept and kept[name][1] == label:
        return collection().has(kept[name][0])
    if name in kept and collection().relabel(kept[name][0], label):
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
        ),
        label,
    )
    return True


def take_back(name: str) -> None:
    """Deletes what this session kept of a drawing."""
    with explained():
        if name in kept_drawings():
            collection().delete([kept_drawings()[name][0]])
            del kept_drawings()[name]
        st.session_state[f"label-{name}"] = None


# --- All of them -----------------------------------------------------------------------------------------------------


def show_collection() -> None:
    """The drawings that people labelled: how many, what they look like, what the model misread, and their end."""
    from mnist_core.data.collection.store import NO_DRAWINGS

    st.header("Drawings of this lab", anchor=False)
    kept = collection()
    counts = kept.counts()
    if not counts.any():
        st.info(NO_DRAWINGS)
        st.caption(kept.place)
        return
    total = int(counts.sum())
    st.markdown(f"{several(total, 'drawing')}, {count(kept.count(misread=True))} of them misread by the model.")
    st.caption(f"{kept.place} Train on them by choosing the data 'collection'.")
    st.caption("Of each digit: " + ", ".join(f"{label}: {count(int(number))}" for label, number in enumerate(counts)))
    with st.container(horizontal=True, gap="medium"):
        which = st.segmented_control("Drawings", ["all", "misread"], default="all", required=True, key="drawn-which")
        digit = st.selectbox("Digit drawn", ["all", *range(10)], width=120)
        label, misread = None if digit == "all" else int(digit), which == "misread"
        found = kept.count(label, misread)
        page = page_of(found, PAGE, "drawn-page", (label, misread), "Page of drawings")
    if found:
        show_drawings(kept, label, misread, page.start)
    else:
        st.info("None of these yet; choose another digit, or all.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        offer_file(f"Download all ({several(total, 'drawing')})", kept.export, "drawings.jsonl.gz")
        if st.button("Delete all", icon=":material/delete:", key="delete-drawings"):
            confirm_deletion(kept, [], total)


def show_drawings(kept: "Collection", label: int | None, misread: bool, offset: int) -> None:
    """One page of drawings as the model sees them, and the choice of those to delete."""
    drawings, images = collection_page(kept.version(), label, misread, PAGE, offset)
    st.html(gallery(images, [f"{drawing.caption} · #{drawing.id}" for drawing in drawings], size=64))
    captions = {drawing.id: f"#{drawing.id} · {drawing.caption}" for drawing in drawings}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect(
            "Drawings to delete",
            list(captions),
            format_func=lambda number: captions.get(number, str(number)),
            width=420,
        )
        if st.button("Delete them", icon=":material/delete:", disabled=not chosen):
            confirm_deletion(kept, chosen, len(chosen))


@st.dialog("Delete drawings?")
def confirm_deletion(kept: "Collection", numbers: list[int], how_many: int) -> None:
    """Deletes the chosen drawings, or all where none is named, after a second word."""
    drawings = several(how_many, "drawing")
    st.write(f"{drawings} and what people said of {'it' if how_many == 1 else 'them'} are removed for good.")
    if st.button("Delete for good", type="primary"):
        with explained():
            gone = kept.delete(numbers) if numbers else kept.clear()
            st.toast(f"{several(gone, 'drawing')} deleted.")
            st.rerun()
