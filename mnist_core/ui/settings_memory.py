"""The settings of the next run, as the address and this session hold them."""

import dataclasses

import streamlit as st

from mnist_core.checks import Number
from mnist_core.config.recipes import DEFAULT_RECIPE, all_recipes, from_address, to_address
from mnist_core.config.train_config import SETTINGS, TrainConfig
from mnist_core.errors import InputError
from mnist_core.language import gettext
from mnist_core.ui.frame import plain
from mnist_core.ui.remembered import Remembered

# Apart from each other: the trials of a sweep are shorter than a run.
SETTINGS_MEMORY = "settings"
SWEEP_MEMORY = "sweep-settings"
DRAWINGS = "collection"  # what the lab's drawings are called among second sources
RECIPE = Remembered[str]("recipe-choice")


def settings_from_address(memory: str = SETTINGS_MEMORY) -> TrainConfig:
    """Returns the settings of the link, or those this browser session left, or the default recipe's.

    Args:
        memory: Under which name the session remembers them.
    """
    address = _addressed(memory)
    try:
        return from_address(address)
    except InputError as error:
        st.warning(
            gettext(
                "The link sets up something that cannot be used; the recipe's own settings are shown. {error}",
                error=plain(str(error)),
            )
        )
        known = all_recipes()
        return known.get(address.get("recipe", ""), known[DEFAULT_RECIPE]).config


def _addressed(memory: str) -> dict[str, str]:
    address = {
        name: value for name, value in st.query_params.to_dict().items() if name in ("recipe", "network", *SETTINGS)
    }
    return address or st.session_state.get(memory) or st.session_state.get(SETTINGS_MEMORY) or {}


def remember_settings(settings: TrainConfig, memory: str = SETTINGS_MEMORY) -> None:
    """Keeps the settings in the address, so that a link sets up a class, and in the session's memory."""
    address = to_address(settings)
    for name in ("recipe", "network", *SETTINGS):
        if name in st.query_params and name not in address:
            del st.query_params[name]
    for name, value in address.items():
        if st.query_params.get(name) != value:
            st.query_params[name] = value
    st.session_state[memory] = address


def second_sources() -> tuple[str, ...]:
    """Returns the further data that the next run learns from; none where the link cannot be used, which is said."""
    try:
        return from_address(_addressed(SETTINGS_MEMORY)).second_sources
    except InputError:
        return ()


def add_second_source(name: str, is_wanted: bool) -> None:
    """Adds data to what the next run learns from, or takes it away; before the form is drawn, which then shows it."""
    there = second_sources()
    if (name in there) == is_wanted:
        return
    also = ";".join([*there, name] if is_wanted else [other for other in there if other != name])
    for key in [key for key in st.session_state if str(key).endswith("-also")]:
        del st.session_state[key]  # else the field would keep what it holds
    for known, value in _addressed(SETTINGS_MEMORY).items():
        st.query_params[known] = value
    st.query_params["also"] = also


def keep_drawings(before: TrainConfig, after: TrainConfig) -> TrainConfig:
    """Returns the settings of another recipe with the lab's drawings beside its data, where they were before."""
    if DRAWINGS not in before.second_sources or DRAWINGS in after.second_sources:
        return after
    return dataclasses.replace(after, also=";".join([*after.second_sources, DRAWINGS]))


def use_settings(settings: TrainConfig) -> None:
    """Sets the Train page up with these settings, as a link would; for a button's `on_click`."""
    shown = to_address(settings)["recipe"]  # not its own where that was deleted
    for key in [str(key) for key in st.session_state if str(key).startswith(f"{shown}-")]:
        _set_widget(key, settings, key.removeprefix(f"{shown}-"))
    RECIPE.forget()
    remember_settings(settings)


def _set_widget(key: str, settings: TrainConfig, name: str) -> None:
    """Tells a widget what it holds from now on; of one that only begins anew the browser keeps what it shows."""
    if name not in SETTINGS:
        del st.session_state[key]
        return
    value = getattr(settings, name)
    st.session_state[key] = float(value) if isinstance(SETTINGS[name].rule, Number) else value
