"""Classifying digits with a run's LiteRT model, without TensorFlow, and saying honestly what came out."""

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from mnist_core import preprocess
from mnist_core.errors import LabError
from mnist_core.layers import CLASSES
from mnist_core.phrases import confidence
from mnist_core.preprocess import Stages

BATCH = 100
# Below this probability the lab names two candidates instead of one.
SURE = 0.7


class Classifier:
    """A trained model that answers at once. Safe to share between threads."""

    def __init__(self, path: Path, threads: int | None = 1) -> None:
        """Loads a model.

        Args:
            path: A `.tflite` file that the lab wrote.
            threads: How many cores a batch may use.

        Raises:
            LabError: The file is missing or no such model.
        """
        self._lock = threading.Lock()
        try:
            content = path.read_bytes()
            self._interpreters = {size: _interpreter(content, size, threads or 1) for size in (1, BATCH)}
        except (OSError, ValueError, RuntimeError) as error:
            raise LabError(f"The model {path} cannot be loaded ({error}); train it again or choose another.") from None

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Classifies images.

        Args:
            images: uint8 `[N, 28, 28]`, white ink on black.

        Returns:
            float32 `[N, 10]`, each row adding up to 1.
        """
        if not len(images):
            return np.empty((0, CLASSES), np.float32)
        size = 1 if len(images) == 1 else BATCH
        outputs = [self._batch(images[start : start + size], size) for start in range(0, len(images), size)]
        return np.concatenate(outputs)

    def _batch(self, images: np.ndarray, size: int) -> np.ndarray:
        interpreter = self._interpreters[size]
        batch = np.zeros((size, 28, 28, 1), np.float32)
        batch[: len(images)] = preprocess.normalize(images)
        # A lock a batch, not a call: a drawing must not wait until a whole test set is judged.
        with self._lock:
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], batch)
            interpreter.invoke()
            return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[: len(images)]


def _interpreter(content: bytes, size: int, threads: int) -> Interpreter:
    interpreter = Interpreter(model_content=content, num_threads=threads)
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], (size, 28, 28, 1))
    interpreter.allocate_tensors()
    return interpreter


@dataclass(frozen=True)
class Answer:
    """What the lab says to one drawing.

    Attributes:
        verdict: `digit`, `unsure`, `nothing drawn` or `too little ink`.
        sentence: The same for people.
        digit: The most probable digit; None where the drawing is none.
        probability: Its probability; 0 where there is none.
        probabilities: All ten, or ten zeros.
    """

    verdict: str
    sentence: str
    digit: int | None = None
    probability: float = 0.0
    probabilities: tuple[float, ...] = (0.0,) * CLASSES


NOTHING_DRAWN = Answer("nothing drawn", "Nothing drawn yet.")
NO_INK = Answer("nothing drawn", "No ink found in this picture; use a darker pen or a plain background.")
TOO_LITTLE_INK = Answer("too little ink", "Too little ink to read; draw the digit larger.")


def answer(stages: Stages, classifier: Classifier) -> Answer:
    """Classifies a prepared drawing."""
    probabilities = classifier.probabilities(stages.image[np.newaxis])[0]
    second, first = (int(digit) for digit in np.argsort(probabilities)[-2:])
    probability = float(probabilities[first])
    values = tuple(float(value) for value in probabilities)
    if probability >= SURE:
        article = "An" if first == 8 else "A"
        return Answer("digit", f"{article} {first}, {confidence(probability)} sure.", first, probability, values)
    sentence = f"Unsure: {first} ({confidence(probability)}) or {second} ({confidence(float(probabilities[second]))})."
    return Answer("unsure", sentence, first, probability, values)


def answer_strokes(strokes: preprocess.Strokes, classifier: Classifier) -> tuple[Answer, Stages | None]:
    """Prepares and classifies a drawing: the one path of the canvas and of `classify --strokes`."""
    stages = preprocess.from_strokes(strokes)
    if stages is None:
        return NOTHING_DRAWN, None
    if preprocess.is_speck(strokes):
        return TOO_LITTLE_INK, None
    return answer(stages, classifier), stages


def answer_picture(content: bytes, classifier: Classifier) -> tuple[Answer, Stages | None]:
    """Reads, prepares and classifies a PNG or JPEG file; raises InputError if it cannot be read."""
    stages = preprocess.from_picture(preprocess.read_picture(content))
    if stages is None:
        return NO_INK, None
    return answer(stages, classifier), stages
