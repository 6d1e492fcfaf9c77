"""How the lab's home is, in a sentence: gone while the lab runs, or only to be read."""

import os
from pathlib import Path

from mnist_core import environment
from mnist_core.files import folders
from mnist_core.language import N_, gettext

ASK = N_("ask whoever looks after the lab's machine")
# Homes that this process has seen: one that is not there is a new lab's, unless it was there before.
_seen: set[Path] = set()


def missing() -> str:
    """Says that the home is gone or cannot be looked into, so that nothing must be done there; else empty.

    Whoever made it again would hide what comes back, as where a disk is mounted.
    """
    home = environment.home()
    if folders.is_folder(home):
        if not os.access(home, os.R_OK | os.X_OK):
            return gettext(
                "The lab's folder may not be read, so nothing can be shown; {ask} to give it the rights.", ask=ASK
            )
        _seen.add(home)
        return ""
    if folders.exists(home):
        return gettext(
            "A file lies where the lab's folder should be, so nothing can be shown; {ask} to move it away.", ask=ASK
        )
    if home in _seen:
        return gettext(
            "The lab's folder is gone, so nothing can be shown; {ask} to bring it back. This page "
            "works again as soon as it is there.",
            ask=ASK,
        )
    return ""


def read_only() -> str:
    """Says that nothing can be kept in the home; empty where it can, or where there is no home yet."""
    home = environment.home()
    if not folders.is_folder(home) or os.access(home, os.W_OK):
        return ""
    return gettext(
        "The lab's folder can only be read: models answer, but nothing can be trained or kept; {ask} to change that.",
        ask=ASK,
    )
