"""What a person chose, kept in the address where it can be, so that a reload or a link finds it."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import streamlit as st

from mnist_core.data import corrections, readers, sources
from mnist_core.data.dataset import LABELS_IN_NAMES, Dataset
from mnist_core.errors import InputError
from mnist_core.formatting import size
from mnist_core.runs import run_folders, summary
from mnist_core.runs.run import Run
from mnist_core.ui.frame import plain
from mnist_core.ui.loaders import dataset
from mnist_core.ui.remembered import Remembered
from mnist_core.ui.uploads import IN_NAMES


def all_models() -> dict[str, Run]:
    """Returns every trained model by its run's name, the newest first, the shipped ones last."""
    return {run.id: run for run in [*run_folders.all_runs(), *run_folders.shipped_runs()] if run.has_model}


def choose_model(label: str = "Model") -> Run:
    """Lets a person choose a trained model; the choice is in the address (`?run=…`)."""
    models = all_models()
    return choose_among(models, summary.titles(models.values()), label)


def choose_among(models: dict[str, Run], titles: dict[str, str], label: str = "Model") -> Run:
    """As `choose_model`, of these, which have names for people."""
    if not models:
        raise InputError("No model yet. Train one on the Train page (about 30 s).")
    named = st.query_params.get("run") or st.session_state.get("run") or run_folders.SHIPPED_MODEL
    if named not in models:
        if "run" in st.query_params:
            st.warning(plain(f"There is no model '{named}' here; the shipped one is shown instead. Choose another."))
        named = run_folders.SHIPPED_MODEL if run_folders.SHIPPED_MODEL in models else next(iter(models))
    chosen = choose(label, list(models), named, "model", titles.__getitem__)
    remember("run", chosen)
    return models[chosen]


def choose(label: str, options: list[str], named: str, key: str, title: Callable[[str], str] = str) -> str:
    """A select box that follows the address, and that the address follows."""
    choice = Remembered[str](key)
    choice.follow_address(named)
    chosen = str(st.selectbox(label, options, key=key, format_func=title))
    choice.note(named if chosen == OTHER else chosen)
    return chosen


class _Named(Protocol):
    @property
    def id(self) -> str: ...


Found = TypeVar("Found", bound=_Named)


def named(everything: Sequence[Found], what: str, memory: str = "") -> Found | None:
    """Returns what the address names (`?run=…`), or what this session remembers, or None.

    Args:
        everything: What there is.
        what: Its name in the address and for people.
        memory: Under which name this session remembers it; that of the address by default.
    """
    name = st.query_params.get(what) or st.session_state.get(memory or what)
    found = next((one for one in everything if one.id == name), None)
    if found is None and what in st.query_params:
        st.warning(plain(f"There is no {what} '{name}' here; this link is old, or another lab's."))
        del st.query_params[what]
    return found


def remember(name: str, value: str, memory: str = "") -> None:
    """Keeps a choice in the address, and (under the same name or another) for later visits of this session."""
    if st.query_params.get(name) != value:
        st.query_params[name] = value
    st.session_state[memory or name] = value


def choose_dataset(label: str = "Data", memory: str = "data") -> Dataset:
    """Lets a person choose data; offers to download MNIST where it is missing.

    Args:
        label: What stands above the choice.
        memory: Under which name this session remembers it; the address always calls it `data`.

    Raises:
        InputError: The data cannot be used.
    """
    here = sources.find_mnist() is not None
    named = st.query_params.get("data") or st.session_state.get(memory) or ("mnist" if here else "digits-8x8")
    options = [*sources.BUILT_IN, *([named] if named not in sources.BUILT_IN else []), OTHER]
    choice = choose(label, options, named, f"{memory}-choice", _data_title)
    if choice == OTHER:
        choice = st.text_input(
            "Path",
            placeholder="train.csv",
            help=f"In the lab's data folder: {readers.KINDS}",
        )
        if not choice:
            raise InputError(
                "Give the path of an .npz, a folder of IDX files, a table such as Kaggle's train.csv, a zip of "
                "pictures, or other labelled digits in the lab's data folder."
            )
        with contextlib.suppress(sources.LabelsInNamesError):  # asked about once the path is in the address
            dataset(choice)
        remember("data", choice, memory)
        st.rerun()
    remember("data", choice, memory)
    if not here:
        offer_download()
    try:
        return dataset(choice)
    except sources.DamagedDataError:
        if not sources.is_named():
            offer_download("Download MNIST again (11 MB)")
        raise
    except sources.LabelsInNamesError:
        if st.checkbox(IN_NAMES, key=f"{memory}-in-names"):
            remember("data", corrections.with_base(choice, LABELS_IN_NAMES), memory)
            st.rerun()
        raise


OTHER = "another"


def _data_title(name: str) -> str:
    return {
        "digits-8x8": "digits-8x8 (bundled)",
        "collection": "collection (drawings of this lab)",
        OTHER: "A file or folder …",
    }.get(name, name.replace(LABELS_IN_NAMES, " (labels in the names)"))


def offer_download(label: str = "Download MNIST (11 MB)") -> None:
    """Offers to download MNIST, with a bar that shows how far it has come."""
    if st.button(label, type="primary", key="download-mnist"):
        from mnist_core.data.download import download_mnist

        bar = st.progress(0.0, "Downloading MNIST …")

        def show(done: int, total: int) -> None:
            bar.progress(min(done / total, 1.0) if total else 0.0, f"Downloading MNIST, {size(done)}")

        download_mnist(show)
        st.rerun()
