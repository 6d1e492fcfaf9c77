"""What a file from outside may cost, watched from beside it: memory of this process and its children, and folders."""

import contextlib
import threading
from pathlib import Path

import psutil


class Watch:
    """The most memory that any child of this process held while this was entered, and by how much this one grew."""

    def __enter__(self) -> "Watch":
        self.own = psutil.Process()
        self.command = self.own.cmdline()
        self.before, self.child, self.grown, self.ended = self.own.memory_info().rss, 0, 0, threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()
        return self

    def look(self) -> None:
        while not self.ended.wait(0.01):
            self.grown = max(self.grown, self.own.memory_info().rss - self.before)
            for child in self.own.children():
                with contextlib.suppress(psutil.Error):
                    # Until it runs a program of its own, a child is a copy of this process, memory and all.
                    if child.cmdline() != self.command:
                        self.child = max(self.child, child.memory_info().rss)

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()


def listing(folder: Path) -> list[str]:
    """Everything that lies in a folder, by its path."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
