"""Files of notes on labels that are damaged, or mean harm."""

import json
from typing import Any

import pytest

from mnist_core.errors import InputError
from mnist_core.evaluation import label_notes
from mnist_core.evaluation.label_notes import MOST_BYTES, Note

DATA = "a" * 64


@pytest.mark.parametrize("identity", ["", "abc", "../" * 20 + "x", "A" * 64, "a" * 63 + "\n", "a" * 64 + "\n"])
def test_only_an_identity_names_a_file(identity: str) -> None:
    for use in (label_notes.path_of, label_notes.load, lambda name: label_notes.keep(name, 1, "cannot tell")):
        with pytest.raises(InputError, match="lab does not know these images"):
            use(identity)


GOOD: dict[str, Any] = {"verdict": "cannot tell", "text": "", "time": 1.0}


HOSTILE = {
    "empty": b"",
    "cut off": b'{"1": {"verdict": "cannot',
    "no JSON": b"\x80\x02pickle",
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "no fields": b'{"1": {}}',
    "no object": b'{"1": "label is wrong"}',
    "another field": json.dumps({"1": {**GOOD, "run": "rm"}}).encode(),
    "another verdict": json.dumps({"1": {**GOOD, "verdict": ["cannot tell"]}}).encode(),
    "a text that is not one": json.dumps({"1": {**GOOD, "text": {"a": 1}}}).encode(),
    "a text with lines": json.dumps({"1": {**GOOD, "text": "a\nb"}}).encode(),
    "half a character": json.dumps({"1": {**GOOD, "text": "\ud800"}}).encode(),
    "a long text": json.dumps({"1": {**GOOD, "text": "x" * 501}}).encode(),
    "no time": json.dumps({"1": {**GOOD, "time": float("nan")}}).encode(),
    "an endless time": ('{"1": {"verdict": "cannot tell", "text": "", "time": 1' + "0" * 400 + "}}").encode(),
    "a name": json.dumps({"../1": GOOD}).encode(),
    "a negative number": json.dumps({"-1": GOOD}).encode(),
    "another script's digit": json.dumps({"१": GOOD}).encode(),
    "a huge number": json.dumps({"9" * 5000: GOOD}).encode(),
    "too many": json.dumps({str(index): GOOD for index in range(5001)}).encode(),
    "too large": b" " * (MOST_BYTES + 1),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_damaged_file_gives_one_sentence_and_is_not_overwritten(name: str) -> None:
    path = label_notes.path_of(DATA)
    path.parent.mkdir(parents=True)
    path.write_bytes(HOSTILE[name])
    for use in (
        lambda: label_notes.load(DATA),
        lambda: label_notes.keep(DATA, 5, "label is wrong"),
        lambda: label_notes.remove(DATA, 1),
    ):
        with pytest.raises(InputError) as caught:
            use()
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 400
    assert path.read_bytes() == HOSTILE[name]


def test_the_fields_of_a_sound_file_are_read() -> None:
    path = label_notes.path_of(DATA)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"0": GOOD, "9999999": GOOD}))
    assert label_notes.load(DATA) == dict.fromkeys((0, 9_999_999), Note("cannot tell", "", 1.0))
