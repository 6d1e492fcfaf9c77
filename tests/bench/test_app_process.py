import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from mnist_core import environment
from mnist_core.bench import app_process
from mnist_core.bench.app_process import AppProcess
from mnist_core.errors import LabError


def test_an_engine_that_is_about_to_start_is_ended_too(tmp_path: Path) -> None:
    """It has not written its note yet, by which others find it."""
    pages = psutil.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    env = environment.for_python() | {"MNIST_HOME": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-m", "mnist_core", "engine"], env=env) as engine:
        AppProcess(tmp_path, 1, pages).end()
        assert engine.wait(1) is not None
    assert not (tmp_path / "engine.json").exists()


def test_an_app_that_ends_as_it_starts_is_not_waited_for(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(LabError, match=r"ended before it answered; .*app\.log says why"):
        AppProcess.start(tmp_path, before=("false",))
    assert time.monotonic() - started < app_process.START_SECONDS / 2
