"""An uploaded PNG or JPEG file → a grey picture; its size and its pieces are checked before anything is decoded."""

import contextlib
import io
import logging
import math
import re
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from mnist_core.errors import InputError
from mnist_core.language import N_, gettext
from mnist_core.preprocessing.colour import clearest_grey, without_transparency

logger = logging.getLogger(__name__)

SUFFIXES = (".png", ".jpg", ".jpeg")
MOST_BYTES = 100_000_000
MOST_PIXELS = 40_000_000
# Of a JPEG that is stored in one pass, as cameras do: it is shrunk while it is read, and never whole in memory.
MOST_PIXELS_OF_CAMERAS = 120_000_000
NO_PICTURE = N_("This file is not a PNG or JPEG picture; save it as one of these and try again.")
# A larger picture is shrunk first: that bounds memory and time, and no digit in it needs more.
WORKING_PIXELS = 3_200_000
# A JPEG may be stored in passes over all its pixels, ten as a rule and thousands if it is hostile; and any file in
# segments, which Pillow reads one by one in Python.
MOST_PASSED_PIXELS = 15 * MOST_PIXELS
USUAL_PASSES = 15
MOST_SEGMENTS = 2000
LEAST_BYTES_A_SEGMENT = 1000
LARGEST_EXIF = 70_000
LONGEST_FILL = 1000
PNG_START = b"\x89PNG\r\n\x1a\n"
JPEG_START = b"\xff\xd8\xff"
# What other kinds of files begin with, from which byte on, so that a person is told what theirs is.
OTHERS = (
    (0, b"GIF8", N_("a GIF picture")),
    (0, b"BM", N_("a BMP picture")),
    (0, b"II*\0", N_("a TIFF picture")),
    (0, b"MM\0*", N_("a TIFF picture")),
    (8, b"WEBP", N_("a WebP picture")),
    (4, b"ftypavif", N_("an AVIF picture")),
    (4, b"ftyphe", N_("a HEIC picture, as iPhones take them,")),
    (4, b"ftypmif1", N_("a HEIC picture, as iPhones take them,")),
    (0, b"%PDF", N_("a PDF document")),
)
# Within a JPEG's compressed data, 0xFF is followed by 0 or by one of eight marks of restart.
JPEG_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])", re.DOTALL)
JPEG_PASS, JPEG_END = 0xDA, 0xD9

# A picture bomb must not be decoded by any code path of Pillow.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS_OF_CAMERAS


def is_picture(name: str) -> bool:
    """Whether a name is that of a picture that is read."""
    return name.lower().endswith(SUFFIXES)


def read_picture(content: bytes) -> np.ndarray:
    """Decodes a PNG or JPEG file: uint8 `[height, width]`, grey; more than 3.2 million pixels come back shrunk.

    Colours become the grey in which the ink stands out, and transparency paper (`colour`); of an animated picture the
    first counts. Raises InputError where the file is something else, is damaged, or has more than 100 MB, or more than
    40 million pixels; a JPEG as cameras store it may have 120 million.
    """
    opened, passes = _opened(content)
    if opened.width * opened.height * passes > MOST_PASSED_PIXELS:
        raise _damaged(gettext("it is stored in too many passes"))
    return _grey(_upright(_shrunk(opened)))


def shrunk_copy(content: bytes, longest: int) -> Image.Image:
    """The picture of a PNG or JPEG file in colour, upright, to be looked at; raises InputError as `read_picture`."""
    picture = _upright(_shrunk(_opened(content)[0])).convert("RGB")
    picture.thumbnail((longest, longest))
    return picture


def pixels_to_decode(content: bytes) -> int:
    """How many pixels a picture declares, without decoding any; those of a JPEG in many passes count again."""
    opened, passes = _opened(content)
    return opened.width * opened.height * max(passes // USUAL_PASSES, 1)


def _damaged(reason: str) -> InputError:
    return InputError(gettext("The picture is damaged ({reason}); save it again as PNG or JPEG.", reason=reason))


def _too_large(most: int) -> InputError:
    return InputError(
        gettext(
            "The picture has more than {most} million pixels; make it smaller and try again.",
            most=most // 1_000_000,
        )
    )


def _of_another_kind(content: bytes) -> InputError:
    for place, start, kind in OTHERS:
        if content.startswith(start, place):
            return InputError(
                gettext("This file is {kind} and not a PNG or JPEG; save it as one of these and try again.", kind=kind)
            )
    return InputError(gettext(NO_PICTURE))


@contextlib.contextmanager
def _pillow(most: int = MOST_PIXELS_OF_CAMERAS) -> Iterator[None]:
    """Stands around calls of Pillow alone, which fails over damaged pictures in a dozen ways, not all documented."""
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(most) from None
    except UnidentifiedImageError:
        raise InputError(gettext(NO_PICTURE)) from None
    except Exception:
        logger.info("Pillow cannot read a picture.", exc_info=True)
        raise InputError(gettext("The picture is damaged; save it again as PNG or JPEG.")) from None


def _opened(content: bytes) -> tuple[Image.Image, int]:
    """A picture whose size is fit to be decoded, and its number of passes."""
    if len(content) > MOST_BYTES:
        raise InputError(
            gettext(
                "The file has more than {most_bytes} MB; make the picture smaller.", most_bytes=MOST_BYTES // 1000000
            )
        )
    passes = _passes(content)
    most = MOST_PIXELS_OF_CAMERAS if content.startswith(JPEG_START) and passes == 1 else MOST_PIXELS
    with _pillow(most):
        picture = Image.open(io.BytesIO(content), formats=["PNG", "JPEG"])
    if picture.width * picture.height > most:
        raise _too_large(most)
    return picture, passes


def _passes(content: bytes) -> int:
    """Counts the passes of a JPEG, 1 for a PNG; refuses a file that would take for ever to open."""
    if not content.startswith((PNG_START, JPEG_START)):
        raise _of_another_kind(content)
    passes = exif = 0
    most = MOST_SEGMENTS + len(content) // LEAST_BYTES_A_SEGMENT
    segments = _chunks(content) if content.startswith(PNG_START) else _segments(content)
    for number, (kind, place, length) in enumerate(segments):
        passes += kind == JPEG_PASS
        exif += length if content.startswith(b"Exif\0\0", place) else 0
        if number > most or exif > LARGEST_EXIF:
            raise _damaged(gettext("it is stored in too many pieces"))
    return max(passes, 1)


def _chunks(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Yields 0, the place and the length of each chunk of a PNG."""
    place = len(PNG_START)
    while place + 8 <= len(content):
        length = int.from_bytes(content[place : place + 4], "big")
        yield 0, place + 8, length
        place += length + 12


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Yields the kind, the place and the length of each segment of a JPEG; what was appended to it is left out."""
    place, kind = len(JPEG_START) - 1, 0
    while kind != JPEG_END:
        match = JPEG_MARKER.search(content, place)
        if kind != JPEG_PASS and (match is None or match.start() > place + LONGEST_FILL):
            raise _damaged(gettext("a piece of it is not where it should be"))
        if match is None:
            return
        kind, place = match[1][0], match.end()
        length = int.from_bytes(content[place : place + 2], "big")
        yield kind, place + 2, length
        place += length


def _shrunk(picture: Image.Image) -> Image.Image:
    """Loads a picture, and shrinks it as early as its format allows."""
    factor = _reduction(picture.size)
    with _pillow():
        if factor > 1:
            # A JPEG can be decoded at a half, a quarter or an eighth, in a fraction of the time; a PNG ignores this.
            picture.draft(None, (picture.width // factor, picture.height // factor))
        picture.load()
    factor = _reduction(picture.size)
    if factor == 1:
        return picture
    mode = {"P": "RGBA", "1": "L"}.get(picture.mode, "I" if picture.mode.startswith("I;") else picture.mode)
    with _pillow():
        even = picture if mode == picture.mode else picture.convert(mode)
        return even.reduce(factor)


def _reduction(size: tuple[int, int]) -> int:
    return max(math.ceil(math.sqrt(size[0] * size[1] / WORKING_PIXELS)), 1)


def _upright(picture: Image.Image) -> Image.Image:
    """Turns a picture as the phone was held, which phones store beside it."""
    if len(picture.info.get("exif", b"")) > LARGEST_EXIF:
        return picture
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # what stands there may be anything; the picture itself is sound
        return picture


def _grey(picture: Image.Image) -> np.ndarray:
    if picture.mode.startswith("I") or picture.mode == "F":
        wide = np.asarray(picture, np.float64)
        return np.rint(wide * (255 / max(wide.max(), 1))).clip(0, 255).astype(np.uint8)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        if np.asarray(picture.getchannel("A")).min() < 255:
            picture = without_transparency(picture)
    if picture.mode in ("L", "1"):
        return np.asarray(picture.convert("L"))
    return clearest_grey(picture.convert("RGB"))
