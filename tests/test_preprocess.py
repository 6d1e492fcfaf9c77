import io
import math
import struct
import time
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from mnist_core import preprocess
from mnist_core.errors import InputError
from mnist_core.preprocess import (
    check_strokes,
    extract_ink,
    from_picture,
    from_strokes,
    is_speck,
    normalize,
    paint,
    place_by_centre_of_mass,
    read_picture,
    scale_picture,
    scale_strokes,
    tight_box,
)
from tests.conftest import simple_images, simple_strokes


def encode(image: np.ndarray | Image.Image, file_format: str = "PNG", **options: Any) -> bytes:
    content = io.BytesIO()
    picture = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    picture.save(content, file_format, **options)
    return content.getvalue()


def on_canvas(image: np.ndarray, top: int = 100, left: int = 150, side: int = 280) -> np.ndarray:
    canvas = np.zeros((side, side), np.uint8)
    canvas[top : top + image.shape[0], left : left + image.shape[1]] = image
    return canvas


def image_of(content: bytes) -> np.ndarray:
    stages = from_picture(read_picture(content))
    assert stages is not None
    return stages.image


def large_digit(digit: int = 5) -> np.ndarray:
    return paint([stroke * 2 + 40 for stroke in simple_strokes(digit)], 280, 280, 20)


def difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - other).mean())


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_that_declares(width: int, height: int) -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b"")


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


def test_tight_box_cuts_exactly_to_the_ink() -> None:
    ink = np.zeros((10, 12), np.uint8)
    ink[2, 3], ink[6, 9] = 1, 255
    box = tight_box(ink)
    assert box.shape == (5, 7)
    assert box[0, 0] == 1
    assert box[-1, -1] == 255


def test_tight_box_of_nothing_is_empty() -> None:
    assert tight_box(np.zeros((5, 5), np.uint8)).size == 0


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
    images = np.load(real_mnist)["x_test"][:2000]
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


def test_a_16_bit_png_that_uses_12_bits_is_rounded_not_cut() -> None:
    values = np.arange(256)
    wide = np.rint(values * (4095 / 255)).astype(np.uint16).reshape(16, 16)
    assert read_picture(encode(wide)).ravel().tolist() == values.tolist()


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


def test_a_truncated_picture_is_an_input_error() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (100, 100)).astype(np.uint8)
    for file_format in ("PNG", "JPEG"):
        content = encode(picture, file_format)
        for length in (0, 1, 8, 20, 100, len(content) // 2):
            with pytest.raises(InputError):
                read_picture(content[:length])


def test_a_gif_is_an_input_error_although_pillow_could_read_it() -> None:
    with pytest.raises(InputError, match="not a PNG or JPEG"):
        read_picture(encode(large_digit(), "GIF"))


@pytest.mark.parametrize("content", [b"", b"hello", b"\x00" * 5000, b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
def test_what_is_no_picture_is_an_input_error(content: bytes) -> None:
    with pytest.raises(InputError, match="PNG or JPEG"):
        read_picture(content)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(("width", "height"), [(100_000, 100_000), (7_000, 7_000), (2**31 - 1, 1), (1, 40_000_001)])
def test_a_picture_that_declares_a_huge_size_is_refused_before_it_is_decoded(
    width: int, height: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(self: Image.Image) -> None:
        raise AssertionError("the picture was decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="more than 40 million pixels"):
            read_picture(png_that_declares(width, height))
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.filterwarnings("ignore")
def test_damaged_pictures_give_stages_none_or_an_input_error() -> None:
    random_numbers = np.random.default_rng(0)
    digit = Image.fromarray(simple_images(10, 1)[0][5]).resize((56, 56))
    whole = [
        encode(digit),
        encode(digit, "JPEG"),
        encode(digit, "JPEG", progressive=True),
        encode(digit.convert("P"), transparency=0),
        encode(digit.convert("CMYK"), "JPEG"),
        encode(np.asarray(digit).astype(np.uint16) * 257),
    ]
    outcomes = {"read": 0, "refused": 0}
    for number in range(1500):
        content = bytearray(whole[number % len(whole)])
        for place in random_numbers.integers(0, len(content), random_numbers.integers(1, 5)):
            content[place] = random_numbers.integers(0, 256)
        if number % 3 == 0:
            del content[random_numbers.integers(0, len(content)) :]
        try:
            from_picture(read_picture(bytes(content)))
            outcomes["read"] += 1
        except InputError:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 100


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


def test_the_pen_is_two_and_a_half_pixels_wide() -> None:
    for length in (30, 100, 900):
        upright = scale_strokes([np.array([[5, 5], [5, 5 + length]], float)])
        level = scale_strokes([np.array([[5, 5], [5 + length, 5]], float)])
        assert upright.shape == (20, 3)
        assert level.shape == (3, 20)
        assert upright[2:-2].sum(axis=1) / 255 == pytest.approx(2.5, abs=0.05)
        assert level[:, 2:-2].sum(axis=0) / 255 == pytest.approx(2.5, abs=0.05)
    slanted = scale_strokes([np.array([[0, 0], [100, 100]], float)])
    # Across a stroke at 45°, the ink of a row is √2 times as long.
    assert slanted[4:-4].sum(axis=1) / 255 == pytest.approx(2.5 * math.sqrt(2), abs=0.2)


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


def test_a_touch_of_the_pen_is_a_speck_and_a_digit_is_none() -> None:
    assert is_speck([])
    assert is_speck([np.array([[50.0, 50.0], [53.0, 54.0]])])
    assert not is_speck([np.array([[50.0, 50.0], [50.0, 90.0]])])
    assert not is_speck([np.array([[50.0, 50.0]]), np.array([[90.0, 50.0]])])


@pytest.mark.parametrize("radius", [6, 9, 12, 25])
@pytest.mark.parametrize("oversampling", [1, 2, 8])
def test_a_thick_bent_stroke_has_no_cracks(radius: int, oversampling: int) -> None:
    angle = np.linspace(0, math.pi, 7)  # a U of few points, bent tighter than the pen is wide at small radii
    bend = np.stack([100 + radius * np.cos(angle), 100 - radius * np.sin(angle)], axis=1)
    legs = [[100 + radius, 180.0]], [[100 - radius, 180.0]]
    ink = paint([np.vstack([legs[0], bend, legs[1]])], 200, 200, 24, oversampling) > 0
    assert ink.sum() > 2000
    holes = ndimage.binary_fill_holes(ink) & ~ink
    assert holes.sum() == 0


def test_sharp_corners_have_no_cracks() -> None:
    random_numbers = np.random.default_rng(0)
    for _ in range(20):
        turn, start = random_numbers.uniform(0.1, 2.9), random_numbers.uniform(0, 6)
        ends = [(150 + 80 * math.cos(start + side), 150 + 80 * math.sin(start + side)) for side in (0, turn)]
        ink = paint([np.array([ends[0], (150, 150), ends[1]])], 300, 300, 40, 1) > 0
        assert not (ndimage.binary_fill_holes(ink) & ~ink).any()
        # The outside of the corner is round: a whole disc of the pen stands on it.
        rows, columns = np.mgrid[:300, :300]
        assert ink[(rows - 150) ** 2 + (columns - 150) ** 2 < 18**2].all()


def test_check_strokes_reads_lists_and_leaves_out_empty_strokes() -> None:
    strokes = check_strokes([[[1, 2], [3, 4.5]], [], [[7, 8]]])
    assert [stroke.tolist() for stroke in strokes] == [[[1.0, 2.0], [3.0, 4.5]], [[7.0, 8.0]]]
    assert all(stroke.dtype == np.float64 for stroke in strokes)


NESTED: list[Any] = []
for _ in range(3000):
    NESTED = [NESTED]

HOSTILE_STROKES: dict[str, Any] = {
    "no list": "strokes",
    "none": None,
    "a number": 7,
    "an object": {"strokes": []},
    "not a number": [[[math.nan, 1]]],
    "infinity": [[[1, math.inf]]],
    "huge": [[[1e300, 1]]],
    "a whole number beyond floats": [[[10**400, 1]]],
    "beyond the limit": [[[100_001, 1]]],
    "words": [[["a", "b"]]],
    "null": [[[None, 1]]],
    "three numbers a point": [[[1, 2, 3]]],
    "points of unequal length": [[[1, 2], [3]]],
    "one level too few": [[1, 2]],
    "one level too many": [[[[1, 2]]]],
    "an object as a point": [[{"x": 1, "y": 2}]],
    "deep nesting": [NESTED],
    "a stroke that is text": ["x" * 1_000_000],
    "too many strokes": [[[1, 1]]] * 501,
    "a million points": [[[1, 1]] * 1_000_000],
    "too many points in many strokes": [[[1, 1]] * 101] * 200,
}


@pytest.mark.parametrize("value", HOSTILE_STROKES.values(), ids=HOSTILE_STROKES.keys())
def test_hostile_strokes_are_an_input_error(value: Any) -> None:
    begin = time.monotonic()
    with pytest.raises(InputError):
        check_strokes(value)
    assert time.monotonic() - begin < 2


def test_strokes_at_the_limits_are_still_read() -> None:
    assert len(check_strokes([[[1, 1]]] * 500)) == 500
    points = np.random.default_rng(0).uniform(-100_000, 100_000, (20_000, 2))
    stages = from_strokes(check_strokes([points.tolist()]))
    assert stages is not None
    assert stages.image.shape == (28, 28)


def test_the_limits_of_pictures_hold_for_all_of_pillow() -> None:
    assert Image.MAX_IMAGE_PIXELS == preprocess.MOST_PIXELS


def test_a_photograph_is_read_as_the_phone_was_held() -> None:
    picture = Image.fromarray(np.arange(600, dtype=np.uint8).reshape(20, 30))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    assert read_picture(encode(picture, "JPEG", exif=exif)).shape == (30, 20)


def test_a_small_unit_is_no_speck() -> None:
    digit = [stroke / 100 for stroke in simple_strokes(3)]
    assert not is_speck(digit)
    assert is_speck([np.array([[100.0, 100.0], [101.0, 100.0]])]) and is_speck([])
