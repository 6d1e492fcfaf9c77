"""Layer list → Keras model."""

import dataclasses
import random

import keras
from keras import layers as keras_layers

from mnist_core.config.network import Layer, Shape
from mnist_core.mnist import IMAGE_SHAPE
from mnist_core.training.fused_normalization import FusedNormalization


def build(layers: tuple[Layer, ...], output: str = "", seed: int = 0, shape: Shape = IMAGE_SHAPE) -> keras.Sequential:
    """A model from float32 images `[N, 28, 28, 1]` between 0 and 1 to float32 `[N, 10]`.

    `output` is another activation for the last layer: `linear` to train on (losses are exact from the values before the
    activation), `softmax` to classify with. `seed` determines the weights to start from and what dropout drops: Keras
    would draw its seeds from Python's own generator, from which the other threads of a worker draw too. `shape` is that
    of other images.
    """
    if output:
        layers = (*layers[:-1], dataclasses.replace(layers[-1], activation=output))
    seeds = random.Random(seed)
    return keras.Sequential([keras.Input(shape), *(_build_layer(layer, seeds) for layer in layers)])


def build_to_train(layers: tuple[Layer, ...], seed: int, precision: str) -> keras.Sequential:
    """The network that `build` makes with a linear output, from the same weights, as it is fastest to train.

    Its weights and its output are float32; `precision` is that of the arithmetic between: `float32` or `bfloat16`.
    """
    *hidden, last = _pooled_first(layers)
    seeds = random.Random(seed)
    policy = "mixed_bfloat16" if precision == "bfloat16" else "float32"
    built = [_build_layer(layer, seeds, policy, FusedNormalization) for layer in hidden]
    output = _build_layer(dataclasses.replace(last, activation="linear"), seeds)
    return keras.Sequential([keras.Input(IMAGE_SHAPE), *built, output])


def _pooled_first(layers: tuple[Layer, ...]) -> list[Layer]:
    """Takes the largest value before ReLU instead of after it: the same function, for a quarter of the work."""
    found: list[Layer] = []
    for layer in layers:
        if layer.kind == "maxpool" and found and (found[-1].kind, found[-1].activation) == ("conv", "relu"):
            found[-1] = dataclasses.replace(found[-1], activation="linear")
            found += [layer, Layer("activation", activation="relu")]
        else:
            found.append(layer)
    return found


def _build_layer(
    layer: Layer,
    seeds: random.Random,
    policy: str | None = None,
    normalization: type[keras_layers.BatchNormalization] = keras_layers.BatchNormalization,
) -> keras.Layer:
    match layer.kind:
        case "conv":
            return keras_layers.Conv2D(
                layer.units,
                layer.size,
                strides=layer.step,
                padding=layer.padding,
                activation=layer.activation,
                kernel_initializer=_start_weights(seeds),
                dtype=policy,
            )
        case "depthwise":
            return keras_layers.DepthwiseConv2D(
                layer.size,
                strides=layer.step,
                padding=layer.padding,
                depth_multiplier=layer.units,
                activation=layer.activation,
                depthwise_initializer=_start_weights(seeds),
                dtype=policy,
            )
        case "maxpool":
            return keras_layers.MaxPooling2D(layer.size, strides=layer.step, padding=layer.padding, dtype=policy)
        case "avgpool":
            return keras_layers.AveragePooling2D(layer.size, strides=layer.step, padding=layer.padding, dtype=policy)
        case "pad":
            return keras_layers.ZeroPadding2D(_in_pairs(layer), dtype=policy)
        case "crop":
            return keras_layers.Cropping2D(_in_pairs(layer), dtype=policy)
        case "resize":
            return keras_layers.Resizing(layer.size, layer.size, dtype=policy)
        case "norm":
            # Keras averages over 100 steps by default; an epoch or two of large batches need a quicker average.
            return normalization(momentum=0.9, dtype=policy)
        case "activation":
            return _build_activation(layer, policy)
        case "prelu":
            return keras_layers.PReLU(shared_axes=[1, 2] if layer.shared else None, dtype=policy)
        case "dropout":
            return keras_layers.Dropout(layer.rate, seed=_draw(seeds), dtype=policy)
        case "flatten":
            return keras_layers.Flatten(dtype=policy)
        case "dense":
            start = _start_weights(seeds)
            return keras_layers.Dense(layer.units, activation=layer.activation, kernel_initializer=start, dtype=policy)
    raise ValueError(f"unknown layer kind {layer.kind}")


def _build_activation(layer: Layer, policy: str | None) -> keras.Layer:
    number = layer.number
    if not number:
        return keras_layers.Activation(layer.activation, dtype=policy)
    match layer.activation:
        case "leaky_relu":
            return keras_layers.LeakyReLU(number, dtype=policy)
        case "elu":
            return keras_layers.ELU(number, dtype=policy)
    return keras_layers.ReLU(max_value=number, dtype=policy)


def _in_pairs(layer: Layer) -> tuple[tuple[int, int], tuple[int, int]]:
    """The sides of a padding as Keras takes them."""
    top, bottom, left, right = layer.sides
    return (top, bottom), (left, right)


def _start_weights(seeds: random.Random) -> keras.initializers.Initializer:
    return keras.initializers.GlorotUniform(_draw(seeds))


def _draw(seeds: random.Random) -> int:
    return seeds.randint(1, 1_000_000_000)
