"""A drawing of a class as a tile and in words."""

from mnist_core.classroom.write import NOT_READ, Written
from mnist_core.formatting import confidence, with_article
from mnist_core.language import gettext
from mnist_core.presentation.tables.board import REFUSED, RIGHT, WRONG, Tile


def tile(one: Written, shown: bool, chosen: bool = False) -> Tile:
    """A drawing as a tile; its answer only where it is shown."""
    kind = RIGHT if one.is_right else REFUSED if one.read == NOT_READ else WRONG
    if not shown:
        return Tile(str(one.id), one.name, one.strokes, words=hidden_words(one), chosen=chosen)
    asked = "" if one.is_right else gettext("asked {digit}, read as {read}", digit=one.label, read=read_words(one.read))
    return Tile(str(one.id), one.name, one.strokes, read_words(one.read), kind, sentence_of(one), chosen, asked)


def hidden_words(one: Written) -> str:
    return gettext("{name}: {digit}", name=one.name, digit=with_article(one.label))


def sentence_of(one: Written) -> str:
    """`Blue Fox: a 7, read as a 1, 93 % sure`."""
    if one.read == NOT_READ:
        return gettext("{name}: {digit}, not read as a digit", name=one.name, digit=with_article(one.label))
    return gettext(
        "{name}: {digit}, read as {read}, {sure} sure",
        name=one.name,
        digit=with_article(one.label),
        read=with_article(one.read),
        sure=confidence(one.answer.probability),
    )


def read_words(read: int) -> str:
    return gettext("no digit") if read == NOT_READ else str(read)
