"""Lesson plans: TOML files that come with the lab, and a teacher's own in the home's folder `lessons`.

A plan says its texts in one language; a table named as another language (`[de]`, `[steps.de]`) has them in that one.
What a button is called stands in braces, by its English name: `Press “{Start for all}”.` A step may `show` what an
earlier one started, by its number, and lead to a page of the lab: `page = "train?seed=2"`.
"""

import functools
import importlib
import logging
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mnist_core import environment
from mnist_core.access.actor import Actor
from mnist_core.checks import check_choice, check_whole
from mnist_core.classroom import activities, experiments
from mnist_core.classroom.activities import Activity
from mnist_core.classroom.lessons import MOST_STEPS, Lesson
from mnist_core.errors import InputError, not_written
from mnist_core.files import atomic, folders
from mnist_core.formatting import readable, suggestion
from mnist_core.language import N_, gettext, language
from mnist_core.presentation.paper import MOST_LINES

logger = logging.getLogger(__name__)

FOLDER = Path(__file__).parent
OWN_FOLDER = "lessons"  # in the home
OWN = "own:"  # before the name of a teacher's own
SUFFIX = ".toml"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
LANGUAGE = re.compile("[a-z]{2}")
LABEL = re.compile(r"\{([^{}\n]{1,40})\}")
MOST_BYTES, MOST_OWN = 64_000, 100
LONGEST_TITLE, LONGEST_LINE, LONGEST_TEXT = 80, 400, 2_000
MOST_MINUTES, MOST_IN_ALL, MOST_ITEMS = 90, 240, 8
# Where the settings of each kind are made and checked, in the module of this package.
MADE_BY = {
    "write": ("write", "Task"),
    "bet": ("bet", "Question"),
    "break": ("break_it", "Task"),
    "duel": ("duel", "Task"),
    "hands": ("hands", "Task"),
}
PAGES = {"explore": N_("Explore"), "draw": N_("Draw"), "train": N_("Train"), "evaluate": N_("Evaluate")}
PAGE = re.compile(rf"({'|'.join(PAGES)})(\?[a-z0-9_=&.-]{{1,100}})?")
SETTLED = ("answer", "runs")  # settings that an activity gets after its start
# Its settings are the drawings of the class that is there.
BY_HAND = ("tune",)
Table = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """A part of a lesson."""

    title: str
    minutes: int
    say: str  # what the teacher says and does; paragraphs are parted by empty lines
    kind: str = ""  # of the activity that it starts; none where it is empty
    settings: Mapping[str, Any] = field(default_factory=dict)  # of that activity, as the plan has them
    experiment: str = ""  # a name of `experiments.EXPERIMENTS`, whose figure stands beside it
    shows: int = 0  # the number of an earlier step, from 1, whose activity comes back at a press; 0: of none
    page: str = ""  # the address of a page of the lab that it needs, one of `PAGES` with what stands behind the `?`


@dataclass(frozen=True)
class Exercise:
    """A task of the worksheet."""

    text: str
    lines: int = 0
    choices: tuple[str, ...] = ()
    box: bool = False  # to draw in, in place of the lines


@dataclass(frozen=True)
class Question:
    """A question of the exit ticket."""

    question: str
    answer: str
    lines: int = 2


@dataclass(frozen=True)
class Plan:
    """A lesson plan in the language that is spoken, as far as it has it."""

    name: str
    title: str
    aim: str
    refutes: tuple[str, ...]  # what pupils often believe, and what shows that it is not so
    source: str
    steps: tuple[Step, ...]
    worksheet: tuple[Exercise, ...]
    ticket: tuple[Question, ...]

    @property
    def minutes(self) -> int:
        return sum(step.minutes for step in self.steps)

    @property
    def is_own(self) -> bool:
        return self.name.startswith(OWN)


# --- Which there are -------------------------------------------------------------------------------------------------


def names() -> list[str]:
    """Returns those of the lab in their order, then a teacher's own."""
    own = [path.stem for path in folders.inside(_own_folder()) if path.suffix == SUFFIX and NAME.fullmatch(path.stem)]
    return [*(path.stem for path in sorted(FOLDER.glob(f"*{SUFFIX}"))), *(f"{OWN}{name}" for name in own[:MOST_OWN])]


def load(name: str) -> Plan:
    """Returns a plan; raises InputError where there is none of this name, or it cannot be used."""
    return read(text_of(name), name)


def text_of(name: str) -> bytes:
    """Returns the file of a plan; raises InputError where there is none."""
    path = _path(name)
    try:
        return folders.read_bytes(path, MOST_BYTES)
    except OSError as error:
        logger.info("A lesson plan cannot be read", exc_info=True)
        raise _refused(name, gettext("it is not there, or it is too large")).at(path) from error


def copy(name: str, *, by: Actor) -> str:
    """Puts a copy where a teacher can change it, under a name that is free; returns its name."""
    by.check_in_charge(gettext("Copying a lesson plan"))
    content, folder = text_of(name), _own_folder()
    taken = {path.stem.casefold() for path in folders.inside(folder)}
    bare = name.removeprefix(OWN)[:50]
    free = next(one for number in range(1, 10_000) if (one := f"{bare}-{number}").casefold() not in taken)
    if len(taken) >= MOST_OWN:
        raise InputError(gettext("There are {most} lesson plans already; delete one first.", most=MOST_OWN))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(folder / f"{free}{SUFFIX}", content)
    except OSError as error:
        raise not_written(gettext("The lesson plan cannot be kept"), error).at(folder) from error
    return f"{OWN}{free}"


def _own_folder() -> Path:
    return environment.home() / OWN_FOLDER


def _path(name: str) -> Path:
    bare = name.removeprefix(OWN)
    if not NAME.fullmatch(bare):
        raise InputError(gettext("There is no such lesson plan; choose another one."))
    return (_own_folder() if name.startswith(OWN) else FOLDER) / f"{bare}{SUFFIX}"


def _refused(name: str, why: object) -> InputError:
    shown = readable(name.removeprefix(OWN))
    return InputError(gettext("The lesson plan '{name}' cannot be used: {why}.", name=shown, why=str(why).rstrip(".")))


# --- Reading one -----------------------------------------------------------------------------------------------------


def read(content: bytes, name: str = "plan") -> Plan:
    """Reads a plan; InputError says in a sentence what is wrong with it."""
    try:
        return _read(content, name, language())
    except InputError as error:
        raise _refused(name, error) from error


@functools.lru_cache(maxsize=64)
def _read(content: bytes, name: str, spoken: str) -> Plan:
    if len(content) > MOST_BYTES:
        raise InputError(gettext("It is larger than {most} bytes.", most=MOST_BYTES))
    try:
        table = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(gettext("It is not TOML ({error}).", error=readable(str(error), 80))) from error
    for code in sorted(_all_languages(table) - {spoken}):
        _plan(table, name, code)
    return _plan(table, name, spoken)


def _languages(table: Table) -> set[str]:
    return {key for key, value in table.items() if LANGUAGE.fullmatch(key) and isinstance(value, dict)}


def _all_languages(table: Table) -> set[str]:
    """Those of the plan and of its parts."""
    parts = [one for part in table.values() if isinstance(part, list) for one in part if isinstance(one, dict)]
    return set().union(*map(_languages, [table, *parts]))


def _plan(table: Table, name: str, code: str) -> Plan:
    found = _in_language(table, code)
    what = gettext("The plan")
    _check_fields(what, found, ("title", "aim", "refutes", "source", "steps", "worksheet", "ticket"))
    steps = [_step(one, number, code) for number, one in enumerate(_tables(found, "steps", MOST_STEPS), 1)]
    if not steps:
        raise InputError(gettext("It has no steps."))
    for number, step in enumerate(steps, 1):
        _check_shows(step, number, steps)
    plan = Plan(
        name,
        _line(what, found, "title", LONGEST_TITLE),
        _text(what, found, "aim"),
        _lines(what, found, "refutes"),
        _line(what, found, "source", LONGEST_LINE, ""),
        tuple(steps),
        tuple(_exercise(_in_language(one, code)) for one in _tables(found, "worksheet", MOST_ITEMS)),
        tuple(_question(_in_language(one, code)) for one in _tables(found, "ticket", MOST_ITEMS)),
    )
    check_whole(N_("sum of minutes"), plan.minutes, 1, MOST_IN_ALL)
    return plan


def _in_language(table: Table, code: str) -> Table:
    """The table's own texts, and in their place those that it has in a language; settings are put together, too."""
    codes = _languages(table)
    own = {key: value for key, value in table.items() if key not in codes}
    other = table[code] if code in codes else {}
    if isinstance(own.get("settings"), dict) and isinstance(other.get("settings"), dict):
        other = {**other, "settings": own["settings"] | other["settings"]}
    return own | other


def _step(table: Table, number: int, code: str) -> Step:
    found, what = _in_language(table, code), gettext("Step {number}", number=number)
    _check_fields(what, found, ("title", "minutes", "say", "kind", "settings", "experiment", "shows", "page"))
    minutes = found.get("minutes")
    check_whole(N_("number of minutes"), minutes, 1, MOST_MINUTES)
    assert isinstance(minutes, int)
    experiment = _line(what, found, "experiment", LONGEST_LINE, "")
    if experiment:
        check_choice(N_("experiment"), experiment, tuple(experiments.EXPERIMENTS))
    settings = found.get("settings", {})
    if not isinstance(settings, dict):
        raise InputError(gettext("{what} has settings that are no table.", what=what))
    shows, page = found.get("shows", 0), _line(what, found, "page", LONGEST_LINE, "")
    check_whole(N_("number of the step that is shown"), shows, 0, MOST_STEPS)
    if page and not PAGE.fullmatch(page):
        raise InputError(gettext("{what} has a page that is not one of the lab's.", what=what))
    title, say = _line(what, found, "title", LONGEST_TITLE), _with_labels(_text(what, found, "say"))
    step = Step(title, minutes, say, _line(what, found, "kind", LONGEST_TITLE, ""), settings, experiment, shows, page)
    if step.kind and not missing(step):
        try:
            settings_of(step)
        except InputError as error:
            raise InputError(f"{what}: {error}") from error
    return step


def _check_shows(step: Step, number: int, steps: Sequence[Step]) -> None:
    if step.shows and (step.kind or step.shows >= number or not steps[step.shows - 1].kind):
        raise InputError(
            gettext(
                "Step {number} shows step {shown} again: name an earlier step with an activity, in a step without one.",
                number=number,
                shown=step.shows,
            )
        )


def _with_labels(say: str) -> str:
    """Puts what a button is called in the language that is spoken where its English name stands in braces."""
    return LABEL.sub(lambda match: gettext(match[1]), say)


def _exercise(found: Table) -> Exercise:
    what = gettext("The worksheet")
    _check_fields(what, found, ("text", "lines", "choices", "box"))
    lines, choices = _empty_lines(found, 0), _lines(what, found, "choices")
    return Exercise(_text(what, found, "text"), lines, choices, found.get("box") is True)


def _question(found: Table) -> Question:
    what = gettext("The exit ticket")
    _check_fields(what, found, ("question", "answer", "lines"))
    return Question(_text(what, found, "question"), _text(what, found, "answer"), _empty_lines(found, 2))


def _empty_lines(found: Table, usual: int) -> int:
    lines = found.get("lines", usual)
    check_whole(N_("number of lines"), lines, 0, MOST_LINES)
    assert isinstance(lines, int)
    return lines


def _check_fields(what: str, found: Table, known: tuple[str, ...]) -> None:
    for name in found:
        if name not in known:
            near = suggestion(name, known)
            words = gettext("{what} has a field '{name}' that is not known.", what=what, name=readable(name))
            raise InputError(words + near)


def _tables(found: Table, name: str, most: int) -> list[Table]:
    value = found.get(name, [])
    if not isinstance(value, list) or len(value) > most or not all(isinstance(one, dict) for one in value):
        raise InputError(gettext("Its '{name}' must be at most {most} tables, [[{name}]].", name=name, most=most))
    return value


def _text(what: str, found: Table, name: str, longest: int = LONGEST_TEXT, usual: str | None = None) -> str:
    value = found.get(name, usual)
    text = value.strip() if isinstance(value, str) else None
    signs = text.replace("\n", "") if text else ""
    if text is None or len(text) > longest or not (signs.isprintable() and (text or usual is not None)):
        raise InputError(
            gettext("{what} needs a text '{name}' of at most {longest} letters.", what=what, name=name, longest=longest)
        )
    return text


def _line(what: str, found: Table, name: str, longest: int, usual: str | None = None) -> str:
    return " ".join(_text(what, found, name, longest, usual).split())


def _lines(what: str, found: Table, name: str) -> tuple[str, ...]:
    value = found.get(name, [])
    if not isinstance(value, list) or len(value) > MOST_ITEMS:
        raise InputError(gettext("{what} has '{name}' that is no list of texts.", what=what, name=name))
    return tuple(_line(what, {name: one}, name, LONGEST_LINE) for one in value)


# --- What a step starts ----------------------------------------------------------------------------------------------


def missing(step: Step) -> str:
    """Says why a step's activity cannot be started at a press; empty where it can, or there is none."""
    if not step.kind:
        return ""
    if step.kind in activities.KINDS and step.kind in BY_HAND:
        return gettext("Start it yourself under “Next activity”: it needs what the class has drawn.")
    if step.kind not in activities.KINDS or step.kind not in MADE_BY:
        return gettext("This lab has no activity “{kind}”. Go on without it.", kind=readable(step.kind))
    return ""


def settings_of(step: Step) -> Mapping[str, Any]:
    """Returns the settings of a step's activity as its own module makes them; InputError where it refuses them."""
    module, maker = MADE_BY[step.kind]
    make: Callable[..., Any] = getattr(importlib.import_module(f"mnist_core.classroom.{module}"), maker)
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in step.settings.items()}
    try:
        settings: Mapping[str, Any] = make(**given).settings
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(
            gettext("The activity “{kind}” cannot have these settings.", kind=readable(step.kind))
        ) from error
    return settings


def begun(step: Step, done: Sequence[Activity]) -> Activity | None:
    """Returns the newest of a lesson's activities that a step has started; None before it has."""
    if not step.kind or missing(step):
        return None
    wanted = settings_of(step)
    of_kind = [one for one in done if one.kind == step.kind]
    same = [one for one in of_kind if _as_started(one.settings) == _as_started(wanted)]
    alike = [one for one in of_kind if _without_words(one.settings) == _without_words(wanted)]
    return next(iter([*same[-1:], *alike[-1:]]), None)


def _as_started(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in SETTLED}


def _without_words(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What is the same whatever language the teacher spoke when it was started."""
    return _as_started(settings) | {"text": "", "options": len(settings.get("options", ()))}


def step_of(lesson: Lesson) -> Step | None:
    """Returns the step at which a lesson is; None where it follows no plan, or one that cannot be read any more."""
    if lesson.plan is None:
        return None
    try:
        steps = load(lesson.plan).steps
    except InputError:
        return None
    return steps[min(lesson.plan_step or 0, len(steps) - 1)]


def all_plans() -> Iterator[Plan | InputError]:
    """Yields each plan, and of one that cannot be used the sentence that says why."""
    for name in names():
        try:
            yield load(name)
        except InputError as error:
            yield error
