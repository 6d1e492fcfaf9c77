"""Charts of how well each digit is told from the others, and of what a threshold refuses and lets through."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import numpy as np

from mnist_core.evaluation.roc import DigitCurves, found_at, precision_at, thinned
from mnist_core.evaluation.selective_prediction import Outcome, RiskCoverage
from mnist_core.formatting import count, percent, with_article
from mnist_core.language import gettext
from mnist_core.presentation.charts.template import Rows, Spec, Template, filled
from mnist_core.presentation.palette import QUIET_COLOUR, TRAINING_COLOUR, VALIDATION_COLOUR

CORNERS = (0.995, 0.99, 0.98, 0.95, 0.9, 0.8, 0.5)
# The corner shows ten times the model's errors; of the nine other digits, so much smaller a share is taken for one.
ROOM = 10
HEIGHT = 360


@dataclass(frozen=True)
class Window:
    """What the axes of a curve show."""

    left: float  # where the axis across begins
    right: float  # where it ends
    low: float  # where the axis upwards begins; it ends at 1
    ideal: float  # `left` or `right`: where a model without mistakes is

    def shares(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points in widths from the left and heights from the bottom."""
        return (x - self.left) / (self.right - self.left), (y - self.low) / (1 - self.low)

    def part(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The points of a line that the eye needs between left and right, with the neighbours beyond."""
        inside = (x >= self.left) & (x <= self.right)
        shown = inside | np.append(inside[1:], False) | np.append(False, inside[:-1])
        x, y = x[shown], y[shown]
        kept = thinned(*self.shares(x, y))
        return x[kept], y[kept]

    def best(self, x: np.ndarray, y: np.ndarray) -> int:
        """The visible point that comes nearest to a model without mistakes; -1 where none is visible."""
        across, up = self.shares(x, y)
        distances = np.hypot(across - (self.ideal > self.left), up - 1)
        distances[(across < 0) | (across > 1) | (up < 0)] = np.inf
        return int(distances.argmin()) if np.isfinite(distances).any() else -1


# On which side of its point a word stands, and which end of it is there.
SIDES: tuple[tuple[str, Literal["left", "right"]], ...] = (("left", "right"), ("right", "left"))


def corner(error: float) -> float:
    """Where the axes begin so that the curves of a model with this share of errors can be seen: 0 to 0.995."""
    return next((low for low in CORNERS if low <= 1 - ROOM * error), 0.0)


# --- ROC and precision–recall ------------------------------------------------------------------------------------


def roc(curves: tuple[DigitCurves, ...], digit: int, low: float) -> Spec:
    """The ROC curves of all ten digits, the chosen one thick, blue and named, the others grey.

    The axis of true positives begins at `low`, 0 to below 1; above 0 that of false positives ends early too.
    """
    lines = {one.digit: (one.false_positives, one.true_positives) for one in curves if not one.problem}
    wide = roc_end(low)
    return filled(_roc_template, _line_rows(lines, digit, Window(0, wide, low, 0)), low=low, wide=wide)


def roc_end(low: float) -> float:
    """Where the axis of false positives ends if that of true positives begins at `low`."""
    return round((1 - low) / ROOM, 6) if low else 1.0


def roc_sentence(curves: tuple[DigitCurves, ...], digit: int, low: float) -> str:
    one = curves[digit]
    if one.problem:
        return one.problem
    most, among = (1, 1000) if low else (1, 100)
    found = percent(found_at(one, most / among))
    said = gettext(
        "If at most {most} of {among} other digits may be read as {digit}, {found} of the {number}s are found (blue). "
        "The other digits are grey.",
        most=most,
        among=count(among),
        digit=with_article(digit),
        found=found,
        number=digit,
    )
    if not low:
        return said
    return gettext(
        "{said} Only the corner is shown: up to {end} across, from {low} upwards.",
        said=said,
        end=percent(roc_end(low)),
        low=percent(low, 1),
    )


def precision_recall(curves: tuple[DigitCurves, ...], digit: int, low: float) -> Spec:
    """In the way of `roc`; both axes begin at `low`."""
    lines = {one.digit: (one.recall, one.precision) for one in curves if not one.problem}
    return filled(_precision_recall_template, _line_rows(lines, digit, Window(low, 1, low, 1)), low=low)


def precision_recall_sentence(curves: tuple[DigitCurves, ...], digit: int, low: float) -> str:
    one = curves[digit]
    if one.problem:
        return one.problem
    said = gettext(
        "If at least 99 of 100 images of {digit} must be found, {precision} of what is read as {number} is one (blue). "
        "The other digits are grey.",
        digit=with_article(digit),
        precision=percent(precision_at(one, 0.99)),
        number=digit,
    )
    return (
        gettext("{said} Only the corner is shown: from {low} both ways.", said=said, low=percent(low, 1))
        if low
        else said
    )


def _line_rows(lines: dict[int, tuple[np.ndarray, np.ndarray]], digit: int, window: Window) -> Rows:
    """The points of each digit's line, those of the chosen digit last; one of them bears its name."""
    rows: Rows = []
    for number in sorted(lines, key=lambda number: number == digit):
        x, y = window.part(*lines[number])
        named = window.best(x, y) if number == digit else -1
        rows += [
            {
                "digit": number,
                "place": place,
                "x": round(float(one), 6),
                "y": round(float(other), 6),
                "chosen": number == digit,
                "name": gettext("digit {number}", number=number) if place == named else "",
            }
            for place, (one, other) in enumerate(zip(x, y, strict=True))
        ]
    return rows


def _roc_template() -> Template:
    scale = alt.Scale(domainMin=0, domainMax=alt.ExprRef("wide"), nice=False, zero=False)
    lines = _lines(
        gettext("Others read as it (false positives)"),
        scale,
        gettext("Its images found (true positives)"),
        {"align": "left", "dx": 40},
    )
    return lines.add_params(alt.param(name="low", value=0), alt.param(name="wide", value=1))


def _precision_recall_template() -> Template:
    lines = _lines(
        gettext("Its images found (recall)"),
        _from_low(),
        gettext("Right among those (precision)"),
        {"align": "right", "dx": -40},
    )
    return lines.add_params(alt.param(name="low", value=0))


def _from_low() -> alt.Scale:
    return alt.Scale(domainMin=alt.ExprRef("low"), domainMax=1, nice=False, zero=False)


def _lines(across: str, scale: alt.Scale, upwards: str, beside: dict[str, Any]) -> Template:
    percents = alt.Axis(format="~%", tickCount=5)
    base = alt.Chart(alt.Data(values=[])).encode(
        x=alt.X("x:Q", title=across, scale=scale, axis=percents),
        y=alt.Y("y:Q", title=upwards, scale=_from_low(), axis=percents),
        detail="digit:N",
        order="place:Q",
        tooltip=[
            alt.Tooltip("digit:N", title=gettext("Digit")),
            alt.Tooltip("x:Q", title=across, format=".2%"),
            alt.Tooltip("y:Q", title=upwards, format=".2%"),
        ],
    )
    others = base.transform_filter("!datum.chosen").mark_line(clip=True, strokeWidth=1, color=QUIET_COLOUR, opacity=0.6)
    chosen = base.transform_filter("datum.chosen").mark_line(clip=True, strokeWidth=3.5, color=TRAINING_COLOUR)
    # Away from the corner, where the grey lines are.
    names = base.transform_filter("datum.name != ''").mark_text(
        dy=44, fontSize=14, fontWeight="bold", color=TRAINING_COLOUR, **beside
    )
    return alt.layer(others, chosen, names.encode(text="name:N")).properties(height=HEIGHT)


# --- Thresholds --------------------------------------------------------------------------------------------------


def risk_coverage(found: RiskCoverage, outcome: Outcome) -> Spec:
    """The share of answers that is wrong over the share of images that is answered, with one threshold marked."""
    thresholds, coverage, risk = found.curve()
    answered = 1 - outcome.refused
    # The mark stays in the right two thirds, if there is room.
    low = min(corner(found.at(0).risk), max(math.floor(20 * (1.5 * answered - 0.5)) / 20, 0.0))
    kept = coverage >= low
    thresholds, coverage, risk = thresholds[kept], coverage[kept], risk[kept]
    high = float(risk.max()) or 0.01
    chosen = thinned(coverage / (1 - low), risk / high)
    rows = [
        {"coverage": float(share), "risk": float(wrong), "threshold": float(threshold), "name": "", "side": ""}
        for threshold, share, wrong in zip(thresholds[chosen], coverage[chosen], risk[chosen], strict=True)
    ]
    if answered:
        side = "right" if answered < low + (1 - low) / 3 else "left"
        name = gettext("{risk} wrong", risk=percent(outcome.risk))
        mark = {"coverage": answered, "risk": outcome.risk, "threshold": float(outcome.threshold)}
        rows.append({**mark, "name": name, "side": side})
    return filled(_risk_template, rows, low=low)


def risk_sentence(found: RiskCoverage, outcome: Outcome) -> str:
    whole = found.at(0)
    fewer = gettext(
        "The fewer images the model answers (to the left), the fewer of its answers are "
        "wrong. If it answers all {images}, {risk} are wrong.",
        images=count(whole.images),
        risk=percent(whole.risk),
    )
    if outcome.refused == 1:
        return gettext("{fewer} Your threshold refuses all.", fewer=fewer)
    return gettext(
        "{fewer} The ring is your threshold: {answered} answered, {risk} of them wrong.",
        fewer=fewer,
        answered=percent(1 - outcome.refused),
        risk=percent(outcome.risk),
    )


def _risk_template() -> Template:
    base = alt.Chart(alt.Data(values=[])).encode(
        x=alt.X(
            "coverage:Q",
            title=gettext("Images answered (coverage)"),
            scale=_from_low(),
            axis=alt.Axis(format="~%", tickCount=5),
        ),
        y=alt.Y("risk:Q", title=gettext("Answers wrong (risk)"), axis=alt.Axis(format="~%", tickCount=5)),
        tooltip=[
            alt.Tooltip("threshold:Q", title=gettext("Threshold"), format=".4~%"),
            alt.Tooltip("coverage:Q", title=gettext("Answered"), format=".2%"),
            alt.Tooltip("risk:Q", title=gettext("Wrong"), format=".3%"),
        ],
    )
    line = base.transform_filter("datum.name == ''").mark_line(strokeWidth=2.5, color=TRAINING_COLOUR)
    marked = base.transform_filter("datum.name != ''")
    ring = marked.mark_point(shape="circle", size=160, strokeWidth=3, filled=False, opacity=1, color=VALIDATION_COLOUR)
    names = [
        marked.transform_filter(f"datum.side == '{side}'")
        .mark_text(dy=-16, fontSize=14, fontWeight="bold", color=VALIDATION_COLOUR, align=align)
        .encode(text="name:N")
        for side, align in SIDES
    ]
    return alt.layer(line, ring, *names).properties(height=HEIGHT).add_params(alt.param(name="low", value=0))
