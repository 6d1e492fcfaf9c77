"""The settings of the next run."""

import math
from collections.abc import Callable
from typing import Any

import streamlit as st

from mnist_core.config import recipes, train_config
from mnist_core.config.network import Layer, count_parameters, summarize
from mnist_core.config.recipes import Recipe
from mnist_core.config.train_config import TrainConfig
from mnist_core.data.dataset import Dataset
from mnist_core.formatting import count
from mnist_core.sharing import notebook
from mnist_core.ui.browser import actor
from mnist_core.ui.choices import choose
from mnist_core.ui.frame import explained, plain
from mnist_core.ui.layer_table import edit_layers
from mnist_core.ui.settings_memory import (
    RECIPE,
    SETTINGS_MEMORY,
    SWEEP_MEMORY,
    keep_drawings,
    remember_settings,
    settings_from_address,
)
from mnist_core.ui.tables import harmless

# Name, label, most and step of the settings that change each training image at random.
CHANGES = (
    ("rotation", "Rotation (degrees)", 90.0, 1.0),
    ("zoom", "Zoom (share)", 0.5, 0.05),
    ("shift", "Shift (share)", 0.5, 0.05),
    ("shear", "Shear (share)", 0.5, 0.05),
    ("elastic", "Elastic bend (pixels)", 3.0, 0.1),
    ("pen", "Pen (share)", 1.0, 0.05),
)
# quick makes 112 of all of MNIST.
FEW_STEPS = 100


def choose_settings() -> TrainConfig:
    """The settings, starting from a recipe or from a link; what is set is in the address."""
    start = settings_from_address()
    recipe, story = choose_recipe(start.recipe, RECIPE.key)
    if recipe != start.recipe:
        start = keep_drawings(start, story.config)

    def field(name: str) -> str:
        return f"{recipe}-{name}"

    left, right = st.columns(2)
    epochs = left.number_input("Epochs", 1, 1000, start.epochs, key=field("epochs"))
    batch = right.number_input("Batch size", 1, 4096, start.batch_size, key=field("batch"))
    rate, step = start.learning_rate, start.learning_rate / 10
    rate = left.number_input("Learning rate", 1e-7, 10.0, rate, step, "%g", key=field("rate"))
    seed = right.number_input("Seed", 0, 2**31 - 1, start.seed, key=field("seed"))
    with st.expander("More settings"):
        left, right = st.columns(2)
        optimizer = left.selectbox(
            "Optimizer", train_config.OPTIMIZERS, train_config.OPTIMIZERS.index(start.optimizer), key=field("optimizer")
        )
        schedule = right.selectbox(
            "Rate over time",
            train_config.SCHEDULES,
            train_config.SCHEDULES.index(start.schedule),
            key=field("schedule"),
        )
        loss = st.selectbox("Loss", train_config.LOSSES, train_config.LOSSES.index(start.loss), key=field("loss"))
        validation = left.number_input(
            "Validation share", 0.0, 0.5, start.validation_share, 0.05, key=field("validation"), help="0: the test set"
        )
        share = right.number_input("Share of the data", 0.001, 1.0, start.data_share, 0.1, "%g", key=field("share"))
        patience = left.number_input(
            "Early stopping", 0, 1000, start.early_stopping, key=field("patience"), help="Epochs of patience; 0: never"
        )
        precision = right.selectbox(
            "Precision", train_config.PRECISIONS, train_config.PRECISIONS.index(start.precision),
            key=field("precision"), help="Of the arithmetic; auto takes bfloat16 where the machine is faster with it",
        )  # fmt: skip
        beta_1 = left.number_input(
            "Beta 1 of Adam", 0.0, 0.9999, start.beta_1, 0.05, "%g", key=field("beta-1"),
            help="How much of the steps before a step keeps",
        )  # fmt: skip
        beta_2 = right.number_input(
            "Beta 2 of Adam", 0.0, 0.999999, start.beta_2, 0.01, "%g", key=field("beta-2"),
            help="How much of the steps before the scale of a step keeps",
        )  # fmt: skip
        smoothing = left.number_input(
            "Label smoothing", 0.0, 0.5, start.label_smoothing, 0.05, "%g", key=field("smoothing"),
            help="Share of each label that is spread over all ten digits; the network is less sure of itself",
        )  # fmt: skip
        more = _choose_variety(start, field)
    layers = _choose_layers(start.layers, field("layers"))
    settings = TrainConfig(
        recipe, layers, int(epochs), int(batch), optimizer, rate, schedule, loss, validation, int(patience), share,
        beta_1=beta_1, beta_2=beta_2, label_smoothing=smoothing, precision=precision, seed=int(seed), **more,
    )  # fmt: skip
    with st.container(horizontal=True):
        _offer_saving(settings)
        _show_code(settings)
    return settings


def warn_of_few_steps(settings: TrainConfig, data: Dataset) -> None:
    """Says it where the settings make too little of the data to learn much, and what would be enough."""
    if (steps := settings.steps(len(data.train_images))) < FEW_STEPS:
        st.info(
            f"These settings make only {steps} steps of training, too few to learn much from little data. "
            f"Try {math.ceil(settings.epochs * FEW_STEPS / steps)} epochs."
        )


def _offer_saving(settings: TrainConfig) -> None:
    """Lets a person save what is set as a recipe, which is then the chosen one."""
    with st.popover("Save as a recipe", icon=":material/bookmark_add:", type="tertiary"):
        name = st.text_input("Name of the recipe", placeholder="our-class", help="Small letters, digits and dashes")
        story = st.text_input("What it is for", placeholder="Tuesday's best network")
        if st.button("Save", disabled=not name):
            with explained():
                name = name.strip()
                saved = recipes.save(name, name.replace("-", " ").capitalize(), story, settings, actor())
                remember_settings(saved.config)
                st.rerun()


def _show_code(settings: TrainConfig) -> None:
    """The Keras code of exactly these settings, as they change."""
    with st.popover("Show the code", icon=":material/code:", type="tertiary"):
        st.code(notebook.training_code(settings), language="python")
        st.caption("Plain Keras. The Models page has the whole notebook of each run, from data to mistakes.")


def choose_recipe(named: str, key: str) -> tuple[str, Recipe]:
    """Lets a person choose a recipe, and tells its story; one of their own can be deleted.

    Args:
        named: The recipe of the address.
        key: Of the box.
    """
    known, (own, problems) = recipes.all_recipes(), recipes.own_recipes()
    for problem in problems:
        st.warning(plain(problem))
    name = choose("Recipe", list(known), named, key)
    story = known[name]
    published = f" Published result: {story.published}." if story.published else ""
    st.caption(f"**{plain(story.title)}.** {plain(story.description)}{published}")
    may_delete = name in own and actor().may_change(own[name].owner)
    if may_delete and st.button("Delete this recipe", icon=":material/delete:", type="tertiary", key=f"{key}-delete"):
        with explained():
            recipes.delete(name, by=actor())
            st.query_params.pop("recipe", None)
            for memory in (SETTINGS_MEMORY, SWEEP_MEMORY):
                st.session_state.pop(memory, None)
            st.rerun()
    return name, story


def _choose_variety(start: TrainConfig, field: Callable[[str], str]) -> dict[str, Any]:
    """What makes the training images more varied than they are."""
    st.caption("Random changes of each training image:")
    columns, values = st.columns(2), {}
    for place, (name, label, most, step) in enumerate(CHANGES):
        value = columns[place % 2].number_input(label, 0.0, most, getattr(start, name), step, "%g", key=field(name))
        values[name] = value
    st.caption("What is added to the training images:")
    left, right = st.columns(2)
    values["styles"] = left.number_input(
        "Rare styles (share)", 0.0, 1.0, start.styles, 0.05, "%g", key=field("styles"),
        help="A 1 with a foot, a crossed 7, a curled 9, an open 4 and others",
    )  # fmt: skip
    values["non_digits"] = right.number_input(
        "Non-digits (share)", 0.0, 1.0, start.non_digits, 0.05, "%g", key=field("non-digits"),
        help="Scribbles, letters, shapes: the network learns to be unsure of them",
    )  # fmt: skip
    values["also"] = left.text_input(
        "Second source", start.also, key=field("also"), placeholder="none",
        help="'collection' for the drawings of this lab, or a file in its data folder; strokes (.jsonl) are painted. "
        "Several with semicolons between them",
    )  # fmt: skip
    values["also_copies"] = int(
        right.number_input("Copies of its drawings", 1, 20, start.also_copies, key=field("copies"))
    )
    return values


def _choose_layers(start: tuple[Layer, ...], key: str) -> tuple[Layer, ...]:
    """The network as a table to change, and what becomes of the picture in it."""
    with st.expander("Network"):
        st.caption("Change a cell, add or delete rows. To move a layer, change its number: 2.5 puts it behind 2.")
        layers = edit_layers(start, key)
        rows = [
            {"Layer": str(row.layer), "Output": "×".join(map(str, row.output_shape)), "Parameters": row.parameters}
            for row in summarize(layers)
        ]
        st.dataframe(
            harmless(rows),
            hide_index=True,
            column_config={"Parameters": st.column_config.NumberColumn(format="localized")},
        )
    st.caption(f"{count(count_parameters(layers))} parameters in {len(layers)} layers.")
    return layers
