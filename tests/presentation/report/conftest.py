"""A run as training leaves it, made without TensorFlow, its answers, and its report in both formats, made once."""

import math
from pathlib import Path

import numpy as np
import pytest

from mnist_core.config.recipes import RECIPES
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.inference.calibration import Calibration
from mnist_core.presentation.report import Report, gather, page, pdf
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status
from tests.conftest import simple_images

NOW = 1_795_190_197.0
IDENTITY = "ab" * 32
REFERENCE = {"name": "/secret/folder/simple.npz", "identity": IDENTITY, "title": "Simple digits"}


def make_run(folder: Path | None = None) -> Run:
    made = run_folders.create(RECIPES["simple-cnn"].config, REFERENCE, folder)
    epochs = [1.0, 2.0, 3.0]
    made.write_metrics(
        {
            "epoch": epochs,
            "loss": [0.5, 0.3, 0.2],
            "accuracy": [0.8, 0.9, 0.95],
            "val_loss": [0.4, 0.3, 0.25],
            "val_accuracy": [0.85, 0.91, math.nan],
            "learning_rate": [0.001] * 3,
            "seconds": [10.0, 9.0, 9.5],
        }
    )
    made.write_batches({"epoch": [0.5, *epochs], "loss": [2.0, 0.5, 0.3, 0.2], "accuracy": [0.1, 0.8, 0.9, 0.95]})
    Calibration(temperature=1.3, sure=0.6, two=0.7, refused=0.01, caught={"stars": 0.9}, images=500).save(
        made.calibration_path
    )
    made.write_status(Status("done", epoch=3, epochs=5, seconds=72.0, test_accuracy=0.93, test_loss=0.2))
    return made


@pytest.fixture
def run() -> Run:
    """A run of the test's own, to be changed."""
    return make_run()


@pytest.fixture(scope="session")
def images() -> np.ndarray:
    return simple_images(300, 0)[0]


@pytest.fixture(scope="session")
def evaluation() -> Evaluation:
    """Answers to 300 images, most of them right."""
    random = np.random.default_rng(0)
    labels = np.arange(300) % 10
    probabilities = random.dirichlet(np.ones(10) / 3, 300) + 2 * np.eye(10)[labels]
    probabilities[:12] = np.roll(probabilities[:12], 1, axis=1)
    return Evaluation.measure((probabilities / 3).astype(np.float32), labels, IDENTITY)


@pytest.fixture(scope="session")
def report(evaluation: Evaluation, images: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return gather(make_run(tmp_path_factory.mktemp("runs")), evaluation, images, now=NOW)


@pytest.fixture(scope="session")
def page_text(report: Report) -> str:
    return page.render(report)


@pytest.fixture(scope="session")
def pdf_file(report: Report) -> bytes:
    return pdf.render(report)
