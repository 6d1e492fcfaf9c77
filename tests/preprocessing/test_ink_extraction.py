import math
from pathlib import Path

import numpy as np
import pytest

from mnist_core import environment
from mnist_core.data.synthetic.photographs import Paper, encode, photograph, random_paper
from mnist_core.inference.classifier import Classifier
from mnist_core.preprocessing.ink_extraction import find_ink
from mnist_core.preprocessing.picture_files import read_picture
from mnist_core.preprocessing.strokes import paint
from mnist_core.runs import run_folders
from tests.conftest import large_digit, simple_images, simple_strokes
from tests.support.pictures import image_of, on_canvas


def extract_ink(grey: np.ndarray) -> np.ndarray:
    return find_ink(grey)[0]


def test_polarity_is_told_by_the_border_not_by_the_mean() -> None:
    # A fat ring that covers most of the picture: the mean says paper, the border says ink.
    angle = np.linspace(0, 2 * math.pi, 60)
    ring = np.stack([50 + 32 * np.cos(angle), 50 + 32 * np.sin(angle)], axis=1)
    fat = paint([ring], 100, 100, 34)
    assert fat.mean() > 140
    assert np.array_equal(image_of(encode(fat)), image_of(encode(255 - fat)))
    ink = extract_ink(255 - fat)
    assert ink[50, 82] == 255  # the ring
    assert ink[50, 50] == 0  # its hole
    assert ink[0, 0] == 0


def test_specks_on_a_large_picture_are_dropped() -> None:
    clean = large_digit()
    dirty = clean.copy()
    dirty[5:8, 5:8] = 255
    dirty[270, 12:15] = 255
    assert clean[:20].max() == 0
    assert np.array_equal(extract_ink(dirty), extract_ink(clean))
    assert np.array_equal(image_of(encode(dirty)), image_of(encode(clean)))


def test_a_second_stroke_on_a_large_picture_is_kept() -> None:
    five = large_digit()
    two = five.copy()
    two[200:230, 20:40] = 255
    assert extract_ink(two)[215, 30] == 255


def test_nothing_is_dropped_at_the_size_of_mnist() -> None:
    digit = simple_images(10, 1)[0][3].copy()
    assert digit[2, 2] == 0
    digit[2, 2] = 7
    assert np.array_equal(extract_ink(on_canvas(digit)), on_canvas(digit))


# --- Photographs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lines", "count"), [("none", 20), ("ruled", 10), ("squared", 10)])
def test_photographed_digits_of_mnist_are_read(real_mnist: Path, lines: str, count: int) -> None:
    classifier = Classifier(environment.PRETRAINED / run_folders.SHIPPED_MODEL / "model.tflite")
    with np.load(real_mnist) as arrays:
        images, labels = arrays["x_test"][:count], arrays["y_test"][:count]
    seen = []
    for number, image in enumerate(images):
        random = np.random.default_rng([7, number])
        seen.append(image_of(photograph(image, random_paper(random, lines), random)))
    assert (classifier.probabilities(np.stack(seen)).argmax(axis=1) == labels).mean() >= 0.97


@pytest.mark.parametrize("light_on_dark", [False, True])
def test_the_polarity_of_a_photograph_is_told_in_spite_of_shade_and_shadow(light_on_dark: bool) -> None:
    for number, image in enumerate(simple_images(10, 1)[0]):
        paper = Paper(light_on_dark=light_on_dark, shade=0.5, shadow=0.7)
        grey = read_picture(photograph(image, paper, np.random.default_rng(number)))
        ink, dark = find_ink(grey)
        assert dark != light_on_dark
        assert 0.01 < (ink > 127).mean() < 0.2


def test_paper_with_nothing_on_it_has_no_ink() -> None:
    for number in range(10):
        random = np.random.default_rng([1, number])
        blank = np.zeros((28, 28), np.uint8)
        blank[5:25, 5:25] = 1  # a shade that no camera sees
        grey = read_picture(photograph(blank, random_paper(random), random))
        assert not extract_ink(grey).any(), number


def test_a_desk_beside_the_paper_is_no_ink() -> None:
    for number, image in enumerate(simple_images(10, 1)[0]):
        content = photograph(image, Paper(shadow=1.0), np.random.default_rng(number))
        grey = read_picture(content)
        width = grey.shape[1] // 10
        with_desk = np.pad(grey, ((0, 0), (width, 0)), constant_values=60)
        ink = extract_ink(with_desk)
        assert not ink[:, : width - 5].any()
        assert np.mean((ink[:, width:] > 127) != (extract_ink(grey) > 127)) < 0.01


def test_a_small_digit_beside_a_large_one_is_no_speck() -> None:
    canvas = paint([stroke * 6 + 20 for stroke in simple_strokes(8)], 1000, 640, 8).copy()
    canvas[500:600, 800:806] = 255  # a thin 1, a fifth as high
    canvas[100:108, 800:808] = 255  # a speck as wide as the pen
    ink = extract_ink(255 - canvas)
    assert ink[550, 803] == 255
    assert not ink[:200, 790:].any()
