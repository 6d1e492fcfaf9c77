"""Takes the server's folders out of what a visitor reads; the same sentences help on the command line with them."""

import re
import tempfile
from pathlib import Path, PurePosixPath, PureWindowsPath

from mnist_core import environment
from mnist_core.language import gettext

# Two names with a slash before each, as in /home/lab, but not in an address such as https://host/page, 1/2 or /draw.
POSIX = re.compile(r"(?<![\w:/.])(?:/[^\s/:;,'\"()]+){2,}/?")
WINDOWS = re.compile(r"(?<!\w)[A-Za-z]:\\[^\s:;,'\"()]+")


def without_paths(text: str) -> str:
    """What lies in the lab's own folders is named from there on, anything else by its last name."""
    if "/" not in text and "\\" not in text:
        return text
    for folder, name in _known():
        text = text.replace(f"{folder}/", "").replace(folder, name)
    text = POSIX.sub(lambda found: PurePosixPath(found[0]).name, text)
    return WINDOWS.sub(lambda found: PureWindowsPath(found[0]).name, text)


def _known() -> list[tuple[str, str]]:
    """The folders of the lab, which may have spaces in their names; the longest first."""
    folders = [
        (environment.home(), gettext("the lab's home folder")),
        (environment.home().resolve(), gettext("the lab's home folder")),
        (environment.ROOT, gettext("the lab's program folder")),
        (Path(tempfile.gettempdir()), gettext("a temporary folder")),
    ]
    # The root of the file system would be in every path.
    named = [(str(folder), name) for folder, name in folders if len(folder.parts) > 1]
    return sorted(named, key=lambda entry: -len(entry[0]))
