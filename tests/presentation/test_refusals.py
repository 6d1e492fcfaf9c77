from pathlib import Path

from mnist_core.inference.calibration import Calibration
from mnist_core.presentation import refusals
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run

SHIPPED = run_folders.find(run_folders.SHIPPED_MODEL)


def test_what_is_no_digit_is_noticed_so_often_and_where_that_was_measured_stands_apart() -> None:
    known = refusals.of(SHIPPED)
    assert known and known.sentence == ("Shown something that is no digit, this model notices it 88 times out of 100.")
    assert "88 % of 6,904 letters and signs" in known.details and "1.0 % of 3,079 digits" in known.details


def test_a_run_that_was_not_shown_to_strangers_says_what_its_calibration_found(tmp_path: Path) -> None:
    run = Run(tmp_path)
    assert refusals.of(run) is None
    Calibration(refused=0.008, caught={"stars": 0.9, "hearts": 0.8}, images=3000).save(run.calibration_path)
    known = refusals.of(run)
    assert known and "notices it 85 times out of 100" in known.sentence
    assert "0.8 % of 3,000 digits that it was not trained on" in known.details
