"""What a person chose, kept in the address where it can be, so that a reload or a link finds it."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import NoReturn, Protocol, TypeVar

import streamlit as st

from mnist_core.data import corrections, kept_uploads, readers, sources
from mnist_core.data.dataset import LABELS_IN_NAMES, Dataset
from mnist_core.errors import InputError
from mnist_core.formatting import size, told_apart
from mnist_core.language import N_, gettext
from mnist_core.runs import run_folders, summary
from mnist_core.runs.run import Run
from mnist_core.ui import settings_memory
from mnist_core.ui.browser import actor, owner
from mnist_core.ui.frame import plain
from mnist_core.ui.loaders import dataset
from mnist_core.ui.remembered import Remembered
from mnist_core.ui.settings_memory import DRAWINGS
from mnist_core.ui.uploads import IN_NAMES, choose_kept


def all_models() -> dict[str, Run]:
    """Returns every trained model by its run's name, the newest first, the shipped ones last."""
    return {run.id: run for run in [*run_folders.all_runs(), *run_folders.shipped_runs()] if run.has_model}


def choose_model(label: str = "") -> Run:
    """Lets a person choose a trained model; the choice is in the address (`?run=…`).

    At first it is the one that this session looked at last, the newest that this browser trained, or the shipped one.
    """
    models = all_models()
    return choose_among(models, summary.titles(models.values()), label)


def choose_among(models: dict[str, Run], titles: dict[str, str], label: str = "") -> Run:
    """As `choose_model`, of these, which have names for people."""
    if not models:
        raise InputError(gettext("No model yet. Train one on the Train page (about 30 s)."))
    named = (
        st.query_params.get("run") or st.session_state.get("run") or _newest_own(models) or run_folders.SHIPPED_MODEL
    )
    if named not in models:
        if "run" in st.query_params:
            st.warning(
                plain(
                    gettext(
                        "There is no model '{named}' here; the shipped one is shown instead. Choose another.",
                        named=named,
                    )
                )
            )
        named = run_folders.SHIPPED_MODEL if run_folders.SHIPPED_MODEL in models else next(iter(models))
    chosen = choose(label or gettext("Model"), list(models), named, "model", titles.__getitem__)
    remember("run", chosen)
    return models[chosen]


def _newest_own(models: Mapping[str, Run]) -> str:
    """The newest model that this browser trained, also in another tab; empty where there is none."""
    me = owner()
    return next((name for name, run in models.items() if run.owner == me), "")


def choose(label: str, options: list[str], named: str, key: str, title: Callable[[str], str] = str) -> str:
    """A select box that follows the address, and that the address follows; options of one title are told apart."""
    choice = Remembered[str](key)
    choice.follow_address(named)
    titles = told_apart({option: title(option) for option in options})
    chosen = str(st.selectbox(label, options, key=key, format_func=titles.__getitem__))
    choice.note(named if chosen == FILE else chosen)
    return chosen


GONE = {
    "run": N_("There is no run '{name}' here; this link is old, or another lab's."),
    "sweep": N_("There is no sweep '{name}' here; this link is old, or another lab's."),
}


class _Named(Protocol):
    @property
    def id(self) -> str: ...


Found = TypeVar("Found", bound=_Named)


def named(everything: Sequence[Found], what: str, memory: str = "") -> Found | None:
    """Returns what the address names (`?run=…`), or what this session remembers, or None.

    Args:
        everything: What there is.
        what: Its name in the address, one of `GONE`.
        memory: Under which name this session remembers it; that of the address by default.
    """
    name = st.query_params.get(what) or st.session_state.get(memory or what)
    found = next((one for one in everything if one.id == name), None)
    if what in st.query_params:
        if found is None:
            st.warning(plain(gettext(GONE[what], name=name)))
            del st.query_params[what]
        else:
            st.session_state[what] = found.id  # other pages show it, too
    return found


def remember(name: str, value: str, memory: str = "") -> None:
    """Keeps a choice in the address, and (under the same name or another) for later visits of this session."""
    if st.query_params.get(name) != value:
        st.query_params[name] = value
    st.session_state[memory or name] = value


# The picker's choices that are no names of data: MNIST with the collection as a second source, and a file to come.
WITH_DRAWINGS, FILE = "mnist+collection", "another"
TITLES = {
    "mnist": "MNIST",
    WITH_DRAWINGS: N_("MNIST and our drawings"),
    DRAWINGS: N_("Our drawings"),
    "digits-8x8": N_("8×8 digits (small, always here)"),
    FILE: N_("A file of mine …"),
}


def choose_dataset(
    label: str = "", memory: str = "data", with_drawings: bool = False, looked_at: bool = False
) -> Dataset:
    """Lets a person choose data; offers to download MNIST where it is missing.

    Args:
        label: What stands above the choice; "Data" by default.
        memory: Under which name this session remembers it; the address always calls it `data`.
        with_drawings: Whether MNIST can be chosen with the drawings of this lab, which the address then calls `also`.
        looked_at: Whether the page shows its images.

    Raises:
        InputError: The data cannot be used, or not be looked at.
    """
    here = sources.find_mnist() is not None
    named = st.query_params.get("data") or st.session_state.get(memory) or ("mnist" if here else "digits-8x8")
    if with_drawings and named == "mnist" and DRAWINGS in settings_memory.second_sources():
        named = WITH_DRAWINGS
    own = [upload.name for upload in kept_uploads.own(actor())]
    listed = [name for name in TITLES if name not in (FILE, *([] if with_drawings else [WITH_DRAWINGS]))]
    if looked_at:
        listed = [name for name in listed if sources.may_look_at(name, actor())]
    options = list(dict.fromkeys([*listed, *own, named, FILE]))
    choice = choose(label or gettext("Data"), options, named, f"{memory}-choice", data_title)
    if choice == FILE:
        _ask_for_file(memory)
    if with_drawings and choice in ("mnist", WITH_DRAWINGS):
        settings_memory.add_second_source(DRAWINGS, choice == WITH_DRAWINGS)
        choice = "mnist"
    remember("data", choice, memory)
    if not here:
        offer_download()
    if looked_at:
        sources.check_may_look_at(choice, actor())
    try:
        return dataset(choice)
    except sources.DamagedDataError:
        if not sources.is_named():
            offer_download(gettext("Download MNIST again (11 MB)"))
        raise
    except sources.LabelsInNamesError:
        if st.checkbox(gettext(IN_NAMES), key=f"{memory}-in-names"):
            remember("data", corrections.with_base(choice, LABELS_IN_NAMES), memory)
            st.rerun()
        raise


def _ask_for_file(memory: str) -> NoReturn:
    """Takes a file that a person drops, or the path of one; the page goes on once its name is in the address."""
    name = choose_kept(f"{memory}-file")
    with st.expander(gettext("A file in the lab's data folder")):
        path = st.text_input(
            gettext("Path"),
            placeholder="train.csv",
            key=f"{memory}-path",
            help=gettext("In the lab's data folder: {kinds}", kinds=readers.KINDS),
        )
    if not name and path:
        with contextlib.suppress(sources.LabelsInNamesError):  # asked about once the path is in the address
            dataset(path)
    if name := name or path:
        remember("data", name, memory)
        st.rerun()
    st.info(
        gettext("Drop a file with labelled digits: a table (CSV), a zip with one folder a digit, an .npz, or others.")
    )
    st.stop()


def data_title(name: str) -> str:
    """Returns what lists call data."""
    base, correction = corrections.parted(name)
    base, in_names = base.removesuffix(LABELS_IN_NAMES), base.endswith(LABELS_IN_NAMES)
    title = gettext(TITLES[base]) if base in TITLES else PurePath(base).name
    if kept_uploads.is_kept(base):
        title = kept_uploads.title_of(base)
    more = [*([gettext("labels in the names")] if in_names else []), *([correction.words] if correction else [])]
    return f"{title} ({', '.join(more)})" if more else title


def offer_download(label: str = "") -> None:
    """Offers the teacher to download MNIST, with a bar that shows how far it has come."""
    if not actor().in_charge:
        return
    if st.button(label or gettext("Download MNIST (11 MB)"), type="primary", key="download-mnist"):
        from mnist_core.data.download import download_mnist

        bar = st.progress(0.0, gettext("Downloading MNIST …"))

        def show(done: int, total: int) -> None:
            bar.progress(
                min(done / total, 1.0) if total else 0.0, gettext("Downloading MNIST, {done}", done=size(done))
            )

        download_mnist(show, by=actor())
        st.rerun()
