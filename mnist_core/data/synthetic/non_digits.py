"""Pictures that are not digits, made here: to teach a network doubt, and to measure whether it has any.

Kinds in `FITTED` may be trained on and may set thresholds; kinds in `HELD_OUT` only measure. All go through the same
preparation as a drawing.
"""

import string
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from mnist_core.data.stroke_files import draw_pen, vary
from mnist_core.data.synthetic.rare_styles import smooth
from mnist_core.language import N_, gettext
from mnist_core.mnist import SIDE
from mnist_core.preprocessing.ink import tight_box
from mnist_core.preprocessing.pipeline import place_by_centre_of_mass, prepare, scale_picture
from mnist_core.preprocessing.strokes import Strokes
from mnist_core.watch import Watch, unwatched

# Letters that look like no digit, in print or in handwriting.
CAPITALS = "AEFHKMNRWX"
SMALL = "hkmnwxfa"

SYMBOLS = "&@#%?$*+=<>~^"
FONTS = ("DejaVuSans.ttf", "DejaVuSansMono.ttf", "DejaVuSans-Oblique.ttf", "cmss10.ttf", "cmtt10.ttf")
OTHER_FONTS = ("DejaVuSerif.ttf", "STIXGeneral.ttf", "STIXGeneralItalic.ttf", "cmr10.ttf", "cmb10.ttf")
HANDS = ("futural", "rowmans", "futuram")
OTHER_HANDS = ("scripts", "cursive", "timesr")
# Halves that may be taken for a digit (the upper half of an 8 is a 0) teach nothing but confusion.
HALVES = {
    "left": (0, 2, 3, 4, 5, 7, 9),
    "right": (0, 2, 5, 6),
    "top": (0, 2, 5),
    "bottom": (0, 2, 3, 5),
}

Maker = Callable[[np.random.Generator, np.ndarray, np.ndarray], np.ndarray]


def make(
    kinds: tuple[str, ...],
    number: int,
    seed: int,
    images: np.ndarray,
    labels: np.ndarray,
    watch: Watch = unwatched,
) -> tuple[np.ndarray, np.ndarray]:
    """Returns uint8 `[number, 28, 28]`, an equal share of each kind, and int64 `[number]`, indices into `kinds`.

    Halves and pairs are made of `images`, uint8 `[N, 28, 28]`, of which those without ink are passed over; `watch` is
    told how many are made.
    """
    random = np.random.default_rng([seed, 7])
    inked = images.any(axis=(1, 2))
    images, labels = images[inked], labels[inked]
    if not len(images):  # nothing to make halves and pairs of
        images, labels = np.stack([_scribble(random)]), np.zeros(1, np.int64)
    chosen = np.arange(number) % len(kinds)
    pictures = []
    with watch(gettext("Making what is no digit"), number) as advance:
        for index in chosen:
            pictures.append(KINDS[kinds[index]](random, images, labels))
            advance(1)
    return np.array(pictures, np.uint8).reshape(-1, SIDE, SIDE), chosen


def _painted(strokes: Strokes, random: np.random.Generator, strength: float = 1.0) -> np.ndarray:
    return prepare(vary(strokes, random, strength), draw_pen(random))


def _prepared(picture: np.ndarray) -> np.ndarray:
    return place_by_centre_of_mass(_box(picture))


def _on_circle(angles: np.ndarray) -> np.ndarray:
    """Points `[N, 2]` of the unit circle at angles `[N]` in radians."""
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


# --- Drawings ----------------------------------------------------------------------------------------------------


def _scribble(random: np.random.Generator, *_: np.ndarray) -> np.ndarray:
    """A pen that wanders."""
    strokes = []
    for _stroke in range(random.integers(1, 4)):
        corners = random.uniform(0, 1, (random.integers(5, 14), 2))
        strokes.append(smooth(corners, 120) if random.random() < 0.7 else corners)
    return _painted(strokes, random)


def _zigzag(random: np.random.Generator, *_: np.ndarray) -> np.ndarray:
    """Up and down, as somebody shades or crosses out; at least three teeth, or it would be a 2 or a 3."""
    corners = random.integers(6, 14)
    across = np.linspace(0, random.uniform(0.6, 1.6), corners) + random.normal(0, 0.04, corners)
    points = np.stack([across, np.arange(corners) % 2 + random.normal(0, 0.1, corners)], axis=1)
    turned = points[:, ::-1] if random.random() < 0.4 else points
    return _painted([smooth(turned, 150) if random.random() < 0.4 else turned], random)


def _polygon(random: np.random.Generator, *_: np.ndarray) -> np.ndarray:
    """A closed shape with 3 to 5 corners, about as wide as high: with more, or taller, it is somebody's 0."""
    corners = random.integers(3, 6)
    angles = 2 * np.pi * (np.arange(corners + 1) / corners) + random.uniform(0, 2 * np.pi)
    points = _on_circle(angles) * np.exp(random.normal(0, 0.1, 2))
    return _painted([points], random, 0.6)


def _cross(random: np.random.Generator, *_: np.ndarray) -> np.ndarray:
    """Two to five lines through or across each other: plus, times, asterisk, hash."""
    lines = random.integers(2, 5)
    if random.random() < 0.3:
        at = np.array([0.3, 0.7])
        strokes = [np.array([[x, 0], [x, 1]]) for x in at] + [np.array([[0, y], [1, y]]) for y in at]
    else:
        start = random.choice([0.0, np.pi / 4]) if lines == 2 else random.uniform(0, np.pi)
        angles = start + np.pi * np.arange(lines) / lines
        strokes = [np.array([-end, end]) * random.uniform(0.8, 1.0) for end in _on_circle(angles)]
    return _painted(strokes, random, 0.7)


def _dashes(random: np.random.Generator, *_: np.ndarray) -> np.ndarray:
    """One to four level lines, or points."""
    if random.random() < 0.5:
        strokes = [np.array([[0, y], [1, y]]) for y in np.linspace(0, 0.8, random.integers(1, 5))]
    else:
        dots = random.uniform(0, 1, (random.integers(3, 8), 1, 2))
        strokes = [np.concatenate([dot, dot + 0.02]) for dot in dots]
    return _painted(strokes, random, 0.5)


def _outline(random: np.random.Generator, *_: np.ndarray) -> np.ndarray:
    """A closed line with three to six lobes, too wavy for a 0: a clover, a cloud, a splash."""
    return _painted([_closed(random, random.uniform(0.3, 0.5))], random)


def _closed(random: np.random.Generator, depth: float) -> np.ndarray:
    lobes, angles = int(random.integers(3, 7)), np.linspace(0, 2 * np.pi, 90)
    waves = np.cos(lobes * angles + random.uniform(0, 2 * np.pi))
    # Between cosines and their absolute values, which have a sharp notch at each lobe.
    radius = 1 + depth * (waves if random.random() < 0.5 else 2 * np.abs(np.cos(lobes * angles / 2)) - 1)
    return _on_circle(angles) * radius[:, np.newaxis]


def _nested(random: np.random.Generator, *_: np.ndarray) -> np.ndarray:
    """A ring or a box with smaller things in it: a wheel, a button, a dice, a target."""
    corners = int(random.choice([3, 4, 5, 40, 40, 40]))
    angles = 2 * np.pi * np.arange(corners + 1) / corners + random.uniform(0, np.pi)
    ring = _on_circle(angles)
    strokes = [ring]
    for _thing in range(random.integers(1, 5)):
        place, size = random.uniform(-0.4, 0.4, 2), random.uniform(0.08, 0.35)
        thing = [ring, np.array([[-1, 0], [1, 0]]), np.array([[0, -1], [0, 1]]), smooth(random.uniform(-1, 1, (4, 2)))]
        strokes.append(place + size * thing[random.integers(4)])
    return _painted(strokes, random)


def _spiral(random: np.random.Generator, *_: np.ndarray) -> np.ndarray:
    turns = random.uniform(2.2, 4)
    angles = np.linspace(0, 2 * np.pi * turns, 160) * random.choice([-1, 1])
    points = _on_circle(angles) * np.linspace(0.05, 1, 160)[:, np.newaxis]
    return _painted([points], random)


def _star(random: np.random.Generator, *_: np.ndarray) -> np.ndarray:
    corners = int(random.choice([5, 6, 7]))
    if random.random() < 0.5:  # drawn in one go, crossing itself
        order = ((2 if corners % 2 else 1) * np.arange(corners + 1)) % corners / 1.0
        radius = np.ones(corners + 1)
    else:
        order = np.arange(2 * corners + 1) / 2
        radius = np.where(order % 1, 0.45, 1.0)
    angles = 2 * np.pi * order / corners - np.pi / 2
    return _painted([_on_circle(angles) * radius[:, np.newaxis]], random, 0.7)


def _heart(random: np.random.Generator, *_: np.ndarray) -> np.ndarray:
    t = np.linspace(0, 2 * np.pi, 80)
    points = np.stack(
        [16 * np.sin(t) ** 3, -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))], axis=1
    )
    return _painted([points], random, 0.8)


def _arrow(random: np.random.Generator, *_: np.ndarray) -> np.ndarray:
    head = random.uniform(0.2, 0.4)
    shaft, tip = np.array([[0, 0.5], [1, 0.5]]), np.array([[1 - head, 0.5 - head], [1, 0.5], [1 - head, 0.5 + head]])
    # Towards the left, right or below; one that points upwards may be a 1.
    angle = random.choice([0, np.pi / 2, np.pi])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return _painted([shaft @ turn.T, tip @ turn.T], random, 0.7)


def _face(random: np.random.Generator, *_: np.ndarray) -> np.ndarray:
    head = _on_circle(np.linspace(0, 2 * np.pi, 60))
    eyes = [np.array([[x, -0.35], [x, -0.2]]) for x in (-0.35, 0.35)]
    smile = _on_circle(np.linspace(0.2, np.pi - 0.2, 20)) * [0.55, random.choice([-0.4, 0.45])] + [0, 0.1]
    return _painted([head, *eyes, smile], random, 0.6)


def _house(random: np.random.Generator, *_: np.ndarray) -> np.ndarray:
    walls = np.array([[0, 1.0], [0, 0.4], [0.5, 0], [1, 0.4], [1, 1], [0, 1], [1, 0.4]])
    return _painted([walls if random.random() < 0.5 else walls[:-1], np.array([[0, 0.4], [1, 0.4]])], random, 0.6)


# --- Letters -----------------------------------------------------------------------------------------------------


def _letters(characters: str, fonts: tuple[str, ...], hands: tuple[str, ...]) -> Maker:
    def draw(random: np.random.Generator, *_: np.ndarray) -> np.ndarray:
        character = str(random.choice(list(characters)))
        if random.random() < 0.5 and character in string.ascii_letters:
            return _painted(_hand(str(random.choice(hands)), character), random, 0.8)
        return _prepared(_glyph(str(random.choice(fonts)), character))

    return draw


@cache
def _hand(font: str, character: str) -> Strokes:
    """A letter of one of Hershey's pen fonts (A. V. Hershey, 1967)."""
    from HersheyFonts import HersheyFonts

    fonts = HersheyFonts()
    fonts.load_default_font(font)
    return [np.array(list(stroke), np.float64) for stroke in fonts.strokes_for_text(character)]


@cache
def _glyph(font: str, character: str) -> np.ndarray:
    """A printed letter, uint8, in one of the fonts that Matplotlib brings."""
    import matplotlib

    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / font
    picture = Image.new("L", (160, 160))
    ImageDraw.Draw(picture).text((40, 20), character, fill=255, font=ImageFont.truetype(str(path), 90))
    return np.asarray(picture)


# --- Digits, spoiled ---------------------------------------------------------------------------------------------


def _half(random: np.random.Generator, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    side = str(random.choice(list(HALVES)))
    digit = random.choice(HALVES[side])
    box = _box(images[_one_of(np.flatnonzero(labels == digit), random, len(labels))])
    height, width = box.shape
    row, column = round(height / 2), round(width / 2)
    part = {"left": box[:, :column], "right": box[:, column:], "top": box[:row], "bottom": box[row:]}[side]
    return _prepared(part) if part.any() else _scribble(random)


def _box(image: np.ndarray) -> np.ndarray:
    """Cuts out a digit at MNIST's size, whatever size it has in its picture."""
    return tight_box(scale_picture(tight_box(image)))


def _overlaid(random: np.random.Generator, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Two different digits on top of each other; a 1 hides in most others and is left out."""
    first = _one_of(np.flatnonzero(labels != 1), random, len(labels))
    second = _one_of(np.flatnonzero((labels != 1) & (labels != labels[first])), random, len(labels))
    moved = np.roll(images[second], random.integers(-4, 5, 2), axis=(0, 1))
    return _prepared(np.maximum(images[first], moved))


def _beside(random: np.random.Generator, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """A digit with another one, or a piece of it, at its side: what a number looks like before it is taken apart."""
    boxes = [_box(images[index]) for index in random.integers(len(labels), size=2)]
    side, share = random.integers(2), random.choice([1.0, 1.0, 0.5])
    column = max(round(boxes[side].shape[1] * share), 1)
    boxes[side] = boxes[side][:, :column] if side else boxes[side][:, -column:]
    first, second = boxes
    left = max(first.shape[1] + int(random.integers(-3, 6)), 0)
    picture = np.zeros((20, left + second.shape[1] + first.shape[1]), np.uint8)
    for box, column in ((first, 0), (second, left)):
        top = (20 - box.shape[0]) // 2
        place = picture[top : top + box.shape[0], column : column + box.shape[1]]
        np.maximum(place, box, out=place)
    # Shrunk to the box, the pen is thin; a drawing's is painted again, as wide as a digit's.
    return ndimage.maximum_filter(_prepared(picture), size=int(random.integers(1, 4)))


def _one_of(indices: np.ndarray, random: np.random.Generator, number: int) -> int:
    return int(random.choice(indices)) if len(indices) else int(random.integers(number))


FITTED: dict[str, Maker] = {
    "scribbles": _scribble,
    "zigzags": _zigzag,
    "polygons": _polygon,
    "crosses": _cross,
    "wavy outlines": _outline,
    "shapes in shapes": _nested,
    "dashes and dots": _dashes,
    "letters": _letters(CAPITALS + SMALL, FONTS, HANDS),
    "halves of digits": _half,
    "two digits on top of each other": _overlaid,
    "digits side by side": _beside,
}
# Reports name these, as what a model that never saw them made of them.
HELD_OUT: dict[str, Maker] = {
    N_("spirals"): _spiral,
    N_("stars"): _star,
    N_("hearts"): _heart,
    N_("arrows"): _arrow,
    N_("faces"): _face,
    N_("houses"): _house,
    N_("letters in other fonts and hands"): _letters(CAPITALS, OTHER_FONTS, OTHER_HANDS),
    N_("symbols"): _letters(SYMBOLS, OTHER_FONTS, OTHER_HANDS),
}
KINDS: dict[str, Maker] = FITTED | HELD_OUT
