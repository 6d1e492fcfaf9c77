"""Fetching MNIST: from more than one place, with progress, verified, and in its final place only when whole."""

import logging
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pooch
import requests

from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.data import formats
from mnist_core.data import sources as data_sources
from mnist_core.errors import InputError, LabError, not_written
from mnist_core.files import leftovers, npz
from mnist_core.language import gettext

logger = logging.getLogger(__name__)

# Called with the bytes that have come and the bytes of the whole file (0 where the server does not say).
Progress = Callable[[int, int], None]

CHUNK_BYTES = 65_536  # a page shows each as a message; pooch's own 1,024 would be 11,000 of them

IDX_MD5 = {
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}


@dataclass(frozen=True)
class Source:
    """A place that has MNIST: a folder on the web, and its files with their hashes as pooch writes them."""

    address: str
    registry: dict[str, str]


def idx_source(address: str) -> Source:
    """A place that has the four original files."""
    return Source(address, {name: f"md5:{digest}" for name, digest in IDX_MD5.items()})


SOURCES = (
    Source(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        {"mnist.npz": "sha256:731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"},
    ),
    idx_source("https://ossci-datasets.s3.amazonaws.com/mnist/"),
    idx_source("https://storage.googleapis.com/cvdf-datasets/mnist/"),
)


class _Bar:
    """What pooch calls while a file comes in."""

    def __init__(self, progress: Progress) -> None:
        self.total = 0
        self._progress = progress
        self._done = 0

    def update(self, number: int) -> None:
        # pooch counts whole chunks, also for the last one, which is shorter.
        self._done = min(self._done + number, self.total or self._done + number)
        self._progress(self._done, self.total)

    def reset(self) -> None:
        # pooch resets the bar at the end to fill it up; the figure must not count twice.
        self._done = 0

    def close(self) -> None:
        pass


def download_mnist(
    progress: Progress = lambda done, total: None, sources: Sequence[Source] = SOURCES, by: Actor = COMMAND_LINE
) -> Path:
    """Downloads MNIST into the home folder, trying one place after the other; returns the verified `mnist.npz`.

    A connection that breaks is tried once more; a file with the wrong hash is thrown away. LabError says what each
    place said, NotYoursError that it is the teacher's to do.
    """
    by.check_in_charge(gettext("Downloading MNIST"))
    target = data_sources.mnist_path()
    complaints = []
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for source in sources:
            with tempfile.TemporaryDirectory(prefix=leftovers.mark(leftovers.DOWNLOADING), dir=target.parent) as folder:
                try:
                    _fetch(source, Path(folder), progress)
                    arrays = _read_verified(Path(folder))
                except (requests.RequestException, ValueError, InputError) as error:
                    logger.info("MNIST does not come from %s", source.address, exc_info=True)
                    complaints.append(f"{source.address}: {_short(error)}")
                    continue
            npz.write_compressed(target, **arrays)
            return target
    except OSError as error:
        raise not_written(gettext("MNIST cannot be written"), error) from error
    raise LabError(
        gettext(
            "MNIST could not be downloaded ({complaints}). Try again, or put mnist.npz at "
            "{target}, or use digits-8x8, which needs no network.",
            complaints="; ".join(complaints),
            target=target,
        )
    )


def _short(error: Exception) -> str:
    text = str(error)
    if "does not match the known hash" in text:
        return gettext("its file is not the right one")
    if isinstance(error, requests.Timeout):
        return gettext("no answer in time")
    if isinstance(error, requests.ConnectionError):
        return gettext("no connection")
    return text.splitlines()[0][:120] if text else type(error).__name__


def _fetch(source: Source, folder: Path, progress: Progress) -> None:
    logger = pooch.get_logger()
    logger.setLevel("WARNING")  # the progress bar says it better
    fetcher = pooch.create(path=folder, base_url=source.address, registry=source.registry, retry_if_failed=1)

    def download(url: str, output: object, manager: object) -> None:
        # A bar for each attempt, so that a second one starts again at nothing.
        pooch.HTTPDownloader(progressbar=_Bar(progress), chunk_size=CHUNK_BYTES, timeout=20)(url, output, manager)

    for name in source.registry:
        fetcher.fetch(name, downloader=download)


def _read_verified(folder: Path) -> dict[str, np.ndarray]:
    npz = folder / "mnist.npz"
    dataset = data_sources.load(str(npz if npz.exists() else folder))
    if not dataset.is_mnist:
        raise InputError(gettext("its pixels are not MNIST's"))
    arrays = (dataset.train_images, dataset.train_labels, dataset.test_images, dataset.test_labels)
    return {name: array.astype(np.uint8) for name, array in zip(formats.NPZ_ARRAYS, arrays, strict=True)}
