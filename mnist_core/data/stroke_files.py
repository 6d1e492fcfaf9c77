"""Handwriting as strokes of a pen: files of it, the writers that are kept out of training, pictures painted from it."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mnist_core.errors import InputError, check_disk
from mnist_core.formatting import count
from mnist_core.language import gettext
from mnist_core.mnist import CLASSES, NO_DIGIT, SIDE
from mnist_core.preprocessing.strokes import PEN_WIDTH, Strokes, check_strokes

SUFFIXES = (".jsonl", ".jsonl.gz")
# The label of a drawing that people said is no digit.
NONE = "none"
LONGEST_LINE = 2_000_000
MOST_DIGITS = 200_000
LONGEST_SITE = 40
# Of each 30 writers, these 8 are never trained on, drawn once by chance: who has seen a hand cannot be judged by it.
# A rule that looks at one writer alone holds back the same ones when others join.
HELD_BACK = (3, 5, 11, 12, 17, 22, 27, 29)
# Of files that say where people wrote, nothing of these places either: how a school teaches to write, how a tablet
# records and who labels differ from place to place more than from hand to hand.
HELD_BACK_SITES = ("apb", "app")
# Signs that somebody's digit looks like, which can neither teach nor judge doubt.
LOOKS_LIKE_A_DIGIT = frozenset("OoQSsZzlI|bqgB!/\\()',`1i")
# How freely a stroke of several is placed and sized, in shares of the drawing's longest side.
LOOSE = 0.04
# A line is so wide at most, as a share of its length, and leans so far at most, in degrees.
LINE_WIDTH, LINE_LEAN = 0.12, 50


@dataclass(frozen=True)
class Handwriting:
    """Digits, and signs that are none, as people drew them."""

    labels: np.ndarray  # int64 `[N]`, 0 to 9, or `NO_DIGIT`
    writers: np.ndarray  # int64 `[N]`, who drew it; -1 where that is not known
    strokes: tuple[Strokes, ...]  # as `strokes.check_strokes` returns them
    sites: tuple[str, ...] = ()  # where each was written, empty where that is not known; none of all known if empty

    @cached_property
    def identity(self) -> str:
        """SHA-256 of labels, writers, points and sites where known, the same whatever file they came in."""
        digest = hashlib.sha256(np.stack([self.labels, self.writers]).tobytes())
        for strokes in self.strokes:
            digest.update(as_bytes(strokes))
        digest.update("\n".join(self.sites).encode())
        return digest.hexdigest()

    def __len__(self) -> int:
        return len(self.labels)

    def chosen(self, indices: np.ndarray) -> "Handwriting":
        """The drawings with these indices (int64) or where this mask (bool `[N]`) is true."""
        indices = np.arange(len(self))[indices]
        strokes = tuple(self.strokes[index] for index in indices)
        sites = tuple(self.sites[index] for index in indices) if self.sites else ()
        return Handwriting(self.labels[indices], self.writers[indices], strokes, sites)

    def of_sites(self, *sites: str) -> np.ndarray:
        """Which drawings were made at one of these sites, bool `[N]`."""
        return np.isin(np.array(self.sites or ("",) * len(self)), sites)

    @cached_property
    def is_misleading(self) -> np.ndarray:
        """Which signs are nothing but an upright line, a 1 to everybody, whatever they are called: bool `[N]`.

        Some are the first stroke of an x or a K that was recorded alone.
        """
        pairs = zip(self.labels, self.strokes, strict=True)
        return np.array([label == NO_DIGIT and is_upright_line(strokes) for label, strokes in pairs], bool)

    @property
    def held_back(self) -> np.ndarray:
        """Which drawings are not trained on, bool `[N]`: those of whole writers and sites, the same ones each time.

        Where that would leave nobody to train on or nobody to judge by, it is every fourth drawing. Digits are parted
        the same way whether signs stand among them or not: they are often read without.
        """
        is_digit = self.labels != NO_DIGIT
        deciding = is_digit if is_digit.any() else ~is_digit
        held_back = (np.isin(self.writers % 30, HELD_BACK) & (self.writers >= 0)) | self.of_sites(*HELD_BACK_SITES)
        if held_back[deciding].all() or not held_back[deciding].any():
            held_back = np.where(is_digit, np.cumsum(is_digit), np.cumsum(~is_digit)) % 4 == 0
        return held_back

    def split(self) -> tuple["Handwriting", "Handwriting"]:
        """The drawings to train on and those to judge by (`held_back`)."""
        return self.chosen(~self.held_back), self.chosen(self.held_back)


def is_upright_line(strokes: Strokes) -> bool:
    """Whether a drawing is one straight line, within 50 degrees of upright; its points lie near an axis."""
    points = np.concatenate(strokes)
    points = points - points.mean(axis=0)
    axis = np.linalg.svd(points.T @ points)[0][:, 0]
    length, width = float(np.ptp(points @ axis)), float(np.ptp(points @ np.array([-axis[1], axis[0]])))
    return length > 0 and width <= LINE_WIDTH * length and bool(abs(axis[1]) >= np.cos(np.deg2rad(LINE_LEAN)))


def as_bytes(strokes: Strokes) -> bytes:
    """The lengths of a drawing's strokes and their points as bytes, which only the same drawing has."""
    lengths = np.array([len(stroke) for stroke in strokes], np.int64)
    return b"".join(array.tobytes() for array in (lengths, *strokes))


# --- Files -------------------------------------------------------------------------------------------------------


def read_handwriting(path: Path, signs: bool = False) -> Handwriting:
    """Reads labelled drawings from JSON lines, `{"label": 8, "writer": 12, "strokes": [[[x, y], …], …]}`, y downward.

    The file is `.jsonl` or `.jsonl.gz`; `writer` and `site`, where it was written, may be missing. A label of one
    character such as `"A"` is that of a sign, and `"none"` that of anything else which is no digit: they are read as no
    digit if `signs` are wanted and else left out, as signs that look like a digit are. InputError says which line
    cannot be used, and why.
    """
    labels, writers, sites, drawings = list[int](), list[int](), list[str](), list[Strokes]()
    for number, value in read_lines(path):
        where = gettext("{path_name}, line {number}", path_name=path.name, number=number)
        label, writer, site = _label(value.get("label"), where), value.get("writer", -1), value.get("site", "")
        if type(writer) is not int or not -1 <= writer < 2**31:
            raise InputError(
                gettext(
                    "{where} names its writer {writer!r}; expected a whole number.",
                    where=where,
                    writer=str(writer)[:20],
                )
            )
        if not isinstance(site, str) or len(site) > LONGEST_SITE:
            raise InputError(
                gettext("{where} names its site {site!r}; expected a short word.", where=where, site=str(site)[:20])
            )
        strokes = strokes_of_line(value, where)
        if not strokes:
            raise InputError(gettext("{where} has strokes without points; remove the line.", where=where))
        if number > MOST_DIGITS:
            raise InputError(
                gettext(
                    "{path_name} has more than {most_digits} lines; split it.",
                    path_name=path.name,
                    most_digits=count(MOST_DIGITS),
                )
            )
        if label is None or (label == NO_DIGIT and not signs):
            continue
        labels.append(label)
        writers.append(writer)
        sites.append(site)
        drawings.append(strokes)
    if not labels:
        raise InputError(
            gettext(
                '{path_name} holds no drawings of digits; expected JSON lines {{"label": 8, "strokes": …}}.',
                path_name=path.name,
            )
        )
    known = tuple(sites) if any(sites) else ()
    return Handwriting(np.array(labels, np.int64), np.array(writers, np.int64), tuple(drawings), known)


def _label(label: object, where: str) -> int | None:
    """The digit, `NO_DIGIT` of a sign that is none, or None of one that looks like a digit."""
    if type(label) is int and 0 <= label < CLASSES:
        return label
    if label == NONE:
        return NO_DIGIT
    # Some files write a sign with a backslash before it.
    sign = label.lstrip("\\") or "\\" if isinstance(label, str) else ""
    if len(sign) != 1 or sign.isdigit() or not sign.isprintable():
        raise InputError(
            gettext(
                '{where} has no label from 0 to 9; expected {{"label": 8, "strokes": …}}, or a sign as "A".',
                where=where,
            )
        )
    return None if sign in LOOKS_LIKE_A_DIGIT else NO_DIGIT


def strokes_of_line(value: dict[str, Any], where: str) -> Strokes:
    """`where` names the line in the error."""
    try:
        return check_strokes(value["strokes"])
    except InputError as error:
        raise InputError(gettext("{where}: {error}", where=where, error=error)) from None


def read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields line number and value of each line of a JSON-lines file that holds strokes; else InputError."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            number = 0
            while line := file.readline(LONGEST_LINE):
                number += 1
                where = gettext("{path_name}, line {number}", path_name=path.name, number=number)
                if len(line) == LONGEST_LINE:
                    raise InputError(
                        gettext(
                            "{where} is longer than {longest_line} characters; draw a simpler digit.",
                            where=where,
                            longest_line=count(LONGEST_LINE),
                        )
                    )
                if not line.strip():
                    continue
                try:
                    value = json.loads(line)
                except (ValueError, RecursionError):
                    raise InputError(gettext('{where} is not JSON; expected {{"strokes": …}}.', where=where)) from None
                if not isinstance(value, dict) or "strokes" not in value:
                    raise InputError(gettext("{where} has no 'strokes'; expected {{\"strokes\": …}}.", where=where))
                yield number, value
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        check_disk(str(path), error)
        raise InputError(
            gettext("{path} cannot be read ({error}); expected a file of JSON lines.", path=path, error=error)
        ) from error


# --- Painting ----------------------------------------------------------------------------------------------------


def paint_all(drawings: Sequence[Strokes]) -> np.ndarray:
    """As the Draw page paints them; uint8 `[N, 28, 28]`."""
    from mnist_core.preprocessing.pipeline import prepare  # SciPy: a fifth of a second, for those who paint

    return np.array([prepare(strokes) for strokes in drawings], np.uint8).reshape(-1, SIDE, SIDE)


def paint_varied(drawings: Sequence[Strokes], copies: int, random: np.random.Generator) -> np.ndarray:
    """Paints each drawing `copies` times, each time as the same hand might have drawn it with another pen.

    uint8 `[copies × N, 28, 28]`: all drawings once, then all of them again.
    """
    from mnist_core.preprocessing.pipeline import prepare

    images = [prepare(redraw(strokes, random), draw_pen(random)) for _ in range(copies) for strokes in drawings]
    return np.array(images, np.uint8).reshape(-1, SIDE, SIDE)


def draw_pen(random: np.random.Generator) -> float:
    """A pen width in pixels of 28, as widely spread as MNIST's pens are."""
    return float(np.clip(np.exp(random.normal(np.log(PEN_WIDTH), 0.25)), 1.5, 4.5))


def redraw(strokes: Strokes, random: np.random.Generator) -> Strokes:
    """Varies a drawing, and where it has several strokes, each on its own: 4 % in size and place, as hands lay them."""
    varied = vary(strokes, random)
    if len(varied) == 1:
        return varied
    return [_placed_anew(stroke, random) for stroke in varied]


def _placed_anew(stroke: np.ndarray, random: np.random.Generator) -> np.ndarray:
    centre = stroke.mean(axis=0)
    moved: np.ndarray = (stroke - centre) * np.exp(random.normal(0, LOOSE, 2)) + centre + random.normal(0, LOOSE, 2)
    return moved


def vary(strokes: Strokes, random: np.random.Generator, strength: float = 1.0) -> Strokes:
    """Turns, slants, stretches and bends a drawing at random, all of it smoothly, as one hand's digits differ.

    A strength of 1 is turns up to 12°, slants up to 0.25 and bends of some 4 % of the drawing's size. The new strokes
    are in units of the drawing's longest side.
    """
    points = np.concatenate(strokes)
    size = max(float(np.ptp(points, axis=0).max()), 1e-9)
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    angle = np.deg2rad(strength * random.uniform(-12, 12))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    slant = np.array([[1, strength * random.uniform(-0.25, 0.25)], [0, 1]])
    stretch = np.diag(np.exp(strength * random.uniform(-0.2, 0.2, 2)))
    shape = turn @ slant @ stretch
    # Waves of about the drawing's own size bend it without making it tremble.
    frequencies = random.normal(0, 4.0, (4, 2))
    phases = random.uniform(0, 2 * np.pi, 4)
    bends = strength * random.normal(0, 0.02, (4, 2))
    varied = []
    for stroke in strokes:
        placed = (stroke - centre) / size
        varied.append(placed @ shape.T + np.sin(placed @ frequencies.T + phases) @ bends)
    return varied
