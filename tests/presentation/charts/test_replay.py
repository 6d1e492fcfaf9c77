import base64
import re
from dataclasses import replace

import numpy as np

from mnist_core.presentation.charts import replay as replay_charts
from mnist_core.presentation.charts.curve import Curve
from mnist_core.presentation.charts.learning import learning_curves
from mnist_core.presentation.charts.template import Spec
from mnist_core.training.pins import UNKNOWN, Pins, pin_name
from mnist_core.training.replay import Replay, Score
from tests.conftest import simple_images
from tests.support.specs import assert_valid, history

IMAGES, LABELS = simple_images(3, 0)
RIGHT = Score(4, 4, 0.98, (0.1, float("nan"), 0.98))


def lines(content: str) -> list[str]:
    """Returns the drawings that are embedded in HTML."""
    return [base64.b64decode(found).decode() for found in re.findall(r"image/svg\+xml;base64,([^\"]+)", content)]


def test_the_loss_until_an_epoch_is_valid_and_splits_there() -> None:
    spec = replay_charts.loss_until(Curve("", *history(epochs=3)), 2)
    assert_valid({**spec, "layer": spec["layer"][1:]})
    rule, *others = spec["layer"]
    assert rule["encoding"]["x"]["datum"] == 2
    filters = [unit["transform"][-1]["filter"] for unit in others]
    assert filters == len(others) // 2 * ["datum.epoch >= 2"] + len(others) // 2 * ["datum.epoch <= 2"]
    # What the other charts share is not changed.
    assert not any("datum.epoch" in str(unit["transform"]) for unit in _curve()["layer"])


def _curve() -> Spec:
    return learning_curves([Curve("", *history(epochs=3))], "loss")


def test_the_loss_in_a_sentence() -> None:
    curve = Curve("", *history(epochs=3))
    assert replay_charts.loss_sentence(curve, 2) == "After epoch 2 of 3: training loss 0.2500, validation loss 0.2000."
    assert replay_charts.loss_sentence(curve, 4) == "The losses of epoch 4 are lost."
    assert replay_charts.loss_sentence(curve, 0) == "The losses of epoch 0 are lost."
    checks = {"epoch": [0.0], "val_loss": [2.3026], "val_accuracy": [0.1]}
    assert replay_charts.loss_sentence(replace(curve, checks=checks), 0) == "Before training: validation loss 2.3026."


def test_each_pinned_digit_has_its_picture_its_words_and_its_line() -> None:
    pins = Pins(IMAGES, np.array([4, UNKNOWN, 2]), ("test-115-90bd04", "drawn-3f2a19", "<b>-1"))
    scores = [RIGHT, Score(UNKNOWN, 1, 0.5, (0.5,)), Score(2, UNKNOWN, float("nan"), ())]
    content = replay_charts.pinned_digits(pins, scores, 3)
    assert content.count("image/png") == 3 and len(lines(content)) == 2
    assert "✓ right: 4, 98\u00a0%" in content and "read as 1, 50\u00a0%" in content and "not scored yet" in content
    assert 'alt="test 115"' in content and 'alt="drawn 3f2a19"' in content and "<b>" not in content
    assert 'alt="Probability of 4 by epoch: 10 %, –, 98 %"' in content


def test_a_line_is_broken_where_a_digit_was_not_pinned() -> None:
    pins = Pins(IMAGES[:1], np.array([4]), ("drawn-1",))
    (broken,) = lines(replay_charts.pinned_digits(pins, [RIGHT], 3))
    assert broken.count("M") == 2 and "L" not in broken
    (whole,) = lines(replay_charts.pinned_digits(pins, [replace(RIGHT, history=(0.1, 0.5, 0.98))], 3))
    assert whole.count("M") == 1 and whole.count("L") == 2
    heights = [float(y) for y in re.findall(r"[ML][\d.]+,([\d.]+)", whole)]
    assert heights == sorted(heights, reverse=True)  # up is more


def test_lines_fit_a_run_of_one_epoch_and_of_many() -> None:
    pins = Pins(IMAGES[:1], LABELS[:1], (pin_name("drawn", IMAGES[0]),))
    for epochs in (1, 300):
        replay = Replay.none()
        for _ in range(epochs):
            replay = replay.with_epoch(np.eye(10), pins.names, np.eye(10)[:1])
        (drawing,) = lines(replay_charts.pinned_digits(pins, replay.scores(pins, epochs), epochs))
        places = [float(x) for x in re.findall(r"[ML]([\d.]+),", drawing)]
        assert len(places) == epochs and min(places) >= 4 and max(places) <= replay_charts.CARD - 4
