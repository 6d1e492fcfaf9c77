"""The one module that knows Streamlit: the frame of a page, cached loaders, and what a browser session remembers."""

import contextlib
import gc
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from mnist_core import datasets, history, runs
from mnist_core.config import DEFAULT_RECIPE, RECIPES, SETTINGS, TrainConfig, from_address, to_address
from mnist_core.datasets import Dataset, Description
from mnist_core.errors import InputError, LabError
from mnist_core.evaluation import Evaluation
from mnist_core.inference import Classifier
from mnist_core.layers import ACTIVATIONS, LAYER_KINDS, PADDINGS, Layer, parse_layer
from mnist_core.phrases import size
from mnist_core.preprocess import CANVAS_PEN, CANVAS_SIDE
from mnist_core.runs import Run

ICON = Path(__file__).parent / "icon.png"
STYLE = """
.stMainBlockContainer { padding-top: 3rem; max-width: 1280px }
.st-key-answer [data-testid="stMetricValue"] { font-size: 4.5rem; line-height: 1.1; font-weight: 600 }
@media (max-width: 640px) {
  .stMainBlockContainer { padding-top: 1.5rem }
  h1 { font-size: 1.8rem !important; padding: 0.25rem 0 !important }
  [data-testid="stMetricValue"] { font-size: 1.4rem }
  .st-key-answer [data-testid="stMetricValue"] { font-size: 3.5rem }
}
"""
# After the first page is shown, which needs the processor for itself.
READ_AHEAD_SECONDS = 2.0
PAGES = {
    "Start": ("app.py", ":material/home:"),
    "Explore": ("pages/explore.py", ":material/grid_view:"),
    "Train": ("pages/train.py", ":material/show_chart:"),
    "Evaluate": ("pages/evaluate.py", ":material/fact_check:"),
    "Draw": ("pages/draw.py", ":material/draw:"),
    "Models": ("pages/models.py", ":material/inventory_2:"),
}

# Streamlit's own collection after each run is switched off (a fifth of a second each with many objects); what the
# imports made stays for good, so that the ordinary collections need not look at it either.
gc.collect()
gc.freeze()


@contextlib.contextmanager
def page(name: str, sentence: str) -> Iterator[None]:
    """Draws the frame of a page; what goes wrong inside with a reason in words is shown as that sentence."""
    st.set_page_config(f"{name} · Digit Lab", str(ICON), layout="wide", initial_sidebar_state="collapsed")
    st.html(f"<style>{STYLE}</style>")
    with st.container(horizontal=True, gap="small", key="navigation"):
        for label, (path, icon) in PAGES.items():
            st.page_link(path, label=label, icon=icon)
    if st.runtime.exists():
        _read_ahead()
    st.title("Digit Lab" if name == "Start" else name, anchor=False)
    st.markdown(sentence)
    with explained():
        yield


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Shows what goes wrong inside as its sentence; a fragment needs its own, since it runs outside the page's."""
    try:
        yield
    except InputError as error:
        st.warning(plain(str(error)))
    except LabError as error:
        st.error(plain(str(error)))


def plain(text: str) -> str:
    """Escapes Markdown: what an address or a file says must not become a picture or a link on the page."""
    return re.sub(r"([\\`*_\[\]<>$~])", r"\\\1", text)


# --- Loaders -----------------------------------------------------------------------------------------------------


def dataset(name: str) -> Dataset:
    """Returns data that is on this machine, from memory if it was read before; the errors of `datasets.load`."""
    path = datasets.find_mnist() if name == "mnist" else Path(datasets.resolve(name))
    # A file that was replaced is read again.
    with st.spinner("Reading the images …"):
        return _dataset(name, str(path), datasets.modified(path))


@st.cache_resource(show_spinner=False)
def _read_ahead() -> None:
    """Reads MNIST once in the background, so that the first page with images need not wait for it."""

    def read() -> None:
        with contextlib.suppress(LabError):
            if path := datasets.find_mnist():
                data = _dataset("mnist", str(path), datasets.modified(path))
                description(data, data.identity)

    reader = threading.Timer(READ_AHEAD_SECONDS, read)
    reader.daemon = True
    reader.start()


@st.cache_resource(max_entries=2, show_spinner=False)
def _dataset(name: str, path: str, version: float) -> Dataset:
    return datasets.load(name)


@st.cache_resource(max_entries=2, show_spinner=False)
def description(_dataset: Dataset, identity: str) -> dict[str, Description]:
    """Returns what can be said of the parts of a dataset; `identity` tells datasets apart."""
    return {part: datasets.describe(*arrays) for part, arrays in _dataset.parts().items()}


@st.cache_resource(max_entries=4, show_spinner=False)
def mean_images(_dataset: Dataset, identity: str, part: str) -> np.ndarray:
    """Returns the mean image of each digit, uint8 `[10, 28, 28]`."""
    return datasets.mean_images(*_dataset.parts()[part])


def classifier(run: Run) -> Classifier:
    """Returns a run's model, loaded once."""
    if not run.has_model:
        raise InputError(f"{history.title(run)} has no model yet; choose another one or wait until it is trained.")
    return _classifier(str(run.model_path), run.model_path.stat().st_mtime)


@st.cache_resource(max_entries=8, show_spinner=False)
def _classifier(path: str, version: float) -> Classifier:
    return Classifier(Path(path))


def evaluation(run: Run) -> Evaluation:
    """Returns the stored judgement of a run on its own test set."""
    if not run.evaluation_path.exists():
        raise InputError(
            f"{history.title(run)} has not been judged yet; choose another one or wait until it is trained."
        )
    return _evaluation(str(run.evaluation_path), run.evaluation_path.stat().st_mtime)


@st.cache_resource(max_entries=8, show_spinner=False)
def _evaluation(path: str, version: float) -> Evaluation:
    return Evaluation.load(Path(path))


def evaluation_on(run: Run, data: Dataset) -> Evaluation:
    """Judges a run on the test part of other data, once."""
    return _evaluation_on(classifier(run), data, run.id, run.model_path.stat().st_mtime, data.identity)


@st.cache_resource(max_entries=8, show_spinner="Judging …")
def _evaluation_on(_classifier: Classifier, _data: Dataset, run: str, version: float, identity: str) -> Evaluation:
    return Evaluation.measure(_classifier.probabilities(_data.test_images), _data.test_labels, identity)


# --- What a person chose -----------------------------------------------------------------------------------------


def choose_model(label: str = "Model") -> Run:
    """Lets a person choose a trained model; the choice is in the address (`?run=…`)."""
    models = {run.id: run for run in [*runs.all_runs(), *runs.shipped_runs()] if run.has_model}
    if not models:
        raise InputError("No model yet. Train one on the Train page (about 30 s).")
    named = st.query_params.get("run") or st.session_state.get("run") or runs.SHIPPED_MODEL
    if named not in models:
        if "run" in st.query_params:
            st.warning(plain(f"There is no model '{named}' here; the shipped one is shown instead. Choose another."))
        named = runs.SHIPPED_MODEL if runs.SHIPPED_MODEL in models else next(iter(models))
    chosen = choose(label, list(models), named, "model", lambda name: history.title(models[name]))
    remember("run", chosen)
    return models[chosen]


def choose(label: str, options: list[str], named: str, key: str, title: Callable[[str], str] = str) -> str:
    """A select box that follows the address, and that the address follows.

    The address trails the box by one rerun. A box whose default came from there would be a new one each time and drop
    every second choice; so its state is set only when the address changed by other means than the box itself.
    """
    if key not in st.session_state or st.session_state.get(f"{key}-named") != named:
        st.session_state[key] = named
    chosen = str(st.selectbox(label, options, key=key, format_func=title))
    st.session_state[f"{key}-named"] = named if chosen == OTHER else chosen
    return chosen


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
    here = datasets.find_mnist() is not None
    named = st.query_params.get("data") or st.session_state.get(memory) or ("mnist" if here else "digits-8x8")
    options = [*datasets.BUILT_IN, *([named] if named not in datasets.BUILT_IN else []), OTHER]
    choice = choose(label, options, named, f"{memory}-choice", _data_title)
    if choice == OTHER:
        choice = st.text_input("Path", placeholder="/data/train.csv", help="An .npz, a folder of IDX files, train.csv")
        if not choice:
            raise InputError("Give the path of an .npz file, a folder of IDX files, or Kaggle's train.csv.")
        choice = datasets.resolve(choice)
        dataset(choice)
        remember("data", choice, memory)
        st.rerun()
    remember("data", choice, memory)
    if not here:
        _offer_download()
    return dataset(choice)


OTHER = "another"


def _data_title(name: str) -> str:
    return {"digits-8x8": "digits-8x8 (bundled)", OTHER: "A file or folder …"}.get(name, name)


def _offer_download() -> None:
    if st.button("Download MNIST (11 MB)", type="primary", key="download-mnist"):
        from mnist_core.download import download_mnist

        bar = st.progress(0.0, "Downloading MNIST …")

        def show(done: int, total: int) -> None:
            bar.progress(min(done / total, 1.0) if total else 0.0, f"Downloading MNIST, {size(done)}")

        download_mnist(show)
        st.rerun()


# --- Runs --------------------------------------------------------------------------------------------------------


def run_table(selection: list[Run], key: str) -> Run | None:
    """Shows runs as a sortable table; returns the run whose row was chosen, once, although the row stays marked."""
    # A selection is a row's number: with other rows it would mark another run, so they get another table.
    key = f"{key}-{len(selection)}-{selection[0].id if selection else ''}"
    event = st.dataframe(
        history.rows(selection),
        hide_index=True,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
        placeholder="–",
        column_order=["Recipe", "Data", "State", "Test accuracy", "Epochs", "Seconds", "Parameters", "Started", "Run"],
        column_config={
            "Test accuracy": st.column_config.NumberColumn(format="%.2f %%"),
            "Seconds": st.column_config.NumberColumn("Time (s)", format="%.1f"),
            "Parameters": st.column_config.NumberColumn(format="localized"),
        },
    )
    rows = event.selection.rows
    chosen = selection[rows[0]] if rows and rows[0] < len(selection) else None
    before = st.session_state.get(f"{key}-chosen")
    st.session_state[f"{key}-chosen"] = chosen and chosen.id
    return chosen if chosen and chosen.id != before else None


def canvas() -> dict[str, Any] | None:
    """Shows the canvas, white ink on black; returns its drawing (Fabric.js JSON), which survives visits elsewhere."""
    from streamlit_drawable_canvas import st_canvas

    clean = st.session_state.setdefault("canvas-number", 0)
    key = f"canvas-{clean}"
    if key not in st.session_state:
        # The widget is new, on a first visit or after one to another page: hand its last drawing back, once.
        st.session_state["canvas-start"] = st.session_state.get("drawing")
    result = st_canvas(
        stroke_width=CANVAS_PEN,
        stroke_color="#FFFFFF",
        background_color="#000000",
        width=CANVAS_SIDE,
        height=CANVAS_SIDE,
        initial_drawing=st.session_state["canvas-start"],
        key=key,
    )
    # What the browser sends is input from outside: only what looks like a drawing is handed back to it later.
    objects = result.json_data.get("objects") if isinstance(result.json_data, dict) else None
    objects = objects if isinstance(objects, list) else []
    st.session_state["drawing"] = {"objects": objects}
    with st.container(horizontal=True):
        st.button("Undo", icon=":material/undo:", disabled=not objects, on_click=_restart_canvas, args=[objects[:-1]])
        st.button("Clear", icon=":material/delete:", disabled=not objects, on_click=_restart_canvas, args=[[]])
    return result.json_data


def _restart_canvas(objects: list[Any]) -> None:
    """Shows a canvas anew with another drawing; a new key is the component's way to replace what it holds."""
    st.session_state["drawing"] = {"objects": objects}
    st.session_state["canvas-number"] += 1


# --- Training ----------------------------------------------------------------------------------------------------


def settings_from_address() -> TrainConfig:
    """Returns the settings of the link, or those this browser session left, or the default recipe's.

    Raises:
        InputError: The link holds a value that cannot be used.
    """
    address = {
        name: value for name, value in st.query_params.to_dict().items() if name in ("recipe", "network", *SETTINGS)
    }
    if not address:
        address = st.session_state.get("settings", {})
    try:
        return from_address(address)
    except InputError as error:
        st.warning(
            f"The link sets up something that cannot be used; the recipe's own settings are shown. {plain(str(error))}"
        )
        return RECIPES.get(address.get("recipe", ""), RECIPES[DEFAULT_RECIPE]).config


def remember_settings(settings: TrainConfig) -> None:
    """Keeps the settings in the address, so that a link sets up a class."""
    address = to_address(settings)
    for name in ("recipe", "network", *SETTINGS):
        if name in st.query_params and name not in address:
            del st.query_params[name]
    for name, value in address.items():
        if st.query_params.get(name) != value:
            st.query_params[name] = value
    st.session_state["settings"] = address


LAYER_COLUMNS = ("kind", "units", "size", "padding", "activation", "rate")


def layer_table(start: tuple[Layer, ...], key: str) -> tuple[Layer, ...]:
    """Shows the layers as a table that can be changed; returns them in the order of their numbers.

    Raises:
        InputError: A row is no layer.
    """
    held = st.session_state.get(key)
    if held is None or not (held["fresh"] or f"{key}-{held['version']}" in st.session_state):
        # On a first visit, and after one to another page, which drops what the table itself holds.
        held = {"layers": start, "version": 0}
    st.session_state[key] = held | {"fresh": False}
    rows = [{"number": float(number), **_cells(layer)} for number, layer in enumerate(held["layers"], 1)]
    choose, number = st.column_config.SelectboxColumn, st.column_config.NumberColumn
    edited = st.data_editor(
        rows,
        key=f"{key}-{held['version']}",
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "number": number("No.", format="%g", width=60, required=True, default=len(rows) - 0.5),
            "kind": choose("Layer", options=LAYER_KINDS, required=True, default="dropout", width=90),
            "units": number("Units", help="Filters or neurons", min_value=0, step=1, default=0, required=True),
            "size": number("Size", help="Side of kernel or pool", min_value=0, step=1, default=0, required=True),
            "padding": choose("Padding", options=PADDINGS, default="valid", required=True),
            "activation": choose("Activation", options=ACTIVATIONS, default="linear", required=True),
            "rate": number("Dropout", min_value=0.0, max_value=0.95, default=0.0, required=True),
        },
    )
    layers = tuple(_layer_of(row) for row in sorted(edited, key=lambda row: row["number"] or 0))
    shown = [{"number": float(number), **_cells(layer)} for number, layer in enumerate(layers, 1)]
    if edited != shown:
        # A layer was moved, added or deleted, or a cell was filled that its kind does not use: show what counts.
        st.session_state[key] = {"layers": layers, "version": held["version"] + 1, "fresh": True}
        st.rerun()
    return layers


def _cells(layer: Layer) -> dict[str, Any]:
    return {name: getattr(layer, name) for name in LAYER_COLUMNS}


def _layer_of(row: dict[str, Any]) -> Layer:
    """Reads a row of the table; what its kind does not use goes back to its default."""
    words = {name: row[name] or "" for name in ("kind", "padding", "activation")}
    layer = Layer(
        words["kind"],
        int(row["units"] or 0),
        int(row["size"] or 0),
        words["activation"] or "linear",
        words["padding"] or "valid",
        float(row["rate"] or 0),
    )
    return parse_layer(str(layer))


def watch(run: Run) -> None:
    """Shows this run on the Train page, and finds it again after a reload."""
    remember("run", run.id)
    st.session_state["watched-run"] = run.id


def watched_run() -> Run | None:
    """Returns the run of the address, or that of this session, or the one under way, or the newest, or None."""
    everything = runs.all_runs()
    named = st.query_params.get("run") or st.session_state.get("watched-run")
    run = next((run for run in everything if run.id == named), None)
    if run is None and "run" in st.query_params:
        st.warning(plain(f"There is no run '{named}' here; this link is old, or another lab's."))
        del st.query_params["run"]
    if run is None:
        run = next((run for run in everything if run.stored_status().state in ("running", "paused")), None)
        run = run or next((run for run in reversed(everything) if run.stored_status().state == "queued"), None)
        run = run or next(iter(everything), None)
    return run


def has_moved_on(run: Run, state: str) -> bool:
    """Says whether a run is in another state than when this session last looked at it."""
    before = st.session_state.get("watched")
    st.session_state["watched"] = (run.id, state)
    return before is not None and before[0] == run.id and before[1] != state


def own_dataset(run: Run) -> Dataset | None:
    """Returns the data that a run was judged on, or None if it is not on this machine any more."""
    try:
        wanted = run.description()["dataset"]
        data = dataset(str(wanted["name"]))
        return data if data.identity == wanted["identity"] else None
    except (LabError, KeyError, TypeError):
        return None


def forget(run: Run) -> None:
    """Takes a deleted run out of the address and of this session's choices."""
    st.session_state.pop("run", None)
    if st.query_params.get("run") == run.id:
        del st.query_params["run"]
