"""Makes a trained run the shipped model: `python -m scripts.release RUN best --strokes FILE…`.

Nothing else writes into `models/pretrained/`. What a run learned from is named there without the folders of the machine
that it lay on; what each step of the preparation is worth is measured anew, by the first file of strokes, and how
people of places that are held back fare, by all of them. Its card, `README.md`, is a person's
to write: `scripts.figures` and `mnist_core.bench.hands` print what it states.
"""

import argparse
import dataclasses
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mnist_core import environment
from mnist_core.bench import hands
from mnist_core.cli import frame
from mnist_core.data import sources, stroke_files
from mnist_core.errors import InputError
from mnist_core.evaluation import ablation, strangers
from mnist_core.evaluation.strangers import Strangers
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run

# Of a run's folder these go with it; checkpoints, requests and locks belong to its training.
SHIPPED_FILES = (
    "batches.csv",
    "metrics.csv",
    "calibration.json",
    "evaluation.npz",
    "model.keras",
    "model.tflite",
    "status.json",
)
CARD = "README.md"
DIGITS = 2000


def release(run: Run, name: str, strokes: Sequence[str], digits: int = DIGITS, data: str = "mnist") -> Run:
    """Puts a run with a model in the place of a shipped one, whose card stays; returns what is shipped then.

    Raises InputError if the run is not done.
    """
    if run.stored_status().state != "done" or not run.has_model:
        raise InputError(f"The run {run.id} is not done; only a model that was trained to its end is shipped.")
    target = environment.PRETRAINED / name
    with tempfile.TemporaryDirectory(dir=environment.PRETRAINED) as temporary:
        made = Path(temporary) / name
        made.mkdir()
        for file in SHIPPED_FILES:
            shutil.copyfile(run.folder / file, made / file)
        description = run.description()
        also = ";".join(Path(source).name for source in description.config.second_sources)
        config = dataclasses.replace(description.config, also=also)
        dataclasses.replace(description, config=config).save(made / "config.json")
        _ablation(Run(made), strokes[0], digits, data).save(made / ablation.FILE_NAME)
        if known := _strangers(Run(made), strokes):
            known.save(made / strangers.FILE_NAME)
        if (target / CARD).exists():
            shutil.copyfile(target / CARD, made / CARD)
        shutil.rmtree(target, ignore_errors=True)
        made.replace(target)
    return Run(target)


def _ablation(run: Run, strokes: str, digits: int, data: str) -> ablation.Ablation:
    dataset, drawn = sources.load(data), sources.load_handwriting(strokes)
    if drawn is None:
        raise InputError(f"{strokes} holds no strokes; expected a .jsonl or .jsonl.gz file of drawings.")
    _, held_back = drawn.split()
    return ablation.measure(
        frame.classifier_of(run).probabilities,
        dataset.test_images[:digits],
        dataset.test_labels[:digits],
        held_back.strokes[:digits],
        held_back.labels[:digits],
    )


def _strangers(run: Run, strokes: Sequence[str]) -> Strangers | None:
    """Measures what people of held-back places drew; None where the files hold no digits or no signs of theirs."""
    classifier = frame.classifier_of(run)
    drawn = [stroke_files.read_handwriting(Path(name), signs=True) for name in strokes]
    away = [one.chosen(one.of_sites(*stroke_files.HELD_BACK_SITES)) for one in drawn]
    measured = [hands.measure(classifier, one) for one in away if len(one)]
    digits, signs = (sum(getattr(one, name) for one in measured) for name in ("digits", "signs"))
    if not digits or not signs:
        return None
    doubted = sum(one.doubted * one.digits for one in measured if one.digits) / digits
    called = sum(one.called_a_digit * one.signs for one in measured if one.signs) / signs
    places = {site for one in away for site in one.sites}
    return Strangers(len(places), digits, doubted, signs, 1 - called)


def main() -> None:
    """Ships a run, and says where it is."""
    parser = argparse.ArgumentParser(prog="python -m scripts.release", description=__doc__)
    parser.add_argument("run", help="a run id")
    parser.add_argument("name", help="what the shipped model is called")
    help_text = "files of drawings, of which those of writers and places held back are used"
    parser.add_argument("--strokes", nargs="+", required=True, help=help_text)
    options = parser.parse_args()
    shipped = release(run_folders.find(options.run), options.name, options.strokes)
    print(f"Shipped as {shipped.folder}; bring its card, {CARD}, up to date.")


if __name__ == "__main__":
    main()
