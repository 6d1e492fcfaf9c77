"""The app in a process of its own, as a user starts it, with a home folder of its own."""

import contextlib
import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from mnist_core import environment, files
from mnist_core.errors import InputError, LabError

START_SECONDS = 60.0
END_SECONDS = 20.0


@dataclass
class AppProcess:
    """An app and, once it was needed, its engine.

    Attributes:
        home: Its home folder, where `app.log` and `engine.log` lie.
        port: Where it listens.
        process: The process of the pages.
    """

    home: Path
    port: int
    process: psutil.Popen

    @classmethod
    def start(cls, home: Path, port: int = 0) -> "AppProcess":
        """Starts the app and waits until it listens.

        Args:
            home: Its home folder.
            port: Where it shall listen; a free port by default.

        Raises:
            LabError: It did not come up.
        """
        home.mkdir(parents=True, exist_ok=True)
        port = port or free_port()
        command = [sys.executable, "-m", "streamlit", "run", str(environment.APP), "--server.port", str(port)]
        command += ["--server.address", "127.0.0.1"]
        variables = environment.for_python() | {"MNIST_HOME": str(home)}
        with (home / "app.log").open("ab") as log:
            process = psutil.Popen(command, env=variables, stdout=log, stderr=log)
        app = cls(home, port, process)
        wait_until(app.answers, START_SECONDS, f"the app to answer ({home / 'app.log'} says more)")
        return app

    @property
    def address(self) -> str:
        """Where the app is, `http://host:port`."""
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        """Whether it listens."""
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=1) as answer,
        ):
            return bool(answer.read() == b"ok")
        return False

    def engine(self) -> psutil.Process | None:
        """Returns the engine's process, or None if there is none."""
        with contextlib.suppress(InputError, KeyError, TypeError, ValueError, psutil.Error):
            engine = psutil.Process(int(files.read_json(self.home / "engine.json")["pid"]))
            return engine if "mnist_core" in engine.cmdline() else None
        return None

    def trainer(self) -> psutil.Process | None:
        """Returns the engine's worker that trains, or None if there is none."""
        with contextlib.suppress(psutil.Error):
            engine = self.engine()
            children = engine.children() if engine else []
            workers = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
            return max(workers, key=lambda worker: worker.memory_info().rss, default=None)
        return None

    def end(self) -> None:
        """Ends the app and its engine."""
        with contextlib.suppress(psutil.NoSuchProcess):  # it was killed, or ended before
            self.process.terminate()
        self.process.wait(END_SECONDS)
        if engine := self.engine():
            engine.terminate()
            with contextlib.suppress(psutil.TimeoutExpired):
                engine.wait(END_SECONDS)


@contextlib.contextmanager
def running_app(home: Path) -> Iterator[AppProcess]:
    """Starts an app for the block, and ends it with its engine afterwards."""
    app = AppProcess.start(home)
    try:
        yield app
    finally:
        app.end()


def free_port() -> int:
    """Returns a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Waits until a condition holds.

    Raises:
        LabError: It did not in time; `what` says what was waited for.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise LabError(f"Waited {seconds:.0f} s in vain for {what}.")
        time.sleep(0.02)
