"""What a fault or a flood left behind: processes, temporary files, and what the pages said of it."""

import contextlib
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil

from mnist_core import environment
from mnist_core.bench.app_client import AppClient
from mnist_core.bench.app_process import AppProcess, serving
from mnist_core.files.leftovers import PREFIXES

# A worker notices within seconds that its engine is gone.
GRACE_SECONDS = 20.0
LONGEST_SENTENCE = 400
# What belongs in a log: the words of Python and of the system.
RAW = re.compile(
    r"Traceback|has encountered an error|\[?Errno|\b[A-Za-z_.]*(?:Error|Exception)\b|\(sqlite3\.|\bsqlalchemy"
    r"|\b0x[0-9a-f]{6,}|<class"
)
# Streamlit draws its tracebacks in colours; both ways of writing a place are read.
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
PLACE = re.compile(r"""([\w./+-]+\.py)(?:", line |:)(\d+)""")
RAISED = re.compile(r"[A-Za-z_.]+(?:Error|Exception|Timeout|Interrupt|Exit)\b")
_SLASHED = re.compile(r"(?<![\w/:.])/(?:[\w.@+-]+/)+[\w.@+-]*")
ROOTS = ("/tmp/", "/home/", "/root/", "/usr/", "/var/", "/opt/", "/etc/", "/mnt/", "/srv/", "/proc/", "/dev/")


# --- Processes ---------------------------------------------------------------------------------------------------


def family(root: psutil.Process | None) -> list[psutil.Process]:
    """A process and all below it, as far as they are still there."""
    with contextlib.suppress(psutil.Error):
        return [root, *root.children(recursive=True)] if root else []
    return []


def is_alive(process: psutil.Process) -> bool:
    """Whether it still does anything; a zombie does not."""
    return bool(process.is_running()) and not _is_zombie(process)


class Household:
    """The processes that an app and its engine had from the start on, and which of them should be gone by now."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._seen: set[int] = set()

    def look(self) -> None:
        """Notes who is there; a process that has ended tells nobody any more whose it was."""
        self._seen |= {process.pid for process in serving(self.home)}

    def zombies(self, app: AppProcess | None) -> list[str]:
        """Processes that ended, and that the app or the engine has not asked how; not those that nobody can ask."""
        self.look()
        parents = {one.pid for root in _roots(app) for one in family(root)}
        return [_name(one) for one in psutil.process_iter() if _is_zombie(one) and _parent(one) in parents]

    def orphans(self, app: AppProcess | None) -> list[str]:
        """Processes of this home that belong neither to the app nor to the engine that serves it now."""
        self.look()
        known = {one.pid for root in _roots(app) for one in family(root)}
        return [_name(one) for one in serving(self.home) if one.pid not in known and not _is_zombie(one)]

    def remain(self, app: AppProcess | None, seconds: float = GRACE_SECONDS) -> list[str]:
        """Orphans and zombies that are still there after a while; empty as soon as there is none."""
        deadline = time.monotonic() + seconds
        while found := [*self.orphans(app), *(f"zombie {name}" for name in self.zombies(app))]:
            if time.monotonic() > deadline:
                break
            time.sleep(0.25)
        return found

    def end(self) -> None:
        """Ends what is still there of this home; the measurement started all of it."""
        for process in serving(self.home):
            with contextlib.suppress(psutil.Error):
                process.kill()


def _roots(app: AppProcess | None) -> Iterator[psutil.Process]:
    if app:
        yield psutil.Process(app.process.pid) if psutil.pid_exists(app.process.pid) else app.process
        if engine := app.engine():
            yield engine


def _is_zombie(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    return False


def _parent(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.ppid())
    return 0


def _name(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return f"{process.pid} {' '.join(process.cmdline()[:6]) or process.name()}"[:100]
    return str(process.pid)


# --- Files -------------------------------------------------------------------------------------------------------


def leftovers(home: Path) -> list[Path]:
    """What writers left that did not come to their end; where nothing works there should be none."""
    return sorted(path.relative_to(home) for path in home.rglob(".*") if path.name.startswith(PREFIXES))


def errors_in(log: Path, most: int = 5) -> list[str]:
    """What the tracebacks in a log end with, and where they came from, the most frequent first."""
    found: Counter[str] = Counter()
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    place, inside = "", False
    for line in COLOURS.sub("", text).splitlines():
        if "Traceback (most recent call last)" in line:
            place, inside = "", True
        elif inside and (named := PLACE.search(line)):
            place = f"{named[1]}:{named[2]}"
        elif inside and RAISED.match(line):
            found[f"{line[:200]} ({place})"] += 1
            inside = False
    return [f"{number} × {words}" for words, number in found.most_common(most)]


# --- Sentences ---------------------------------------------------------------------------------------------------


def said(session: AppClient) -> list[str]:
    """What the page says in coloured boxes, or instead of a sentence."""
    return [" ".join(words.split())[:LONGEST_SENTENCE] for words in [*session.alerts(), *session.exceptions()]]


def faults_of_words(sentences: Iterable[str], home: Path) -> list[str]:
    """Sentences that a visitor should not read: a traceback, Python's own words, a path of the server."""
    roots = (str(home), str(environment.ROOT), sys.prefix, *ROOTS)
    found = []
    for sentence in sentences:
        plain = sentence.replace("\\", "")
        paths = [path for path in _SLASHED.findall(plain) if path.startswith(roots)]
        if RAW.search(plain) or paths or str(home) in plain:
            found.append(sentence)
    return found
