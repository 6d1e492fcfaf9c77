"""A run while it trains, and what can be done with it then and afterwards."""

import math
from collections.abc import Sequence

import streamlit as st

from mnist_core.engine import fair_queue, recovery, submission
from mnist_core.errors import InputError
from mnist_core.files import folders
from mnist_core.formatting import duration, epoch_sentence, percent
from mnist_core.language import as_written, gettext
from mnist_core.presentation import bet_words, status_words
from mnist_core.presentation.charts import learning
from mnist_core.runs import bets, summary
from mnist_core.runs.description import Imported
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status
from mnist_core.ui import glossary, visitor
from mnist_core.ui.browser import actor
from mnist_core.ui.frame import changing_chart, explained, fragment, plain
from mnist_core.ui.loaders import dataset_of, engine, stored_evaluation
from mnist_core.ui.pins import own_pins, show_pins
from mnist_core.ui.settings_memory import use_settings
from mnist_core.ui.train import curves, replay
from mnist_core.ui.train.axis_choice import choose_axis, chosen_axis
from mnist_core.ui.train.curves import Curves
from mnist_core.ui.train.watched import has_moved_on, watch

PART = "now-showing"  # the key of its container
# Everybody waits for a first point, and a short run is over soon; of a long one, thirty who watch cost its own speed.
SOON_SECONDS, TICK_SECONDS, LONG_RUN_SECONDS = 0.5, 1.0, 20.0


def show_watched(run: Run) -> None:
    """The run that is looked at: live, and afterwards epoch by epoch."""
    # As it was written: a run that only fell silent may come back, and the page must see it.
    status = run.stored_status()
    has_begun = bool(curves.of_run(run, status.epochs).charts)
    seconds = TICK_SECONDS if has_begun and not 0 < status.seconds_left < LONG_RUN_SECONDS else SOON_SECONDS
    fragment(_show_live, run_every=None if status.finished else seconds)(run)
    if _imported(run) is None:
        replay.show_replay(run)


def _show_live(run: Run) -> None:
    """The run as it is now; runs again every second while it goes on."""
    with explained():
        recovery.care_for(engine(), run)
    status = run.status()
    learned = curves.of_run(run, status.epochs, chosen_axis())
    moved_on = has_moved_on(run, (status.state, bool(learned.charts)))
    with st.container(key=PART):
        st.caption(plain(gettext("Now showing: {heading}", heading=summary.heading(run))))
        if imported := _imported(run):
            _show_imported(run, imported)
        else:
            _show_run(run, status, learned)
    if moved_on:
        # The whole page: its tables change, and a finished run ticks no more. Last, or a click would be lost.
        st.rerun()


def _imported(run: Run) -> Imported | None:
    try:
        return run.description().imported
    except InputError:
        return None


def _show_imported(run: Run, imported: Imported) -> None:
    st.info(gettext("Imported; it was not trained here. It can be judged on Evaluate, and it answers on Draw."))
    st.caption(plain(status_words.imported(imported)))
    with st.container(horizontal=True, vertical_alignment="center"):
        _offer_model(run)


def _show_run(run: Run, status: Status, learned: Curves) -> None:
    """State, figures, buttons, curves and pinned digits of a run as it is now."""
    # What a press asks for is said in the same moment, above the buttons.
    state, figures = st.container(), st.container()
    going_on = status.can_be_steered and _may_steer(run)
    with st.container(horizontal=True, vertical_alignment="center"):
        if status.finished:
            _offer_afterwards(run, status)
        elif going_on:
            _offer_steering(run, status)
    with state:
        _show_state(run, status, learned.accuracies)
        _show_bets(run, status)
    with figures:
        _show_figures(status, learned)
    if learned.charts:
        _show_curves(learned)
    show_pins(run)
    if folders.is_folder(run.events_path) and visitor.on_this_machine():
        st.caption(gettext("TensorBoard shows the same run:"))
        st.code(f"tensorboard --logdir {run.events_path}", language="bash", wrap_lines=True)


def _show_curves(learned: Curves) -> None:
    choose_axis()
    for column, (quantity, chart) in zip(st.columns(2), learned.charts.items(), strict=True):
        with column:
            in_words = gettext(
                "{quantity} by epoch; the sentence below says how far it is", quantity=learning.TITLES[quantity]
            )
            changing_chart(chart, in_words, f"curve-{quantity}")
            st.caption(learned.sentences[quantity])


def _show_bets(run: Run, status: Status) -> None:
    """What people bet before the run began, and who came nearest once it is over."""
    placed = bets.load(run.bets_path)
    if not status.finished:
        if said := bet_words.placed(placed):
            st.caption(plain(said))
    elif decided := bet_words.decided(placed, status.test_accuracy):
        st.markdown(plain(decided), help=glossary.help_text("points"))
    elif undecided := bet_words.undecided(placed):
        st.markdown(plain(undecided))


def _may_steer(run: Run) -> bool:
    """Whether a person may steer the run: it is theirs, or they say so at the lab's own machine, as a teacher may."""
    by, whose = actor(), run.owner
    if not by.may_change(whose):
        st.caption(gettext("This is somebody else's run. Only they can steer it, or whoever runs the lab."))
        return False
    return whose in ("", by.owner) or st.toggle(
        gettext("Somebody else's run: steer it all the same"), key=f"all-{run.id}"
    )


def _began_slowly(run: Run) -> bool:
    try:
        return run.description().slow_start
    except InputError:
        return False


def _tested_on(run: Run) -> int | None:
    """On how many images a run was judged; None where its folder does not say."""
    evaluation = stored_evaluation(run)
    return None if evaluation is None else len(evaluation.labels)


def _show_state(run: Run, status: Status, accuracies: Sequence[float]) -> None:
    why = status_words.sentence(status)
    match status.state:
        case "queued":
            st.info(plain(f"{fair_queue.queue_sentence(run)} {why}"))
        case "failed":
            st.error(plain(why))
        case "done":
            words = gettext(
                "Done in {seconds}. Test accuracy {test_accuracy}.",
                seconds=duration(status.seconds),
                test_accuracy=percent(status.test_accuracy),
            )
            if _began_slowly(run):
                words += " " + gettext("The waits of the slow start are not counted.")
            weak = status_words.weakness(status.test_accuracy, _tested_on(run))
            (st.warning if weak else st.success)(f"{words} {plain(f'{weak} {why}'.strip())}")
        case "stopped":
            st.warning(plain(why))
        case _:
            if status.problem == "disk-full":  # it waits for somebody to do something
                st.warning(plain(why))
                why = ""
            sentence = epoch_sentence(_epoch_shown(status), status.epochs, accuracies)
            if not status.steps:
                sentence = gettext("Getting ready: the data is read, and the network is built …")
            if status.state == "paused":
                sentence = gettext("Paused. {sentence}", sentence=why or sentence)
            elif why:  # it is over and being written
                sentence = why
            elif status.seconds_left:
                sentence += gettext(" · {seconds_left} left", seconds_left=duration(status.seconds_left))
            _say(status_words.asked(status, run.control()), sentence)
            st.progress(status.progress)


def _say(asked: str, sentence: str) -> None:
    """Says the state, largest of all; first what was asked a moment ago, until the trainer has heeded it."""
    with st.container(key="run-state", gap=None):
        st.markdown(plain(asked or sentence))
    if asked:
        st.caption(plain(sentence))


def _epoch_shown(status: Status) -> int:
    """Returns the epoch under way, or the last one where the run has ended or waits between two."""
    between = status.finished or (status.state == "paused" and not status.step)
    return status.epoch if between else min(status.epoch + 1, status.epochs)


def _show_figures(status: Status, learned: Curves) -> None:
    accuracies, loss = learned.accuracies, learned.loss
    with st.container(horizontal=True, gap="medium"):
        st.metric(
            gettext("Validation accuracy"),
            percent(accuracies[-1] if accuracies else math.nan),
            width="content",
            help=glossary.help_text("validation"),
        )
        st.metric(
            gettext("Epoch"),
            gettext("{epoch} of {epochs}", epoch=_epoch_shown(status), epochs=status.epochs),
            width="content",
        )
        st.metric(
            gettext("Training loss"),
            "–" if loss is None else as_written(f"{loss:.4f}"),
            width="content",
            help=glossary.help_text("loss"),
        )


def _offer_steering(run: Run, status: Status) -> None:
    """What can be asked of a run that has not ended; each button keeps its place when the state changes."""
    if status.state == "queued":
        if st.button(gettext("Stop"), icon=":material/stop:"):
            _ask(run, status, "stop")
        return
    if status.state == "running":
        if st.button(gettext("Pause"), icon=":material/pause:"):
            _ask(run, status, "pause")
    elif st.button(gettext("Resume"), icon=":material/play_arrow:"):
        _ask(run, status, "resume")
    if st.button(
        gettext("One epoch"),
        icon=":material/skip_next:",
        help=gettext("It goes on to the end of this epoch, then it waits."),
    ):
        _ask(run, status, "epoch")
    with st.popover(gettext("Learning rate"), icon=":material/speed:"):
        _offer_learning_rate(run, status)
    if st.button(gettext("Stop and save"), icon=":material/stop:"):
        _ask(run, status, "stop")


def _ask(run: Run, status: Status, what: str) -> None:
    """Asks the trainer; a run that gave its trainer away needs one first."""
    with explained():
        if status.parked:
            submission.resume(engine(), run, what, by=actor())
        else:
            run.request(what, by=actor())


def _offer_learning_rate(run: Run, status: Status) -> None:
    now = run.config().learning_rate if math.isnan(status.learning_rate) else status.learning_rate
    now = run.control().learning_rate or now  # a trainer reads it within a moment
    rate = st.number_input(gettext("From now on"), 1e-7, 10.0, now, now / 10, "%g", key=f"rate-{run.id}")
    st.caption(
        gettext("It is {now:g} now. If it rises and falls by itself, it goes on doing so from the new rate.", now=now)
    )
    if st.button(gettext("Apply"), key=f"change-rate-{run.id}"):
        with explained():
            run.change_learning_rate(rate, by=actor())
            st.toast(gettext("The learning rate will be {rate:g} in a moment. The curve gets a mark.", rate=rate))


def _offer_afterwards(run: Run, status: Status) -> None:
    """Where a run that has ended leads."""
    may_resume = status.state == "failed" and run.can_resume and actor().may_change(run.owner)
    if may_resume and st.button(gettext("Try again"), icon=":material/play_arrow:"):
        with explained():
            submission.resume(engine(), run, by=actor())
            st.rerun()
    _offer_model(run)
    if run.has_checkpoint and status.state != "failed":
        with st.popover(gettext("Train longer"), icon=":material/add:"):
            more = st.number_input(gettext("More epochs"), 1, 1000, max(status.epochs // 2, 1), key=f"more-{run.id}")
            st.caption(gettext("A new run starts where this one ended. This one stays as it is."))
            if st.button(gettext("Start"), key=f"train-on-{run.id}", type="primary"):
                with explained():
                    watch(submission.train_on(engine(), run, dataset_of(run), int(more), actor(), own_pins()))
                    st.rerun()
    try:
        settings = run.config()
    except InputError:
        return  # the folder is damaged, and its status says so
    st.button(gettext("Use its settings"), icon=":material/content_copy:", on_click=use_settings, args=(settings,))


def _offer_model(run: Run) -> None:
    if run.has_model:
        link = {"run": run.id}
        st.page_link(
            "pages/evaluate.py", label=gettext("See its evaluation"), icon=":material/fact_check:", query_params=link
        )
        st.page_link("pages/draw.py", label=gettext("Draw with it"), icon=":material/draw:", query_params=link)
