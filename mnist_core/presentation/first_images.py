"""The first images of some data with their labels, as text for a terminal and as one picture."""

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mnist_core.language import gettext
from mnist_core.mnist import SIDE

NUMBER = 20
A_ROW = 5
FEW_DIGITS, OF_EACH = 5, 2
# Braille has two columns and four rows of dots a character; the bit of each dot.
DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
BLANK = 0x2800
INK = 100  # a pixel at least as light is a dot
ENLARGED, MARGIN, CAPTION = 3, 8, 20  # the size of a pixel, and what lies around an image and below it, in pixels


def telling(
    first: tuple[np.ndarray, np.ndarray | None], whole: tuple[np.ndarray, np.ndarray | None]
) -> tuple[np.ndarray, np.ndarray | None, str]:
    """Returns images to look at with their labels, and a sentence that says which they are.

    They are the first ones, or where these show few digits, as in folders by digit, the first two of each.

    Args:
        first: The first images, uint8 `[N, 28, 28]`, with their labels, int64 `[N]`, or None.
        whole: All of them.
    """
    images, labels = first[0][:NUMBER], None if first[1] is None else first[1][:NUMBER]
    if labels is None or whole[1] is None or len(np.unique(labels)) >= min(FEW_DIGITS, len(np.unique(whole[1]))):
        return images, labels, sentence(len(images), labels)
    of_each = np.concatenate([np.flatnonzero(whole[1] == digit)[:OF_EACH] for digit in np.unique(whole[1])])
    words = gettext("These are the first {of_each} images of each digit, with their labels: right?", of_each=OF_EACH)
    return whole[0][of_each], whole[1][of_each], words


def captions(number: int, labels: np.ndarray | None) -> list[str]:
    """Returns what stands at each of the first images: its label, or its place where it has none."""
    number = min(number, NUMBER)
    return [f"#{place}" for place in range(number)] if labels is None else [str(label) for label in labels[:number]]


def as_text(images: np.ndarray, labels: np.ndarray | None) -> Iterator[str]:
    """Yields the lines of the first of images uint8 `[N, 28, 28]`, in Braille's dots, with their labels above."""
    drawn, words = [_dots(image) for image in images[:NUMBER]], captions(len(images), labels)
    for start in range(0, len(drawn), A_ROW):
        row = slice(start, start + A_ROW)
        yield "  ".join(f"{word:<{SIDE // 2}}" for word in words[row]).rstrip()
        lines = ("  ".join(parts).rstrip() for parts in zip(*drawn[row], strict=True))
        yield from (line for line in lines if line)


def _dots(image: np.ndarray) -> list[str]:
    """One image, uint8 `[28, 28]`, as 7 lines of 14 characters."""
    ink = (image >= INK).reshape(SIDE // 4, 4, SIDE // 2, 2)
    codes = BLANK + (ink * DOTS[np.newaxis, :, np.newaxis, :]).sum(axis=(1, 3))
    return ["".join(map(chr, line)).replace(chr(BLANK), " ") for line in codes]


def as_picture(images: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
    """Returns the first of images uint8 `[N, 28, 28]` in one, uint8 `[height, width]`, each with its label below."""
    words = captions(len(images), labels)
    across, down = SIDE * ENLARGED + MARGIN, SIDE * ENLARGED + MARGIN + CAPTION
    columns, rows = min(A_ROW, len(words)), -(-len(words) // A_ROW)
    picture = Image.new("L", (columns * across + MARGIN, rows * down + MARGIN), 64)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(CAPTION - 4)
    for place, (image, word) in enumerate(zip(images[: len(words)], words, strict=True)):
        row, column = divmod(place, A_ROW)
        left, top = MARGIN + column * across, MARGIN + row * down
        picture.paste(Image.fromarray(image).resize((SIDE * ENLARGED,) * 2, Image.Resampling.NEAREST), (left, top))
        pen.text((left, top + SIDE * ENLARGED), word, fill=255, font=font)
    return np.asarray(picture)


def sentence(number: int, labels: np.ndarray | None) -> str:
    """Says which of so many images are shown."""
    what = (
        gettext("This is the first image")
        if number == 1
        else gettext("These are the first {number} images", number=min(number, NUMBER))
    )
    return f"{what}{'.' if labels is None else gettext(', with their labels: right?')}"
