import numpy as np
import pytest

from mnist_core.inference.answer import Answer
from mnist_core.inference.calibration import Calibration

THRESHOLDS = Calibration(sure=0.7, two=0.8)


def probabilities(**values: float) -> np.ndarray:
    result = np.full(10, (1 - sum(values.values())) / (10 - len(values)))
    for name, value in values.items():
        result[int(name[1:])] = value
    return result


def test_a_sure_answer_is_a_digit() -> None:
    answer = Answer.of(probabilities(p7=0.98), THRESHOLDS)
    assert (answer.verdict, answer.digit, answer.shown) == ("digit", 7, "7")
    assert answer.probability == pytest.approx(0.98)
    assert sum(answer.probabilities) == pytest.approx(1)
    assert answer.sentence == "A 7, 98 % sure."
    assert Answer.of(probabilities(p8=0.98), THRESHOLDS).sentence == "An 8, 98 % sure."


def test_an_answer_never_claims_certainty() -> None:
    assert Answer.of(probabilities(p7=1.0), THRESHOLDS).sentence == "A 7, > 99 % sure."


def test_an_unsure_answer_names_two_candidates() -> None:
    answer = Answer.of(probabilities(p4=0.55, p9=0.40), THRESHOLDS)
    assert (answer.verdict, answer.digit, answer.shown) == ("unsure", 4, "4")
    assert answer.probability == pytest.approx(0.55)
    assert answer.sentence == "Unsure: 4 (55 %) or 9 (40 %)."


def test_an_unsure_answer_names_no_rival_that_is_as_unlikely_as_all_the_others() -> None:
    answer = Answer.of(
        probabilities(p8=0.55, p3=0.09, p0=0.08, p6=0.08, p2=0.07, p5=0.07, p9=0.06), Calibration(sure=0.7, two=0.5)
    )
    assert (answer.verdict, answer.sentence) == ("unsure", "Unsure: 8 (55 %), or no digit at all.")


def test_what_is_not_even_one_of_two_is_not_a_digit() -> None:
    answer = Answer.of(probabilities(p4=0.45, p9=0.30), THRESHOLDS)
    assert (answer.verdict, answer.digit, answer.shown) == ("not a digit", 4, "–")
    assert answer.sentence == "Not a digit, it seems. It looks most like a 4."
    eight = Answer.of(probabilities(p8=0.45, p9=0.30), THRESHOLDS)
    assert eight.sentence == "Not a digit, it seems. It looks most like an 8."


def test_where_all_ten_are_much_alike_none_is_called_the_nearest() -> None:
    answer = Answer.of(probabilities(p1=0.2, p7=0.15), THRESHOLDS)
    assert (answer.digit, answer.sentence) == (1, "Not a digit, it seems.")


def test_the_thresholds_are_the_models_own() -> None:
    assert Answer.of(probabilities(p4=0.71, p9=0.29), THRESHOLDS).verdict == "digit"
    assert Answer.of(probabilities(p4=0.69, p9=0.31), THRESHOLDS).verdict == "unsure"
    assert Answer.of(probabilities(p4=0.69, p9=0.31), Calibration(sure=0.6)).verdict == "digit"
    assert Answer.of(probabilities(p4=0.45, p9=0.34), THRESHOLDS).verdict == "not a digit"
    assert Answer.of(probabilities(p4=0.45, p9=0.36), THRESHOLDS).verdict == "unsure"
