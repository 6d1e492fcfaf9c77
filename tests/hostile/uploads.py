"""Files of digits that no lab should trust, built by code: each must be refused with one sentence and do no harm.

`sound` are the same kinds without the harm, which are taken; so each refusal has its own reason.
"""

import copy
import gzip
import io
import os
import pickle
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support.writers import CSV_HEADER, csv_text, idx_bytes, npy_bytes, npy_header

RANDOM = np.random.default_rng(3)
IMAGES = RANDOM.integers(0, 256, (4, 28, 28), np.uint8)
LABELS = np.array([3, 0, 9, 1])
SIDE = 2000
ROW = ",".join(["1", *["0"] * 784])

# The files of one upload, by name.
Upload = dict[str, bytes]


class Canary:
    """What runs when somebody unpickles it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def sound() -> dict[str, Upload]:
    """One upload of each kind that is as it should be."""
    arrays = {"x_test.npy": npy_bytes(IMAGES), "y_test.npy": npy_bytes(LABELS)}
    return {
        "sound table": {"digits.csv": csv_text(IMAGES, LABELS).encode()},
        "sound pair": {"images": idx_bytes(IMAGES), "labels": idx_bytes(LABELS)},
        "sound images": {"images.gz": gzip.compress(idx_bytes(IMAGES))},
        "sound arrays": {"digits.npz": packed(arrays)},
        "sound zip": {"digits.zip": packed({"digits/3/a.png": png(), "__MACOSX/3/._a.png": b"a note"})},
        "sound picture": {"digit.png": png()},
        "sound Parquet": {"digits.parquet": parquet_file(IMAGES.reshape(4, -1).tolist())},
        "sound MATLAB": {"digits.mat": mat({"X": IMAGES.reshape(4, -1), "y": LABELS})},
        "sound ARFF": {"digits.arff": arff(784, ["0," * 784 + "3", "255," * 784 + "4"])},
    }


def hostile(canary: Path, outside: Path) -> Iterator[tuple[str, Upload]]:
    """Yields a name for each harm, and an upload that means it; one at a time, for some are large.

    Args:
        canary: What comes to be if something of an upload runs.
        outside: What comes to be if something of an upload is unpacked where it wants to.
    """
    for name, content in zips(outside).items():
        yield name, {"digits.zip": content}
    for name, content in pictures().items():
        yield name, {"digit.png": content}
    yield "truncated JPEG", {"digit.jpg": picture("JPEG")[:300]}
    yield "SVG", {"digit.png": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'}
    for name, content in tables().items():
        yield name, {"digits.csv": content}
    yield "PNG called table", {"digits.csv": png()}
    yield from indexed()
    for name, content in arrays(canary).items():
        yield name, {"digits.npz": content}
    for name, content in others(canary).items():
        yield name, {name.rpartition(" ")[2]: content}
    yield "table and picture", {"digits.csv": csv_text(IMAGES, LABELS).encode(), "digit.png": png()}
    yield "climbing name", {f"../../{outside.name}\n[a](b).csv": b"nothing"}
    yield "endless name", {"x" * 5000 + ".csv": b"nothing"}
    yield "empty file", {"digits.zip": b""}


# --- Zip files and pictures -------------------------------------------------------------------------------------------


def picture(kind: str, side: int = 60) -> bytes:
    """A thick stroke, black on white."""
    pixels = np.full((side, side), 255, np.uint8)
    pixels[10:50, 25:33] = 0
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, kind)
    return content.getvalue()


def png() -> bytes:
    return picture("PNG")


def packed(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of these members."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method, compresslevel=1) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


def with_entries(number: int, name: str, change: Mapping[str, Any], content: bytes) -> bytes:
    """A zip file that stores one member and lists it so many times, each time under another name and changed so."""
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(name.format(0), content)
        first = archive.filelist.pop()
        for entry in range(number):
            info = copy.copy(first)
            info.filename = name.format(entry)
            for attribute, value in change.items():
                setattr(info, attribute, value)
            archive.filelist.append(info)
    return stored.getvalue()


def long_list(entries: int, declared: int) -> bytes:
    """A zip file that lists so many files, none of which is there, and declares another number of them."""
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0) + b"0/a.png"
    return entry * entries + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, declared, declared, 53 * entries, 0, 0)


def hidden_lists(entries: int) -> dict[str, bytes]:
    """Zip files whose long list `zipfile` reads, though the record at their end does not say so at first sight."""
    content = long_list(entries, 10)
    end, length = len(content) - 22, 53 * entries
    record = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, entries, entries, length, 0)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, length, 1)
    modest = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, 53, 0, 0)
    return {
        "list of the larger kind": content[:end] + record + locator + modest,
        "record within the record": content[: end + 4] + b"PK\x05\x06" + content[end + 8 :],
        "record before the longest comment": content + bytes(65_536),
    }


def black_png(side: int) -> bytes:
    """A large black picture, a thousandth of its size as a file."""
    content = io.BytesIO()
    Image.new("L", (side, side)).save(content, "PNG")
    return content.getvalue()


def zips(outside: Path) -> dict[str, bytes]:
    good = packed({"3/a.png": png()})
    end = good.rfind(b"PK\x05\x06")
    offset = end + 16
    wrong_crc = bytearray(packed({"3/a.png": png()}, zipfile.ZIP_STORED))
    wrong_crc[60] ^= 255
    twice = io.BytesIO()
    with zipfile.ZipFile(twice, "w") as archive:
        archive.writestr("3/a.png", png())
        archive.filelist.append(archive.filelist[0])
    bomb = black_png(SIDE)
    link = {"external_attr": (stat.S_IFLNK | 0o777) << 16}
    return {
        "many small bombs": packed({f"{number % 10}/{number}.png": bomb for number in range(400)}, zipfile.ZIP_STORED),
        "one huge member": packed({"3/a.png": bytes(60_000_000)}),
        "overlapping members": with_entries(500, "3/{}.png", {}, bytes(20_000_000)),
        "member that lies about its size": with_entries(1, "3/{}.png", {"file_size": 4_000_000_000}, png()),
        "zip in a zip": packed({"3/a.zip": packed({"3/b.zip": good})}),
        "climbing member": packed({f"../../{outside.name}/3/a.png": png()}),
        "climbing member of Windows": packed({f"..\\..\\{outside.name}\\3\\a.png": png()}),
        "absolute member": packed({f"{outside}/3/a.png": png()}),
        "drive": packed({"C:\\3\\a.png": png()}),
        "link": with_entries(1, "3/{}.png", link, b"/etc/passwd"),
        "two hundred thousand entries": long_list(200_000, 0xFFFF),
        "more entries than are declared": long_list(200_000, 10),
        **hidden_lists(200_000),
        "encrypted": with_entries(1, "3/{}.png", {"flag_bits": 1}, png()),
        "unusual packing": packed({"3/a.png": png()}, zipfile.ZIP_LZMA),
        "list in the wrong place": good[:offset] + struct.pack("<I", 7) + good[offset + 4 :],
        "list beyond the end": good[:offset] + struct.pack("<I", 2**31) + good[offset + 4 :],
        "damaged member": bytes(wrong_crc),
        "one name twice": twice.getvalue(),
        "no pictures": packed({f"3/{number}.txt": b"hello" for number in range(2000)}),
        "damaged pictures": packed({f"3/{number}.png": b"hello" for number in range(2000)}),
        "broken off": good[:-30],
        "text called zip": b"hello",
    }


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def giant_png(side: int) -> bytes:
    """A picture that declares its size and has next to no pixels."""
    header = chunk(b"IHDR", struct.pack(">2I5B", side, side, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def pictures() -> dict[str, bytes]:
    comments = b"".join(chunk(b"tEXt", b"a\0b") for _ in range(100_000))
    return {
        "giant picture": giant_png(100_000),
        "large picture without pixels": giant_png(3500),
        "picture of a hundred thousand pieces": png()[:33] + comments + png()[33:],
        "text called picture": b"hello",
        "blank picture": black_png(100),
        "table called picture": csv_text(IMAGES, LABELS).encode(),
    }


# --- Tables -----------------------------------------------------------------------------------------------------------


def with_cell(cell: str) -> bytes:
    return f"{CSV_HEADER}\n{ROW}\n3,{cell}{',0' * 783}\n".encode()


def tables() -> dict[str, bytes]:
    long_cells = ",".join(["x" * 24] * 785)
    return {
        "a million columns": ",".join(f"pixel{number}" for number in range(1_000_000)).encode(),
        "a line of 60 MB": CSV_HEADER.encode() + b"\n" + b"1," * 30_000_000,
        "a header of 60 MB": b"a" * 60_000_000,
        "long texts": "\n".join([CSV_HEADER, *[long_cells[:19_000]] * 2000]).encode(),
        "too many rows": f"{CSV_HEADER}\n".encode() + b"1,2\n" * 200_000,
        "NUL bytes": with_cell("\0"),
        "other columns": b"a,b\n1,2\n",
        "formulas": with_cell("=HYPERLINK(A1)"),
        "formula as a column": b"=cmd|' /C calc'!A0,b\n1,2\n",
        "a quote that never ends": with_cell('"'),
        "a billion as an exponent": with_cell("1e9"),
        "an exponent without end": with_cell("1e999999999"),
        "a number of a thousand digits": with_cell("9" * 1000),
        "no text": RANDOM.integers(128, 256, 10_000, np.uint8).tobytes(),
        "negative": with_cell("-1"),
        "NaN": with_cell("NaN"),
        "carriage returns": csv_text(IMAGES, LABELS).replace("\n", "\r").encode(),
    }


# --- Arrays -----------------------------------------------------------------------------------------------------------


def indexed() -> Iterator[tuple[str, Upload]]:
    """IDX files."""
    images, labels = idx_bytes(IMAGES), idx_bytes(LABELS)
    start = b"\0\0\x08\x03"
    yield "four billion images", {"images": start + struct.pack(">3I", 2**32 - 1, 28, 28)}
    yield "one long image", {"images": start + struct.pack(">3I", 1, 1, 70_000_000) + bytes(1000)}
    yield "other bytes", {"images": b"\x7fELF" + bytes(1000)}
    yield "gzip bomb", {"images.gz": gzip.compress(start + struct.pack(">3I", 4, 28, 28) + bytes(150_000_000), 1)}
    yield "full gzip bomb", {"images.gz": gzip.compress(start + struct.pack(">3I", 1, 1, 70_000_000) + bytes(10**8), 1)}
    yield "broken gzip", {"images.gz": gzip.compress(images)[:-400]}
    yield "labels beyond 9", {"images": images, "labels": idx_bytes(np.array([3, 10, 255, 1]))}
    yield "labels of other images", {"images": images, "labels": idx_bytes(LABELS[:3])}
    yield "images twice", {"images": images, "labels": images}
    yield "labels alone", {"labels": labels}
    yield "three files", {"images": images, "labels": labels, "more": labels}


def arrays(canary: Path) -> dict[str, bytes]:
    """NumPy archives."""
    objects = np.empty(4, object)
    objects[:] = [Canary(canary)] * 4
    code = f"{{'descr': __import__('os').mkdir({str(canary)!r}), 'fortran_order': False, 'shape': (1,)}}"
    written = {
        "pickled images": npy_bytes(objects),
        "header that lies": npy_header("|u1", (100_000, 28, 28)) + bytes(784),
        "header of petabytes": npy_header("|u1", (10**12, 28, 28)),
        "header that is code": b"\x93NUMPY\x01\x00" + struct.pack("<H", len(code)) + code.encode(),
        "header of brackets": b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65_535,
        "bomb": npy_header("|u1", (90_000, 28, 28)) + bytes(150_000_000),
        "NaN images": npy_bytes(np.full((12_000, 28, 28), np.nan)),
        "images of texts": npy_bytes(np.full((1000, 28, 28), "x" * 20)),
    }
    labels = npy_bytes(LABELS)
    archives = {f"{name} (npz)": packed({"x_test.npy": one, "y_test.npy": labels}) for name, one in written.items()}
    return archives | {
        "two hundred thousand arrays": long_list(200_000, 10),
        "names of two lines": packed({"a\n[b](http://example.org)\n.npy": labels}),
        "text called arrays": b"hello",
    }


# --- Other forms ------------------------------------------------------------------------------------------------------

# Their libraries are loaded where they are used: what reads all uploads in one process counts its memory.


def parquet_file(pixels: Any, **options: Any) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    content = io.BytesIO()
    table = pa.table({"pixels": pixels, "label": np.zeros(len(pixels), np.int64)})
    parquet.write_table(table, content, **options)
    return content.getvalue()


def mat(arrays: dict[str, Any]) -> bytes:
    import scipy.io

    content = io.BytesIO()
    scipy.io.savemat(content, arrays, do_compression=True)
    return content.getvalue()


def arff(columns: int, rows: list[str]) -> bytes:
    names = "\n".join(f"@attribute p{place} real" for place in range(columns))
    return "\n".join(["@relation a", names, "@attribute class {0,1}", "@data", *rows, ""]).encode()


def hdf5(external: Path) -> bytes:
    """A file whose images lie in another one, wherever that is."""
    import h5py

    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.create_dataset("X", (4, 784), np.uint8, external=[(str(external), 0, h5py.h5f.UNLIMITED)])
        file["y"] = LABELS
        file["there"] = h5py.ExternalLink(str(external), "X")
    return content.getvalue()


def others(canary: Path) -> dict[str, bytes]:
    """Files of further forms; the last word of each name is that of the file."""
    import pyarrow as pa

    objects = np.empty(4, object)
    objects[:] = [Canary(canary)] * 4
    structure = {"X": {"text": "images", "more": np.array(["a", "b"], object)}, "y": LABELS}
    return {
        "a million equal rows a.parquet": parquet_file(
            pa.DictionaryArray.from_arrays(pa.array(np.zeros(1_000_000, np.int32)), pa.array(["0" * 1000]))
        ),
        "lists of other lengths b.parquet": parquet_file([[0] * 784, [0] * 783]),
        "a list of a million c.parquet": parquet_file([np.zeros(1_000_000, np.uint8)]),
        "text called d.parquet": b"hello",
        "MATLAB structure e.mat": mat(structure),
        "MATLAB bomb f.mat": mat({"X": np.zeros((100_001, 784), np.uint8)}),
        "half of MATLAB g.mat": mat({"X": IMAGES, "y": LABELS})[:200],
        "images elsewhere h.h5": hdf5(Path("/etc/passwd")),
        "too many columns i.arff": arff(100_000, ["1"]),
        "a long header j.arff": b"@relation a\n" + b"% more\n" * 1_000_000,
        "rows too long k.arff": arff(64, ["0," * 3_000_000]),
        "pickled l.npy": npy_bytes(objects),
        "petabytes m.npy": npy_header("|u1", (10**12, 28, 28)),
        "deep n.json": b"[" * 1_000_000,
        "zip in a zip o.zip": packed({"a.zip": packed({"b.zip": packed({"3/a.png": png()})})}),
        "bomb in a zip p.zip": packed({"a.csv": b"0," * 20_000_000}),
        "pickle q.pkl": pickle.dumps(Canary(canary)),
    }
