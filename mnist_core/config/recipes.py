"""The named recipes, those that come with the lab and one's own, and the links that start from them."""

import dataclasses
import functools
import logging
import math
import re
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from mnist_core import environment, language
from mnist_core.access import quotas
from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.checks import short
from mnist_core.config.network import network_text, parse_network
from mnist_core.config.train_config import SETTINGS, TrainConfig, parse_setting
from mnist_core.errors import InputError, not_written
from mnist_core.files import atomic, folders
from mnist_core.files.records import Record
from mnist_core.formatting import count, readable, suggestion
from mnist_core.language import N_, gettext

logger = logging.getLogger(__name__)

# Everybody's pages list them and tell their stories.
MOST_OWN = 500
LONGEST_TITLE, LONGEST_STORY = 100, 500


@dataclass(frozen=True)
class Recipe:
    """A named configuration with its story."""

    title: str  # for people
    description: str  # what it is for, in one plain line
    config: TrainConfig
    details: str = ""  # where it comes from and how it does it, in sentences; empty for one's own
    published: str = ""  # the result that its source reports, in words; empty where there is none
    published_accuracy: float = math.nan  # as a number, for "at least 98.5 %" 0.985; NaN where there is none
    published_loss: float = math.nan  # NaN where none is reported
    owner: str = ""  # who saved it here; empty for the command line, and for one that comes with the lab


def _recipe(
    name: str,
    title: str,
    description: str,
    details: str,
    network: str,
    published: str = "",
    published_accuracy: float = math.nan,
    published_loss: float = math.nan,
    **settings: Any,
) -> tuple[str, Recipe]:
    config = TrainConfig(name, parse_network(network), **settings)
    return name, Recipe(title, description, config, details, published, published_accuracy, published_loss)


DEFAULT_RECIPE = "quick"
NETWORK = "network"  # what an address calls the layers
# Little work and what makes it learn in few epochs: the recipes `quick` and `thorough` share it.
QUICK_NETWORK = (
    "conv:16:5,maxpool:3,norm,activation:relu,conv:64:3,maxpool:2,norm,activation:relu,"
    "flatten,dense:128,norm,activation:relu,dense:10:softmax"
)
QUICK_SETTINGS: dict[str, Any] = {
    "batch_size": 512,
    "schedule": "one-cycle",
    "beta_1": 0.7,
    "beta_2": 0.9,
    "label_smoothing": 0.1,
    "validation_share": 0.05,
}
# What teaches other people's handwriting, and doubt: the recipes `robust` and `best` share it.
ROBUST_NETWORK = (
    "conv:32:5,maxpool:2,norm,activation:relu,conv:64:3:same,norm,activation:relu,"
    "conv:64:3,maxpool:2,norm,activation:relu,conv:384:3,norm,activation:relu,flatten,dropout:0.4,dense:10:softmax"
)
ROBUST_SETTINGS: dict[str, Any] = {
    "epochs": 26,
    "batch_size": 128,
    "learning_rate": 0.01,
    "schedule": "one-cycle",
    "validation_share": 0.05,
    "rotation": 12.0,
    "zoom": 0.12,
    "shift": 0.05,
    "shear": 0.2,
    "elastic": 0.4,
    "pen": 0.1,
    "styles": 0.04,
    "non_digits": 0.1,
}

# The shape of quick, so that many epochs cost little; wider, as there are letters to tell from digits, too.
BEST_NETWORK = (
    "conv:48:5,maxpool:3,norm,activation:relu,conv:160:3,maxpool:2,norm,activation:relu,"
    "flatten,dense:256,norm,activation:relu,dropout:0.4,dense:10:softmax"
)
BEST_SETTINGS: dict[str, Any] = ROBUST_SETTINGS | {
    "epochs": 30,
    "batch_size": 512,
    "learning_rate": 0.03,
    "beta_1": 0.7,
    "beta_2": 0.9,
    "label_smoothing": 0.1,
    "rotation": 10.0,
    "zoom": 0.1,
    "shift": 0.06,
    "shear": 0.15,
    "styles": 0.05,
    "also": "pen_strokes.jsonl.gz;unipen_digits.jsonl.gz;unipen_signs.jsonl.gz",
    "also_copies": 2,
    "variants": 4,
    "unchanged": 0.3,
}

RECIPES: dict[str, Recipe] = dict(
    [
        _recipe(
            "quick",
            N_("Quick"),
            N_("A small network for class: about 99 % right in seconds."),
            N_(
                "The lab's own, for a class: two convolutions and a dense layer, batch-normalized, "
                "that see each image once; 99 % in seconds. One epoch is enough by a one-cycle "
                "learning rate with large steps, an Adam with a short memory, and labels that leave "
                "some doubt (label smoothing). Early pooling leaves little to compute."
            ),
            QUICK_NETWORK,
            epochs=1,
            learning_rate=0.03,
            **QUICK_SETTINGS,
        ),
        _recipe(
            "thorough",
            N_("Thorough"),
            N_("The same small network, trained longer: 99.5 % right in about half a minute."),
            N_(
                "The lab's own: the network of quick sees each image seven times, each time turned, "
                "moved and resized a little; 99.5 % in seven epochs. It learns more because it sees "
                "more, not because it is larger."
            ),
            QUICK_NETWORK,
            epochs=7,
            learning_rate=0.035,
            rotation=8.0,
            shift=0.06,
            zoom=0.08,
            **QUICK_SETTINGS,
        ),
        _recipe(
            "digit-detection",
            N_("Digit detection"),
            N_("From a notebook: two convolutions, trained for ten epochs."),
            N_(
                "From a notebook on Kaggle's CSV files: two convolutions, each followed by pooling, "
                "one-hot labels and a fifth of the training images for validation. Left open there "
                "and chosen here: 32 and 64 filters of 3×3, 128 neurons, dropout 0.5."
            ),
            "conv:32:3:relu,maxpool:2,conv:64:3:relu,maxpool:2,flatten,dense:128:relu,dropout:0.5,dense:10:softmax",
            N_("at least 98.5 %"),
            0.985,
            epochs=10,
            batch_size=32,
            loss="categorical_crossentropy",
            validation_share=0.2,
        ),
        _recipe(
            "mnist-classification",
            N_("MNIST digit classification"),
            N_("From a notebook: three convolutions, trained for ten epochs."),
            N_(
                "From a notebook that plots accuracy and loss, the confusion matrix and a report: "
                "convolutions and pooling, one-hot labels, ten epochs with validation. Left open "
                "there and chosen here: three convolutions of 32, 64 and 64 filters of 3×3, 64 "
                "neurons, dropout 0.5, batches of 64, a tenth validates."
            ),
            "conv:32:3:relu,maxpool:2,conv:64:3:relu,maxpool:2,conv:64:3:relu,flatten,dense:64:relu,dropout:0.5,"
            "dense:10:softmax",
            N_("at least 98.5 %"),
            0.985,
            epochs=10,
            batch_size=64,
            loss="categorical_crossentropy",
            validation_share=0.1,
        ),
        _recipe(
            "digit-recognizer",
            N_("Digit recognizer"),
            N_("From a notebook for a contest: it stops by itself when it gets no better."),
            N_(
                "From a notebook for Kaggle's Digit Recognizer: a sequential CNN, one-hot labels, "
                "early stopping on a held-out part of the training images. Left open there and chosen "
                "here: 32 and 64 filters of 3×3, pooling, dropout 0.25, 128 neurons, dropout 0.5, "
                "batches of 64, at most 20 epochs, patience 3, a tenth held out."
            ),
            "conv:32:3:relu,maxpool:2,conv:64:3:relu,maxpool:2,dropout:0.25,flatten,dense:128:relu,dropout:0.5,"
            "dense:10:softmax",
            N_("about 98 %"),
            0.98,
            epochs=20,
            batch_size=64,
            loss="categorical_crossentropy",
            validation_share=0.1,
            early_stopping=3,
        ),
        _recipe(
            "mnist-ann",
            N_("MNIST with a plain network"),
            N_("From a notebook: many layers, but no convolution. See how far that gets."),
            N_(
                "From a notebook without convolutions: six dense layers of 784 to 24 neurons, each "
                "followed by dropout 0.3, a sigmoid output, validated on the test set as its author "
                "did."
            ),
            "flatten,dense:784:relu,dropout:0.3,dense:392:relu,dropout:0.3,dense:196:relu,dropout:0.3,"
            "dense:98:relu,dropout:0.3,dense:49:relu,dropout:0.3,dense:24:relu,dropout:0.3,dense:10:sigmoid",
            N_("97.37 %, loss 0.1513"),
            0.9737,
            published_loss=0.1513,
            epochs=10,
            batch_size=32,
            validation_share=0.0,
        ),
        _recipe(
            "simple-cnn",
            N_("A first CNN"),
            N_("A good first network to change: small, with two convolutions."),
            N_(
                "From a first project: a small CNN on 28×28×1, integer labels. Left open there and "
                "chosen here: 32 filters of 3×3, pooling, 64 filters, pooling, 64 neurons, 5 epochs "
                "of batches of 32, a tenth validates."
            ),
            "conv:32:3:relu,maxpool:2,conv:64:3:relu,maxpool:2,flatten,dense:64:relu,dense:10:softmax",
            N_("above 98 %"),
            0.98,
            epochs=5,
            batch_size=32,
            validation_share=0.1,
        ),
        _recipe(
            "robust",
            N_("Robust"),
            N_("For digits that people draw; it also learns to be unsure. Takes a quarter of an hour or more."),
            N_(
                "The lab's own, for digits that people draw: MNIST alone, turned, slanted, bent, "
                "thinner and bolder; with ways of writing that MNIST hardly has (a 1 with a foot, a "
                "crossed 7, a curled 9, an open 4), and with pictures that are not digits, to learn "
                "doubt."
            ),
            ROBUST_NETWORK,
            **ROBUST_SETTINGS,
        ),
        _recipe(
            "best",
            N_("Best"),
            N_("How the lab's own model was trained. It needs three files that you add yourself."),
            N_(
                "The recipe of the shipped model: the network of quick, wider, learns as robust does, "
                "and from three files of pen strokes as second sources, painted by the code that the "
                "canvas uses: digits with other pens and bends in each epoch, and letters and signs, "
                "which teach doubt; held-back writers and sites stay unseen. Three in ten images stay "
                "as they are, as those that are bent lose their sharp edges. Labels that leave some "
                "doubt (label smoothing) make its probabilities honest for strangers' hands, too. The "
                "files do not come with the lab: put them into the folder data of the lab's home, or "
                "name others as second sources."
            ),
            BEST_NETWORK,
            **BEST_SETTINGS,
        ),
    ]
)


# --- One's own ---------------------------------------------------------------------------------------------------


def all_recipes() -> dict[str, Recipe]:
    """The recipes that come with the lab, then one's own, by their names."""
    return RECIPES | own_recipes()[0]


def find(name: str) -> Recipe | None:
    """Returns the recipe of this name, without a look at all the others; None where there is none."""
    if name in RECIPES:
        return RECIPES[name]
    path = _own_folder() / f"{name}.json"
    try:
        return _read(path, atomic.stamp(path)) if folders.is_file(path) else None
    except InputError:
        return None  # `own_recipes` says what is wrong with it


def own_recipes() -> tuple[dict[str, Recipe], list[str]]:
    """The recipes that people saved here, by their names, and a sentence for each file that is not one."""
    found: dict[str, Recipe] = {}
    problems = []
    for path in _own_paths():
        try:
            found[path.stem] = _read(path, atomic.stamp(path))
        except InputError as error:
            logger.info("The recipe %s cannot be read", path, exc_info=True)
            problems.append(gettext("The recipe {name} is left out: {error}", name=path.name, error=error))
    return found, problems


def _own_folder() -> Path:
    return environment.home() / "recipes"


def _own_paths() -> list[Path]:
    # What begins with a dot is being written.
    return [path for path in folders.inside(_own_folder()) if path.suffix == ".json" and not path.name.startswith(".")]


@dataclass(frozen=True)
class _OwnRecipe(Record):
    """What the file of a recipe holds."""

    title: str
    description: str
    config: TrainConfig
    owner: str = ""


@functools.lru_cache(maxsize=2 * MOST_OWN)
def _read(path: Path, version: tuple[int, ...]) -> Recipe:
    found = _OwnRecipe.load(path)
    recipe = Recipe(found.title, found.description, found.config, owner=found.owner)
    if recipe.config.recipe != path.stem or path.stem in RECIPES:
        raise InputError(
            gettext(
                "its settings name the recipe '{recipe}'; a file must have its recipe's name.",
                recipe=recipe.config.recipe,
            )
        )
    return recipe


def save(name: str, title: str, description: str, config: TrainConfig, by: Actor = COMMAND_LINE) -> Recipe:
    """Keeps settings as a recipe of one's own, `<home>/recipes/<name>.json`.

    Raises InputError if the name cannot be used, a text is too long, or there are too many already.
    """
    check_name(name)
    _check_texts(title, description)
    if (there := len(_own_paths())) >= MOST_OWN:
        raise InputError(
            gettext(
                "{number} recipes are saved here, which is as many as this lab keeps; delete one that nobody needs.",
                number=count(there),
            )
        )
    quotas.count_recipe(by)
    recipe = Recipe(title, description, dataclasses.replace(config, recipe=name), owner=by.owner)
    folder = _own_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _OwnRecipe(title, description, recipe.config, by.owner).save(folder / f"{name}.json")
    except OSError as error:
        raise not_written(gettext("The recipe cannot be written"), error) from error
    return recipe


def _check_texts(title: str, description: str) -> None:
    for what, text, longest in ((N_("title"), title, LONGEST_TITLE), (N_("description"), description, LONGEST_STORY)):
        if len(text) > longest:
            raise InputError(
                gettext(
                    "The {what} of a recipe has {number} characters, but may have at most {longest} "
                    "characters; shorten it.",
                    what=what,
                    number=count(len(text)),
                    longest=longest,
                )
            )


def check_name(name: str) -> None:
    """Raises InputError unless a new recipe can have this name."""
    dataclasses.replace(RECIPES[DEFAULT_RECIPE].config, recipe=name)
    if name in RECIPES:
        raise InputError(
            gettext("The recipe '{name}' comes with the lab and stays as it is; choose another name.", name=name)
        )
    if folders.exists(_own_folder() / f"{name}.json"):
        raise InputError(
            gettext("There is a recipe '{name}' already; choose another name, or delete that one first.", name=name)
        )


def delete(name: str, *, by: Actor) -> None:
    """Removes a recipe that was saved here; the runs that started from it keep their settings.

    Raises NotYoursError if somebody else saved it.
    """
    if name in RECIPES:
        raise InputError(
            gettext("The recipe '{name}' comes with the lab and cannot be deleted; delete one of your own.", name=name)
        )
    # The folder is listed, because a name from outside could lead elsewhere.
    path = next((path for path in _own_paths() if path.stem == name), None)
    if path is None:
        raise InputError(
            gettext("There is no recipe '{name}'; 'python -m mnist_core recipes' lists those there are.", name=name)
        )
    found = own_recipes()[0].get(name)
    by.check_may_change(found.owner if found else "", gettext("The recipe '{name}'", name=name))
    try:
        path.unlink()
    except OSError as error:
        raise not_written(gettext("The recipe '{name}' cannot be deleted", name=name), error) from error


# --- Links -------------------------------------------------------------------------------------------------------


def to_address(config: TrainConfig) -> dict[str, str]:
    """What a link needs to set up this configuration: the recipe and only what differs from it."""
    # The recipe of an old run may have been deleted; then the link starts from the one that is always there.
    recipe = find(config.recipe) or RECIPES[DEFAULT_RECIPE]
    return {"recipe": recipe.config.recipe} | _differences(recipe.config, config)


def _differences(base: TrainConfig, config: TrainConfig) -> dict[str, str]:
    """What was changed, by the names of an address."""
    network = {NETWORK: network_text(config.layers)} if config.layers != base.layers else {}
    pairs = ((name, getattr(base, name), getattr(config, name)) for name in SETTINGS)
    return network | {name: short(value) for name, usual, value in pairs if value != usual}


MOST_NAMED = 3
# The drawings of the lab: as people choose them, and the copy of them that a run keeps.
_OUR_DRAWINGS = re.compile(r"collection(-[0-9a-f]{12}\.jsonl\.gz)?")


def source_title(source: str) -> str:
    """Names one of a configuration's second sources for people; of a file without the folder that it lies in."""
    name = PureWindowsPath(source).name  # which knows both kinds of slash
    return gettext("our drawings") if _OUR_DRAWINGS.fullmatch(name) else name


def in_words(config: TrainConfig) -> str:
    """Names settings by their recipe and what was changed in it: `quick, learning rate 0.5, another network`."""
    recipe = find(config.recipe)
    changes = _differences(recipe.config, config) if recipe else {}
    words = [_change_in_words(name, value) for name, value in changes.items()]
    more = [gettext("{number} more changes", number=len(words) - MOST_NAMED)] if len(words) > MOST_NAMED + 1 else []
    return ", ".join([config.recipe, *(words[:MOST_NAMED] if more else words), *more])


def _change_in_words(name: str, value: str) -> str:
    """Says one change in a word or two; a network and a path are too long for a name."""
    if name == NETWORK:
        return gettext("another network")
    if name == "also":
        if _OUR_DRAWINGS.fullmatch(PureWindowsPath(value).name):
            return gettext("with our drawings")
        return gettext("another second source") if value else gettext("no second source")
    number = not isinstance(getattr(TrainConfig, name), str)
    return gettext(
        "{setting} {value}", setting=SETTINGS[name].words, value=language.as_written(value) if number else value
    )


def from_address(address: dict[str, str]) -> TrainConfig:
    """Reads a link or command line options, starting from their recipe (default `quick`); InputError."""
    name = address.get("recipe", DEFAULT_RECIPE)
    known = all_recipes()
    if name not in known:
        near = suggestion(name, known)
        raise InputError(
            gettext(
                "There is no recipe '{name}'; choose one of {known}.{near}",
                name=readable(name),
                known=", ".join(known),
                near=near,
            )
        )
    changes: dict[str, Any] = {"layers": parse_network(address[NETWORK])} if NETWORK in address else {}
    changes |= {name: parse_setting(name, address[name]) for name in SETTINGS if name in address}
    return dataclasses.replace(known[name].config, **changes)
