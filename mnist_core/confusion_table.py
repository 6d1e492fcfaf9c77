"""The confusion matrix as an HTML table, in which every number can be pressed.

What can be pressed carries the short form of its `Selection` in `data-choice`. The colours come from the page's theme,
by Streamlit's CSS variables.
"""

import html

import numpy as np

from mnist_core.evaluation import Evaluation
from mnist_core.layers import CLASSES
from mnist_core.palette import TRAINING_COLOUR, root_shades
from mnist_core.phrases import count, several, with_article
from mnist_core.selection import Selection

# A darker cell has its number in white; here both black and white stand out by 4.5 to 1 from the cell of a light page.
# `root_shades` leaves a gap around it, so that no cell's colour of text hangs on a few images.
DARK_SHADE = 0.925
NAME = (
    "Confusion matrix: a row for each actual digit, a column for each digit that it is read as. "
    "Arrow keys move, Enter shows the images."
)

STYLE = """
table { border-collapse: separate; border-spacing: 1px; width: 100%; table-layout: fixed; text-align: center;
  font-variant-numeric: tabular-nums }
th, td { padding: 0; font-weight: 400 }
.side { width: 1.4rem } .head { width: 1.6rem } .total { width: 3.5rem }
.side span { writing-mode: vertical-rl; transform: rotate(180deg) }
button { display: block; width: 100%; height: 2.35rem; border-radius: 3px; white-space: nowrap; box-sizing: border-box }
th button, .margin button { font-weight: 600 }
.cell button { background: color-mix(in srgb, COLOUR var(--shade), var(--st-secondary-background-color)) }
.cell button { color: light-dark(#000000, #FFFFFF) }
.dark button { color: #FFFFFF }
.dim button { background: none; opacity: 0.65 }
button:hover { outline: 1px solid var(--st-text-color) }
button[aria-current] { border: 3px solid var(--st-text-color); text-decoration: underline;
  font-weight: 700 }
@media (max-width: 640px) {
  table { font-size: 0.625rem }
  .side { width: 0.9rem } .head { width: 0.9rem } .total { width: 2.2rem }
  button { height: 1.75rem; border-radius: 2px }
  button[aria-current] { border-width: 2px }
}
""".replace("COLOUR", TRAINING_COLOUR)


def confusion_table(evaluation: Evaluation, normalisation: str, chosen: Selection, dim_diagonal: bool = False) -> str:
    """Returns the confusion matrix, a row for each true digit, with totals in the margins; darker is more.

    Args:
        evaluation: Whose answers it counts.
        normalisation: One of `NORMALISATIONS`; the totals are counts in all of them.
        chosen: What is looked at; its cell, or the head and the total of its row or column, is marked.
        dim_diagonal: Whether what is read right has no shade, and the mistakes have the whole scale.
    """
    values, counts = evaluation.normalised_confusion(normalisation), evaluation.confusion
    shades = root_shades(values * (1 - np.eye(CLASSES)) if dim_diagonal else values)
    rows = []
    for actual, numbers in enumerate(counts):
        whole, total = Selection(actual, None, mistakes_only=False), numbers.sum()
        cells = []
        for predicted, number in enumerate(numbers):
            right, shade = actual == predicted, float(shades[actual, predicted])
            selection = Selection(actual, predicted, mistakes_only=not right)
            kind = "dim" if right and dim_diagonal else "cell dark" if shade > DARK_SHADE else "cell"
            button = _button(selection, number, _figure(values[actual, predicted]), chosen)
            cells.append(f'<td class="{kind}" style="--shade:{100 * shade:.1f}%">{button}</td>')
        side = "" if actual else f'<th class="side" rowspan="{CLASSES}"><span>Actual digit</span></th>'
        head = f'<th scope="row">{_button(whole, total, str(actual), chosen)}</th>'
        margin = f'<td class="margin">{_button(whole, total, count(total), chosen)}</td>'
        rows.append(f"<tr>{side}{head}{''.join(cells)}{margin}</tr>")
    return (
        f'<style>{STYLE}</style><table role="grid" data-grid aria-label="{NAME}">'
        f"<thead>{_heads(counts, chosen)}</thead>"
        f"<tbody>{''.join(rows)}{_totals(counts, chosen)}</tbody></table>"
    )


def _heads(counts: np.ndarray, chosen: Selection) -> str:
    heads = "".join(
        f'<th scope="col">{_button(Selection(None, digit, mistakes_only=False), number, str(digit), chosen)}</th>'
        for digit, number in enumerate(counts.sum(axis=0))
    )
    return (
        f'<tr><td class="side"></td><td class="head"></td><th colspan="{CLASSES}">Read as</th>'
        f'<td class="total"></td></tr><tr><td></td><td></td>{heads}<th scope="col">Total</th></tr>'
    )


def _totals(counts: np.ndarray, chosen: Selection) -> str:
    totals = [(Selection(None, digit, mistakes_only=False), one) for digit, one in enumerate(counts.sum(axis=0))]
    cells = "".join(
        f'<td class="margin">{_button(selection, number, count(number), chosen)}</td>'
        for selection, number in [*totals, (Selection(mistakes_only=False), counts.sum())]
    )
    return f'<tr><th scope="row" colspan="2">Total</th>{cells}</tr>'


def _figure(value: float) -> str:
    """Writes a count as it is, and a share in percent; `·` for none."""
    if not value:
        return "·"
    return str(value) if isinstance(value, np.integer) else f"{100 * value:.{int(value < 1)}f}"


def _button(selection: Selection, number: int, text: str, chosen: Selection) -> str:
    """Returns what is pressed to see the images of a selection; Tab arrives at the chosen one."""
    words = html.escape(_words(selection, number), quote=True)
    mark = ' aria-current="true" data-start' if selection.covers(chosen) else ""
    return (
        f'<button type="button" data-choice="{selection.choice}" title="{words}" aria-label="{words}"{mark}>'
        f"{text}</button>"
    )


def _words(selection: Selection, number: int) -> str:
    """Names a number of the matrix: `4 read as 9, 7 images`."""
    images = several(number, "image")
    if selection.actual is None:
        return f"All {images}" if selection.predicted is None else f"{images} read as {selection.predicted}"
    if selection.predicted is None:
        return f"{images} of {with_article(selection.actual)}"
    return f"{selection.actual} read as {selection.predicted}, {images}"
