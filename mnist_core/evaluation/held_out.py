"""What of some data a model has not learned from, so that it may be judged by it."""

import dataclasses
import functools
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from mnist_core.data import sources as data_sources
from mnist_core.data import stroke_files
from mnist_core.data.collection.drawing import NO_DIGITS
from mnist_core.data.dataset import Dataset
from mnist_core.data.handed_digits import Digits
from mnist_core.data.stroke_files import Handwriting
from mnist_core.errors import InputError, LabError
from mnist_core.files.records import NewerError
from mnist_core.formatting import count
from mnist_core.language import gettext, ngettext
from mnist_core.mnist import NO_DIGIT
from mnist_core.runs.run import Run

# The copies of the collection that runs learn from (`sources.settle`).
SNAPSHOT = re.compile(r"collection-[0-9a-f]{12}\.jsonl\.gz")


def sources(run: Run) -> tuple[str, ...]:
    """Returns the names of what a run learned from; raises InputError if its folder is damaged."""
    description = run.description()
    return description.dataset["name"], *description.config.second_sources


def _known(run: Run) -> tuple[str | None, ...]:
    """Returns the names and identities of what a run learned from; none where its folder does not say."""
    try:
        reference = run.description().dataset
    except NewerError:
        raise
    except InputError:
        return ()
    return (*sources(run), reference["identity"], *str(reference.get("also_identity", "")).split(";"))


def test_part(dataset: Dataset, note: str = "") -> Digits:
    """Returns the images that a dataset has set aside to judge by."""
    return Digits(dataset.title, dataset.test_images, dataset.test_labels, note=note, dataset=dataset.identity)


def part(run: Run, dataset: Dataset) -> Digits:
    """Returns the images of a dataset to judge a run by: its test part.

    Of a table without a test part, which the lab has parted itself, that is all of it in the order of the file, unless
    the run learned from it, wherever the table lay then and however it was corrected.
    """
    names = {dataset.identity, data_sources.bare(dataset.name)}
    known = not names.isdisjoint(data_sources.bare(name) for name in _known(run) if name)
    if dataset.places is None or known:
        number = len(dataset.test_labels)
        note = gettext(
            "Only the {number} that were set aside: the model learned from the others.",
            number=ngettext("{number} image", "{number} images", number, number=count(number)),
        )
        return test_part(dataset, "" if dataset.places is None else note)
    order = np.argsort(dataset.places)
    images = np.concatenate([dataset.train_images, dataset.test_images])
    return Digits(dataset.title, images[order], np.concatenate([dataset.train_labels, dataset.test_labels])[order])


def collected(run: Run, drawn: Handwriting) -> Digits:
    """Paints the collected drawings that a run can be judged by (`drawings`); raises InputError if none is."""
    chosen, note = drawings(run, drawn)
    if not (drawn.labels != NO_DIGIT).any():
        raise InputError(NO_DIGITS)
    if not len(chosen):
        raise InputError(
            gettext("This model learned from every drawing of this lab; draw some more, or choose other data.")
        )
    return Digits(gettext("Drawings of this lab"), stroke_files.paint_all(chosen.strokes), chosen.labels, note=note)


def drawings(run: Run, drawn: Handwriting) -> tuple[Handwriting, str]:
    """Returns which digits of the lab's collection a run can be judged by, and which these are, in words.

    All of them, if it learned from none. If it learned from a copy of the collection, those by writers whose hand it
    has not seen; if there are none such, those drawings that it has not learned from.
    """
    drawn, left_out = drawn.chosen(drawn.labels != NO_DIGIT), int((drawn.labels == NO_DIGIT).sum())
    more = (
        gettext(
            " Left out: {left_out} of no digit.",
            left_out=ngettext("{number} drawing", "{number} drawings", left_out, number=count(left_out)),
        )
        if left_out
        else ""
    )
    copies = [Path(name) for name in sources(run) if SNAPSHOT.fullmatch(Path(name).name)]
    if not copies:
        return drawn, gettext(
            "All {drawn}: the model learned from none of them.{more}",
            drawn=ngettext("{number} drawing", "{number} drawings", len(drawn), number=count(len(drawn))),
            more=more,
        )
    chosen, why = _held_out(drawn, copies)
    return drawn.chosen(chosen), gettext(
        "Only {chosen} of {drawn}: {why}.{more}",
        chosen=count(int(chosen.sum())),
        drawn=ngettext("{number} drawing", "{number} drawings", len(drawn), number=count(len(drawn))),
        why=why,
        more=more,
    )


def _held_out(drawn: Handwriting, copies: list[Path]) -> tuple[np.ndarray, str]:
    """Says which drawings a run that learned from copies of the collection has not learned from: bool `[N]`."""
    try:
        learned = [stroke_files.read_handwriting(copy, signs=True).split()[0] for copy in copies]
    except LabError:  # a copy is gone or damaged; the rule by which it was parted is still known
        return drawn.held_back, gettext("the others are by writers from whom the model learned")
    others = ~np.isin(drawn.writers, np.concatenate([one.writers for one in learned]))
    if others.any():
        return others, gettext("the others are by writers from whom the model learned")
    known = {stroke_files.as_bytes(strokes) for one in learned for strokes in one.strokes}
    new = [stroke_files.as_bytes(strokes) not in known for strokes in drawn.strokes]
    return np.array(new, bool), gettext("the model learned from the others, and from the hands that wrote these")


def shared(parts: Iterable[Digits]) -> Digits:
    """What several models can all be judged by, of what each can be (`part`, `collected`); InputError if nothing is."""
    return functools.reduce(_in_both, parts)


def _in_both(one: Digits, other: Digits) -> Digits:
    fewer, more = sorted((one, other), key=len)
    if one.identity == other.identity:
        kept = np.ones(len(fewer), bool)
    else:
        known = {image.tobytes() for image in more.images}
        kept = np.array([image.tobytes() in known for image in fewer.images], bool)
    if not kept.any():
        raise InputError(
            gettext(
                "No image is left to judge all these models by: each learned from what is left for "
                "another. Choose other data."
            )
        )
    note = (
        gettext(
            "The {kept} that none of the models learned from.",
            kept=ngettext("{number} image", "{number} images", int(kept.sum()), number=count(int(kept.sum()))),
        )
        if fewer.note
        else ""
    )
    if kept.all():
        return dataclasses.replace(fewer, note=note) if note else fewer
    labels = None if fewer.labels is None else fewer.labels[kept]
    return Digits(fewer.title, fewer.images[kept], labels, note=note)


def learned(run: Run, images: np.ndarray, identity: str, load: Callable[[str], Dataset] = data_sources.load) -> int:
    """Counts the images uint8 `[N, 28, 28]` that a run learned from (`repeated`), unless they are its own test set.

    `identity` is that of the evaluation by them. Raises InputError if the run's own data is not here any more, or its
    folder does not say what it was.
    """
    try:
        reference = run.description().dataset
    except NewerError:
        raise
    except InputError:
        raise InputError(
            gettext("The folder of the run {id} does not say what it learned from; train it again.", id=run.id)
        ) from None
    if reference["identity"] == identity:
        return 0
    return repeated(images, data_sources.load_same(reference, load).train_images)


def repetition(run: Run, known: int, total: int, learner: str = "") -> str:
    """Says that a run learned from so many of all images (`learned`), by which it looks better; empty if from none."""
    if not known:
        return ""
    parts = {
        "known": count(known),
        "total": ngettext("{number} image", "{number} images", total, number=count(total)),
        "data": run.description().data_title,
    }
    if not learner:
        return ngettext(
            (
                "{known} of these {total} is one that the model learned from, pixel for pixel in "
                "{data}. It looks better on what it knows than on new images."
            ),
            (
                "{known} of these {total} are ones that the model learned from, pixel for pixel in "
                "{data}. It looks better on what it knows than on new images."
            ),
            known,
            **parts,
        )
    return ngettext(
        (
            "{known} of these {total} is one that {learner} learned from, pixel for pixel in "
            "{data}. A model looks better on what it knows than on new images."
        ),
        (
            "{known} of these {total} are ones that {learner} learned from, pixel for pixel in "
            "{data}. A model looks better on what it knows than on new images."
        ),
        known,
        learner=learner,
        **parts,
    )


def repeated(images: np.ndarray, learned: np.ndarray) -> int:
    """Counts the images uint8 `[N, 28, 28]` that are, pixel for pixel, among those that a model learned from.

    Kaggle's tables are MNIST's 70,000 images in another order, so that a model of MNIST knows most of them.
    """
    known = {hash(image.tobytes()) for image in learned}
    return sum(hash(image.tobytes()) in known for image in images)
