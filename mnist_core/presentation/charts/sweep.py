"""The trials of a sweep as charts, with their sentence."""

import math
from collections.abc import Callable
from typing import Any

import altair as alt

from mnist_core.checks import short
from mnist_core.engine.sweeps.results import best
from mnist_core.engine.sweeps.search_space import Parameter, Value, called, in_words
from mnist_core.engine.sweeps.sweep import Trial
from mnist_core.formatting import percent
from mnist_core.language import N_, as_written, gettext
from mnist_core.presentation.charts.template import Rows, Spec, Template, filled, named
from mnist_core.presentation.palette import QUIET_COLOUR, TRAINING_COLOUR

BEST_COLOUR = "#E69F00"
GROUPS = {"given up early": N_("given up early"), "finished": N_("finished"), "best": N_("best")}
DASHES = ([4, 3], [1, 0], [1, 0])
ACCURACY = N_("validation accuracy")
Place = Callable[[Any], float]


def parallel_coordinates(parameters: tuple[Parameter, ...], trials: list[Trial]) -> Spec:
    """Each judged trial as a line over one axis a setting and one of the validation accuracy."""
    shown, found = _judged(trials), best(trials)
    names = [*(gettext(parameter.label) for parameter in parameters), gettext(ACCURACY)]
    place_of_accuracy = _place_of_accuracy(shown)
    rows: Rows = []
    for trial in shown:
        group = "best" if trial is found else "finished" if trial.state == "done" else "given up early"
        about = {
            "trial": trial.number,
            "group": group,
            "settings": in_words(trial.settings),
            "accuracy": percent(trial.accuracy),
        }
        places = [_place(parameter)(trial.settings[parameter.setting]) for parameter in parameters]
        places.append(place_of_accuracy(trial.accuracy))
        rows += [about | {"axis": name, "place": at} for name, at in zip(names, places, strict=True)]
    accuracies = [trial.accuracy for trial in shown]
    limits = {min(accuracies, default=0.0), max(accuracies, default=1.0)}
    ticks = [*map(_ticks, parameters), {percent(accuracy): place_of_accuracy(accuracy) for accuracy in limits}]
    for name, texts in zip(names, ticks, strict=True):
        rows += [{"axis": name, "place": at, "tick": text} for text, at in texts.items()]
    return _ordered(filled(_parallel_template, rows), names)


def _judged(trials: list[Trial]) -> list[Trial]:
    """The trials with an accuracy, the best one last, so that its line lies above the others."""
    shown = [trial for trial in trials if trial.state in ("done", "pruned") and not math.isnan(trial.accuracy)]
    return sorted(shown, key=lambda trial: (trial.state == "done", trial.accuracy))


def _place_of_accuracy(shown: list[Trial]) -> Place:
    """By the logarithm of errors: good trials, which differ by tenths of a percent, part there."""
    errors = [max(1 - trial.accuracy, 1e-4) for trial in shown] or [1.0]
    place = _logarithmic(min(errors), max(errors))
    return lambda accuracy: 1 - place(1 - accuracy)


def _place(parameter: Parameter) -> Place:
    """Where on its axis, from 0 to 1, a value of a setting stands."""
    if parameter.values:
        last = max(len(parameter.values) - 1, 1)
        return lambda value: parameter.values.index(value) / last
    low, high = parameter.lowest, parameter.highest
    return _logarithmic(low, high) if parameter.logarithmic else lambda value: (value - low) / (high - low)


def _logarithmic(low: float, high: float) -> Place:
    width = math.log(high / low) if high > low else 1.0
    return lambda value: math.log(max(value, low) / low) / width


def _ticks(parameter: Parameter) -> dict[str, float]:
    values: tuple[Value, ...] = parameter.values or (parameter.lowest, parameter.highest)
    place = _place(parameter)
    return {_short(value if isinstance(value, str) else as_written(short(value))): place(value) for value in values}


def _short(text: str) -> str:
    return text if len(text) <= 14 else f"{text[:13]}…"


def _ordered(spec: Spec, order: list[str]) -> Spec:
    """Puts the axes in the order of the settings; the template cannot know them."""
    layers = [
        layer | {"encoding": layer["encoding"] | {"x": layer["encoding"]["x"] | {"scale": {"domain": order}}}}
        for layer in spec["layer"]
    ]
    return spec | {"layer": layers}


def parallel_sentence(trials: list[Trial]) -> str:
    shown, found = _judged(trials), best(trials)
    pruned = sum(trial.state == "pruned" for trial in shown)
    sentences = [gettext("Each line is a trial, from its settings to its validation accuracy (higher is better).")]
    if pruned:
        sentences.append(
            gettext("Grey and dashed: {number} of {trials}, given up early.", number=pruned, trials=len(shown))
        )
    if found:
        sentences.append(
            gettext(
                "Thick and orange: the best, trial {number} with {settings}.",
                number=found.number,
                settings=in_words(found.settings),
            )
        )
    return " ".join(sentences)


def _parallel_template() -> Template:
    x = alt.X("axis:N", title=None, sort=None, axis=alt.Axis(orient="top", labelAngle=0, domain=False, grid=True))
    y = alt.Y("place:Q", axis=None, scale=alt.Scale(domain=[-0.04, 1.04]))
    legend = alt.Legend(orient="bottom", title=None, symbolType="stroke", symbolSize=300, symbolStrokeWidth=3)
    legend.labelExpr = named(GROUPS)
    colours = [QUIET_COLOUR, TRAINING_COLOUR, BEST_COLOUR]
    base = alt.Chart(alt.Data(values=[])).encode(x=x, y=y)
    lines = base.transform_filter("isValid(datum.group)").mark_line(point=True, strokeWidth=1.5, opacity=0.85)
    lines = lines.encode(
        detail="trial:N",
        color=alt.Color("group:N", scale=alt.Scale(domain=list(GROUPS), range=colours), legend=legend),
        strokeDash=alt.StrokeDash("group:N", scale=alt.Scale(domain=list(GROUPS), range=DASHES), legend=legend),
        tooltip=[
            alt.Tooltip("trial:N", title=gettext("Trial")),
            alt.Tooltip("settings:N", title=gettext("Settings")),
            alt.Tooltip("accuracy:N", title=gettext("Validation accuracy")),
        ],
    )
    found = base.transform_filter("datum.group == 'best'").mark_line(
        point={"size": 90, "color": BEST_COLOUR}, strokeWidth=5, color=BEST_COLOUR
    )
    ticks = base.transform_filter("isValid(datum.tick)").mark_text(align="left", dx=7, dy=-11, fontSize=11)
    ticks = ticks.encode(text="tick:N", color=alt.value(QUIET_COLOUR))
    return alt.layer(lines, found, ticks).properties(height=320)


def importance_bars(importances: dict[str, float]) -> Spec:
    """How much each setting mattered, as bars with their shares, the greatest first."""
    rows = [
        {"setting": gettext(called(name)), "share": share, "text": percent(share, 0)}
        for name, share in importances.items()
    ]
    return filled(_importance_template, rows) | {"height": 36 * len(rows)}


def _importance_template() -> Template:
    base = alt.Chart(alt.Data(values=[])).encode(
        y=alt.Y("setting:N", title=None, sort=None, axis=alt.Axis(ticks=False, domain=False, labelLimit=140)),
        # Room to the right of a full bar for its label.
        x=alt.X("share:Q", axis=None, scale=alt.Scale(domain=[0, 1.2])),
    )
    bars = base.mark_bar(height=alt.RelativeBandSize(0.6), cornerRadiusEnd=3, color=TRAINING_COLOUR)
    text = base.mark_text(align="left", dx=6, fontSize=13, color=QUIET_COLOUR).encode(text="text:N")
    return alt.layer(bars, text)
