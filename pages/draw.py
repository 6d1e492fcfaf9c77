"""Draw: digits by hand, prepared the way MNIST was made, and what the network makes of them."""

from mnist_core.language import N_, gettext
from mnist_core.runs import summary
from mnist_core.runs.run import Run
from mnist_core.ui import choices, frame
from mnist_core.ui.draw import answers, canvas, inputs, layout, live, parts, refusals
from mnist_core.ui.draw.answering import Answering
from mnist_core.ui.draw.inputs import DRAW


def draw_and_answer() -> None:
    """The drawing and its answer; after a stroke only what shows it runs again."""
    places = layout.places()
    with places.given:
        given = inputs.choose()
    answering, others = None, list[Run]()
    with places.choice:
        with frame.explained():
            answering, others = choose_models()
        if given.way == DRAW:
            canvas.keypad()
    steps = answers.chosen_steps()
    if given.way == DRAW:
        with places.given:
            parts.show_canvas(given, answering, steps)
    if answering:
        with places.answer:
            if given.way == DRAW:
                live.answer_while_drawing(answering.run, steps, answering.says)
            parts.show_answer(given, answering, steps)
            parts.show_others(given, [answering.run, *others], steps)
        if given.way == DRAW:
            live.see_it_think(answering.run)
        parts.look_inside(given, answering, steps)


def choose_models() -> tuple[Answering, list[Run]]:
    """The model that answers, and those beside it."""
    models = choices.all_models()
    titles = summary.titles(models.values())
    run = choices.choose_among(models, titles, gettext("Which model answers"))
    answering = Answering.of(run, models)
    refusals.show(answering)
    return answering, answers.choose_others(models, titles, run)


with frame.page(
    N_("Draw"),
    N_("Write a digit or a number: the lab reads it."),
):
    draw_and_answer()
