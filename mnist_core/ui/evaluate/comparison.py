"""Several models on the Evaluate page: side by side, and whether what tells them apart means anything."""

import logging
from collections.abc import Callable

import streamlit as st

from mnist_core.data import sources, uploads
from mnist_core.data.dataset import MNIST_IDENTITY
from mnist_core.data.handed_digits import Digits
from mnist_core.errors import InputError, LabError
from mnist_core.evaluation import judging
from mnist_core.evaluation.comparison import MOST_COMPARED, MOST_TESTED, Comparison, Pair
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.model_cost import model_facts, prediction_seconds
from mnist_core.files import atomic
from mnist_core.formatting import count
from mnist_core.language import N_, gettext, ngettext
from mnist_core.presentation.tables.comparison import Column, comparison_table
from mnist_core.runs import summary
from mnist_core.runs.run import Run
from mnist_core.ui import preview
from mnist_core.ui.choices import choose_dataset, remember
from mnist_core.ui.components.pressable import pressable
from mnist_core.ui.evaluate.comparison_details import (
    GROUP,
    Compared,
    name_of,
    show_accuracies,
    show_curves,
    show_digits,
    show_images,
    show_published,
)
from mnist_core.ui.evaluate.data_choice import OWN, SOURCES, UPLOAD, judge, repetition
from mnist_core.ui.evaluate.run_choice import choose_runs
from mnist_core.ui.evaluate.view_choice import open_tab
from mnist_core.ui.frame import explained, fragment, plain
from mnist_core.ui.loaders import classifier, dataset, own_dataset, stored_evaluation

logger = logging.getLogger(__name__)

DATA = N_("Data to judge them on")
MNIST_TITLE, SHARED_TITLE, OTHER = N_("MNIST's test images"), N_("The test set of their own data"), N_("Other data")
# What this view remembers of other data; that of one model may be an upload.
MEMORY = "compared-data"
TABS, TAB, IMAGES = "compared-tabs", "compared-tab", N_("Images")
# The anchor of the heading above them.
BEHIND = "behind"


def show_comparison() -> None:
    """Shows the runs to choose from, and below them those that are chosen, side by side."""
    chosen = choose_runs()
    models, untrained = [run for run in chosen if run.has_model], [run for run in chosen if not run.has_model]
    for run in untrained:
        st.info(
            plain(gettext("{title} has no model. Only its learning curves are compared.", title=summary.title(run)))
        )
    if len(models) > 1:
        compared = _judge(models)
        if compared:
            _show_compared(compared, untrained)
        return
    for run in models:
        _offer_alone(run, gettext("Evaluate {model} alone", model=name_of(run)))
    if len(chosen) > 1:
        show_curves(chosen)
    else:
        st.info(
            gettext(
                "Choose 2 to {most_tested} runs to compare them. Up to {most_compared} fit into one table.",
                most_tested=MOST_TESTED,
                most_compared=MOST_COMPARED,
            )
        )


# --- The same images for all -------------------------------------------------------------------------------------


def _judge(models: list[Run]) -> Compared | None:
    """Judges models on data of one's choice; one that cannot be judged is left out with its reason.

    Raises:
        InputError: The data cannot be used.
    """
    stored = {run.id: stored_evaluation(run) for run in models}
    digits, title = _choose_data(models, stored)
    judged = []
    for run in models:
        with explained():
            judged.append((run, judge(run, digits) if digits else stored[run.id]))
    if len(judged) < 2:
        st.info(gettext("There are no two models left that can be judged; choose others."))
        return None
    runs, evaluations = zip(*judged, strict=True)
    compared = Compared(tuple(runs), Comparison(tuple(evaluations)), digits.images if digits else None, title)
    if digits:
        _tell(compared, digits)
    return compared


def _tell(compared: Compared, digits: Digits) -> None:
    """Says which images these are, and of each model how many of them it learned from."""
    if digits.note:
        st.caption(digits.note)
    names = zip(compared.models, compared.comparison.names, strict=True)
    sentences = [repetition(run, digits.images, digits.identity, name) for run, name in names]
    if any(sentences):
        st.warning("\n\n".join(plain(sentence) for sentence in sentences if sentence))


def _choose_data(models: list[Run], stored: dict[str, Evaluation | None]) -> tuple[Digits | None, str]:
    """Lets a person choose the data to judge all on.

    That is the test set that all were judged on, if there is one; MNIST's, where it is; or any other. All but the first
    of these is in the address.

    Returns:
        What all can be judged by of it, None where its images are not on this machine but all models were judged on
        them before; its name.
    """
    named = _named_dataset()
    identities = {known.identity if known else "" for known in stored.values()}
    identity = identities.pop() if len(identities) == 1 else ""
    usual = [_own_title(models[0], identity)] if identity and identity != MNIST_IDENTITY else []
    mnist_is_here = sources.find_mnist() is not None
    if identity == MNIST_IDENTITY or mnist_is_here:
        usual.append(MNIST_TITLE)
    if not usual:
        return _other_data(gettext(DATA), models)
    options = [*usual, OTHER]
    before = MNIST_TITLE if named == "mnist" and mnist_is_here else OTHER if named else usual[0]
    choice = st.selectbox(gettext(DATA), options, index=options.index(before), format_func=gettext)
    if choice == OTHER:
        if before != OTHER and st.session_state.get(MEMORY) in (None, "mnist"):
            remember("data", "digits-8x8", MEMORY)  # MNIST, with which the box would begin, is the choice above it
        return _other_data(gettext(OTHER), models)
    if choice == usual[0]:
        st.query_params.pop("data", None)
    else:
        st.query_params["data"] = "mnist"
    if choice == MNIST_TITLE and mnist_is_here:
        return judging.part_for(dataset("mnist"), models, SOURCES), gettext(choice)
    own = (data for run in models if (data := own_dataset(run)) and data.identity == identity)
    return next((judging.part_for(data, models, SOURCES) for data in own), None), gettext(choice)


def _named_dataset() -> str:
    """Returns the data that the address names; what else one model can be judged on is taken out of it."""
    named = st.query_params.get("data", "")
    if named in (OWN, UPLOAD) or _is_no_dataset(named):
        st.query_params.pop("data")
        return ""
    return named


def _is_no_dataset(name: str) -> bool:
    """Says whether a name is that of a file that one model may have been judged by, and that is not here for all."""
    try:
        sources.shared(name)
    except InputError:
        return uploads.is_such_name(name)
    return False


def _own_title(run: Run, identity: str) -> str:
    """Names the test set that models share by what the first of them calls its data."""
    try:
        reference = run.description().dataset
        if reference["identity"] == identity:
            return gettext("{shared} ({data})", shared=SHARED_TITLE, data=run.description().data_title)
    except LabError:
        logger.debug("Nothing says what data models share", exc_info=True)
    return gettext(SHARED_TITLE)


def _other_data(label: str, models: list[Run]) -> tuple[Digits, str]:
    data = choose_dataset(label, memory=MEMORY, looked_at=True)
    digits = judging.part_for(data, models, SOURCES)
    if data.name not in sources.BUILT_IN:
        st.caption(plain(f"{data.source}."))
    preview.show_named(digits, st.query_params.get("data") or data.name, "data", data.resized)
    return digits, data.title


# --- Side by side ------------------------------------------------------------------------------------------------


@fragment
def _show_compared(compared: Compared, untrained: list[Run]) -> None:
    """Shows the figures, the tests, and what lies behind them."""
    comparison = compared.comparison
    st.header(gettext("Side by side"), anchor=False)
    columns = [_column(run) for run in compared.models]
    table = comparison_table(comparison, columns, st.session_state.get(GROUP, ""))
    pressable(table, "compared-figures", on_press=lambda choice: _look_at(choice, comparison), leads_to=BEHIND)
    st.markdown(
        gettext(
            "Judged on {images}: {data}. Press an underlined number to see its images.",
            images=ngettext(
                "{number} image", "{number} images", len(comparison.labels), number=count(len(comparison.labels))
            ),
            data=plain(compared.title),
        )
    )
    with st.expander(gettext("How this was measured")):
        st.markdown(
            gettext(
                "Likely between: a 95 % interval by Wilson's formula. Time for one image: the middle "
                "one of many tries, on one core of this machine."
            )
        )
    with st.container(horizontal=True, gap="small"):
        for model, run in enumerate(compared.models):
            _offer_alone(run, gettext("{model} alone", model=comparison.names[model]))
    _show_tests(comparison)
    _show_more(compared, untrained)


def _column(run: Run) -> Column:
    try:
        seconds = _seconds(str(run.model_path), atomic.stamp(run.model_path), run)
    except LabError:
        seconds = None
    return Column(name_of(run), model_facts(run), seconds)


@st.cache_data(max_entries=64, show_spinner=False)
def _seconds(path: str, version: tuple[int, ...], _run: Run) -> float:
    """Returns the time for one image, measured once for each model."""
    return prediction_seconds(classifier(_run))


def _offer_alone(run: Run, label: str) -> None:
    """Leads to the view of one model. A link to the page that is open would leave the browser's address as it was."""
    if st.button(plain(label), key=f"alone-{run.id}", icon=":material/fact_check:"):
        for name in ("view", "runs"):
            st.query_params.pop(name, None)
        st.query_params["run"] = run.id
        st.rerun(scope="app")


def _look_at(choice: str, comparison: Comparison) -> None:
    """Shows the images behind a figure that was pressed."""
    if choice in comparison.groups:
        st.session_state[GROUP] = choice
        st.session_state[TABS] = gettext(IMAGES)


def _show_tests(comparison: Comparison) -> None:
    """One sentence a pair, and the images that it speaks of."""
    st.header(gettext("Chance or not?"), anchor=False)
    if not comparison.pairs:
        st.info(
            gettext(
                "Choose up to {most_tested} models, and the lab says which differences may be chance.",
                most_tested=MOST_TESTED,
            )
        )
        return
    with st.container(gap="xxsmall"):
        for pair in comparison.pairs:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                alone = len(comparison.pairs) == 1
                st.markdown(f"**{pair.sentence}**" if alone else pair.sentence, width="content")
                if not pair.same_answers:
                    _offer_images(pair, comparison)
    with st.expander(gettext("How chance is told apart")):
        st.markdown(
            gettext(
                "Think of two models that are equally good. Some images are read right by only one of "
                "them. Chance alone gives one model a few more of these, as with heads and tails. "
                "McNemar's test says how often chance would give at least so many more: p = 0.31 "
                "means in 31 of 100 such comparisons. Below 5 of 100, the lab says “hardly chance”."
            )
        )
        if len(comparison.pairs) > 1:
            st.markdown(gettext("Of several pairs, one may look real by chance. Holm's correction allows for that."))
        for pair in comparison.pairs:
            if pair.details:
                st.markdown(pair.details)


def _offer_images(pair: Pair, comparison: Comparison) -> None:
    two = len(comparison.names) == 2
    first, second = (comparison.names[model] for model in pair.models)
    for name, other, number in ((first, second, pair.only_first), (second, first, pair.only_second)):
        st.button(
            gettext("{number} that only {name} reads right", number=count(number), name=name)
            if two
            else gettext("{number} {name} right, {other} wrong", number=count(number), name=name, other=other),
            key=f"compared-{name}-{other}",
            on_click=_look_at,
            args=(f"only-{name}" if two else f"{name}-{other}", comparison),
            disabled=not number,
            type="tertiary",
            icon=":material/image_search:",
        )


def _show_more(compared: Compared, untrained: list[Run]) -> None:
    """What lies behind the figures; only what is open is computed."""
    tabs: dict[str, Callable[[], None]] = {
        N_("Accuracy"): lambda: show_accuracies(compared),
        IMAGES: lambda: show_images(compared),
        N_("Digit by digit"): lambda: show_digits(compared),
        N_("Learning curves"): lambda: show_curves([*compared.models, *untrained]),
        N_("Published results"): lambda: show_published(compared),
    }
    st.header(gettext("What lies behind"), anchor=BEHIND)

    def note(name: str) -> None:
        st.session_state[TAB] = name

    open_tab(tabs, TABS, st.session_state.get(TAB, next(iter(tabs))), note)
