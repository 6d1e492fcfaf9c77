"""`classify` answers pictures and strokes, and refuses what holds none with its file and line."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_core.cli import main
from mnist_core.config.recipes import RECIPES
from mnist_core.runs import run_folders
from tests.conftest import simple_strokes
from tests.support.commands import Captured, refusal, rows, run, strokes_line, write_picture


def check_answer(answer: dict[str, Any]) -> None:
    """Checks that an answer is complete and hangs together."""
    assert set(answer) >= {"digit", "probability", "probabilities", "verdict"}
    assert len(answer["probabilities"]) == 10
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-4)
    assert answer["digit"] == int(np.argmax(answer["probabilities"]))
    assert answer["probability"] == max(answer["probabilities"])
    assert answer["verdict"] == ("digit" if answer["probability"] >= 0.7 else "unsure")


@pytest.mark.parametrize("name", ["digits.jsonl", "digits.jsonl.gz"])
def test_the_shipped_model_reads_strokes(tmp_path: Path, capsys: Captured, name: str) -> None:
    path = tmp_path / name
    text = "\n".join(strokes_line(digit) for digit in range(10))
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    answers = rows(run(capsys, "classify", "--strokes", path, "--json"))
    assert len(answers) == 10
    for answer in answers:
        check_answer(answer)
    assert sum(answer["digit"] == digit for digit, answer in enumerate(answers)) >= 8


def test_the_shipped_model_reads_pictures(tmp_path: Path, capsys: Captured) -> None:
    paths = [write_picture(tmp_path / f"{digit}.png", digit) for digit in range(10)]
    answers = rows(run(capsys, "classify", *paths, "--json"))
    assert [answer["file"] for answer in answers] == [str(path) for path in paths]
    for answer in answers:
        check_answer(answer)
    assert sum(answer["digit"] == digit for digit, answer in enumerate(answers)) >= 8


def test_the_shipped_model_reads_digits_that_people_drew_with_a_pen(
    tmp_path: Path, pen_strokes: Path, capsys: Captured
) -> None:
    with gzip.open(pen_strokes, "rt") as file:
        lines = [line for _, line in zip(range(200), file, strict=False)]
    (tmp_path / "pen.jsonl").write_text("".join(lines))
    answers = rows(run(capsys, "classify", "--strokes", tmp_path / "pen.jsonl"))
    right = [answer["digit"] == json.loads(line)["label"] for answer, line in zip(answers, lines, strict=True)]
    assert np.mean(right) > 0.9


def test_a_blank_picture_has_no_digit(tmp_path: Path, capsys: Captured) -> None:
    path = write_picture(tmp_path / "blank.png", None)
    assert rows(run(capsys, "classify", path, "--json")) == [
        {
            "file": str(path),
            "digit": None,
            "probability": 0.0,
            "probabilities": [0.0] * 10,
            "verdict": "nothing drawn",
            "sentence": "No ink found in this picture; use a darker pen or a plain background.",
        }
    ]


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ('{"strokes": []}', "nothing drawn"),
        ('{"strokes": [[], []]}', "nothing drawn"),
        ('{"strokes": [[[5, 5]]]}', "too little ink"),
        ('{"strokes": [[[5, 5], [6, 6]]]}', "too little ink"),
    ],
)
def test_strokes_without_a_digit_have_none(tmp_path: Path, capsys: Captured, line: str, verdict: str) -> None:
    (tmp_path / "a.jsonl").write_text(f"\n{line}\n\n")
    (answer,) = rows(run(capsys, "classify", "--strokes", tmp_path / "a.jsonl"))
    assert (answer["digit"], answer["probability"], answer["verdict"]) == (None, 0.0, verdict)


def test_where_and_how_large_the_digit_is_drawn_does_not_matter(tmp_path: Path, capsys: Captured) -> None:
    strokes = simple_strokes(4)
    lines = [
        json.dumps({"strokes": [(stroke * factor + offset).tolist() for stroke in strokes]})
        for factor, offset in ((1, 0), (30, -500), (0.5, 10_000))
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    answers = rows(run(capsys, "classify", "--strokes", tmp_path / "a.jsonl"))
    for answer in answers:
        np.testing.assert_allclose(answer["probabilities"], answers[0]["probabilities"], atol=0.02)


GOOD = '{"strokes": []}\n'
POINTS = "Stroke 1 is not a list of points [x, y]; expected two numbers a point."
NUMBERS = "Stroke 1 has a point that is not a number within ±100000; draw it again."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (GOOD + "hello\n", 'a.jsonl, line 2 is not JSON; expected {"strokes": …}.'),
        (GOOD * 2 + '\n{"strokes": [', 'a.jsonl, line 4 is not JSON; expected {"strokes": …}.'),
        ("[]", "a.jsonl, line 1 has no 'strokes'; expected {\"strokes\": …}."),
        ("null", "a.jsonl, line 1 has no 'strokes'; expected {\"strokes\": …}."),
        ('{"stroke": []}', "a.jsonl, line 1 has no 'strokes'; expected {\"strokes\": …}."),
        (GOOD + '{"strokes": [[[NaN, 1], [2, 3]]]}', f"a.jsonl, line 2: {NUMBERS}"),
        ('{"strokes": [[[-Infinity, 1], [2, 3]]]}', f"a.jsonl, line 1: {NUMBERS}"),
        ('{"strokes": [[[1e300, 1], [2, 3]]]}', f"a.jsonl, line 1: {NUMBERS}"),
        ('{"strokes": [[[null, 1], [2, 3]]]}', f"a.jsonl, line 1: {POINTS}"),
        ('{"strokes": [[["1", "2"], [true, 3]]]}', f"a.jsonl, line 1: {POINTS}"),
        ('{"strokes": [[[' + "9" * 400 + ", 1], [2, 3]]]}", f"a.jsonl, line 1: {POINTS}"),
        ('{"strokes": [[["a", "b"], ["c", "d"]]]}', f"a.jsonl, line 1: {POINTS}"),
        ('{"strokes": ["abc"]}', f"a.jsonl, line 1: {POINTS}"),
        ('{"strokes": [{"x": 1}]}', f"a.jsonl, line 1: {POINTS}"),
        ('{"strokes": [[[1, 2, 3]]]}', f"a.jsonl, line 1: {POINTS}"),
        ('{"strokes": [[1, 2]]}', f"a.jsonl, line 1: {POINTS}"),
        ('{"strokes": ' + "[" * 60 + "]" * 60 + "}", f"a.jsonl, line 1: {POINTS}"),
        ('{"strokes": ' + "[" * 500 + "]" * 500 + "}", f"a.jsonl, line 1: {POINTS}"),
        (
            '{"strokes": ' + "[" * 200_000 + "]" * 200_000 + "}",
            'a.jsonl, line 1 is not JSON; expected {"strokes": …}.',
        ),
        (
            '{"strokes": "abc"}',
            "a.jsonl, line 1: The strokes must be a list of at most 500 strokes [[x, y], …]; draw again.",
        ),
        (
            json.dumps({"strokes": [[[1, 1]]] * 501}),
            "a.jsonl, line 1: The strokes must be a list of at most 500 strokes [[x, y], …]; draw again.",
        ),
        (
            json.dumps({"strokes": [[[1, 1]] * 20_001]}),
            "a.jsonl, line 1: The drawing has more than 20000 points; clear it and draw a simpler one.",
        ),
        (
            GOOD + json.dumps({"strokes": [[[1, 1]] * 1_000_000]}),
            "a.jsonl, line 2 is longer than 2,000,000 characters; draw a simpler digit.",
        ),
    ],
    ids=lambda value: value[:24] if value[:1] in "[{nh" else "",
)
def test_absurd_strokes_are_refused_with_their_line(tmp_path: Path, capsys: Captured, text: str, sentence: str) -> None:
    (tmp_path / "a.jsonl").write_text(text)
    assert refusal(capsys, 2, "classify", "--strokes", tmp_path / "a.jsonl") == sentence


def test_lines_before_a_broken_one_are_answered(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "a.jsonl").write_text(strokes_line(1) + "\nbroken\n")
    assert main(["classify", "--strokes", str(tmp_path / "a.jsonl")]) == 2
    (answer,) = rows(capsys.readouterr().out)
    assert answer["digit"] == 1


def test_a_damaged_gzip_file_is_refused(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "a.jsonl.gz"
    content = gzip.compress(b"".join(f'{{"strokes": [], "n": {n * n}}}\n'.encode() for n in range(5000)))
    damaged = bytearray(content)
    damaged[10] = 0xFF  # the first block is of a kind that there is not
    for bad in (b"not gzip", content[: len(content) // 2], bytes(damaged)):
        path.write_bytes(bad)
        sentence = refusal(capsys, 2, "classify", "--strokes", path)
        assert sentence.startswith(f"{path} cannot be read (")


def test_strokes_that_are_no_text_are_refused(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "a.jsonl").write_bytes(bytes(range(128, 256)))
    sentence = refusal(capsys, 2, "classify", "--strokes", tmp_path / "a.jsonl")
    assert sentence.startswith(f"{tmp_path / 'a.jsonl'} cannot be read ('utf-8' codec can't decode byte 0x80")


def test_a_file_that_is_no_picture_is_refused_by_its_name(tmp_path: Path, capsys: Captured) -> None:
    nothing, gif = "not a PNG or JPEG picture", "a GIF picture and not a PNG or JPEG"
    contents = {"a.png": (b"hello", nothing), "b.png": (b"", nothing), "picture": (b"GIF89a" + bytes(100), gif)}
    for name, (content, kind) in contents.items():
        (tmp_path / name).write_bytes(content)
        sentence = f"{name}: This file is {kind}; save it as one of these and try again."
        assert refusal(capsys, 2, "classify", tmp_path / name) == sentence


def test_a_picture_that_breaks_off_is_refused(tmp_path: Path, capsys: Captured) -> None:
    path = write_picture(tmp_path / "a.png", 8)
    path.write_bytes(path.read_bytes()[:-100])
    assert refusal(capsys, 2, "classify", path).startswith("a.png: The picture is damaged; save it again")


def test_a_model_that_is_not_there_yet_is_a_failure(capsys: Captured, tmp_path: Path) -> None:
    waiting = run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    picture = write_picture(tmp_path / "a.png", 3)
    sentence = refusal(capsys, 1, "classify", "--model", waiting.id, picture)
    assert sentence == (
        f"The model of {waiting.id} cannot be loaded (there is no such file); train it again or choose another."
    )


def test_a_model_that_is_damaged_is_a_failure(capsys: Captured, tmp_path: Path) -> None:
    damaged = run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})
    damaged.model_path.write_bytes(b"no model")
    sentence = refusal(capsys, 1, "classify", "--model", damaged.id, write_picture(tmp_path / "a.png", 3))
    assert "cannot be loaded" in sentence


def test_a_bad_file_among_many_does_not_end_the_command(tmp_path: Path, capsys: Captured) -> None:
    good = write_picture(tmp_path / "good.png", 7)
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"hello")
    assert main(["classify", str(bad), str(good), str(tmp_path / "none.png")]) == 2
    said = capsys.readouterr()
    first, second, third = rows(said.out)
    assert first["error"].startswith("bad.png: This file is not a PNG or JPEG picture")
    assert (second["file"], second["digit"]) == (str(good), 7)
    assert "cannot be read (No such file" in third["error"]
    assert said.err.startswith("2 of 3 files could not be read, and their lines say why: ")


def test_a_sheet_is_told_row_by_row(tmp_path: Path, capsys: Captured) -> None:
    strokes = [
        (stroke + np.array([100 * place, 160 * row])).tolist()
        for row, digits in enumerate([[2, 0, 7], [3, 6]])
        for place, digit in enumerate(digits)
        for stroke in simple_strokes(digit)
    ]
    (tmp_path / "a.jsonl").write_text(json.dumps({"strokes": [*strokes, [[300, 250], [302, 257]]]}))
    (answer,) = rows(run(capsys, "classify", "--strokes", tmp_path / "a.jsonl"))
    assert (answer["number"], answer["rows"]) == ("207 36.", ["207", "36."])
    places = [(one["row"], one["place"], one["digit"]) for one in answer["digits"]]
    assert places == [(1, 1, 2), (1, 2, 0), (1, 3, 7), (2, 1, 3), (2, 2, 6)]
    for one in answer["digits"]:
        left, top, right, bottom = one["box"]
        assert 160 * (one["row"] - 1) - 20 < top < bottom < 160 * one["row"]
        assert 100 * (one["place"] - 1) - 20 < left < right
    (sign,) = answer["signs"]
    assert (sign["sign"], sign["row"], sign["place"]) == (".", 2, 3)
