"""The app in a process of its own, as a user starts it, with a home folder of its own."""

import contextlib
import os
import socket
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from mnist_core import environment
from mnist_core.errors import InputError, LabError
from mnist_core.files import atomic

START_SECONDS = 60.0
END_SECONDS = 20.0


@dataclass
class AppProcess:
    """An app and, once it was needed, its engine."""

    home: Path  # where `app.log` and `engine.log` lie
    port: int
    process: psutil.Popen  # of the pages

    @classmethod
    def start(
        cls,
        home: Path,
        port: int = 0,
        logs: Path | None = None,
        before: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> "AppProcess":
        """Starts the app and waits until it listens; raises LabError if it never does, or ends before.

        `port` is a free one by default. `app.log` lies in `logs`, by default in the home. `before` is a command that
        runs the app, such as one that runs it as another user; `variables` are further ones of its environment.
        """
        with contextlib.suppress(OSError):  # a home that cannot be written may be what is measured
            home.mkdir(parents=True, exist_ok=True)
        port = port or free_port()
        command = [*before, sys.executable, "-m", "streamlit", "run", str(environment.APP), "--server.port", str(port)]
        command += ["--server.address", "127.0.0.1"]
        path = (logs or home) / "app.log"
        with path.open("ab") as log:
            process = psutil.Popen(
                command,
                env=environment.for_python() | {"MNIST_HOME": str(home)} | dict(variables or {}),
                stdout=log,
                stderr=log,
            )
        app = cls(home, port, process)
        try:
            wait_until(lambda: app.has_ended or app.answers(), START_SECONDS, f"the app to answer ({path} says more)")
            if app.has_ended:
                raise LabError(f"The app ended before it answered; {path} says why.")
        except LabError:
            app.end()
            raise
        return app

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def answers(self) -> bool:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=1) as answer,
        ):
            return bool(answer.read() == b"ok")
        return False

    def engine(self) -> psutil.Process | None:
        with contextlib.suppress(InputError, KeyError, TypeError, ValueError, psutil.Error):
            engine = psutil.Process(int(atomic.read_json(self.home / "engine.json")["pid"]))
            return engine if "mnist_core" in engine.cmdline() else None
        return None

    def trainer(self) -> psutil.Process | None:
        """The engine's worker that trains."""
        with contextlib.suppress(psutil.Error):
            engine = self.engine()
            children = engine.children() if engine else []
            workers = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
            return max(workers, key=lambda worker: worker.memory_info().rss, default=None)
        return None

    def end(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):  # it was killed, or ended before
            self.process.terminate()
        self.process.wait(END_SECONDS)
        # One that is about to start has no note yet.
        engines = [one for one in serving(self.home) if _is_engine(one)]
        for engine in engines:
            with contextlib.suppress(psutil.NoSuchProcess):
                engine.terminate()
        psutil.wait_procs(engines, END_SECONDS)


def _is_engine(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()[-2:] == ["mnist_core", "engine"]
    return False


def serving(home: Path) -> list[psutil.Process]:
    """Every process whose home folder is this one, whoever started it; not this process itself."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != psutil.Process().pid and process.environ().get("MNIST_HOME") == str(home):
                found.append(process)
    return found


@contextlib.contextmanager
def running_app(home: Path) -> Iterator[AppProcess]:
    app = AppProcess.start(home)
    try:
        yield app
    finally:
        app.end()


@contextlib.contextmanager
def temporary_home() -> Iterator[Path]:
    """Gives a home folder to the block and to whatever it starts."""
    before = os.environ.get("MNIST_HOME")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["MNIST_HOME"] = folder
        try:
            yield Path(folder)
        finally:
            if before is None:
                del os.environ["MNIST_HOME"]
            else:
                os.environ["MNIST_HOME"] = before


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Raises LabError if the condition does not hold in time; `what` says what was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise LabError(f"Waited {seconds:.0f} s without success for {what}.")
        time.sleep(0.02)
