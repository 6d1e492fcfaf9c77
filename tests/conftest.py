"""What all tests share: state in a temporary folder, no engine of this machine, and the real data where it is."""

import contextlib
import gc
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from mnist_core import environment
from mnist_core.data import uploads
from mnist_core.data.dataset import Dataset
from mnist_core.engine import worker
from mnist_core.engine.connection import EngineConnection
from mnist_core.engine.scheduler import Task
from mnist_core.evaluation import rejection
from mnist_core.files import atomic, sandbox
from mnist_core.preprocessing.pipeline import prepare
from mnist_core.preprocessing.strokes import paint
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from tests.support.outside import sitecustomize

environment.set_up_process()  # before a test imports TensorFlow
# The ONNX runtime, which only tests use, tells its maker of each use.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

REAL_MNIST = os.environ.get("MNIST_DATA", "")


# Those that take longest, so that at the end no worker waits for one of them.
FIRST = ("engine", "browser", "pages", "test_steering.py", "test_loop.py", "cli")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the longest tests first."""

    def rank(item: pytest.Item) -> int:
        return next((place for place, name in enumerate(FIRST) if name in item.path.parts), len(FIRST))

    items.sort(key=rank)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tells what failed at first, for a race that was lost once may be one of the app's."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.write_sep("_", f"{report.nodeid} failed, and ran once more")
        terminalreporter.write_line(report.longreprtext)


def pytest_configure(config: pytest.Config) -> None:
    """Lets this process, and all that it starts, note whom they ask that is not this machine."""
    config.stash[OUTSIDE] = folder = tempfile.mkdtemp(prefix="outside-")
    if sitecustomize.LOG not in os.environ:  # it is there in what pytest-xdist starts
        paths = (str(Path(sitecustomize.__file__).parent), os.environ.get("PYTHONPATH", ""))
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        sys.addaudithook(sitecustomize.hear)
    os.environ[sitecustomize.LOG] = str(Path(folder) / "asked.txt")


def pytest_unconfigure(config: pytest.Config) -> None:
    if folder := config.stash.get(OUTSIDE, ""):
        shutil.rmtree(folder, ignore_errors=True)


OUTSIDE = pytest.StashKey[str]()


@pytest.fixture(autouse=True)
def outside() -> Iterator[Path]:
    """The file in which stands who was asked that is not this machine; by the end of a test there is none."""
    log = Path(os.environ[sitecustomize.LOG])
    yield log
    with contextlib.suppress(FileNotFoundError):
        asked = log.read_text(encoding="utf-8")
        log.unlink()
        pytest.fail(f"Another machine was asked:\n{asked}", pytrace=False)


@pytest.fixture(autouse=True)
def temporary_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Sends all state to a temporary folder, and hides MNIST unless a test asks for it."""
    home = tmp_path / "home"
    monkeypatch.setenv("MNIST_HOME", str(home))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("MNIST_DATA", raising=False)
    monkeypatch.delenv("MNIST_ENGINE", raising=False)
    monkeypatch.delenv("MNIST_DATABASE", raising=False)
    yield home


@pytest.fixture(autouse=True)
def _nothing_loaded_is_garbage() -> None:
    """Spares the garbage collector what is there before a test: Streamlit and TensorFlow call it again and again."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _trainers_do_not_give_way() -> Iterator[None]:
    """Keeps trainers from waiting for the tests beside them, and this process at its priority."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("MNIST_NICENESS", "1")
        monkeypatch.setattr(worker, "give_way", lambda: None)
        yield


@pytest.fixture
def borrowed_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ends training with the shipped model: to convert a tiny one and to find its thresholds outlasts its training."""
    from mnist_core.training import model_files

    shipped = run_folders.find(run_folders.SHIPPED_MODEL)

    def write_model(trained: object, config: object, run: Run) -> None:
        atomic.write_bytes(run.keras_path, shipped.keras_path.read_bytes())
        atomic.write_bytes(run.model_path, shipped.model_path.read_bytes())

    monkeypatch.setattr(model_files, "write_model", write_model)
    monkeypatch.setattr(rejection, "EACH_KIND", 1)


@pytest.fixture
def real_mnist(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of the real MNIST; skips where $MNIST_DATA does not name it."""
    path = Path(REAL_MNIST)
    if not REAL_MNIST or not path.exists():
        pytest.skip("needs the real MNIST; name it in $MNIST_DATA")
    path = path.absolute()
    monkeypatch.setenv("MNIST_DATA", str(path))
    return path


@pytest.fixture
def pen_strokes(real_mnist: Path) -> Path:
    """The path of digits that people drew with a pen, which lies beside the real MNIST; skips where it does not."""
    path = real_mnist.parent / "pen_strokes.jsonl.gz"
    if not path.exists():
        pytest.skip("needs pen_strokes.jsonl.gz beside the real MNIST")
    return path


# Two strokes at most a digit: enough for a network to learn in a second, and real input for preparation and canvas.
SIMPLE_DIGITS = {
    0: [[(50, 10), (20, 30), (15, 60), (30, 90), (60, 90), (80, 60), (75, 30), (50, 10)]],
    1: [[(50, 10), (50, 90)]],
    2: [[(20, 30), (40, 10), (70, 15), (75, 40), (20, 90), (80, 90)]],
    3: [[(20, 15), (70, 15), (40, 45), (75, 65), (50, 92), (15, 85)]],
    4: [[(30, 10), (20, 55), (80, 55)], [(65, 10), (65, 95)]],
    5: [[(75, 10), (30, 10), (25, 45), (70, 50), (70, 85), (20, 90)]],
    6: [[(65, 10), (25, 45), (20, 80), (50, 95), (75, 75), (55, 55), (25, 70)]],
    7: [[(15, 12), (80, 12), (40, 95)]],
    8: [[(50, 48), (25, 30), (50, 8), (75, 30), (50, 48), (20, 72), (50, 95), (80, 72), (50, 48)]],
    9: [[(72, 30), (45, 10), (25, 32), (45, 50), (72, 30), (68, 95)]],
}


def simple_strokes(digit: int) -> list[np.ndarray]:
    """Returns a plain digit as strokes, in pixels of a canvas of 100."""
    return [np.array(stroke, float) for stroke in SIMPLE_DIGITS[digit]]


def large_digit(digit: int = 5) -> np.ndarray:
    """Paints a simple digit large, uint8 `[280, 280]`."""
    return paint([stroke * 2 + 40 for stroke in simple_strokes(digit)], 280, 280, 20)


def simple_images(number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns slightly shaken simple digits, uint8 `[number, 28, 28]`, and their labels."""
    random = np.random.default_rng(seed)
    labels = np.arange(number) % 10
    images = [
        prepare([stroke + random.normal(0, 3, stroke.shape) for stroke in simple_strokes(int(digit))])
        for digit in labels
    ]
    return np.stack(images), labels.astype(np.int64)


@pytest.fixture(scope="session")
def simple_dataset() -> Dataset:
    """A small dataset that a network learns in a second."""
    return Dataset("simple", *simple_images(600, 0), *simple_images(200, 1), source="made by the tests")


@pytest.fixture
def simple_npz(simple_dataset: Dataset, tmp_path: Path) -> Path:
    """The same as a file."""
    path = tmp_path / "simple.npz"
    np.savez(
        path,
        x_train=simple_dataset.train_images,
        y_train=simple_dataset.train_labels,
        x_test=simple_dataset.test_images,
        y_test=simple_dataset.test_labels,
    )
    return path


@pytest.fixture
def reads_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Uploads are read in this process: starting another one for each takes a second, and has tests of its own."""
    monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", "system")
    monkeypatch.setattr(sandbox, "limit", lambda memory: None)
    monkeypatch.setattr(sandbox, "run", lambda task, arguments, *limits: uploads.task(**arguments))


class PretendedEngine(EngineConnection):
    """The way to an engine that is there, and does nothing but keep its tasks."""

    def __init__(self) -> None:
        super().__init__(lambda: "tcp://127.0.0.1:9", lambda: None, lambda _, tasks: self.tasks.extend(tasks))
        self.tasks: list[Task] = []


def wait_for(condition: Callable[[], object], what: str, seconds: float = 240) -> None:
    """Waits until the condition holds; fails with what was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.05)


def peak_memory() -> int:
    """The most bytes that this process has held; `getrusage` begins with what its parent held."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return 1024 * int(found[1])
