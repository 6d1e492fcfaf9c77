import dataclasses
import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from mnist_core import environment
from mnist_core.data.stroke_files import read_handwriting
from mnist_core.data.synthetic.photographs import encode
from mnist_core.inference.classifier import Classifier
from mnist_core.preprocessing.ink import tight_box
from mnist_core.preprocessing.picture_files import read_picture
from mnist_core.preprocessing.pipeline import (
    ALL_STEPS,
    EXPLANATIONS,
    STAGE_NAMES,
    FirstStages,
    Stages,
    Steps,
    from_ink,
    from_picture,
    from_strokes,
    is_made_like_mnist,
    normalize,
    place_by_centre_of_mass,
    prepare,
    scale_picture,
)
from mnist_core.preprocessing.strokes import check_strokes, paint
from mnist_core.runs import run_folders
from tests.conftest import large_digit, simple_images, simple_strokes
from tests.support.pictures import image_of, on_canvas


def difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - other).mean())


# --- Small steps -------------------------------------------------------------------------------------------------


def test_normalize_gives_float32_between_0_and_1_with_a_channel() -> None:
    images = np.zeros((2, 28, 28), np.uint8)
    images[1, 3, 4], images[1, 5, 6] = 255, 51
    result = normalize(images)
    assert result.dtype == np.float32
    assert result.shape == (2, 28, 28, 1)
    assert result[1, 3, 4, 0] == 1
    assert result[1, 5, 6, 0] == np.float32(0.2)
    assert result.sum() == np.float32(1.2)


def test_the_centre_of_mass_stands_at_pixel_14_even_if_the_box_then_leaves_the_inner_20() -> None:
    box = np.zeros((20, 20), np.uint8)
    box[0, 0], box[0, -1], box[-1, 0] = 1, 1, 1
    box[0:3, 0:3] = 255  # nearly all of the mass in a corner
    image = place_by_centre_of_mass(box)
    # The mass asks for index 13, but nothing may be cut off at the right and the bottom.
    assert image[8:28, 8:28].tolist() == box.tolist()
    assert image.astype(int).sum() == box.astype(int).sum()


def test_an_even_box_goes_to_14_not_to_13_and_a_half() -> None:
    image = place_by_centre_of_mass(np.full((5, 3), 9, np.uint8))
    rows, columns = np.nonzero(image)
    assert (rows.min(), rows.max()) == (12, 16)
    assert (columns.min(), columns.max()) == (13, 15)


def test_real_mnist_digits_keep_their_own_position(real_mnist: Path) -> None:
    images = np.load(real_mnist)["x_test"]
    same = sum(np.array_equal(place_by_centre_of_mass(tight_box(image)), image) for image in images)
    assert same >= 0.999 * len(images)


# --- Pictures ----------------------------------------------------------------------------------------------------


def test_real_digits_pasted_anywhere_on_a_large_canvas_come_back_as_they_are(real_mnist: Path) -> None:
    images = np.load(real_mnist)["x_test"][::5]  # its second half is from other writers
    places = np.random.default_rng(0).integers(0, 280 - 28 + 1, (len(images), 2))
    same = 0
    for number, (image, (top, left)) in enumerate(zip(images, places, strict=True)):
        canvas = on_canvas(image, top, left)
        stages = from_picture(255 - canvas if number % 2 else canvas)
        same += stages is not None and np.array_equal(stages.image, image)
    assert same >= 0.999 * len(images)


def test_the_stages_show_the_way() -> None:
    digit = simple_images(10, 3)[0][7]
    stages = from_picture(255 - on_canvas(digit))
    assert stages is not None
    assert np.array_equal(stages.ink, on_canvas(digit))
    assert np.array_equal(stages.box, tight_box(digit))
    assert max(stages.scaled.shape) == 20
    assert np.array_equal(stages.image, digit)


@pytest.mark.parametrize("shade", [0, 255], ids=["black ink", "white ink"])
def test_a_transparent_png_is_read_by_its_ink(shade: int) -> None:
    for digit in simple_images(10, 1)[0]:
        canvas = on_canvas(digit)
        colour = np.full_like(canvas, shade)
        assert np.array_equal(image_of(encode(np.dstack([colour, colour, colour, canvas]))), digit)


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize(
    "convert",
    [
        lambda canvas: Image.fromarray(canvas),
        lambda canvas: Image.fromarray(canvas.astype(np.uint16) * 257),
        lambda canvas: Image.fromarray(canvas).convert("P"),
        lambda canvas: Image.fromarray(canvas).convert("RGB"),
        lambda canvas: Image.fromarray(canvas).convert("LA"),
    ],
    ids=["grey", "16 bits", "palette", "RGB", "grey with alpha"],
)
def test_every_kind_of_png_gives_the_same_digit(convert: Any, inverted: bool) -> None:
    for digit in simple_images(10, 1)[0]:
        assert digit.max() == 255
        canvas = on_canvas(digit)
        content = encode(convert(255 - canvas if inverted else canvas))
        assert np.array_equal(image_of(content), digit)


def test_a_black_and_white_png_is_read() -> None:
    digit = np.where(large_digit(3) > 127, 255, 0).astype(np.uint8)
    assert np.array_equal(image_of(encode(Image.fromarray(digit).convert("1"))), image_of(encode(digit)))


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("quality", [40, 75, 95])
def test_a_grey_jpeg_gives_nearly_the_same_digit(quality: int, inverted: bool) -> None:
    pictures = [large_digit(number) for number in range(10)]
    images = [image_of(encode(picture)) for picture in pictures]
    for number, picture in enumerate(pictures):
        content = encode(255 - picture if inverted else picture, "JPEG", quality=quality)
        stages = from_picture(read_picture(content))
        assert stages is not None
        # What JPEG leaves around a line may widen the box by a block of 8 pixels, not by more.
        assert (np.array(stages.box.shape) - tight_box(picture).shape <= 16).all()
        differences = [difference(stages.image, image) for image in images]
        assert int(np.argmin(differences)) == number
        assert differences[number] < 20


def test_scaling_keeps_the_aspect_and_makes_the_longest_side_20() -> None:
    for height, width, expected in ((200, 100, (20, 10)), (10, 5, (20, 10)), (30, 40, (15, 20)), (300, 3, (20, 1))):
        scaled = scale_picture(np.full((height, width), 100, np.uint8))
        assert scaled.shape == expected
        assert scaled.dtype == np.uint8
        assert (scaled == 255).all()


def test_a_box_of_20_comes_back_to_the_last_grey() -> None:
    box = np.random.default_rng(0).integers(0, 200, (20, 13)).astype(np.uint8)
    assert np.array_equal(scale_picture(box), box)


def test_a_thin_faint_line_does_not_vanish_when_it_is_scaled_down() -> None:
    faint = np.zeros((200, 200), np.uint8)
    faint[np.arange(10, 190), np.arange(10, 190)] = 1
    stages = from_picture(faint)
    assert stages is not None
    assert stages.image.max() == 255
    assert (np.diag(stages.scaled) > 0).all()


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((50, 40), np.uint8),
        np.full((50, 40), 255, np.uint8),
        np.zeros((1, 1), np.uint8),
        np.zeros((1, 5000), np.uint8),
        np.full((5000, 1), 77, np.uint8),
    ],
    ids=["all black", "all white", "1×1", "1×5000", "5000×1"],
)
def test_a_picture_without_ink_has_no_stages(picture: np.ndarray) -> None:
    assert from_picture(read_picture(encode(picture))) is None


def test_a_fully_transparent_picture_has_no_stages() -> None:
    assert from_picture(read_picture(encode(np.zeros((30, 30, 4), np.uint8)))) is None


def test_noise_of_any_shape_gives_stages_or_none() -> None:
    random_numbers = np.random.default_rng(0)
    found = 0
    for number in range(300):
        height, width = random_numbers.integers(1, 60, 2)
        if number % 10 == 0:
            height, width = ((1, 5000), (5000, 1), (2, 2), (1, 1))[number // 10 % 4]
        noise = random_numbers.integers(0, 256, (height, width))
        stages = from_picture(np.where(random_numbers.random((height, width)) < 0.1, noise, 0).astype(np.uint8))
        if stages is not None:
            found += 1
            assert stages.image.shape == (28, 28)
            assert stages.image.max() > 0
    assert found > 50


def test_a_pen_too_thin_or_too_fat_is_brought_to_that_of_mnist() -> None:
    for pen in (3, 8, 20, 40, 56):
        stages = from_picture(paint([stroke * 2.4 + 40 for stroke in simple_strokes(7)], 320, 320, pen))
        assert stages is not None
        width = stages.pen[2:-4].sum(axis=1, dtype=float).min() / 255
        assert 1.6 < width < 3.6, pen
        assert max(stages.pen.shape) == 20
        assert max(stages.scaled.shape) == 20


def test_a_pen_of_ordinary_width_and_digits_of_mnists_size_are_left_alone() -> None:
    stages = from_picture(paint([stroke * 2 + 40 for stroke in simple_strokes(4)], 280, 280, 25))
    assert stages is not None
    assert np.array_equal(stages.pen, stages.scaled)
    fat = np.zeros((60, 60), np.uint8)
    fat[20:40, 20:33] = 255  # a block of 20 pixels may be a digit of MNIST
    assert np.array_equal(image_of(encode(fat)), place_by_centre_of_mass(np.full((20, 13), 255, np.uint8)))


# Pens much fatter than these, for their digit's height, fill its loops, which nothing brings back.
@pytest.mark.parametrize(("height", "pen"), [(40, 8), (80, 14), (140, 20), (250, 8), (250, 40)])
def test_pictures_of_drawings_are_read_about_as_well_as_their_strokes(pen_strokes: Path, height: int, pen: int) -> None:
    classifier = Classifier(environment.PRETRAINED / run_folders.SHIPPED_MODEL / "model.tflite")
    drawn = read_handwriting(pen_strokes).chosen(np.arange(0, 7400, 74))
    images, as_strokes = [], []
    for strokes in drawn.strokes:
        points = np.concatenate(strokes)
        scale = (height - pen) / np.ptp(points, axis=0).max()
        placed = [(stroke - points.min(axis=0)) * scale + pen / 2 + 10 for stroke in strokes]
        stages, same = from_picture(paint(placed, 320, 320, pen, 2)), from_strokes(strokes)
        assert stages is not None
        assert same is not None
        images.append(stages.image)
        as_strokes.append(same.image)
    right = [
        (classifier.probabilities(np.stack(x)).argmax(axis=1) == drawn.labels).mean() for x in (images, as_strokes)
    ]
    assert right[0] >= right[1] - 0.06


# --- Steps -------------------------------------------------------------------------------------------------------

ALL_COMBINATIONS = [Steps(*switches) for switches in itertools.product([True, False], repeat=6)]


def stages_of(picture: np.ndarray, steps: Steps = ALL_STEPS) -> Stages:
    stages = from_picture(picture, steps)
    assert stages is not None
    return stages


def stages_of_strokes(strokes: list[np.ndarray], steps: Steps = ALL_STEPS) -> Stages:
    stages = from_strokes(strokes, steps=steps)
    assert stages is not None
    return stages


def test_each_step_has_a_switch_and_a_sentence_and_each_stage_a_name() -> None:
    names = [field.name for field in dataclasses.fields(Steps)]
    assert list(EXPLANATIONS) == names
    assert all(sentence.endswith(".") for sentence in EXPLANATIONS.values())
    assert all(getattr(ALL_STEPS, name) and not getattr(ALL_STEPS.without(name), name) for name in names)
    assert list(STAGE_NAMES) == [*FirstStages._fields, *(field.name for field in dataclasses.fields(Stages)[1:])]
    stages = stages_of(255 - large_digit())
    assert [name for name, _ in stages.in_order()] == list(STAGE_NAMES.values())
    assert stages.in_order()[0][1] is stages.given
    assert stages.in_order()[-1][1] is stages.image


@pytest.mark.parametrize(
    "steps", ALL_COMBINATIONS, ids=lambda steps: "".join("01"[switch] for switch in dataclasses.astuple(steps))
)
def test_any_steps_give_a_picture_of_28_by_28(steps: Steps) -> None:
    dot, line = [np.array([[300.0, 5.0]])], [np.array([[20.0, 10.0], [20.0, 250.0]])]
    across = [np.array([[-500.0, 3.0], [4000.0, 3.0]])]
    stages = [stages_of_strokes(strokes, steps) for strokes in (dot, line, across, simple_strokes(8))]
    point, bar = np.zeros((40, 70), np.uint8), np.zeros((30, 400), np.uint8)
    point[39, 0], bar[10:13, 20:390] = 200, 90
    stages += [stages_of(picture, steps) for picture in (point, 255 - bar, large_digit(), 255 - large_digit(6))]
    for result in stages:
        for _, picture in result.in_order():
            assert picture.dtype == np.uint8
            assert picture.size
        assert result.image.shape == (28, 28)
        assert result.image.any() or not steps.invert
    assert from_picture(np.zeros((20, 20), np.uint8), steps) is None
    assert from_strokes([], steps=steps) is None


def test_without_inverting_what_is_dark_on_light_stays_so() -> None:
    steps = ALL_STEPS.without("invert")
    dark = stages_of(255 - large_digit())
    assert np.array_equal(stages_of(255 - large_digit(), steps).image, 255 - dark.image)
    assert np.array_equal(stages_of(large_digit(), steps).image, dark.image)  # was white on black already
    drawn = stages_of_strokes(simple_strokes(5))
    for (_, with_it), (_, without) in zip(
        drawn.in_order()[1:], stages_of_strokes(simple_strokes(5), steps).in_order()[1:], strict=True
    ):
        assert np.array_equal(without, 255 - with_it)


def test_without_cropping_the_whole_canvas_is_scaled() -> None:
    steps = ALL_STEPS.without("crop")
    small = [stroke * 0.8 + 200 for stroke in simple_strokes(3)]
    for stages in (stages_of_strokes(small, steps), stages_of(paint(small, 320, 320, 20), steps)):
        assert stages.box.shape == (320, 320)
        assert stages.scaled.shape == (20, 20)
        assert max(tight_box(stages.image).shape) < 9


def test_without_the_aspect_the_box_becomes_a_square() -> None:
    steps = ALL_STEPS.without("keep_aspect")
    assert tight_box(stages_of_strokes(simple_strokes(4), steps).image).shape == (20, 20)
    assert tight_box(stages_of(large_digit(4), steps).image).shape == (20, 20)
    assert tight_box(stages_of(large_digit(4)).image).shape != (20, 20)


def test_without_the_box_the_longest_side_is_28() -> None:
    steps = ALL_STEPS.without("box")
    assert max(tight_box(stages_of_strokes(simple_strokes(9), steps).image).shape) == 28
    assert max(tight_box(stages_of(large_digit(9), steps).image).shape) == 28


def test_without_the_centre_of_mass_the_box_is_in_the_middle() -> None:
    steps = ALL_STEPS.without("centre_of_mass")
    for stages in (stages_of_strokes(simple_strokes(7), steps), stages_of(large_digit(7), steps)):
        rows, columns = np.nonzero(stages.image)
        assert abs(rows.min() + rows.max() - 27) <= 1
        assert abs(columns.min() + columns.max() - 27) <= 1
    assert not np.array_equal(stages_of(large_digit(7), steps).image, stages_of(large_digit(7)).image)


def test_without_the_pen_width_it_is_shrunk_with_the_picture() -> None:
    steps = ALL_STEPS.without("pen_width")
    line = [np.array([[50.0, 40.0], [50.0, 280.0]])]
    shrunk = stages_of_strokes(line, steps).image
    assert shrunk[10:18].sum(axis=1) / 255 == pytest.approx(20 * 20 / 260, abs=0.5)
    assert stages_of_strokes(line).image[10:18].sum(axis=1) / 255 == pytest.approx(2.5, abs=0.05)
    thin = paint([stroke * 2.4 + 40 for stroke in simple_strokes(7)], 320, 320, 6)
    assert np.array_equal(stages_of(thin, steps).pen, stages_of(thin).scaled)
    assert stages_of(thin).image.sum() > 2 * stages_of(thin, steps).image.sum()


def test_ink_that_was_found_before_gives_the_same_stages() -> None:
    digit = large_digit(2)
    assert np.array_equal(from_ink(digit).image, stages_of(255 - digit).image)


def test_the_stages_of_a_photograph_begin_with_what_came() -> None:
    grey = 255 - large_digit()
    assert np.array_equal(stages_of(grey).given, grey)


# --- Strokes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("digit", range(10))
def test_a_digit_gives_the_same_picture_at_40_and_at_250_pixels_and_anywhere(digit: int) -> None:
    small = from_strokes([stroke * 0.4 + 7 for stroke in simple_strokes(digit)], pen=4)
    large = from_strokes([stroke * 2.5 + 40.3 for stroke in simple_strokes(digit)], pen=35)
    assert small is not None
    assert large is not None
    assert difference(small.image, large.image) < 0.5
    assert difference(small.image, np.roll(large.image, 1, axis=1)) > 5  # a pixel aside would be seen


@pytest.mark.parametrize("digit", range(10))
def test_the_longest_side_of_drawn_ink_is_20_pixels(digit: int) -> None:
    stages = from_strokes(simple_strokes(digit))
    assert stages is not None
    assert max(stages.scaled.shape) == 20
    assert max(tight_box(stages.image).shape) == 20
    centre = ndimage.center_of_mass(stages.image)
    assert np.abs(np.array(centre) - 14).max() <= 0.5 + 1e-9


def test_one_dot_is_a_small_round_spot_in_the_middle() -> None:
    stages = from_strokes([np.array([[100.0, 30.0]])])
    assert stages is not None
    assert stages.image.shape == (28, 28)
    assert max(tight_box(stages.image).shape) <= 3
    assert stages.image[14, 14] == 255
    assert stages.image.sum() / 255 == pytest.approx(math.pi * 1.25**2, rel=0.15)


def test_nothing_drawn_has_no_stages() -> None:
    assert from_strokes([]) is None
    assert from_strokes(check_strokes([[], []])) is None
    assert from_strokes(check_strokes([np.empty((0, 2))])) is None


def test_points_that_repeat_change_nothing() -> None:
    strokes = simple_strokes(4)
    once, often = from_strokes(strokes), from_strokes([np.repeat(stroke, 5, axis=0) for stroke in strokes])
    assert once is not None
    assert often is not None
    assert np.array_equal(once.image, often.image)
    dot, same_dot = from_strokes([np.full((1, 2), 8.0)]), from_strokes([np.full((50, 2), 8.0)])
    assert dot is not None
    assert same_dot is not None
    assert np.array_equal(dot.image, same_dot.image)


def test_a_drawing_larger_than_the_canvas_is_prepared_and_shown_whole() -> None:
    normal = from_strokes([stroke * 2 + 40 for stroke in simple_strokes(2)])
    for larger in ([stroke * 50 - 900 for stroke in simple_strokes(2)], [s + 1000 for s in simple_strokes(2)]):
        stages = from_strokes(larger)
        assert normal is not None
        assert stages is not None
        assert difference(stages.image, normal.image) < 0.5
        assert stages.ink.shape == (320, 320)
        # Drawn from one edge of the canvas to the other, its pen included.
        assert max(stages.box.shape) == pytest.approx(320, abs=2)


@pytest.mark.parametrize("quality", [95, 75, 50])
@pytest.mark.parametrize("inverted", [False, True])
def test_mnist_saved_as_jpeg_is_taken_as_it_stands(quality: int, inverted: bool) -> None:
    """Flattened as a photograph is, it lost a whole point of accuracy."""
    image = prepare(simple_strokes(5))
    content = encode(255 - image if inverted else image, "JPEG", quality=quality)
    grey = read_picture(content)
    stages = from_picture(grey)
    assert stages is not None
    np.testing.assert_array_equal(stages.image, 255 - grey if inverted else grey)


def test_what_is_off_centre_faint_or_small_is_prepared() -> None:
    image = prepare(simple_strokes(5))
    assert is_made_like_mnist(image)
    for other in (np.roll(image, 3, axis=1), image // 2, image // 5, 255 - image, np.zeros_like(image), image[:27]):
        assert not is_made_like_mnist(other)
