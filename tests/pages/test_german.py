"""German pages in each state say nothing in English that has a German sentence: what was stored is said anew, too."""

import contextlib
import dataclasses
import errno
import functools
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from mnist_core import language
from mnist_core.config.recipes import RECIPES
from mnist_core.errors import not_written, refusal
from mnist_core.language import apart, gettext
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders
from mnist_core.runs.run import METRICS
from mnist_core.runs.status import Status
from scripts import catalogue
from tests.pages.conftest import OpenPage
from tests.pages.test_languages import NAMES, said
from tests.pages.test_whole_homes import address
from tests.support import homes

REFERENCE = {"name": "digits-8x8", "identity": "0", "title": "digits-8x8"}
# What is the same word in German, or what people wrote, though a catalogue translates it somewhere.
ALSO_GERMAN = {"Name", "Text", "Test", "Start"}
# Names of columns and groups, under which data is sent; what is shown of them is another text.
IDENTIFIERS = {"given up early", "Best validation accuracy"}
REFUSED = OSError(errno.EACCES, "Permission denied")
STATES: dict[str, Status] = {
    "waits": Status("queued"),
    "is stopped later": Status("queued", "stop-waits", steps=10),
    "runs": Status("running", heartbeat=1e9, learning_rate=0.01, seconds=70, seconds_left=4),
    "writes": Status("running", "writing"),
    "has no room": Status("running", "disk-full", details={"free": 1_000_000, "wanted": 5_000_000}),
    "paused": Status("paused"),
    "parked": Status("paused", "parked", parked=True),
    "stopped": Status("stopped", "stopped-by-hand", details={"at": 1.5, "epochs": 2}),
    "stopped while it waited": Status("stopped", "stopped-waiting"),
    "at the limit": Status("stopped", "time-limit", details={"seconds": 600.0, "at": 1.0, "epochs": 2}),
    "given up": Status("stopped", "given-up", details={"epoch": 1, "accuracy": 0.5}),
    "diverged": Status("failed", "diverged", details={"step": 3, "epoch": 1, "rate": 0.5}),
    "killed": Status("failed", "killed", details={"attempts": 3, "epoch": 1}),
    "out of memory": Status("failed", "out-of-memory"),
    "not written": Status("failed", "not-written", details=apart(refusal(REFUSED))),
    "refused": Status("failed", "other", details=apart(not_written(gettext("The run cannot be trained"), REFUSED))),
    "handed over to nobody": Status(
        "failed",
        "not-handed-over",
        details=apart(
            gettext("The engine at {address} cannot be reached ({error}); check that it runs.", address="a", error="b")
        ),
    ),
}


@functools.cache
def english() -> tuple[set[str], re.Pattern[str]]:
    """What no German page says: words and sentences with another translation; those with several words as a pattern."""
    told: dict[str, str] = {}
    for message in catalogue.catalogue("de"):
        ids, strings = (((one,) if isinstance(one, str) else one or ()) for one in (message.id, message.string))
        told |= {one: two for one, two in zip(ids, strings, strict=True) if one and one != two}
    # A part of a sentence is as long as one that nobody says by chance.
    parts = {part.strip(" .,;:()") for one in told for part in re.split(r"\{\w*[^}]*\}|\[|\]|\*\*|`|<[^>]*>|\n", one)}
    german = "\n".join(told.values())
    long = {part for part in parts if " " in part and len(part) > 11 and part not in german}
    pattern = "|".join(map(re.escape, sorted(long, key=len, reverse=True)))
    return {one for one in told if one not in german} - ALSO_GERMAN, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")


def all_texts(test: AppTest) -> Iterator[str]:
    """All that a page sends to a browser: texts, specifications of charts, markup of components."""
    for element in test:
        proto = getattr(element, "proto", None)
        if isinstance(proto, Message):
            yield from _all_of(proto)


def _all_of(message: Message) -> Iterator[str]:
    for field, value in message.ListFields():
        values: list[Any] = list(value) if field.is_repeated else [value]
        if field.type == FieldDescriptor.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
            for one in values:
                yield from _all_of(one)
        elif field.type == FieldDescriptor.TYPE_STRING and field.name not in {"id", "form_id", "key"}:
            for one in values:
                yield from _in_json(one)


def _in_json(text: str) -> Iterator[str]:
    """The texts in what is JSON, else the text itself."""
    waiting: list[Any] = [text]
    if text[:1] in ("{", "["):
        with contextlib.suppress(ValueError):
            waiting = [json.loads(text)]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def check_german(test: AppTest) -> None:
    """Fails on what has a German word and is said in English."""
    words, sentences = english()
    found = {one for text in all_texts(test) for one in sentences.findall(" ".join(_without_tags(text).split()))}
    found |= {line.strip() for text in said(test) for line in _without_tags(text).split("\n")} & words
    assert not found - IDENTIFIERS


def _without_tags(text: str) -> str:
    return html.unescape(re.sub(r"<(style|script)\b.*?</\1>|<[^>]*>", "\n", text, flags=re.DOTALL))


@pytest.fixture
def home(temporary_home: Path) -> Path:
    """A home in use."""
    homes.settle_in(homes.LATEST, temporary_home)
    return temporary_home


# The others go the same way.
OFTEN = ("waits", "runs", "refused", "handed over to nobody")


@pytest.mark.parametrize(
    "state", [pytest.param(state, marks=() if state in OFTEN else pytest.mark.long) for state in STATES]
)
def test_a_german_page_says_in_german_how_a_run_stands(open_page: OpenPage, state: str) -> None:
    run = run_folders.create(RECIPES["quick"].config, REFERENCE)
    run.write_status(dataclasses.replace(STATES[state], epoch=1, epochs=2))
    run.write_metrics({name: [1.0] for name in METRICS})
    sentence = status_words.sentence(run.status())
    page = open_page("train", run=run.id, lang="de")
    check_german(page)
    assert not sentence or sentence not in "\n".join(said(page))


@pytest.mark.parametrize("name", NAMES)
def test_a_german_page_in_use_says_nothing_in_english(open_page: OpenPage, home: Path, name: str) -> None:
    check_german(open_page(name, lang="de", **address(home, name)))


@pytest.mark.parametrize(
    "tab",
    [
        "Training",
        "Curves and threshold",
        "Calibration",
        *(pytest.param(tab, marks=pytest.mark.long) for tab in ("Suspect labels", "Map", "Robustness", "Report")),
    ],
)
def test_a_german_view_says_nothing_in_english(open_page: OpenPage, home: Path, tab: str) -> None:
    check_german(open_page("evaluate", lang="de", tab=tab, run=homes.run_named(home, "Our first")))


@pytest.mark.parametrize("view", ["several", "files"])
def test_german_ways_to_evaluate_say_nothing_in_english(open_page: OpenPage, home: Path, view: str) -> None:
    check_german(open_page("evaluate", lang="de", view=view))


@pytest.mark.parametrize("name", ["explore", "evaluate", "train"])
def test_a_refused_upload_is_refused_in_german(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    # Streamlit's pretended browser asks for the words of a choice, too.
    monkeypatch.setattr(language, "_chosen", [lambda: "de"])
    page = open_page(name, lang="de", data="upload" if name == "evaluate" else "digits-8x8")
    if name != "evaluate":
        next(box for box in page.selectbox if box.label == "Daten").select("another").run()
    page.file_uploader[0].set_value([("page.csv", b"<!doctype html><html>", "text/csv")]).run()
    check_german(page)
    assert any("page.csv" in text for text in said(page))


def test_an_english_page_is_found(open_page: OpenPage) -> None:
    with pytest.raises(AssertionError, match="8×8 digits"):
        check_german(open_page("train", lang="en"))


def test_data_that_a_run_names_is_called_as_in_the_language_of_the_page(open_page: OpenPage) -> None:
    run = run_folders.create(RECIPES["quick"].config, REFERENCE | {"title": "Digits 8×8"})
    run.write_status(Status("done", epoch=1, epochs=1))
    page = open_page("train", run=run.id, lang="de")
    check_german(page)
    assert any("Ziffern 8×8" in text for text in all_texts(page))
