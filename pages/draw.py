"""Draw: a digit by hand, prepared the way MNIST was made, and what the network makes of it."""

import streamlit as st

from mnist_core import charts, inference, session
from mnist_core.canvas import strokes_from_canvas, visible
from mnist_core.inference import Answer
from mnist_core.pictures import figure, gallery
from mnist_core.preprocess import Stages

STAGE_NAMES = {
    "ink": "1 · The ink",
    "box": "2 · Its box",
    "scaled": "3 · Longest side 20 px",
    "image": "4 · Centre of mass in the middle",
}


def show_answer(answer: Answer, stages: Stages | None) -> None:
    """Shows the prediction, the ten probabilities, and what the network sees."""
    with st.container(horizontal=True, gap="large", key="answer"):
        st.metric("Prediction", "–" if answer.digit is None else str(answer.digit), width=120)
        if stages is not None:
            st.html(figure(stages.image, "What the network sees", 140), width="content")
    st.markdown(f"**{answer.sentence}**")
    if stages is not None:
        bars = charts.probability_bars(answer.probabilities, answer.digit)
        st.vega_lite_chart(bars, alt=answer.sentence, key="bars")
        st.caption("From the ink to the network's 28×28 picture, the way MNIST was made:")
        st.html(gallery([getattr(stages, name) for name in STAGE_NAMES], list(STAGE_NAMES.values()), size=112))


@st.fragment
def draw_and_answer() -> None:
    """The drawing and its answer; only this part of the page runs again after a stroke."""
    drawing_column, answer_column = st.columns([2, 3], gap="large")
    with drawing_column:
        way = st.segmented_control("Input", ["Draw", "Picture"], default="Draw", required=True)
        if way == "Draw":
            drawing, file = session.canvas(), None
        else:
            drawing, file = None, st.file_uploader("A PNG or JPEG of one digit", type=["png", "jpg", "jpeg"])
            st.caption("Dark on light or light on dark; the paper is told by the picture's border.")
    with answer_column, session.explained():
        # On a phone the answer stands right below the canvas, and the model that gives it further down.
        above = st.container()
        classifier = session.classifier(session.choose_model())
        with above:
            if way == "Draw":
                show_answer(*inference.answer_strokes(visible(strokes_from_canvas(drawing)), classifier))
            elif file:
                show_answer(*inference.answer_picture(file.getvalue(), classifier))
            else:
                st.info("No picture yet. Choose one, or draw instead.")


with session.page("Draw", "Write a digit with mouse, pen or finger. The answer comes by itself after each stroke."):
    draw_and_answer()
