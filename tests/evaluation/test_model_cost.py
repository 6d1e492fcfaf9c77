"""What models cost."""

import dataclasses
import time

import numpy as np
import pytest

from mnist_core.config.network import count_parameters
from mnist_core.config.recipes import RECIPES
from mnist_core.evaluation import model_cost
from mnist_core.evaluation.model_cost import REPEATS, WARM_UP, ModelFacts, prediction_seconds
from mnist_core.files import atomic
from mnist_core.inference.classifier import Classifier
from mnist_core.runs import run_folders
from mnist_core.runs.status import Status


def test_the_facts_of_a_run_are_those_of_its_folder() -> None:
    config = dataclasses.replace(RECIPES["simple-cnn"].config, epochs=1)
    run = run_folders.create(config, {"name": "mnist", "identity": "0"})
    assert model_cost.model_facts(run) == ModelFacts(count_parameters(config.layers), None, None)
    run.model_path.write_bytes(b"x" * 1234)
    run.write_status(Status("done", seconds=12.5))
    assert model_cost.model_facts(run) == ModelFacts(count_parameters(config.layers), 1234, 12.5)
    atomic.write_bytes(run.folder / "config.json", b"no JSON")
    assert model_cost.model_facts(run).parameters is None


def test_the_time_for_one_image_is_the_median_after_warming_up(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    durations = [9.0] * WARM_UP + [1.0] * (REPEATS // 2) + [2.0] + [5.0] * (REPEATS // 2)
    asked: list[tuple[int, ...]] = []

    class Slow:
        def probabilities(self, images: np.ndarray) -> None:
            clock[0] += durations[len(asked)]
            asked.append(images.shape)

    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    assert prediction_seconds(Slow()) == 2.0  # type: ignore[arg-type]
    assert asked == [(1, 28, 28)] * (WARM_UP + REPEATS)


def test_the_shipped_model_answers_one_image_in_milliseconds() -> None:
    seconds = prediction_seconds(Classifier(run_folders.find(run_folders.SHIPPED_MODEL).model_path))
    assert 1e-6 < seconds < 0.1
