"""A trainer's reports: the status of its run, at each change and as a heartbeat."""

import contextlib
import dataclasses
import logging
import threading
from collections.abc import Callable, Iterator

from mnist_core.runs.run import Run
from mnist_core.runs.status import HEARTBEAT_SECONDS, Status

logger = logging.getLogger(__name__)


class Reporter:
    """Writes the status, at each change and as a heartbeat beside a loop that may be busy inside TensorFlow."""

    def __init__(self, run: Run, status: Status, on_status: Callable[[Status], None]) -> None:
        self._run = run
        self._on_status = on_status
        self._lock = threading.Lock()
        self.status = status
        self._ended = threading.Event()

    def update(self, **changes: object) -> None:
        with self._lock:
            self.status = dataclasses.replace(self.status, **changes)  # type: ignore[arg-type]
            self._run.write_status(self.status)
        self._on_status(self.status)

    @contextlib.contextmanager
    def beating(self) -> Iterator[None]:
        """Renews the heartbeat while the block runs."""
        thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_SECONDS):
            # A disk that is full must not end a run; the loop's own writes say so if it stays full.
            with self._lock:
                try:
                    self._run.write_status(self.status)
                except OSError:
                    logger.debug("The heartbeat of %s cannot be written", self._run.id, exc_info=True)
                    self._run.touch_status()
