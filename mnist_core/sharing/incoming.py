"""A capsule or a model file from outside → what it says of itself, its layers, and its arrays in a folder.

It is read in a process of its own that may use little (`files.sandbox`), and told by what it holds.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from mnist_core.config import recipes
from mnist_core.config.network import MOST_LAYERS, parse_layer
from mnist_core.config.train_config import TrainConfig
from mnist_core.errors import InputError
from mnist_core.files import atomic, folders, sandbox
from mnist_core.formatting import readable, size
from mnist_core.language import gettext
from mnist_core.runs.run_label import LONGEST_NAME, RunLabel
from mnist_core.runs.summary import IMPORTED
from mnist_core.sharing import capsule, claims, model_file, model_zip

# A model of as many parameters as the lab allows, and what its optimizer keeps.
MOST_BYTES = 350_000_000
# A LiteRT file of the largest network takes 225 MB, an ONNX file 200, a capsule less.
READ_SECONDS, READ_MEMORY = 20.0, 260_000_000


@dataclass(frozen=True)
class Claim:
    """What a file says of itself."""

    config: TrainConfig  # its settings; of a model file the layers only
    label: RunLabel
    # `name`, `title` and `identity` of the data that it was judged on; empty for a model file.
    dataset: dict[str, str]
    accuracy: float | None = None  # share of that data's test images that it says it reads; None where it says nothing
    epochs: int = 0
    seconds: float = 0.0
    created: float = 0.0  # when it was made, in seconds since 1970; 0 for a model file
    versions: dict[str, str] = field(default_factory=dict)
    by: str = ""  # what names the accuracy, as `Imported.claimed_by`
    front: int = 0  # how many of its layers the lab put in front of a model file's


def networks(recipe: str) -> dict[str, list[str]]:
    """The layer lists of the recipes, by their names; InputError if there is no such recipe."""
    if recipe:
        recipes.from_address({"recipe": recipe})
    return {name: [str(layer) for layer in one.config.layers] for name, one in recipes.all_recipes().items()}


def read(source: IO[bytes], suffix: str, what: str, folder: Path, alone: dict[str, Any]) -> tuple[Claim, str]:
    """Reads a file; returns what it claims, and the ending of the file that holds the model."""
    path, name = folder / f"file{suffix if suffix in model_file.NAMED else ''}", what
    try:
        _copy(source, path, what)
        if suffix == model_zip.SUFFIX:
            path, name = _unpacked(path, what, folder)
            suffix = path.suffix
        task = {"path": str(path), "folder": str(folder), "what": what}
        if suffix == capsule.SUFFIX:
            said = sandbox.run(capsule.unpack, task, what, READ_SECONDS, READ_MEMORY)
        else:
            said = sandbox.run(model_file.unpack, task | alone, what, READ_SECONDS, READ_MEMORY)
    finally:
        path.unlink(missing_ok=True)
    try:
        claim = _claim_of_capsule(said) if suffix == capsule.SUFFIX else _claim_of_model(said, what)
    except InputError as error:
        raise InputError(f"{what}: {error}") from None
    return _with_claimed(claim, [Path(what).stem, Path(name).stem], folder / "README.md"), suffix


def _unpacked(path: Path, what: str, folder: Path) -> tuple[Path, str]:
    """Takes the model, and a card beside it, out of a zip file; returns where it lies, and what it was called.

    A model that is made of several files, such as TensorFlow.js's, stays in the zip file.
    """
    suffixes = [capsule.SUFFIX, *model_file.OF_ONE_FILE]
    task = {"path": str(path), "folder": str(folder), "what": what, "suffixes": suffixes, "most_bytes": MOST_BYTES}
    task["whole"] = [model_file.KERAS_MEMBERS, [model_file.CAPSULE_MEMBER]]
    said = sandbox.run(model_zip.unpack, task, what, READ_SECONDS, READ_MEMORY)
    if said["card"]:
        atomic.write_bytes(folder / "README.md", said["card"].encode())
    if not said["name"]:
        return path, what
    path.unlink()
    return folder / f"inside{Path(said['name']).suffix.lower()}", readable(said["name"], 60)


def _with_claimed(claim: Claim, names: Sequence[str], card: Path) -> Claim:
    """Where a file says nothing of what its model reads, a card beside it may, or its name."""
    if claim.accuracy is not None:
        return claim
    if folders.is_file(card) and (share := claims.of_card(card.read_text(encoding="utf-8"))):
        return dataclasses.replace(claim, accuracy=share, by="card")
    for name in names:
        if share := claims.of_name(name):
            return dataclasses.replace(claim, accuracy=share, by="name")
    return claim


def _copy(source: IO[bytes], path: Path, what: str) -> None:
    with path.open("wb") as target:
        while piece := source.read(1 << 20):
            target.write(piece)
            if target.tell() > MOST_BYTES:
                raise InputError(
                    gettext(
                        "{what} has more than {most_bytes}; no model of this lab is as large.",
                        what=what,
                        most_bytes=size(MOST_BYTES),
                    )
                )


def _claim_of_capsule(about: dict[str, Any]) -> Claim:
    figures = about["figures"]
    return Claim(
        TrainConfig.from_json(about["config"]),
        RunLabel(about["name"], about["note"]),
        about["dataset"],
        figures["accuracy"],
        figures["epochs"] or 0,
        figures["seconds"] or 0.0,
        about["created"],
        about["versions"],
    )


def _claim_of_model(said: dict[str, Any], what: str) -> Claim:
    name = Path(what).stem[:LONGEST_NAME].strip()
    if (number := len(said["layers"])) >= MOST_LAYERS:
        raise InputError(
            gettext(
                "It has {number} layers; at most {most_layers} are read, since another may have to make its pixels.",
                number=number,
                most_layers=MOST_LAYERS - 1,
            )
        )
    layers = tuple(map(parse_layer, said["layers"]))
    return Claim(TrainConfig(IMPORTED, layers), RunLabel(name, said["note"]), {}, front=said["front"])
