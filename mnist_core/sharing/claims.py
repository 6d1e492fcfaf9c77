"""What the name of a model's file, or a card beside it, claims that the model reads: a claim, and no more."""

import re
from collections.abc import Iterator

# A share or a percentage, which may have a decimal comma or, in a name, an underscore in its place.
_NUMBER = r"(?P<number>1\.0+|0[.,_]\d{2,6}|\d{2}(?:[.,_]\d{1,4})?|100(?:[.,]0+)?)(?![\d]|[.,]\d)"
_ACCURACY = re.compile(rf"(?<![a-z])(?:acc|accuracy)(?![a-z])[^\d\n]{{0,4}}{_NUMBER}", re.IGNORECASE)
# In a name without the word, only what can hardly be anything else: 90 and more, with decimals or a percent sign.
_BARE = re.compile(
    r"(?<![a-z\d.,])(?P<number>0[.,]9\d{1,5}|9\d[.,]\d{1,4}|9\d(?=\s*(?:%|percent)))(?![\d]|[.,]\d)", re.IGNORECASE
)
# What such a number is, where this word stands before it.
_OTHERS = re.compile(
    r"(loss|rate|lr|dropout|drop|momentum|beta\d?|decay|gamma|split|alpha|version|v|epochs?|size|seed)[-_= ]*$",
    re.IGNORECASE,
)
_IN_A_CARD = re.compile(
    rf"(?<![a-z])accuracy(?![a-z])(?P<between>[^\d%]{{0,80}}?)(?<![\w.,-]){_NUMBER}\s*(?P<percent>%)?", re.IGNORECASE
)
_OF_TEST_IMAGES = re.compile(r"test[\w ]{0,20}$", re.IGNORECASE)
# A model for ten digits that claims less is not told from another number.
LEAST = 0.2


def of_name(stem: str) -> float | None:
    """The share that a file's name, without its ending, seems to claim: 0.992 for `mnist_99.2`; None for none."""
    for pattern in (_ACCURACY, _BARE):
        for match in pattern.finditer(stem):
            if not _OTHERS.search(stem[: match.start()]) and (share := _share(match["number"])):
                return share
    return None


def of_card(text: str) -> float | None:
    """The share that a card claims, of test images where it says which: YAML in front, a table or a sentence."""
    found = list(_claims(text))
    return next((share for share, of_test in found if of_test), found[0][0] if found else None)


def _claims(text: str) -> Iterator[tuple[float, bool]]:
    for match in _IN_A_CARD.finditer(text):
        share = _share(match["number"])
        # 99 without a sign may be a number of anything, such as of epochs.
        if share and (match["percent"] or "." in match["number"] or "," in match["number"]):
            yield share, bool(_OF_TEST_IMAGES.search(text[: match.start()][-40:]))


def _share(number: str) -> float | None:
    value = float(re.sub("[,_]", ".", number))
    share = value / 100 if value > 1 else value
    return share if LEAST <= share <= 1 else None
