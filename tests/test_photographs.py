import math
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from scipy import ndimage

from mnist_core import photographs, runs
from mnist_core.errors import InputError
from mnist_core.inference import Classifier
from mnist_core.photographs import extract_ink, find_ink, pen_width, read_picture, with_moved_outline
from mnist_core.preprocess import from_picture, paint
from tests.conftest import simple_images, simple_strokes
from tests.papers import Paper, encode, large_digit, on_canvas, photograph, random_paper


def image_of(content: bytes) -> np.ndarray:
    stages = from_picture(read_picture(content))
    assert stages is not None
    return stages.image


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_that_declares(width: int, height: int) -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b"")


def test_a_16_bit_png_that_uses_12_bits_is_rounded_not_cut() -> None:
    values = np.arange(256)
    wide = np.rint(values * (4095 / 255)).astype(np.uint16).reshape(16, 16)
    assert read_picture(encode(wide)).ravel().tolist() == values.tolist()


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


def test_the_limits_of_pictures_hold_for_all_of_pillow() -> None:
    assert Image.MAX_IMAGE_PIXELS == photographs.MOST_PIXELS


def test_a_photograph_is_read_as_the_phone_was_held() -> None:
    picture = Image.fromarray(np.arange(600, dtype=np.uint8).reshape(20, 30))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    assert read_picture(encode(picture, "JPEG", exif=exif)).shape == (30, 20)


# --- Hostile files -----------------------------------------------------------------------------------------------


def png_with(chunks: bytes) -> bytes:
    content = encode(np.full((50, 50), 200, np.uint8))
    return content[:33] + chunks + content[33:]


def jpeg_with(segments: bytes) -> bytes:
    content = encode(np.full((50, 50), 200, np.uint8), "JPEG")
    return content[:2] + segments + content[2:]


def progressive_bomb() -> bytes:
    content = encode(np.full((4000, 4000), 200, np.uint8), "JPEG", progressive=True)
    last_pass = content[content.rfind(b"\xff\xda") : -2]
    return content[:-2] + 2000 * last_pass + content[-2:]


def exif_of(entries: int, length: int) -> bytes:
    """An EXIF note of many entries that all mean the same long text."""
    note = b"II*\0" + struct.pack("<IH", 8, entries)
    return note + b"".join(struct.pack("<HHII", tag, 1, length, 8) for tag in range(entries)) + bytes(4)


def exif_segment(note: bytes) -> bytes:
    return b"\xff\xe1" + struct.pack(">H", len(note) + 8) + b"Exif\0\0" + note


HOSTILE_FILES: dict[str, Callable[[], bytes]] = {
    "thousands of passes": progressive_bomb,
    "a million comments": lambda: jpeg_with(b"\xff\xfe\0\x02" * 1_000_000),
    "EXIF in hundreds of segments": lambda: jpeg_with(300 * exif_segment(exif_of(5000, 59_000))),
    "a million chunks": lambda: png_with(1_000_000 * png_chunk(b"prVt", b"")),
    "a million empty pieces of data": lambda: png_with(1_000_000 * png_chunk(b"IDAT", b"")),
    "a bomb of text": lambda: png_with(png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000)))),
    "a bomb of a colour profile": lambda: png_with(png_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(50_000_000)))),
    "only fill bytes": lambda: b"\xff" * 10_000_000,
    "a JPEG of fill bytes": lambda: b"\xff\xd8" + b"\xff" * 10_000_000,
    "a JPEG of starts": lambda: b"\xff\xd8" * 5_000_000 + b"\xff",
    "a JPEG of fill bytes with a start": lambda: b"\xff\xd8\xff\xe0\0\x04ab" + b"\xff\x01" * 5_000_000,
    "a file of more than 100 MB": lambda: photographs.PNG_START + bytes(100_000_000),
}


@pytest.mark.parametrize("make", HOSTILE_FILES.values(), ids=HOSTILE_FILES.keys())
def test_a_hostile_file_is_refused_with_one_sentence_in_no_time(make: Callable[[], bytes]) -> None:
    content = make()
    tracemalloc.start()
    try:
        begin = time.process_time()
        with pytest.raises(InputError) as caught:
            read_picture(content)
        assert time.process_time() - begin < 2
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 200


ODD_FILES: dict[str, Callable[[], bytes]] = {
    "EXIF that repeats itself": lambda: jpeg_with(exif_segment(exif_of(5000, 60_000))),
    "EXIF that is noise": lambda: jpeg_with(exif_segment(np.random.default_rng(0).bytes(3000))),
    "EXIF that is cut off": lambda: jpeg_with(exif_segment(exif_of(5, 10)[:20])),
    "a large EXIF note in a PNG": lambda: png_with(png_chunk(b"eXIf", exif_of(60_000, 1_000_000) + bytes(1_000_000))),
    "a video behind the picture": lambda: jpeg_with(b"") + np.random.default_rng(0).bytes(5_000_000),
    "more data than the picture needs": lambda: png_with(png_chunk(b"IDAT", zlib.compress(bytes(20_000_000)))),
    "an animation": lambda: encode(
        Image.new("L", (50, 50), 200),
        save_all=True,
        append_images=[Image.new("L", (50, 50), shade) for shade in (1, 2)],
    ),
}


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("make", ODD_FILES.values(), ids=ODD_FILES.keys())
def test_what_stands_beside_a_picture_does_no_harm(make: Callable[[], bytes]) -> None:
    content = make()
    begin = time.process_time()
    assert read_picture(content).shape == (50, 50)
    assert time.process_time() - begin < 2


def test_a_palette_with_transparency_and_cmyk_are_read() -> None:
    digit = simple_images(10, 1)[0][5]
    canvas = Image.fromarray(255 - on_canvas(digit))
    palette = canvas.convert("P")
    content = encode(palette, transparency=palette.getpixel((0, 0)))
    assert np.array_equal(image_of(content), digit)
    read = read_picture(encode(Image.fromarray(255 - large_digit()).convert("CMYK"), "JPEG", quality=95))
    assert np.abs(read.astype(int) - (255 - large_digit())).mean() < 3


def test_a_large_picture_is_shrunk_and_its_memory_given_back() -> None:
    large = np.full((6000, 6500), 230, np.uint8)
    digit = Image.fromarray(255 - large_digit(3)).resize((1400, 1400))
    large[2000:3400, 2500:3900] = np.minimum(np.asarray(digit), 230)
    expected = image_of(encode(255 - large_digit(3)))
    contents = [encode(large, "JPEG", quality=85), encode(large, compress_level=1)]
    contents.append(encode(Image.fromarray(large).convert("RGBA"), compress_level=1))
    contents.append(encode(Image.fromarray(large).convert("P"), compress_level=1))
    contents.append(encode(large.astype(np.uint16) * 257, compress_level=1))
    process = psutil.Process()
    before = process.memory_info().rss
    for content in contents:
        begin = time.process_time()
        grey = read_picture(content)
        stages = from_picture(grey)
        assert time.process_time() - begin < 2
        assert grey.size <= photographs.WORKING_PIXELS
        assert stages is not None
        assert np.abs(stages.image.astype(int) - expected).mean() < 6
        del grey, stages
    assert process.memory_info().rss - before < 80_000_000


# --- Photographs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lines", "count"), [("none", 60), ("ruled", 20), ("squared", 20)])
def test_photographed_digits_of_mnist_are_read(real_mnist: Path, lines: str, count: int) -> None:
    classifier = Classifier(runs.PRETRAINED / runs.SHIPPED_MODEL / "model.tflite")
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


# --- The pen -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pen", [4, 10, 25, 40])
def test_the_width_of_a_pen_is_estimated(pen: int) -> None:
    for digit in (1, 3, 7, 8):
        ink = paint([stroke * 3 + 30 for stroke in simple_strokes(digit)], 340, 340, pen) > 127
        assert pen_width(ink) == pytest.approx(pen, rel=0.15, abs=0.5)
    assert pen_width(np.zeros((5, 5), bool)) == 0


def test_moving_the_outline_makes_a_line_wider_or_thinner_by_twice_as_much() -> None:
    ink = np.zeros((100, 60), bool)
    ink[20:80, 20:40] = True
    for change in (-7.5, -3, 0, 2.25, 6):
        moved = with_moved_outline(ink, change, 8)
        assert moved[50].sum() / 255 == pytest.approx(20 + 2 * change, abs=0.1)


def test_a_thin_line_does_not_vanish_when_a_thick_one_is_made_thinner() -> None:
    ink = np.zeros((160, 160), bool)
    ink[10:60, 10:150] = True
    ink[60:150, 120:126] = True  # the leg of a 7, much thinner than its bar
    moved = with_moved_outline(ink, -15, 8) > 127
    assert moved[30:140, 115:130].any(axis=1).all()
    assert ndimage.label(moved)[1] == 1
    assert moved.sum() < ink.sum()


def test_a_loop_does_not_close_when_the_pen_is_made_wider() -> None:
    rows, columns = np.mgrid[:100, :100]
    distance = np.hypot(rows - 50, columns - 50)
    ring = (distance < 20) & (distance > 12)
    moved = with_moved_outline(ring, 15, 8) > 127
    assert not moved[50, 50]
    assert moved.sum() > 1.3 * ring.sum()
    grain = ring.copy()
    grain[50, 66] = False  # a hole of one pixel is none
    assert with_moved_outline(grain, 3, 8)[50, 66] == 255
