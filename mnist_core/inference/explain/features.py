"""What the layers of a network make of a drawing, and the patterns that they look for."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_core.config.network import LAYER_NAMES, WEIGHTED, Layer, summarize
from mnist_core.errors import LabError
from mnist_core.formatting import count
from mnist_core.inference.explain.graph import Graph, activated, follow, input_shape
from mnist_core.language import gettext, ngettext


def _looked_at(layers: tuple[Layer, ...]) -> list[int]:
    """The convolutions, or in a plain network all dense layers."""
    convolutions = [number for number, layer in enumerate(layers) if layer.kind in ("conv", "depthwise")]
    return convolutions or [number for number, layer in enumerate(layers) if layer.kind == "dense"]


def _layer_name(layers: tuple[Layer, ...], number: int) -> str:
    layer = layers[number]
    place = sum(other.kind == layer.kind for other in layers[: number + 1])
    if layer.kind == "dense":
        return gettext(
            "Dense layer {place} · {units}",
            place=place,
            units=ngettext("{number} neuron", "{number} neurons", layer.units, number=count(layer.units)),
        )
    units = summarize(layers)[number].output_shape[-1]
    return gettext(
        "{layer} {place} · {units} of {side}×{side}",
        layer=gettext(LAYER_NAMES[layer.kind]).capitalize(),
        place=place,
        units=ngettext("{number} filter", "{number} filters", units, number=count(units)),
        side=layer.size,
    )


def _kind(layer: Layer) -> str:
    """How it is shown: as pictures, or as neurons that have no place in one."""
    return "dense" if layer.kind == "dense" else "conv"


# --- What the layers see -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FeatureMaps:
    """What one layer makes of a drawing."""

    name: str  # for people
    # float32 `[channels, height, width]`; the neurons of a plain network have no place in the picture: they stand in
    # rows as one channel, filled up with NaN
    values: np.ndarray
    kind: str  # `conv` or `dense`

    @property
    def units(self) -> int:
        return len(self._by_unit())

    @property
    def silent(self) -> int:
        """How many of them do not answer at all to this drawing, which happens after a ReLU."""
        return int((np.abs(self._by_unit()).max(axis=1) == 0).sum())

    def _by_unit(self) -> np.ndarray:
        flat = self.values.reshape(len(self.values), -1)
        return flat if self.kind == "conv" else flat[~np.isnan(flat)][:, np.newaxis]


def feature_maps(path: Path, layers: tuple[Layer, ...], image: np.ndarray) -> list[FeatureMaps]:
    """Shows what each convolution makes of a drawing uint8 `[28, 28]`, after its activation function.

    Where pooling or batch normalization stand between a convolution and its activation function, they are in it. One
    that none follows is shown as LiteRT computes it, which may move its bias or its batch normalization to a neighbour.
    A plain network shows its dense layers in the same way, without the last: a single dense layer gives an empty list.
    Raises LabError where the model does not have these layers.
    """
    graph = Graph.load(path)
    shown = _looked_at(layers)
    pairs = [pair for pair in graph.weighted(layers) if pair[0] in shown]
    graph.run(image)
    found = []
    for number, start in pairs:
        if number == len(layers) - 1:
            continue  # the ten probabilities, which the bars show
        end = activated(layers, number)
        values = graph.output(follow(graph.operations, start, layers[number : end + 1]))
        if values.shape != summarize(layers)[end].output_shape:
            raise LabError(
                gettext(
                    "The inside of the model of {run} cannot be read; train it again or choose another.",
                    run=path.parent.name,
                )
            )
        kind = _kind(layers[number])
        maps = np.moveaxis(values, -1, 0) if kind == "conv" else _in_rows(values)
        found.append(FeatureMaps(_layer_name(layers, number), maps.astype(np.float32), kind))
    return found


def _in_rows(values: np.ndarray) -> np.ndarray:
    """Puts values `[neurons]` in rows of a square, `[1, rows, columns]`, filled up with NaN."""
    columns = math.ceil(math.sqrt(len(values)))
    rows = math.ceil(len(values) / columns)
    filled = np.full(rows * columns, np.nan, np.float32)
    filled[: len(values)] = values
    return filled.reshape(1, rows, columns)


def feature_sentence(maps: list[FeatureMaps]) -> str:
    if not maps:
        return gettext(
            "This network goes from the picture straight to its ten answers. There is nothing in "
            "between to look at. “What they look for” shows its weights."
        )
    first, last = maps[0], maps[-1]
    if first.kind == "dense":
        neurons = ngettext("{number} neuron", "{number} neurons", first.units, number=count(first.units))
        sentences = [
            gettext("The first layer has {neurons}, shown in rows: they have no place in the picture.", neurons=neurons)
        ]
    else:
        filters = ngettext("{number} filter", "{number} filters", first.units, number=count(first.units))
        sentences = [
            gettext(
                "The first layer has {filters}. A picture is bright where its filter found its pattern.",
                filters=filters,
            )
        ]
    if first.silent:
        sentences.append(gettext("{silent} of them found nothing in this drawing.", silent=count(first.silent)))
    if first.kind != "dense" and len(maps) > 1:
        height, width = last.values.shape[1:]
        sentences.append(
            gettext(
                "The last layer shown has {units} of only {height}×{width} pixels.",
                units=ngettext("{number} picture", "{number} pictures", last.units, number=count(last.units)),
                height=height,
                width=width,
            )
        )
    return " ".join(sentences)


def layers_in_words(layers: tuple[Layer, ...]) -> list[dict[str, str]]:
    """The name of each layer with weights, and a sentence on what it does: `name` and `sentence`, in their order."""
    weighted = [number for number, layer in enumerate(layers) if layer.kind in WEIGHTED]
    return [
        {"name": _layer_name(layers, number), "sentence": _says(layers, number, number == weighted[-1], not place)}
        for place, number in enumerate(weighted)
    ]


def _says(layers: tuple[Layer, ...], number: int, is_last: bool, is_first: bool) -> str:
    if is_last:
        return gettext("Ten neurons, one for each digit. Lines show what speaks most for the two leading ones.")
    if layers[number].kind == "dense":
        return gettext("Each neuron weighs all that comes before it. The bright ones have found what they look for.")
    if is_first:
        return gettext("Each filter looks for a small pattern. Its picture is bright where it has found it.")
    return gettext("Each filter looks at the pictures before it. Its own is bright where they fit its pattern.")


# --- What the layers look for ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filters:
    """The weights of one layer as small pictures."""

    name: str  # for people
    # float32 `[filters, height, width]`: a positive weight asks for ink, a negative one for its absence; batch
    # normalization next to the layer may be multiplied in
    weights: np.ndarray
    # How many pictures the layer gets; where they are several, a filter has weights for each, and its strongest are
    # shown: those with the largest sum of squares
    channels: int
    kind: str  # `conv` or `dense`


def filters(path: Path, layers: tuple[Layer, ...]) -> list[Filters]:
    """The weights of each convolution; of a plain network those of its first dense layer, one picture a neuron."""
    graph = Graph.load(path)
    shown = _looked_at(layers)
    shown = shown[:1] if layers[shown[0]].kind == "dense" else shown
    found = []
    for number, at in graph.weighted(layers):
        if number in shown:
            weights = graph.weights(at)
            if layers[number].kind == "dense":
                weights = weights.reshape(len(weights), *_picture_shape(layers))
            elif layers[number].kind == "depthwise":  # each filter sees one picture
                weights = np.moveaxis(weights, -1, 0)
            strongest = (weights.astype(np.float64) ** 2).sum(axis=(1, 2)).argmax(axis=1)
            pictures = weights[np.arange(len(weights)), :, :, strongest]
            found.append(Filters(_layer_name(layers, number), pictures, weights.shape[-1], _kind(layers[number])))
    return found


def _picture_shape(layers: tuple[Layer, ...]) -> tuple[int, ...]:
    """The shape `[height, width, 1]` of the picture that a plain network flattens, pooled or not."""
    return input_shape(layers, [layer.kind for layer in layers].index("flatten"))


def filter_sentence(found: list[Filters]) -> str:
    first, last = found[0], found[-1]
    if first.kind == "dense":
        height, width = first.weights.shape[1:]
        return gettext(
            "Each picture shows the {number} weights of one neuron of the first layer. Orange: it "
            "looks for ink here. Blue: it looks for no ink here.",
            number=count(height * width),
        )
    sentence = gettext(
        "Each picture is one filter of the first layer, the small pattern that it looks for. "
        "Orange: it looks for ink here. Blue: it looks for no ink here."
    )
    if last.channels > 1:
        sentence += gettext(
            " A filter of a later layer looks at many pictures at once; its strongest pattern is shown."
        )
    return sentence
