"""Draw: digits by hand, prepared the way MNIST was made, and what the network makes of them."""

import streamlit as st

from mnist_core.inference.reading import Reading
from mnist_core.preprocessing.pipeline import ALL_STEPS, Steps
from mnist_core.runs.run import Run
from mnist_core.ui import choices, collection, frame, pins
from mnist_core.ui.draw import answers, canvas, inputs
from mnist_core.ui.draw.inputs import Input


@frame.fragment
def draw_and_answer() -> None:
    """The drawing and its answer; only this part of the page runs again after a stroke."""
    input_column, answer_column = st.columns([2, 3], gap="large")
    with input_column:
        given = inputs.choose_input()
    steps = answers.chosen_steps()
    with answer_column:
        answered = answer(given, steps)
    if given.way == inputs.DRAW:
        with input_column:
            canvas.keypad()
    if answered:
        look_inside(*answered, steps)


def answer(given: Input, steps: Steps) -> tuple[Run, Reading] | None:
    """Lets the chosen model read what is given, and others beside it; None where it cannot be read."""
    with frame.explained():
        # On a phone the answer stands right below the canvas, and the model that gives it further down.
        above = st.container()
        run = choices.choose_model()
        answers.show_refusals(run)
        with above:
            reading = read(given, run, steps)
        with frame.explained():
            answers.compare(choices.all_models(), run, lambda other: given.read(other, steps), reading)
        return run, reading
    return None


def read(given: Input, run: Run, steps: Steps) -> Reading:
    """The model's answer, and below it what can be done with the drawing: say what it was, pin it."""
    if given.is_missing:
        st.info("No picture yet. Choose one, or draw instead.")
    reading = given.read(run, steps)
    answers.show_reading(reading, steps)
    if given.strokes and steps == ALL_STEPS:
        collection.show_correction(given.strokes, reading.answer, run)
    if reading.stages is not None and not reading.parts:
        pins.pin_drawing(reading.stages.image, given.strokes)
    return reading


def look_inside(run: Run, reading: Reading, steps: Steps) -> None:
    """How one digit was prepared, and why the network answers as it does."""
    if reading.stages is None:
        return
    if reading.parts:
        st.caption("The microscope and the reasons are there for one digit at a time.")
        return
    answers.microscope(reading.stages, steps, run)
    answers.show_why(reading.stages, reading.answer, run)


with frame.page(
    "Draw", "Write a digit, or several side by side, with mouse, pen or finger. The answer comes by itself."
):
    draw_and_answer()
