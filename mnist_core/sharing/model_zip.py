"""A zip file from outside with a model in it, and perhaps a card beside it: the one is unpacked, the other is read.

So does the lab's own package come back, which holds one model in several kinds of file.
"""

import stat
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from mnist_core.errors import InputError, check_disk
from mnist_core.files import archives, sandbox
from mnist_core.files.archives import Archive
from mnist_core.formatting import count, listed, readable, size
from mnist_core.language import gettext
from mnist_core.sharing import tensorflow_js

SUFFIX, ONNX = ".zip", ".onnx"
# Beside an ONNX file such a one holds other things, such as an optimizer.
OF_HDF5 = (".h5", ".hdf5")
MOST_ENTRIES = 1000
LARGEST_CARD = 100_000
CARDS = ("readme.md", "model_card.md", "modelcard.md", "readme.txt", "card.md")


def unpack(
    path: str, folder: str, what: str, suffixes: Sequence[str], most_bytes: int, whole: Sequence[Sequence[str]] = ()
) -> dict[str, str]:
    """Unpacks the model of a zip file as `inside` with its ending; a task for `sandbox.run`.

    `suffixes` are those of files that hold a model, the one to be taken first. A zip file with all members of one of
    the lists `whole` is a model itself. Returns the model's `name` and the text of a `card` beside it; both are empty
    where there is none, and the name where the model stays in the zip file. InputError if there is more than one of
    that kind.
    """
    sandbox.limit(archives.SYSTEM_MEMORY)
    try:
        with archives.open_zip(Path(path), MOST_ENTRIES, what) as opened:
            files = {info.filename: info for info in opened.infolist() if not info.is_dir()}
            archive = Archive(opened, files, what)
            name = "" if any(files.keys() >= set(members) for members in whole) else _model(files, suffixes, what)
            if not name:
                return {"name": "", "card": _card(archive, files, _staying(files))}
            _check(files[name], what, most_bytes)
            archive.copy(name, Path(folder) / f"inside{_suffix(name)}")
            return {"name": PurePosixPath(name).name, "card": _card(archive, files, name)}
    except InputError:
        raise
    except archives.DAMAGE as error:
        check_disk(what, error)
        raise InputError(gettext("{what} is not a complete zip file; get or save it again.", what=what)) from error


def _model(names: Iterable[str], suffixes: Sequence[str], what: str) -> str:
    # What a Mac puts into a zip file beside each file is no model.
    names = [name for name in names if not name.startswith("__MACOSX/")]
    has_onnx = any(_suffix(name) == ONNX for name in names)
    for suffix in suffixes:
        if has_onnx and suffix in OF_HDF5:
            continue
        found = [name for name in names if _suffix(name) == suffix]
        if len(found) > 1:
            first = listed([readable(name) for name in found[:3]])
            raise InputError(
                gettext(
                    "{what} holds {found} models ({first}); pack one alone, and import each.",
                    what=what,
                    found=count(len(found)),
                    first=first,
                )
            )
        if found:
            return found[0]
    return ""


def _staying(names: Iterable[str]) -> str:
    """The model that is read in the zip file: beside it, a card may lie."""
    ends = (name for name in names if not name.startswith("__MACOSX/"))
    is_model = (name for name in ends if _suffix(name) == ONNX or PurePosixPath(name).name == tensorflow_js.MEMBER)
    return next(is_model, "model")


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _check(info: zipfile.ZipInfo, what: str, most_bytes: int) -> None:
    name = readable(info.filename)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise InputError(
            gettext("'{name}' in {what} is a link to another file, which is never followed.", name=name, what=what)
        )
    if info.flag_bits & 1 or info.compress_type not in archives.METHODS:
        raise InputError(
            gettext("'{name}' in {what} is encrypted or packed in an unusual way; pack it again.", name=name, what=what)
        )
    if info.file_size > most_bytes:
        raise InputError(
            gettext(
                "'{name}' in {what} declares {file_size}; at most {most_bytes} are read.",
                name=name,
                what=what,
                file_size=size(info.file_size),
                most_bytes=size(most_bytes),
            )
        )


def _card(archive: Archive, files: dict[str, zipfile.ZipInfo], model: str) -> str:
    """The text of a card in the model's own folder; empty where there is none that can be read."""
    beside = PurePosixPath(model).parent
    for name, info in files.items():
        path = PurePosixPath(name)
        if path.name.lower() in CARDS and path.parent == beside:
            try:
                _check(info, gettext("the file"), LARGEST_CARD)
                text = archive.text(name)
            except InputError:
                return ""  # the model is what matters
            return "".join(one for one in text if one.isprintable() or one in "\n\t")
    return ""
