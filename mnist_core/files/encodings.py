"""How a text is encoded, told by its first bytes."""

import codecs

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(start: bytes) -> str:
    """Returns the encoding of a text that begins with these bytes: at least four, or all that it has."""
    for mark, name in MARKS:
        if start.startswith(mark):
            return name
    # Without a mark, a digit or a letter in two bytes has a zero in one of them.
    if start[1:2] == b"\0" and start[:1] != b"\0":
        return "utf-16-le"
    return "utf-16-be" if start[:1] == b"\0" and start[1:2] != b"\0" else "utf-8"
