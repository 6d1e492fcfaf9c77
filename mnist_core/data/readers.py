"""The one place that tells how files of digits are read: what is uploaded, and what a path names to learn from.

Each reader gives parts by what they are for: `train`, `test`, or an empty text where nothing says it.
"""

import dataclasses
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from mnist_core.data import (
    arff,
    arrays,
    bundles,
    formats,
    idx_sets,
    loose_arrays,
    matlab,
    parquet,
    picture_labels,
    stroke_files,
    tables,
)
from mnist_core.data.bundles import Bundle, Limits
from mnist_core.data.greys import Part
from mnist_core.errors import InputError
from mnist_core.files import folders, kinds, npz
from mnist_core.files.kinds import Kind
from mnist_core.formatting import count, listed, readable
from mnist_core.language import N_, gettext, ngettext
from mnist_core.preprocessing import picture_files

KINDS = N_(
    "a table (CSV, TSV, ARFF or Parquet), IDX files, arrays (.npz, .npy, .mat, HDF5 or "
    "JSON), strokes (.jsonl), pictures, or a folder or zip of these"
)

# What tells of data, and is none.
ABOUT = re.compile(r"read.?me|licen[cs]e|about|description|metadata|dataset_info|requirements")

Parts = dict[str, Part]


@dataclass(frozen=True)
class Wanted:
    """What is wanted of files, and how much is read."""

    test_alone: bool = False  # where a file has images to judge by, no others are read
    images: float = math.inf
    bytes: int = npz.MOST_BYTES  # of an array
    bundle: Limits = dataclasses.field(default_factory=lambda: Limits(100_000, 4_000_000_000))


@dataclass(frozen=True)
class Form:
    """A form of files that is known by the end of a name."""

    words: str  # what such a file is, as sentences call it
    name: str  # the same without an article
    endings: tuple[str, ...]
    kinds: tuple[Kind | None, ...]  # what its content may be
    read: Callable[[Path, Wanted], Parts]

    def is_of(self, name: str) -> bool:
        return name.lower().endswith(self.endings)


def _table(path: Path, wanted: Wanted) -> Parts:
    return {"": tables.read(path, wanted.images)}


def _arff(path: Path, wanted: Wanted) -> Parts:
    return {"": arff.read(path, wanted.images)}


def _archive(path: Path, wanted: Wanted) -> Parts:
    if wanted.test_alone:
        return {"": arrays.read_test(path, wanted.bytes)}
    train, test = arrays.read_both(path)
    return {"": train} if test is None else {"train": train, "test": test}


def _matlab(path: Path, wanted: Wanted) -> Parts:
    return matlab.read(path, wanted.bytes)


def _parquet(path: Path, wanted: Wanted) -> Parts:
    return {"": parquet.read(path, wanted.images, wanted.bytes)}


def _array(path: Path, wanted: Wanted) -> Parts:
    return loose_arrays.read_arrays(loose_arrays.with_labels(path), wanted.bytes)


def _json(path: Path, wanted: Wanted) -> Parts:
    return loose_arrays.read_json(path)


def _picture(path: Path, wanted: Wanted) -> Parts:
    return _pictures([path])


def _pictures(paths: Sequence[Path]) -> Parts:
    from mnist_core.data import picture_zip  # SciPy takes 0.3 s, which a table need not wait for

    return {"": picture_zip.read_files(paths)}


def _strokes(path: Path, wanted: Wanted) -> Parts:
    drawn = stroke_files.read_handwriting(path)
    return {"": Part(stroke_files.paint_all(drawn.strokes), drawn.labels)}


def _zip(path: Path, wanted: Wanted) -> Parts:
    with bundles.opened(path, wanted.bundle) as bundle:
        return read_bundle(bundle, wanted)


def _idx(path: Path, wanted: Wanted) -> Parts:
    names = {other.name for other in folders.inside(path.parent)} if "images" in path.name else set()
    labels = idx_sets.labels_of(path.name, names)
    return {"": idx_sets.read_pair(path, path.with_name(labels) if labels else None, wanted.bytes)}


_PACKED_TABLES = tuple(f"{suffix}.gz" for suffix in tables.SUFFIXES)

FORMS = (
    Form(N_("a table"), N_("table"), (*tables.SUFFIXES, *_PACKED_TABLES), (kinds.TEXT, kinds.GZIP, None), _table),
    Form(N_("an ARFF table"), N_("ARFF table"), (arff.SUFFIX,), (kinds.ARFF, kinds.TEXT, None), _arff),
    Form(N_("a NumPy archive (.npz)"), N_("NumPy archive (.npz)"), (".npz",), (kinds.NPZ, kinds.ZIP, None), _archive),
    Form(N_("a NumPy array (.npy)"), N_("NumPy array (.npy)"), (loose_arrays.ARRAY_SUFFIX,), (kinds.NPY, None), _array),
    Form(N_("a MATLAB file"), N_("MATLAB file"), (matlab.SUFFIX,), (kinds.MATLAB, kinds.HDF5, None), _matlab),
    Form(N_("an HDF5 file"), N_("HDF5 file"), matlab.HDF5_SUFFIXES, (kinds.HDF5,), _matlab),
    Form(N_("a Parquet file"), N_("Parquet file"), parquet.SUFFIXES, (kinds.PARQUET,), _parquet),
    Form(
        N_("strokes as JSON lines"),
        N_("strokes as JSON lines"),
        stroke_files.SUFFIXES,
        (kinds.JSON, kinds.GZIP, kinds.TEXT, None),
        _strokes,
    ),
    Form(N_("a JSON text"), N_("JSON text"), (loose_arrays.JSON_SUFFIX,), (kinds.JSON, None), _json),
    Form(N_("a picture"), N_("picture"), picture_files.SUFFIXES, (kinds.PNG, kinds.JPEG, None), _picture),
    Form(N_("a zip file"), N_("zip file"), (".zip",), (kinds.ZIP, kinds.NPZ, None), _zip),
)
# What is known by its content alone, where the end of the name says nothing, as of IDX files.
IDX = Form(N_("a file that the lab reads"), N_("IDX file"), (), (kinds.IDX, kinds.GZIP, None), _idx)
BY_KIND = {
    kinds.NPZ: ".npz",
    kinds.NPY: ".npy",
    kinds.MATLAB: ".mat",
    kinds.HDF5: ".h5",
    kinds.PARQUET: ".parquet",
    kinds.ARFF: ".arff",
    kinds.PNG: ".png",
    kinds.JPEG: ".png",
    kinds.ZIP: ".zip",
    kinds.JSON: ".json",
    kinds.TEXT: ".csv",
}


def form_of(name: str) -> Form | None:
    """Returns the form that a name has, None where it has none; nobody looks at the file."""
    return next((form for form in FORMS if form.is_of(name)), None)


def read(path: Path, wanted: Wanted) -> Parts:
    """Reads a file or a folder.

    Raises:
        InputError: There are no digits in it, it is damaged, or another kind than its name says.
    """
    if path.is_dir():
        return _zip(path, wanted)
    if not folders.is_file(path):
        raise InputError(gettext("There is no file at {path}; expected {kinds}.", path=path, kinds=KINDS))
    kinds.check_finished(path)
    form = form_of(path.name)
    if form is None:
        kind = kinds.of(path)
        form = form_of(BY_KIND[kind]) if kind in BY_KIND else IDX
    assert form
    kinds.check(path, gettext(form.words), form.kinds)
    return form.read(path, wanted)


def read_several(paths: Sequence[Path], wanted: Wanted) -> tuple[str, Parts]:
    """Reads files that somebody hands over together, and says what they are called; as `read`."""
    if all(picture_files.is_picture(path.name) for path in paths):
        from mnist_core.data import picture_zip

        return picture_zip.title_of(paths), _pictures(paths)
    if len(paths) == 1:
        return paths[0].name, read(paths[0], wanted)
    if all(path.suffix.lower() == loose_arrays.ARRAY_SUFFIX for path in paths):
        return paths[0].name, loose_arrays.read_arrays(paths, wanted.bytes)
    beside = [path for path in paths if not picture_files.is_picture(path.name)]
    if all(map(tables.is_table, beside)):
        return _read_labelled_pictures(paths)
    return _read_pair(paths, wanted)


def _read_labelled_pictures(paths: Sequence[Path]) -> tuple[str, Parts]:
    """Reads pictures that are handed over with a table of file and digit."""
    from mnist_core.data import picture_zip

    bundle = Bundle(paths[0], {path.name: path for path in paths})
    chosen = [path for path in paths if picture_files.is_picture(path.name)]
    names = [path.name for path in chosen]
    if not picture_labels.by_tables(bundle, names)[0] or len(set(names)) < len(names):
        raise _apart(paths)
    return picture_zip.title_of(chosen), picture_zip.read_bundle(bundle)


def _apart(paths: Sequence[Path]) -> InputError:
    names = ngettext("{number} file", "{number} files", len(paths), number=count(len(paths)))
    return InputError(
        gettext(
            "These {files} do not belong together; take all but one away. Expected is {kinds}.",
            files=names,
            kinds=KINDS,
        )
    )


def _read_pair(paths: Sequence[Path], wanted: Wanted) -> tuple[str, Parts]:
    """Reads two IDX files, whichever of them holds the labels."""
    if len(paths) != 2 or any(form_of(path.name) for path in paths):
        raise _apart(paths)
    for path in paths:
        kinds.check(path, gettext(IDX.words), IDX.kinds)
    found = sorted(((formats.read_idx(path, wanted.bytes), path.name) for path in paths), key=lambda one: -one[0].ndim)
    (images, name), (labels, other) = found
    if images.ndim != 3 or labels.ndim != 1:
        raise InputError(
            gettext(
                "Both files, {name} and {other}, hold images; expected one of images and one of labels.",
                name=name,
                other=other,
            )
            if labels.ndim == 3
            else gettext(
                "Both files, {name} and {other}, hold labels; expected one of images and one of labels.",
                name=name,
                other=other,
            )
        )
    return name, {"": idx_sets.part_of(images, name, labels, other)}


# --- Folders and zip files -------------------------------------------------------------------------------------------


def read_bundle(bundle: Bundle, wanted: Wanted) -> Parts:
    """Reads what lies in a folder or a zip: a set of IDX files, pictures, or files of one form; errors as `read`."""
    if pairs := idx_sets.pairs_in(bundle.members):
        return _read_idx_set(bundle, pairs, wanted)
    if any(picture_files.is_picture(name) for name in bundle.members):
        from mnist_core.data import picture_zip

        return picture_zip.read_bundle(bundle, wanted.test_alone)
    form, files = _files_of_one_form(bundle)
    with bundles.scratch() as folder:
        if form.endings == (loose_arrays.ARRAY_SUFFIX,):
            return loose_arrays.read_arrays([bundle.at(name, folder) for name in files], wanted.bytes)
        return _read_files(bundle, files, wanted, folder)


def _read_idx_set(bundle: Bundle, pairs: list[idx_sets.Pair], wanted: Wanted) -> Parts:
    chosen = idx_sets.chosen(pairs)
    if wanted.test_alone and any(pair.purpose == "test" for pair in chosen):
        chosen = [pair for pair in chosen if pair.purpose == "test"]
    with bundles.scratch() as folder:
        parts = idx_sets.read(chosen, lambda name: bundle.at(name, folder), bundle.what, wanted.bytes)
    own = gettext("MNIST's own")
    others = sorted({pair.set or own for pair in pairs} - {chosen[0].set or own})
    if not others:
        return parts
    note = gettext(
        "Of the sets in there, {chosen} is read, not {others}.",
        chosen=chosen[0].set or "MNIST",
        others=readable(listed(others), 60),
    )
    return {purpose: dataclasses.replace(part, notes=(*part.notes, note)) for purpose, part in parts.items()}


def _files_of_one_form(bundle: Bundle) -> tuple[Form, list[str]]:
    """The files of data in a folder or a zip, of the form whose files are largest."""
    found: dict[str, list[str]] = {}
    forms = {form.words: form for form in FORMS if form.read is not _zip}
    for name in bundle.members:
        path = PurePosixPath(name)
        form = form_of(path.name)
        if form and form.words in forms and not ABOUT.match(path.stem.lower()):
            found.setdefault(form.words, []).append(name)
    if not found:
        inside = readable(", ".join(sorted(bundle.members)[:5]), 100) or gettext("nothing")
        raise InputError(
            gettext(
                "{what} holds no digits that the lab reads (it holds {inside}); expected {kinds}.",
                what=bundle.what,
                inside=inside,
                kinds=KINDS,
            )
        )
    words = max(found, key=lambda words: sum(map(bundle.size, found[words])))
    return forms[words], sorted(found[words])


def _read_files(bundle: Bundle, files: list[str], wanted: Wanted, folder: Path) -> Parts:
    """Reads files by what they are for, which names or else folders say; pieces of one are put together."""
    purposes: dict[str, list[str]] = {}
    for name in files:
        parts = reversed(PurePosixPath(name).parts)
        purposes.setdefault(next(filter(None, map(arrays.purpose_of, parts)), ""), []).append(name)
    if len(purposes) > 1:
        purposes.pop("", None)  # such as Kaggle's sample_submission.csv
    if wanted.test_alone and "test" in purposes:
        purposes = {"test": purposes["test"]}
    found: Parts = {}
    for purpose, names in purposes.items():
        if len(names) > 1 and not all(name.lower().endswith(parquet.SUFFIXES) for name in names):
            raise InputError(
                gettext(
                    "{what} holds {files} of digits, such as {name}; name one of them, or let their "
                    "names say which is to train and which to test.",
                    what=bundle.what,
                    files=ngettext("{number} file", "{number} files", len(names), number=count(len(names))),
                    name=readable(names[0], 60),
                )
            )
        pieces = [read(bundle.at(name, folder), wanted) for name in names]
        if len(purposes) == len(pieces) == 1 and not purpose:
            return pieces[0]
        found[purpose] = _together([chosen_of(piece) for piece in pieces])
    return found


def _together(parts: Sequence[Part]) -> Part:
    """Puts parts one after the other; labels count if all have them."""
    labels = [part.labels for part in parts if part.labels is not None]
    return Part(
        np.concatenate([part.images for part in parts]),
        np.concatenate(labels) if len(labels) == len(parts) else None,
        tuple(dict.fromkeys(note for part in parts for note in part.notes)),
        tuple(name for part in parts for name in part.names),
        tuple(one for part in parts for one in part.left_out),
    )


def chosen_of(parts: Parts) -> Part:
    """The part to judge by: that for tests, or what there is; one with labels before one without."""
    ordered = [parts[purpose] for purpose in ("test", "", "train") if purpose in parts]
    return next((part for part in ordered if part.labels is not None), ordered[0])
