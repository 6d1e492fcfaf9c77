import numpy as np
import pytest
from PIL import Image, ImageDraw

from mnist_core.preprocessing import panels

Corners = list[tuple[int, int]]


def scene(corners: Corners, ground: int = 40, sheet: int = 220) -> np.ndarray:
    """A sheet with a blot near its upper left corner, seen on a ground of one shade."""
    picture = Image.new("L", (400, 300), ground)
    pen = ImageDraw.Draw(picture)
    pen.polygon(corners, fill=sheet)
    x, y = (0.75 * corners[0][axis] + 0.25 * corners[2][axis] for axis in (0, 1))
    pen.ellipse((x - 8, y - 8, x + 8, y + 8), fill=ground)
    return np.asarray(picture)


SHEETS: list[Corners] = [
    [(100, 60), (300, 60), (300, 240), (100, 240)],
    [(120, 40), (320, 80), (290, 250), (80, 220)],
    [(90, 90), (310, 60), (340, 260), (70, 230)],
]


@pytest.mark.parametrize("corners", SHEETS)
@pytest.mark.parametrize(("ground", "sheet"), [(40, 220), (230, 30), (245, 255)])
def test_a_sheet_is_found_and_set_upright(corners: Corners, ground: int, sheet: int) -> None:
    (panel,) = panels.find(scene(corners, ground, sheet))
    assert abs(panel.shape[1] - 210) < 50 and abs(panel.shape[0] - 175) < 50
    is_ink = abs(panel.astype(int) - sheet) > abs(ground - sheet) / 2
    rows, columns = np.nonzero(is_ink)
    assert 0.15 < rows.mean() / panel.shape[0] < 0.4
    assert 0.15 < columns.mean() / panel.shape[1] < 0.4
    assert is_ink.mean() < 0.02  # nothing of the ground is left


def test_what_is_no_sheet_is_not_taken_for_one() -> None:
    circle = Image.new("L", (400, 300), 40)
    ImageDraw.Draw(circle).ellipse((100, 50, 300, 250), fill=220)
    shadow = np.full((300, 400), 220, np.uint8)
    shadow[:, 150:] = 90
    noise = np.random.default_rng(0).integers(0, 256, (300, 400)).astype(np.uint8)
    for picture in (np.asarray(circle), shadow, noise, np.full((300, 400), 128, np.uint8), np.zeros((1, 1), np.uint8)):
        assert list(panels.find(picture)) == []


def test_several_panels_come_largest_first() -> None:
    picture = scene(SHEETS[0]).copy()
    picture[10:50, 310:395] = 220
    picture[100:200, 310:390] = 220
    found = [panel.size for panel in panels.find(picture)]
    assert len(found) == 2 and found == sorted(found, reverse=True)


def test_a_projective_change_takes_corners_to_corners() -> None:
    seen, source = np.array(SHEETS[1], np.float64), np.array(SHEETS[2], np.float64)
    a, b, c, d, e, f, g, h = panels.homography(seen, source)
    for (x, y), expected in zip(seen, source, strict=True):
        below = g * x + h * y + 1
        np.testing.assert_allclose([(a * x + b * y + c) / below, (d * x + e * y + f) / below], expected, atol=1e-6)
