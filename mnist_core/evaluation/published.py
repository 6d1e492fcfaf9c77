"""The results that recipes' sources published, beside what was measured here."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from mnist_core.config.recipes import RECIPES, Recipe, to_address
from mnist_core.data.dataset import MNIST_IDENTITY
from mnist_core.errors import InputError
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.significance import wilson
from mnist_core.formatting import percent
from mnist_core.language import N_, as_written, gettext
from mnist_core.runs.run import Run

COLUMNS = (N_("Recipe"), N_("Published"), N_("Run"), N_("Measured here"), N_("Outcome"), N_("Other settings"))
# Whether they are at their default does not make a run another experiment.
BESIDES = {"recipe", "seed"}


@dataclass(frozen=True)
class Beside:
    """A published result and a run of that recipe."""

    recipe: Recipe
    accuracy: float  # what was measured here on MNIST's test images
    interval: tuple[float, float]  # its 95 % interval (Wilson)
    loss: float  # mean cross-entropy there
    changes: str  # what the run does otherwise than the recipe, in words; empty where it is the recipe's own experiment

    @property
    def measured(self) -> str:
        """`98.02 % (97.73–98.28), loss 0.0981`; the loss where the source has one."""
        low, high = (as_written(f"{100 * end:.2f}") for end in self.interval)
        loss = "" if math.isnan(self.recipe.published_loss) else gettext(", loss {loss:.4f}", loss=self.loss)
        return f"{percent(self.accuracy)} ({low}–{high}){loss}"

    @property
    def verdict(self) -> str:
        """Whether the published accuracy, and any loss, was reached; for sure, where the whole interval lies there."""
        asked = self.recipe.published_accuracy
        if self.accuracy >= asked:
            accuracy = gettext("reached for sure") if self.interval[0] >= asked else gettext("reached")
        else:
            accuracy = gettext("missed, perhaps by chance") if self.interval[1] >= asked else gettext("missed")
        if math.isnan(self.recipe.published_loss):
            return accuracy
        if self.loss <= self.recipe.published_loss:
            return gettext("{accuracy}; loss reached", accuracy=accuracy)
        return gettext("{accuracy}; loss missed", accuracy=accuracy)


def beside(run: Run, evaluation: Evaluation) -> Beside | None:
    """Puts what was measured beside what the source of the run's recipe published.

    None where there is nothing to compare: the recipe has no published result, the images are not MNIST's test images,
    the folder is damaged.
    """
    if evaluation.identity != MNIST_IDENTITY:
        return None
    try:
        what = run.description()
    except InputError:
        return None
    config = what.config
    recipe = RECIPES.get(config.recipe)
    if recipe is None or math.isnan(recipe.published_accuracy) or what.imported:
        return None
    changes = [gettext(name.replace("_", " ")) for name in to_address(config) if name not in BESIDES]
    if what.dataset["identity"] != MNIST_IDENTITY:
        changes.insert(0, gettext("data"))
    right = round(evaluation.accuracy * len(evaluation.labels))
    interval = wilson(right, len(evaluation.labels))
    return Beside(recipe, evaluation.accuracy, interval, evaluation.loss, ", ".join(changes))


def published_rows(
    measured: Iterable[tuple[Run, Evaluation]], others: Iterable[tuple[Run, Evaluation]] = ()
) -> list[dict[str, str | None]]:
    """The recipes that have a published result as rows of a table, each with the runs that it was tried in.

    Each of `measured` gets a row; of `others`, the newest first, the first of a recipe that does not have one yet.
    """
    found: dict[str, list[tuple[Run, Beside]]] = {}
    for run, evaluation in measured:
        if known := beside(run, evaluation):
            found.setdefault(known.recipe.config.recipe, []).append((run, known))
    for run, evaluation in others:
        if (known := beside(run, evaluation)) and known.recipe.config.recipe not in found:
            found[known.recipe.config.recipe] = [(run, known)]
    rows: list[dict[str, str | None]] = []
    for name, recipe in RECIPES.items():
        if recipe.published:
            tried = [_row(recipe, run.id, known) for run, known in found.get(name, [])]
            rows += tried or [_row(recipe, None, None)]
    return rows


def _row(recipe: Recipe, run: str | None, known: Beside | None) -> dict[str, str | None]:
    return {
        "Recipe": recipe.title,
        "Published": recipe.published,
        "Run": run,
        "Measured here": known.measured if known else None,
        "Outcome": known.verdict if known else gettext("not tried here"),
        "Other settings": known.changes if known else None,
    }
