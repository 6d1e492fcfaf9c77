"""Adam by TensorFlow's own operation: one for each variable, where Keras takes a dozen, in the graph and each step."""

import keras
import tensorflow as tf


class FusedAdam(keras.optimizers.Adam):  # type: ignore[misc]  # Keras tells no types
    """Keras's Adam, with the same settings and variables; only its step is computed otherwise.

    Without Keras's further options, such as weight decay or clipping. Kingma and Ba, "Adam: A Method for Stochastic
    Optimization", 2015, in the order of operations that they give before section 2.1.
    """

    def apply(self, grads: list[tf.Tensor], trainable_variables: list[keras.Variable]) -> None:
        """Makes a step by gradients, one for each of the variables that it was built with, in their order."""
        step = tf.cast(self.iterations.value + 1, tf.float32)
        common = {
            "beta1_power": tf.pow(self.beta_1, step),
            "beta2_power": tf.pow(self.beta_2, step),
            "lr": tf.convert_to_tensor(self.learning_rate),
            "beta1": self.beta_1,
            "beta2": self.beta_2,
            "epsilon": self.epsilon,
        }
        kept = zip(trainable_variables, self._momentums, self._velocities, grads, strict=True)
        for variable, momentum, velocity, gradient in kept:
            tf.raw_ops.ResourceApplyAdam(
                var=variable.value.handle, m=momentum.value.handle, v=velocity.value.handle, grad=gradient, **common
            )
        self.iterations.assign_add(1)
