from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from mnist_core.evaluation import reliability
from mnist_core.evaluation.reliability import measure
from mnist_core.formatting import points
from mnist_core.inference.calibration import BINS, Calibration, calibration_error, fit_temperature, soften
from tests.evaluation.test_evaluation import random_answers
from tests.inference.test_calibration import drawn


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 400), st.floats(0.3, 3))
def test_bins_agree_with_scikit_learn_and_the_error_with_the_verdicts(
    seed: int, number: int, temperature: float
) -> None:
    probabilities, labels = random_answers(number, seed)
    probabilities = soften(probabilities, temperature)
    found = measure(probabilities, labels)
    right, confidence = probabilities.argmax(axis=1) == labels, probabilities.max(axis=1)
    accuracy, mean = calibration_curve(np.append(right, [False, True]), np.append(confidence, [-0.0, 1.0]), n_bins=BINS)
    # Scikit-learn needs both outcomes; one was put into each of the outermost bins, which are not compared.
    held = found.images > 0
    inner = np.flatnonzero(held)[(np.flatnonzero(held) > 0) & (np.flatnonzero(held) < BINS - 1)]
    assert found.accuracy[inner] == pytest.approx(accuracy[1:-1], abs=1e-9)
    assert found.confidence[inner] == pytest.approx(mean[1:-1], abs=1e-9)
    assert found.error == calibration_error(probabilities, labels)
    share = found.images[held] / number
    assert found.error == pytest.approx((share * abs(found.accuracy[held] - found.confidence[held])).sum(), abs=1e-9)
    assert found.images.sum() == number and found.right.sum() == right.sum()
    assert found.surplus == pytest.approx(confidence.mean() - right.mean(), abs=1e-9)


def test_bins_without_images_are_known_as_such() -> None:
    found = measure(np.eye(10, dtype=np.float32), np.arange(10))
    assert found.images.tolist() == [0] * 14 + [10] and found.error == 0
    assert np.isnan(found.confidence[:14]).all() and np.isnan(found.accuracy[:14]).all()
    assert (found.confidence[14], found.accuracy[14]) == (1, 1)


def test_the_temperature_mends_a_model_that_is_too_sure() -> None:
    probabilities, labels = drawn(8000, 2.0)
    calibration = Calibration(temperature=fit_temperature(probabilities[:4000], labels[:4000]), images=4000)
    before, after = reliability.before_and_after(probabilities[4000:], labels[4000:], calibration)
    assert after is not None and after.error < before.error / 3
    assert before.surplus > 0.05 > abs(after.surplus)
    said = f"{points(before.error, 2)} off before the correction, and {points(after.error, 2)} after it."
    assert reliability.error_sentence(before, after).endswith(said)
    assert after.error == calibration_error(calibration.apply(probabilities[4000:]), labels[4000:])


def test_a_run_without_a_temperature_has_nothing_after_it(tmp_path: Path) -> None:
    missing = Calibration.load(tmp_path / "missing")
    assert not missing.fitted
    before, after = reliability.before_and_after(*random_answers(50), missing)
    assert after is None
    assert reliability.error_sentence(before, after).endswith(f"On average it is {points(before.error, 2)} off.")


@pytest.mark.parametrize(
    ("temperature", "words"), [(1.31, "less sure"), (0.9, "more sure"), (1.001, "changes nothing")]
)
def test_what_the_temperature_was_fitted_on_is_said(temperature: float, words: str) -> None:
    calibration = Calibration(temperature=temperature, images=6000)
    sentence = reliability.temperature_sentence(calibration)
    assert f"{temperature:.2f}" in sentence and words in sentence
    assert "6,000 validation images" in reliability.temperature_details(calibration)
    assert "test images themselves" in reliability.temperature_details(calibration, held_back=False)


def test_rows_of_the_table_hold_every_bin_the_surest_first() -> None:
    probabilities, labels = random_answers(300)
    before = measure(probabilities, labels)
    (rows, both) = (reliability.rows(before, None), reliability.rows(before, before))
    assert rows[0]["Probability"] == "93.3–100 %" and rows[-1]["Probability"] == "0–6.67 %"
    assert [row["Images"] for row in rows] == before.images[::-1].tolist()
    assert rows[-1]["Sure"] is None and rows[-1]["Right"] is None
    row = next(row for row in rows if row["Images"])
    assert 0 <= row["Right"] <= 100
    assert set(both[0]) == {"Probability"} | {
        f"{name}, {when}" for name in ("Images", "Sure", "Right") for when in ("before", "after")
    }
