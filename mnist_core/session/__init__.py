"""The one package that knows Streamlit: a page's frame, cached loaders, what a session remembers, views."""

import gc

from mnist_core.session.canvas_view import canvas, keypad
from mnist_core.session.choices import all_models, choose, choose_dataset, choose_model, remember
from mnist_core.session.collection_views import show_collection, show_correction
from mnist_core.session.drawing_views import chosen_steps, compare, microscope, show_reading, show_refusals, show_why
from mnist_core.session.frame import PAGES, announce, explained, page, plain
from mnist_core.session.live_view import show_run
from mnist_core.session.loaders import (
    classifier,
    dataset,
    description,
    evaluation,
    evaluation_on,
    mean_images,
    own_dataset,
)
from mnist_core.session.owner import owner
from mnist_core.session.pin_views import choose_pin, own_pins, pin_button, pin_drawing, show_pins
from mnist_core.session.replay_view import show_replay
from mnist_core.session.run_views import (
    forget,
    has_moved_on,
    remember_settings,
    run_table,
    watch,
    watched_run,
)
from mnist_core.session.settings_view import choose_settings
from mnist_core.session.sweep_view import (
    choose_plan,
    offer_recipe,
    sweep_table,
    trial_table,
    watched_sweep,
)

__all__ = [
    "PAGES",
    "all_models",
    "announce",
    "canvas",
    "choose",
    "choose_dataset",
    "choose_model",
    "choose_pin",
    "choose_plan",
    "choose_settings",
    "chosen_steps",
    "classifier",
    "compare",
    "dataset",
    "description",
    "evaluation",
    "evaluation_on",
    "explained",
    "forget",
    "has_moved_on",
    "keypad",
    "mean_images",
    "microscope",
    "offer_recipe",
    "own_dataset",
    "own_pins",
    "owner",
    "page",
    "pin_button",
    "pin_drawing",
    "plain",
    "remember",
    "remember_settings",
    "run_table",
    "show_collection",
    "show_correction",
    "show_pins",
    "show_reading",
    "show_refusals",
    "show_replay",
    "show_run",
    "show_why",
    "sweep_table",
    "trial_table",
    "watch",
    "watched_run",
    "watched_sweep",
]

# Streamlit's own collection after each run is switched off (a fifth of a second each with many objects); what the
# imports made stays for good, so that the ordinary collections need not look at it either.
gc.collect()
gc.freeze()
