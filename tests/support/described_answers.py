"""What a sequential model, as Keras describes it, answers: computed by NumPy alone, layer by layer."""

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Arrays = list[np.ndarray]


def answers(config: dict[str, Any], found: dict[str, Arrays], images: np.ndarray) -> np.ndarray:
    """Float32 `[N, 10]` of images `[N, 28, 28, 1]`."""
    values = images.astype(np.float32)
    for layer in config["config"]["layers"][1:]:
        values = _layer(layer["class_name"], layer["config"], found[layer["config"]["name"]], values)
    return values


def probabilities(scores: np.ndarray) -> np.ndarray:
    """Of probabilities, their logarithms, or scores."""
    if scores.min() >= 0 and np.allclose(scores.sum(axis=1), 1, atol=1e-2):
        return scores
    return softmax(scores)


def softmax(values: np.ndarray) -> np.ndarray:
    raised = np.exp(values - values.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def _layer(kind: str, config: dict[str, Any], own: Arrays, values: np.ndarray) -> np.ndarray:
    match kind:
        case "Conv2D":
            windows = _windows(values, config["kernel_size"], config, 0.0)
            values = np.tensordot(windows, own[0].transpose(2, 0, 1, 3), ([3, 4, 5], [0, 1, 2]))
        case "DepthwiseConv2D":
            windows = _windows(values, config["kernel_size"], config, 0.0)
            values = np.einsum("nijcab,abcm->nijcm", windows, own[0])
            values = values.reshape(*values.shape[:3], -1)
        case "MaxPooling2D":
            values = _windows(values, config["pool_size"], config, -math.inf).max(axis=(4, 5))
        case "AveragePooling2D":
            values = np.nanmean(_windows(values, config["pool_size"], config, math.nan), axis=(4, 5))
        case "GlobalMaxPooling2D":
            values = values.max(axis=(1, 2))
        case "GlobalAveragePooling2D":
            values = values.mean(axis=(1, 2))
        case "ZeroPadding2D":
            values = np.pad(values, [(0, 0), *config["padding"], (0, 0)])
        case "BatchNormalization":
            scale, offset, mean, variance = own
            values = (values - mean) / np.sqrt(variance + config["epsilon"]) * scale + offset
        case "Rescaling":
            values = values * config["scale"] + config["offset"]
        case "Flatten":
            values = values.reshape(len(values), -1)
        case "Dense":
            values = values @ own[0]
        case "ReLU":
            values = np.clip(values, 0, config["max_value"])
        case "PReLU":
            values = np.where(values > 0, values, own[0] * values)
        case "LeakyReLU":
            values = np.where(values > 0, values, config["negative_slope"] * values)
        case "Activation":
            pass
        case _:
            raise AssertionError(kind)
    if config.get("use_bias"):
        values = values + own[1]
    return _activated(values, config.get("activation", "linear")).astype(np.float32)


def _windows(values: np.ndarray, size: list[int], config: dict[str, Any], outside: float) -> np.ndarray:
    """`[N, rows, columns, channels, height, width]`, as Keras pads and steps."""
    steps, gaps = config["strides"], config.get("dilation_rate", [1, 1])
    window = [(side - 1) * gap + 1 for side, gap in zip(size, gaps, strict=True)]
    if config["padding"] == "same":
        more = [
            max((math.ceil(side / step) - 1) * step + wide - side, 0)
            for side, step, wide in zip(values.shape[1:3], steps, window, strict=True)
        ]
        around = [(0, 0), *((one // 2, one - one // 2) for one in more), (0, 0)]
        values = np.pad(values, around, constant_values=outside)
    made = sliding_window_view(values, window, axis=(1, 2))
    return made[:, :: steps[0], :: steps[1], :, :: gaps[0], :: gaps[1]]


def _activated(values: np.ndarray, name: str) -> np.ndarray:
    match name:
        case "linear":
            return values
        case "relu":
            return np.maximum(values, 0)
        case "leaky_relu":
            return np.where(values > 0, values, 0.2 * values)
        case "elu":
            return np.where(values > 0, values, np.expm1(np.minimum(values, 0)))
        case "tanh":
            return np.tanh(values)
        case "sigmoid":
            return 1 / (1 + np.exp(-values))
        case "silu":
            return values / (1 + np.exp(-values))
        case "gelu":
            error = np.vectorize(math.erf)(values / math.sqrt(2)) if values.size else values
            return values * (1 + error) / 2
        case "softmax":
            return softmax(values)
        case "exponential":
            return np.exp(values)
        case "hard_sigmoid":
            return np.clip(values / 6 + 0.5, 0, 1)
        case "hard_sigmoid of Keras 2":
            return np.clip(values / 5 + 0.5, 0, 1)
    raise AssertionError(name)
