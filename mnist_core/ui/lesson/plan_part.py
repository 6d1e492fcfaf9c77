"""A lesson plan beside the board: the step, its minutes, what to say, and what starts at a press."""

import math
import time
from functools import partial
from urllib.parse import urlencode

import streamlit as st

from mnist_core.classroom import experiments, plans, sheets
from mnist_core.classroom.lessons import Lesson
from mnist_core.classroom.plans import Plan, Step
from mnist_core.errors import InputError
from mnist_core.formatting import moment
from mnist_core.language import gettext, language, ngettext
from mnist_core.presentation import paper
from mnist_core.presentation.paper import Paper
from mnist_core.ui.browser import actor
from mnist_core.ui.frame import explained, fragment, offer_file, plain, presenting
from mnist_core.ui.lesson.state import activities, lessons

EVERY = 10.0  # seconds, after which the minutes are counted again


def show(lesson: Lesson) -> None:
    """The plan that the lesson follows, or which there are; nothing where the class looks on."""
    if presenting():
        return
    with explained():
        if lesson.plan is None:
            with st.expander(gettext("Choose a lesson plan"), icon=":material/menu_book:"):
                _choose(lesson)
        else:
            _show_step(lesson)


# --- Choosing --------------------------------------------------------------------------------------------------------


def _choose(lesson: Lesson) -> None:
    found = [one for one in plans.all_plans() if isinstance(one, Plan)]
    titles = {plan.name: plan for plan in found}
    name = st.selectbox(
        gettext("Lesson plan"), list(titles), format_func=lambda name: _title(titles[name]), key="plan-chosen"
    )
    _show_about(titles[name])
    if st.button(gettext("Follow this plan"), type="primary", icon=":material/play_arrow:", key="plan-follow"):
        lessons().follow_plan(lesson.id, name, by=actor())
        st.rerun()
    _offer_copy(name)
    for one in plans.all_plans():
        if isinstance(one, InputError):
            st.warning(plain(str(one)))


def _title(plan: Plan) -> str:
    minutes = ngettext("{number} minute", "{number} minutes", plan.minutes, number=plan.minutes)
    title = gettext("{title} ({minutes})", title=plan.title, minutes=minutes)
    return gettext("{title}, my own", title=title) if plan.is_own else title


def _show_about(plan: Plan) -> None:
    st.markdown(plain(plan.aim))
    if plan.refutes:
        st.markdown(gettext("What it refutes:"))
        st.markdown("\n".join(f"- {plain(line)}" for line in plan.refutes))
    if plan.source:
        st.caption(plain(plan.source))
    _show_steps(plan)
    _offer_sheets(plan)


def _show_steps(plan: Plan) -> None:
    minutes = (
        ngettext("{number} minute", "{number} minutes", step.minutes, number=step.minutes) for step in plan.steps
    )
    titles = (plain(step.title) for step in plan.steps)
    st.markdown("\n".join(f"1. {title} · {time}" for title, time in zip(titles, minutes, strict=True)))


def _offer_sheets(plan: Plan) -> None:
    bare = plan.name.removeprefix(plans.OWN)
    with st.container(horizontal=True):
        for label, name, made in (
            (gettext("Worksheet"), "worksheet", sheets.worksheet),
            (gettext("Exit ticket"), "ticket", sheets.ticket),
            (gettext("Answers"), "answers", sheets.answers),
        ):
            content = partial(_printed, made(plan))
            offer_file(label, content, f"{bare}-{name}-{language()}.pdf", "application/pdf", key=f"{name}-file")


def _printed(made: Paper) -> bytes:
    return paper.render(made)


def _offer_copy(name: str) -> None:
    with st.container(horizontal=True):
        if st.button(gettext("Copy it to change it"), icon=":material/content_copy:", key="plan-copy"):
            copy = plans.copy(name, by=actor()).removeprefix(plans.OWN)
            st.success(
                gettext(
                    "The copy is the file {file} in the folder of the lab. Change it with any text editor; then it "
                    "stands in this list.",
                    file=f"{plans.OWN_FOLDER}/{copy}{plans.SUFFIX}",
                )
            )
        bare = name.removeprefix(plans.OWN)
        offer_file(gettext("The plan as a file"), plans.text_of(name), f"{bare}{plans.SUFFIX}", "application/toml")


# --- Following -------------------------------------------------------------------------------------------------------


def _show_step(lesson: Lesson) -> None:
    with st.container(border=True, key="lesson-plan"):
        try:
            plan = plans.load(lesson.plan or "")
        except InputError as error:
            st.warning(plain(str(error)))
            _offer_end(lesson)
            return
        place = min(lesson.plan_step or 0, len(plan.steps) - 1)
        step = plan.steps[place]
        st.caption(
            gettext("{plan} · step {number} of {all}", plan=plain(plan.title), number=place + 1, all=len(plan.steps))
        )
        st.header(plain(step.title), anchor=False)
        fragment(_show_minutes, key="plan-time", run_every=EVERY)(step.minutes, lesson.plan_since or time.time())
        for paragraph in step.say.split("\n\n"):
            st.markdown(plain(paragraph))
        _show_experiment(lesson, step)
        _offer_page(step)
        _offer_start(lesson, plan, step)
        _show_ways(lesson, plan, place)
        with st.expander(gettext("The whole plan")):
            _show_about(plan)
            _offer_end(lesson)


def _show_minutes(minutes: int, since: float) -> None:
    left = minutes - (time.time() - since) / 60
    if left > 0:
        number = math.ceil(left)
        words = ngettext("{number} minute left", "{number} minutes left", number, number=number)
    else:
        number = math.floor(-left)
        words = ngettext("{number} minute over", "{number} minutes over", number, number=number)
    st.markdown(f"**{words}**")


def _show_experiment(lesson: Lesson, step: Step) -> None:
    if not step.experiment:
        return
    with st.container(border=True, key="plan-experiment"), explained():
        _show_figure(step.experiment, "plan-figure")
        if step.experiment == "checksum":
            _compare_sums(lesson)


def _show_figure(name: str, key: str) -> None:
    """What the lab measures; where it waits for a run to end, again and again."""
    fragment(_say_figure, key=key, run_every=EVERY if name in experiments.WAITING else None)(name)


def _say_figure(name: str) -> None:
    with explained():
        st.markdown(plain(experiments.EXPERIMENTS[name]()))


def _compare_sums(lesson: Lesson) -> None:
    """With what it was when it was first shown in this lesson, whether the page was loaded again since or not."""
    now = experiments.fingerprint()
    before, when = _first_sums().setdefault(lesson.id, (now, time.time()))
    if time.time() - when > 1:
        words = (
            gettext("At {time} it was {sum}: it is the same.", time=moment(when), sum=before)
            if before == now
            else gettext("At {time} it was {sum}: the model is another one now.", time=moment(when), sum=before)
        )
        st.markdown(words)


@st.cache_resource(max_entries=1, show_spinner=False)
def _first_sums() -> dict[int, tuple[str, float]]:
    """The checksum of each lesson, and when it was shown."""
    return {}


def _offer_page(step: Step) -> None:
    """The page that the step needs, in a tab of its own, so that the lesson stays where it is."""
    if step.page:
        name, _, query = step.page.partition("?")
        link = "&".join(filter(None, [query, urlencode({"lang": language()})]))
        st.link_button(gettext(plans.PAGES[name]), f"{name}?{link}", icon=":material/open_in_new:", width="stretch")


def _offer_start(lesson: Lesson, plan: Plan, step: Step) -> None:
    """What starts the step's activity; once it was started, the way back to it."""
    if why := plans.missing(step):
        st.info(plain(why))
        return
    done = activities().of_lesson(lesson.id, by=actor())
    begun = plans.begun(plan.steps[step.shows - 1] if step.shows else step, done)
    if begun and begun.id == lesson.activity:
        st.success(gettext("It is on for all."))
    elif begun:
        label, icon = gettext("Show it again"), ":material/undo:"
        if st.button(label, type="primary", icon=icon, key="plan-again", width="stretch"):
            _show_again(lesson, begun.id)
    elif step.shows:
        st.info(gettext("Step {number} was not started in this lesson.", number=step.shows))
    if step.kind:
        _offer_to_begin(lesson, step, anew=begun is not None)


def _offer_to_begin(lesson: Lesson, step: Step, anew: bool) -> None:
    label, look = (gettext("Start anew"), "tertiary") if anew else (gettext("Start for all"), "primary")
    told = gettext("All begin again from nothing. What is there stays in the list of the lesson.") if anew else None
    if st.button(label, type=look, icon=":material/play_arrow:", key="plan-start", width="stretch", help=told):  # type: ignore[arg-type]
        with explained():
            activities().start(lesson.id, step.kind, plans.settings_of(step), by=actor())
            st.rerun()


def _show_again(lesson: Lesson, activity: int) -> None:
    with explained():
        activities().show(lesson.id, activity, by=actor())
        st.rerun()


def _show_ways(lesson: Lesson, plan: Plan, place: int) -> None:
    with st.container(horizontal=True):
        if st.button(gettext("Back"), icon=":material/arrow_back:", key="plan-back", disabled=place == 0):
            _go_to(lesson, plan, place - 1)
        last = place == len(plan.steps) - 1
        if st.button(gettext("Next step"), icon=":material/arrow_forward:", key="plan-next", disabled=last):
            _go_to(lesson, plan, place + 1)


def _go_to(lesson: Lesson, plan: Plan, place: int) -> None:
    """Shows to all what the step has started before, and nothing more of another step where it starts nothing."""
    step = plan.steps[place]
    begun = plans.begun(step, activities().of_lesson(lesson.id, by=actor()))
    lessons().go_to_step(lesson.id, place, by=actor())
    if begun or not (step.kind or step.shows):
        activities().show(lesson.id, begun.id if begun else None, by=actor())
    st.rerun()


# --- What the class sees ---------------------------------------------------------------------------------------------


def title_for_class(lesson: Lesson) -> str:
    """The step's title, where the lesson is between two activities; empty where it has only begun."""
    step = plans.step_of(lesson) if lesson.activity is None and lesson.plan_step else None
    return step.title if step else ""


def show_figure_to_class(lesson: Lesson) -> None:
    """What the lab measures in this step, for the last row."""
    step = plans.step_of(lesson)
    if step and step.experiment:
        with st.container(key="class-figure", border=True):
            _show_figure(step.experiment, "board-figure")


def _offer_end(lesson: Lesson) -> None:
    if st.button(gettext("Go on without a plan"), key="plan-end", type="tertiary"):
        lessons().follow_plan(lesson.id, None, by=actor())
        st.rerun()
