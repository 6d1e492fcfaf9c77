import time

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
    with pytest.raises(InputError, match=r"^The picture is damaged; save it again as PNG or JPEG\.$"):
        read_picture(encode(np.zeros((100, 100), np.uint8))[:60])
    assert "Traceback" in caplog.text


def test_a_bug_of_the_lab_is_not_told_as_a_damaged_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_files, "_reduction", lambda size: size > 1)
    with pytest.raises(TypeError):
        read_picture(encode(np.zeros((100, 100, 3), np.uint8)))


def test_a_gif_is_an_input_error_although_pillow_could_read_it() -> None:
    with pytest.raises(InputError, match="not a PNG or JPEG"):
        read_picture(encode(large_digit(), "GIF"))


@pytest.mark.parametrize(
    ("file_format", "kind"),
    [("GIF", "a GIF"), ("BMP", "a BMP"), ("TIFF", "a TIFF"), ("WEBP", "a WebP"), ("AVIF", "an AVIF"), ("PDF", "a PDF")],
)
def test_a_picture_of_another_kind_is_called_what_it_is(file_format: str, kind: str) -> None:
    with pytest.raises(InputError, match=f"^This file is {kind} .* not a PNG or JPEG"):
        read_picture(encode(large_digit(), file_format))


def test_what_an_iphone_took_is_called_what_it_is() -> None:
    with pytest.raises(InputError, match="a HEIC picture, as iPhones take them, and not a PNG or JPEG"):
        read_picture(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")


@pytest.mark.parametrize("content", [b"", b"hello", b"\x00" * 5000, b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
def test_what_is_no_picture_is_an_input_error(content: bytes) -> None:
    with pytest.raises(InputError, match="PNG or JPEG"):
        read_picture(content)


def test_the_limits_of_pictures_hold_for_all_of_pillow() -> None:
    assert Image.MAX_IMAGE_PIXELS == picture_files.MOST_PIXELS_OF_CAMERAS


def test_a_photograph_is_read_as_the_phone_was_held() -> None:
    picture = Image.fromarray(np.arange(600, dtype=np.uint8).reshape(20, 30))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    assert read_picture(encode(picture, "JPEG", exif=exif)).shape == (30, 20)


def test_a_palette_with_transparency_and_cmyk_are_read() -> None:
    digit = simple_images(10, 1)[0][5]
    canvas = Image.fromarray(255 - on_canvas(digit))
    palette = canvas.convert("P")
    content = encode(palette, transparency=palette.getpixel((0, 0)))
    assert np.array_equal(image_of(content), digit)
    read = read_picture(encode(Image.fromarray(255 - large_digit()).convert("CMYK"), "JPEG", quality=95))
    assert np.abs(read.astype(int) - (255 - large_digit())).mean() < 3


def test_a_photograph_of_fifty_megapixels_is_shrunk_while_it_is_read() -> None:
    digit = np.asarray(Image.fromarray(255 - large_digit(3)).resize((2800, 2800)))
    paper = Image.new("L", (8200, 6200), 230)
    paper.paste(Image.fromarray(np.minimum(digit, 230)), (2000, 1500))
    content = encode(paper, "JPEG", quality=80)
    progressive = encode(paper, "JPEG", quality=80, progressive=True)
    del paper
    process = psutil.Process()
    before = process.memory_info().rss
    grey = read_picture(content)
    shown = picture_files.shrunk_copy(content, 640)
    assert process.memory_info().rss - before < 60_000_000
    assert grey.size <= picture_files.WORKING_PIXELS
    assert (shown.mode, shown.size) == ("RGB", (640, 484))
    stages = from_picture(grey)
    assert stages is not None
    assert np.abs(stages.image.astype(int) - image_of(encode(255 - large_digit(3)))).mean() < 6
    with pytest.raises(InputError, match="more than 40 million pixels"):
        read_picture(progressive)  # its pixels would have to be in memory whole


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
