"""In which precision a run computes: bfloat16 where this machine is faster with it, else float32. Needs TensorFlow.

bfloat16 has float32's range and eight bits of precision; products add up in float32, and weights stay float32
(Micikevicius et al., "Mixed Precision Training", 2018; Kalamkar et al., "A Study of BFLOAT16", 2019).
"""

import contextlib
import functools
import logging
import platform
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from mnist_core.files import precision_trials

logger = logging.getLogger(__name__)

# What Linux calls the instructions: AVX-512 and AMX of x86, those of ARM.
FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}
NATIVE_GPU = (8, 0)  # NVIDIA's Ampere
LEAST_GAIN = 1.15
ROUNDS, CALLS = 6, 2
BATCH, SIDE, CHANNELS, FILTERS = 64, 14, 32, 64  # a convolution such as digits are read with


def settle(asked: str) -> str:
    """What a run takes that asks for `auto`, `float32` or `bfloat16`."""
    if asked != "auto":
        return asked
    return "bfloat16" if is_native() and precision_trials.remembered(_machine(), is_faster) else "float32"


def _machine() -> str:
    """What a trial depends on."""
    processor = _told_by_linux("model name") or platform.processor() or platform.machine()
    return f"{processor}, TensorFlow {tf.__version__}"


@functools.cache
def is_native() -> bool:
    """Whether the processor that trains computes in bfloat16 by itself."""
    if devices := tf.config.list_physical_devices("GPU"):
        details = tf.config.experimental.get_device_details(devices[0])
        return tuple(details.get("compute_capability", (0, 0))) >= NATIVE_GPU
    if platform.system() == "Darwin":
        asked = ["sysctl", "-n", "hw.optional.arm.FEAT_BF16"]
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            return subprocess.run(asked, capture_output=True, text=True, timeout=10).stdout.strip() == "1"
        return False
    return bool(FLAGS & set(_told_by_linux("flags", "Features").split()))


def _told_by_linux(*names: str) -> str:
    """What Linux says of the first processor under one of these names; empty where it says nothing, as on Windows."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() in names:
                return value.strip()
    return ""


@functools.cache
def is_faster() -> bool:
    """Whether a convolution's training step gains clearly by bfloat16 here; a trial of some ten milliseconds."""
    try:
        steps = {dtype: _step(dtype) for dtype in (tf.float32, tf.bfloat16)}
        # In turn, and each at its best, so that what else the machine does counts for neither.
        seconds = {dtype: min(_seconds(step) for _ in range(ROUNDS)) for dtype, step in steps.items()}
    except tf.errors.OpError:  # no kernel for it
        logger.info("bfloat16 cannot be tried here", exc_info=True)
        return False
    gain = seconds[tf.float32] / seconds[tf.bfloat16]
    logger.info("A convolution takes bfloat16 1/%.2f of the time of float32", gain)
    return gain >= LEAST_GAIN


def _step(dtype: tf.DType) -> Callable[[], object]:
    """A convolution of a batch with both its gradients, traced and warm."""
    images = tf.cast(tf.fill((BATCH, SIDE, SIDE, CHANNELS), 0.5), dtype)
    kernel = tf.cast(tf.fill((3, 3, CHANNELS, FILTERS), 0.5), dtype)

    def step() -> tuple[tf.Tensor, tf.Tensor]:
        outputs = tf.nn.conv2d(images, kernel, 1, "VALID")
        sizes = tf.shape(images), tf.shape(kernel)
        return (
            tf.raw_ops.Conv2DBackpropInput(
                input_sizes=sizes[0], filter=kernel, out_backprop=outputs, strides=[1, 1, 1, 1], padding="VALID"
            ),
            tf.raw_ops.Conv2DBackpropFilter(
                input=images, filter_sizes=sizes[1], out_backprop=outputs, strides=[1, 1, 1, 1], padding="VALID"
            ),
        )

    traced: Callable[[], object] = tf.function(step)
    traced()
    return traced


def _seconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    for _ in range(CALLS):
        step()
    return time.perf_counter() - start
