"""Another user of this machine, for tests that root runs."""

import functools
import os
import shutil
import subprocess
import sys
import sysconfig

import pytest

from tests.support.paths import ROOT

NOBODY = 65534
# All that the lab needs, from a Python that can start itself again, as the lab does.
TRY = "import subprocess, sys, dask, trustme, mnist_core; subprocess.run([sys.executable, '-c', ''], check=True)"

a_second_user = pytest.mark.skipif(
    os.name == "nt" or os.geteuid() != 0 or not shutil.which("setpriv"),
    reason="needs root and setpriv, to be another user",
)


def as_nobody(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Runs Python as another user of this machine, with these arguments; skips where that one has none."""
    python = _python()
    if not python:
        pytest.skip("the other user cannot run this Python, nor the system's of the same version")
    return _run(python, *arguments, **variables)


@functools.cache
def _python() -> str:
    """Returns a Python that the other user can run: this one may lie in a folder of root's."""
    same = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidates = [sys.executable, shutil.which(same, path=os.defpath)]
    return next((python for python in candidates if python and _run(python, "-c", TRY).returncode == 0), "")


def _run(*command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    switched = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
    packages = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    environment = {"PYTHONPATH": packages, "HOME": "/nonexistent", "PATH": os.environ["PATH"]} | variables
    return subprocess.run(switched, env=environment, cwd="/", capture_output=True, text=True, timeout=120)
