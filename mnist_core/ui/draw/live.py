"""The answer while the pen moves: what the browser needs to read a drawing by itself, and to show what it read."""

import json
from pathlib import Path

import streamlit as st

from mnist_core.inference.explain.features import layers_in_words
from mnist_core.language import gettext
from mnist_core.preprocessing.pipeline import ALL_STEPS, Steps
from mnist_core.runs.run import Run
from mnist_core.sharing.browser import scripts
from mnist_core.ui.server import network_door

_component = st.components.v2.component(
    "digit_lab_live",
    html='<div class="answer live" aria-hidden="true"></div>',
    js=f"const WORKER = {json.dumps(scripts.worker())};\n{scripts.read('answer.js')}\n"
    + (Path(__file__).parent / "live.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)
_thinking = st.components.v2.component(
    "digit_lab_thinking",
    html=(Path(__file__).parent / "thinking.html").read_text(encoding="utf-8"),
    js=(Path(__file__).parent / "thinking.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def answer_while_drawing(run: Run, steps: Steps, says: str) -> None:
    """Lets the browser answer by this model until the lab does; not where a step of the preparation is left out.

    `says` is what stands before its answer.
    """
    words = {
        "title": says,
        "seen": gettext("What the network sees"),
        "said": gettext("likely: {confidence}", confidence="{confidence}"),
        **scripts.words_of_shares(),
    }
    _component(
        data={"network": network_door.address(run), "isOn": steps == ALL_STEPS, "words": words},
        key="live",
    )


def see_it_think(run: Run) -> None:
    """A panel that the browser fills: what each layer makes of the drawing as it grows, and the arithmetic in it."""
    words = {
        "title": gettext("See it think"),
        "larger": gettext("Full screen"),
        "smaller": gettext("Close full screen"),
        "stop": gettext("Stop at layer"),
        "shown": gettext("What each layer of the network makes of the drawing, from the picture to the ten digits"),
        "input": gettext("The picture"),
        "inputSays": gettext("28×28 pixels, white ink on black. The network sees nothing else."),
        "pixel": gettext("This pixel is {value}: 0 is black, 1 is white.", value="{value}"),
        "patch": gettext("What lies under the filter"),
        "filter": gettext("The filter"),
        "sum": gettext("{sum}, plus {bias}. After that the layer has {value} here.", **_kept("sum", "bias", "value")),
        "sums": gettext(
            "{product}. The {number} other pictures add {others}, the layer {bias}. After that it has {value} here.",
            **_kept("product", "number", "others", "bias", "value"),
        ),
        "neuron": gettext(
            "{number} numbers times {number} weights: {sum}, plus {bias}. After that the neuron has {value}.",
            **_kept("number", "sum", "bias", "value"),
        ),
        "compared": gettext(
            "Browser and lab agreed on {alike} drawings, and differed on {differ}. Where they differ, the lab counts.",
            **_kept("alike", "differ"),
        ),
    }
    data = {"network": network_door.address(run), "words": words, "stages": layers_in_words(run.config().layers)}
    _thinking(data=data, key="thinking")


def _kept(*names: str) -> dict[str, str]:
    """What the browser puts into a sentence."""
    return {name: f"{{{name}}}" for name in names}
