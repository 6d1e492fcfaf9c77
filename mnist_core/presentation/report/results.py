"""What a model can do: the parts of a report about its answers to the images that it is judged by."""

import numpy as np

from mnist_core.evaluation.evaluation import REPORT_ROWS, Evaluation
from mnist_core.formatting import confidence, count, percent
from mnist_core.language import gettext
from mnist_core.mnist import CLASSES
from mnist_core.presentation.charts import learning
from mnist_core.presentation.charts.confusion import digit_scores
from mnist_core.presentation.charts.curve import Curve
from mnist_core.presentation.palette import root_shades
from mnist_core.presentation.report.blocks import Block, Chart, Charts, Pictures, Section, Table, Text
from mnist_core.presentation.tables.confusion import cell_text
from mnist_core.presentation.tables.report import DEFINITIONS, METHOD, ROW_NAMES
from mnist_core.runs.run import Run

MOST_MISTAKES = 40
MOST_PAIRS = 10


def curves(run: Run) -> Section:
    curve = Curve.of(run)
    if not curve.batches["epoch"]:
        return Section(
            gettext("Learning curves"), (Text(gettext("The curves of this run are lost, or it came without any.")),)
        )
    drawn = tuple(
        Chart(learning.learning_curves([curve], quantity), learning.caption(curve, quantity))
        for quantity in ("loss", "accuracy")
    )
    return Section(gettext("Learning curves"), (Charts(drawn),))


def confusion(evaluation: Evaluation) -> Section:
    """Counted and by actual digit, and what is confused most."""
    blocks: list[Block] = [Text(evaluation.worst_confusion()), _counts(evaluation), _shares(evaluation)]
    if pairs := _pairs(evaluation.confusion):
        blocks.append(
            Table(
                gettext("What is confused most"),
                (gettext("Digit"), gettext("Read as"), gettext("Images"), gettext("Of this digit")),
                pairs,
                numbers=2,
            )
        )
    return Section(gettext("Confusion matrix"), tuple(blocks))


def _shades(values: np.ndarray) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, root_shades(values).tolist()))


def _counts(evaluation: Evaluation) -> Table:
    matrix = evaluation.confusion
    rows = [
        (str(digit), *(count(value) if value else "·" for value in row), count(sum(row)))
        for digit, row in enumerate(matrix.tolist())
    ]
    rows.append((gettext("Total"), *map(count, matrix.sum(axis=0).tolist()), count(int(matrix.sum()))))
    caption = gettext("Images: a row for each actual digit, a column for what it was read as")
    return Table(caption, ("", *map(str, range(CLASSES)), gettext("Total")), tuple(rows), CLASSES + 1, _shades(matrix))


def _shares(evaluation: Evaluation) -> Table:
    shares = evaluation.normalized_confusion("by actual")
    rows = tuple((str(digit), *map(cell_text, row)) for digit, row in enumerate(shares.tolist()))
    caption = gettext("The same in percent of each row")
    return Table(caption, ("", *map(str, range(CLASSES))), rows, CLASSES, _shades(shares))


def _pairs(confusion: np.ndarray) -> tuple[tuple[str, ...], ...]:
    """The most frequent mistakes of a confusion matrix int64 `[10, 10]`."""
    wrong = confusion - np.diag(np.diag(confusion))
    order = (-wrong.ravel()).argsort(kind="stable")[:MOST_PAIRS]
    found = [divmod(int(place), CLASSES) for place in order]
    return tuple(
        (
            str(actual),
            str(read),
            count(int(wrong[actual, read])),
            percent(wrong[actual, read] / confusion[actual].sum()),
        )
        for actual, read in found
        if wrong[actual, read]
    )


def classification(evaluation: Evaluation) -> Section:
    rows = tuple(
        (
            gettext(ROW_NAMES.get(name, name)),
            *(percent(value if values[3] else np.nan) for value in values[:3]),
            count(int(values[3])),
        )
        for name, values in zip(REPORT_ROWS, evaluation.report.tolist(), strict=True)
    )
    recall = evaluation.report[:CLASSES, 1][present := evaluation.report[:CLASSES, 3] > 0]
    weakest = np.flatnonzero(present)[recall.argmin()]
    sentence = gettext(
        "Precision, recall and F1 of each digit. The {weakest} is found least often: its recall is {recall}.",
        weakest=weakest,
        recall=percent(float(recall.min())),
    )
    return Section(
        gettext("Classification report"),
        (
            Table(
                "",
                (gettext("Digit"), gettext("Precision"), gettext("Recall"), "F1", gettext("Images")),
                rows,
                numbers=4,
            ),
            Charts((Chart(digit_scores(evaluation.report), sentence),)),
            Text(f"{gettext(DEFINITIONS)} {gettext(METHOD)} {evaluation.absent_sentence()}".strip()),
        ),
    )


def mistakes(evaluation: Evaluation, images: np.ndarray | None) -> Section:
    """The most confident ones: pictures where the images uint8 `[N, 28, 28]` are here, else a list."""
    wrong = evaluation.mistakes()
    if not len(wrong):
        return Section(gettext("Mistakes"), (Text(gettext("None: every one of these images is read right.")),))
    shown = wrong[:MOST_MISTAKES]
    if len(shown) == len(wrong):
        which = gettext(
            "All of them, the most confident first: the digit, what it was read as, how sure the model was."
        )
    else:
        which = gettext(
            "The first {shown} of {wrong}, the most confident first: the digit, what it was read as, "
            "how sure the model was.",
            shown=len(shown),
            wrong=count(len(wrong)),
        )
    words = Text(which)
    if images is None:
        missing = Text(gettext("The images were not at hand when this report was made. Their numbers count from 0."))
        return Section(gettext("Mistakes"), (words, missing, _listed(evaluation, shown)))
    captions = tuple(
        gettext(
            "{digit} read as {answer}, {sure} (#{index})",
            digit=evaluation.labels[index],
            answer=evaluation.predictions[index],
            sure=_sure(evaluation, index),
            index=index,
        )
        for index in shown
    )
    return Section(gettext("Mistakes"), (words, Pictures(np.asarray(images)[shown], captions)))


def _listed(evaluation: Evaluation, shown: np.ndarray) -> Table:
    rows = tuple(
        (f"#{index}", str(evaluation.labels[index]), str(evaluation.predictions[index]), _sure(evaluation, index))
        for index in shown
    )
    return Table("", (gettext("Image"), gettext("Digit"), gettext("Read as"), gettext("How sure")), rows, numbers=3)


def _sure(evaluation: Evaluation, index: int) -> str:
    return confidence(float(evaluation.probabilities[index].max()))
