"""A model leaves as a folder with a card and a program that prepares and reads pictures exactly as the lab does."""

import ast
import importlib.util
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import scipy.ndimage
import yaml  # type: ignore[import-untyped]

from mnist_core.bench import drawings
from mnist_core.config.recipes import RECIPES
from mnist_core.data.synthetic.photographs import encode, photograph, random_paper
from mnist_core.errors import InputError
from mnist_core.files import sandbox
from mnist_core.inference import reading
from mnist_core.inference.classifier import Classifier
from mnist_core.mnist import CLASSES
from mnist_core.preprocessing import picture_files, pipeline
from mnist_core.preprocessing.canvas import strokes_from_canvas
from mnist_core.preprocessing.strokes import CANVAS_PEN, CANVAS_SIDE, paint
from mnist_core.runs import run_folders
from mnist_core.runs.description import Imported
from mnist_core.runs.run import Run
from mnist_core.sharing import claims, exporting, model_package, model_zip, preparation_code
from mnist_core.sharing.standalone import ndimage
from tests.conftest import large_digit, simple_images, simple_strokes


def test_the_few_functions_answer_as_scipys_do() -> None:
    random = np.random.default_rng(0)
    theirs: Any = scipy.ndimage
    for shape in ((40, 57), (1, 9), (61, 20)):
        grey, values = random.integers(0, 256, shape).astype(np.uint8), random.uniform(0, 255, shape).astype(np.float32)
        for share in (0.1, 0.45, 0.6, 0.9):
            ink = random.random(shape) < share
            ink.flat[0] = False
            assert np.array_equal(ndimage.distance_transform_edt(ink), theirs.distance_transform_edt(ink))
            assert np.array_equal(ndimage.binary_dilation(ink, iterations=3), theirs.binary_dilation(ink, iterations=3))
            assert np.array_equal(ndimage.binary_fill_holes(ink), theirs.binary_fill_holes(ink))
            for structure in (ndimage.CROSS, np.ones((3, 3))):
                (labels, number), (wanted, same) = (one.label(ink, structure=structure) for one in (ndimage, theirs))
                assert number == same and np.array_equal(labels, wanted)
                assert ndimage.find_objects(labels) == theirs.find_objects(wanted)
        assert ndimage.center_of_mass(grey) == pytest.approx(theirs.center_of_mass(grey))
        assert np.array_equal(ndimage.median_filter(grey, 3), theirs.median_filter(grey, 3))
        for size in (1, 3, 7, 21):
            assert np.array_equal(ndimage.grey_closing(grey, size=size), theirs.grey_closing(grey, size=size))
        for sigma, mode in ((0.0, "reflect"), (0.3, "reflect"), (7.3, "nearest")):
            blurred = theirs.gaussian_filter(values, sigma, mode=mode)
            np.testing.assert_allclose(ndimage.gaussian_filter(values, sigma, mode), blurred, rtol=1e-5, atol=1e-4)
        np.testing.assert_allclose(ndimage.uniform_filter(values, 3), theirs.uniform_filter(values, 3), rtol=1e-5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the shipped model, unpacked."""
    path = tmp_path_factory.mktemp("package")
    content = model_package.content(run_folders.find("best"), b"onnx")
    assert content == model_package.content(run_folders.find("best"), b"onnx")
    zipfile.ZipFile(io.BytesIO(content)).extractall(path)
    return path / "best"


@pytest.fixture(scope="module")
def prepare(folder: Path) -> ModuleType:
    """The module that prepares, as the package has it."""
    names = {}
    for name in ("ndimage", "prepare"):
        specification = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
        assert specification and specification.loader
        names[name] = importlib.util.module_from_spec(specification)
        with pytest.MonkeyPatch.context() as monkeypatch:
            for known, module in names.items():
                monkeypatch.setitem(sys.modules, known, module)
            specification.loader.exec_module(names[name])
    return names["prepare"]


# As a phone says that it was held upright.
LYING = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"


def canvas(digit: int) -> np.ndarray:
    """A drawing as the canvas paints it, white ink on black."""
    return paint([stroke * 2 + 60 for stroke in simple_strokes(digit)], CANVAS_SIDE, CANVAS_SIDE, CANVAS_PEN)


def pictures() -> dict[str, bytes]:
    random = np.random.default_rng(3)
    digits, _ = simple_images(6, 1)
    clear = np.zeros((CANVAS_SIDE, CANVAS_SIDE, 4), np.uint8)
    clear[..., 3] = canvas(3)
    colour = np.full((90, 90, 3), 255, np.uint8)
    colour[20:70, 40:50] = 250, 230, 40
    thin = paint([stroke * 2 + 60 for stroke in simple_strokes(8)], CANVAS_SIDE, CANVAS_SIDE, 3)
    return {
        **{f"drawn {digit}": encode(canvas(digit)) for digit in range(CLASSES)},
        "dark on light": encode(255 - canvas(4)),
        "a thin pen": encode(255 - thin),
        "a fat one": encode(large_digit(8)),
        "as JPEG": encode(255 - canvas(2), "JPEG", quality=60),
        "transparent": encode(clear),
        "yellow": encode(colour),
        "sixteen bits": encode(canvas(7).astype(np.uint16) * 257),
        "lying": encode(canvas(6), "JPEG", exif=LYING),
        "large": encode(np.kron(canvas(9), np.ones((7, 7), np.uint8))),
        "one of MNIST's": encode(digits[0]),
        **{f"photograph {number}": photograph(digits[number], random_paper(random), random) for number in range(6)},
        "a photograph on squared paper": photograph(digits[2], random_paper(random, "squared"), random),
        "a dot": encode(np.pad(np.full((2, 2), 255, np.uint8), 40)),
        "nothing": encode(np.zeros((50, 50), np.uint8)),
    }


def test_a_picture_is_prepared_as_the_lab_does(prepare: ModuleType) -> None:
    for name, content in pictures().items():
        stages = pipeline.from_picture(picture_files.read_picture(content))
        image = prepare.picture(io.BytesIO(content))
        if stages is None or max(stages.box.shape) < pipeline.SMALLEST_INK:
            assert image is None and name in ("a dot", "nothing")
        else:
            assert np.array_equal(image, pipeline.normalize(stages.image[np.newaxis])), name
    for digit in range(CLASSES):
        strokes = simple_strokes(digit)
        drawn = prepare.drawing([*(stroke.tolist() for stroke in strokes), []])
        assert np.array_equal(drawn, pipeline.normalize(pipeline.prepare(strokes)[np.newaxis]))
    assert prepare.drawing([]) is None


def test_the_program_needs_numpy_and_pillow_alone(folder: Path) -> None:
    for name, allowed in (
        ("ndimage.py", set()),
        ("prepare.py", {"ndimage", "PIL"}),
        ("predict.py", {"prepare", "ai_edge_litert", "onnxruntime", "keras"}),
    ):
        tree = ast.parse((folder / name).read_text(encoding="utf-8"))
        imported = {one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names}
        imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        others = {one.partition(".")[0] for one in imported} - sys.stdlib_module_names
        assert others <= allowed | {"numpy"}, name


def answers(folder: Path, files: list[Path], *absent: str) -> list[tuple[Any, Any]]:
    """What the program says to files, each of which holds a digit; neither the lab nor SciPy is there for it."""
    program = (
        "import runpy, sys; absent, *sys.argv = sys.argv[1:]; sys.modules |= dict.fromkeys(absent.split());"
        "sys.path.insert(0, sys.argv[0]); runpy.run_path(sys.argv[0] + '/predict.py', run_name='__main__')"
    )
    none = ("mnist_core", *(["scipy"] if "keras" in absent else []), *absent)  # Keras itself asks for SciPy
    arguments = [sys.executable, "-c", program, " ".join(none), str(folder), *map(str, files)]
    ended = subprocess.run(arguments, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
    lines = zip(files, ended.stdout.splitlines(), strict=True)
    found = [re.fullmatch(rf"{file}: (\d), probability ([\d.]+)", line) for file, line in lines]
    return [(int(one[1]), float(one[2])) for one in found if one]


def test_the_program_answers_as_the_lab_does(folder: Path, tmp_path: Path) -> None:
    classifier = Classifier(run_folders.find("best").model_path)
    (tmp_path / "drawing.json").write_text(json.dumps([stroke.tolist() for stroke in simple_strokes(5)]))
    (tmp_path / "empty.png").write_bytes(encode(np.zeros((50, 50), np.uint8)))
    wanted = {"empty.png": None, "drawing.json": reading.read_strokes(simple_strokes(5), classifier).answer}
    for number, content in enumerate(list(pictures().values())[:12]):
        (tmp_path / f"{number}.png").write_bytes(content)
        wanted[f"{number}.png"] = reading.read_picture(content, classifier).answer
    found = answers(folder, [tmp_path / name for name in wanted], "onnxruntime", "keras")
    assert found == [(one.digit, pytest.approx(one.probability, abs=1e-3)) for one in wanted.values() if one]


@pytest.mark.long
def test_two_hundred_drawings_are_answered_as_the_lab_does_by_each_runtime(pen_strokes: Path, tmp_path: Path) -> None:
    run = run_folders.find("best")
    zipfile.ZipFile(io.BytesIO(exporting.content(run, ".zip"))).extractall(tmp_path)
    classifier, wanted, files = Classifier(run.model_path), [], []
    for number, drawn in enumerate(drawings.load(pen_strokes, 200)):
        content = encode(paint(strokes_from_canvas(drawn), CANVAS_SIDE, CANVAS_SIDE, CANVAS_PEN))
        files.append(tmp_path / f"{number}.png")
        files[-1].write_bytes(content)
        answer = reading.read_picture(content, classifier).answer
        wanted.append((answer.digit, pytest.approx(answer.probability, abs=1e-3)))
    assert len(files) == 200
    assert answers(tmp_path / "best", files, "onnxruntime", "keras") == wanted
    assert answers(tmp_path / "best", files, "ai_edge_litert", "keras") == wanted
    assert answers(tmp_path / "best", files, "ai_edge_litert", "onnxruntime") == wanted


def test_the_card_is_one_of_hugging_faces_and_is_read_again(folder: Path, tmp_path: Path) -> None:
    _, front, text = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    about = yaml.safe_load(front)
    assert about["license"] == "mit" and about["library_name"] == "keras" and about["datasets"] == ["mnist"]
    ((result,),) = (one["results"] for one in about["model-index"])
    assert result["dataset"] == {"type": "mnist", "name": "MNIST", "split": "test"}
    assert result["metrics"] == [{"type": "accuracy", "value": 0.9964, "name": "Test accuracy"}]
    assert "It read 99.64 % of MNIST's 10,000 test images (95 % interval" in text and "## Limits" in text
    (tmp_path / "x.zip").write_bytes(model_package.content(run_folders.find("best"), b"onnx"))
    task = {"path": str(tmp_path / "x.zip"), "folder": str(tmp_path), "what": "x.zip", "suffixes": [".keras"]}
    said = sandbox.run(model_zip.unpack, task | {"most_bytes": 10_000_000}, "x.zip")
    assert said["name"] == "model.keras" and claims.of_card(said["card"]) == 0.9964


def test_what_is_said_of_a_run_of_ones_own_and_of_an_import(temporary_home: Path) -> None:
    def made(run: Run, licence: str = "") -> dict[str, str]:
        for path in (run.keras_path, run.model_path):
            path.write_bytes(b"x")
        archive = zipfile.ZipFile(io.BytesIO(model_package.content(run, b"onnx", licence)))
        return {Path(name).name: archive.read(name).decode() for name in archive.namelist()}

    config = RECIPES["mnist-ann"].config
    data = {"name": "/home/ada/mine.npz", "identity": "0", "title": "mine.npz"}
    run = run_folders.create(config, data)
    files = made(run)
    about = yaml.safe_load(files["README.md"].split("---\n")[1])
    assert not {"license", "datasets", "model-index"} & about.keys()
    assert "has not said what others may do with it. To say so, export it again with `--license`" in files["README.md"]
    licensed = made(run, "cc-by-4.0")["README.md"]
    assert yaml.safe_load(licensed.split("---\n")[1])["license"] == "cc-by-4.0" and "has not said" not in licensed
    for path, owner, sentence in (
        ("a.onnx", run, "Only a package"),
        ("a.zip", run_folders.find("best"), "MIT license"),
    ):
        with pytest.raises(InputError, match=sentence):
            exporting.write(owner, Path(path), "mit")
    assert "recipe `mnist-ann`, on mine.npz" in files["README.md"] and "/home/ada" not in files["README.md"]
    assert "It was not judged." in files["README.md"] and "keras.activations.softmax" in files["predict.py"]
    imported = Imported(file="their`s.keras", kind="keras", claimed=0.99, transposed=True, learned_from="not known")
    files = made(run_folders.create(config, data, about={"imported": imported}))
    assert "It expected pictures with rows and columns swapped, and was changed to take what" in files["README.md"]


def test_a_name_of_two_modules_would_be_seen() -> None:
    names = re.findall(r"^(?:def|class) (\w+)|^(\w+)(?:: [^=]+)? = ", preparation_code.code("1"), re.MULTILINE)
    assert len(names) == len(set(names)) > 60
