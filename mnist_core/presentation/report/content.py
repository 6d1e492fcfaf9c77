"""Everything that a report says, computed once: a run and its evaluation → headline figures and sections."""

import time
from collections.abc import Iterator

import numpy as np

import mnist_core
from mnist_core.config.network import count_parameters
from mnist_core.errors import InputError
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.significance import wilson
from mnist_core.formatting import count, duration, percent
from mnist_core.language import as_written, gettext, ngettext
from mnist_core.presentation.report import making, results
from mnist_core.presentation.report.blocks import Headline, Report
from mnist_core.presentation.report.calibration import Sureness
from mnist_core.presentation.report.making import Origin
from mnist_core.presentation.report.words import date, one_line
from mnist_core.runs import summary
from mnist_core.runs.run import Run


def gather(run: Run, evaluation: Evaluation, images: np.ndarray | None, data: str = "", now: float = 0.0) -> Report:
    """What there is to say about a run, whatever of its folder is lost.

    The images are those that the evaluation judges by, uint8 `[N, 28, 28]` in the order of its labels; None where they
    are not on this machine. `data` is their name for people, by default told by their identity; `now` is in seconds
    since 1970.

    Raises InputError where there are no images to judge by.
    """
    number, now = len(evaluation.labels), now or time.time()
    if not number:
        raise InputError(gettext("There is no image to report on; choose data with a test part."))
    origin, sureness = Origin.of(run), Sureness.of(run, evaluation)
    data = data or origin.names(evaluation)
    sections = (
        results.curves(run),
        results.confusion(evaluation),
        results.classification(evaluation),
        sureness.section(),
        results.mistakes(evaluation, images),
        making.asked(origin),
        making.training(run, origin),
        making.again(run, origin),
        making.sources(run, origin, evaluation, data),
        *making.story(run),
    )
    return Report(
        title=one_line(summary.title(run)),
        subtitle=one_line(
            gettext(
                "Judged on {images} of {data}",
                images=ngettext("{number} test image", "{number} test images", number, number=count(number)),
                data=data,
            )
        ),
        note=run.label().note,
        headlines=(*_answers(evaluation), sureness.headline(), *_model(run, origin)),
        sections=sections,
        made=gettext("Made by Digit Lab {version} on {date}", version=mnist_core.__version__, date=date(now)),
        time=now,
    )


def _answers(evaluation: Evaluation) -> Iterator[Headline]:
    number, wrong = len(evaluation.labels), len(evaluation.mistakes())
    low, high = wilson(evaluation.right, number)
    yield Headline(
        gettext("Accuracy"),
        percent(evaluation.accuracy),
        gettext("likely between {low} and {high}", low=percent(low), high=percent(high)),
    )
    yield Headline(
        gettext("Wrong"),
        count(wrong),
        gettext("of {images}", images=ngettext("{number} image", "{number} images", number, number=count(number))),
    )
    yield Headline(gettext("Loss"), as_written(f"{evaluation.loss:.4f}"), gettext("how wrong it is; smaller is better"))


def _model(run: Run, origin: Origin) -> Iterator[Headline]:
    if origin.layers:
        number = count(count_parameters(origin.layers))
        yield Headline(
            gettext("Parameters"),
            number,
            gettext(
                "in {layers}",
                layers=ngettext(
                    "{number} layer", "{number} layers", len(origin.layers), number=count(len(origin.layers))
                ),
            ),
        )
    if (status := run.status()).epoch:
        yield Headline(
            gettext("Training"),
            duration(status.seconds),
            ngettext("{number} epoch", "{number} epochs", status.epoch, number=count(status.epoch)),
        )
