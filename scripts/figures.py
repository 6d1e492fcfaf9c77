"""Measures what a model card states: `python -m scripts.figures best --strokes pen_strokes.jsonl.gz`.

Takes some minutes on one core: MNIST's test images and the drawings of the writers held back, calibration and refusals,
numbers side by side, photographs, sizes on the canvas, and time. Prints one JSON object.
"""

import argparse
import dataclasses
import json
import time
from collections.abc import Callable

import numpy as np

from mnist_core.bench import numbers
from mnist_core.data import sources, stroke_files
from mnist_core.data.stroke_files import Handwriting
from mnist_core.data.synthetic.photographs import photograph, random_paper
from mnist_core.evaluation import rejection
from mnist_core.evaluation.ablation import placed
from mnist_core.inference import reading
from mnist_core.inference.classifier import Classifier
from mnist_core.preprocessing import pipeline
from mnist_core.preprocessing.canvas import strokes_from_canvas, to_canvas, visible
from mnist_core.runs import run_folders

HEIGHTS = (40, 60, 80, 120, 180, 250)


def sizes(classifier: Classifier, drawn: Handwriting) -> dict[int, float]:
    """Returns the accuracy by the height of the digits on the canvas, in its whole pixels."""
    found = {}
    for height in HEIGHTS:
        random = np.random.default_rng(0)
        images = []
        for strokes in drawn.strokes:
            on_canvas = [np.round(stroke) for stroke in placed(strokes, height, random)]
            images.append(pipeline.prepare(visible(strokes_from_canvas({"objects": to_canvas(on_canvas)}))))
        right = classifier.probabilities(np.stack(images)).argmax(axis=1) == drawn.labels
        found[height] = float(right.mean())
    return found


def photographs(classifier: Classifier, images: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Returns how many photographed digits are read right, and how many of them are given as one digit."""
    random = np.random.default_rng(0)
    read = [reading.read_picture(photograph(image, random_paper(random), random), classifier) for image in images]
    return {
        "accuracy": float(np.mean([one.answer.digit == label for one, label in zip(read, labels, strict=True)])),
        "given as a digit": float(np.mean([one.answer.verdict == "digit" for one in read])),
    }


def milliseconds(function: Callable[[], object], times: int) -> float:
    """Returns the median time of a call."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        taken.append(1000 * (time.perf_counter() - start))
    return float(np.median(taken))


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    parser.add_argument("--strokes", required=True)
    parser.add_argument("--number", type=int, default=400, help="how many numbers of each kind, and photographs")
    options = parser.parse_args()
    run, mnist = run_folders.find(options.run), sources.load("mnist")
    drawn = sources.load_handwriting(options.strokes)
    assert drawn is not None, "expected a file of strokes"
    _, held_back = drawn.split()
    classifier = Classifier(run.model_path)
    painted = stroke_files.paint_all(held_back.strokes)
    strokes = held_back.strokes[0]
    verdict = [reading.read_strokes(one, classifier).answer.verdict for one in held_back.strokes]
    number = options.number
    found = {
        "mnist": dataclasses.asdict(rejection.measure(classifier, mnist.test_images, mnist.test_labels)),
        "held-out writers": dataclasses.asdict(rejection.measure(classifier, painted, held_back.labels)),
        "held-out writers, whole path": {kind: verdict.count(kind) / len(verdict) for kind in set(verdict)},
        "heights on the canvas": sizes(classifier, held_back),
        "numbers": numbers.measure(classifier, held_back, number),
        "photographs": photographs(classifier, mnist.test_images[:number], mnist.test_labels[:number]),
        "one drawing, ms": milliseconds(lambda: reading.read_strokes(strokes, classifier), 200),
        "10,000 images, s": milliseconds(lambda: classifier.probabilities(mnist.test_images), 3) / 1000,
        "model, bytes": run.model_path.stat().st_size,
    }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
