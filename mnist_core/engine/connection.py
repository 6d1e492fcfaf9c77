"""The way to the engine: a Dask cluster in its own process, which trains whatever the run folders ask for.

A page reload, a closed tab or a restart of the app never touches it. By default it is a scheduler and one trainer on
this machine; `$MNIST_ENGINE` names a Dask scheduler elsewhere, and everything else stays the same.
"""

import contextlib
import importlib
import logging
import math
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from mnist_core import environment
from mnist_core.engine import home_claim, identity, scheduler
from mnist_core.engine.scheduler import Task
from mnist_core.errors import InputError, LabError, not_written
from mnist_core.files import atomic
from mnist_core.language import gettext

START_SECONDS = 60.0
RESTART_SECONDS = 10.0
SIGNALLED = 128  # a program that a signal ended has an exit code from here on, or none
# For so long an engine that answered is taken to be still there.
ANSWER_SECONDS = 1.0
MOST_LOG_BYTES = 1_000_000

logger = logging.getLogger(__name__)


def log() -> Path:
    """Returns the file that holds what an engine in the background writes to its stdout and stderr."""
    return environment.home() / "engine.log"


def find_address() -> str | None:
    """The address of the engine that is running; raises InputError if `$MNIST_ENGINE` is not an address."""
    if named := os.environ.get("MNIST_ENGINE"):
        parts = urlsplit(named)
        if parts.scheme not in ("tcp", "tls") or not parts.port:
            raise InputError(
                gettext(
                    "$MNIST_ENGINE is '{named}'; expected the address of a Dask scheduler, "
                    "tcp://host:8786 or tls://host:8786.",
                    named=named,
                )
            )
        return named
    try:
        noted = atomic.read_json(home_claim.note())
        address, process = str(noted["address"]), psutil.Process(int(noted["pid"]))
        # After a crash another program may have got the number, or the port.
        return address if "engine" in process.cmdline() and _answers(address) else None
    except (InputError, KeyError, TypeError, ValueError, OverflowError, OSError, psutil.Error):
        logger.debug("No engine answers in %s", environment.home(), exc_info=True)
        return None


def _answers(address: str) -> bool:
    """Whether this home's engine listens at an address; raises OSError if nobody does, or somebody else."""
    parts, noted = urlsplit(address), atomic.stamp(home_claim.note())
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=1) as connection:
        if parts.scheme != "tls":  # an engine of an earlier release, which has not ended since, has no certificate
            return True
        try:
            identity.greet(connection)
            return True
        except TimeoutError:
            # A scheduler that is slow for a moment, or something else, with the port of one that crashed.
            return home_claim.is_held() and atomic.stamp(home_claim.note()) == noted


def start_process() -> subprocess.Popen[bytes]:
    """Starts an engine in the background; raises LabError if that cannot be done."""
    home = environment.home()
    try:
        home.mkdir(parents=True, exist_ok=True)
        cut_log()
        with log().open("ab") as file:
            # A session of its own: Ctrl-C in the app's terminal must not reach it.
            return subprocess.Popen(
                [sys.executable, "-m", "mnist_core", "engine"],
                env=environment.for_python(),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
    except OSError as error:
        raise not_written(gettext("The engine cannot be started"), error) from error


def cut_log() -> None:
    """Puts a log that has grown too long aside, in place of the one before.

    It is copied and emptied, not renamed: the engine and its workers have it open, and append. What one of them writes
    between the two is lost.
    """
    path = log()
    with contextlib.suppress(OSError):
        if path.stat().st_size > MOST_LOG_BYTES:
            shutil.copyfile(path, path.with_name("engine-before.log"))
            os.truncate(path, 0)


class EngineConnection:
    """The way from one process to the engine: it finds it, starts it where there is none, and hands tasks over.

    Each way can be handed in; `start_process` starts an engine in the background, `clock` counts seconds from any
    moment on.
    """

    def __init__(
        self,
        find_address: Callable[[], str | None] = find_address,
        start_process: Callable[[], "subprocess.Popen[bytes] | None"] = start_process,
        hand_over: Callable[[str, Iterable[Task]], object] = scheduler.hand_over,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._find_address, self._start_process = find_address, start_process
        self._hand_over, self._clock = hand_over, clock
        self._answer: tuple[str | None, float] = (None, -math.inf)
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()
        self._last: dict[str, float] = {}
        self._counting = threading.Lock()

    def find(self) -> str | None:
        """As `find_address`; where the engine answered a moment ago, nobody asks it again."""
        return self._remembered() or self._look()

    def _remembered(self) -> str | None:
        address, when = self._answer
        return address if self._clock() - when < ANSWER_SECONDS else None

    def _look(self) -> str | None:
        address = self._find_address()
        self._answer = (address, self._clock())
        return address

    def start(self) -> None:
        """Starts the engine in the background if none is running; returns at once.

        One caller looks and starts; the others leave it to that one. A class of thirty must not stand in line behind
        a scheduler that is slow for a moment.
        """
        if self._remembered() or not self._starting.acquire(blocking=False):
            return
        try:
            under_way = self._process is not None and self._process.poll() is None
            # An engine that ends at once, for want of memory say, is not started again at every tick of a page.
            if not under_way and self._look() is None and self.is_due("start", RESTART_SECONDS):
                self._process = self._start_process()
                self._reap(self._process)
        finally:
            self._starting.release()

    @staticmethod
    def _reap(process: "subprocess.Popen[bytes] | None") -> None:
        """Waits for an engine's end beside everything else, so that nothing of it stays in the system's table."""
        if process:
            threading.Thread(target=process.wait, name="engine-end", daemon=True).start()

    def is_due(self, what: str, seconds: float) -> bool:
        """Whether something was last done so many seconds ago, or never; if so, it counts as done now."""
        with self._counting:
            now = self._clock()
            if now - self._last.get(what, -math.inf) < seconds:
                return False
            self._last[what] = now
            return True

    def ensure(self) -> str:
        """The engine's address, started and waited for if need be.

        Raises LabError if it cannot start, or is not up within a minute.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if address := self._look():
                return address
            self.start()
            if self._cannot_start():
                raise LabError(
                    gettext("The engine ended as it started; the file engine.log in the lab's home says why.")
                )
            time.sleep(0.1)
        raise LabError(
            gettext(
                "The engine did not start within {start_seconds:.0f} s; the file engine.log in the "
                "lab's home says why.",
                start_seconds=START_SECONDS,
            )
        )

    def _cannot_start(self) -> bool:
        """Whether the engine that was started last gave up, and not for the sake of another one that starts."""
        code = self._process.poll() if self._process else None
        # One that was ended from outside, for want of memory say, is started again.
        return code is not None and 0 < code < SIGNALLED and not home_claim.is_held() and self._look() is None

    def hand_over(self, tasks: Iterable[Task]) -> None:
        """Gives tasks to the engine, which carries them out whether or not this process goes on."""
        importlib.import_module("distributed")  # takes a moment, in which an engine that was just started gets on
        tasks, address = list(tasks), self.ensure()
        try:
            self._hand_over(address, tasks)
        except LabError:
            # Here, it may have ended a moment after it answered; then another takes its place.
            if scheduler.is_elsewhere() or self._look() == address:
                raise
            logger.info("The engine at %s ended before it took anything", address, exc_info=True)
            self._hand_over(self.ensure(), tasks)
