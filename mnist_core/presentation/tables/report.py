"""The classification report as an HTML table: a bar for each figure, which leads to the images that lower it."""

import math

from mnist_core.evaluation.evaluation import REPORT_ROWS, SUPPORT, Evaluation
from mnist_core.evaluation.selection import Selection
from mnist_core.formatting import count, percent, with_article
from mnist_core.language import N_, gettext
from mnist_core.presentation.markup import Press, render
from mnist_core.presentation.palette import TRAINING_COLOUR

DEFINITIONS = N_(
    "Precision: of all that was read as this digit, how much is one. Recall: of all "
    "images of this digit, how many are read as one. F1: both in one number."
)
METHOD = N_(
    "This is scikit-learn's classification report. F1 is the harmonic mean of precision "
    "and recall. The average counts each digit once (macro), the weighted average counts "
    "each image once."
)
# What the rows of averages are called for people.
ROW_NAMES = {"macro avg": N_("Average"), "weighted avg": N_("Weighted")}
FIGURE_NAMES = {"precision": N_("Precision"), "recall": N_("Recall"), "F1": "F1"}
# Beside bars that begin at 0 all figures of a good model look alike.
STARTS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
# The lowest figure keeps at least this share of the bars' width.
LEAST_WIDTH = 0.1


def bars_start(evaluation: Evaluation) -> float:
    """Where the bars of `report_table` begin, a share: the highest of `STARTS` that shows every figure."""
    lowest = float(evaluation.report[evaluation.report[:, SUPPORT] > 0, :SUPPORT].min(initial=1))
    return max(start for start in STARTS if start + LEAST_WIDTH * (1 - start) <= max(lowest, LEAST_WIDTH))


def report_table(evaluation: Evaluation, chosen: Selection) -> str:
    """scikit-learn's classification report with a bar for each figure; what leads to the chosen images is marked.

    A precision leads to the images wrongly read as its digit, a recall to the digit's images that are read as another,
    F1 to those of the lower of the two, and a support to all images of its digit.
    """
    start = bars_start(evaluation)
    rows = []
    for name, (precision, recall, f1, support) in zip(REPORT_ROWS, evaluation.report.tolist(), strict=True):
        if not support:  # NaN is written as a dash
            precision = recall = f1 = math.nan
        figures = (("precision", precision), ("recall", recall), ("F1", f1))
        bars = [(_width(it, start), _bar(name, figure, it, recall < precision, chosen)) for figure, it in figures]
        rows.append((gettext(ROW_NAMES.get(name, name)), bars, _support(name, int(support), chosen)))
    return render("report.html", colour=TRAINING_COLOUR, rows=rows)


def _width(value: float, start: float) -> str:
    return "0.0" if math.isnan(value) else f"{100 * max(value - start, 0) / (1 - start):.1f}"


def _bar(name: str, figure: str, value: float, recall_is_lower: bool, chosen: Selection) -> Press:
    if not name.isdigit():
        return Press("", percent(value))  # an average, of all digits: it leads nowhere
    digit = int(name)
    leads_to_missed = figure == "recall" or (figure == "F1" and recall_is_lower)
    selection = Selection(actual=digit) if leads_to_missed else Selection(predicted=digit)
    parts = {
        "figure": gettext(FIGURE_NAMES[figure]),
        "digit": digit,
        "value": gettext("none") if math.isnan(value) else percent(value),
    }
    if leads_to_missed:
        label = gettext("{figure} of {digit}: {value}; shows the {digit}s read as another digit", **parts)
    else:
        label = gettext("{figure} of {digit}: {value}; shows what is wrongly read as {digit}", **parts)
    return Press(selection.choice, percent(value), label, selection == chosen)


def _support(name: str, support: int, chosen: Selection) -> Press:
    if not name.isdigit():
        return Press("", count(support))
    digit = int(name)
    selection = Selection(digit, None, mistakes_only=False)
    label = gettext("Images of {number}: shows all images of {digit}", number=digit, digit=with_article(digit))
    return Press(selection.choice, count(support), label, selection == chosen)
