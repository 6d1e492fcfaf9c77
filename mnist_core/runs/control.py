"""What people ask of a run's trainer while it works: pause, go on, one more epoch, stop, another learning rate."""

from dataclasses import dataclass

from mnist_core.checks import check_choice, check_learning_rate
from mnist_core.files.records import Record

REQUESTS = ("", "pause", "resume", "epoch", "stop")


@dataclass(frozen=True)
class Control(Record):
    """What was last asked."""

    request: str = ""  # one of `REQUESTS`; empty when nothing was asked
    until: int = 0  # with `epoch`: after how many finished epochs to pause
    learning_rate: float | None = None  # the (highest) learning rate that somebody wants from now on, or None

    def __post_init__(self) -> None:
        check_choice("request", self.request, REQUESTS)
        if self.learning_rate is not None:
            check_learning_rate(self.learning_rate)

    def wants_pause(self, epoch: int) -> bool:
        """Whether the trainer shall wait, after so many finished epochs."""
        return self.request == "pause" or (self.request == "epoch" and epoch >= self.until)
