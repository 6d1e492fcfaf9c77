from pathlib import Path

import psutil
import pytest

from mnist_core.bench.data import QUICK, shortened
from mnist_core.bench.processes import Contender, medians, side_by_side
from mnist_core.bench.scaling import Point, save_plot
from mnist_core.bench.training_speed import network, training_flop
from mnist_core.config.network import count_parameters, parse_network
from mnist_core.environment import PRETRAINED
from mnist_core.errors import InputError, LabError


class Counter(Contender):
    """Counts instead of measuring, and notes when."""

    def __init__(self, name: str, values: list[float], notes: list[str]) -> None:
        self.name, self.values, self.notes = name, values, notes

    def measure(self) -> float:
        self.notes.append(self.name)
        return self.values.pop(0)


def test_contenders_take_turns_and_the_median_counts() -> None:
    notes: list[str] = []
    found = medians([Counter("a", [1, 50, 3], notes), Counter("b", [9, 7, 8], notes)], 3)
    assert found == [3, 8]
    assert "".join(notes) == "ababab"


@pytest.mark.long
def test_a_contender_has_a_process_of_its_own_and_says_what_went_wrong() -> None:
    model = str(PRETRAINED / "best" / "model.tflite")
    good = "inference_speed.classify", (model, "digits-8x8", 20, 1)
    with pytest.raises(LabError, match="ended from outside"), side_by_side(good) as (contender,):
        assert 0 < contender.measure() < 1
        assert contender.peak_memory() > 20e6
        for process in psutil.Process().children():
            if "spawn_main" in " ".join(process.cmdline()):
                process.kill()
        contender.measure()
    with pytest.raises(InputError, match="nowhere"), side_by_side(("inference_speed.judge", (model, "nowhere", 20))):
        pass


def test_the_arithmetic_of_training_is_counted_from_the_layers() -> None:
    # 784 × 10 multiply-adds forward and for the weights; the pictures need no gradient.
    assert training_flop(parse_network("flatten,dense:10:softmax")) == 2 * 2 * 7840
    two_layers = parse_network("conv:2:3:relu,flatten,dense:10:softmax")
    assert training_flop(two_layers) == 2 * (2 * 26 * 26 * 9 * 2 + 3 * 26 * 26 * 2 * 10)
    assert training_flop(network(32).layers) == pytest.approx(15.6e6, rel=0.02)


def test_pytorch_has_the_same_network() -> None:
    pytest.importorskip("torch", reason="needs PyTorch, which the lab does not install")
    from mnist_core.bench import torch_loop

    layers = network(32).layers
    model = torch_loop.build(layers)
    assert sum(values.numel() for values in model.parameters()) == count_parameters(layers)
    assert torch_loop.train_loop(network(32), "digits-8x8", 64, compiled=False)() > 0


def test_data_is_shortened_in_both_parts() -> None:
    data = shortened("digits-8x8", 50)
    assert len(data.train_images) == len(data.train_labels) == len(data.test_images) == len(data.test_labels) == 50


def test_scaling_is_plotted(tmp_path: Path) -> None:
    points = [Point(share, 128, 10 * share, 9e8) for share in QUICK.shares]
    points += [Point(1.0, batch, 8.0, 9e8) for batch in QUICK.scaled_batches]
    save_plot(points, QUICK, tmp_path / "scaling.png")
    assert (tmp_path / "scaling.png").read_bytes().startswith(b"\x89PNG")
