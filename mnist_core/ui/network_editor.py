"""The layers of a network as a row of blocks that can be changed, and as text."""

import dataclasses
import functools
import itertools
from dataclasses import dataclass
from typing import Any

import streamlit as st

from mnist_core.config.network import (
    ACTIVATION_NUMBERS,
    ACTIVATIONS,
    KINDS,
    LAYER_KINDS,
    LAYER_NAMES,
    MOST_LAYERS,
    MOST_PIXELS,
    Layer,
    LayerSummary,
    Shape,
    follow,
    network_text,
    parse_layer,
    parse_network,
)
from mnist_core.errors import InputError
from mnist_core.formatting import begun, count, percent
from mnist_core.language import N_, gettext
from mnist_core.mnist import IMAGE_SHAPE
from mnist_core.ui import as_text
from mnist_core.ui.frame import explained, plain
from mnist_core.ui.remembered import Remembered

MOST_CHARACTERS = 4000  # forty layers take a third of them
WIDTH = 176  # of a block, in pixels; on a phone it is as wide as the screen
SIDES = (N_("Top (pixels)"), N_("Bottom (pixels)"), N_("Left (pixels)"), N_("Right (pixels)"))

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Block:
    """A layer in the editor; its number stays with it wherever it is moved, and so do its widgets."""

    number: int
    layer: Layer


# --- What is held ----------------------------------------------------------------------------------------------------


def held_layers(start: tuple[Layer, ...], key: str) -> tuple[Layer, ...]:
    """Returns the layers that are being edited under a key; those of the address where that was changed otherwise."""
    held = Remembered[tuple[Block, ...]](key)
    if held.is_old(start):
        _hold(key, start)
        held.note(start)
    return tuple(block.layer for block in held.get(()))


def note_layers(layers: tuple[Layer, ...], key: str) -> None:
    """Notes that the address has these layers from now on."""
    Remembered[tuple[Block, ...]](key).note(layers)


def _hold(key: str, layers: tuple[Layer, ...]) -> None:
    st.session_state[key] = tuple(Block(next(_numbers), layer) for layer in layers)


def _blocks(key: str) -> tuple[Block, ...]:
    blocks: tuple[Block, ...] = st.session_state.get(key, ())
    return blocks


# --- What is shown ---------------------------------------------------------------------------------------------------


def offer_editor(usual: tuple[Layer, ...], key: str) -> None:
    """Says how large the network is, and opens the editor; `usual` is what a reset goes back to."""
    if st.button(gettext("Change the network"), icon=":material/account_tree:", width="stretch", key=f"{key}-edit"):
        st.dialog(gettext("The network"), width="large", on_dismiss="rerun")(_open_editor)(usual, key)
    st.caption(_size(tuple(block.layer for block in _blocks(key))))


def _open_editor(usual: tuple[Layer, ...], key: str) -> None:
    with explained():
        edit(usual, key)
    # The page behind runs again, with what was changed.
    if st.button(gettext("Done"), type="primary", key=f"{key}-done"):
        st.rerun()


def edit(usual: tuple[Layer, ...], key: str) -> None:
    """Shows the blocks, and what can be done with them."""
    blocks = _blocks(key)
    layers = tuple(block.layer for block in blocks)
    summaries, problem = follow(layers)
    st.caption(gettext("The picture goes through these layers, one after the other. Press one to change it."))
    with st.container(horizontal=True, key="network-blocks"):
        _show_picture()
        for place, block in enumerate(blocks):
            here = problem if place == min(len(summaries), len(layers) - 1) else None
            _show_block(key, place, block, summaries[place] if place < len(summaries) else None, here)
    if problem and not blocks:
        st.error(plain(str(problem)))
    st.markdown(_size(layers))
    with st.container(horizontal=True):
        _offer_adding(key, layers)
        st.button(
            gettext("Reset"), icon=":material/undo:", key=f"{key}-reset", disabled=layers == usual,
            help=gettext("Takes the recipe's own network again."), on_click=_hold, args=(key, usual),
        )  # fmt: skip
    text, label = network_text(layers), gettext("Layers, with commas between them")
    as_text.edit(label, text, key, functools.partial(_take_text, key), MOST_CHARACTERS)


def _size(layers: tuple[Layer, ...]) -> str:
    summaries, problem = follow(layers)
    if problem:
        return gettext("This network does not work yet.")
    parameters = sum(summary.parameters for summary in summaries)
    return gettext("{parameters} parameters in {layers} layers.", parameters=count(parameters), layers=len(layers))


def _show_picture() -> None:
    with st.container(border=True, gap="xxsmall", width=WIDTH, key="network-block-picture"):
        st.button(gettext("Picture"), disabled=True, width="stretch", key="network-picture")
        st.caption(gettext("one digit, in grey"))
        st.markdown(f"→ **{shape_in_words(IMAGE_SHAPE)}**")


def _show_block(key: str, place: int, block: Block, summary: LayerSummary | None, problem: InputError | None) -> None:
    """One layer: its name, which opens what can be changed, its main numbers, and the shape that it gives."""
    with st.container(border=True, gap="xxsmall", width=WIDTH, key=f"network-block-{block.number}"):
        with st.popover(f"{place + 1}. {title(block.layer)}", width="stretch", key=f"{key}-open-{block.number}"):
            for name in KINDS[block.layer.kind].fields:
                _show_field(key, block, name)
            _offer_moving(key, place, block)
        st.caption(plain(numbers_in_words(block.layer)) or " ")
        if problem:
            st.markdown(gettext(":red[This layer cannot stand here. {problem}]", problem=plain(str(problem))))
        else:
            st.markdown(f"→ **{shape_in_words(summary.output_shape)}**" if summary else "→ ?")


def title(layer: Layer) -> str:
    """What people call its kind, with a capital: `Max pooling`."""
    names = LAYER_NAMES | {"maxpool": N_("max pooling"), "avgpool": N_("average pooling")}
    return begun(gettext(names[layer.kind]))


def shape_in_words(shape: Shape) -> str:
    """`26×26×32` for pictures, `128 numbers` for a row."""
    return "×".join(map(str, shape)) if len(shape) > 1 else gettext("{number} numbers", number=count(shape[0]))


def numbers_in_words(layer: Layer) -> str:
    """The main numbers of a layer: `32 filters, 3×3, relu`."""
    words = []
    for name in KINDS[layer.kind].fields:
        match name:
            case "units" if layer.kind == "dense":
                words.append(gettext("{units} neurons", units=layer.units))
            case "units":
                words.append(gettext("{units} filters", units=layer.units))
            case "size":
                words.append(f"{layer.size}×{layer.size}")
            case "rate":
                words.append(percent(layer.rate, 0))
            case "sides":
                words.append(", ".join(map(str, layer.sides[:1] if len(set(layer.sides)) == 1 else layer.sides)))
            case "stride" if layer.stride:
                words.append(gettext("stride {stride}", stride=layer.stride))
            case _:
                words.append(layer.written(name))
    return ", ".join(filter(None, words))


def _show_field(key: str, block: Block, name: str) -> None:
    """The widget for one field of a layer."""
    layer, widget = block.layer, f"{key}-{block.number}-{name}"
    value = getattr(layer, name)

    def change(widget: str, place: int = 0) -> Any:  # the same for widgets of every kind
        return {"key": widget, "on_change": _change, "args": (key, block.number, name, widget, place)}

    match name:
        case "units":
            label = {"dense": gettext("Neurons"), "depthwise": gettext("Filters for each channel")}.get(
                layer.kind, gettext("Filters")
            )
            st.number_input(label, 1, 4096, value, **change(widget))
        case "size":
            labels = {
                "resize": gettext("New side in pixels"),
                "maxpool": gettext("Window in pixels"),
                "avgpool": gettext("Window in pixels"),
            }
            st.number_input(
                labels.get(layer.kind, gettext("Filter in pixels")), 1, MOST_PIXELS, value, **change(widget)
            )
        case "stride":
            # A pooling's own stride is its side: another one begins with that.
            words = gettext("How many pixels it moves on each time")
            st.number_input(
                gettext("Stride"), 1, MOST_PIXELS, layer.step, help=words, **change(f"{widget}-{layer.size}")
            )
        case "padding":
            words = gettext("Zeros are put around the picture, so that it keeps its size (padding: same)")
            st.checkbox(gettext("Keep the size"), value == "same", help=words, **change(widget))
        case "activation":
            st.selectbox(gettext("Activation"), ACTIVATIONS, ACTIVATIONS.index(value), **change(widget))
        case "number" if layer.activation in ACTIVATION_NUMBERS:
            what, own = ACTIVATION_NUMBERS[layer.activation]
            label = gettext("{what} (0: {usual:g})", what=begun(gettext(what).rstrip(",")), usual=own)
            st.number_input(label, 0.0, 1000.0, value, 0.1, "%g", **change(f"{widget}-{layer.activation}"))
        case "rate":
            words = gettext("Share of the values that is set to 0 at each step of training")
            st.number_input(gettext("Dropped share"), 0.0, 0.95, value, 0.05, "%g", help=words, **change(widget))
        case "sides":
            for place, (side, pixels) in enumerate(zip(SIDES, value, strict=True)):
                st.number_input(gettext(side), 0, MOST_PIXELS, pixels, **change(f"{widget}-{place}", place))
        case "shared":
            st.checkbox(gettext("One slope for each channel"), value, **change(widget))


def _offer_moving(key: str, place: int, block: Block) -> None:
    with st.container(horizontal=True):
        st.button(
            gettext("Earlier"), icon=":material/arrow_back:", key=f"{key}-{block.number}-earlier",
            disabled=place == 0, on_click=_move, args=(key, block.number, -1),
        )  # fmt: skip
        st.button(
            gettext("Later"), icon=":material/arrow_forward:", key=f"{key}-{block.number}-later",
            disabled=place == len(_blocks(key)) - 1, on_click=_move, args=(key, block.number, 1),
        )  # fmt: skip
        st.button(
            gettext("Remove"), icon=":material/delete:", key=f"{key}-{block.number}-remove",
            on_click=_remove, args=(key, block.number),
        )  # fmt: skip


def _offer_adding(key: str, layers: tuple[Layer, ...]) -> None:
    full = len(layers) >= MOST_LAYERS
    with st.popover(gettext("Add a layer"), icon=":material/add:", disabled=full, key=f"{key}-adding"):
        kind = st.selectbox(
            gettext("Layer"), LAYER_KINDS, format_func=lambda kind: title(_new(kind)), key=f"{key}-add-kind"
        )
        usual = fitting_place(layers, _new(kind)) + 1
        place = st.number_input(
            gettext("Its place"), 1, len(layers) + 1, usual, key=f"{key}-add-place-{kind}-{len(layers)}",
            help=gettext("1: it is the first layer."),
        )  # fmt: skip
        st.button(gettext("Add it"), type="primary", key=f"{key}-add", on_click=_add, args=(key, kind, int(place) - 1))


def fitting_place(layers: tuple[Layer, ...], layer: Layer) -> int:
    """The last place before the end at which the network works with a new layer; before the last where it never does.

    Places are counted from 0.
    """
    places = range(len(layers) - 1, -1, -1)
    works = (place for place in places if not follow((*layers[:place], layer, *layers[place:]))[1])
    return next(works, max(len(layers) - 1, 0))


# --- What is done ----------------------------------------------------------------------------------------------------


def _change(key: str, number: int, name: str, widget: str, place: int) -> None:
    """Takes over what a widget holds."""
    with explained():
        value = st.session_state[widget]
        st.session_state[key] = tuple(
            Block(number, changed(block.layer, name, value, place)) if block.number == number else block
            for block in _blocks(key)
        )


def changed(layer: Layer, name: str, value: Any, place: int = 0) -> Layer:
    """Returns a layer with what a widget holds in one of its fields; `place` is that of a side."""
    if name == "padding":
        value = "same" if value else "valid"
    if name == "sides":
        value = (*layer.sides[:place], value, *layer.sides[place + 1 :])
    if name == "activation":  # the number was the other one's
        return dataclasses.replace(layer, activation=value, number=0.0)
    return dataclasses.replace(layer, **{name: value})


def _move(key: str, number: int, by: int) -> None:
    blocks = list(_blocks(key))
    place = next(place for place, block in enumerate(blocks) if block.number == number)
    block = blocks.pop(place)
    blocks.insert(max(place + by, 0), block)
    st.session_state[key] = tuple(blocks)


def _remove(key: str, number: int) -> None:
    st.session_state[key] = tuple(block for block in _blocks(key) if block.number != number)


def _add(key: str, kind: str, place: int) -> None:
    blocks = _blocks(key)
    st.session_state[key] = (*blocks[:place], Block(next(_numbers), _new(kind)), *blocks[place:])


def _new(kind: str) -> Layer:
    return parse_layer(KINDS[kind].example or kind)


def _take_text(key: str, text: str) -> None:
    layers = parse_network(text)
    if len(layers) > MOST_LAYERS:
        raise InputError(
            gettext(
                "The network has {layers} layers; at most {most_layers} are allowed.",
                layers=count(len(layers)),
                most_layers=MOST_LAYERS,
            )
        )
    _hold(key, layers)
