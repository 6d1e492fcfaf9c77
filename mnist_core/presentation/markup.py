"""HTML by templates: every text in it is escaped by construction, and what can be pressed is written in one place."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from mnist_core.language import gettext, ngettext

if TYPE_CHECKING:
    from jinja2 import Environment


class Press(NamedTuple):
    """What can be pressed, as the macro `pressable` takes it; `label` says it where `text` alone would not.

    Without a choice it is text alone.
    """

    choice: str
    text: str
    label: str = ""
    current: bool = False


def render(template: str, **values: object) -> str:
    return environment().get_template(template).render(values)


def part(template: str, macro: str, *values: object) -> str:
    """One of a template's macros with these values."""
    # Plain text for whoever goes on with it: jinja2's own type would escape what is added to it.
    return str(getattr(environment().get_template(template).module, macro)(*values))


@functools.cache
def environment(finalize: Callable[[object], object] | None = None) -> "Environment":
    """The templates; what is put into one goes through `finalize`."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # not every page has something to show by it

    made = Environment(
        loader=PackageLoader("mnist_core.presentation", "templates"),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals |= {"gettext": gettext, "ngettext": ngettext}
    return made
