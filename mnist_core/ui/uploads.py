"""Files of digits that a person uploads or names: read once, kept as long as they are there."""

import contextlib
import logging
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from mnist_core.data import kept_uploads, readers, sources, uploads
from mnist_core.data.corrections import NOTHING, Correction
from mnist_core.data.handed_digits import Digits
from mnist_core.engine import unused_uploads
from mnist_core.errors import InputError, LabError
from mnist_core.files.atomic import stamp
from mnist_core.formatting import count
from mnist_core.language import N_, gettext, language, ngettext
from mnist_core.ui import loaders
from mnist_core.ui.browser import actor
from mnist_core.ui.frame import plain
from mnist_core.ui.tables import harmless
from mnist_core.ui.uploader import accepted, hold, let_go

# Kaggle's train.csv has 77 MB; the server's own limit (`server.maxUploadSize`) must not be lower.
LARGEST_MEGABYTES = 200
IN_NAMES = N_("The names of the pictures hold their labels")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Handed:
    """What came of one upload: the digits, or the sentence with which it was refused."""

    upload: tuple[str, ...]
    digits: Digits | None
    problem: str = ""
    correction: Correction = NOTHING
    corrected: Digits | None = None  # what was made of the digits


def choose_files(key: str, label: str) -> Digits | None:
    """Lets a person upload files of digits; what was uploaded stays when another view or page was looked at meanwhile.

    Args:
        key: Tells the uploads of the lab apart.
        label: What stands above.

    Returns:
        The digits, or None as long as nothing is uploaded.

    Raises:
        InputError: The files cannot be used.
    """
    files, upload = _given(key, label, f"{key}-handed")
    handed: _Handed | None = st.session_state.get(f"{key}-handed")
    if files and (handed is None or handed.upload != upload):
        with st.spinner(gettext("Reading the file …")):
            handed = _read_upload(upload, files)
        st.session_state[f"{key}-handed"] = handed
        if let_go(files):
            _empty(key)  # with more files, all are to be chosen again
            st.rerun()
    if handed is None:
        return None
    if handed.digits is None:
        raise InputError(handed.problem)
    if not files:
        st.caption(
            gettext(
                "Still here: {title}, {images}.",
                title=plain(handed.digits.title),
                images=ngettext(
                    "{number} image", "{number} images", len(handed.digits), number=count(len(handed.digits))
                ),
            )
        )
    return ask_for_labels(handed.corrected or handed.digits, f"{key}-in-names")


def choose_kept(key: str) -> str | None:
    """Lets a person upload files to learn from, which the lab keeps (`kept_uploads`).

    Returns:
        The name of the data, once, when it was read; None before, and after.

    Raises:
        InputError: The files cannot be used.
    """
    problem = f"{key}-problem"
    files, upload = _given(key, gettext("Drop your file here"), problem)
    if files and st.session_state.get(problem, ((), ""))[0] != upload:
        try:
            with st.spinner(gettext("Reading the file …")):
                name = _keep(files)
            st.session_state.pop(problem, None)
            let_go(files)
            _empty(key)
            return name
        except LabError as error:
            logger.info("An upload cannot be used", exc_info=True)
            st.session_state[problem] = (upload, str(error))
            if let_go(files):
                _empty(key)  # above the sentence
                st.rerun()
    if problem in st.session_state:
        raise InputError(st.session_state[problem][1])
    return None


def _given(key: str, label: str, outcome: str) -> tuple[list[UploadedFile], tuple[str, ...]]:
    """Shows the field for files; returns what is in it, and what tells that upload from others.

    Args:
        key: Tells the uploads of the lab apart.
        label: What stands above.
        outcome: What the session keeps of the upload before, and forgets with another one.
    """
    version = st.session_state.setdefault(f"{key}-version", 0)
    files = st.file_uploader(
        label,
        accept_multiple_files=True,
        max_upload_size=accepted(LARGEST_MEGABYTES),
        key=f"{key}-{version}",
        on_change=lambda: st.session_state.pop(outcome, None),
        help=gettext("Takes {kinds}.", kinds=readers.KINDS),
    )
    return files, tuple(file.file_id for file in files)


def _empty(key: str) -> None:
    """Empties the field, from the next run of the page on."""
    st.session_state[f"{key}-version"] += 1


def _keep(files: list[UploadedFile]) -> str:
    given = uploads.read_to_learn([(file.name, file.getvalue()) for file in files], actor())
    with contextlib.suppress(sources.LabelsInNamesError):  # asked about once it is chosen
        sources.of_upload(given)
    unused_uploads.clear()
    return kept_uploads.keep(given, actor())


def ask_for_labels(digits: Digits, key: str) -> Digits:
    """Asks whether the names of pictures without labels hold them, where they could; nobody's guess counts."""
    if digits.name_example and st.checkbox(f"{gettext(IN_NAMES)} ({plain(digits.name_example)})", key=key):
        return digits.labelled_by_names()
    return digits


def correction_of(key: str) -> Correction:
    """Returns what was changed of an upload (`choose_files`)."""
    handed: _Handed | None = st.session_state.get(f"{key}-handed")
    return handed.correction if handed else NOTHING


def correct(key: str, correction: Correction) -> None:
    """Changes what was uploaded, from what was read; nothing where it is gone by now."""
    handed: _Handed | None = st.session_state.get(f"{key}-handed")
    if handed and handed.digits:
        corrected = loaders.prepared(handed.digits.corrected(correction))
        if corrected is not handed.digits:
            hold(corrected, corrected.images.nbytes)
        st.session_state[f"{key}-handed"] = replace(handed, correction=correction, corrected=corrected)


def _read_upload(upload: tuple[str, ...], files: list[UploadedFile]) -> _Handed:
    try:
        digits = uploads.read_uploads([(file.name, file.getvalue()) for file in files], actor())
        hold(digits, digits.images.nbytes + (digits.standing.images.nbytes if digits.standing else 0))
        return _Handed(upload, digits, corrected=loaders.prepared(digits))
    except InputError as error:
        logger.info("An upload cannot be used", exc_info=True)
        return _Handed(upload, None, str(error))


def read_on_server(name: str) -> Digits:
    """Reads a file that a visitor names, if a page may read it, once as long as it is not changed.

    Raises:
        InputError: As `sources.shared` and `uploads.read_apart`.
    """
    located = sources.shared(name)
    path = sources.path_of(located)
    if located in sources.BUILT_IN or not path.is_file():
        raise InputError(gettext("{name} is not a file; expected {kinds}.", name=name, kinds=readers.KINDS))
    with st.spinner(gettext("Reading the file …")):
        return _read(located, stamp(path), language())


@st.cache_resource(max_entries=2, show_spinner=False)
def _read(name: str, version: tuple[int, ...], spoken: str) -> Digits:
    return loaders.prepared(uploads.read_named(name))


def hand_over(key: str, digits: Digits) -> None:
    """Gives digits to another upload, as if they had been uploaded there."""
    st.session_state[f"{key}-handed"] = _Handed((), digits)


def show_left_out(digits: Digits) -> None:
    if not digits.left_out:
        return
    with st.expander(
        ngettext(
            "{number} file left out",
            "{number} files left out",
            len(digits.left_out),
            number=count(len(digits.left_out)),
        ),
        icon=":material/warning:",
    ):
        left_out = [{gettext("File"): name, gettext("Why"): reason} for name, reason in digits.left_out]
        st.dataframe(harmless(left_out), hide_index=True)
