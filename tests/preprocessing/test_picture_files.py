import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable

import numpy as np
import psutil
import pytest
from PIL import Image

from mnist_core.data.synthetic.photographs import encode
from mnist_core.errors import InputError
from mnist_core.preprocessing import picture_files
from mnist_core.preprocessing.picture_files import read_picture
from mnist_core.preprocessing.pipeline import from_picture
from tests.conftest import large_digit, simple_images
from tests.support.pictures import image_of, on_canvas


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_that_declares(width: int, height: int) -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b"")


def test_a_16_bit_png_that_uses_12_bits_is_rounded_not_cut() -> None:
    values = np.arange(256)
    wide = np.rint(values * (4095 / 255)).astype(np.uint16).reshape(16, 16)
    assert read_picture(encode(wide)).ravel().tolist() == values.tolist()


def test_a_truncated_picture_is_an_input_error() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (100, 100)).astype(np.uint8)
    for file_format in ("PNG", "JPEG"):
        content = encode(picture, file_format)
        for length in (0, 1, 8, 20, 100, len(content) // 2):
            with pytest.raises(InputError):
                read_picture(content[:length])


def test_what_pillow_says_of_a_damaged_picture_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="mnist_core")
    with pytest.raises(InputError, match=r"^The picture is damaged \(.*\); save it again as PNG or JPEG\.$"):
        read_picture(encode(np.zeros((100, 100), np.uint8))[:60])
    assert "Traceback" in caplog.text


def test_a_bug_of_the_lab_is_not_told_as_a_damaged_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_files, "_reduction", lambda size: size > 1)
    with pytest.raises(TypeError):
        read_picture(encode(np.zeros((100, 100, 3), np.uint8)))


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
    for number in range(600):
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
    assert min(outcomes.values()) > 40


def test_the_limits_of_pictures_hold_for_all_of_pillow() -> None:
    assert Image.MAX_IMAGE_PIXELS == picture_files.MOST_PIXELS


def test_a_photograph_is_read_as_the_phone_was_held() -> None:
    picture = Image.fromarray(np.arange(600, dtype=np.uint8).reshape(20, 30))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    assert read_picture(encode(picture, "JPEG", exif=exif)).shape == (30, 20)


# --- Hostile files -------------------------------------------------------------------------------------------------


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
    "a file of more than 100 MB": lambda: picture_files.PNG_START + bytes(100_000_000),
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
        assert grey.size <= picture_files.WORKING_PIXELS
        assert stages is not None
        assert np.abs(stages.image.astype(int) - expected).mean() < 6
        del grey, stages
    assert process.memory_info().rss - before < 80_000_000
