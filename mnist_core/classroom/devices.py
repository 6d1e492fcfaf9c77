"""How many devices the lab serves at once: the teacher hears of it before it gets slow, and at the limit it is full.

Measured on two processors beside a run that trains (docs/scale.md): 60 pupils leave it 83 % of its speed; 120 leave it
73 %, what they hand in is taken within 0.2 s and on the board within 0.8 s, and nothing is lost.
"""

import os

from mnist_core.access import quotas
from mnist_core.formatting import count
from mnist_core.language import gettext

EASY_A_PROCESSOR, MOST_A_PROCESSOR = 30, 60
CHANGED = 30  # devices of a lesson, beside those that take part at once


def most() -> int:
    """So many may take part at once, in all lessons; never more than `quotas.class_size`, for which the doors are."""
    return min(MOST_A_PROCESSOR * _processors(), quotas.class_size())


def most_members() -> int:
    """So many may join one lesson, those included who have another device by now."""
    return most() + CHANGED


def warning(present: int) -> str:
    """What the teacher should know of so many devices; empty as long as all is well."""
    easy = EASY_A_PROCESSOR * _processors()
    if present >= most():
        return gettext(
            "The lab is full: {number} devices take part. Nobody else can join until some of them leave.",
            number=count(present),
        )
    if present > easy:
        return gettext(
            "More than {easy} devices make this computer slow while it trains; {number} take part now. At {most} the "
            "lab is full.",
            easy=count(easy),
            number=count(present),
            most=count(most()),
        )
    return ""


def refusal(present: int) -> str:
    """The sentence for somebody whose device is one too many; empty where there is room."""
    if present < most():
        return ""
    return gettext(
        "The lab is full: {number} devices take part, and more would make it slow for all. Share a device, or ask your "
        "teacher to make room.",
        number=count(present),
    )


def _processors() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
