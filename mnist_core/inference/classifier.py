"""Classifying digits with a run's LiteRT model, without TensorFlow."""

import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from mnist_core.errors import model_not_read
from mnist_core.files import folders
from mnist_core.inference.calibration import Calibration
from mnist_core.language import gettext
from mnist_core.mnist import CLASSES, IMAGE_SHAPE
from mnist_core.preprocessing import pipeline
from mnist_core.runs.run import CALIBRATION_NAME
from mnist_core.watch import Advance, Watch, unwatched

BATCH = 100
# Each interpreter needs some 10 MB and 10 ms.
MOST_THREADS = 4
# The interpreter for a batch costs as much as some ninety single images, however few there are.
ONE_BY_ONE = 32


class Classifier:
    """A trained model that answers at once. Safe to share between threads."""

    def __init__(
        self, path: Path, threads: int | None = 1, watch: Watch = unwatched, shape: tuple[int, ...] = IMAGE_SHAPE
    ) -> None:
        """Loads a `.tflite` file that the lab wrote, and its run's calibration from beside it.

        A large number of images may use so many threads, at most four; `watch` is told how many are read. `shape` is
        that of the images that it takes. Raises LabError if the file is missing or damaged.
        """
        self.calibration = Calibration.load(path.with_name(CALIBRATION_NAME))
        try:
            self._content = folders.read_bytes(path)
            self._one = _Reader(self._content, 1, shape)
        except (OSError, ValueError, RuntimeError) as error:
            raise model_not_read(path.parent.name, error) from error
        self._threads = min(threads or 1, MOST_THREADS)
        self._shape = shape
        self._watch = watch

    @cached_property
    def _readers(self) -> list["_Reader"]:
        """Those for many images, which a model needs only where it judges.

        LiteRT's own threads gain nothing here (measured: as much processor time as time); several interpreters do.
        """
        return [_Reader(self._content, BATCH, self._shape) for _ in range(self._threads)]

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """What the network says to images uint8 `[N, 28, 28]`, white on black, not calibrated: float32 `[N, 10]`."""
        if len(images) <= ONE_BY_ONE:
            return self._one.probabilities(images)
        return self._shared_out(_Reader.probabilities, images)

    def _shared_out(
        self, read: Callable[["_Reader", np.ndarray, Advance], np.ndarray], images: np.ndarray
    ) -> np.ndarray:
        """Lets several interpreters read at once."""
        readers = self._readers[: math.ceil(len(images) / BATCH)]
        # Shares of whole batches, so that an image's answer does not depend on how many read.
        share = math.ceil(len(images) / (BATCH * len(readers))) * BATCH
        parts = [images[start : start + share] for start in range(0, len(images), share)]
        with self._watch(gettext("Reading the images"), len(images)) as advance:
            if len(parts) == 1:
                return read(readers[0], parts[0], advance)
            with ThreadPoolExecutor(len(parts)) as pool:
                return np.concatenate(list(pool.map(read, readers, parts, [advance] * len(parts))))

    def probabilities_of_values(self, values: np.ndarray) -> np.ndarray:
        """What the network says to values of any range, float32 `[N, 28, 28, 1]` or `shape`: float32 `[N, 10]`."""
        return self._shared_out(_Reader.of_values, values)

    def calibrated(self, images: np.ndarray) -> np.ndarray:
        """Returns the calibrated probabilities of images uint8 `[N, 28, 28]`: float64 `[N, 10]`."""
        return self.calibration.apply(self.probabilities(images))


class _Reader:
    """An interpreter for so many images at once. Safe to share between threads."""

    def __init__(self, content: bytes, size: int, shape: tuple[int, ...]) -> None:
        self._lock = threading.Lock()
        self._size, self._shape = size, shape
        self._interpreter = _interpreter(content, (size, *shape))

    def probabilities(self, images: np.ndarray, advance: Advance = lambda number: None) -> np.ndarray:
        return self._in_batches(images, pipeline.normalize, advance)

    def of_values(self, values: np.ndarray, advance: Advance) -> np.ndarray:
        return self._in_batches(values, lambda part: part, advance)

    def _in_batches(
        self, given: np.ndarray, values_of: Callable[[np.ndarray], np.ndarray], advance: Advance
    ) -> np.ndarray:
        found = [np.empty((0, CLASSES), np.float32)]
        for at in range(0, len(given), self._size):
            part = given[at : at + self._size]
            found.append(self._batch(values_of(part)))
            advance(len(part))
        return np.concatenate(found)

    def _batch(self, values: np.ndarray) -> np.ndarray:
        interpreter = self._interpreter
        batch = np.zeros((self._size, *self._shape), np.float32)
        batch[: len(values)] = values
        # A lock a batch, not a call: a drawing must not wait until a whole test set is judged.
        with self._lock:
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], batch)
            interpreter.invoke()
            return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[: len(values)]


def _interpreter(content: bytes, shape: tuple[int, ...]) -> Interpreter:
    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], shape)
    interpreter.allocate_tensors()
    return interpreter
