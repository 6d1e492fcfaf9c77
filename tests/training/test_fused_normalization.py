import keras
import numpy as np
import pytest
import tensorflow as tf

from mnist_core.training.fused_normalization import FusedNormalization


@pytest.mark.parametrize("shape", [(6, 5, 5, 3), (16, 3), (1, 3)])
def test_it_is_kerass_layer_in_training_and_after(shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(1)
    inputs = tf.constant(random.normal(2.0, 3.0, shape).astype(np.float32))
    weight = random.normal(size=shape).astype(np.float32)
    seen = []
    for kind in (keras.layers.BatchNormalization, FusedNormalization):
        layer = kind(momentum=0.9)
        layer.build(inputs.shape)
        layer.gamma.assign([0.5, 1.5, 2.0])
        layer.beta.assign([0.1, -0.2, 0.3])
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs, training=True)
            loss = tf.reduce_sum(outputs * weight)
        gradients = tape.gradient(loss, [inputs, layer.gamma.value, layer.beta.value])
        seen.append([outputs, *gradients, layer.moving_mean, layer.moving_variance, layer(inputs, training=False)])
    for ours, theirs in zip(*seen, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-3, atol=2e-4)


def test_its_figures_are_float32_whatever_it_computes_in() -> None:
    layer = FusedNormalization(dtype="mixed_bfloat16")
    outputs = layer(tf.ones((4, 2, 2, 3)), training=True)
    assert outputs.dtype == tf.bfloat16
    assert {weight.dtype for weight in layer.weights} == {"float32"}
