"""Real engines, each in its own processes, that a test starts and ends."""

import subprocess

import psutil

from mnist_core.engine import connection
from mnist_core.engine.connection import EngineConnection


class RealEngine(EngineConnection):
    """The way to a real engine, whose processes it remembers."""

    def __init__(self) -> None:
        super().__init__(start_process=self._start_and_note)
        self.processes: list[subprocess.Popen[bytes]] = []

    def _start_and_note(self) -> subprocess.Popen[bytes]:
        self.processes.append(connection.start_process())
        return self.processes[-1]

    def end(self) -> None:
        for process in self.processes:
            process.terminate()
            process.wait(30)

    def family(self) -> list[psutil.Process]:
        """The engine and what it has started."""
        engine = psutil.Process(self.processes[-1].pid)
        return [engine, *engine.children(recursive=True)]

    def trainer(self) -> psutil.Process:
        """The worker process that has TensorFlow loaded."""
        return max(self.family()[1:], key=lambda process: process.memory_info().rss)
