"""Where a model breaks: curves of accuracy over disturbances, and behind each mark the images that are read wrong."""

import threading

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.evaluation import robustness
from mnist_core.evaluation.corruptions import KINDS, disturbed
from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.evaluation.robustness import Robustness
from mnist_core.files import cache
from mnist_core.formatting import confidence, count, percent
from mnist_core.inference.classifier import Classifier
from mnist_core.language import N_, gettext, ngettext
from mnist_core.presentation.charts import robustness as robustness_charts
from mnist_core.presentation.pictures import gallery
from mnist_core.runs import summary
from mnist_core.runs.run import Run
from mnist_core.ui.choices import all_models
from mnist_core.ui.frame import fragment, plain, show_chart
from mnist_core.ui.gallery import NO_IMAGES
from mnist_core.ui.loaders import classifier
from mnist_core.ui.paging import page_of

COLUMNS = 3
SHOWN_WRONG = 40
LOOK_SECONDS = 0.5
# A digit that looks different from every side.
EXAMPLE = 4
ALONE = N_("no other model")
ALL = N_("all")
QUESTION = N_("How far may a digit be turned before this model misreads it? Bet first.")
BARE = N_(
    "Here the network gets each changed image as it is. On the Draw page, the lab first "
    "puts the place, size and contrast of a drawing right."
)
MEASURING = N_("Measuring takes about half a minute.")

# A class may open this at once: one measures, the others wait and find its result.
measuring = threading.Lock()


@fragment
def show_robustness(run: Run, evaluation: Evaluation, images: np.ndarray | None) -> None:
    """Asks how far a digit may be turned, then shows how many are read right: turned, moved, resized, noisy, pale.

    Args:
        run: The model.
        evaluation: Its answers; their labels are used.
        images: uint8 `[N, 28, 28]` in the order of the labels, or None where they are not on this machine.
    """
    if images is None:
        st.info(gettext(NO_IMAGES))
        return
    st.markdown(f"**{gettext(QUESTION)}**")
    example, about = _example(evaluation.labels, robustness.sample(evaluation.labels)), KINDS["rotation"]
    turned = [disturbed("rotation", images[example], level)[0] for level in about.levels]
    st.html(gallery(turned, [about.write(level) for level in about.levels], size=80))
    found = _result(run, evaluation.labels, images)
    if not st.toggle(gettext("Show the answer"), key="robustness-answer"):
        return
    change, compare = st.columns([2, 1], vertical_alignment="bottom")
    with change:
        kind = _choose_kind()
    with compare:
        other = _choose_other(run)
    beside = _result(other, evaluation.labels, images) if other else None
    _say_what_is_shown(other)
    if kind == ALL:
        _show_curves(found, beside)
    else:
        _show_curve(found, beside, kind)
        _show_level(run, evaluation.labels, images, found, kind)
    _say_where(found)


def _choose_other(run: Run) -> Run | None:
    others = {name: one for name, one in all_models().items() if name != run.id}
    if not others:
        return None
    titles = {ALONE: gettext(ALONE)} | summary.titles(others.values())
    return others.get(
        st.selectbox(gettext("Compare with"), titles, key="robustness-beside", format_func=titles.__getitem__)
    )


def _choose_kind() -> str:
    """Lets a person choose in which way the digits are changed, or all of them."""
    titles = {kind: gettext(about.title) for kind, about in KINDS.items()} | {ALL: gettext(ALL)}
    return str(
        st.segmented_control(
            gettext("Change"),
            titles,
            format_func=titles.__getitem__,
            default=next(iter(KINDS)),
            required=True,
            key="robustness-kind",
            wrap=True,
        )
    )


def _say_what_is_shown(other: Run | None) -> None:
    if other:
        st.markdown(plain(gettext("Solid: this model. Dashed: {title}.", title=summary.title(other))))
    st.caption(gettext("Click a mark to see what is read wrong there."))


def _say_where(found: Robustness) -> None:
    with st.expander(gettext("Where this was measured")):
        st.markdown(
            gettext(
                "On {images}, changed in each of these ways. The bands show how far chance may shift "
                "the line (95 % intervals, Wilson). {bare}",
                images=ngettext(
                    "{number} test image", "{number} test images", found.images, number=count(found.images)
                ),
                bare=BARE,
            )
        )


# --- Measuring -----------------------------------------------------------------------------------------------------


def _result(run: Run, labels: np.ndarray, images: np.ndarray) -> Robustness:
    """Returns what was measured of a model, from memory or disk, or measures it with a progress bar."""
    model = classifier(run)
    path = robustness.stored_at(run.model_path, images, labels)
    known = _known()
    found = known.get(path.name) or Robustness.load(path)
    if found is None:
        bar = st.progress(0.0, gettext("{measuring} Disturbing images …", measuring=MEASURING))
        _wait_in_line(bar)
        try:
            found = Robustness.load(path) or robustness.measure(
                model.probabilities,
                images,
                labels,
                # A closed tab or another choice ends the measuring here.
                lambda share, words: bar.progress(
                    share, gettext("{measuring} {what} …", measuring=MEASURING, what=words)
                ),
            )
            cache.keep(path, found.save)
        finally:
            measuring.release()
        bar.empty()
    known[path.name] = found
    return found


def _wait_in_line(bar: DeltaGenerator) -> None:
    while not measuring.acquire(timeout=LOOK_SECONDS):
        bar.progress(0.0, gettext("Another model is being measured, please wait …"))


@st.cache_resource(show_spinner=False)
def _known() -> dict[str, Robustness]:
    """What this process measured or read, for where the disk cannot be written."""
    return {}


# --- Showing -------------------------------------------------------------------------------------------------------


def _show_curves(found: Robustness, beside: Robustness | None) -> None:
    kinds = list(KINDS)
    for first in range(0, len(kinds), COLUMNS):
        for column, kind in zip(st.columns(COLUMNS), kinds[first : first + COLUMNS], strict=False):
            with column:
                _show_curve(found, beside, kind)


def _show_curve(found: Robustness, beside: Robustness | None, kind: str) -> None:
    sentence = robustness.sentence(found, kind)
    if beside:
        sentence += f" {robustness.beside_sentence(found, beside, kind)}"
    title, key = gettext(KINDS[kind].title), f"robustness-{kind}"
    st.markdown(f"**{title}.** {sentence}")
    show_chart(
        robustness_charts.curve(found, kind, beside),
        alt=f"{title}: {sentence}",
        key=key,
        on_select=lambda: _choose_level(kind, key),
        selection_mode=[robustness_charts.PICKED],
    )


def _choose_level(kind: str, key: str) -> None:
    """Moves the two choices to the mark that was clicked."""
    picked = st.session_state[key].selection.get(robustness_charts.PICKED)
    if picked:
        st.session_state["robustness-kind"] = kind
        st.session_state[f"robustness-level-{kind}"] = picked[0]["level"]


def _show_level(run: Run, labels: np.ndarray, images: np.ndarray, found: Robustness, kind: str) -> None:
    """One digit at every level of the chosen kind, then what is read wrong at the chosen level."""
    st.subheader(gettext("What is read wrong there"), anchor=False)
    about, key = KINDS[kind], f"robustness-level-{kind}"
    chosen = robustness.sample(labels)
    st.caption(
        gettext(
            "{explanation} Below each picture: how many of {images} such images are read right.",
            explanation=about.explanation,
            images=count(found.images),
        )
    )
    shares = zip(about.levels, found.accuracies(kind), strict=True)
    example = _example(labels, chosen)
    strip = [disturbed(kind, images[example], level)[0] for level in about.levels]
    st.html(gallery(strip, [f"{about.write(level)}: {percent(share, 1)}" for level, share in shares], size=80))
    st.session_state.setdefault(key, robustness.breaks_at(found, kind))
    level = st.select_slider(gettext("Level"), about.levels, key=key, format_func=about.write)
    _show_wrong(run, labels[chosen], images[chosen], (kind, level), chosen)


def _example(labels: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The number of the first of the chosen images that shows it best: int64 `[1]`."""
    return chosen[labels[chosen] == EXAMPLE][:1] if (labels[chosen] == EXAMPLE).any() else chosen[:1]


def _show_wrong(run: Run, labels: np.ndarray, images: np.ndarray, what: tuple[str, float], numbers: np.ndarray) -> None:
    kind, level = what
    shown = disturbed(kind, images, level)
    probabilities = _answers(classifier(run), shown, robustness.stored_at(run.model_path, shown, labels).name)
    answers, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)  # as sure as on all other pages
    wrong = np.flatnonzero(answers != labels)
    wrong = wrong[np.argsort(-sure[wrong], kind="stable")]
    st.markdown(robustness.wrong_sentence(kind, level, len(wrong), len(labels)))
    part = wrong[page_of(len(wrong), SHOWN_WRONG, "robustness-page", (kind, level), gettext("Page of misread images"))]
    captions = [
        gettext(
            "#{number} is {digit}, read as {answer}, {sure}",
            number=numbers[one],
            digit=labels[one],
            answer=answers[one],
            sure=confidence(float(sure[one])),
        )
        for one in part
    ]
    st.html(gallery(shown[part], captions, size=88))
    if len(wrong):
        st.caption(gettext("The most confident mistakes come first."))


@st.cache_resource(max_entries=16, show_spinner=False)
def _answers(_classifier: Classifier, _images: np.ndarray, identity: str) -> np.ndarray:
    """Returns the calibrated probabilities of disturbed images; `identity` tells models and images apart."""
    return _classifier.calibrated(_images)
