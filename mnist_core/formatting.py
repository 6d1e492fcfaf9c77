"""How the lab writes numbers and sentences, the same on every page and on the command line."""

import difflib
import json
import math
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from mnist_core.language import SOURCE, as_written, gettext, language


def percent(share: float, decimals: int = 2) -> str:
    """A share between 0 and 1, such as 0.98744, as `98.74 %`; NaN is `–`."""
    return "–" if math.isnan(share) else as_written(f"{100 * share:.{decimals}f} %")


def confidence(probability: float) -> str:
    """A probability as a whole percentage that never claims certainty: between `< 1 %` and `> 99 %`."""
    if probability < 0.01:
        return as_written("< 1 %")
    return as_written("> 99 %") if probability > 0.99 else percent(probability, 0)


def points(share: float, decimals: int = 1) -> str:
    """The size of a difference of two shares in percentage points: `1.2 points`."""
    value = f"{100 * abs(share):.{decimals}f}"
    return gettext("{value} points", value=as_written(value))


def count(number: int) -> str:
    """225034 as `225,034`."""
    return as_written(f"{number:,}")


def listed(words: Sequence[str]) -> str:
    """`MNIST`, `MNIST and letters`, `MNIST, letters and signs`."""
    *others, last = words
    return gettext("{others} and {last}", others=", ".join(others), last=last) if others else last


def told_apart(titles: Mapping[str, str]) -> dict[str, str]:
    """Titles by id, as they are where there is one of its kind, otherwise with the end of the id.

    A select box takes options with the same title for one, and people take `Ada` and `ada` for one.
    """
    times = Counter(title.casefold() for title in titles.values())
    return {name: f"{title} · {name[-4:]}" if times[title.casefold()] > 1 else title for name, title in titles.items()}


def begun(words: str) -> str:
    """With a capital, as at the beginning of a sentence; the rest stays as it is."""
    return words[:1].upper() + words[1:]


def suggestion(word: str, known: Iterable[str]) -> str:
    """Returns ` Perhaps 'x' is meant.` where a word is nearly one that is known, else nothing."""
    near = difflib.get_close_matches(word, list(known), 1)
    return gettext(" Perhaps '{near}' is meant.", near=near[0]) if near else ""


def several(number: int, noun: str) -> str:
    """`1 drawing` or `2,000 drawings`, for a noun whose plural ends in `s`."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def with_article(number: int) -> str:
    """7 as `a 7` and 8 as `an 8`; 11, 18 and 80 begin with a vowel too when they are spoken."""
    spoken_first = f"{number:,}".split(",")[0]
    if spoken_first.startswith("8") or spoken_first in ("11", "18"):
        return gettext("an {number}", number=number)
    return gettext("a {number}", number=number)


def duration(seconds: float) -> str:
    """72 seconds as `1 min 12 s`."""
    whole = round(max(seconds, 0))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return gettext("{minutes} min {rest} s", minutes=minutes, rest=rest)
    hours, minutes = divmod(minutes, 60)
    return gettext("{hours} h {minutes} min", hours=hours, minutes=minutes)


def moment(seconds: float) -> str:
    """A time, in seconds since 1970, as `20 Nov 10:45:12`."""
    if language() == SOURCE:
        return time.strftime("%d %b %H:%M:%S", time.localtime(seconds))
    from babel.dates import format_skeleton

    when = datetime.fromtimestamp(seconds)
    day = format_skeleton("MMMd", when, locale=language()).replace(" ", "\N{NO-BREAK SPACE}")
    return f"{day} {when:%H:%M:%S}"


def size(number_of_bytes: int) -> str:
    """A number of bytes as `1.2 MB`."""
    if number_of_bytes < 1_000_000:
        return as_written(f"{number_of_bytes / 1000:.0f} kB")
    return as_written(f"{number_of_bytes / 1_000_000:.1f} MB")


def ordinal(number: int) -> str:
    """3 as `third`, 12 as `12th`, 21 as `21st`; `3.` in languages that write it so."""
    if language() != SOURCE:
        return f"{number}."
    words = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
    if 1 <= number <= len(words):
        return words[number - 1]
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def trend(values: Sequence[float]) -> str:
    """Where a series is heading: `rising`, `falling` or `level`; empty with fewer than two values."""
    known = [value for value in values if not math.isnan(value)]
    if len(known) < 2:
        return ""
    change = known[-1] - known[-2]
    if abs(change) < 0.0005:
        return gettext("level")
    return gettext("rising") if change > 0 else gettext("falling")


def epoch_sentence(epoch: int, epochs: int, validation_accuracies: Sequence[float]) -> str:
    """`Epoch 3 of 10, validation accuracy 98.7 %, rising`."""
    sentence = gettext("Epoch {epoch} of {epochs}", epoch=epoch, epochs=epochs)
    if validation_accuracies and not math.isnan(validation_accuracies[-1]):
        sentence += gettext(
            ", validation accuracy {validation_accuracies}", validation_accuracies=percent(validation_accuracies[-1], 1)
        )
        if direction := trend(validation_accuracies):
            sentence += f", {direction}"
    return sentence


def readable(value: object, longest: int = 40) -> str:
    """Returns what a file says as short printable text, for a sentence."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, dict) or (isinstance(value, list) and any(isinstance(part, list | dict) for part in value)):
        text = gettext("a structure")
    else:
        text = json.dumps(value)
    text = "".join(character if character.isprintable() else "?" for character in text[: longest + 1])
    return f"{text[:longest]}…" if len(text) > longest else text
