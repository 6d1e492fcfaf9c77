"""The classification report as an HTML table: a bar for each figure, which leads to the images that lower it."""

import html

from mnist_core.evaluation import REPORT_ROWS, Evaluation
from mnist_core.palette import TRAINING_COLOUR
from mnist_core.phrases import count, percent, with_article
from mnist_core.selection import Selection

DEFINITIONS = (
    "Precision: of what was read as this digit, the share that is one. Recall: of this digit's images, the share "
    "read as one. F1: their harmonic mean. Support: how many images there are."
)
# Beside bars that begin at 0 all figures of a good model look alike.
STARTS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
# The lowest figure keeps at least this share of the bars' width.
LEAST_WIDTH = 0.1

STYLE = """
table { border-collapse: separate; border-spacing: 3px 2px; width: 100%; table-layout: fixed;
  font-variant-numeric: tabular-nums }
th:first-child { width: 5.8em } th.support { width: 4.2em }
th { text-align: left; font-weight: 600; padding: 0 0.3rem 0 0; white-space: nowrap }
td { padding: 0 }
.support, .support button { text-align: right }
.bar { display: block; box-sizing: border-box; width: 100%; height: 2rem; padding: 0 0.35rem;
  line-height: 2rem; text-align: left; white-space: nowrap; border-radius: 3px;
  background: linear-gradient(to right, color-mix(in srgb, COLOUR 40%, transparent) var(--width),
    var(--st-secondary-background-color) var(--width)) }
.support button, .support span { display: block; box-sizing: border-box; width: 100%; height: 2rem; line-height: 2rem }
button:hover { outline: 1px solid var(--st-text-color) }
button[aria-current] { border: 3px solid var(--st-text-color); text-decoration: underline;
  font-weight: 700; line-height: calc(2rem - 6px) }
@media (max-width: 640px) { table { font-size: 0.75rem } .bar { padding: 0 0.15rem } }
""".replace("COLOUR", TRAINING_COLOUR)


def bars_start(evaluation: Evaluation) -> float:
    """Returns where the bars of `report_table` begin, a share: the highest of `STARTS` that shows every figure."""
    lowest = float(evaluation.report[:, :3].min())
    return max(start for start in STARTS if start + LEAST_WIDTH * (1 - start) <= max(lowest, LEAST_WIDTH))


def report_table(evaluation: Evaluation, chosen: Selection) -> str:
    """Returns scikit-learn's classification report with a bar for each figure.

    A precision leads to the images wrongly read as its digit, a recall to the digit's images that are read as another,
    F1 to those of the lower of the two, and a support to all images of its digit.

    Args:
        evaluation: Whose report it is.
        chosen: What is looked at; the figures that lead there are marked.
    """
    start = bars_start(evaluation)
    rows = []
    for name, (precision, recall, f1, support) in zip(REPORT_ROWS, evaluation.report.tolist(), strict=True):
        figures = (("precision", precision), ("recall", recall), ("F1", f1))
        cells = [_bar(name, figure, value, recall < precision, start, chosen) for figure, value in figures]
        rows.append(
            f'<tr><th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}'
            f'<td class="support">{_support(name, int(support), chosen)}</td></tr>'
        )
    return (
        f'<style>{STYLE}</style><table role="grid" data-grid aria-label="Classification report; arrow keys move, Enter '
        'shows the images behind a figure"><thead><tr><th scope="col">Digit</th><th scope="col">Precision</th>'
        '<th scope="col">Recall</th><th scope="col">F1</th><th scope="col" class="support">Support</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _bar(name: str, figure: str, value: float, recall_is_lower: bool, start: float, chosen: Selection) -> str:
    width = f"--width:{100 * max(value - start, 0) / (1 - start):.1f}%"
    if not name.isdigit():
        return f'<span class="bar" style="{width}">{percent(value)}</span>'
    digit = int(name)
    missed, mistaken = Selection(actual=digit), Selection(predicted=digit)
    leads_to_missed = figure == "recall" or (figure == "F1" and recall_is_lower)
    images = f"the {digit}s read as another digit" if leads_to_missed else f"what is wrongly read as {digit}"
    words = f"{figure.capitalize()} of {digit}: {percent(value)}; shows {images}"
    return _button(
        missed if leads_to_missed else mistaken, percent(value), words, chosen, f'class="bar" style="{width}"'
    )


def _support(name: str, support: int, chosen: Selection) -> str:
    if not name.isdigit():
        return f"<span>{count(support)}</span>"
    digit = int(name)
    words = f"Support of {digit}: shows all images of {with_article(digit)}"
    return _button(Selection(digit, None, mistakes_only=False), count(support), words, chosen, "")


def _button(selection: Selection, text: str, label: str, chosen: Selection, attributes: str) -> str:
    words = html.escape(label, quote=True)
    mark = ' aria-current="true" data-start' if selection == chosen else ""
    return (
        f'<button type="button" data-choice="{selection.choice}" title="{words}" aria-label="{words}" '
        f"{attributes}{mark}>{text}</button>"
    )
