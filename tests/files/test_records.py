import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pytest

from mnist_core.access.actor import COMMAND_LINE
from mnist_core.config.recipes import RECIPES
from mnist_core.errors import InputError
from mnist_core.files import npz, records
from mnist_core.files.records import NewerError, Record
from mnist_core.runs import control, run_folders
from mnist_core.runs import run as run_module
from mnist_core.runs.control import Control
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import RunLabel
from mnist_core.runs.status import Status


@dataclass(frozen=True)
class Inner:
    size: int
    name: str = "none"


@dataclass(frozen=True)
class Outer(Record):
    FORMAT: ClassVar[int] = 2

    number: float
    inner: Inner | None = None
    pairs: tuple[tuple[int, float], ...] = ()
    shares: dict[str, float] = field(default_factory=dict)

    @classmethod
    def upgraded(cls, values: Any) -> Any:
        return {"number": values.pop("count")} | values if "count" in values else values


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def test_a_record_comes_back_with_its_number(tmp_path: Path) -> None:
    path, value = tmp_path / "a.json", Outer(2, Inner(3), ((1, 0.5), (2, 1.0)), {"a": 1.0})
    value.save(path)
    assert Outer.load(path) == value and read(path)["format"] == 2


def test_what_is_unknown_is_passed_over_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"format": 2, "number": 1, "inner": {"size": 2, "colour": "red"}, "shape": [1]}')
    found = Outer.load(path)
    assert found == Outer(1.0, Inner(2))
    Outer(5.0, Inner(7), shares={"b": 1.0}).save(path)
    assert read(path)["shape"] == [1] and read(path)["inner"] == {"size": 7, "name": "none", "colour": "red"}
    Outer(5.0).save(path)
    assert read(path)["shares"] == {} and read(path)["inner"] is None


def test_an_older_format_is_read_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"count": 4}')
    assert Outer.load(path) == Outer(4.0)
    Outer.load(path).save(path)
    assert "count" not in read(path)


def test_a_newer_format_is_said_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"format": 3, "no": "idea"}')
    sentence = (
        f"The file a.json of {tmp_path.name} was made by a newer Digit Lab (format 3; this one reads up to 2). Update "
        "the lab; nothing is lost."
    )
    for use in (lambda: Outer.load(path), lambda: Outer.load_or_default(path), lambda: Outer(1.0).save(path)):
        with pytest.raises(NewerError) as caught:
            use()
        assert str(caught.value) == sentence
    assert read(path) == {"format": 3, "no": "idea"}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"number": "1"}',
        '{"number": true}',
        '{"number": 1, "inner": 5}',
        '{"number": 1, "inner": {}}',
        '{"number": 1, "pairs": [[1]]}',
        '{"number": 1, "pairs": [[1.5, 2]]}',
        '{"number": 1, "shares": {"a": "b"}}',
    ],
)
def test_a_damaged_file_is_one_sentence(content: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(InputError, match="damaged"):
        Outer.load(path)
    Outer(1.0).save(path)
    assert Outer.load(path) == Outer(1.0)


def test_arrays_have_a_number_too(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    npz.write(path, a=np.zeros(3))
    assert npz.read_own(path, ("a",))[0].tolist() == npz.read_all(path)["a"].tolist() == [0, 0, 0]
    npz.write_own(path, a=np.ones(1))
    assert npz.read_own(path, ("a",)) == [np.ones(1)] and list(npz.read_all(path)) == ["a"]
    npz.write(path, **records.numbered({"a": np.zeros(3)}, 2))
    for read in (npz.read_all, lambda there: npz.read_own(there, ("a",))):
        with pytest.raises(NewerError, match="format 2; this one reads up to 1"):
            read(path)


# --- The files of a run ----------------------------------------------------------------------------------------------


def new_run() -> Run:
    return run_folders.create(RECIPES["quick"].config, {"name": "mnist", "identity": "0", "title": "MNIST"})


def test_a_request_is_not_forgotten_for_a_field_that_is_unknown() -> None:
    run = new_run()
    path = run.folder / "control.json"
    path.write_text('{"request": "pause", "until": 0, "learning_rate": null, "asked_by": "Ada"}')
    assert run.control() == Control("pause")
    run.change_learning_rate(0.01, by=COMMAND_LINE)
    assert run.control() == Control("pause", learning_rate=0.01) and read(path)["asked_by"] == "Ada"


def test_a_name_with_a_field_more_is_still_a_name() -> None:
    run = new_run()
    (run.folder / "label.json").write_text('{"name": "x", "colour": "red"}')
    assert run.label() == RunLabel("x")
    run.write_label(RunLabel("y"), by=COMMAND_LINE)
    assert read(run.folder / "label.json") == {"format": 1, "name": "y", "note": "", "colour": "red"}


def test_a_status_with_a_field_more_is_not_damaged() -> None:
    run = new_run()
    run.write_status(Status("done", epoch=3))
    path = run.folder / "status.json"
    path.write_text(json.dumps(read(path) | {"watts": 12}))
    assert run.status().state == "done" and run.status().epoch == 3


def test_two_who_steer_at_once_both_get_what_they_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    run = new_run()
    both_have_read = threading.Barrier(2)
    load = Control.load_or_default.__func__  # type: ignore[attr-defined]

    class SlowControl(control.Control):
        """Its reader waits a moment for the other one, as a busy machine may make it."""

        @classmethod
        def load_or_default(cls, path: Path) -> Self:
            found: Self = load(Control, path)
            try:
                both_have_read.wait(0.3)
            except threading.BrokenBarrierError:
                both_have_read.reset()
            return found

    monkeypatch.setattr(run_module, "Control", SlowControl)
    asked = [
        threading.Thread(target=run.request, args=("pause",), kwargs={"by": COMMAND_LINE}),
        threading.Thread(target=run.change_learning_rate, args=(0.01,), kwargs={"by": COMMAND_LINE}),
    ]
    for thread in asked:
        thread.start()
    for thread in asked:
        thread.join()
    monkeypatch.undo()
    assert run.control() == Control("pause", learning_rate=0.01)
