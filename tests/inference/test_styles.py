"""Ways of writing that models of MNIST misread, drawn by hand for these tests in ten proportions each."""

import numpy as np
import pytest
from scipy.interpolate import make_interp_spline

from mnist_core.environment import PRETRAINED
from mnist_core.inference.classifier import Classifier
from mnist_core.inference.reading import read_strokes
from mnist_core.preprocessing.strokes import Strokes
from mnist_core.runs.run_folders import SHIPPED_MODEL

Points = list[tuple[float, float]]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(PRETRAINED / SHIPPED_MODEL / "model.tflite")


def curve(points: Points) -> np.ndarray:
    """A hand's smooth way through points."""
    at = np.array(points, np.float64)
    way: np.ndarray = make_interp_spline(np.arange(len(at)), at, k=min(3, len(at) - 1))(np.linspace(0, len(at) - 1, 40))
    return way


def oval(width: float, height: float, lean: float = 0, start: float = -90) -> np.ndarray:
    angle = np.deg2rad(np.linspace(start, start - 360, 48))
    x, y = width / 2 * np.cos(angle), height / 2 * np.sin(angle)
    return np.stack([x - lean * y, y], axis=1)


def slashed_zeros() -> list[Strokes]:
    def zero(width: float, slash: Points, lean: float = 0, start: float = -90) -> Strokes:
        return [oval(width, 200, lean, start), np.array(slash, np.float64)]

    return [
        zero(120, [(45, -75), (-45, 75)]),
        zero(150, [(60, -70), (-60, 70)]),
        zero(100, [(60, -110), (-60, 110)]),
        zero(130, [(90, -100), (-85, 105)], lean=0.15),
        zero(110, [(-50, 80), (50, -80)], start=-60),
        zero(160, [(50, -50), (-50, 50)], lean=0.1),
        zero(95, [(40, -60), (-40, 65)], lean=0.2),
        zero(140, [(75, -95), (-75, 95)], start=-120),
        zero(120, [(70, -60), (-70, 60)]),
        zero(135, [(55, -85), (-60, 90)], lean=0.25),
    ]


def flagged_ones() -> list[Strokes]:
    def one(*flag: tuple[float, float], lean: float = 0) -> Strokes:
        return [np.array([*flag, (0, 0), (-200 * lean, 200)], np.float64)]

    return [
        one((-60, 70)),
        one((-80, 90), lean=0.1),
        one((-70, 110), lean=0.05),
        one((-45, 40)),
        one((-90, 120), lean=0.15),
        one((-65, 55), lean=0.2),
        one((-55, 95), lean=-0.03),
        one((-75, 75), lean=0.12),
        one((-50, 60), (-20, 22), lean=0.05),
        one((-85, 100), (-40, 45), lean=0.08),
    ]


def hooked_fours() -> list[Strokes]:
    def four(hook: Points, stem: Points) -> Strokes:
        return [curve(hook), np.array(stem, np.float64)]

    return [
        four([(0, 0), (-15, 60), (5, 105), (60, 100), (100, 90)], [(95, 10), (85, 200)]),
        four([(10, 0), (-10, 70), (20, 115), (80, 105), (125, 100)], [(90, 30), (80, 210)]),
        four([(0, 10), (5, 60), (25, 100), (70, 95), (110, 85)], [(110, 0), (95, 190)]),
        four([(-10, 0), (-20, 50), (0, 90), (50, 95), (95, 92)], [(80, 5), (80, 205)]),
        four([(20, 0), (0, 55), (0, 110), (50, 118), (105, 112)], [(85, 40), (75, 200)]),
        four([(0, 0), (-5, 45), (15, 80), (60, 85), (90, 70)], [(92, -10), (78, 195)]),
        four([(5, 5), (-12, 80), (15, 125), (70, 120), (120, 115)], [(100, 45), (88, 215)]),
        four([(15, 0), (10, 50), (25, 85), (65, 88), (100, 80)], [(102, 5), (100, 190)]),
        four([(0, 0), (-25, 65), (-5, 110), (55, 108), (115, 100)], [(75, 25), (60, 205)]),
        four([(8, 0), (0, 60), (12, 98), (58, 102), (98, 96)], [(98, 15), (92, 180)]),
    ]


def looped_twos() -> list[Strokes]:
    def two(*points: tuple[float, float]) -> Strokes:
        return [curve(list(points))]

    return [
        two(
            (0, 45),
            (25, 5),
            (75, 0),
            (95, 45),
            (60, 110),
            (15, 170),
            (0, 180),
            (5, 150),
            (40, 165),
            (75, 190),
            (120, 170),
        ),
        two((5, 40), (40, 0), (85, 20), (85, 70), (45, 130), (5, 185), (-5, 165), (25, 150), (60, 180), (110, 185)),
        two((0, 50), (30, 5), (80, 10), (90, 60), (50, 125), (10, 180), (-10, 160), (15, 140), (55, 170), (115, 180)),
        two((10, 55), (30, 10), (70, 0), (100, 35), (75, 100), (25, 165), (0, 175), (10, 145), (50, 160), (120, 175)),
        two((0, 40), (35, 0), (75, 15), (80, 60), (50, 115), (20, 165), (0, 170), (12, 140), (45, 160), (100, 165)),
        two(
            (0, 60),
            (20, 15),
            (70, 0),
            (105, 40),
            (80, 110),
            (30, 180),
            (5, 195),
            (0, 165),
            (40, 165),
            (90, 195),
            (130, 180),
        ),
        two((5, 35), (45, 0), (90, 25), (80, 80), (40, 140), (5, 175), (0, 155), (30, 150), (70, 175), (115, 160)),
        two(
            (0, 45),
            (30, 0),
            (80, 5),
            (95, 50),
            (65, 105),
            (20, 160),
            (2, 182),
            (-8, 160),
            (20, 148),
            (65, 172),
            (125, 182),
        ),
        two((0, 30), (35, 0), (70, 12), (78, 50), (48, 110), (12, 162), (0, 158), (18, 138), (48, 155), (92, 168)),
        two(
            (10, 50),
            (25, 8),
            (65, 0),
            (98, 30),
            (85, 90),
            (40, 155),
            (8, 178),
            (5, 150),
            (42, 152),
            (80, 178),
            (118, 165),
        ),
    ]


@pytest.mark.parametrize(
    ("digit", "drawings"),
    [(0, slashed_zeros()), (1, flagged_ones()), (4, hooked_fours()), (2, looped_twos())],
    ids=["slashed 0", "flagged 1", "hooked 4", "looped 2"],
)
def test_each_style_is_read_in_ten_proportions(digit: int, drawings: list[Strokes], classifier: Classifier) -> None:
    assert len(drawings) == 10
    read = [read_strokes([stroke + 300 for stroke in strokes], classifier).shown for strokes in drawings]
    assert read.count(str(digit)) >= 9, read
