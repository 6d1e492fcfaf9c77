"""Layer list → Keras model."""

import dataclasses
import random

import keras
from keras import layers as keras_layers

from mnist_core.config.network import Layer
from mnist_core.mnist import IMAGE_SHAPE


def build(layers: tuple[Layer, ...], output: str = "", seed: int = 0) -> keras.Sequential:
    """A model from float32 images `[N, 28, 28, 1]` between 0 and 1 to float32 `[N, 10]`.

    `output` is another activation for the last layer: `linear` to train on (losses are exact from the values before the
    activation), `softmax` to classify with. `seed` determines the weights to start from and what dropout drops: Keras
    would draw its seeds from Python's own generator, from which the other threads of a worker draw too.
    """
    if output:
        layers = (*layers[:-1], dataclasses.replace(layers[-1], activation=output))
    seeds = random.Random(seed)
    return keras.Sequential([keras.Input(IMAGE_SHAPE), *(_build_layer(layer, seeds) for layer in layers)])


def _build_layer(layer: Layer, seeds: random.Random) -> keras.Layer:
    match layer.kind:
        case "conv":
            start = _start_weights(seeds)
            return keras_layers.Conv2D(
                layer.units, layer.size, padding=layer.padding, activation=layer.activation, kernel_initializer=start
            )
        case "maxpool":
            return keras_layers.MaxPooling2D(layer.size)
        case "avgpool":
            return keras_layers.AveragePooling2D(layer.size)
        case "norm":
            # Keras averages over 100 steps by default; an epoch or two of large batches need a quicker average.
            return keras_layers.BatchNormalization(momentum=0.9)
        case "activation":
            return keras_layers.Activation(layer.activation)
        case "dropout":
            return keras_layers.Dropout(layer.rate, seed=_draw(seeds))
        case "flatten":
            return keras_layers.Flatten()
        case "dense":
            start = _start_weights(seeds)
            return keras_layers.Dense(layer.units, activation=layer.activation, kernel_initializer=start)
    raise ValueError(f"unknown layer kind {layer.kind}")


def _start_weights(seeds: random.Random) -> keras.initializers.Initializer:
    return keras.initializers.GlorotUniform(_draw(seeds))


def _draw(seeds: random.Random) -> int:
    return seeds.randint(1, 1_000_000_000)
