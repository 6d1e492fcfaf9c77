"""What a reader may do while it reads, watched from within: files of its own folder, no program, no network."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

import psutil

from tests.support.paths import ROOT

MOST_SECONDS = 5.0  # of the processor's time; all values are small
MOST_MEMORY = 200_000_000  # filled beyond what the process held before it read
MOST_RESERVED = 1_500_000_000  # an array is reserved as it is declared, and filled with what is there
# Never needed to read a file.
FORBIDDEN = {
    "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.startfile", "subprocess.Popen", "pty.spawn",
    "pickle.find_class", "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname",
}  # fmt: skip
CHANGING = {
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.chmod",
    "os.truncate",
    "os.utime",
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Where Python and its packages lie, which load some of their parts only when they are needed.
READABLE = (
    sys.prefix,
    sys.base_prefix,
    str(ROOT / "mnist_core"),
    str(ROOT / "tests"),
    "/proc/",
    "/sys/",
    "/usr/",
    "/etc/localtime",
)


class TooSlowError(BaseException):
    """No reader catches it."""


def is_text(code: object) -> bool:
    """Whether code was compiled from a text, not loaded from a file."""
    return getattr(code, "co_filename", "") == "<string>"


def is_importing() -> bool:
    """Whether a module is being loaded, which may make code of texts."""
    frame = sys._getframe()
    while frame.f_back:
        frame = frame.f_back
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
    return False


class Watch:
    """Notes what is done beside reading; while `on`, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.on, self.seen = os.path.realpath(folder), False, list[str]()
        sys.addaudithook(self._hear)
        signal.signal(signal.SIGPROF, self._late)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.on:
            return
        if event in FORBIDDEN or (event == "exec" and is_text(arguments[0]) and not is_importing()):
            self.seen.append(f"{event} {arguments[:2]!r:.200}")
        elif event == "open":
            self._look_at(event, arguments[0], writes=bool(int(str(arguments[2] or 0)) & WRITING))
        elif event in CHANGING:
            self._look_at(event, arguments[0], writes=True)

    def _look_at(self, event: str, path: object, writes: bool) -> None:
        if not isinstance(path, str | bytes):
            return
        place = os.path.normpath(Path.cwd() / os.fsdecode(path))
        inside = place == self.folder or place.startswith(self.folder + os.sep)
        if not inside and (writes or not place.startswith(READABLE)):
            self.seen.append(f"{event} {place}")

    @staticmethod
    def _late(number: int, frame: FrameType | None) -> None:
        raise TooSlowError(f"more than {MOST_SECONDS} s")

    def __enter__(self) -> "Watch":
        self.seen.clear()
        self.on = True
        signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        self.on = False


def limit_memory() -> None:
    """Lets the system refuse what no reader may ask for."""
    import resource

    held = psutil.Process().memory_info().data
    resource.setrlimit(resource.RLIMIT_DATA, (held + MOST_RESERVED, held + MOST_RESERVED))
