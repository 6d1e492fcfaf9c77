import subprocess
import sys
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from mnist_core import explain
from mnist_core.errors import InputError, LabError
from mnist_core.explain import Change, FeatureMaps, Filters, Neighbours, Relevance
from mnist_core.inference import Classifier
from mnist_core.layers import Layer, parse_network
from mnist_core.runs import PRETRAINED, Run
from tests.conftest import simple_images

SHIPPED = Run(PRETRAINED / "best")
IMAGE = simple_images(10, 3)[0][4]

# Each network with the layers whose outputs are shown. Layers of equal shape stand beside each other, and batch
# normalisation is folded, kept, or before pooling.
NETWORKS = {
    "conv:16:5,maxpool:2,norm,activation:relu,conv:32:3,norm,activation:relu,flatten,dense:10:softmax": [3, 6],
    "conv:4:3:same:relu,avgpool:2,conv:6:5:tanh,norm,maxpool:3,activation:gelu,flatten,dense:7:sigmoid,"
    "dense:10:softmax": [0, 2],
    "conv:4:3:same:elu,conv:4:3:same:leaky_relu,conv:4:3:same,norm,activation:gelu,conv:4:3:same:softmax,"
    "conv:4:1:sigmoid,dropout:0.2,flatten,dense:10:softmax": [0, 1, 4, 5, 6],
    "activation:sigmoid,norm,conv:3:3,norm,norm,activation:tanh,activation:relu,maxpool:1,conv:3:3:same:relu,norm,"
    "conv:3:3:same,maxpool:2,dropout:0.3,norm,avgpool:2,norm,activation:elu,flatten,norm,dense:10:softmax": [5, 8, 16],
    "conv:2:28:relu,conv:1:1,flatten,activation:relu,dense:5:relu,dense:10:sigmoid": [0, 1],
    "maxpool:2,flatten,norm,dense:12:gelu,dense:12,dropout:0.5,norm,activation:tanh,dense:10:softmax": [3, 7],
    "flatten,dense:10:softmax": [],
}


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(SHIPPED.model_path)


def converted(network: str, folder: Path) -> tuple[tuple[Layer, ...], Path, list[np.ndarray]]:
    """Builds a network with weights and statistics at random; returns its file and what Keras says of all layers."""
    import keras

    from mnist_core import architectures
    from mnist_core.export import to_litert

    layers = parse_network(network)
    model = architectures.build(layers, "softmax")
    random = np.random.default_rng(0)
    model.set_weights(
        [
            random.uniform(0.5, 1.5, weight.shape)
            if "variance" in variable.name
            else weight + 0.2 * random.standard_normal(weight.shape)
            for variable, weight in zip(model.weights, model.get_weights(), strict=True)
        ]
    )
    path = folder / "model.tflite"
    path.write_bytes(to_litert(model))
    outputs = keras.Model(model.inputs[0], [layer.output for layer in model.layers])(
        IMAGE[np.newaxis, ..., np.newaxis] / 255
    )
    return layers, path, [np.asarray(output)[0] for output in outputs]


# --- What the layers see -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("network", NETWORKS)
def test_feature_maps_are_what_keras_computes(network: str, tmp_path: Path) -> None:
    layers, path, outputs = converted(network, tmp_path)
    found = explain.feature_maps(path, layers, IMAGE)
    assert len(found) == len(NETWORKS[network])
    for maps, number in zip(found, NETWORKS[network], strict=True):
        assert maps.values.dtype == np.float32
        if maps.kind == "conv":
            assert maps.values == pytest.approx(np.moveaxis(outputs[number], -1, 0), abs=1e-3)
        else:
            assert maps.values[~np.isnan(maps.values)] == pytest.approx(outputs[number], abs=1e-3)
        assert maps.units == outputs[number].shape[-1]
    assert explain.feature_sentence(found)
    assert explain.filter_sentence(explain.filters(path, layers))


def test_layers_are_named_for_people(tmp_path: Path) -> None:
    layers = SHIPPED.config().layers
    found = explain.feature_maps(SHIPPED.model_path, layers, IMAGE)
    assert [maps.name for maps in found] == [
        "Convolution 1 · 32 filters of 5×5",
        "Convolution 2 · 64 filters of 3×3",
        "Convolution 3 · 64 filters of 3×3",
        "Convolution 4 · 384 filters of 3×3",
    ]
    assert [maps.values.shape for maps in found] == [(32, 12, 12), (64, 12, 12), (64, 5, 5), (384, 3, 3)]
    assert [one.name for one in explain.filters(SHIPPED.model_path, layers)] == [maps.name for maps in found]


def test_the_neurons_of_a_plain_network_stand_in_rows() -> None:
    rows = explain._in_rows(np.arange(7, dtype=np.float32))
    assert rows.shape == (1, 3, 3)
    assert rows.ravel()[:7].tolist() == list(range(7))
    assert np.isnan(rows.ravel()[7:]).all()


def test_silent_filters_and_neurons_are_counted() -> None:
    maps = FeatureMaps("", np.array([[[0, 0]], [[0, 1]], [[-1, 0]]], np.float32), "conv")
    assert (maps.units, maps.silent) == (3, 1)
    neurons = FeatureMaps("", np.array([[[0, 2], [0, np.nan]]], np.float32), "dense")
    assert (neurons.units, neurons.silent) == (3, 2)


def test_the_sentence_says_what_the_maps_show() -> None:
    first = FeatureMaps("", np.concatenate([np.zeros((1, 12, 12)), np.ones((15, 12, 12))]).astype(np.float32), "conv")
    last = FeatureMaps("", np.ones((64, 3, 3), np.float32), "conv")
    assert explain.feature_sentence([first, last]) == (
        "The first convolution has 16 filters, 1 of them silent on this drawing: a picture is bright where its filter "
        "found its pattern. From layer to layer 16 of 12×12 pixels become 64 of 3×3."
    )
    assert explain.feature_sentence([last]).endswith("found its pattern.")
    dense = FeatureMaps("", explain._in_rows(np.ones(1, np.float32)), "dense")
    assert explain.feature_sentence([dense]).startswith("The first dense layer has 1 neuron; a plain network's")
    assert "nothing in between" in explain.feature_sentence([])


def test_a_model_with_other_layers_is_refused(tmp_path: Path) -> None:
    for network in (
        "conv:32:5,conv:64:3,conv:128:3,flatten,dense:10:softmax",
        "flatten,dense:10:softmax",
        str.replace(",".join(map(str, SHIPPED.config().layers)), "conv:64:3", "conv:63:3"),
    ):
        with pytest.raises(LabError, match="does not have the layers of its settings"):
            explain.feature_maps(SHIPPED.model_path, parse_network(network), IMAGE)
    for content in (b"", b"TFL3", SHIPPED.model_path.read_bytes()[:1000]):
        (tmp_path / "model.tflite").write_bytes(content)
        with pytest.raises(LabError, match="cannot be loaded"):
            explain.filters(tmp_path / "model.tflite", SHIPPED.config().layers)
    with pytest.raises(LabError, match="cannot be loaded"):
        explain.feature_maps(tmp_path / "none.tflite", SHIPPED.config().layers, IMAGE)


# --- What the layers look for ------------------------------------------------------------------------------------


def test_filters_are_the_weights(tmp_path: Path) -> None:
    from mnist_core import architectures
    from mnist_core.export import to_litert

    layers = parse_network("conv:3:5:relu,maxpool:2,conv:4:3:relu,flatten,dense:10:softmax")
    model = architectures.build(layers)
    path = tmp_path / "model.tflite"
    path.write_bytes(to_litert(model))
    first, second = explain.filters(path, layers)
    kernels = [weights for weights in model.get_weights() if weights.ndim == 4]
    assert first.weights == pytest.approx(kernels[0][:, :, 0].transpose(2, 0, 1))
    assert (first.channels, second.channels) == (1, 3)
    for number, picture in enumerate(second.weights):
        slices = kernels[1][:, :, :, number].transpose(2, 0, 1)
        strongest = max(slices, key=lambda one: float((one**2).sum()))
        assert picture == pytest.approx(strongest)
    assert "its strongest are shown" in explain.filter_sentence([first, second])


@pytest.mark.parametrize(("pooling", "side"), [("", 28), ("avgpool:2,", 14)])
def test_a_plain_network_shows_the_columns_of_its_first_dense_layer(pooling: str, side: int, tmp_path: Path) -> None:
    from mnist_core import architectures
    from mnist_core.export import to_litert

    layers = parse_network(f"{pooling}flatten,dense:6:relu,dense:10:softmax")
    model = architectures.build(layers)
    path = tmp_path / "model.tflite"
    path.write_bytes(to_litert(model))
    (found,) = explain.filters(path, layers)
    assert found.name == "Dense layer 1 · 6 neurons"
    assert found.weights == pytest.approx(model.get_weights()[0].T.reshape(6, side, side))
    assert f"its {side * side} weights" in explain.filter_sentence([found])


# --- What mattered -----------------------------------------------------------------------------------------------


class TopReader:
    """Says 7 the more surely, the more ink there is in the upper half, and 1 the more, the more there is below."""

    def calibrated(self, images: np.ndarray) -> np.ndarray:
        halves = images.reshape(len(images), 2, -1).astype(float).sum(axis=2) / 255
        share = 1 / (1 + np.exp(-(halves[:, 0] - halves[:, 1]) / 4))
        probabilities = np.full((len(images), 10), 1e-6)
        probabilities[:, 7], probabilities[:, 1] = share, 1 - share
        return probabilities / probabilities.sum(axis=1, keepdims=True)


def test_the_map_is_signed_for_ink_and_for_empty_places() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[5:23, 13:16] = 255
    image[5:8, 8:20] = 255
    relevance = explain.what_mattered(image, cast(Classifier, TopReader()))
    assert (relevance.digit, relevance.answer) == (7, 7)
    values, inked = relevance.values, image > 0
    assert values.shape == (28, 28)
    assert values.dtype == np.float32
    assert (values[:11][inked[:11]] > 0).all()
    assert (values[17:][inked[17:]] < 0).all()
    near = values != 0
    assert (values[:11][~inked[:11] & near[:11]] > 0).all()
    assert (values[17:][~inked[17:] & near[17:]] < 0).all()
    assert not values[:, :3].any()  # too far away to be asked about
    assert relevance.removed.place == "at the top"
    assert relevance.added is not None
    assert relevance.added.row > 14
    other = explain.what_mattered(image, cast(Classifier, TopReader()), digit=1)
    assert (np.sign(other.values) == -np.sign(values)).all()


def test_a_deletion_test_on_real_digits(classifier: Classifier, real_mnist: Path) -> None:
    with np.load(real_mnist) as arrays:
        images = arrays["x_test"][1000:1030]
    random = np.random.default_rng(0)
    changed: dict[str, list[np.ndarray]] = {"without": [], "without at random": [], "with": [], "with at random": []}
    digits = []
    for image in images:
        relevance = explain.what_mattered(image, classifier)
        digits.append(relevance.digit)
        values = relevance.values.ravel()
        ink = np.flatnonzero(image)
        empty = np.flatnonzero((image.ravel() < explain.INK) & (values != 0))
        for name, pixels, order, shade in (
            ("without", ink, -values[ink], 0),
            ("without at random", ink, random.random(len(ink)), 0),
            ("with", empty, values[empty], 255),
            ("with at random", empty, random.random(len(empty)), 255),
        ):
            picture = image.ravel().copy()
            picture[pixels[order.argsort()[:16]]] = shade
            changed[name].append(picture.reshape(28, 28))
    means = {
        name: float(classifier.probabilities(np.stack(pictures))[np.arange(30), digits].mean())
        for name, pictures in changed.items()
    }
    assert means["without"] < means["without at random"] - 0.2
    assert means["with"] < means["with at random"] - 0.1


@pytest.mark.parametrize("shade", [explain.INK, 255])
def test_pictures_full_of_ink_are_explained(classifier: Classifier, shade: int) -> None:
    relevance = explain.what_mattered(np.full((28, 28), shade, np.uint8), classifier)
    assert relevance.added is None
    assert np.isfinite(relevance.values).all()
    assert explain.mattered_sentence(relevance)
    dot = np.zeros((28, 28), np.uint8)
    dot[0, 27] = shade
    assert np.isfinite(explain.what_mattered(dot, classifier).values).all()


def test_an_empty_picture_cannot_be_explained(classifier: Classifier) -> None:
    with pytest.raises(InputError, match="draw a digit first"):
        explain.what_mattered(np.zeros((28, 28), np.uint8), classifier)


def relevance(before: float, removed: Change, added: Change | None, digit: int = 9, answer: int = 9) -> Relevance:
    return Relevance(np.zeros((28, 28), np.float32), digit, before, answer, removed, added)


def test_the_sentence_says_what_would_change_in_figures() -> None:
    gone = Change("at the upper left", 8, 8, 0.41, 4, 0.55)
    blot = Change("at the top", 5, 14, 0.003, 4, 0.99)
    assert explain.mattered_sentence(relevance(0.98, gone, blot)) == (
        "Without the ink at the upper left, the probability of 9 would fall from 98 % to 41 %, and the answer would "
        "be 4. A blot in the empty place at the top would leave it < 1 %, and the answer would be 4."
    )
    # Nothing new in an answer that stays, whatever digit is explained.
    sentence = explain.mattered_sentence(relevance(0.45, gone, None, digit=9, answer=4))
    assert sentence == "Without the ink at the upper left, the probability of 9 would fall from 45 % to 41 %."
    stays = Change("in the middle", 14, 14, 0.995, 9, 0.995)
    assert explain.mattered_sentence(relevance(0.999, stays, stays)) == (
        "No single spot decides: even without the ink in the middle, the probability of 9 would be > 99 %."
    )


@pytest.mark.parametrize(
    ("row", "column", "place"),
    [
        (4, 14, "at the top"),
        (5, 5, "at the upper left"),
        (14, 20, "on the right"),
        (14, 14, "in the middle"),
        (23, 4, "at the lower left"),
        (27, 14, "at the bottom"),
        (0, 27, "at the upper right"),
    ],
)
def test_places_are_named_within_the_drawing(row: int, column: int, place: str) -> None:
    assert explain._place(row, column, (slice(4, 24), slice(5, 23))) == place
    # A stroke as wide as the pen has no sides.
    upright = explain._place(row, column, (slice(4, 24), slice(12, 16)))
    assert upright in ("at the top", "in the middle", "at the bottom")


# --- What it resembles -------------------------------------------------------------------------------------------


def test_nearest_finds_what_a_plain_search_finds() -> None:
    images, labels = simple_images(4500, 0)  # more than two chunks
    image = simple_images(10, 9)[0][7]
    slanted = explain._blur(explain._slanted(image)).reshape(len(explain.SLANTS), -1)
    blurred = explain._blur(images).reshape(len(images), -1)
    distances = np.sqrt(((blurred[:, np.newaxis] - slanted) ** 2).sum(axis=2).min(axis=1))
    found = explain.nearest(images, labels, image, 7)
    assert found.distances == pytest.approx(np.sort(distances)[:7], abs=1e-3)
    assert distances[found.indices] == pytest.approx(found.distances, abs=1e-3)
    assert (found.labels == labels[found.indices]).all()
    assert set(found.labels) == {7}
    again = explain.nearest(images, labels, image, 7, explain.blurred_lengths(images))
    assert (again.indices == found.indices).all()


def test_a_picture_is_nearest_to_itself_and_to_its_slanted_copy() -> None:
    images, labels = simple_images(50, 0)
    found = explain.nearest(images, labels, images[13], 3)
    assert found.indices[0] == 13
    assert found.distances[0] == pytest.approx(0, abs=1e-5)
    leaning = np.round(255 * explain._slanted(images[13])[1]).astype(np.uint8)
    assert explain.nearest(images, labels, leaning, 1).indices[0] == 13
    assert (np.abs(explain._slanted(images[13])[2] * 255 - images[13]) < 1e-3).all()


def test_the_blur_is_a_gaussian() -> None:
    from scipy import ndimage

    image = simple_images(1, 0)[0]
    expected = ndimage.gaussian_filter(image[0] / 255, explain.BLUR, mode="constant")
    assert explain._blur(image)[0] == pytest.approx(expected, abs=1e-5)
    dot = np.zeros((1, 28, 28), np.uint8)
    dot[0, 14, 14] = 255
    assert np.sqrt(explain.blurred_lengths(dot)) == pytest.approx([0.35], abs=0.02)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_fewer_images_than_asked_for_are_all_found(number: int) -> None:
    images, labels = simple_images(3, 0)
    found = explain.nearest(images[:number], labels[:number], images[0], 5)
    assert found.indices.tolist() == sorted(found.indices.tolist(), key=lambda index: (index != 0, found.distances[0]))
    assert len(found.indices) == len(found.distances) == len(found.labels) == number
    assert explain.nearest_sentence(found, 0)


def test_real_digits_are_told_by_their_neighbours(real_mnist: Path) -> None:
    with np.load(real_mnist) as arrays:
        images, labels, test, test_labels = (arrays[name] for name in ("x_train", "y_train", "x_test", "y_test"))
        images, labels = images[:10_000], labels[:10_000]
    lengths = explain.blurred_lengths(images)
    found = [explain.nearest(images, labels, image, 1, lengths).labels[0] for image in test[:30]]
    assert (np.array(found) == test_labels[:30]).mean() >= 0.9


def sentence_for(*labels: int, digit: int = 9) -> str:
    number = len(labels)
    return explain.nearest_sentence(Neighbours(np.arange(number), np.ones(number, np.float32), np.array(labels)), digit)


def test_the_sentence_says_whether_the_neighbours_agree() -> None:
    assert sentence_for(9, 9, 9) == "All 3 training digits most like it are 9s, as the network says."
    assert sentence_for(4, 4) == "All 2 training digits most like it are 4s, but the network says 9."
    assert sentence_for(8) == "The training digit most like it is an 8, but the network says 9."
    assert sentence_for(9, 4, 9, 9, 8) == (
        "Of the 5 training digits most like it 3 are 9s, 1 is a 4 and 1 is an 8, as the network says."
    )
    assert sentence_for(9, 9, 4, 4, 1).endswith("it lies between two digits.")
    assert "no training digits" in sentence_for()


# --- All of it ---------------------------------------------------------------------------------------------------


def test_a_filter_of_one_picture_is_no_deeper_one() -> None:
    only = Filters("", np.zeros((2, 3, 3), np.float32), 1, "conv")
    assert explain.filter_sentence([only]).count(".") == 1


def test_explaining_does_not_import_tensorflow() -> None:
    program = (
        "import sys; import numpy as np; from mnist_core import explain; from mnist_core.runs import PRETRAINED, Run\n"
        "run = Run(PRETRAINED / 'best'); layers = run.config().layers\n"
        "print(len(explain.feature_maps(run.model_path, layers, np.zeros((28, 28), np.uint8))))\n"
        "print(sorted({'tensorflow', 'keras', 'streamlit'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split("\n")[:2] == ["4", "[]"]
