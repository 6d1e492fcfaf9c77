import numpy as np
import pytest

from mnist_core.evaluation.corruptions import KINDS, disturbed
from mnist_core.preprocessing.ink import pen_width
from tests.conftest import simple_images

IMAGES, LABELS = simple_images(40, 5)


def centre_of_mass(image: np.ndarray) -> np.ndarray:
    return np.array([(image.sum(axis=1 - axis) * np.arange(28)).sum() / image.sum() for axis in (0, 1)])


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_nine_levels_in_order_and_one_changes_nothing(kind: str) -> None:
    about = KINDS[kind]
    assert len(about.levels) == 9
    assert list(about.levels) == sorted(set(about.levels))
    assert (disturbed(kind, IMAGES, about.undisturbed) == IMAGES).all()
    for level in about.levels:
        changed = disturbed(kind, IMAGES, level)
        assert changed.shape == IMAGES.shape
        assert changed.dtype == np.uint8
        # Every image, not only some; and a call does not change what it is given.
        assert (changed != IMAGES).any(axis=(1, 2)).all() == (level != about.undisturbed)
        assert (disturbed(kind, IMAGES, level) == changed).all()
    assert (simple_images(40, 5)[0] == IMAGES).all()
    assert len({about.write(level) for level in about.levels}) == 9


# Not moving: a digit far aside overlaps itself less and less, and then leaves.
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "shift"])
def test_more_of_it_changes_more(kind: str) -> None:
    about = KINDS[kind]
    start = about.levels.index(about.undisturbed)
    changes = [np.abs(disturbed(kind, IMAGES, level).astype(int) - IMAGES).mean() for level in about.levels]
    assert changes[: start + 1] == sorted(changes[: start + 1], reverse=True)
    assert changes[start:] == sorted(changes[start:])


def test_no_images_stay_none() -> None:
    for kind, about in KINDS.items():
        assert disturbed(kind, IMAGES[:0], about.levels[0]).shape == (0, 28, 28)


def test_a_positive_turn_is_clockwise_and_about_the_centre_of_mass() -> None:
    bar = np.zeros((1, 28, 28), np.uint8)
    bar[0, 4:15, 14] = 255  # from the middle upward
    turned = disturbed("rotation", bar, 45)
    rows, columns = np.nonzero(turned[0] > 100)
    assert columns.max() > 19  # its upper end went to the right
    assert rows.max() <= 15
    for level in KINDS["rotation"].levels:
        for image in disturbed("rotation", IMAGES, level):
            assert centre_of_mass(image) == pytest.approx([14, 14], abs=0.8)


def test_a_quarter_of_the_images_is_moved_to_each_side_by_whole_pixels() -> None:
    dot = np.zeros((8, 28, 28), np.uint8)
    dot[:, 14, 14] = 200
    moved = disturbed("shift", dot, 3)
    assert [tuple(np.argwhere(image)[0]) for image in moved] == [(17, 14), (11, 14), (14, 17), (14, 11)] * 2
    assert (moved.max(axis=(1, 2)) == 200).all()
    assert not disturbed("shift", dot[:1], 10)[0, :24].any()
    assert not disturbed("shift", np.roll(dot, 12, axis=1)[:1], 3).any()  # what leaves does not come back


@pytest.mark.parametrize("factor", [0.5, 0.75, 1.25])
def test_a_scaled_digit_is_so_many_times_as_large(factor: float) -> None:
    square = np.zeros((1, 28, 28), np.uint8)
    square[0, 9:20, 9:20] = 255
    scaled = disturbed("scale", square, factor)
    assert scaled.sum() / square.sum() == pytest.approx(factor**2, rel=0.08)
    assert centre_of_mass(scaled[0]) == pytest.approx([14, 14], abs=0.05)


@pytest.mark.parametrize("change", [-1.5, -1, 1, 2])
def test_the_pen_becomes_so_many_pixels_wider(change: float) -> None:
    line = np.zeros((1, 28, 28), np.uint8)
    line[0, 4:24, 12:16] = 255
    changed = disturbed("pen", line, change)
    assert changed[0, 14].sum() / 255 == pytest.approx(4 + change, abs=0.01)
    widths = [pen_width(image > 127) for image in disturbed("pen", IMAGES, 2)]
    assert np.mean(widths) - np.mean([pen_width(image > 127) for image in IMAGES]) == pytest.approx(2, abs=0.6)


def test_noise_has_the_deviation_that_is_said_and_falls_alike_at_every_level() -> None:
    grey = np.full((20, 28, 28), 128, np.uint8)
    noise = disturbed("noise", grey, 20).astype(float) - 128
    assert noise.std() == pytest.approx(20, rel=0.03)
    assert noise.mean() == pytest.approx(0, abs=0.5)
    stronger = disturbed("noise", grey, 40).astype(float) - 128
    assert np.corrcoef(noise.ravel(), stronger.ravel())[0, 1] > 0.99


def test_contrast_fades_the_ink_and_lifts_the_paper() -> None:
    picture = np.zeros((1, 28, 28), np.uint8)
    picture[0, :14] = 255
    pale = disturbed("contrast", picture, 0.5)
    assert sorted(set(pale.ravel().tolist())) == [64, 191]


def test_levels_are_written_for_people() -> None:
    assert [KINDS["rotation"].write(level) for level in (-60, 0, 15)] == ["−60°", "0°", "15°"]
    assert [KINDS["pen"].write(level) for level in (-0.5, 0, 2.5)] == ["−0.5 px", "0 px", "+2.5 px"]
    assert [KINDS["contrast"].write(level) for level in (0.2, 0.95)] == ["20 %", "95 %"]
    assert KINDS["scale"].write(0.625) == "0.625×"
