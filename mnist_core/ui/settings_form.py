"""The settings of the next run."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.checks import Choice, Number, Whole
from mnist_core.config import recipes
from mnist_core.config.recipes import Recipe
from mnist_core.config.train_config import SETTINGS, TrainConfig
from mnist_core.data.dataset import Dataset
from mnist_core.formatting import begun
from mnist_core.language import N_, gettext
from mnist_core.sharing import notebook
from mnist_core.ui import glossary, network_editor
from mnist_core.ui.browser import actor
from mnist_core.ui.choices import choose
from mnist_core.ui.frame import explained, plain
from mnist_core.ui.settings_memory import (
    RECIPE,
    SETTINGS_MEMORY,
    SWEEP_MEMORY,
    keep_drawings,
    remember_settings,
    settings_from_address,
)

# quick makes 112 of all of MNIST.
FEW_STEPS = 100


@dataclass(frozen=True)
class Field:
    """How a setting is asked for; what it may be stands in `SETTINGS`."""

    name: str
    label: str
    step: float = 0.0  # of a number; 0: a tenth of what it is
    help: str = ""  # by default what `SETTINGS` says of it
    placeholder: str = ""
    word: str = ""  # of the glossary, which then says more than `help`


MAIN = (
    Field("epochs", N_("Epochs"), word="epoch"),
    Field("learning_rate", N_("Learning rate"), word="learning-rate"),
)
# What most people leave as it is: a heading, and the fields below it.
MORE = {
    N_("How it learns"): (
        Field("batch_size", N_("Batch size"), word="batch"),
        Field("seed", N_("Seed"), word="seed"),
        Field("optimizer", N_("Optimizer")),
        Field(
            "schedule",
            N_("Rate over time"),
            help=N_("One-cycle: the learning rate goes up at first, then down to nothing"),
        ),
        Field("loss", N_("Loss"), word="loss"),
        Field("label_smoothing", N_("Label smoothing"), 0.05, N_("More of it makes the network less sure of itself")),
        Field(
            "weight_averaging",
            N_("Weight averaging"),
            0.001,
            N_("Keeps the average of the last steps' weights, which reads better; 0.999 is some 1000 steps, 0 none"),
        ),
        Field("early_stopping", N_("Early stopping"), help=N_("Stop after so many epochs without a gain; 0: never")),
        Field("precision", N_("Precision"), help=N_("How exactly it computes; auto is what this machine does fastest")),
        Field("beta_1", N_("Beta 1 of Adam"), 0.05, N_("How much of the steps before a step keeps")),
        Field("beta_2", N_("Beta 2 of Adam"), 0.01, N_("How much of the steps before the scale of a step keeps")),
    ),
    N_("What it learns from"): (
        Field("data_share", N_("Share of the data"), 0.1, N_("1: all training images")),
        Field(
            "validation_share", N_("Validation share"), 0.05, N_("Kept back to check it on; 0: the test set checks it")
        ),
        Field(
            "styles", N_("Rare styles (share)"), 0.05, N_("Adds a 1 with a foot, a crossed 7, a curled 9, an open 4")
        ),
        Field(
            "non_digits", N_("Non-digits (share)"), 0.05, N_("Adds scribbles, letters, shapes, so that it learns doubt")
        ),
        Field(
            "also",
            N_("Second source"),
            placeholder=N_("none"),
            help=N_(
                "'collection' for the drawings of this lab, or a file in its data folder; strokes (.jsonl) are "
                "painted. Put semicolons between several."
            ),
        ),
        Field("also_copies", N_("Copies of its drawings")),
        # No longer than its neighbour's: a label of two lines would push the field out of its row.
        Field("variants", N_("Variants of each"), help=N_("Pictures of each that is painted; epochs take others")),
        Field(
            "pairs", N_("Pairs of digits (share)"), 0.05, N_("Adds two of its digits side by side, which are not one")
        ),
    ),
    N_("Change each training image a little, by chance"): (
        Field("rotation", N_("Rotation (degrees)"), 1),
        Field("zoom", N_("Zoom (share)"), 0.05),
        Field("shift", N_("Shift (share)"), 0.05),
        Field("shear", N_("Slant (share)"), 0.05),
        Field("elastic", N_("Elastic bend (pixels)"), 0.1),
        Field("pen", N_("Pen (share)"), 0.05, N_("How much thinner or bolder the pen may be")),
        Field(
            "unchanged", N_("Unchanged (share)"), 0.05, N_("So many images stay as they are; changed ones are softer")
        ),
    ),
}


def choose_settings() -> tuple[TrainConfig | None, DeltaGenerator]:
    """The settings, starting from a recipe or from a link, and the place for what starts a run with them.

    They are None where they cannot be used, which is said at that place. What is set is in the address.
    """
    start = settings_from_address()
    recipe, story = choose_recipe(start.recipe, RECIPE.key)
    if recipe != start.recipe:
        start = keep_drawings(start, story.config)
    values = _choose_values(MAIN, start, [st.container(horizontal=True)])  # beside each other on a phone, too
    place = st.container(gap="xsmall")
    with st.expander(gettext("More settings")):
        for heading, fields in MORE.items():
            st.caption(f"**{gettext(heading)}**")
            values |= _choose_values(fields, start, st.columns(2))
    network = f"{recipe}-layers"
    layers = network_editor.held_layers(start.layers, network)
    network_editor.offer_editor(story.config.layers, network)
    settings = None
    with place, explained():
        settings = TrainConfig(recipe, layers, **values)
    if settings:
        remember_settings(settings)
        network_editor.note_layers(layers, network)
        with st.container(horizontal=True):
            _offer_saving(settings)
            _show_code(settings)
    return settings, place


def _choose_values(fields: tuple[Field, ...], start: TrainConfig, columns: Sequence[DeltaGenerator]) -> dict[str, Any]:
    """Widgets for some settings, in turn in each column; returns what they hold."""
    return {
        field.name: choose_value(columns[place % len(columns)], field, start, field_key(start.recipe, field.name))
        for place, field in enumerate(fields)
    }


def field_key(recipe: str, name: str) -> str:
    """Under which key the session holds a setting; with another recipe it begins with what that one says."""
    return f"{recipe}-{name}"


def choose_value(column: DeltaGenerator, field: Field, start: TrainConfig, key: str) -> Any:
    """The widget for a setting, with the range that its rule has."""
    setting, value = SETTINGS[field.name], getattr(start, field.name)
    label = gettext(field.label)
    words = glossary.help_text(field.word) if field.word else gettext(field.help) or begun(gettext(setting.about))
    match setting.rule:
        case Choice() as rule:
            return column.selectbox(label, rule.choices, rule.choices.index(value), key=key, help=words)
        case Whole() as rule:
            return int(column.number_input(label, rule.least, rule.most, value, 1, key=key, help=words))
        case Number() as rule:
            least, most = float(rule.least), float(rule.most)
            step = float(field.step or value / 10)
            return column.number_input(label, least, most, value, step, "%g", key=key, help=words)
    return column.text_input(label, value, key=key, help=words, placeholder=gettext(field.placeholder))


def warn_of_few_steps(settings: TrainConfig, data: Dataset) -> None:
    """Says it where the settings make too little of the data to learn much, and what would be enough."""
    if (steps := settings.steps(len(data.train_images))) < FEW_STEPS:
        st.info(
            gettext(
                "These settings make only {steps} steps of training, too few to learn much from "
                "little data. Try {epochs} epochs.",
                steps=steps,
                epochs=math.ceil(settings.epochs * FEW_STEPS / steps),
            )
        )


def _offer_saving(settings: TrainConfig) -> None:
    """Lets a person save what is set as a recipe, which is then the chosen one."""
    with st.popover(gettext("Save as a recipe"), icon=":material/bookmark_add:", type="tertiary"):
        name = st.text_input(
            gettext("Name of the recipe"), placeholder=gettext("our-class"), key="new-recipe-name",
            help=gettext("Small letters, digits and dashes"),
        )  # fmt: skip
        story = st.text_input(
            gettext("What it is for"), placeholder=gettext("Tuesday's best network"), key="new-recipe-story"
        )
        if st.button(gettext("Save"), disabled=not name):
            with explained():
                name = name.strip()
                saved = recipes.save(name, name.replace("-", " ").capitalize(), story, settings, actor())
                remember_settings(saved.config)
                st.rerun()


def _show_code(settings: TrainConfig) -> None:
    """The Keras code of exactly these settings, as they change."""
    with st.popover(gettext("Show the code"), icon=":material/code:", type="tertiary"):
        st.code(notebook.training_code(settings), language="python")
        st.caption(gettext("Plain Keras. The Models page has the whole notebook of each run, from data to mistakes."))


def choose_recipe(named: str, key: str) -> tuple[str, Recipe]:
    """Lets a person choose a recipe, and tells its story; one of their own can be deleted.

    Args:
        named: The recipe of the address.
        key: Of the box.
    """
    known, (own, problems) = recipes.all_recipes(), recipes.own_recipes()
    for problem in problems:
        st.warning(plain(problem))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = choose(gettext("Recipe"), list(known), named, key)
        story = known[name]
        may_delete = name in own and actor().may_change(own[name].owner)
        if story.details or may_delete:
            with st.popover(gettext("Details"), key=f"{key}-details"):
                _tell_details(name, story)
                if may_delete:
                    _offer_deletion(name, key)
    st.caption(plain(gettext(story.description)) or gettext("A recipe of your own."))
    return name, story


def _tell_details(name: str, story: Recipe) -> None:
    published = gettext("Published result: {result}.", result=story.published) if story.published else ""
    details = f"{plain(gettext(story.details))} {published}".rstrip()
    st.markdown(f"**{plain(gettext(story.title))}** ({name}). {details}")


def _offer_deletion(name: str, key: str) -> None:
    """Lets a person delete a recipe of their own."""
    if st.button(gettext("Delete this recipe"), icon=":material/delete:", type="tertiary", key=f"{key}-delete"):
        with explained():
            recipes.delete(name, by=actor())
            st.query_params.pop("recipe", None)
            for memory in (SETTINGS_MEMORY, SWEEP_MEMORY):
                st.session_state.pop(memory, None)
            st.rerun()
