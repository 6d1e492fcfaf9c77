"""PyTorch's way to train the same network: a loop over data in memory, channels last. Needs PyTorch."""

from typing import Any

import numpy as np
import torch
from torch import nn

from mnist_core.bench.data import shortened
from mnist_core.bench.processes import Measure, seconds_of
from mnist_core.config.network import Layer, summarize
from mnist_core.config.train_config import TrainConfig
from mnist_core.mnist import IMAGE_SHAPE
from mnist_core.preprocessing.pipeline import normalize

ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU}


def train_loop(config: TrainConfig, data: str, images: int, compiled: bool) -> Measure:
    """Images a second of an idiomatic loop, eager or by `torch.compile`, over an epoch of so many images."""
    torch.manual_seed(config.seed)
    pictures, labels = shortened(data, images).parts()["train"]
    inputs = torch.from_numpy(normalize(pictures)).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
    targets = torch.from_numpy(labels.astype(np.int64))
    model = build(config.layers).to(memory_format=torch.channels_last)
    if compiled:
        model = torch.compile(model)
    optimizer, loss = torch.optim.Adam(model.parameters()), nn.CrossEntropyLoss()

    def train(number: int) -> None:
        for chosen in torch.randperm(number).split(config.batch_size):
            optimizer.zero_grad()
            loss(model(inputs[chosen]), targets[chosen]).backward()
            optimizer.step()

    model.train()
    train(config.batch_size)

    return lambda: len(inputs) / seconds_of(lambda: train(len(inputs)))


def build(layers: tuple[Layer, ...]) -> nn.Sequential:
    """Up to the values before the last activation."""
    modules: list[nn.Module] = []
    shape: tuple[int, ...] = IMAGE_SHAPE
    for summary in summarize(layers):
        modules.append(_module(summary.layer, shape))
        if activation := ACTIVATIONS.get(summary.layer.activation):
            modules.append(activation())
        shape = summary.output_shape
    return nn.Sequential(*modules)


def _module(layer: Layer, shape: tuple[int, ...]) -> nn.Module:
    makers: dict[str, Any] = {
        "conv": lambda: nn.Conv2d(shape[-1], layer.units, layer.size, layer.step, padding=layer.padding),
        "maxpool": lambda: nn.MaxPool2d(layer.size, layer.step),
        "dropout": lambda: nn.Dropout(layer.rate),
        "flatten": nn.Flatten,
        "dense": lambda: nn.Linear(shape[0], layer.units),
    }
    module: nn.Module = makers[layer.kind]()
    return module
