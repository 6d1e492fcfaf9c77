"""Judging a run: by what of some data, none of which it has learned from, and what comes out."""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from mnist_core.data import corrections, uploads
from mnist_core.data import sources as data_sources
from mnist_core.data.dataset import LABELS_IN_NAMES, Dataset
from mnist_core.data.handed_digits import Digits
from mnist_core.errors import InputError, LabError
from mnist_core.evaluation import held_out
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.inference.calibration import Calibration
from mnist_core.inference.classifier import Classifier
from mnist_core.language import gettext
from mnist_core.runs.run import Run


@dataclass(frozen=True)
class Judged:
    """A model's answers to labelled images, with the images."""

    evaluation: Evaluation
    # uint8 `[N, 28, 28]` in the order of `evaluation.labels`; None where they are not on this machine.
    images: np.ndarray | None
    title: str  # what the data is called, for people


# --- By what ---------------------------------------------------------------------------------------------------------


def _from_collection() -> Callable[[Run], Digits]:
    drawn = functools.cache(lambda: data_sources.collected(signs=True))  # read once, however many runs are judged
    return lambda run: held_out.collected(run, drawn())


@dataclass(frozen=True)
class Sources:
    """How what runs are judged by is read; who keeps what was read, or may download it, passes ways of their own."""

    dataset: Callable[[str], Dataset] = data_sources.load  # loads data by its name
    # Reads a file that is not a dataset (`uploads.is_such`), by its name, which may say how it is corrected.
    file: Callable[[str], Digits] = uploads.read_named
    # Paints what of the lab's collection a run can be judged by.
    drawings: Callable[[Run], Digits] = field(default_factory=_from_collection)
    part: Callable[[Run, Dataset], Digits] = held_out.part  # chooses what of a dataset a run can be judged by


def data_for(name: str, runs: Sequence[Run], sources: Sources) -> Digits:
    """Reads what of the data that `--data` names all runs can be judged by: digits that none of them learned from.

    Raises InputError if the data cannot be used, or nothing of it is left.
    """
    path = data_sources.path_of(name)
    learned = any(_learned_from(run, name) for run in runs)
    if uploads.is_such(path) and not learned:
        return sources.file(data_sources.resolve(name))
    if name == "collection":
        return held_out.shared(map(sources.drawings, runs))
    try:
        return part_for(sources.dataset(name), runs, sources)
    except data_sources.LabelsInNamesError:
        if not learned:
            raise
        # Whoever trained on it has said that the names hold the labels.
        return part_for(sources.dataset(corrections.with_base(name, LABELS_IN_NAMES)), runs, sources)
    except data_sources.TooFewError:
        return sources.file(data_sources.resolve(name))


def _learned_from(run: Run, name: str) -> bool:
    """Whether data at this place taught a run, so that it may be judged by the part alone that was set aside."""
    try:
        taught = {data_sources.bare(source) for source in held_out.sources(run)}
        return data_sources.bare(data_sources.resolve(name)) in taught
    except InputError:  # its folder does not say
        return False


def part_for(dataset: Dataset, runs: Sequence[Run], sources: Sources) -> Digits:
    """Returns what of a dataset all runs can be judged by; as `data_for`."""
    if dataset.name == "collection":
        return held_out.shared(map(sources.drawings, runs))
    return held_out.shared(sources.part(run, dataset) for run in runs)


def labelled(digits: Digits, reader: str) -> Digits:
    """Returns digits to judge by; raises InputError where they have no labels, and names what reads them without."""
    if digits.labels is None:
        said = gettext(
            "There are no labels with {data} to judge by; {reader} reads it without.",
            data=digits.title,
            reader=reader,
        )
        if digits.name_example:
            said += gettext(
                " If its names hold them ({example}), say so, on the command line with --labels-in-names.",
                example=digits.name_example,
            )
        raise InputError(said)
    return digits


def own_dataset(run: Run, load: Callable[[str], Dataset] = data_sources.load) -> Dataset | None:
    """Returns the data that a run learned from and was judged on, or None if it is not on this machine any more."""
    try:
        return data_sources.load_same(run.description().dataset, load)
    except LabError:
        return None


# --- What comes out --------------------------------------------------------------------------------------------------


def measure(classifier: Classifier, digits: Digits) -> Evaluation:
    """Lets a model read labelled digits, and judges its answers."""
    assert digits.labels is not None
    return Evaluation.measure(classifier.probabilities(digits.images), digits.labels, digits.identity)


def calibrated(run: Run, evaluation: Evaluation) -> Evaluation:
    """Returns the same answers as sure as the Draw page gives them, so that a picture has one probability."""
    calibration = Calibration.load(run.calibration_path)
    return dataclasses.replace(evaluation, probabilities=calibration.apply(evaluation.probabilities))


def judge(
    run: Run,
    digits: Digits,
    measured: Callable[[Run, Digits], Evaluation],
    stored: Callable[[Run], Evaluation] = lambda run: Evaluation.load(run.evaluation_path),
) -> Evaluation:
    """Returns a run's answers to labelled digits: those of its folder where they are to the same, else measured ones.

    `measured` and `stored` may keep what they have measured and read.
    """
    with contextlib.suppress(LabError):
        known = stored(run)
        if known.identity == digits.identity:
            return known
    return measured(run, digits)
