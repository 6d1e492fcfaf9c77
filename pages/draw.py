"""Draw: digits by hand, prepared the way MNIST was made, and what the network makes of them."""

import streamlit as st

from mnist_core.inference import reading
from mnist_core.inference.answer import NOTHING_DRAWN
from mnist_core.inference.reading import Reading
from mnist_core.preprocessing.canvas import strokes_from_canvas, visible
from mnist_core.preprocessing.pipeline import ALL_STEPS
from mnist_core.preprocessing.strokes import Strokes
from mnist_core.runs.run import Run
from mnist_core.ui import choices, collection, frame, loaders, pins
from mnist_core.ui.draw import answers, canvas


@frame.fragment
def draw_and_answer() -> None:
    """The drawing and its answer; only this part of the page runs again after a stroke."""
    drawing_column, answer_column = st.columns([2, 3], gap="large")
    with drawing_column:
        way = st.segmented_control("Input", ["Draw", "Picture"], default="Draw", required=True)
        if way == "Draw":
            drawing, content = canvas.canvas(), None
        else:
            types = ["png", "jpg", "jpeg"]
            file = st.file_uploader("A PNG or JPEG of one or more digits", type=types, max_upload_size=20)
            drawing, content = None, file.getvalue() if file else None
            st.caption("Dark on light or light on dark; the paper is told by the picture's border.")
    steps = answers.chosen_steps()
    strokes: Strokes = []
    result = Reading(NOTHING_DRAWN)

    def read(run: Run) -> Reading:
        if content is not None:
            return reading.read_picture(content, loaders.classifier(run), steps)
        return reading.read_strokes(strokes, loaders.classifier(run), steps, on_canvas=True)

    with answer_column, frame.explained():
        # On a phone the answer stands right below the canvas, and the model that gives it further down.
        above = st.container()
        run = choices.choose_model()
        answers.show_refusals(run)
        with above:
            strokes = visible(strokes_from_canvas(drawing))
            if way == "Picture" and content is None:
                st.info("No picture yet. Choose one, or draw instead.")
            result = read(run)
            answers.show_reading(result, steps)
            if strokes and steps == ALL_STEPS:
                collection.show_correction(strokes, result.answer, run)
            if result.stages is not None and not result.parts:
                pins.pin_drawing(result.stages.image, strokes)
        answers.compare(choices.all_models(), run, read, result)
    if way == "Draw":
        with drawing_column:
            canvas.keypad()
    if result.stages is None:
        return
    if result.parts:
        st.caption("The microscope and the reasons are there for one digit at a time.")
    else:
        answers.microscope(result.stages, steps, run)
        answers.show_why(result.stages, result.answer, run)


with frame.page(
    "Draw", "Write a digit, or several side by side, with mouse, pen or finger. The answer comes by itself."
):
    draw_and_answer()
