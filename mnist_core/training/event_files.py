"""A run as TensorBoard shows it: event files, as Keras's own callback lays them out. Needs TensorFlow."""

from pathlib import Path

import tensorflow as tf

from mnist_core.runs.run import History, Run


class EventFiles:
    """The event files of a run; training and validation share a chart, as they do with Keras."""

    def __init__(self, folder: Path) -> None:
        self._train = tf.summary.create_file_writer(str(folder / "train"))
        self._validation = tf.summary.create_file_writer(str(folder / "validation"))

    def write_epoch(self, metrics: History, index: int) -> None:
        row = {name: values[index] for name, values in metrics.items()}
        step = int(row["epoch"])
        with self._train.as_default(step):
            tf.summary.scalar("epoch_loss", row["loss"])
            tf.summary.scalar("epoch_accuracy", row["accuracy"])
            tf.summary.scalar("epoch_learning_rate", row["learning_rate"])
            tf.summary.scalar("epoch_seconds", row["seconds"])
        with self._validation.as_default(step):
            tf.summary.scalar("epoch_loss", row["val_loss"])
            tf.summary.scalar("epoch_accuracy", row["val_accuracy"])
        self._train.flush()
        self._validation.flush()

    def close(self) -> None:
        self._train.close()
        self._validation.close()


def write_run(run: Run, folder: Path) -> int:
    """Writes the event files of a run that there is already; returns the number of its epochs."""
    metrics, written = run.metrics(), EventFiles(folder)
    for index in range(len(metrics["epoch"])):
        written.write_epoch(metrics, index)
    written.close()
    return len(metrics["epoch"])
