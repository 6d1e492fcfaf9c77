"""What was read, before it is used: the first images with their labels, what does not fit, and how to change it."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from mnist_core.data import corrections, kept_uploads, sources
from mnist_core.data.corrections import AS_IS, DRAWING, IN_ORDER, WAYS_TO_LIE, Correction
from mnist_core.data.dataset import Dataset
from mnist_core.data.handed_digits import Digits
from mnist_core.errors import InputError
from mnist_core.language import N_, gettext
from mnist_core.presentation import first_images
from mnist_core.presentation.pictures import gallery
from mnist_core.ui import choices, loaders, settings_memory, uploads
from mnist_core.ui.browser import actor
from mnist_core.ui.frame import explained, plain

WIDTH = 250  # of a choice, in pixels
SIZE = 40  # of an image, in pixels: twenty are two or three rows of a column
AS_READ = N_("as read")
LITTLE = 300  # images to learn from; that many teach a network to read a digit now and then
PREPARATIONS = {
    "": N_("automatic"),
    DRAWING: N_("as drawings: 20 pixels large, centred"),
    AS_IS: N_("as they stand"),
}

Change = Callable[[Correction], object]


def show_dataset(data: Dataset, memory: str = "data", told: bool = False) -> None:
    """Shows data that `choices.choose_dataset` returned; of the lab's own, only where its labels do not fit.

    `told` says that where it came from, and what was found out about it, stands on the page already.
    """
    name = st.query_params.get("data") or data.name
    if name in ("mnist", "digits-8x8"):
        return
    if data.name == "collection":
        if not told:
            _warn_of_little(data)
        _warn(data.train_images, data.train_labels, data.identity, None)
        return

    def change(wanted: Correction) -> None:
        choices.remember("data", corrections.replaced(name, wanted), memory)

    if not told:
        st.caption(plain(f"{data.source}."))
        _warn_of_little(data)
    digits = Digits(data.title, data.train_images, data.train_labels, dataset=data.identity)
    first = Digits(data.title, *data.first(first_images.NUMBER))
    _show(digits, first, corrections.parted(name)[1], change, data.resized)
    if kept_uploads.is_kept(kept := sources.bare(name)):
        _offer_deletion(kept, memory)


def _offer_deletion(name: str, memory: str) -> None:
    """Lets whoever uploaded data take it away again."""
    is_own = name in [upload.name for upload in kept_uploads.own(actor())]
    what = gettext("Runs that learned from it keep their models, but cannot train on.")
    if is_own and st.button(gettext("Delete this upload"), icon=":material/delete:", type="tertiary", help=what):
        with explained():
            kept_uploads.delete(name, by=actor())
            st.query_params.pop("data", None)
            st.session_state.pop(memory, None)
            st.rerun()


def _warn_of_little(data: Dataset) -> None:
    """Says before anybody trains that a handful of images teaches little, and what would teach more."""
    number = len(data.train_images)
    if number >= LITTLE or settings_memory.second_sources():
        return
    if data.name == "collection":
        st.warning(
            gettext(
                "There are only {number} drawings to learn from: so few teach little. Choose “MNIST "
                "and our drawings”: then they are learned with the 60,000 digits of MNIST.",
                number=number,
            )
        )
    else:
        st.warning(
            gettext(
                "There are only {number} images to learn from: so few teach little. A network needs "
                "some hundred of each digit; MNIST has 6,000 of each.",
                number=number,
            )
        )


def show_named(digits: Digits, name: str, address: str, may_stand: bool = True) -> None:
    """Shows digits that the address names (`?data=…` or such); what is changed is written into it.

    `may_stand` says whether they are other than pictures, which are prepared whatever is chosen.
    """
    base, correction = corrections.parted(name)
    if base in sources.BUILT_IN and not correction:
        _warn(digits.images, digits.labels, digits.identity, None)
        return

    def change(wanted: Correction) -> None:
        st.query_params[address] = corrections.replaced(name, wanted)

    _show(digits, digits, correction, change, may_stand and not digits.names)


def show_upload(digits: Digits, key: str) -> None:
    """Shows digits that `uploads.choose_files` returned for a key."""
    correction = uploads.correction_of(key)
    _show(digits, digits, correction, lambda wanted: uploads.correct(key, wanted), not digits.names)


def _show(digits: Digits, first: Digits, correction: Correction, change: Change, may_stand: bool) -> None:
    """Shows the first images of digits, with what does not fit above and the choices below."""
    _warn(digits.images, digits.labels, digits.identity, lambda more: change(correction.then(more)))
    changes = gettext("Changed: {words}.", words=correction.words) if correction else ""
    images, labels, words = first_images.telling((first.images, first.labels), (digits.images, digits.labels))
    st.caption(plain(f"{words} {changes}".rstrip()))
    st.html(gallery(images, first_images.captions(len(images), labels), SIZE))
    changing = st.expander(gettext("Change how they are read"), expanded=bool(correction), icon=":material/tune:")
    with changing.container(horizontal=True, vertical_alignment="bottom"):
        wanted = _choose(correction, digits.labels is not None, may_stand)
    if wanted != correction:
        change(wanted)
        st.rerun()


def _warn(images: np.ndarray, labels: np.ndarray | None, identity: str, change: Change | None) -> None:
    """Says where labels do not fit, and offers what would make them."""
    found = None if labels is None else loaders.label_doubt(images, labels, identity)
    if found is None:
        return
    st.warning(plain(found.sentence))
    if not (found.correction and change):
        return
    if st.button(gettext("Change it: {words}", words=found.correction.words), icon=":material/auto_fix_high:"):
        change(found.correction)
        st.rerun()


def _choose(correction: Correction, labelled: bool, may_stand: bool) -> Correction:
    """Lets a person choose each part of a correction; returns the former one where something is wrong."""
    preparations = [how for how in PREPARATIONS if how != AS_IS or may_stand or correction.prepared == AS_IS]
    # A change from elsewhere, such as the address, makes new widgets, which begin with it.
    key = f"preview-{correction}"
    lie = st.selectbox(
        gettext("Position"),
        list(WAYS_TO_LIE),
        list(WAYS_TO_LIE).index(correction.lie),
        format_func=lambda lie: gettext(corrections.LIES[lie] or AS_READ),
        key=f"{key}-lie",
        width=WIDTH,
    )
    inverted = st.toggle(gettext("Swap light and dark"), correction.inverted, key=f"{key}-inverted")
    prepared = st.selectbox(
        gettext("Preparation"),
        preparations,
        preparations.index(correction.prepared),
        format_func=lambda how: gettext(PREPARATIONS[how]),
        key=f"{key}-prepared",
        width=WIDTH,
        help=gettext("Automatic: 28×28 as it is, and other squares as a model that reads well reads them better."),
    )
    renumbered = correction.renumbered
    if labelled:
        renumbered = st.text_input(
            gettext("Which digits the labels 0 to 9 mean"),
            renumbered or IN_ORDER,
            max_chars=len(IN_ORDER),
            key=f"{key}-renumbered",
            width=WIDTH,
            help=gettext("Ten digits: 9012345678 says that 0 means a 9, and 1 means a 0."),
        )
    try:
        transposed, turned = WAYS_TO_LIE[lie]
        return Correction(inverted, transposed, turned, prepared, "" if renumbered == IN_ORDER else renumbered)
    except InputError as error:
        st.warning(plain(str(error)))
        return correction
