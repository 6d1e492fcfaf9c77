"""Languages: sentences from catalogues, numbers as they are written there, and catalogues that lack nothing."""

import copy
import json
import pickle
import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Message

from mnist_core import language
from mnist_core.errors import InputError, LabError, not_written
from mnist_core.formatting import count, duration, listed, moment, percent, points, size
from mnist_core.language import N_, again, apart, gettext, ngettext, speaking
from scripts import catalogue

TRANSLATED = [code for code in language.languages() if code != language.SOURCE]


def test_the_source_speaks_for_itself() -> None:
    assert gettext("Nobody translates {this}.", this="that") == "Nobody translates that."
    assert gettext("Braces {stay} without parts") == "Braces {stay} without parts"
    assert gettext("") == ""
    assert ngettext("{number} image", "{number} images", 1, number=1) == "1 image"


def test_german_speaks_german() -> None:
    with speaking("de"):
        assert gettext("learning rate") == "Lernrate"
        assert ngettext("{number} trial", "{number} trials", 1, number=1) == "1 Versuch"
        assert ngettext("{number} trial", "{number} trials", 12_000, number=count(12_000)) == "12.000 Versuche"
        assert listed(["A", "B", "C"]) == "A, B und C"
    assert gettext("learning rate") == "learning rate"


def test_a_language_without_a_catalogue_speaks_the_source() -> None:
    with speaking("tlh"):
        assert gettext("learning rate") == "learning rate"


def test_what_is_marked_is_translated_as_a_part_too() -> None:
    rate = N_("learning rate")
    assert rate == "learning rate"  # as a value it stays what it is
    with speaking("de"):
        assert gettext("{what}: yes", what=rate) == "Lernrate: yes"
        assert gettext("{what}: yes", what="learning rate") == "learning rate: yes"
        assert str(InputError(rate)) == "Lernrate"


def test_numbers_are_written_as_people_write_them_there() -> None:
    with speaking("de"):
        assert percent(0.98744) == "98,74\N{NO-BREAK SPACE}%"
        assert points(0.0123) == "1,2 Prozentpunkte"
        assert size(1_234_567) == "1,2\N{NO-BREAK SPACE}MB"
        assert duration(72) == "1 min 12 s"
        assert gettext("Loss {loss:.4f}", loss=0.0981).endswith("0,0981")
        assert moment(0).startswith("1.\N{NO-BREAK SPACE}Jan. ")
    assert count(12_000) == "12,000"


def test_whoever_is_answered_is_asked_for_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_chosen", [lambda: "de"])
    assert gettext("learning rate") == "Lernrate"
    with speaking("en"):
        assert gettext("learning rate") == "learning rate"


# --- What is said by who does not know to whom ---------------------------------------------------------------------


def in_german(said: object) -> str:
    """What a German page says of what was said elsewhere and went through a file."""
    pieces = json.loads(json.dumps(apart(said)))
    with speaking("de"):
        return again(pieces)


def test_a_sentence_is_said_again_in_the_language_of_a_page() -> None:
    error = InputError(gettext("The file {name} cannot be read", name="x.npz"))
    assert apart(error)["text"] == "The file x.npz cannot be read"
    assert in_german(error) == "Die Datei x.npz lässt sich nicht lesen"
    assert in_german(ngettext("{number} image", "{number} images", 2, number=count(12_000))) == "12.000 Bilder"
    changing = gettext("Changing the learning rate to {learning_rate:g} …", learning_rate=0.002)
    assert "0,002" in in_german(changing)


def test_so_are_the_sentences_in_a_sentence() -> None:
    refused = OSError(28, "No space left on device")
    assert in_german(not_written(gettext("The run cannot be trained"), refused)) == (
        "Der Lauf lässt sich nicht trainieren: der Datenträger ist voll; schaffe Platz, dann versuche es noch einmal."
    )
    inner = InputError(gettext("The file {name} cannot be read", name="x.npz"))
    outer = LabError(gettext("{where}: {error}", where="1", error=inner))
    assert in_german(outer) == "1: Die Datei x.npz lässt sich nicht lesen"


def test_what_was_said_in_german_stands_in_english_in_the_file() -> None:
    with speaking("de"):
        error = not_written(gettext("The run cannot be trained"), OSError(28, ""))
        pieces = apart(InputError(gettext("{where}: {error}", where=count(1_000), error=error)))
    assert pieces["text"] == "1,000: The run cannot be trained: the disk is full; free space, then try again."
    assert again(pieces) == pieces["text"]


@pytest.mark.parametrize(
    "pieces",
    [
        {"text": "It was so."},
        {"text": "It was so.", "message": ["No catalogue has {this.__class__}."], "parts": {"this": "that"}},
        {"text": "It was so.", "message": []},
    ],
)
def test_what_no_catalogue_has_stays_as_it_was_said(pieces: dict[str, object]) -> None:
    with speaking("de"):
        assert again(pieces) == "It was so."


def test_sentences_in_sentences_have_an_end() -> None:
    pieces: dict[str, object] = {"text": "deep"}
    for _ in range(100):
        pieces = {"text": "deep", "message": ["{where}: {error}"], "parts": {"where": "1", "error": pieces}}
    with speaking("de"):
        assert again(pieces) == "1: " * language.DEEPEST + "deep"


def test_a_part_steers_no_terminal() -> None:
    assert (
        in_german(gettext("The file {name} cannot be read", name="\x1b[31m"))
        == "Die Datei ?[31m lässt sich nicht lesen"
    )


def test_a_copy_of_what_was_said_is_a_text_alone() -> None:
    said = gettext("The file {name} cannot be read", name=lambda: "which nobody can pickle")
    for one in (copy.deepcopy(said), pickle.loads(pickle.dumps(said))):
        assert type(one) is str and one == said


def test_an_error_keeps_a_number_beside_its_unit() -> None:
    with speaking("de"):
        assert str(InputError(f"Nur {size(1_234_567)}.\n")) == "Nur 1,2\N{NO-BREAK SPACE}MB.?"


# --- Catalogues -------------------------------------------------------------------------------------------------------


def _messages(code: str) -> Iterator[Message]:
    yield from (message for message in catalogue.catalogue(code) if message.id)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (str(value),)


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_catalogue_has_each_sentence_of_the_source_and_no_other(code: str) -> None:
    wanted = {message.id for message in catalogue.template() if message.id}
    had = {message.id for message in _messages(code)}
    assert not wanted - had, "run `python -m scripts.catalogue`, and translate what is new"
    assert not had - wanted, "run `python -m scripts.catalogue`"


@pytest.mark.parametrize("code", TRANSLATED)
def test_each_sentence_is_translated_with_the_same_parts(code: str) -> None:
    def parts(text: str) -> set[str]:
        return set(re.findall(r"\{(\w*)[}:!]", text.replace("{{", "")))

    for message in _messages(code):
        given, told = _texts(message.id), _texts(message.string)
        assert all(told), f"{given[0]} has no translation"
        assert not message.fuzzy, given[0]
        for text in told:
            if "{" in given[0]:
                assert parts(text) <= parts(given[-1]) | parts(given[0]), f"{text} names other parts than {given[0]}"
                assert len(given) > 1 or parts(text) == parts(given[0]), f"{text} lacks parts of {given[0]}"
            end = given[-1].strip()[-1:]
            assert end not in ".?!:" or text.strip().endswith(end), f"{text} ends otherwise than {given[-1]}"


def test_a_sentence_that_is_put_together_where_it_is_asked_for_is_found(tmp_path: object) -> None:
    import io

    with pytest.raises(ValueError, match="give gettext a literal"):
        list(catalogue._literals(io.BytesIO(b'gettext(f"Hello {name}")'), catalogue.KEYWORDS, (), {}))
