"""A run whose disk is full waits until there is room again, and then goes on from its last checkpoint."""

import logging
import shutil
import tempfile
import time
from pathlib import Path

from mnist_core.config.network import count_parameters
from mnist_core.config.train_config import TrainConfig
from mnist_core.runs.run import Run
from mnist_core.training.heartbeat import Reporter

LOOK_SECONDS = 1.0
MOST_LOOKS = 32
# Tables, evaluation and status; and for each parameter its bytes in a checkpoint (with Adam's two moments) and in the
# two files of a model.
FIXED_BYTES = 2_000_000
BYTES_A_PARAMETER = 12 + 8
BYTES_OF_THE_BEST = 4
PIECE = 1 << 20

logger = logging.getLogger(__name__)


def wanted(config: TrainConfig) -> int:
    """Returns how many bytes must be free for a run to go on: what it writes beside files that it then replaces."""
    best = BYTES_OF_THE_BEST * bool(config.early_stopping)
    return FIXED_BYTES + count_parameters(config.layers) * (BYTES_A_PARAMETER + best)


def free(folder: Path) -> int:
    """Returns how many bytes are free, 0 where nobody knows."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def has_room(folder: Path, number: int) -> bool:
    """Whether so many bytes can be written. A quota shows only when it is tried, on a disk that has the room."""
    if free(folder) < number:
        return False
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            for _ in range(-(-number // PIECE)):
                file.write(bytes(PIECE))
    except OSError:
        return False
    return True


def _has_all_room(folder: Path, number: int) -> bool:
    """Whether there is room for the run, and where the converter for LiteRT puts its files for a moment."""
    return has_room(folder, number) and has_room(Path(tempfile.gettempdir()), FIXED_BYTES)


def wait(run: Run, config: TrainConfig, reporter: Reporter, tries: int = 0) -> bool:
    """Waits until a run has room to go on, and says so; returns False where somebody stops it meanwhile.

    After several `tries` it waits a while in any case: there may be less room than there seems to be.
    """
    number, told = wanted(config), -1
    until = time.monotonic() + LOOK_SECONDS * min(2**tries, MOST_LOOKS)
    logger.warning("The disk is full, and the run %s waits for %d bytes", run.id, number)
    while time.monotonic() < until or not _has_all_room(run.folder, number):
        if run.control().request == "stop":
            return False
        now = free(run.folder)
        if now != told:
            reporter.update(problem="disk-full", details={"free": now, "wanted": number}, seconds_left=0.0)
            told = now
        time.sleep(LOOK_SECONDS)
    logger.warning("There is room again, and the run %s goes on", run.id)
    return True
