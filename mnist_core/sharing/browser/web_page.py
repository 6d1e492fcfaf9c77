"""A model as one web page that answers by itself: offline, on any phone, from a file or any web server."""

import base64
import gzip

from mnist_core.formatting import with_article
from mnist_core.inference.answer import NOTHING_DRAWN, TOO_LITTLE_INK
from mnist_core.inference.calibration import Calibration
from mnist_core.language import gettext, language
from mnist_core.mnist import CLASSES
from mnist_core.runs import summary
from mnist_core.runs.run import Run
from mnist_core.sharing.browser import packed_model, scripts


def content(run: Run) -> bytes:
    """Returns the page of a run's model in the language that is spoken: HTML with all that it needs.

    Raises InputError or LabError where the run's model is missing or damaged.
    """
    from jinja2 import Environment, StrictUndefined  # only who saves a page needs it

    model = gzip.compress(packed_model.packed(run, packed_model.may_be_half(run)), 9, mtime=0)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.globals["gettext"] = gettext
    page = environment.from_string(scripts.read("page.html"))
    # The scripts and the style are the lab's own; a name that a person gave is a text, and is escaped.
    made = page.render(
        language=language(),
        title=summary.title(run),
        about=gettext("Made with Digit Lab. The model reads one digit at a time."),
        style=_plain(scripts.read("page.css")),
        script=_plain(scripts.read("answer.js") + scripts.read("page.js")),
        worker=scripts.worker(),
        model=base64.b64encode(model).decode(),
        words=_words(run),
    )
    return made.encode()


def _plain(own: str) -> str:
    from markupsafe import Markup

    return Markup(own)


def _words(run: Run) -> dict[str, object]:
    """What the page says to a drawing, as the lab does (`Answer.of`); the page puts digits and numbers in."""
    found = Calibration.load(run.calibration_path)
    return {
        "nothing": gettext(NOTHING_DRAWN.sentence),
        "little": gettext(TOO_LITTLE_INK.sentence),
        "digit": gettext("{digit}, {sure} sure.", digit="{digit}", sure="{sure}"),
        "unsure": gettext(
            "Unsure: {first} ({one}) or {second} ({other}).",
            first="{first}",
            one="{one}",
            second="{second}",
            other="{other}",
        ),
        "none": gettext("Not a digit, it seems."),
        "digits": [with_article(digit) for digit in range(CLASSES)],
        **scripts.words_of_shares(),
        "sure": found.sure,
        "two": found.two,
    }
