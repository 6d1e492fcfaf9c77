"""How a report writes what it did not make up itself, and times."""

import re
import time
from datetime import datetime

from mnist_core.language import SOURCE, language


def one_line(text: object) -> str:
    """Takes line breaks and unprintable signs out of what somebody typed or a file says."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split())


def date(seconds: float) -> str:
    """Of seconds since 1970: `7 November 2026, 10:45`."""
    if language() != SOURCE:
        from babel.dates import format_datetime

        return format_datetime(datetime.fromtimestamp(seconds), "d. MMMM y, HH:mm", locale=language())
    moment = time.localtime(seconds)
    return f"{moment.tm_mday} {time.strftime('%B %Y, %H:%M', moment)}"


def unbroken(text: str) -> str:
    """Keeps a figure and its sign on one line: `> 99 %`."""
    return re.sub(r"(?<=\d) (?=%)|(?<=>) (?=\d)", "\N{NO-BREAK SPACE}", text)
