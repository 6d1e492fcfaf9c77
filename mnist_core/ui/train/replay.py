"""The replay: a slider over the epochs of a run."""

import streamlit as st

from mnist_core.presentation.charts import confusion
from mnist_core.presentation.charts.replay import loss_sentence, loss_until, pinned_digits
from mnist_core.runs.run import Run
from mnist_core.training.pins import Pins
from mnist_core.training.replay import Replay, scores_sentence
from mnist_core.ui.frame import fragment, show_chart


@fragment
def show_replay(run: Run) -> None:
    """Shows loss, pinned digits and confusion matrix after the epoch that the slider says; reads what is open only."""
    expander = st.expander(
        "Replay, epoch by epoch", on_change="rerun", key=f"replay-{run.id}", icon=":material/history:"
    )
    if not expander.open:
        return
    with expander:
        replay = Replay.load(run.replay_path)
        if not replay.epochs:
            st.info("This run left nothing to replay: it has not finished an epoch, or it is older than the replay.")
            return
        epoch = replay.epochs
        if replay.epochs > 1:
            epoch = st.slider("After epoch", 1, replay.epochs, replay.epochs, key=f"epoch-{run.id}-{replay.epochs}")
        _show_epoch(run, replay, epoch)


def _show_epoch(run: Run, replay: Replay, epoch: int) -> None:
    pins = Pins.load(run.pins_path)
    if len(pins):
        scores = replay.scores(pins, epoch)
        st.caption(scores_sentence(scores, epoch))
        st.html(pinned_digits(pins, scores, replay.epochs))
    learning, judging = st.columns([2, 3])
    with learning:
        metrics = run.metrics()
        sentence = loss_sentence(metrics, epoch)
        show_chart(loss_until(run.batches(), metrics, epoch), alt=sentence, key="replay-loss")
        st.caption(sentence)
    with judging:
        sentence = replay.confusion_sentence(epoch)
        matrix = confusion.confusion_matrix(replay.confusion[epoch - 1])
        show_chart(matrix, alt=sentence, key="replay-confusion")
        st.caption(f"{sentence} Validation images, a row for each true digit.")
