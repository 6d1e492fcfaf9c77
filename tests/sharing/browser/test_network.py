"""The scripts that read drawings in a browser, against the lab's own preparation and against Keras."""

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from mnist_core.cli import main
from mnist_core.config.network import ACTIVATIONS, LAYER_KINDS, parse_network
from mnist_core.config.recipes import RECIPES
from mnist_core.data import sources
from mnist_core.inference.classifier import Classifier
from mnist_core.preprocessing import pipeline
from mnist_core.preprocessing.strokes import check_strokes, is_speck
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.sharing.browser import packed_model, scripts
from mnist_core.training import keras_import
from tests.browser.conftest import browser
from tests.conftest import SIMPLE_DIGITS, simple_strokes
from tests.sharing.test_round_trips import NETWORKS, random_arrays

keras_import.load()

from mnist_core.training import model_files  # noqa: E402

__all__ = ["browser"]  # a fixture
pytestmark = pytest.mark.browser

MOST_APART, MOST_APART_AT_RANDOM = 1e-4, 1e-5
READ = """([model, images]) => {
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const read = readModel(bytes(model).buffer), all = bytes(images), found = [];
  for (let at = 0; at < all.length; at += 784) found.push([...activations(read, all.subarray(at, at + 784)).at(-1)]);
  return found;
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.add_script_tag(content=scripts.engine())
    yield page
    page.close()


def read(page: Page, model: bytes, images: np.ndarray) -> np.ndarray:
    """Lets the browser read images uint8 `[N, 28, 28]`: probabilities `[N, 10]`."""
    words = [base64.b64encode(content).decode() for content in (model, images.tobytes())]
    return np.array(page.evaluate(READ, words))


def prepare(page: Page, drawings: list[list[np.ndarray]]) -> np.ndarray:
    strokes = [[stroke.tolist() for stroke in drawing] for drawing in drawings]
    found = page.evaluate("(all) => all.map((strokes) => [...prepare(strokes)])", strokes)
    return np.array(found, np.uint8).reshape(-1, 28, 28)


def test_every_layer_and_activation_of_the_lab_is_known(page: Page) -> None:
    assert set(page.evaluate("() => Object.keys(LAYERS)")) == set(LAYER_KINDS)
    assert set(page.evaluate("() => Object.keys(ACTIVATIONS)")) == set(ACTIVATIONS)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_answers_as_in_keras(page: Page, name: str) -> None:
    layers = parse_network(NETWORKS[name] + ",dense:10:softmax")
    arrays = random_arrays(layers)
    images = np.random.default_rng(2).integers(0, 256, (8, 28, 28), np.uint8)
    expected = np.asarray(model_files.build(layers, arrays)(pipeline.normalize(images), training=False))
    assert expected.std(axis=0).max() > 10 * MOST_APART_AT_RANDOM  # it does not say the same of every image
    assert np.abs(read(page, packed_model.pack(layers, arrays), images) - expected).max() < MOST_APART_AT_RANDOM


def test_a_last_sigmoid_answers_as_softmax_as_in_the_lab(page: Page) -> None:
    layers = parse_network("flatten,dense:10:sigmoid")
    images = np.random.default_rng(2).integers(0, 256, (4, 28, 28), np.uint8)
    found = read(page, packed_model.pack(layers, random_arrays(layers)), images)
    assert np.allclose(found.sum(axis=1), 1)


def test_the_shipped_model_answers_as_in_the_lab_also_by_half_of_its_bytes(page: Page) -> None:
    run = run_folders.find(run_folders.SHIPPED_MODEL)
    images = packed_model._plain_digits()[::4]
    expected = _lab(run, images)
    exact, half = (read(page, packed_model.packed(run, half), images) for half in (False, True))
    assert np.abs(exact - expected).max() < MOST_APART
    assert packed_model.may_be_half(run) and (half.argmax(axis=1) == expected.argmax(axis=1)).all()
    assert len(gzip.compress(packed_model.packed(run, half=True))) + len(scripts.worker()) < 1_000_000


def test_weights_that_float16_cannot_say_are_sent_whole(temporary_home: Path) -> None:
    layers = parse_network("flatten,dense:10:softmax")
    run = run_folders.create(replace(RECIPES["quick"].config, layers=layers), {"name": "x", "identity": "y"})
    arrays = random_arrays(layers)
    arrays[0][:] = np.random.default_rng(3).normal(0, 1, arrays[0].shape) + 2000  # of 2000 one in two is kept
    model_files.write_files(layers, arrays, run)
    assert not packed_model.may_be_half(run)


def test_simple_drawings_are_prepared_as_in_the_lab(page: Page) -> None:
    """Whatever they are drawn with: to the last grey."""
    drawings = [simple_strokes(digit) for digit in SIMPLE_DIGITS]
    drawings += [[stroke[:, ::-1] * (3.7, 0.61) + 11.3 for stroke in drawing] for drawing in drawings]
    drawings += [
        [np.array([[5.0, 5.0]])],
        [np.array([[5.0, 5.0], [5.0, 90.0]])],
        [np.array([[0.0, 0.0], [200.0, 1.0]])],
    ]
    expected = np.stack([pipeline.prepare(drawing) for drawing in drawings])
    assert (prepare(page, drawings) == expected).all()


def test_nothing_drawn_and_a_touch_are_no_digit(page: Page) -> None:
    assert page.evaluate("() => [prepare([]), prepare([[]])]") == [None, None]
    for reach in (3.0, 11.0, 13.0, 40.0):
        drawing = [np.array([[50.0, 50.0], [50.0 + reach, 52.0]])]
        strokes = [stroke.tolist() for stroke in drawing]
        assert page.evaluate("isSpeck", strokes) == is_speck(drawing, on_canvas=True), reach


def handwriting(path: Path, number: int) -> list[list[np.ndarray]]:
    lines = gzip.decompress(path.read_bytes()).splitlines()
    chosen = np.random.default_rng(0).choice(len(lines), number, replace=False)
    return [check_strokes(json.loads(lines[place])["strokes"]) for place in chosen]


@pytest.mark.parametrize("number", [30, pytest.param(1000, marks=pytest.mark.long)])
def test_what_people_drew_is_prepared_and_read_as_in_the_lab(page: Page, pen_strokes: Path, number: int) -> None:
    files = [pen_strokes, pen_strokes.with_name("unipen_digits.jsonl.gz")]
    drawings = [drawing for path in files if path.exists() for drawing in handwriting(path, number)]
    expected = np.stack([pipeline.prepare(drawing) for drawing in drawings])
    found = prepare(page, drawings)
    apart = np.abs(found.astype(int) - expected).mean(axis=(1, 2))
    run = run_folders.find(run_folders.SHIPPED_MODEL)
    mine = read(page, packed_model.packed(run, half=True), found).argmax(axis=1)
    same = float((mine == _lab(run, expected).argmax(axis=1)).mean())
    print(f"{len(drawings)} drawings: at most {apart.max():.3f} of 255 apart in the mean, {same:.2%} the same digit")
    assert apart.max() <= 2 and same >= 0.999


@pytest.mark.parametrize("number", [30, pytest.param(1000, marks=pytest.mark.long)])
def test_mnist_is_read_as_in_the_lab(page: Page, real_mnist: Path, number: int) -> None:
    images = sources.load("mnist").test_images[:number]
    run = run_folders.find(run_folders.SHIPPED_MODEL)
    found = read(page, packed_model.packed(run, half=False), images)
    apart = float(np.abs(found - _lab(run, images)).max())
    print(f"{number} images: at most {apart:.1e} apart")
    assert apart < MOST_APART


@pytest.mark.long
def test_trained_and_imported_models_read_mnist_as_in_the_lab(
    page: Page, real_mnist: Path, temporary_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = sources.load("mnist").test_images[:1000]
    for recipe in ("quick", "mnist-ann"):
        assert main(["train", "--recipe", recipe, "--epochs", "1"]) == 0
    model = next(run.folder for run in run_folders.all_runs() if run.config().recipe == "quick") / "model.keras"
    assert main(["import", str(model)]) == 0
    apart = {
        run.config().recipe: float(
            np.abs(read(page, packed_model.packed(run, half=False), images) - _lab(run, images)).max()
        )
        for run in run_folders.all_runs()
    }
    with capsys.disabled():
        print(apart)
    assert len(apart) == 3 and max(apart.values()) < MOST_APART


def _lab(run: Run, images: np.ndarray) -> np.ndarray:
    return Classifier(run.model_path).probabilities(images)


def test_what_speaks_for_a_digit_and_its_arithmetic_add_up(page: Page) -> None:
    """The sums that are shown are those of the network: patch, filter, other pictures and bias make the value."""
    layers = parse_network("conv:4:3,conv:6:3,maxpool:2,flatten,dense:10:softmax")
    model = packed_model.pack(layers, random_arrays(layers))
    found = page.evaluate(
        """([model, strokes]) => {
          const read = readModel(Uint8Array.from(atob(model), (one) => one.charCodeAt(0)).buffer);
          const image = prepare(strokes), made = activations(read, image);
          const place = { stage: 1, unit: 5, row: 3, column: 4 };
          return [stages(read), arithmetic(read, { image, made }, place), thought(read, made)];
        }""",
        [base64.b64encode(model).decode(), [stroke.tolist() for stroke in simple_strokes(4)]],
    )
    stages, sums, thought = found
    assert [stage["shape"] for stage in stages] == [[26, 26, 4], [12, 12, 6], [10]]
    assert sums["sum"] + sums["bias"] == pytest.approx(sums["value"])
    assert sum(a * b for a, b in zip(sums["patch"], sums["filter"], strict=True)) == pytest.approx(sums["product"])
    assert len(thought["links"]) == 2 and all(len(link["units"]) <= 5 for link in thought["links"])


def test_what_speaks_for_a_digit_is_what_speaks_less_for_the_others(page: Page) -> None:
    """Weights that all digits have more of change no probability, so they change no line, either."""
    layers = parse_network("conv:6:3,maxpool:2,flatten,dense:10:softmax")
    arrays = random_arrays(layers)
    lowered = [*arrays[:-2], arrays[-2] - 3, arrays[-1]]
    models = [base64.b64encode(packed_model.pack(layers, some)).decode() for some in (arrays, lowered)]
    before, after = page.evaluate(
        """([models, strokes]) => models.map((model) => {
          const read = readModel(Uint8Array.from(atob(model), (one) => one.charCodeAt(0)).buffer);
          return thought(read, activations(read, prepare(strokes))).links;
        })""",
        [models, [stroke.tolist() for stroke in simple_strokes(4)]],
    )
    assert [link["digit"] for link in before] == [link["digit"] for link in after]
    assert all(link["units"] for link in before)
    for one, other in zip(before, after, strict=True):
        assert [unit["unit"] for unit in one["units"]] == [unit["unit"] for unit in other["units"]]
