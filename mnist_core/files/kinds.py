"""What a file is by its first and last bytes, whatever its name says; nothing of it is decoded.

A web page in the place of a download, a pointer of Git LFS, a half download or a pickle is called what it is.
"""

import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from mnist_core.errors import InputError, check_disk
from mnist_core.files import archives, folders
from mnist_core.files.encodings import encoding_of
from mnist_core.language import N_, gettext

LOOKED_AT = 4096  # bytes
MOST_ENTRIES = 2000  # with more it is a zip, whatever is in it
# The list of what is in a zip file stands at its end; PyTorch packs the larger kind, whose list is not read otherwise.
LIST_LOOKED_AT = 1_000_000  # bytes
# What browsers call a download that has not ended.
UNFINISHED = (".crdownload", ".part", ".partial", ".download")


@dataclass(frozen=True)
class Kind:
    """A kind of files."""

    words: str  # such as "a PNG picture"
    advice: str  # what to do with one that is not read here


_RENAME = N_("give the file that is meant, or let its name say what it is")
_AS_CSV = N_("save its table as CSV")
_UNPACK = N_("unpack it first")

EMPTY = Kind("empty", N_("get it again"))
WEB_PAGE = Kind(N_("a web page"), N_("download the file itself, on GitHub with “Download raw file”"))
LFS_POINTER = Kind(
    N_("a pointer of Git LFS"), N_("get the file itself, with 'git lfs pull' or the download of its site")
)
TEXT = Kind(N_("a text"), _RENAME)
JSON = Kind(N_("a JSON text"), _RENAME)
ARFF = Kind(N_("an ARFF table"), _RENAME)
PNG, JPEG = Kind(N_("a PNG picture"), _RENAME), Kind(N_("a JPEG picture"), _RENAME)
ZIP, GZIP = Kind(N_("a zip file"), _RENAME), Kind(N_("a gzip file"), _RENAME)
NPZ, NPY = Kind(N_("a NumPy archive (.npz)"), _RENAME), Kind(N_("a NumPy array (.npy)"), _RENAME)
PARQUET = Kind(N_("a Parquet file"), _RENAME)
MATLAB = Kind(N_("a MATLAB file"), _RENAME)
HDF5 = Kind(N_("an HDF5 file"), _RENAME)
IDX = Kind(N_("an IDX file"), _RENAME)
PICKLE = Kind(N_("a Python pickle, which can run code and is never read"), N_("save its arrays with numpy.savez"))
TORCH = Kind(N_("a file of PyTorch, which can run code and is never read"), N_("save its arrays with numpy.savez"))
KERAS = Kind(N_("a Keras model"), N_("the Models page and 'import' read it"))
EXCEL = Kind(N_("an Excel workbook"), _AS_CSV)
OPEN_DOCUMENT = Kind(N_("an OpenDocument file"), _AS_CSV)
WORD = Kind(N_("a Word document"), _AS_CSV)
ARROW = Kind(N_("an Arrow file"), N_("save it as Parquet or CSV"))
TFRECORD = Kind("a TFRecord", N_("save its images and labels with numpy.savez"))

# What files begin with, from which byte on.
STARTS: tuple[tuple[int, bytes, Kind], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", PNG),
    (0, b"\xff\xd8\xff", JPEG),
    (0, b"\x1f\x8b", GZIP),
    (0, b"\x93NUMPY", NPY),
    (0, b"PAR1", PARQUET),
    (0, b"MATLAB 5.0 MAT", MATLAB),
    (0, b"\x89HDF\r\n\x1a\n", HDF5),
    (512, b"\x89HDF\r\n\x1a\n", HDF5),  # behind the text that MATLAB 7.3 writes first
    (0, b"ARROW1", ARROW),
    (0, b"GIF8", Kind(N_("a GIF picture"), N_("save it as PNG or JPEG"))),
    (0, b"BM", Kind(N_("a BMP picture"), N_("save it as PNG or JPEG"))),
    (0, b"II*\0", Kind(N_("a TIFF picture"), N_("save it as PNG or JPEG"))),
    (0, b"MM\0*", Kind(N_("a TIFF picture"), N_("save it as PNG or JPEG"))),
    (8, b"WEBP", Kind(N_("a WebP picture"), N_("save it as PNG or JPEG"))),
    (0, b"%PDF", Kind(N_("a PDF document"), N_("save its pages as PNG, or its table as CSV"))),
    (0, b"SQLite format 3\0", Kind(N_("an SQLite database"), _AS_CSV)),
    (0, b"Rar!\x1a\x07", Kind(N_("a RAR archive"), N_("unpack it, and pack it as a zip file"))),
    (0, b"7z\xbc\xaf\x27\x1c", Kind(N_("a 7z archive"), N_("unpack it, and pack it as a zip file"))),
    (0, b"\xfd7zXZ\0", Kind(N_("packed with xz"), _UNPACK)),
    (0, b"BZh", Kind(N_("packed with bzip2"), _UNPACK)),
    (0, b"\x28\xb5\x2f\xfd", Kind(N_("packed with Zstandard"), _UNPACK)),
    (257, b"ustar", Kind(N_("a tar archive"), N_("unpack it, and pack it as a zip file"))),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind(N_("a file of an older Excel or Word"), _AS_CSV)),
    (0, b"\x7fELF", Kind(N_("a program"), N_("give a file of digits"))),
    (0, b"MZ", Kind(N_("a program"), N_("give a file of digits"))),
    (0, b"RDX2\n", Kind(N_("a file of R"), _AS_CSV)),
)
# Members that tell a kind that is packed as a zip.
MEMBERS: tuple[tuple[str, Kind], ...] = (
    ("xl/", EXCEL),
    ("word/", WORD),
    ("content.xml", OPEN_DOCUMENT),
    ("data.pkl", TORCH),
    ("model.weights.h5", KERAS),
)


def of(path: Path) -> Kind | None:
    """Tells what a file is; None where it is nothing known, or cannot be read."""
    try:
        with folders.opened(path) as file:
            start = file.read(LOOKED_AT)
    except OSError as error:
        check_disk(path.name, error)
        return None
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _of_zip(path)
    return of_start(start, path.name)


def of_start(start: bytes, name: str = "") -> Kind | None:
    """Tells what a file is by its first bytes, `LOOKED_AT` of them or all, and a TFRecord by its name."""
    if not start:
        return EMPTY
    for place, mark, kind in STARTS:
        if start.startswith(mark, place):
            # Two letters alone are no proof.
            return kind if len(mark) > 2 or kind is GZIP or not _text(start) else TEXT
    if start[:2] == b"\0\0" and start[2:3] in b"\x08\x09\x0b\x0c\x0d\x0e" and start[3:4] in b"\1\2\3\4":
        return IDX
    if ".tfrecord" in name.lower():
        return TFRECORD
    if start[0] == 0x80 and start[1:2] in (b"\2", b"\3", b"\4", b"\5"):
        return PICKLE
    return _of_text(_text(start))


def _text(start: bytes) -> str:
    """What bytes say as a text; nothing where they are none."""
    try:
        text = start.decode(encoding_of(start))
    except UnicodeDecodeError as error:
        if error.start < len(start) - 4:  # a letter may be cut at the end
            return ""
        text = start[: error.start].decode(encoding_of(start), errors="ignore")
    return text if all(one.isprintable() or one in "\t\r\n\f" for one in text) else ""


def _of_text(text: str) -> Kind | None:
    begin = text.lstrip("\ufeff \t\r\n").casefold()
    if begin.startswith(("<!doctype html", "<html", "<head", "<body")) or (begin[:1] == "<" and "<html" in begin):
        return WEB_PAGE
    if begin.startswith("version ") and "git-lfs" in begin.partition("\n")[0]:
        return LFS_POINTER
    if begin.startswith(("{", "[")):
        return JSON
    lines = (line.strip() for line in begin.splitlines())
    if next((line for line in lines if line and not line.startswith("%")), "").startswith("@relation"):
        return ARFF
    return TEXT if begin else None


def _of_zip(path: Path) -> Kind:
    try:
        with archives.open_zip(path, MOST_ENTRIES) as archive:
            names = archive.namelist()
    except InputError:
        return TORCH if _names_a_pickle(path) else ZIP
    except archives.DAMAGE:
        return ZIP
    for part, kind in MEMBERS:
        if any(name.startswith(part) or name.rpartition("/")[2] == part for name in names):
            return kind
    return NPZ if names and all(name.endswith(".npy") for name in names) else ZIP


def _names_a_pickle(path: Path) -> bool:
    """Whether the list at the end of a zip file names what PyTorch keeps a model in."""
    try:
        with folders.opened(path) as file:
            file.seek(max(file.seek(0, 2) - LIST_LOOKED_AT, 0))
            return b"/data.pkl" in file.read()
    except OSError as error:
        check_disk(path.name, error)
        return False


def check(path: Path, expected: str, kinds: Collection[Kind | None]) -> Kind | None:
    """Raises InputError where a file is not what it has to be, or only the first half of it.

    Args:
        path: The file.
        expected: What it has to be, in words, such as "a table".
        kinds: What it may be; what is none that is known may be anything.

    Returns:
        What it is.
    """
    kind = of(path)
    if kind is EMPTY:
        raise InputError(
            gettext(
                "The file {path_name} is empty; expected {expected}, get it again.",
                path_name=path.name,
                expected=expected,
            )
        )
    if kind is not None and kind not in kinds:
        raise InputError(
            gettext(
                "The file {path_name} is {words}, not {expected}; {advice}.",
                path_name=path.name,
                words=kind.words,
                expected=expected,
                advice=kind.advice,
            )
        )
    if kind in (ZIP, NPZ) and not _has_end(path):
        raise broken_off(path)
    return kind


def broken_off(path: Path) -> InputError:
    """The error for a file that ends too early."""
    return InputError(
        gettext(
            "The file {path_name} breaks off, as a download does that did not end; get it again.", path_name=path.name
        )
    )


def _has_end(path: Path) -> bool:
    """Whether a zip file has its last record."""
    try:
        with folders.opened(path) as file:
            return zipfile.is_zipfile(file)
    except OSError as error:
        check_disk(path.name, error)
        return True


def check_finished(path: Path) -> None:
    """Raises InputError where a name is one that browsers give a download until it has ended."""
    if path.name.lower().endswith(UNFINISHED):
        raise InputError(
            gettext(
                "The file {path_name} is a download that has not ended; wait until it has, or get it again.",
                path_name=path.name,
            )
        )
