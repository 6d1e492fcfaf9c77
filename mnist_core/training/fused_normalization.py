"""Batch normalization by TensorFlow's own operation, which Keras 3 never uses: half the passes over a batch."""

import keras
import tensorflow as tf


class FusedNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]  # Keras tells no types
    """Keras's layer, with the same weights and settings; only its training step is computed otherwise.

    Over the last axis, as `BatchNormalization` by default; with scale, offset and no mask.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None) -> tf.Tensor:
        if not training:
            return super().call(inputs, training=training, mask=mask)
        shape = tf.shape(inputs)
        # The operation takes pictures only; what a dense layer makes is pictures of one pixel.
        pictures = inputs if len(inputs.shape) == 4 else inputs[:, tf.newaxis, tf.newaxis, :]
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=pictures,
            scale=tf.convert_to_tensor(self.gamma),
            offset=tf.convert_to_tensor(self.beta),
            mean=tf.zeros((0,)),
            variance=tf.zeros((0,)),
            epsilon=self.epsilon,
            is_training=True,
        )
        # The operation tells the variance of what the batch was drawn from; Keras averages that of the batch.
        number = tf.cast(tf.size(pictures) // pictures.shape[-1], tf.float32)
        self._average(self.moving_mean, mean)
        self._average(self.moving_variance, variance * ((number - 1) / number))
        return tf.reshape(outputs, shape)

    def _average(self, variable: keras.Variable, value: tf.Tensor) -> None:
        variable.assign(variable * self.momentum + value * (1.0 - self.momentum))
