import subprocess
import sys
from pathlib import Path

import psutil

from mnist_core import environment
from mnist_core.bench.app_process import AppProcess


def test_an_engine_that_is_about_to_start_is_ended_too(tmp_path: Path) -> None:
    """It has not written its note yet, by which others find it."""
    pages = psutil.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    env = environment.for_python() | {"MNIST_HOME": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-m", "mnist_core", "engine"], env=env) as engine:
        AppProcess(tmp_path, 1, pages).end()
        assert engine.wait(1) is not None
    assert not (tmp_path / "engine.json").exists()
