"""Folders on which a disk refuses to be written, really: as root, by mounting them."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

CAN_MOUNT = hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("mount") is not None


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Makes a folder one that can only be read, as on a disk mounted so; skips where nobody may mount."""
    if not CAN_MOUNT or subprocess.run(["mount", "--bind", folder, folder], capture_output=True).returncode:
        pytest.skip("needs root, and a system on which it may mount")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextlib.contextmanager
def no_more_files() -> Iterator[None]:
    """Lets this process open nothing meanwhile, as where thousands of visitors have everything open."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
