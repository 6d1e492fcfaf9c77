"""Runs commands of the command line, and makes the files that they read."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mnist_core.cli import main
from mnist_core.preprocessing.strokes import paint
from tests.conftest import simple_strokes

Captured = pytest.CaptureFixture[str]


def run(capsys: Captured, *arguments: str | Path) -> str:
    """Runs a command that succeeds, and returns what it printed."""
    assert main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def rows(text: str) -> list[dict[str, Any]]:
    """Reads JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


def refusal(capsys: Captured, code: int, *arguments: str | Path) -> str:
    """Runs a command that fails, and returns its sentence."""
    try:
        assert main([str(argument) for argument in arguments]) == code
    except SystemExit as error:  # what argparse finds
        assert error.code == code
    sentence = capsys.readouterr().err
    assert sentence.endswith("\n")
    sentence = sentence[:-1]
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    assert sentence.endswith(".")
    return sentence


def strokes_line(digit: int) -> str:
    """Returns a simple digit as a line of JSON."""
    return json.dumps({"strokes": [stroke.tolist() for stroke in simple_strokes(digit)]})


def write_picture(path: Path, digit: int | None) -> Path:
    """Writes a digit in black on white, or nothing at all."""
    ink = np.zeros((100, 100), np.uint8) if digit is None else paint(simple_strokes(digit), 100, 100, 9)
    Image.fromarray(255 - ink).save(path)
    return path
