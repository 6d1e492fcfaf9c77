"""A report as one HTML file that opens anywhere, without a network."""

from mnist_core.language import SOURCE, language
from mnist_core.presentation.charts import picture_files
from mnist_core.presentation.markup import environment
from mnist_core.presentation.pictures import gallery
from mnist_core.presentation.report.blocks import Block, Chart, Pictures, Report
from mnist_core.presentation.report.words import unbroken
from mnist_core.presentation.tables.confusion import DARK_SHADE

PICTURE_SIZE = 72


def render(report: Report) -> str:
    """Everything that the page shows is in it, nothing in it runs, and it asks for nothing from outside."""
    from markupsafe import Markup

    names = (f"chart-{number}" for number in range(10_000))

    def chart(one: Chart) -> Markup:
        return Markup(picture_files.inline(one.spec, next(names), one.sentence))

    def pictures(block: Pictures) -> Markup:
        return Markup(gallery(block.images, [unbroken(words) for words in block.captions], PICTURE_SIZE))

    page = environment(_finalized).get_template("page.html")
    tag = "en-GB" if language() == SOURCE else language()
    values = {"report": report, "language": tag, "dark_shade": DARK_SHADE}
    return page.render(values, chart=chart, pictures=pictures, kind=_kind)


def _kind(block: Block) -> str:
    return type(block).__name__


def _finalized(value: object) -> object:
    """Keeps figures together in all texts; what is HTML already stays as it is."""
    return unbroken(value) if type(value) is str else value
