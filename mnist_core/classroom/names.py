"""Names to take part by: a colour and an animal, since nobody needs a real one; and the codes of lessons."""

import secrets
from collections.abc import Collection

from mnist_core.classroom.tables import LONGEST_NAME
from mnist_core.errors import InputError
from mnist_core.formatting import readable
from mnist_core.language import N_, gettext

COLOURS = (
    *(N_("Red"), N_("Blue"), N_("Green"), N_("Yellow"), N_("Orange"), N_("Purple"), N_("Pink"), N_("Brown")),
    *(N_("Silver"), N_("Golden"), N_("White"), N_("Grey")),
)
ANIMALS = (
    *(N_("Fox"), N_("Otter"), N_("Owl"), N_("Whale"), N_("Tiger"), N_("Heron"), N_("Hedgehog"), N_("Dolphin")),
    *(N_("Beaver"), N_("Panda"), N_("Falcon"), N_("Gecko"), N_("Koala"), N_("Lynx"), N_("Moose"), N_("Newt")),
    *(N_("Penguin"), N_("Raven"), N_("Seal"), N_("Turtle"), N_("Walrus"), N_("Wolf"), N_("Yak"), N_("Zebra")),
)
# No vowels, so that no words come of them, and nothing that is read for another letter or for a digit.
CODE_LETTERS = "BCDFGHJKMNPRTVWX"
CODE_LENGTH = 4


def drawn_name(taken: Collection[str]) -> str:
    """Returns a name that nobody has yet, in the language that is spoken."""
    while True:
        colour, animal = gettext(secrets.choice(COLOURS)), gettext(secrets.choice(ANIMALS))
        name = gettext("{colour} {animal}", colour=colour, animal=animal)
        if len(taken) >= len(COLOURS) * len(ANIMALS) // 2:  # more than any class has
            name = f"{name} {secrets.randbelow(1000)}"
        if is_free(name, taken):
            return name


def checked_name(name: str) -> str:
    """Returns a name without what surrounds it; InputError where it cannot be shown on one short line."""
    bare = " ".join(name.split())
    if not 0 < len(bare) <= LONGEST_NAME or not bare.isprintable():
        raise InputError(
            gettext(
                "The name '{name}' cannot be used; expected one line of at most {longest} letters.",
                name=readable(bare),
                longest=LONGEST_NAME,
            )
        )
    return bare


def is_free(name: str, taken: Collection[str]) -> bool:
    """Whether no other name is read as the same."""
    return name.casefold() not in {other.casefold() for other in taken}


def drawn_code(taken: Collection[str]) -> str:
    """Returns the code of a lesson, four letters that no open lesson has."""
    while True:
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        if code not in taken:
            return code


def checked_code(text: str) -> str:
    """Returns a code as it is kept, however it was typed; InputError where it can be none."""
    code = "".join(text.split()).upper()
    if len(code) != CODE_LENGTH or not code.isascii() or not code.isalpha():
        raise InputError(
            gettext(
                "'{code}' is not the code of a lesson, which has {length} letters; look at the board.",
                code=readable(code, 20),
                length=CODE_LENGTH,
            )
        )
    return code
