"""What the status of a run says, as a sentence: the same on the pages, on the command line and in reports."""

import math
from typing import Any, Protocol

from mnist_core.checks import short
from mnist_core.config.network import count_parameters
from mnist_core.files import records
from mnist_core.formatting import count, duration, percent, points, several, size
from mnist_core.runs import summary as runs_summary
from mnist_core.runs.control import Control
from mnist_core.runs.description import Imported
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status
from mnist_core.sharing import inputs

# Who guesses is right once in ten times; of fewer images one more or less moves the accuracy by several points.
HARDLY_READS, FEW_TESTED = 0.3, 30


class HasProblem(Protocol):
    """A run's status, or a trial of a sweep."""

    @property
    def problem(self) -> str:
        """Its code."""

    @property
    def details(self) -> dict[str, Any]:
        """The numbers and words that belong to it."""


def sentence(status: HasProblem) -> str:
    """Says why a run is in its state; empty where there is nothing to say."""
    details = status.details
    try:
        return _said(status.problem, details)
    except (KeyError, TypeError, ValueError, OverflowError):  # a newer lab may say more, and an older one said less
        return str(details.get("text") or f"Its status says '{status.problem}', which this lab does not know.")


def weakness(accuracy: float, images: int | None) -> str:
    """Says why a test accuracy is no success, or no proof of one; empty where it may be proud, or nobody knows.

    `images` is how many it was measured on.
    """
    if images is not None and images < FEW_TESTED and accuracy < HARDLY_READS:
        return (
            f"It reads hardly better than a guess, and was tested on only {several(images, 'image')}. It has learned "
            "too little: train it on more images, such as “MNIST and our drawings”."
        )
    if accuracy < HARDLY_READS:
        return "It reads hardly better than a guess. Train it on more images, or for more epochs."
    if images is not None and images < FEW_TESTED:
        return f"It was tested on only {several(images, 'image')}: that is too few to trust this number."
    return ""


def asked(status: Status, control: Control) -> str:
    """Says what was asked of a run and not done yet: a trainer heeds it within a moment; empty where nothing is."""
    if status.finished or status.problem == "writing":
        return ""
    if control.request == "stop":
        return "Stopping … What it has learned is kept."
    if status.state == "running" and control.request == "pause":
        return "Pausing …"
    if status.state == "running" and control.request == "epoch" and status.epoch < control.until:
        return f"It pauses after epoch {control.until}."
    if status.state == "paused" and not control.wants_pause(status.epoch):
        return "Going on …"
    if control.learning_rate is not None and control.learning_rate != status.learning_rate:
        return f"Changing the learning rate to {control.learning_rate:g} …"
    return ""


def _said(problem: str, about: dict[str, Any]) -> str:
    match problem:
        case "":
            return ""
        case "other" | "newer" | "forbidden":
            return str(about["text"])
        case "incomplete":
            return f"This folder is incomplete: {about['text']} Delete it."
        case "lost":
            return (
                f"The trainer has given no sign of life for {about['seconds']:.0f} s; it was probably ended from "
                f"outside. The run goes on by itself after epoch {about['epoch']}, as soon as another takes it up."
            )
        case "silent":
            return (
                f"The trainer has given no sign of life for {about['seconds']:.0f} s; it was probably ended from "
                f"outside. Press 'Try again' to continue after epoch {about['epoch']}."
            )
        case "stopped-waiting":
            return "It was stopped while it waited; there is no model."
        case "stop-waits":
            return "When its turn comes, it is stopped, and what it has learned is kept."
        case "not-handed-over":
            return f"{about['text']} Then press 'Try again'."
        case "killed":
            return (
                f"The trainer was ended from outside {about['attempts']} times in epoch {about['epoch'] + 1}, probably "
                "because memory ran out; start again with a smaller network or batch."
            )
        case "writing":
            return "Training is over; the model is being written and judged on the test set."
        case "disk-full":
            return _full_disk(about["free"], about["wanted"])
        case "parked":
            return "Its trainer is free for others; 'Resume' puts it back in the queue."
        case "imported":
            return imported(records.made(Imported, about))
        case _:
            return _ending(problem, about)


def _full_disk(free: int, wanted: int) -> str:
    # With a quota the disk has room, and the lab has not.
    missing = f" ({size(free)} are free, and it needs {size(wanted)})" if free < wanted else ""
    return (
        f"The disk of the lab's machine is full{missing}. The run waits and goes on by itself when there is room; "
        "delete models for good, or stop it."
    )


def _ending(problem: str, about: dict[str, Any]) -> str:
    """Says how training ended."""
    match problem:
        case "diverged":
            return (
                f"The loss is no longer a number after step {about['step']} of epoch {about['epoch'] + 1}: the "
                f"learning rate {about['rate']:g} is too high for this network; lower it and start again."
            )
        case "out-of-memory":
            return "Memory ran out; make the batch or the network smaller and start again."
        case "not-written":
            return (
                f"The run folder cannot be written ({about['text']}); free space or check its rights, then start again."
            )
        case "error":
            return f"Training ended with an error, {about['type']}: {about['text']}"
        case "stopped-by-hand":
            return f"Stopped by hand {_kept(about)}"
        case "stopped-without-room":
            return (
                f"Stopped by hand after {about['epoch']} of {about['epochs']} epochs while the disk of the lab's "
                f"machine was full, so there is no model. {_what_is_left(about)}"
            )
        case "time-limit":
            return f"Stopped at this lab's limit of {duration(about['seconds'])} of training a run, {_kept(about)}"
        case "best-epoch":
            return (
                f"Ended after {about['epoch']} of {about['epochs']} epochs; the weights are those of epoch "
                f"{about['best_epoch']}, which had the lowest validation loss."
            )
        case "given-up":
            return (
                f"Given up after epoch {about['epoch']} with a validation accuracy of {percent(about['accuracy'])}, "
                "which others beat."
            )
    raise KeyError(problem)


def _what_is_left(about: dict[str, Any]) -> str:
    if about["checkpoint"]:
        return "When there is room, 'Train longer' goes on from its last checkpoint."
    return "When there is room, start it again."


def _kept(about: dict[str, Any]) -> str:
    return f"after {short(round(about['at'], 1))} of {about['epochs']} epochs; the model of then is kept."


# --- Imported models -------------------------------------------------------------------------------------------------

# One image in a thousand may be read otherwise by another processor's arithmetic.
SAME_SHARE = 0.001
# What a name or a card claims is rounded, and of other images.
FAR = 0.005
CLAIMED_BY = {"name": "Its name", "card": "The card beside it"}


def imported(about: Imported) -> str:
    """Says what a model from outside claims and what it reads here."""
    number = about.images
    if not number:
        return about.sentence
    here = f"{percent(about.measured)} on {about.judged_on}'s {several(number, 'test image')} here"
    return f"{_claimed(about, number, here)}{_expected(about)}"


def _claimed(about: Imported, number: int, here: str) -> str:
    if about.claimed is None:
        return f"Imported without figures: {here}."
    there = percent(about.claimed)
    if about.claimed_by:
        apart = about.claimed - about.measured
        beside = f"; that is {points(apart)} {'more' if apart > 0 else 'less'} than here" if abs(apart) >= FAR else ""
        who = CLAIMED_BY.get(about.claimed_by, "Its file")
        return f"Imported: {here}. {who} claims {there}, on images that the lab does not know{beside}."
    if not about.same_data:
        return (
            f"Imported: {here}. Its file claims {there} on {about.learned_from}, which cannot be read on this machine; "
            "that is not checked."
        )
    here = f"{percent(about.measured)} on the same {several(number, 'image')} here"
    apart = round(number * abs(about.claimed - about.measured))
    if not apart:
        return f"Imported: {there} there, {here}."
    if apart <= SAME_SHARE * number:
        apart_by = f"{several(apart, 'image')} apart, as another processor's arithmetic may make"
        return f"Imported: {there} there, {here}; {apart_by}."
    return f"Imported: its file claims {there}, but it has {here}: its figures are not to be trusted."


def _expected(about: Imported) -> str:
    """Says what the model expects of its pictures and calls its classes, and how that was found."""
    words = inputs.words(about.pixels, about.transposed, about.classes)
    if not about.tried:  # an older lab kept no more
        return f" It expects {words}, and is made to take the lab's." if words else ""
    shares = {(way.pixels, way.transposed, way.classes): way.share for way in about.tried}
    taken = (about.pixels or inputs.OWN.words, about.transposed, about.classes or inputs.DIGITS)
    own, images = about.tried[0].share, several(about.tried_on, "training image")
    said = ""
    if words:
        said = (
            f" {'As somebody chose, it is given' if about.chosen else 'It expects'} {words}: so it reads "
            f"{percent(shares.get(taken, math.nan))} of {images}; with the lab's own pictures, {percent(own)}."
        )
    elif about.chosen:
        said = f" As somebody chose, it is given the lab's own pictures: so it reads {percent(own)} of {images}."
    return said


# --- A run -----------------------------------------------------------------------------------------------------------


def summary(run: Run) -> str:
    """Says in a sentence what a run was: recipe, data, epochs, time, parameters, and why it ended so."""
    status, description = run.status(), run.description()
    config = description.config
    parameters = count(count_parameters(config.layers))
    if config.recipe == runs_summary.IMPORTED:
        return f"Imported: {parameters} parameters. {sentence(status)}"
    return (
        f"Recipe {config.recipe} on {runs_summary.data(description)}: {status.epoch} of {config.epochs} epochs in "
        f"{duration(status.seconds)}{_in(status.precision)}, {parameters} parameters, seed {config.seed}. "
        f"{sentence(status)}"
    )


def _in(precision: str) -> str:
    """Says it where a run was trained with another arithmetic than everywhere."""
    return f" in {precision}" if precision == "bfloat16" else ""
