"""The one package that knows Streamlit: a page's frame, cached loaders, what a session remembers, views."""

from mnist_core.session.canvas_view import canvas, keypad
from mnist_core.session.choices import all_models, choose, choose_dataset, choose_model, remember
from mnist_core.session.collection_views import show_collection, show_correction
from mnist_core.session.comparison_view import show_comparison
from mnist_core.session.curve_views import show_calibration, show_curves
from mnist_core.session.doubt_views import show_doubts
from mnist_core.session.drawing_views import chosen_steps, compare, microscope, show_reading, show_refusals, show_why
from mnist_core.session.frame import PAGES, announce, explained, fragment, offer_file, offer_pictures, page, plain
from mnist_core.session.image_views import image_gallery, show_closer
from mnist_core.session.judged_view import choose_judged
from mnist_core.session.live_view import show_run
from mnist_core.session.loaders import (
    classifier,
    dataset,
    description,
    engine,
    evaluation,
    mean_images,
    own_dataset,
)
from mnist_core.session.map_view import show_map
from mnist_core.session.model_views import (
    edit_label,
    offer_deletion,
    offer_downloads,
    offer_import,
    offer_undo,
    show_deleted,
    show_facts,
)
from mnist_core.session.owner import owner
from mnist_core.session.paging import page_of
from mnist_core.session.pin_views import own_pins, pin_button, pin_drawing, show_pins
from mnist_core.session.predictions_view import show_predictions
from mnist_core.session.pressable import pressable
from mnist_core.session.replay_view import show_replay
from mnist_core.session.report_view import offer_report
from mnist_core.session.robustness_view import show_robustness
from mnist_core.session.run_views import (
    forget,
    has_moved_on,
    remember_settings,
    run_table,
    watch,
    watched_run,
)
from mnist_core.session.selection_views import choose_selection, choose_view, select
from mnist_core.session.settings_view import choose_settings
from mnist_core.session.sweep_view import (
    choose_plan,
    offer_recipe,
    sweep_table,
    trial_table,
    watched_sweep,
)
from mnist_core.session.training_view import show_training

__all__ = [
    "PAGES",
    "all_models",
    "announce",
    "canvas",
    "choose",
    "choose_dataset",
    "choose_judged",
    "choose_model",
    "choose_plan",
    "choose_selection",
    "choose_settings",
    "choose_view",
    "chosen_steps",
    "classifier",
    "compare",
    "dataset",
    "description",
    "edit_label",
    "engine",
    "evaluation",
    "explained",
    "forget",
    "fragment",
    "has_moved_on",
    "image_gallery",
    "keypad",
    "mean_images",
    "microscope",
    "offer_deletion",
    "offer_downloads",
    "offer_file",
    "offer_import",
    "offer_pictures",
    "offer_recipe",
    "offer_report",
    "offer_undo",
    "own_dataset",
    "own_pins",
    "owner",
    "page",
    "page_of",
    "pin_button",
    "pin_drawing",
    "plain",
    "pressable",
    "remember",
    "remember_settings",
    "run_table",
    "select",
    "show_calibration",
    "show_closer",
    "show_collection",
    "show_comparison",
    "show_correction",
    "show_curves",
    "show_deleted",
    "show_doubts",
    "show_facts",
    "show_map",
    "show_pins",
    "show_predictions",
    "show_reading",
    "show_refusals",
    "show_replay",
    "show_robustness",
    "show_run",
    "show_training",
    "show_why",
    "sweep_table",
    "trial_table",
    "watch",
    "watched_run",
    "watched_sweep",
]
