"""Pictures that mean harm, and odd ones that are read all the same."""

import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

from mnist_core.data.synthetic.photographs import encode
from mnist_core.preprocessing import picture_files


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_that_declares(width: int, height: int) -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b"")


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
