"""What the status of a run says, as a sentence: the same on the pages, on the command line and in reports."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from mnist_core.checks import short
from mnist_core.config import data_titles
from mnist_core.config.network import count_parameters
from mnist_core.files import records
from mnist_core.formatting import count, duration, percent, points, size
from mnist_core.language import N_, again, as_written, gettext, ngettext
from mnist_core.runs import summary as runs_summary
from mnist_core.runs.control import Control
from mnist_core.runs.description import Imported
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status
from mnist_core.sharing import inputs

# Who guesses is right once in ten times; of fewer images one more or less moves the accuracy by several points.
HARDLY_READS, FEW_TESTED = 0.3, 30


# The states of runs, of trials and of sweeps, which `gettext` translates where one is shown.
STATES = (
    *(N_("queued"), N_("waiting"), N_("running"), N_("paused"), N_("done"), N_("stopped"), N_("failed"), N_("pruned")),
    *(N_("newer"), N_("damaged")),
)


def with_states_in_words(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a table with what people call the state of each, where the column "State" names it."""
    return [{**row, "State": gettext(row["State"])} for row in rows]


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
    # A newer lab may say more, and an older one said less.
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
        return str(
            details.get("text")
            or gettext("Its status says '{problem}', which this lab does not know.", problem=status.problem)
        )


def weakness(accuracy: float, images: int | None) -> str:
    """Says why a test accuracy is no success, or no proof of one; empty where it may be proud, or nobody knows.

    `images` is how many it was measured on.
    """
    if images is not None and images < FEW_TESTED and accuracy < HARDLY_READS:
        return gettext(
            "It reads hardly better than a guess, and was tested on only {images}. It has learned "
            "too little: train it on more images, such as “MNIST and our drawings”.",
            images=ngettext("{number} image", "{number} images", images, number=count(images)),
        )
    if accuracy < HARDLY_READS:
        return gettext("It reads hardly better than a guess. Train it on more images, or for more epochs.")
    if images is not None and images < FEW_TESTED:
        return gettext(
            "It was tested on only {images}: that is too few to trust this number.",
            images=ngettext("{number} image", "{number} images", images, number=count(images)),
        )
    return ""


def asked(status: Status, control: Control) -> str:
    """Says what was asked of a run and not done yet: a trainer heeds it within a moment; empty where nothing is."""
    if status.finished or status.problem == "writing":
        return ""
    if control.request == "stop":
        return gettext("Stopping … What it has learned is kept.")
    if status.state == "running" and control.request == "pause":
        return gettext("Pausing …")
    if status.state == "running" and control.request == "epoch" and status.epoch < control.until:
        return gettext("It pauses after epoch {until}.", until=control.until)
    if status.state == "paused" and not control.wants_pause(status.epoch):
        return gettext("Going on …")
    if control.learning_rate is not None and control.learning_rate != status.learning_rate:
        return gettext("Changing the learning rate to {learning_rate:g} …", learning_rate=control.learning_rate)
    return ""


def _said(problem: str, about: dict[str, Any]) -> str:
    match problem:
        case "":
            return ""
        case "other" | "newer" | "forbidden":
            return again(about)
        case "incomplete":
            return gettext("This folder is incomplete: {reason} Delete it.", reason=again(about))
        case "lost":
            return gettext(
                "The trainer has given no sign of life for {seconds:.0f} s; it was probably ended from "
                "outside. The run goes on by itself after epoch {epoch}, as soon as another takes "
                "it up.",
                seconds=about["seconds"],
                epoch=about["epoch"],
            )
        case "silent":
            return gettext(
                "The trainer has given no sign of life for {seconds:.0f} s; it was probably ended from "
                "outside. Press 'Try again' to continue after epoch {epoch}.",
                seconds=about["seconds"],
                epoch=about["epoch"],
            )
        case "stopped-waiting":
            return gettext("It was stopped while it waited; there is no model.")
        case "stop-waits":
            return gettext("When its turn comes, it is stopped, and what it has learned is kept.")
        case "not-handed-over":
            return gettext("{reason} Then press 'Try again'.", reason=again(about))
        case "killed":
            return gettext(
                (
                    "The trainer was ended from outside {times} times in epoch {epoch}. Memory may have "
                    "run out: start again with a smaller network or batch."
                ),
                times=about["attempts"],
                epoch=about["epoch"] + 1,
            )
        case "writing":
            return gettext("Training is over; the model is being written and judged on the test set.")
        case "disk-full":
            return _full_disk(about["free"], about["wanted"])
        case "parked":
            return gettext("Its trainer is free for others; 'Resume' puts it back in the queue.")
        case "imported":
            return imported(records.made(Imported, about))
        case _:
            return _ending(problem, about)


def _full_disk(free: int, wanted: int) -> str:
    # With a quota the disk has room, and the lab has not.
    missing = (
        gettext(" ({free} are free, and it needs {wanted})", free=size(free), wanted=size(wanted))
        if free < wanted
        else ""
    )
    return gettext(
        "The disk of the lab's machine is full{missing}. The run waits and goes on by itself "
        "when there is room; delete models for good, or stop it.",
        missing=missing,
    )


def _ending(problem: str, about: dict[str, Any]) -> str:
    """Says how training ended."""
    match problem:
        case "diverged":
            return gettext(
                (
                    "The loss is no number any more after step {step} of epoch {epoch}. The learning rate "
                    "{rate:g} is too high for this network. Lower it and start again."
                ),
                step=about["step"],
                epoch=about["epoch"] + 1,
                rate=about["rate"],
            )
        case "out-of-memory":
            return gettext("Memory ran out; make the batch or the network smaller and start again.")
        case "not-written":
            return gettext(
                "The run folder cannot be written ({reason}); free space or check its rights, then start again.",
                reason=again(about),
            )
        case "error":
            return gettext("Training ended with an error, {kind}: {reason}", kind=about["type"], reason=about["text"])
        case "stopped-by-hand":
            return gettext("Stopped by hand {kept}", kept=_kept(about))
        case "stopped-without-room":
            return gettext(
                "Stopped by hand after {epoch} of {epochs} epochs while the disk of the lab's "
                "machine was full, so there is no model. {what_is_left}",
                epoch=about["epoch"],
                epochs=about["epochs"],
                what_is_left=_what_is_left(about),
            )
        case "time-limit":
            return gettext(
                "Stopped at this lab's limit of {time} of training a run, {kept}",
                time=duration(about["seconds"]),
                kept=_kept(about),
            )
        case "best-epoch":
            return gettext(
                "Ended after {epoch} of {epochs} epochs; the weights are those of epoch {best_epoch}, "
                "which had the lowest validation loss.",
                epoch=about["epoch"],
                epochs=about["epochs"],
                best_epoch=about["best_epoch"],
            )
        case "given-up":
            return gettext(
                "Given up after epoch {epoch} with a validation accuracy of {accuracy}, which others beat.",
                epoch=about["epoch"],
                accuracy=percent(about["accuracy"]),
            )
    raise KeyError(problem)


def _what_is_left(about: dict[str, Any]) -> str:
    if about["checkpoint"]:
        return gettext("When there is room, 'Train longer' goes on from its last checkpoint.")
    return gettext("When there is room, start it again.")


def _kept(about: dict[str, Any]) -> str:
    return gettext(
        "after {epoch} of {epochs} epochs; the model of then is kept.",
        epoch=as_written(short(round(about["at"], 1))),
        epochs=about["epochs"],
    )


# --- Imported models -------------------------------------------------------------------------------------------------

# One image in a thousand may be read otherwise by another processor's arithmetic.
SAME_SHARE = 0.001
# What a name or a card claims is rounded, and of other images.
FAR = 0.005
CLAIMED_BY = {"name": N_("Its name"), "card": N_("The card beside it")}


def imported(about: Imported) -> str:
    """Says what a model from outside claims and what it reads here."""
    number = about.images
    if not number:
        return about.sentence
    here = gettext(
        "{measured} on {judged_on}'s {number} here",
        measured=percent(about.measured),
        judged_on=data_titles.shown(about.judged_on),
        number=ngettext("{number} test image", "{number} test images", number, number=count(number)),
    )
    return f"{_claimed(about, number, here)}{_expected(about)}"


def _claimed(about: Imported, number: int, here: str) -> str:
    if about.claimed is None:
        return gettext("Imported without figures: {here}.", here=here)
    there = percent(about.claimed)
    if about.claimed_by:
        beside = _beside(about.claimed - about.measured)
        who = CLAIMED_BY.get(about.claimed_by, gettext("Its file"))
        return gettext(
            "Imported: {here}. {who} claims {there}, on images that the lab does not know{beside}.",
            here=here,
            who=who,
            there=there,
            beside=beside,
        )
    if not about.same_data:
        return gettext(
            "Imported: {here}. Its file claims {there} on {learned_from}, which cannot be read on "
            "this machine; that is not checked.",
            here=here,
            there=there,
            learned_from=data_titles.shown(about.learned_from),
        )
    here = gettext(
        "{measured} on the same {number} here",
        measured=percent(about.measured),
        number=ngettext("{number} image", "{number} images", number, number=count(number)),
    )
    apart = round(number * abs(about.claimed - about.measured))
    if not apart:
        return gettext("Imported: {there} there, {here}.", there=there, here=here)
    if apart <= SAME_SHARE * number:
        apart_by = gettext(
            "{apart} apart, as may come of another processor",
            apart=ngettext("{number} image", "{number} images", apart, number=count(apart)),
        )
        return gettext("Imported: {there} there, {here}; {apart_by}.", there=there, here=here, apart_by=apart_by)
    return gettext(
        "Imported: its file claims {there}, but it has {here}: its figures are not to be trusted.",
        there=there,
        here=here,
    )


def _beside(apart: float) -> str:
    """Says how far what a model claims is from what it reads here; empty where it is near."""
    if abs(apart) < FAR:
        return ""
    if apart > 0:
        return gettext("; that is {apart} more than here", apart=points(apart))
    return gettext("; that is {apart} less than here", apart=points(apart))


def _expected(about: Imported) -> str:
    """Says what the model expects of its pictures and calls its classes, and how that was found."""
    words = inputs.words(about.pixels, about.transposed, about.classes)
    if not about.tried:  # an older lab kept no more
        return gettext(" It expects {words}, and is made to take the lab's.", words=words) if words else ""
    shares = {(way.pixels, way.transposed, way.classes): way.share for way in about.tried}
    taken = (about.pixels or inputs.OWN.words, about.transposed, about.classes or inputs.DIGITS)
    own, images = (
        about.tried[0].share,
        ngettext("{number} training image", "{number} training images", about.tried_on, number=count(about.tried_on)),
    )
    share = percent(shares.get(taken, math.nan))
    if words and about.chosen:
        return gettext(
            " As somebody chose, it is given {words}: so it reads {share} of {images}; with the lab's own pictures, "
            "{own}.",
            words=words,
            share=share,
            images=images,
            own=percent(own),
        )
    if words:
        return gettext(
            " It expects {words}: so it reads {share} of {images}; with the lab's own pictures, {own}.",
            words=words,
            share=share,
            images=images,
            own=percent(own),
        )
    if about.chosen:
        return gettext(
            " As somebody chose, it is given the lab's own pictures: so it reads {own} of {images}.",
            own=percent(own),
            images=images,
        )
    return ""


# --- A run -----------------------------------------------------------------------------------------------------------


def summary(run: Run) -> str:
    """Says in a sentence what a run was: recipe, data, epochs, time, parameters, and why it ended so."""
    status, description = run.status(), run.description()
    config = description.config
    parameters = count(count_parameters(config.layers))
    if config.recipe == runs_summary.IMPORTED:
        return gettext(
            "Imported: {parameters} parameters. {sentence}", parameters=parameters, sentence=sentence(status)
        )
    return gettext(
        "Recipe {recipe} on {data}: {epoch} of {epochs} epochs in {time}{precision}, "
        "{parameters} parameters, seed {seed}. {sentence}",
        recipe=config.recipe,
        data=runs_summary.data(description),
        epoch=status.epoch,
        epochs=config.epochs,
        time=duration(status.seconds),
        precision=_in(status.precision),
        parameters=parameters,
        seed=config.seed,
        sentence=sentence(status),
    )


def _in(precision: str) -> str:
    """Says it where a run was trained with another arithmetic than everywhere."""
    return gettext(" in {precision}", precision=precision) if precision == "bfloat16" else ""
