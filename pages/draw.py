"""Draw: digits by hand, prepared the way MNIST was made, and what the network makes of them."""

import streamlit as st

from mnist_core.runs import summary
from mnist_core.runs.run import Run
from mnist_core.ui import choices, frame
from mnist_core.ui.draw import answers, canvas, inputs, parts
from mnist_core.ui.draw.inputs import DRAW


def draw_and_answer() -> None:
    """The drawing and its answer; after a stroke only what shows it runs again."""
    input_column, answer_column = st.columns([2, 3], gap="large")
    with input_column:
        given = inputs.choose()
        drawing = st.container()
        if given.way == DRAW:
            canvas.keypad()
    with answer_column:
        # On a phone the answer stands right below the canvas, and the model that gives it further down.
        answer, run = st.container(), None
        with frame.explained():
            run, others = choose_models()
    steps = answers.chosen_steps()
    if given.way == DRAW:
        with drawing:
            parts.show_canvas(given, run, steps)
    if run:
        with answer:
            parts.show_answer(given, run, steps)
        with answer_column:
            parts.show_others(given, [run, *others], steps)
        parts.look_inside(given, run, steps)


def choose_models() -> tuple[Run, list[Run]]:
    """The model that answers, and those beside it."""
    models = choices.all_models()
    titles = summary.titles(models.values())
    run = choices.choose_among(models, titles)
    answers.show_refusals(run)
    return run, answers.choose_others(models, titles, run)


with frame.page(
    "Draw",
    "Write a digit, or several side by side or in rows, with mouse, pen or finger. The answer comes by itself.",
):
    draw_and_answer()
