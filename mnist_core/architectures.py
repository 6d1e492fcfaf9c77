"""Layer list → Keras model."""

import dataclasses

import keras
from keras import layers as keras_layers

from mnist_core.layers import IMAGE_SHAPE, Layer


def build(layers: tuple[Layer, ...], output: str = "") -> keras.Sequential:
    """Builds a network.

    Args:
        layers: The layer list; its last layer gives ten values.
        output: Another activation for the last layer: `linear` to train on (losses are exact from the values before
            the activation), `softmax` to classify with.

    Returns:
        A model from float32 images `[N, 28, 28, 1]` between 0 and 1 to float32 `[N, 10]`.
    """
    if output:
        layers = (*layers[:-1], dataclasses.replace(layers[-1], activation=output))
    return keras.Sequential([keras.Input(IMAGE_SHAPE), *(_build_layer(layer) for layer in layers)])


def _build_layer(layer: Layer) -> keras.Layer:
    match layer.kind:
        case "conv":
            return keras_layers.Conv2D(layer.units, layer.size, padding=layer.padding, activation=layer.activation)
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
            return keras_layers.Dropout(layer.rate)
        case "flatten":
            return keras_layers.Flatten()
        case "dense":
            return keras_layers.Dense(layer.units, activation=layer.activation)
    raise ValueError(f"unknown layer kind {layer.kind}")
