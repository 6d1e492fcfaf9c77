"""MNIST comes from the first place that has the right files, whole or not at all; served by a real server here."""

import hashlib
import threading
import types
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pooch.core
import pytest

from mnist_core.data import dataset, sources
from mnist_core.data.dataset import MNIST_IDENTITY, Dataset
from mnist_core.data.download import IDX_MD5, SOURCES, Source, download_mnist
from mnist_core.errors import InputError, LabError
from tests.support.writers import idx_files, npy_bytes, write_npz

IMAGES = "train-images-idx3-ubyte.gz"


class Server(ThreadingHTTPServer):
    """Serves the same files in several ways, by the first part of the address."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content: dict[str, bytes] = {}
        self.requests: Counter[str] = Counter()

    def source(self, way: str) -> Source:
        """Returns a place that promises the right files."""
        hashes = {name: f"md5:{hashlib.md5(content).hexdigest()}" for name, content in self.content.items()}
        return Source(f"http://127.0.0.1:{self.server_port}/{way}/", hashes)


class Handler(BaseHTTPRequestHandler):
    """Answers `/good/…` as it should, and the other ways badly."""

    server: Server
    timeout = 10

    def do_GET(self) -> None:
        _, way, name = self.path.split("/")
        self.server.requests[way] += 1
        content = self.server.content.get(name)
        if way == "gone" or content is None:
            self.send_error(404)
            return
        cut = way == "cut" or (way == "cut-once" and self.server.requests[way] == 1)
        body = content[: len(content) // 2] if cut else content
        if way == "wrong":
            body = content[:-1] + bytes([content[-1] ^ 1])
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(body)
        if cut:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Says nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server on this machine, for as long as a test takes; pooch does not wait before it tries again."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(pooch.core, "time", types.SimpleNamespace(sleep=lambda seconds: None))
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def small_mnist(server: Server, simple_dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """Digits that are served, and are taken for MNIST, so that most tests need not move ten megabytes."""
    server.content = idx_files(simple_dataset)
    monkeypatch.setattr(dataset, "MNIST_IDENTITY", simple_dataset.identity)
    return simple_dataset


def files_in(home: Path) -> list[str]:
    """Returns all that lies under a folder, hidden files and empty folders too."""
    return sorted(str(path.relative_to(home)) for path in home.rglob("*"))


def test_the_real_mnist_comes_from_the_one_place_that_has_it(
    server: Server, real_mnist: Path, temporary_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = sources.load("mnist")
    server.content = idx_files(original)
    monkeypatch.delenv("MNIST_DATA")
    seen: list[tuple[int, int]] = []
    path = download_mnist(
        lambda done, total: seen.append((done, total)),
        [server.source(way) for way in ("gone", "cut", "good")],
    )
    assert path == temporary_home / "data" / "mnist.npz"
    assert files_in(temporary_home) == ["data", "data/mnist.npz"]
    # A second chance for each place that failed, and each file once from the one that did not.
    assert server.requests == {"gone": 2, "cut": 2, "good": 4}
    found = sources.load("mnist")
    assert found.identity == MNIST_IDENTITY
    assert found.source == "in the lab's home folder"
    np.testing.assert_array_equal(found.test_images, original.test_images)
    sizes = [len(content) for content in server.content.values()]
    assert {total for _, total in seen} == set(sizes)
    assert all(0 < done <= total for done, total in seen)
    assert seen[-1] == (sizes[-1], sizes[-1])


@pytest.mark.parametrize("bad", ["gone", "cut", "wrong"])
def test_a_place_that_fails_is_followed_by_the_next(
    server: Server, small_mnist: Dataset, temporary_home: Path, bad: str
) -> None:
    download_mnist(sources=[server.source(bad), server.source("good")])
    assert files_in(temporary_home) == ["data", "data/mnist.npz"]
    assert server.requests == {bad: 2, "good": 4}
    assert sources.load("mnist").identity == small_mnist.identity


def test_a_connection_that_breaks_once_is_tried_again_and_the_progress_starts_again(
    server: Server, small_mnist: Dataset
) -> None:
    seen: list[tuple[int, int]] = []
    download_mnist(lambda done, total: seen.append((done, total)), [server.source("cut-once")])
    assert server.requests == {"cut-once": 5}
    assert all(0 < done <= total for done, total in seen)
    assert seen[-1][0] == seen[-1][1] > 0


def test_progress_grows_to_the_whole_file(
    server: Server, small_mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = small_mnist
    noise = np.random.default_rng(0).integers(0, 256, data.train_images.shape, np.uint8)  # does not compress
    noisy = Dataset("noisy", noise, data.train_labels, data.test_images, data.test_labels, "")
    monkeypatch.setattr(dataset, "MNIST_IDENTITY", noisy.identity)
    server.content = idx_files(noisy)
    seen: list[tuple[int, int]] = []
    download_mnist(lambda done, total: seen.append((done, total)), [server.source("good")])
    size = len(server.content[IMAGES])
    first = [done for done, total in seen if total == size]
    assert len(first) > 5
    assert first == sorted(first)
    assert first[0] < size / 2
    assert first[-1] == size


def test_when_all_places_fail_one_sentence_says_what_each_did(
    server: Server, small_mnist: Dataset, temporary_home: Path
) -> None:
    closed = Source("http://127.0.0.1:9/", server.source("good").registry)
    sources = [server.source("gone"), server.source("wrong"), server.source("cut"), closed]
    with pytest.raises(LabError) as caught:
        download_mnist(sources=sources)
    sentence = str(caught.value)
    assert not isinstance(caught.value, InputError)
    assert "\n" not in sentence
    assert sentence.startswith(f"MNIST could not be downloaded ({sources[0].address}: 404 Client Error")
    assert f"; {sources[1].address}: its file is not the right one; " in sentence
    assert f"; {sources[2].address}: " in sentence
    assert f"; {closed.address}: no connection). Try again, or put mnist.npz at " in sentence
    assert sentence.endswith(", or use digits-8x8, which needs no network.")
    assert files_in(temporary_home) == ["data"]


def test_files_with_the_promised_hash_that_are_not_mnist_are_refused(
    server: Server, simple_dataset: Dataset, temporary_home: Path
) -> None:
    server.content = idx_files(simple_dataset)
    with pytest.raises(LabError, match="its pixels are not MNIST's"):
        download_mnist(sources=[server.source("good")])
    assert files_in(temporary_home) == ["data"]


def test_a_place_may_have_one_archive_instead(
    server: Server, small_mnist: Dataset, tmp_path: Path, temporary_home: Path
) -> None:
    arrays = {
        "x_train": small_mnist.train_images,
        "y_train": small_mnist.train_labels,
        "x_test": small_mnist.test_images,
        "y_test": small_mnist.test_labels,
    }
    archive = write_npz(tmp_path / "mnist.npz", {name: npy_bytes(array) for name, array in arrays.items()})
    server.content = {"mnist.npz": archive.read_bytes()}
    download_mnist(sources=[server.source("good")])
    assert files_in(temporary_home) == ["data", "data/mnist.npz"]
    assert sources.load("mnist").identity == small_mnist.identity


def test_a_failed_download_leaves_the_file_that_was_there(
    server: Server, small_mnist: Dataset, temporary_home: Path
) -> None:
    download_mnist(sources=[server.source("good")])
    before = sources.mnist_path().read_bytes()
    with pytest.raises(LabError):
        download_mnist(sources=[server.source("wrong")])
    assert sources.mnist_path().read_bytes() == before
    assert files_in(temporary_home) == ["data", "data/mnist.npz"]


def test_a_home_that_cannot_be_written_is_said_in_a_sentence(
    server: Server, small_mnist: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MNIST_HOME", str(tmp_path / "file"))
    with pytest.raises(LabError, match=r"^MNIST cannot be written: something else lies where .* \$MNIST_HOME\.$"):
        download_mnist(sources=[server.source("good")])
    assert not server.requests


def test_the_known_places_are_several_and_each_file_has_its_hash() -> None:
    assert len(SOURCES) >= 2
    assert len({source.address.split("/")[2] for source in SOURCES}) >= 2
    for source in SOURCES:
        assert source.address.startswith("https://")
        assert source.address.endswith("/")
        assert set(source.registry) in ({"mnist.npz"}, set(IDX_MD5))


@pytest.mark.parametrize("bad", ["gone", "cut", "wrong"])
def test_a_download_that_fails_leaves_what_there_was(
    server: Server, small_mnist: Dataset, temporary_home: Path, bad: str
) -> None:
    before = download_mnist(sources=[server.source("good")]).read_bytes()
    with pytest.raises(LabError, match="could not be downloaded"):
        download_mnist(sources=[server.source(bad)])
    assert sources.mnist_path().read_bytes() == before
    assert files_in(temporary_home) == ["data", "data/mnist.npz"]


def test_a_download_replaces_a_damaged_file(server: Server, small_mnist: Dataset, temporary_home: Path) -> None:
    sources.mnist_path().parent.mkdir(parents=True)
    sources.mnist_path().write_bytes(b"PK cut off")
    download_mnist(sources=[server.source("good")])
    assert sources.load("mnist").identity == small_mnist.identity
