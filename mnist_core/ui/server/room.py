"""How much of what visitors upload the app keeps in memory: a limit a file, a session and for all.

A session may send files only while its page shows an upload field. They are let go when it goes to another page, and
with the session.
"""

import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field

from streamlit import config
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from mnist_core import environment
from mnist_core.errors import InputError
from mnist_core.language import gettext

MEGABYTE = 1024 * 1024
# The app takes some 400 MB by itself, and is to stay below 700 MB. Kaggle's train.csv has 77 MB.
SETTING = "MNIST_UPLOAD_MEGABYTES"
MOST_IN_ALL = 250
MOST_OF_A_SESSION = 200
MOST_FILES = 2_000


class NoRoomError(InputError):
    """An upload is refused."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status  # HTTP's word for it


@dataclass
class _Session:
    page: str
    largest: int = 0  # bytes of a file that its page takes; none, if 0
    files: dict[str, int] = field(default_factory=dict)  # bytes by the file's id
    arriving: set[str] = field(default_factory=set)  # those of them that are not complete
    held: int = 0  # bytes of what was made of files
    lost: float | None = None  # since when nobody is connected, by `time.monotonic`

    @property
    def bytes(self) -> int:
        return sum(self.files.values()) + self.held


class Room:
    """What all sessions together keep; for many threads."""

    def __init__(self, manager: Callable[[], MemoryUploadedFileManager], is_active: Callable[[str], bool]) -> None:
        """Takes what keeps the files, and what says whether a session goes on."""
        self._manager, self._is_active = manager, is_active
        self._lock = threading.RLock()
        self._sessions: dict[str, _Session] = {}

    def enter(self, session: str, page: str) -> None:
        """Takes note of the page that a session is on, and lets the files go that it gave to another."""
        with self._lock:
            self._forget_gone()
            here = self._sessions.get(session)
            if here is not None and here.page != page:
                self._sessions[session] = _Session(page, held=here.held)
                for file in here.files:
                    self._manager().remove_file(session, file)

    def allow(self, session: str, page: str, largest: int) -> None:
        """Opens a session's page to files of as many bytes."""
        with self._lock:
            self.enter(session, page)
            here = self._sessions.setdefault(session, _Session(page))
            here.largest = max(here.largest, largest)

    def expect(self, session: str, file: str, announced: int) -> None:
        """Begins to take a file.

        Raises:
            NoRoomError: It is not asked for, too large, or there is no room for it.
        """
        with self._lock:
            self._forget_gone()
            here = self._sessions.get(session)
            if here is None or not here.largest:
                raise NoRoomError(403, gettext("This page takes no files; open a page that has an upload field."))
            if file in here.files:
                raise NoRoomError(409, gettext("This file is here already, or on its way; choose it again."))
            if len(here.files) >= MOST_FILES:
                raise NoRoomError(
                    413,
                    gettext(
                        "A page takes {most_files:,} files at most; put more of them into a zip.", most_files=MOST_FILES
                    ),
                )
            self._check(here, file, announced)
            here.files[file] = 0
            here.arriving.add(file)

    def take(self, session: str, file: str, more: int) -> None:
        """Counts bytes that arrived; raises NoRoomError as `expect`, also where the page was left meanwhile."""
        with self._lock:
            here = self._sessions.get(session)
            if here is None or file not in here.arriving:
                raise NoRoomError(410, gettext("The page was left before the file was here; choose it again."))
            self._check(here, file, more)
            here.files[file] += more

    def end(self, session: str, file: str, is_kept: bool) -> None:
        """A file is complete, or does not come."""
        with self._lock:
            here = self._sessions.get(session)
            if here is None or file not in here.arriving:
                return self._manager().remove_file(session, file)  # the page was left meanwhile
            here.arriving.remove(file)
            if not is_kept:
                del here.files[file]
            return None

    def hold(self, session: str, page: str, made: object, amount: int) -> None:
        """Counts what was made of files for as long as the object lives; raises NoRoomError."""
        with self._lock:
            self._forget_gone()
            here = self._sessions.setdefault(session, _Session(page))
            self._check_sum(here, amount)
            here.held += amount
        weakref.finalize(made, self._let_go, session, amount)

    def in_all(self) -> int:
        with self._lock:
            return sum(session.bytes for session in self._sessions.values())

    def _check(self, here: _Session, file: str, more: int) -> None:
        if here.files.get(file, 0) + more > here.largest:
            raise NoRoomError(
                413,
                gettext(
                    "The file is larger than the {largest} MB that this page takes.", largest=here.largest // MEGABYTE
                ),
            )
        self._check_sum(here, more)

    def _check_sum(self, here: _Session, more: int) -> None:
        if here.bytes + more > MOST_OF_A_SESSION * MEGABYTE:
            raise NoRoomError(
                413,
                gettext(
                    "One visitor's uploads may have {most_of_a_session} MB together; remove some of them first.",
                    most_of_a_session=MOST_OF_A_SESSION,
                ),
            )
        if self.in_all() + more > environment.number(SETTING, MOST_IN_ALL) * MEGABYTE:
            raise NoRoomError(
                503, gettext("The lab has no room left for uploads, as others' fill it; try again in a minute.")
            )

    def _let_go(self, session: str, amount: int) -> None:
        with self._lock:
            if here := self._sessions.get(session):
                here.held -= amount

    def _forget_gone(self) -> None:
        """Forgets the files that a visitor took back, and sessions to which nobody comes back.

        Streamlit itself remembers such a session until others come.
        """
        for name, here in list(self._sessions.items()):
            complete = [file for file in here.files if file not in here.arriving]
            kept = {record.file_id for record in self._manager().get_files(name, complete)} if complete else set()
            for file in set(complete) - kept:
                del here.files[file]
            if self._is_over(name, here):
                self._manager().remove_session_files(name)
                del self._sessions[name]

    def _is_over(self, name: str, here: _Session) -> bool:
        if self._is_active(name):
            here.lost = None
            return False
        here.lost = here.lost or time.monotonic()
        return time.monotonic() - here.lost > config.get_option("server.disconnectedSessionTTL")
