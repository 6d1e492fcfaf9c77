"""What data is called where a file says it in the source's language."""

from mnist_core.language import N_, gettext

SMALL, COLLECTION = N_("Digits 8×8"), N_("Drawings of this lab")
_OWN = (SMALL, COLLECTION)


def shown(title: str) -> str:
    """A title in the language that is spoken; what somebody called a file stays as it is, and so does a correction."""
    first, comma, correction = title.partition(", ")
    return f"{gettext(first)}{comma}{correction}" if first in _OWN else title
