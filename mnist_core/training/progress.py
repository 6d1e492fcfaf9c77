"""What the training loop knows beside the variables, epoch by epoch: kept in the run folder, and read back."""

import math
from dataclasses import dataclass, field

import numpy as np

from mnist_core.runs.run import BATCHES, CHECKS, METRICS, History, Run
from mnist_core.training.replay import Replay

# The charts show some 200 points; twice that is written.
MOST_POINTS = 400

Arrays = dict[str, np.ndarray]


@dataclass
class Progress:
    """Where a run stands; all of it comes back from the run folder on resume."""

    epoch: int = 0  # finished epochs
    step: int = 0  # finished steps of the epoch under way
    # Over those steps: sum of losses, correct answers, digits
    totals: np.ndarray = field(default_factory=lambda: np.zeros(3))
    epoch_seconds: float = 0.0  # training time of those steps
    metrics: History = field(default_factory=lambda: {name: [] for name in METRICS})  # one value an epoch for each
    batches: History = field(default_factory=lambda: {name: [] for name in BATCHES})  # the points within epochs
    # The validations within epochs, and that of epoch 0, before training
    checks: History = field(default_factory=lambda: {name: [] for name in CHECKS})
    # From which step of the run on people wanted which (highest) rate
    rate_changes: list[tuple[int, float]] = field(default_factory=list)
    replay: Replay = field(default_factory=Replay.none)  # what each epoch leaves for a look back
    best_loss: float = math.inf  # of validation
    best_epoch: int = 0  # the one that had it
    best_state: Arrays = field(default_factory=dict)  # its variables, where training may end early

    @property
    def begun(self) -> bool:
        """Whether a step was made, or the network judged before the first one."""
        return bool(self.epoch or self.step or self.checks["epoch"])

    @property
    def seconds(self) -> float:
        return sum(self.metrics["seconds"]) + self.epoch_seconds

    def note_batches(self, position: float, sums: np.ndarray) -> None:
        """Adds a point within an epoch; `sums` as in `totals`."""
        for name, value in zip(BATCHES, (position, sums[0] / sums[2], sums[1] / sums[2]), strict=True):
            self.batches[name].append(float(value))

    def note_check(self, position: float, loss: float, accuracy: float) -> None:
        """Adds a validation within an epoch."""
        for name, value in zip(CHECKS, (position, loss, accuracy), strict=True):
            self.checks[name].append(value)

    def thinned_batches(self) -> History:
        """Evenly, to what charts show."""
        number = len(self.batches["epoch"])
        kept = np.unique(np.linspace(0, number - 1, min(number, MOST_POINTS)).round().astype(int))
        return {name: [values[index] for index in kept] for name, values in self.batches.items()}

    def close_epoch(self, validation_loss: float, validation_accuracy: float, rate: float) -> bool:
        """Ends the epoch under way with a row of metrics; returns whether it is the best so far."""
        self.epoch += 1
        loss, accuracy = self.totals[:2] / self.totals[2]
        row = (self.epoch, loss, accuracy, validation_loss, validation_accuracy, rate, self.epoch_seconds)
        for name, value in zip(METRICS, row, strict=True):
            self.metrics[name].append(float(value))
        self.step, self.totals, self.epoch_seconds = 0, np.zeros(3), 0.0
        best = validation_loss < self.best_loss
        if best:
            self.best_loss, self.best_epoch = validation_loss, self.epoch
        return best

    def arrays(self) -> Arrays:
        """What a checkpoint needs beside the variables; the tables have files of their own."""
        best = {f"best_{name}": array for name, array in self.best_state.items()}
        return best | {
            "epoch": np.array(self.epoch),
            "step": np.array(self.step),
            "totals": self.totals,
            "epoch_seconds": np.array(self.epoch_seconds),
            "best_loss": np.array(self.best_loss),
            "best_epoch": np.array(self.best_epoch),
        }

    @classmethod
    def of(cls, run: Run, checkpoint: Arrays, steps: int) -> "Progress":
        """Reads back where a checkpoint stands; `steps` are those of an epoch."""
        epoch, step = int(checkpoint["epoch"]), int(checkpoint.get("step", 0))
        # The tables may be ahead of the checkpoint.
        position = epoch + step / steps
        return cls(
            epoch=epoch,
            step=step,
            totals=checkpoint.get("totals", np.zeros(3)),
            epoch_seconds=float(checkpoint.get("epoch_seconds", 0.0)),
            metrics={name: values[:epoch] for name, values in run.metrics().items()},
            batches=_until(run.batches(), position),
            checks=_until(run.checks(), position),
            rate_changes=run.rate_changes(),
            replay=Replay.load(run.replay_path).cut(epoch),
            best_loss=float(checkpoint["best_loss"]),
            best_epoch=int(checkpoint["best_epoch"]),
            best_state={
                name.removeprefix("best_"): array
                for name, array in checkpoint.items()
                if name.startswith("best_variable_")
            },
        )


def _until(history: History, position: float) -> History:
    kept = [index for index, epoch in enumerate(history["epoch"]) if epoch <= position]
    return {name: [values[index] for index in kept] for name, values in history.items()}
