"""A disk of a few megabytes that can be filled to the last byte, where the system lets tests mount one."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


class SmallDisk:
    """A disk at a folder, with a ballast that fills it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leaves no byte."""
        with self._ballast.open("ab", buffering=0) as file:
            for piece in (1 << 16, 1):
                with contextlib.suppress(OSError):
                    while file.write(bytes(piece)):
                        pass

    def make_room(self) -> None:
        self._ballast.unlink(missing_ok=True)


@contextlib.contextmanager
def mounted(folder: Path, size: str = "40m") -> Iterator[SmallDisk]:
    """Mounts a disk at a folder; skips where that is not possible."""
    folder.mkdir(parents=True, exist_ok=True)
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs root, to mount a small disk")
    tried = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if tried.returncode:
        pytest.skip(f"needs a small disk, which cannot be mounted here ({tried.stderr.decode().strip()})")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
