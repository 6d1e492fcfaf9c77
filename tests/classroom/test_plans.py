"""Lesson plans: those of the lab are whole in both languages, and a teacher's own are read as data."""

import re
import tomllib
from pathlib import Path

import pytest
import textstat

from mnist_core.access.actor import Actor, NotYoursError
from mnist_core.classroom import activities as all_activities
from mnist_core.classroom import experiments, plans, sheets
from mnist_core.classroom.activities import KINDS, Activities
from mnist_core.classroom.bet import Question
from mnist_core.classroom.lessons import Lessons
from mnist_core.classroom.plans import Plan, Step
from mnist_core.environment import home
from mnist_core.errors import InputError
from mnist_core.language import gettext, speaking
from mnist_core.presentation import paper
from tests.classroom.test_lessons import ADA, TEACHER
from tests.support.paths import ROOT
from tests.test_words import HIGHEST_GRADE, as_read

OURS = [path.stem for path in sorted(plans.FOLDER.glob("*.toml"))]
LANGUAGES = ("en", "de")
WHOLE = """
title = "Mine"
aim = "To see."
[[steps]]
title = "First"
minutes = 5
say = "Press “{Reveal}”."
kind = "write"
settings = { digits = [7] }
[steps.de]
title = "Zuerst"
"""
AGAIN = WHOLE + '[[steps]]\ntitle = "Second"\nminutes = 5\nsay = "Look."\nshows = 1\n'


def in_language(name: str, code: str) -> Plan:
    with speaking(code):
        return plans.load(name)


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("name", OURS)
def test_a_lesson_has_45_minutes_and_all_that_belongs_to_it(name: str, code: str) -> None:
    plan = in_language(name, code)
    assert plan.minutes == 45 and 4 <= len(plan.steps) <= 8 and plan.steps[-1].minutes == 5
    assert plan.aim and len(plan.refutes) >= 2 and "2024" in plan.source
    assert len(plan.worksheet) >= 4 and len(plan.ticket) == 3 and not plan.is_own
    assert any(step.experiment for step in plan.steps) or any(step.kind == "hands" for step in plan.steps)
    for step in plan.steps:
        if not plans.missing(step):
            assert not step.kind or plans.settings_of(step)


@pytest.mark.parametrize("name", OURS)
def test_each_text_is_there_in_both_languages(name: str) -> None:
    english, german = in_language(name, "en"), in_language(name, "de")
    texts = [
        [plan.title, plan.aim, plan.source, *plan.refutes]
        + [text for step in plan.steps for text in (step.title, step.say)]
        + [text for one in plan.worksheet for text in (one.text, *one.choices)]
        + [text for one in plan.ticket for text in (one.question, one.answer)]
        + [str(step.settings["text"]) for step in plan.steps if step.kind == "bet"]
        + [text for step in plan.steps if step.kind == "bet" for text in step.settings.get("options", ())]
        for plan in (english, german)
    ]
    assert len(texts[0]) == len(texts[1])
    assert [one for one, other in zip(*texts, strict=True) if one == other] == []
    assert [step.minutes for step in english.steps] == [step.minutes for step in german.steps]


@pytest.mark.parametrize("name", OURS)
def test_what_pupils_read_is_plain(name: str) -> None:
    plan = in_language(name, "en")
    texts = [one.text for one in plan.worksheet] + [one.question for one in plan.ticket]
    texts += [str(step.settings["text"]) for step in plan.steps if step.kind == "bet"]
    assert {text for text in texts if textstat.flesch_kincaid_grade(as_read(text)) > HIGHEST_GRADE} == set()


def test_all_misconceptions_of_the_study_are_met() -> None:
    told = " ".join(line for name in OURS for line in in_language(name, "en").refutes)
    for words in (
        "programmed",
        "exact",
        "stores all the pictures",
        "goes on learning",
        "trains it",
        "gathers its data",
    ):
        assert words in told


SOURCE = "".join(path.read_text() for path in sorted((ROOT / "mnist_core/ui").rglob("*.py")))


@pytest.mark.parametrize("name", OURS)
def test_buttons_are_called_as_they_are_and_known(name: str) -> None:
    labels = re.findall("[“„]{(.+?)}[“”]", plans.text_of(name).decode())
    assert labels
    for label in labels:
        assert any(f'{function}("{label}")' in SOURCE for function in ("gettext", "N_")), label
    assert "{" not in "".join(step.say for step in in_language(name, "de").steps)


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("name", OURS)
def test_a_step_names_the_buttons_that_stand_on_it(name: str, code: str) -> None:
    with speaking(code):
        for step in plans.load(name).steps:
            known = {"Start for all", "Show it again", "Train both now", *plans.PAGES.values()}
            named = {label for label in known if re.search(f"[“„]{gettext(label)}[”“]", step.say)}
            assert named == on_step(step), step.title


def on_step(step: Step) -> set[str]:
    """The buttons that stand on a step, by their English names."""
    found = {plans.PAGES[step.page.partition("?")[0]]} if step.page else set()
    found |= {"Start for all"} if step.kind else set()
    found |= {"Show it again"} if step.shows else set()
    return found | ({"Train both now"} if step.kind == "hands" else set())


@pytest.mark.parametrize("name", OURS)
def test_the_first_step_says_what_to_print(name: str) -> None:
    first = in_language(name, "en").steps[0].say
    assert all(label in first for label in ("The whole plan", "Worksheet", "Exit ticket", "Board for the beamer"))


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("name", OURS)
def test_what_is_printed_has_one_page_each(name: str, code: str) -> None:
    plan = in_language(name, code)
    with speaking(code):
        for made in (sheets.worksheet(plan), sheets.ticket(plan), sheets.answers(plan)):
            assert paper.picture(made, 20).startswith(b"\x89PNG")  # of more pages there would be several
        assert paper.render(sheets.worksheet(plan)).startswith(b"%PDF")


def test_texts_are_no_markup_on_paper() -> None:
    odd = WHOLE + '[[worksheet]]\ntext = "#panic() $x$ *b* \\\\ <a> @b \U0001f600"\nlines = 1\n'
    assert paper.render(sheets.worksheet(plans.read(odd.encode()))).startswith(b"%PDF")


# --- A teacher's own -------------------------------------------------------------------------------------------------


def written(text: str, name: str = "mine") -> str:
    folder = home() / plans.OWN_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return f"own:{name}"


def test_a_teachers_own_plan_stands_behind_those_of_the_lab(temporary_home: Path) -> None:
    name = written(WHOLE)
    assert plans.names() == [*OURS, name]
    plan = plans.load(name)
    assert plan.is_own and plan.steps[0].title == "First" and plan.steps[0].say == "Press “Reveal”."
    assert in_language(name, "de").steps[0].title == "Zuerst" and in_language(name, "de").title == "Mine"


def test_a_copy_can_be_changed(temporary_home: Path) -> None:
    name = plans.copy(OURS[0], by=TEACHER)
    again = plans.copy(name, by=TEACHER)
    assert name != again and plans.load(again).title == plans.load(OURS[0]).title
    path = home() / "lessons" / f"{name.removeprefix('own:')}.toml"
    path.write_text(path.read_text().replace("What a computer sees", "What it sees", 1))
    assert plans.load(name).title == "What it sees"
    for pupil in (ADA, Actor()):
        with pytest.raises(NotYoursError):
            plans.copy(OURS[0], by=pupil)


@pytest.mark.parametrize("name", ["", "none", "../1-seeing", "own:../../x", "own:", "a/b", "own:a\0", "x" * 80])
def test_a_plan_that_is_not_there_is_said(name: str, temporary_home: Path) -> None:
    with pytest.raises(InputError):
        plans.load(name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title =", "is not TOML"),
        ("\ufffe", "is not TOML"),
        (WHOLE.replace('"Mine"', "1"), "needs a text 'title'"),
        (WHOLE.replace('aim = "To see."', ""), "needs a text 'aim'"),
        (WHOLE.replace("To see.", "x" * 2001), "of at most 2000 letters"),
        (WHOLE.replace("To see.", "a\\u0000b"), "needs a text 'aim'"),
        (WHOLE.partition("[[steps]]")[0], "has no steps"),
        (WHOLE.replace("minutes = 5", 'minutes = "5"'), "number of minutes"),
        (WHOLE.replace("minutes = 5", "minutes = 91"), "number of minutes"),
        (WHOLE.replace("minutes", "minuts"), "'minuts' that is not known. Perhaps 'minutes' is meant"),
        (WHOLE.replace("digits = [7]", "digits = [10]"), "Step 1: The digit is 10"),
        (WHOLE.replace("digits = [7]", "digits = 7"), "cannot have these settings"),
        (WHOLE.replace("digits = [7]", "figures = [7]"), "cannot have these settings"),
        (WHOLE.replace("{ digits = [7] }", "7"), "settings that are no table"),
        (WHOLE + 'experiment = "unknown"', "The experiment is 'unknown'"),
        (WHOLE.replace('kind = "write"', 'experiment = "unknown"'), "The experiment is 'unknown'"),
        (WHOLE + "[[steps.x]]\n", "that is not known"),
        (WHOLE + "shows = 1", "Step 1 shows step 1 again"),
        (AGAIN.replace("shows = 1", "shows = 2"), "Step 2 shows step 2 again"),
        (AGAIN + 'kind = "bet"\nsettings = { text = "How many?" }', "Step 2 shows step 1 again"),
        (AGAIN.replace('kind = "write"\nsettings = { digits = [7] }\n', ""), "Step 2 shows step 1 again"),
        (AGAIN.replace("shows = 1", 'shows = "1"'), "number of the step that is shown"),
        *(
            (WHOLE.replace('kind = "write"', f'page = "{page}"'), "a page that is not one of the lab's")
            for page in ("http://x", "class", "draw/../x", "draw?a b", "//x")
        ),
        (WHOLE + '[[ticket]]\nquestion = "Why?"\n', "needs a text 'answer'"),
        (WHOLE + '[[worksheet]]\ntext = "Do."\nlines = 99\n', "number of lines"),
        (WHOLE + "\n".join(['[[worksheet]]\ntext = "Do."'] * 9), "at most 8 tables"),
        (WHOLE * 1 + "# " + "x" * 70_000, "larger than"),
        (WHOLE.replace("Zuerst", "x" * 81), "of at most 80 letters"),
        ("a = " + "[" * 5000, "is not TOML"),
    ],
)
def test_what_is_wrong_with_a_plan_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(InputError, match=r"^The lesson plan 'plan' cannot be used: ") as error:
        plans.read(text.encode("utf-8", "surrogatepass"))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_broken_plan_does_not_hide_others(temporary_home: Path) -> None:
    written("title =", "broken")
    found = list(plans.all_plans())
    assert [isinstance(one, Plan) for one in found] == [*[True] * len(OURS), False]
    (home() / "lessons" / "folder.toml").mkdir()
    assert sum(isinstance(one, InputError) for one in plans.all_plans()) == 2


def test_activities_that_are_not_here_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plans.read(WHOLE.replace('"write"', '"juggling"').encode())
    assert plans.missing(plan.steps[0]) == "This lab has no activity “juggling”. Go on without it."
    monkeypatch.setattr(all_activities, "KINDS", (*KINDS, "tune"))
    plan = plans.read(WHOLE.replace('"write"', '"tune"').encode())
    assert "yourself" in plans.missing(plan.steps[0])
    assert plans.missing(plans.read(WHOLE.encode()).steps[0]) == ""


@pytest.mark.parametrize("name", OURS)
def test_what_a_step_starts_can_be_taken_part_in(name: str, temporary_home: Path) -> None:
    activities = Activities(Lessons())
    lesson = activities.lessons.begin("", by=TEACHER)
    for step in in_language(name, "de").steps:
        if step.kind and not plans.missing(step):
            activity = activities.start(lesson.id, step.kind, plans.settings_of(step), by=TEACHER)
            if step.kind == "bet":
                assert Question.of(activity).text == step.settings["text"]


def test_a_step_knows_what_it_has_started(temporary_home: Path) -> None:
    activities = Activities(Lessons())
    lesson = activities.lessons.begin("", by=TEACHER)
    step, other = plans.load("1-seeing").steps[2], plans.load("2-learning").steps[1]
    assert step.kind == other.kind == "bet" and plans.begun(step, []) is None
    first = activities.start(lesson.id, "bet", plans.settings_of(step), by=TEACHER)
    activities.settle(first.id, {**first.settings, "answer": 99.3}, by=TEACHER)
    with speaking("de"):
        found = plans.begun(plans.load("1-seeing").steps[2], activities.of_lesson(lesson.id, by=TEACHER))
    assert found and found.id == first.id, "the teacher may speak another language by now"
    activities.start(lesson.id, "bet", plans.settings_of(other), by=TEACHER)
    done = activities.of_lesson(lesson.id, by=TEACHER)
    found = plans.begun(step, done)
    assert found and found.id == first.id
    assert plans.begun(plans.load("1-seeing").steps[1], done) is None


def test_where_a_lesson_is(temporary_home: Path) -> None:
    lessons = Lessons()
    lesson = lessons.begin("", by=TEACHER)
    assert plans.step_of(lesson) is None
    lessons.follow_plan(lesson.id, "1-seeing", by=TEACHER)
    lessons.go_to_step(lesson.id, 3, by=TEACHER)
    step = plans.step_of(lessons.lesson(lesson.id))
    assert step and step.title == "A picture is numbers"
    lessons.follow_plan(lesson.id, "own:gone", by=TEACHER)
    assert plans.step_of(lessons.lesson(lesson.id)) is None


# --- What the lab measures -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", experiments.EXPERIMENTS)
def test_an_experiment_says_a_figure(name: str, temporary_home: Path) -> None:
    said = experiments.EXPERIMENTS[name]()
    assert said.endswith(".") and re.search(r"\d", said)


def test_figures_are_those_of_the_shipped_model() -> None:
    assert re.search(r"1\.8 MB.*60,000.*47\.0 MB", experiments.sizes())
    assert "443,850" in experiments.numbers() and "784" in experiments.numbers()
    assert experiments.checksum() == experiments.checksum()


def test_toml_of_the_lab_has_nothing_that_nobody_reads() -> None:
    for name in OURS:
        assert set(tomllib.loads(plans.text_of(name).decode())) == {
            *("title", "aim", "refutes", "source", "de", "steps", "worksheet", "ticket")
        }
