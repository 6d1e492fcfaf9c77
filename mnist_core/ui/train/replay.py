"""The replay: a slider over the epochs of a run."""

import streamlit as st

from mnist_core.language import gettext
from mnist_core.presentation.charts import confusion
from mnist_core.presentation.charts.curve import Curve
from mnist_core.presentation.charts.replay import loss_sentence, loss_until, pinned_digits
from mnist_core.runs.run import Run
from mnist_core.training.pins import Pins
from mnist_core.training.replay import Replay, scores_sentence
from mnist_core.ui.frame import fragment, show_chart


@fragment
def show_replay(run: Run) -> None:
    """Shows loss, pinned digits and confusion matrix after the epoch that the slider says; reads what is open only."""
    expander = st.expander(
        gettext("Replay, epoch by epoch"), on_change="rerun", key=f"replay-{run.id}", icon=":material/history:"
    )
    if not expander.open:
        return
    with expander:
        replay = Replay.load(run.replay_path)
        first, epoch = replay.first, replay.epochs
        if epoch < first:
            st.info(gettext("This run left nothing to look back at: it has not begun to learn, or it is too old."))
            return
        if epoch > first:
            words = gettext("After epoch (0: before training)") if not first else gettext("After epoch")
            epoch = st.slider(words, first, epoch, epoch, key=f"epoch-{run.id}-{epoch}")
        _show_epoch(run, replay, epoch)


def _show_epoch(run: Run, replay: Replay, epoch: int) -> None:
    pins = Pins.load(run.pins_path)
    if len(pins):
        scores = replay.scores(pins, epoch)
        st.caption(scores_sentence(scores, epoch))
        st.html(pinned_digits(pins, scores, replay.epochs))
    learning, judging = st.columns([2, 3])
    with learning:
        learned = Curve.of(run)
        sentence = loss_sentence(learned, epoch)
        show_chart(loss_until(learned, epoch), alt=sentence, key="replay-loss")
        st.caption(sentence)
    with judging:
        sentence = replay.confusion_sentence(epoch)
        matrix = confusion.confusion_matrix(replay.confusion[epoch])
        show_chart(matrix, alt=sentence, key="replay-confusion")
        st.caption(gettext("{sentence} Validation images, a row for each true digit.", sentence=sentence))
