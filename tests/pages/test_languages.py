"""Pages in another language: each sentence is in a catalogue, and what was chosen stays when it is switched."""

import gettext
import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from mnist_core import language
from mnist_core.config.recipes import DEFAULT_RECIPE, RECIPES
from mnist_core.config.train_config import SETTINGS, choices_of
from mnist_core.runs.run import Run
from mnist_core.ui import spoken
from tests.pages.conftest import OpenPage

NAMES = ("start", "explore", "train", "sweep", "evaluate", "draw", "models", "class", "join")
# What an element says to people, by the names of its fields.
SAID = {"alt", "body", "caption", "captions", "label", "help", "options", "placeholder", "content"}
# What is called the same everywhere: names of data, recipes and models, units, and words of code.
# The choice of the language says itself in both; the start page shows an address.
SAME_EVERYWHERE = {"Digit", "Lab", "MNIST", "Language", "Sprache", "English", "Deutsch", "http", DEFAULT_RECIPE}
SAME_EVERYWHERE |= {"CSV", "PNG", "SVG", "Keras", "LiteRT", "ONNX"}
# Texts that are a name alone: of a recipe, or of what a setting may be.
NAMES_ALONE = {*RECIPES, *(choice for setting in SETTINGS for choice in choices_of(setting))}


class Bracketed(gettext.NullTranslations):
    """Puts each sentence that it is asked for in brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


@pytest.fixture
def bracketed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language in which each sentence that is looked up stands in brackets."""
    monkeypatch.setattr(language, "_catalogue", lambda code: Bracketed())
    monkeypatch.setattr(language, "_chosen", [lambda: "fr"])
    monkeypatch.setattr(Run, "card", lambda run: "")  # which is in the language of whoever wrote it


def said(test: AppTest) -> Iterator[str]:
    """All that a page says, each text on its own."""
    for element in test:
        proto = getattr(element, "proto", None)
        if isinstance(proto, Message):
            yield from _texts(proto)


def _texts(message: Message) -> Iterator[str]:
    for field, value in message.ListFields():
        values: list[Any] = list(value) if field.is_repeated else [value]
        if field.type == FieldDescriptor.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
            for one in values:
                yield from _texts(one)
        elif field.type == FieldDescriptor.TYPE_STRING and field.name in SAID:
            yield from values


def outside(text: str) -> str:
    """What of a text stands in no brackets."""
    text = html.unescape(re.sub(r"<(style|script|svg)\b.*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL))
    before = ""
    while before != text:
        before, text = text, re.sub(r"⟦[^⟦⟧]*⟧", " ", text)
    return text


@pytest.mark.usefixtures("bracketed")
@pytest.mark.parametrize("name", NAMES)
def test_each_word_of_a_page_is_in_a_catalogue(open_page: OpenPage, name: str) -> None:
    found = {
        word: text
        for text in said(open_page(name))
        if text not in NAMES_ALONE
        for word in re.findall(r"[^\W\d_]{3,}", outside(text))
        if word not in SAME_EVERYWHERE
    }
    assert not found, "\n".join(f"{word}: {text[:160]}" for word, text in found.items())


def test_what_was_chosen_stays_when_the_language_is_switched(open_page: OpenPage) -> None:
    page = open_page("explore")
    page.button_group(key="samples-part").set_value("test")
    page.selectbox(key="samples-digit").set_value(8).run()
    page.selectbox(key=f"{spoken.LANGUAGE}-choice").set_value("de").run()
    assert "Bilder zum Testen" in [metric.label for metric in page.metric]
    assert page.button_group(key="samples-part").value == "test"
    assert page.selectbox(key="samples-digit").value == 8
