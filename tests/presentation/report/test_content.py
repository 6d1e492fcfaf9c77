import json
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.errors import InputError
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.significance import wilson
from mnist_core.files import atomic
from mnist_core.formatting import percent
from mnist_core.inference.calibration import calibration_error
from mnist_core.presentation.report import FORMATS, Report, gather, render
from mnist_core.presentation.report.blocks import Block, Charts, Code, Items, Pictures, Table, Text
from mnist_core.runs.run import METRICS, Run
from mnist_core.runs.run_label import RunLabel
from mnist_core.runs.status import Status
from tests.presentation.report.conftest import IDENTITY, NOW


def blocks(report: Report, title: str) -> tuple[Block, ...]:
    return next(section.blocks for section in report.sections if section.title == title)


def tables(report: Report, title: str) -> list[Table]:
    return [block for block in blocks(report, title) if isinstance(block, Table)]


def words(report: Report, title: str) -> str:
    return " ".join(block.words for block in blocks(report, title) if isinstance(block, Text))


def facts(report: Report, title: str) -> dict[str, str]:
    """The rows of the section's tables of two columns."""
    return {row[0]: row[1] for table in tables(report, title) for row in table.rows if len(row) == 2}


def headline(report: Report, label: str) -> tuple[str, str]:
    return next((one.value, one.remark) for one in report.headlines if one.label == label)


def test_the_headlines_are_those_of_the_evaluation(report: Report, evaluation: Evaluation) -> None:
    low, high = wilson(evaluation.right, 300)
    interval = f"likely between {percent(low)} and {percent(high)}"
    assert headline(report, "Accuracy") == (percent(evaluation.accuracy), interval)
    assert headline(report, "Wrong") == (str(300 - evaluation.right), "of 300 images")
    assert headline(report, "Loss") == (f"{evaluation.loss:.4f}", "how wrong it is; smaller is better")
    assert headline(report, "Parameters") == ("121,930", "in 7 layers")
    assert headline(report, "Training") == ("1 min 12 s", "3 epochs")


def test_the_calibration_error_is_that_after_the_temperature(report: Report, run: Run, evaluation: Evaluation) -> None:
    softened = evaluation.probabilities.astype(float) ** (1 / 1.3)
    softened /= softened.sum(axis=1, keepdims=True)
    expected = percent(calibration_error(softened, evaluation.labels))
    assert headline(report, "Calibration error") == (expected, "after the correction")
    assert facts(report, "Calibration")["Temperature"] == "1.300"
    assert "stars 90 %" in words(report, "Calibration")


def test_the_matrix_agrees_with_scikit_learn_and_adds_up(report: Report, evaluation: Evaluation) -> None:
    counts, shares = tables(report, "Confusion matrix")[:2]
    expected = confusion_matrix(evaluation.labels, evaluation.predictions)
    found = np.array([[0 if text == "·" else int(text) for text in row[1:]] for row in counts.rows])
    assert (found[:10, :10] == expected).all()
    assert (found[:10, 10] == expected.sum(axis=1)).all() and (found[10, :10] == expected.sum(axis=0)).all()
    assert found[10, 10] == 300 and np.trace(found[:10, :10]) == evaluation.right
    for row, text in zip(expected, shares.rows, strict=True):
        for number, cell in zip(row, text[1:], strict=True):
            assert (0.0 if cell == "·" else float(cell)) == pytest.approx(100 * number / row.sum(), abs=0.0501)


def test_the_pairs_confused_most_come_first(report: Report, evaluation: Evaluation) -> None:
    pairs = tables(report, "Confusion matrix")[2].rows
    numbers = [int(row[2]) for row in pairs]
    assert numbers == sorted(numbers, reverse=True) and all(row[0] != row[1] for row in pairs)
    for actual, read, number, _ in pairs:
        assert evaluation.confusion[int(actual), int(read)] == int(number)


def test_the_mistakes_are_shown_the_most_confident_first(
    report: Report, evaluation: Evaluation, images: np.ndarray
) -> None:
    pictures = next(block for block in blocks(report, "Mistakes") if isinstance(block, Pictures))
    wrong = evaluation.mistakes()
    assert 0 < len(wrong) <= 40 and len(pictures.captions) == len(wrong)
    assert (pictures.images == images[wrong]).all()
    first = wrong[0]
    beginning = f"{evaluation.labels[first]} read as {evaluation.predictions[first]}, "
    assert pictures.captions[0].startswith(beginning) and pictures.captions[0].endswith(f"(#{first})")
    assert "All of them" in words(report, "Mistakes")


def test_of_many_mistakes_the_first_forty_are_shown(run: Run) -> None:
    labels = np.zeros(100, int)
    evaluation = Evaluation.measure(np.eye(10, dtype=np.float32)[np.ones(100, int)], labels)
    report = gather(run, evaluation, np.zeros((100, 28, 28), np.uint8), now=NOW)
    pictures = next(block for block in blocks(report, "Mistakes") if isinstance(block, Pictures))
    assert len(pictures.images) == len(pictures.captions) == 40
    assert "The first 40 of 100" in words(report, "Mistakes")


def test_without_the_images_the_mistakes_are_listed(run: Run, evaluation: Evaluation) -> None:
    report = gather(run, evaluation, None, now=NOW)
    (table,) = tables(report, "Mistakes")
    assert [row[0] for row in table.rows] == [f"#{index}" for index in evaluation.mistakes()]
    assert "not at hand" in words(report, "Mistakes")


def test_the_report_names_its_data_its_versions_and_its_seed(report: Report) -> None:
    known = facts(report, "Where the figures come from")
    assert known["Judged on"] == known["Trained on"] == "Simple digits" and known["– its SHA-256"] == IDENTITY
    assert known["Seed"] == "1" and known["Version of keras"] == "3.15.1"
    assert report.subtitle == "Judged on 300 test images of Simple digits"
    assert re.fullmatch(r"Made by Digit Lab [\d.]+ on \d+ November 2026, \d\d:\d6", report.made)


def test_no_folder_of_this_machine_is_in_a_report(report: Report) -> None:
    assert "/secret" not in repr(report.sections)


def test_other_data_is_named_as_it_is_called(run: Run, evaluation: Evaluation, images: np.ndarray) -> None:
    other = Evaluation(evaluation.probabilities, evaluation.labels, evaluation.report, "cd" * 32)
    assert gather(run, other, images, "Grandma's digits", NOW).subtitle.endswith("of Grandma's digits")
    known = facts(gather(run, other, images, now=NOW), "Where the figures come from")
    assert known["Judged on"] == "other data" and known["Trained on"] == "Simple digits"


def test_name_note_and_card_are_in_the_report(run: Run, evaluation: Evaluation) -> None:
    run.write_label(RunLabel("Our net <3", "first line\nsecond"), by=COMMAND_LINE)
    (run.folder / "README.md").write_text("# Card\n\n- one\n- two\n")
    report = gather(run, evaluation, None, now=NOW)
    assert report.title == "Our net <3 (93.00 %)" and report.note == "first line\nsecond"
    assert Items(("one", "two")) in blocks(report, "Model card")
    assert "may come from other images than this report's" in words(report, "Model card")


def test_a_run_that_took_another_way_says_so(run: Run, evaluation: Evaluation) -> None:
    described = atomic.read_json(run.folder / "config.json") | {"continues": {"run": "before", "epochs": 2}}
    atomic.write_json(run.folder / "config.json", described)
    run.write_rate_changes([(120, 0.0005)])
    run.write_status(Status("stopped", "stopped-waiting", epoch=3, epochs=5, seconds=72.0))
    report = gather(run, evaluation, None, now=NOW)
    known = facts(report, "Training")
    assert known["State"] == "stopped. It was stopped while it waited; there is no model."
    assert known["Goes on from"] == "before, after its epoch 2"
    assert known["Rate changed by hand"] == "0.0005 from step 120 on"
    for part in ("went on from another", "changed by hand", "was stopped"):
        assert part in words(report, "Making it again")


def test_a_second_source_is_asked_for_under_the_command(run: Run, evaluation: Evaluation) -> None:
    described = atomic.read_json(run.folder / "config.json")
    described["config"]["also"] = "/secret/pens.jsonl.gz"
    described["dataset"]["also_identity"] = "ab" * 32
    atomic.write_json(run.folder / "config.json", described)
    text = words(gather(run, evaluation, None, now=NOW), "Making it again")
    assert "needs the second source, the file pens.jsonl.gz, in models/data" in text and "/secret" not in text
    assert f"the SHA-256 of what it holds is {'ab' * 32}." in text
    del described["dataset"]["also_identity"]
    atomic.write_json(run.folder / "config.json", described)
    assert "SHA-256" not in words(gather(run, evaluation, None, now=NOW), "Making it again")
    described["config"]["also"] = ""
    atomic.write_json(run.folder / "config.json", described)
    assert "second source" not in words(gather(run, evaluation, None, now=NOW), "Making it again")


def test_of_a_long_run_epochs_at_even_distances_are_listed(run: Run, evaluation: Evaluation) -> None:
    run.write_metrics({name: [float(place) for place in range(1, 1001)] for name in METRICS})
    table = tables(gather(run, evaluation, None, now=NOW), "Training")[1]
    assert len(table.rows) == 30 and (table.rows[0][0], table.rows[-1][0]) == ("1", "1000")
    assert table.caption == "30 of 1,000 epochs"


IMPORTED = {"kind": "keras", "learned_from": "not known", "same_data": False, "sentence": "Imported without figures."}


def test_an_imported_keras_model_claims_no_settings_and_no_command(run: Run, evaluation: Evaluation) -> None:
    atomic.write_json(run.folder / "config.json", atomic.read_json(run.folder / "config.json") | {"imported": IMPORTED})
    report = gather(run, evaluation, None, now=NOW)
    assert [table.columns[0] for table in tables(report, "Settings")] == ["Number"]  # the network alone
    assert not any(isinstance(block, Code) for block in blocks(report, "Making it again"))
    known = facts(report, "Where the figures come from")
    assert known["Trained elsewhere, on"] == "not known" and "Seed" not in known and "Version of keras" not in known


def test_an_imported_capsule_of_the_same_data_can_be_made_again(run: Run, evaluation: Evaluation) -> None:
    imported = IMPORTED | {"kind": "capsule", "same_data": True, "versions": {"keras": "3.0.0"}}
    atomic.write_json(run.folder / "config.json", atomic.read_json(run.folder / "config.json") | {"imported": imported})
    report = gather(run, evaluation, None, now=NOW)
    assert any(isinstance(block, Code) for block in blocks(report, "Making it again"))
    assert facts(report, "Where the figures come from")["Version of keras"] == "3.0.0"


def without_tables(run: Run) -> None:
    (run.folder / "metrics.csv").unlink()
    (run.folder / "batches.csv").unlink()


def without_settings(run: Run) -> None:
    (run.folder / "config.json").write_text("{")


def with_strange_settings(run: Run) -> None:
    odd = {"config": 5, "dataset": [1], "created": "then", "versions": "all", "continues": 7, "imported": None}
    (run.folder / "config.json").write_text(json.dumps(odd))


def with_numbers_that_are_none(run: Run) -> None:
    run.write_metrics({name: [math.nan, math.inf] for name in METRICS})


LOST = {
    "tables": without_tables,
    "settings": without_settings,
    "sense": with_strange_settings,
    "numbers": with_numbers_that_are_none,
    "calibration": lambda run: run.calibration_path.unlink(),
    "status": lambda run: (run.folder / "status.json").write_text("[]"),
    "rates": lambda run: (run.folder / "learning_rates.json").write_text('{"a": 1}'),
    "card": lambda run: (run.folder / "README.md").write_bytes(b"\xff\xfe\xff"),
}


@pytest.mark.parametrize("what", LOST)
def test_a_run_that_lacks_something_still_gets_its_report(run: Run, evaluation: Evaluation, what: str) -> None:
    lose: Any = LOST[what]
    lose(run)
    report = gather(run, evaluation, None, now=NOW)
    assert len(report.sections) >= 9
    if what == "numbers":  # the one loss that could spoil a drawing
        assert all(len(render(report, file_format)) > 10_000 for file_format in FORMATS)
    if what == "tables":
        assert "curves of this run are lost" in words(report, "Learning curves")
        assert not any(isinstance(block, Charts) for block in blocks(report, "Learning curves"))
    if what in ("settings", "sense"):
        assert "settings of this run are lost" in words(report, "Settings")
    if what == "calibration":
        assert headline(report, "Calibration error")[1] == "not corrected"


def chart_sentences(report: Report) -> Iterator[str]:
    for section in report.sections:
        for block in section.blocks:
            if isinstance(block, Charts):
                yield from (chart.sentence for chart in block.charts)


def test_every_chart_has_its_own_sentence(report: Report) -> None:
    sentences = list(chart_sentences(report))
    assert len(sentences) == len(set(sentences)) == 5 and all(sentence.endswith(".") for sentence in sentences)


def test_a_model_without_mistakes_says_so(run: Run) -> None:
    labels = np.array([0, 1, 2])
    report = gather(run, Evaluation.measure(np.eye(10, dtype=np.float32)[labels], labels), None, now=NOW)
    assert "None: every one" in words(report, "Mistakes") and len(tables(report, "Confusion matrix")) == 2


def test_no_images_at_all_are_refused_in_words(run: Run) -> None:
    nothing = Evaluation(np.empty((0, 10)), np.empty(0, int), np.zeros((12, 4)))
    with pytest.raises(InputError, match="no image to report on"):
        gather(run, nothing, None)
