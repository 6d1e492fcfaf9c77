"""The charts of a look back at a run: its loss up to an epoch, and what its pinned digits were taken for."""

import base64
import math
from collections.abc import Sequence

from mnist_core.formatting import percent
from mnist_core.language import N_, gettext
from mnist_core.presentation.charts import learning
from mnist_core.presentation.charts.curve import Curve
from mnist_core.presentation.charts.template import Spec
from mnist_core.presentation.markup import part
from mnist_core.presentation.palette import QUIET_COLOUR
from mnist_core.presentation.pictures import source
from mnist_core.training.pins import UNKNOWN, Pins
from mnist_core.training.replay import Score

# Where pinned digits are from, as their names begin.
SOURCES = {
    "drawn": N_("drawn"),
    "picture": N_("picture"),
    "test": N_("test"),
    "training": N_("training"),
}
CARD = 88
LINE_HEIGHT = 28
# Okabe and Ito's sky blue, bright on the black that the digits have in both themes.
LINE_COLOUR = "#56B4E9"


def loss_until(learned: Curve, epoch: int) -> Spec:
    """The loss with a rule at an epoch, 0 before training; what came later is pale."""
    curve = learning.learning_curves([learned], "loss")
    pale = [
        unit | {"mark": unit["mark"] | {"opacity": 0.25}, "transform": _transforms(unit, f"datum.epoch >= {epoch}")}
        for unit in curve["layer"]
    ]
    strong = [unit | {"transform": _transforms(unit, f"datum.epoch <= {epoch}")} for unit in curve["layer"]]
    rule = {
        "mark": {"type": "rule", "color": QUIET_COLOUR, "strokeWidth": 2},
        "encoding": {"x": {"datum": epoch, "type": "quantitative"}},
    }
    return curve | {"layer": [rule, *pale, *strong]}


def _transforms(unit: Spec, condition: str) -> list[dict[str, str]]:
    return [*unit.get("transform", []), {"filter": condition}]


def loss_sentence(learned: Curve, epoch: int) -> str:
    """`After epoch 2 of 5: training loss 0.0412, validation loss 0.0531.`"""
    metrics, checks = learned.metrics, learned.checks
    if not epoch and checks.get("epoch", [])[:1] == [0.0]:
        return gettext("Before training: validation loss {loss:.4f}.", loss=checks["val_loss"][0])
    if epoch not in metrics["epoch"]:
        return gettext("The losses of epoch {epoch} are lost.", epoch=epoch)
    row = metrics["epoch"].index(epoch)
    return gettext(
        "After epoch {epoch} of {epochs}: training loss {training:.4f}, validation loss {validation:.4f}.",
        epoch=epoch,
        epochs=len(metrics["epoch"]),
        training=metrics["loss"][row],
        validation=metrics["val_loss"][row],
    )


def pinned_digits(pins: Pins, scores: Sequence[Score], epochs: int) -> str:
    """As HTML, in rows that wrap to the width of the page; the lines end at `epochs`, when the run is over.

    Each has its picture, what it is taken for in words, and a line of the followed probability by epoch.
    """
    cards = (
        {
            "picture": source(image),
            "name": title(name),
            "sentence": score.sentence.replace(" %", "\u00a0%").replace("> ", ">\u00a0"),
            "line": "" if score.digit == UNKNOWN else _line(score, epochs),
            "said": gettext("Probability of {digit} by epoch: {shares}", digit=score.followed, shares=_said(score)),
        }
        for image, name, score in zip(pins.images, pins.names, scores, strict=True)
    )
    return part("pictures.html", "pinned", cards, CARD, LINE_HEIGHT)


def title(name: str) -> str:
    """The name of a pin for people: `test-115-90bd04` is `test 115`, `drawn-3f2a19` stays apart from others."""
    source, _, digest = name.rpartition("-")
    place, rest = source, digest
    if any(letter.isdigit() for letter in source):
        place, _, rest = source.replace("-", " ").partition(" ")
    return f"{gettext(SOURCES.get(place, place))} {rest}".strip()


def _line(score: Score, epochs: int) -> str:
    """The followed probability by epoch, from 0 at the bottom to 100 % at the top; as a picture's address.

    Streamlit takes drawings out of HTML.
    """
    width = (CARD - 8) / max(epochs, 1)
    points = [
        None if math.isnan(value) else f"{4 + place * width:.1f},{4 + (LINE_HEIGHT - 8) * (1 - value):.1f}"
        for place, value in enumerate(score.history)
    ]
    steps = [f"{'L' if before else 'M'}{here}" for before, here in zip([None, *points], points, strict=False) if here]
    x, y = (points[-1] or "0,0").split(",")
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{CARD}" height="{LINE_HEIGHT}">'
        f'<path d="{"".join(steps)}" fill="none" stroke="{LINE_COLOUR}" stroke-width="2"/>'
        f'<circle cx="{x}" cy="{y}" r="3" fill="{LINE_COLOUR}"/></svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"


def _said(score: Score) -> str:
    return ", ".join(percent(value, 0) for value in score.history)
