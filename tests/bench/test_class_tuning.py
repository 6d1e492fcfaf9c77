import json
from pathlib import Path

import numpy as np
import pytest

from mnist_core.bench import class_tuning
from mnist_core.bench.class_tuning import Outcome
from mnist_core.data.stroke_files import HELD_BACK, HELD_BACK_SITES, Handwriting
from mnist_core.errors import InputError
from mnist_core.mnist import CLASSES
from tests.conftest import SIMPLE_DIGITS, simple_strokes


def everybody(people: int, each: int) -> Handwriting:
    """All digits of so many people, each so often."""
    pairs = [(writer, digit) for writer in range(people) for digit in range(CLASSES) for _ in range(each)]
    labels, writers = np.array([digit for _, digit in pairs]), np.array([writer for writer, _ in pairs])
    return Handwriting(labels, writers, tuple(simple_strokes(digit) for digit in labels.tolist()))


def test_people_are_of_the_sites_that_were_chosen_on_or_of_all_others(tmp_path: Path) -> None:
    path, other = tmp_path / "drawn.jsonl", tmp_path / "pen.jsonl"
    places = [("syn", 1), ("syn", HELD_BACK[0]), (HELD_BACK_SITES[0], 7), (HELD_BACK_SITES[1], 9)]
    rows = [{"label": 4, "writer": writer, "site": site, "strokes": SIMPLE_DIGITS[4]} for site, writer in places]
    path.write_text("\n".join(map(json.dumps, rows)))
    rows = [{"label": 4, "writer": writer, "strokes": SIMPLE_DIGITS[4]} for writer in (1, HELD_BACK[0])]
    other.write_text("\n".join(map(json.dumps, rows)))
    assert class_tuning.pool([path, other], chosen_on=True).writers.tolist() == [HELD_BACK[0], 9]
    assert class_tuning.pool([path, other], chosen_on=False).writers.tolist() == [7, 100_000 + HELD_BACK[0]]


def test_a_class_is_of_people_who_wrote_all_digits() -> None:
    pool = everybody(6, 3)
    drawn, people = class_tuning.a_class(pool, 4, 2, seed=1)
    assert len(drawn) == 4 * CLASSES * 2 and np.bincount(drawn.labels).tolist() == [8] * CLASSES
    assert len(set(people[drawn.held_back])) == len(set(people[~drawn.held_back])) == 2
    assert not set(people[drawn.held_back]) & set(people[~drawn.held_back])
    again, other = (class_tuning.a_class(pool, 4, 2, seed)[1].tolist() for seed in (1, 2))
    assert again == people.tolist() != other
    with pytest.raises(InputError, match="Only 5 people wrote all digits, and 6 are wanted"):
        class_tuning.a_class(pool.chosen((pool.labels > 0) | (pool.writers > 0)), 6, 1, seed=1)


def test_the_share_that_is_mended_has_an_interval_over_people() -> None:
    wrong = np.zeros((2, 100), bool)
    wrong[0, ::2], wrong[1, ::4] = True, True
    share, low, high = class_tuning.mended(wrong, np.arange(100) // 10)
    assert share == 0.5 and 0.3 < low < 0.5 < high < 0.7
    share, low, high = class_tuning.mended(wrong, np.arange(100))
    assert low < 0.4
    assert np.isnan(class_tuning.mended(np.zeros((2, 4), bool), np.arange(4))[0])


def test_what_is_asked_is_said_to_be_held_or_not(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = np.array([[True] * 4 + [False] * 6, [True] * 3 + [False] * 7])
    outcome = Outcome(1, 10, 4, 3, 2, 2, 9960, 9955, 0.2, 0.25, 95.0, 2.5)
    class_tuning.print_all(iter([(outcome, wrong, np.arange(10))]))
    first, *lines = capsys.readouterr().out.replace("\xa0", " ").splitlines()
    assert json.loads(first)["wrong_after"] == 3
    assert "not read right 4 → 3: mended 25 % (" in lines[1] and lines[1].endswith("asked 30 %: NOT HELD")
    assert lines[3:] == [
        "MNIST: 0.05 % lost in the mean, asked 0.10 %: held",
        "slowest 95 s, asked 90 s: NOT HELD",
        "signs given as a digit: 20.00 % → 25.00 %",
    ]
