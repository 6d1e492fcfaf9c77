import keras
import numpy as np
import pytest
import tensorflow as tf

from mnist_core.training.fused_adam import FusedAdam


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.7, 0.9)])
def test_it_makes_the_steps_of_kerass(betas: tuple[float, float]) -> None:
    random = np.random.default_rng(1)
    start = [random.normal(size=shape).astype(np.float32) for shape in ((3, 4), (4,))]
    gradients = [[random.normal(size=one.shape).astype(np.float32) for one in start] for _ in range(5)]
    seen = []
    for kind in (keras.optimizers.Adam, FusedAdam):
        variables = [keras.Variable(one) for one in start]
        optimizer = kind(learning_rate=0.0, beta_1=betas[0], beta_2=betas[1])
        optimizer.build(variables)
        for step, gradient in enumerate(gradients):
            optimizer.learning_rate.assign(0.1 / (step + 1))
            optimizer.apply([tf.constant(one) for one in gradient], variables)
        seen.append([variable.numpy() for variable in (*variables, *optimizer.variables)])
    for ours, theirs in zip(*seen, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    assert seen[1][len(start)] == len(gradients)  # what it counts is the first of its variables


def test_each_variable_needs_a_gradient() -> None:
    variables = [keras.Variable(np.ones(2, np.float32)) for _ in range(2)]
    optimizer = FusedAdam()
    optimizer.build(variables)
    with pytest.raises(ValueError):
        optimizer.apply([tf.ones(2)], variables)
