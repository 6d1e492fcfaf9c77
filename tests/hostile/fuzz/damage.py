"""Sound values, damaged as their makers would do it: the sizes, names and numbers that readers must not believe."""

import contextlib
import copy
import io
import json
import math
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

Draw = st.DrawFn


class Nested(list[Any]):
    """A list in a list in a list, more deeply than any reader may follow it by recursion."""

    def __init__(self, depth: int = 2000) -> None:
        inside: list[Any] = []
        for _ in range(depth):
            inside = [inside]
        super().__init__([inside])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("NESTED")  # Hypothesis would follow it, too


NESTED = Nested()
ODD_TEXTS = (
    "", " ", "\0", "\ud800", "\x1b[31m", "x" * 5000, "../../etc/passwd", "/dev/null", "C:\\x",
    "<script>alert(1)</script>", "![x](http://example.org/x.png)", "=HYPERLINK(1)", "1e400", "-1", "nan", "NaN", "inf",
    "0x10", "1_000",
    "１２", "²", "१", "9" * 400, "9" * 5000, "True", "null", "{}", "%s{0}", "__class__", "\u202e", "\ufeff",
)  # fmt: skip
ODD_NUMBERS: tuple[Any, ...] = (
    0, 1, -1, True, 2**31, 2**32, 2**63, -(2**63), 2**64, 10**400, 0.5, -0.0, 1e-320, 1e308,
    math.nan, math.inf, -math.inf,
)  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (
    None,
    *ODD_NUMBERS,
    *ODD_TEXTS,
    [],
    {},
    [[]],
    [None],
    {"": None},
    {"format": 10**30},
    NESTED,
)
ODD_INTEGERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 28, 10, 1000)


# --- Bytes -----------------------------------------------------------------------------------------------------------


@st.composite
def damaged_bytes(draw: Draw, content: bytes, most: int = 4) -> bytes:
    """Bytes changed, pieces cut off, taken out, doubled or put in, whole numbers replaced by odd ones."""
    data = bytearray(content)
    for _ in range(draw(st.integers(1, most))):
        place = draw(st.integers(0, max(len(data) - 1, 0)))
        length = draw(st.sampled_from((1, 2, 4, 8, 64, 1000)))
        match draw(st.integers(0, 6)):
            case 0:
                data[place : place + 1] = bytes([draw(st.integers(0, 255))])
            case 1:
                del data[place:]
            case 2:
                del data[place : place + length]
            case 3:
                data[place:place] = data[place : place + length] * draw(st.sampled_from((1, 3, 300)))
            case 4:
                data[place:place] = draw(st.binary(max_size=20))
            case 5:
                number, order = draw(st.sampled_from(ODD_INTEGERS)), draw(st.sampled_from("<>"))
                data[place : place + 4] = struct.pack(f"{order}I", number)
            case _:
                data[place : place + 2] = struct.pack(draw(st.sampled_from("<>")) + "H", draw(st.integers(0, 0xFFFF)))
    return bytes(data)


def sometimes_damaged(content: bytes) -> st.SearchStrategy[bytes]:
    """Mostly as it is, since what it holds is damaged already."""
    return st.one_of(st.just(content), st.just(content), st.just(content), damaged_bytes(content))


# --- Texts -----------------------------------------------------------------------------------------------------------


@st.composite
def written(draw: Draw, words: Sequence[str], sound: Sequence[str] = ()) -> str:
    """A text of these words and odd ones in any order, or one of the sound texts with a piece replaced."""
    if sound and draw(st.sampled_from((True, False))):
        text = draw(st.sampled_from(sound))
        start = draw(st.integers(0, len(text)))
        piece = draw(st.one_of(st.sampled_from(words), st.sampled_from(ODD_TEXTS), st.text(max_size=5)))
        return text[:start] + piece + text[start + draw(st.integers(0, 5)) :]
    each = st.one_of(st.sampled_from(words), st.sampled_from(words), st.sampled_from(ODD_TEXTS), st.text(max_size=5))
    return "".join(draw(st.lists(each, max_size=12)))


# --- JSON ------------------------------------------------------------------------------------------------------------


def _places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value within a value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place] + [way for key, one in inside for way in _places(one, (*place, key))]


def odd_values() -> st.SearchStrategy[Any]:
    return st.one_of(
        st.sampled_from(ODD_VALUES).map(_fresh),
        st.integers(),
        st.floats(),
        st.text(max_size=10),
        st.lists(st.sampled_from(ODD_NUMBERS), max_size=4),
    )


def _fresh(value: Any) -> Any:
    """A copy, since what is put into a value may be damaged there once more."""
    return value if value is NESTED else copy.deepcopy(value)


@st.composite
def damaged_json(draw: Draw, value: Any) -> Any:
    """A JSON value in which up to three values are replaced, left out, doubled or renamed."""
    value = json.loads(json.dumps(value))
    for _ in range(draw(st.integers(1, 3))):
        places = _places(value)
        *way, last = draw(st.sampled_from(places)) or (None,)
        if last is None:
            return draw(odd_values())
        inside = value
        for key in way:
            inside = inside[key]
        match draw(st.integers(0, 4)):
            case 0 if isinstance(inside, dict):
                inside[draw(st.sampled_from(ODD_TEXTS))] = inside.pop(last)
            case 1:
                del inside[last]
            case 2 if isinstance(inside, list) and len(inside) < 1000:
                inside *= draw(st.sampled_from((2, 40)))
            case 3 if (odd := draw(odd_values())) is not NESTED and isinstance(inside, dict):
                inside[draw(st.sampled_from(sorted(inside)))] = odd
            case _:
                inside[last] = draw(odd_values())
                if inside[last] is NESTED:
                    return value
    return value


DEEP = "a value nested more deeply than can be written"


def _written_deep(value: Any) -> Any:
    """With a text in the place of what is nested too deeply to be written."""
    if value is NESTED:
        return DEEP
    if isinstance(value, dict):
        return {name: _written_deep(one) for name, one in value.items()}
    return [_written_deep(one) for one in value] if isinstance(value, list) else value


@st.composite
def json_text(draw: Draw, value: Any) -> bytes:
    """The text of a damaged JSON value; sometimes the text itself is damaged."""
    text = json.dumps(_written_deep(draw(damaged_json(value))), ensure_ascii=draw(st.booleans()))
    text = text.replace(json.dumps(DEEP), "[" * 5000 + "]" * 5000)
    return draw(sometimes_damaged(text.encode("utf-8", draw(st.sampled_from(("replace", "surrogatepass"))))))


# --- Tables ----------------------------------------------------------------------------------------------------------


@st.composite
def damaged_table(draw: Draw, text: str) -> bytes:
    """A table in which cells are odd and rows cut off, doubled, too long, or parted by something else."""
    rows = [line.split(",") for line in text.splitlines()]
    for _ in range(draw(st.integers(1, 4))):
        row = rows[draw(st.integers(0, len(rows) - 1))]
        column = draw(st.integers(0, max(len(row) - 1, 0)))
        match draw(st.integers(0, 5)):
            case 0:
                del row[column:]
            case 1:
                row += draw(st.lists(st.sampled_from(ODD_TEXTS), max_size=3))
            case 2:
                rows.insert(draw(st.integers(0, len(rows))), list(row))
            case 3 if len(rows) > 1:
                rows.remove(row)
            case _:
                odd = draw(st.one_of(st.sampled_from((*ODD_TEXTS, '"', '""', '"\n"', "\r", "'")), st.text(max_size=5)))
                row[column : column + 1] = [odd]
    end, part = draw(st.sampled_from(("\n", "\n", "\n", "\r\n", "\r", "\n\n"))), draw(st.sampled_from(",,,,;\t"))
    text = end.join(part.join(row) for row in rows) + draw(st.sampled_from(("", end)))
    return draw(sometimes_damaged(text.encode(draw(st.sampled_from(("utf-8", "utf-8", "utf-16"))), "surrogatepass")))


# --- Archives --------------------------------------------------------------------------------------------------------


# `zipfile` cannot write the others.
ODD_NAMES = [text for text in ODD_TEXTS if text not in ("", "\0", "\ud800")]


@st.composite
def damaged_zip(draw: Draw, members: Mapping[str, bytes], damage: Mapping[str, st.SearchStrategy[bytes]]) -> bytes:
    """A zip file, one of whose members at least is damaged in its own way, is renamed, doubled or not there.

    `damage` says for members what damages them; the bytes of others are damaged.
    """
    content = io.BytesIO()
    names = list(members)
    chosen = draw(st.sets(st.sampled_from(names), min_size=1, max_size=2)) if names else set()
    method = draw(st.sampled_from((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    with zipfile.ZipFile(content, "w", method) as archive:
        for name in names:
            if name not in chosen:
                archive.writestr(name, members[name])
                continue
            match draw(st.integers(0, 9)):
                case 0:
                    continue
                case 1:
                    odd = draw(st.sampled_from(ODD_NAMES))
                    archive.writestr(odd, members[name])
                case 2:
                    archive.writestr(name, members[name])
                    archive.filelist.append(archive.filelist[-1])
                case 3:
                    archive.writestr(name, members[name])
                    field = draw(st.sampled_from(("file_size", "CRC", "flag_bits", "compress_type", "header_offset")))
                    setattr(archive.filelist[-1], field, draw(st.sampled_from((0, 1, 8, 12, 14, 0xFFFF, 0x7FFFFFFF))))
                case _:
                    archive.writestr(name, draw(damage.get(name) or damaged_bytes(members[name])))
        for info in archive.filelist:
            info.flag_bits &= 0xFFFF
            info.compress_type &= 0xFFFF
    return draw(sometimes_damaged(content.getvalue()))


DESCRIPTIONS: tuple[Any, ...] = (
    "|u1", "<i8", "<f4", "<f8", ">f4", "|O", "|b1", "<U4", "|S5", "<c16", "<M8[s]", "|V3", "<U0", "<f2", "<U100000000",
    [("a", "<f4")], [("a", "|O")], "x", None, "(2,2)<f4",
)  # fmt: skip
SHAPES: tuple[Any, ...] = (
    (), (0,), (1,), (2, 28, 28), (3, 28, 28), (3,), (2**62, 4), (2**63 - 1, 2**63 - 1), (-1, 28), (10**30,), (1,) * 33,
    (True,), (0, 2**62), "x", None, 3, [3], (3.0,),
)  # fmt: skip


@st.composite
def damaged_array(draw: Draw, array: np.ndarray) -> bytes:
    """An `.npy` file whose header declares something odd, or whose numbers are odd, or that is damaged."""
    content = io.BytesIO()
    kind = draw(st.integers(0, 3))
    if kind == 0 and array.size and array.dtype.kind in "fiu":
        array = array.copy()
        place = draw(st.integers(0, array.size - 1))
        number = draw(st.sampled_from((0, 255, 9, 10, -1 if array.dtype.kind != "u" else 1)))
        odd = draw(st.sampled_from((math.nan, math.inf, -1.0, 0.5, 1e30))) if array.dtype.kind == "f" else number
        array.flat[place] = odd
    if kind == 1:
        kinds = ("u1", "i8", "f4", "f8", "?", "c8", "U3", "S2")
        array = array.astype(draw(st.sampled_from(kinds if array.dtype.kind != "U" else ("U3", "S2", "U80"))))
    if kind == 2 and array.ndim:
        array = draw(st.sampled_from((array[:0], array[..., np.newaxis], array.ravel(), array[:1], array.T)))
    header = {
        "descr": np.lib.format.dtype_to_descr(array.dtype),
        "fortran_order": draw(st.booleans()),
        "shape": array.shape,
    }
    if kind == 3:
        field = draw(st.sampled_from(("descr", "shape", "fortran_order")))
        odd = draw(st.sampled_from({"descr": DESCRIPTIONS, "shape": SHAPES}.get(field, (None, "x", 2, [], True))))
        header[field] = odd
    text = repr(header).encode()
    content.write(b"\x93NUMPY\x01\0" + struct.pack("<H", len(text) + 1) + text + b"\n")
    content.write(np.ascontiguousarray(array).tobytes())
    return draw(sometimes_damaged(content.getvalue()))


def damaged_npz(arrays: Mapping[str, np.ndarray]) -> st.SearchStrategy[bytes]:
    """A NumPy archive, some of whose arrays are damaged."""
    members = {}
    for name, array in arrays.items():
        content = io.BytesIO()
        np.save(content, array)
        members[f"{name}.npy"] = content.getvalue()
    return damaged_zip(members, {f"{name}.npy": damaged_array(array) for name, array in arrays.items()})


# --- Pictures --------------------------------------------------------------------------------------------------------


CHUNKS = (b"tEXt", b"zTXt", b"iCCP", b"eXIf", b"PLTE", b"tRNS", b"acTL", b"fcTL", b"gAMA")


@st.composite
def damaged_png(draw: Draw, content: bytes) -> bytes:
    """A PNG, some of whose chunks are damaged, doubled or left out, with the right sums, so that a reader goes on."""
    place, chunks = 8, []
    while place < len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        chunks.append((content[place + 4 : place + 8], content[place + 8 : place + 8 + length]))
        place += 12 + length
    for _ in range(draw(st.integers(1, 3))):
        number = draw(st.integers(0, len(chunks) - 1))
        kind, body = chunks[number]
        match draw(st.integers(0, 4)):
            case 0:
                chunks.insert(number, (kind, body))
            case 1 if len(chunks) > 1:
                del chunks[number]
            case 2:
                name = draw(
                    st.sampled_from((b"tEXt", b"zTXt", b"iCCP", b"eXIf", b"PLTE", b"tRNS", b"acTL", b"fcTL", b"gAMA"))
                )
                chunks.insert(number, (name, draw(st.binary(max_size=60))))
            case 3 if kind == b"IDAT":
                with contextlib.suppress(zlib.error):  # it may be damaged already
                    chunks[number] = (kind, zlib.compress(draw(damaged_bytes(zlib.decompress(body)))))
            case _:
                chunks[number] = (kind, draw(damaged_bytes(body or b"\0")))
    return draw(sometimes_damaged(_png(chunks)))


def _png(chunks: list[tuple[bytes, bytes]]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
