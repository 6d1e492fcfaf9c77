"""Who answers a drawing, and what is to be known of it: looked up when the page runs, not with each stroke."""

from collections.abc import Mapping
from dataclasses import dataclass

from mnist_core.errors import InputError
from mnist_core.language import N_, gettext
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.ui.browser import owner

SHIPPED_SAYS = N_("The shipped model says")
ONLY_DIGITS = N_("It was only ever shown digits. So it cannot really tell what is no digit.")


@dataclass(frozen=True)
class Answering:
    """The model that answers."""

    run: Run
    says: str  # what stands before its answer: `Your quick model says`
    limit: str = ""  # what it cannot do, in a sentence; empty where there is nothing to say
    shipped: Run | None = None  # the shipped model, which answers beside another one

    @classmethod
    def of(cls, run: Run, models: Mapping[str, Run]) -> "Answering":
        """Of one of the models of this lab, by their ids."""
        if run.shipped:
            return cls(run, gettext(SHIPPED_SAYS))
        shipped = models.get(run_folders.SHIPPED_MODEL)
        return cls(run, _says(run), _limit(run), shipped if shipped and shipped.shipped else None)


def _says(run: Run) -> str:
    is_own = run.owner == owner()
    if name := run.label().name:
        return (
            gettext("Your model “{name}” says", name=name) if is_own else gettext("The model “{name}” says", name=name)
        )
    try:
        recipe = run.description().config.recipe
    except InputError:
        return gettext("This model says")
    return (
        gettext("Your {recipe} model says", recipe=recipe)
        if is_own
        else gettext("The {recipe} model says", recipe=recipe)
    )


def _limit(run: Run) -> str:
    try:
        return "" if run.description().config.may_teach_doubt else gettext(ONLY_DIGITS)
    except InputError:
        return ""
