import numpy as np
import pytest
from PIL import Image

from mnist_core.preprocessing.colour import clearest_grey, without_transparency


def picture(paper: tuple[int, ...], pen: tuple[int, ...], mode: str = "RGB") -> Image.Image:
    """A line from top to bottom."""
    colours = np.full((60, 60, len(paper)), paper, np.uint8)
    colours[10:50, 28:33] = pen
    return Image.fromarray(colours, mode)


@pytest.mark.parametrize(
    ("paper", "pen", "channel"),
    [
        ((255, 255, 255), (255, 230, 0), 2),
        ((0, 130, 0), (255, 0, 0), 0),
        ((150, 178, 230), (255, 165, 60), 2),
    ],
    ids=["yellow on white", "red on green", "orange on light blue"],
)
def test_a_pen_that_grey_hides_stands_out(paper: tuple[int, ...], pen: tuple[int, ...], channel: int) -> None:
    grey = clearest_grey(picture(paper, pen))
    np.testing.assert_array_equal(grey, np.asarray(picture(paper, pen))[..., channel])


def test_an_ordinary_pen_keeps_the_usual_grey() -> None:
    for pen in ((0, 0, 0), (30, 60, 160), (200, 20, 40)):
        given = picture((240, 240, 235), pen)
        np.testing.assert_array_equal(clearest_grey(given), np.asarray(given.convert("L")))
    noise = np.random.default_rng(0).integers(0, 256, (28, 28, 1)).astype(np.uint8)
    np.testing.assert_array_equal(clearest_grey(Image.fromarray(np.tile(noise, 3))), noise[..., 0])


@pytest.mark.parametrize("shade", [0, 100, 200, 255])
def test_ink_on_nothing_stands_out_whatever_its_shade(shade: int) -> None:
    colours = np.zeros((60, 60, 4), np.uint8)
    colours[10:50, 28:33] = (shade, shade, shade, 255)
    colours[10:15, 10:40] = (shade, shade, shade, 255)
    grey = np.asarray(without_transparency(Image.fromarray(colours)).convert("L")).astype(int)
    assert abs(grey[12, 30] - grey[0, 0]) >= 128 and grey[12, 30] == shade


def test_around_a_sheet_there_is_more_of_it() -> None:
    colours = np.zeros((60, 60, 4), np.uint8)
    colours[4:56, 4:56] = (250, 250, 250, 255)
    colours[20:40, 28:33, :3] = 30
    grey = np.asarray(without_transparency(Image.fromarray(colours)).convert("L"))
    assert grey[0, 0] == 250 and grey[30, 30] == 30


def test_what_was_cut_out_of_a_sheet_is_ink() -> None:
    colours = np.zeros((60, 60, 4), np.uint8)
    colours[4:56, 4:56] = (255, 255, 255, 255)
    colours[20:40, 28:33, 3] = 0
    grey = np.asarray(without_transparency(Image.fromarray(colours)).convert("L"))
    assert grey[0, 0] == 255 and grey[30, 30] == 0


def test_a_picture_that_shows_nothing_is_white() -> None:
    nothing = Image.fromarray(np.zeros((20, 20, 4), np.uint8))
    assert np.asarray(without_transparency(nothing)).min() == 255
