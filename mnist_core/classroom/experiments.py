"""Experiments of the lesson plans: what the lab measures at this moment, as a sentence to read out."""

import hashlib
from collections.abc import Callable

import numpy as np

from mnist_core.config.network import count_parameters
from mnist_core.errors import InputError, LabError
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.files import folders
from mnist_core.formatting import confidence, count, percent, size
from mnist_core.language import gettext
from mnist_core.mnist import SIDE
from mnist_core.runs import run_folders, summary
from mnist_core.runs.run import Run

IMAGES = 60_000  # of MNIST, to train on
SURE = 0.9
SHOWN = 12  # letters of a checksum


def checksum() -> str:
    """The fingerprint of the weights, the same as long as nothing in them changes."""
    run = _shipped()
    return gettext(
        "The weights of {model} have the checksum {sum} now. Write it down, and compare it later: one changed number "
        "would change it.",
        model=summary.title(run),
        sum=fingerprint(),
    )


def fingerprint() -> str:
    digest = hashlib.sha256(_model(_shipped())).hexdigest()[:SHOWN]
    return " ".join(digest[place : place + 4] for place in range(0, SHOWN, 4))


def sizes() -> str:
    """The weights against the pictures."""
    return gettext(
        "The file of the model has {weights}. The {images} pictures of MNIST have {pictures}: too much to fit in.",
        weights=size(len(_model(_shipped()))),
        images=count(IMAGES),
        pictures=size(IMAGES * SIDE * SIDE),
    )


def numbers() -> str:
    """What was learned, and what a picture is."""
    layers = _shipped().config().layers
    return gettext(
        "A picture is {pixels} numbers from 0 to 255. The model has {weights} numbers of its own, and nobody typed one "
        "of them.",
        pixels=count(SIDE * SIDE),
        weights=count(count_parameters(layers)),
    )


def mistakes() -> str:
    """How often the model errs where it was tested."""
    evaluation = _evaluation(_shipped())
    return gettext(
        "Of {images} digits that it never saw, the model reads {wrong} wrongly: {share} are right.",
        images=count(len(evaluation.labels)),
        wrong=count(len(evaluation.mistakes())),
        share=percent(evaluation.accuracy),
    )


def sure_and_wrong() -> str:
    """How sure it is where it errs."""
    evaluation = _evaluation(_shipped())
    sure = evaluation.probabilities[evaluation.mistakes()].max(axis=1)
    return gettext(
        "The model reads {wrong} test digits wrongly. Of {surely} of these it is more than {limit} sure.",
        wrong=count(len(sure)),
        surely=count(int((sure > SURE).sum())),
        limit=confidence(SURE),
    )


def seeds() -> str:
    """Two runs that differ in nothing but the seed."""
    pair = _of_two_seeds()
    if pair is None:
        return gettext(
            "Train the recipe quick with the seed 1 and with the seed 2. Then a figure stands here that compares them."
        )
    one, other = (_evaluation(run) for run in pair)
    apart = int((np.asarray(one.predictions) != np.asarray(other.predictions)).sum())
    return gettext(
        "Two runs that differ in nothing but the seed: {one} and {other} right, and they disagree about {apart} of "
        "{images} digits.",
        one=percent(one.accuracy),
        other=percent(other.accuracy),
        apart=count(apart),
        images=count(len(one.labels)),
    )


EXPERIMENTS: dict[str, Callable[[], str]] = {
    "checksum": checksum,
    "sizes": sizes,
    "numbers": numbers,
    "mistakes": mistakes,
    "sure-and-wrong": sure_and_wrong,
    "seeds": seeds,
}
WAITING = ("seeds",)  # those that change when a run has ended


def _shipped() -> Run:
    return run_folders.find(run_folders.SHIPPED_MODEL)


def _model(run: Run) -> bytes:
    try:
        return folders.read_bytes(run.model_path)
    except OSError as error:
        raise LabError(gettext("The model cannot be read now.")).at(run.model_path) from error


def _evaluation(run: Run) -> Evaluation:
    return Evaluation.load(run.evaluation_path)


def _of_two_seeds() -> tuple[Run, Run] | None:
    """The newest two judged runs of one configuration and data, whose seeds differ."""
    known: dict[tuple[str, str], Run] = {}
    for run in run_folders.all_runs():
        try:
            about = run.description()
            if about.imported or not folders.exists(run.evaluation_path):
                continue
            settings = {**vars(about.config), "seed": 0}
        except (InputError, AttributeError, TypeError):
            continue
        key = (repr(sorted(settings.items())), str(about.dataset.get("identity")))
        before = known.setdefault(key, run)
        if before is not run and before.config().seed != run.config().seed:
            return before, run
    return None
