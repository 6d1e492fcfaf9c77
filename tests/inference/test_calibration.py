import json
from pathlib import Path

import numpy as np
import pytest

from mnist_core.inference.calibration import Calibration, calibration_error, fit_temperature, soften


def drawn(number: int, temperature: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Returns probabilities that are too sure by a known temperature, and labels drawn from the true ones."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 2, (number, 10))
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (random.random(number)[:, np.newaxis] > true.cumsum(axis=1)).sum(axis=1)
    return soften(true, 1 / temperature), labels


def test_softening_divides_the_logarithms() -> None:
    probabilities = np.array([[0.8, 0.2] + [0.0] * 8], np.float32)
    softened = soften(probabilities, 2.0)
    assert softened[0, :2] == pytest.approx([2 / 3, 1 / 3], abs=1e-6)
    assert softened.sum() == pytest.approx(1)
    assert soften(probabilities, 1.0) == pytest.approx(probabilities, abs=1e-6)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_is_found_again_and_calibrates(temperature: float) -> None:
    probabilities, labels = drawn(20_000, temperature)
    found = fit_temperature(probabilities, labels)
    assert found == pytest.approx(temperature, rel=0.05)
    assert calibration_error(soften(probabilities, found), labels) < 0.02
    if temperature != 1:
        assert calibration_error(probabilities, labels) > 0.05


def test_the_calibration_error_is_the_distance_between_confidence_and_accuracy() -> None:
    probabilities = np.tile([0.8] + [0.2 / 9] * 9, (10, 1))
    labels = np.array([0] * 6 + [1] * 4)
    assert calibration_error(probabilities, labels) == pytest.approx(0.2)
    assert calibration_error(np.eye(10), np.arange(10)) == 0


def test_a_refusal_is_unsure_or_not_a_digit() -> None:
    calibration = Calibration(sure=0.7, two=0.8)
    rows = np.array([[0.9, 0.1], [0.6, 0.4], [0.72, 0.05], [0.5, 0.1]])
    rows = np.concatenate([rows, np.tile((1 - rows.sum(axis=1, keepdims=True)) / 8, (1, 8))], axis=1)
    np.testing.assert_array_equal(calibration.refuses(rows), [False, True, True, True])


def test_a_calibration_survives_the_disk_and_damage_falls_back(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    mine = Calibration(1.5, 0.6, 0.7, 0.004, {"scribbles": 0.9}, 3000)
    mine.save(path)
    assert Calibration.load(path) == mine
    changes: list[dict[str, object]] = [
        {"temperature": "hot"},
        {"temperature": float("inf")},
        {"temperature": 1e-300},
        {"sure": float("nan")},
        {"two": 2},
        {"caught": [1, 2]},
        {"caught": {"a": "x"}},
        {"images": True},
    ]
    damaged = ["", "[]", "{}", json.dumps({"temperature": 2}), *(json.dumps(mine.__dict__ | one) for one in changes)]
    for content in damaged:
        path.write_text(content)
        assert Calibration.load(path).images == Calibration.load(tmp_path / "missing").images == 0
