"""A disk that is full: runs wait and end as unbroken ones do, and all else says one true sentence."""

import contextlib
import errno
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from mnist_core import environment
from mnist_core.access.actor import COMMAND_LINE, Actor
from mnist_core.config import recipes
from mnist_core.config.network import parse_network
from mnist_core.config.recipes import RECIPES
from mnist_core.config.train_config import TrainConfig
from mnist_core.data.collection.store import Collection
from mnist_core.data.dataset import Dataset
from mnist_core.engine import submission, worker
from mnist_core.engine.sweeps import sweep_folders, trial_tasks
from mnist_core.engine.sweeps.search_space import Space
from mnist_core.engine.sweeps.sweep import Plan
from mnist_core.errors import LabError
from mnist_core.evaluation import label_notes
from mnist_core.files import atomic
from mnist_core.presentation import status_words
from mnist_core.runs import run_folders, trash
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import RunLabel
from mnist_core.runs.status import Status
from mnist_core.sharing import exporting, importing
from mnist_core.training import loop, room
from mnist_core.training.event_files import EventFiles
from mnist_core.training.heartbeat import Reporter
from tests.conftest import PretendedEngine
from tests.pages.conftest import OpenPage
from tests.support.small_disk import SmallDisk, mounted

NETWORK = "conv:8:5,maxpool:4,norm,activation:relu,dropout:0.1,flatten,dense:10:softmax"
TINY = TrainConfig("quick", parse_network(NETWORK), epochs=2, batch_size=32, learning_rate=0.01)
SAID = "disk is full"
# Of a run, evenly over its writes.
MOMENTS = tuple(range(10))


@pytest.fixture
def small_disk(temporary_home: Path) -> Iterator[SmallDisk]:
    """The home is a small disk."""
    with mounted(temporary_home) as found:
        yield found


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.02)


def new_run(dataset: Dataset, **about: object) -> Run:
    return run_folders.create(TINY, dataset.reference(), about=about)


def train(dataset: Dataset, run: Run, on_status: Callable[[Status], None] = lambda status: None) -> Status:
    return loop.train(run.config(), dataset, run, on_status)


def weights(run: Run) -> dict[str, np.ndarray]:
    arrays = run.read_checkpoint()
    assert arrays
    return {name: array for name, array in arrays.items() if name.startswith("variable_")}


def assert_ended_alike(run: Run, unbroken: Run) -> None:
    assert run.status().state == "done" and run.status().problem == ""
    ours, theirs = weights(run), weights(unbroken)
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        np.testing.assert_array_equal(array, theirs[name])
    assert run.metrics()["val_loss"] == unbroken.metrics()["val_loss"]
    assert run.metrics()["epoch"] == [1.0, 2.0]
    assert run.has_model and run.evaluation_path.exists() and run.calibration_path.exists()
    assert not list(run.folder.glob(".writing-*"))


class Writes:
    """Counts the lab's writes, and does something before one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int = 0, then: Callable[[], None] = lambda: None) -> None:
        self.number, self._at, self._then = 0, at, then
        self._replacing = atomic.replacing
        monkeypatch.setattr(atomic, "replacing", self._counted)

    @contextlib.contextmanager
    def _counted(self, path: Path, mode: int = atomic.READ_BY_ALL) -> Iterator[Path]:
        self.number += 1
        if self.number == self._at:
            self._then()
        with self._replacing(path, mode) as temporary:
            yield temporary


@pytest.fixture(scope="module")
def unbroken(simple_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, int]]:
    """A run that nothing disturbed, and how many writes it took."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("MNIST_HOME", str(tmp_path_factory.mktemp("unbroken")))
        run = new_run(simple_dataset)
        writes = Writes(monkeypatch)
        train(simple_dataset, run)
    yield run, writes.number


class Patience:
    """Looks at a run that waits, from outside, and makes room when it has said so."""

    def __init__(self, run: Run, make_room: Callable[[], None]) -> None:
        self.run, self.sentences = run, list[str]()
        self._make_room = make_room

    def __call__(self, status: Status) -> None:
        seen = Run(self.run.folder).status()
        if status.problem == "disk-full":
            assert (seen.state, seen.problem) == ("running", "disk-full")
            self.sentences.append(status_words.sentence(seen))
            self._make_room()


@pytest.mark.long
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_waits_for_room_at_any_moment_and_ends_as_an_unbroken_one(
    simple_dataset: Dataset,
    unbroken: tuple[Run, int],
    small_disk: SmallDisk,
    moment: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, writes = new_run(simple_dataset), unbroken[1]
    Writes(monkeypatch, 1 + moment * (writes - 1) // MOMENTS[-1], small_disk.fill)
    patience = Patience(run, small_disk.make_room)
    train(simple_dataset, run, patience)
    assert_ended_alike(run, unbroken[0])
    if moment < MOMENTS[-1]:  # the last write is that of the status, for which there is always room
        assert patience.sentences and patience.sentences[0].startswith("The disk of the lab's machine is full (")


@pytest.mark.usefixtures("borrowed_model")
def test_a_run_that_finds_the_disk_full_goes_on_when_there_is_room(
    simple_dataset: Dataset, small_disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    alike, run = new_run(simple_dataset), new_run(simple_dataset)
    writes = Writes(monkeypatch)
    train(simple_dataset, alike)
    Writes(monkeypatch, writes.number // 2, small_disk.fill)
    patience = Patience(run, small_disk.make_room)
    train(simple_dataset, run, patience)
    assert_ended_alike(run, alike)
    assert len(patience.sentences) == 1


@pytest.mark.usefixtures("borrowed_model")
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_quota_is_a_full_disk(simple_dataset: Dataset, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Needs no disk of its own: the system refuses to write."""
    alike, run, refused = new_run(simple_dataset), new_run(simple_dataset), set[str]()
    train(simple_dataset, alike)
    replacing, used_up = atomic.replacing, [True]

    @contextlib.contextmanager
    def refusing(path: Path, mode: int = atomic.READ_BY_ALL) -> Iterator[Path]:
        if (path.name == "replay.npz" and used_up) or (path.name == "status.json" and refused):
            refused.add(path.name)
            raise OSError(number, "no")
        with replacing(path, mode) as temporary:
            yield temporary

    def make_room() -> None:
        used_up.clear()
        refused.clear()

    monkeypatch.setattr(atomic, "replacing", refusing)
    monkeypatch.setattr(room, "has_room", lambda folder, wanted: not used_up)
    patience = Patience(run, make_room)
    train(simple_dataset, run, patience)
    assert_ended_alike(run, alike)
    assert patience.sentences


@pytest.mark.usefixtures("borrowed_model")
def test_event_files_that_find_no_room_are_whole_in_the_end(
    simple_dataset: Dataset, small_disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, write_epoch = new_run(simple_dataset, tensorboard=True), EventFiles.write_epoch
    times = iter((False, True))

    def write_on_a_full_disk(files: EventFiles, *given: object) -> None:
        if next(times, False):
            small_disk.fill()
        write_epoch(files, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(EventFiles, "write_epoch", write_on_a_full_disk)
    patience = Patience(run, small_disk.make_room)
    assert train(simple_dataset, run, patience).state == "done"
    assert patience.sentences
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run.events_path / "train"), size_guidance={"tensors": 0}).Reload()
    assert [event.step for event in events.Tensors("epoch_loss")] == [1, 2]


def test_stop_works_while_a_run_waits(simple_dataset: Dataset, small_disk: SmallDisk) -> None:
    run, asked = new_run(simple_dataset), list[str]()

    def stop(status: Status) -> None:
        if status.steps and not asked:
            small_disk.fill()
        if status.problem == "disk-full":
            Run(run.folder).request("stop", by=COMMAND_LINE)  # what the page's button does
            asked.append(status_words.sentence(status))

    status = train(simple_dataset, run, stop)
    assert asked and (status.state, status.problem) == ("stopped", "stopped-without-room")
    assert run.status().problem == status.problem
    assert status_words.sentence(run.status()).startswith("Stopped by hand after 0 of 2 epochs while the disk")


@pytest.mark.usefixtures("borrowed_model")
def test_an_engine_takes_up_a_run_on_a_full_disk(simple_npz: Path, small_disk: SmallDisk) -> None:
    """Also what a worker writes before and after training finds its way."""
    from mnist_core.data import sources

    dataset = sources.load(str(simple_npz))
    run = submission.submit(PretendedEngine(), TINY, dataset)
    small_disk.fill()
    update = Reporter.update

    def watched(reporter: Reporter, **changes: object) -> None:
        update(reporter, **changes)
        if reporter.status.problem == "disk-full":
            small_disk.make_room()

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(Reporter, "update", watched)
        with run.lock():
            assert worker.carry_out(run).state == "done"


def test_a_network_that_failed_for_another_reason_does_not_wait(simple_dataset: Dataset) -> None:
    run, broken = new_run(simple_dataset), list[int]()

    def break_down(status: Status) -> None:
        if status.steps and not broken:
            broken.append(status.steps)
            raise OSError(errno.EIO, "Input/output error")

    assert train(simple_dataset, run, break_down).problem == "not-written"


def test_a_study_that_finds_no_room_can_be_read_and_goes_on(small_disk: SmallDisk) -> None:
    """Its journal must not keep half a line, after which the next one would begin."""
    sweep = sweep_folders.create(Plan(TINY, Space.parse(["epochs=1,2"]), 50), {"name": "mnist", "identity": "0"})
    study = sweep.study()
    small_disk.fill()
    with pytest.raises(OSError, match="No space left"):
        for number in range(50):
            study.ask().set_user_attr("long", f"{number}" * 500)
    begun = sum(trial.state == "running" for trial in sweep.trials())
    small_disk.make_room()
    sweep.study().ask()
    assert sum(trial.state == "running" for trial in sweep.trials()) == begun + 1


def test_a_sweep_can_be_stopped_and_go_on(small_disk: SmallDisk) -> None:
    sweep = sweep_folders.create(Plan(TINY, Space.parse(["epochs=1,2"]), 2), {"name": "mnist", "identity": "0"})
    small_disk.fill()
    sweep.stop(by=COMMAND_LINE)
    assert sweep.stopped
    sweep.go_on(by=COMMAND_LINE)
    assert not sweep.stopped


# --- Everything else says a sentence, and leaves nothing half --------------------------------------------------------


def files_in(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*") if path.suffix != ".lock" and path.is_file()}


def say_no(act: Callable[[], object], home: Path) -> None:
    before = files_in(home)
    with pytest.raises(LabError) as caught:
        act()
    assert SAID in str(caught.value) and str(home) not in str(caught.value)
    assert files_in(home) == before, "nothing half is left"


def test_a_start_on_a_full_disk_says_so_and_leaves_nothing(simple_dataset: Dataset, small_disk: SmallDisk) -> None:
    home, engine = environment.home(), PretendedEngine()
    small_disk.fill()
    say_no(lambda: submission.submit(engine, TINY, simple_dataset, Actor("ada")), home)
    plan = Plan(TINY, Space.parse(["epochs=1,2"]), 2)
    say_no(lambda: trial_tasks.start(engine, plan, simple_dataset, Actor("ada")), home)
    assert run_folders.all_runs() == [] and sweep_folders.all_sweeps() == [] and engine.tasks == []
    small_disk.make_room()
    assert submission.submit(engine, TINY, simple_dataset, Actor("ada")).status().state == "queued"


@pytest.mark.parametrize("pages", range(1, 5))
def test_a_start_that_finds_a_few_pages_leaves_all_or_nothing(
    simple_dataset: Dataset, small_disk: SmallDisk, pages: int
) -> None:
    """As many as some of its files need, so that it fails at another one each time."""
    home, engine = environment.home(), PretendedEngine()
    small_disk.fill()
    with (small_disk.folder / "ballast").open("r+b") as file:
        file.truncate(file.seek(0, 2) - 4096 * pages)
    with contextlib.suppress(LabError):
        submission.submit(engine, TINY, simple_dataset, Actor("ada"))
    assert len(run_folders.all_runs()) == len(engine.tasks)
    assert all(run.status().state == "queued" for run in run_folders.all_runs())
    assert not [name for name in files_in(home) if ".writing-" in name]


def test_what_people_keep_says_so_and_stays_as_it_was(simple_dataset: Dataset, small_disk: SmallDisk) -> None:
    home, run = environment.home(), new_run(simple_dataset)
    run.write_label(RunLabel("before"), by=COMMAND_LINE)
    label_notes.keep("a" * 64, 1, "cannot tell")
    small_disk.fill()
    for act in (
        lambda: recipes.save("ours", "Ours", "", RECIPES["quick"].config),
        lambda: run.write_label(RunLabel("after", "x" * 2000), by=COMMAND_LINE),
        lambda: label_notes.keep("a" * 64, 2, "cannot tell"),
    ):
        say_no(act, home)
    assert run.label().name == "before" and len(label_notes.load("a" * 64)) == 1


@pytest.mark.parametrize("known", [True, False])
def test_a_drawing_that_finds_no_room_says_so_and_is_not_half_kept(small_disk: SmallDisk, known: bool) -> None:
    """Also where the collection is not there yet."""
    collection = Collection()

    def keep() -> int:
        stroke = np.linspace((10.0, 10.0), (90.0, 90.0), 500)
        return collection.add([stroke], 1, session="one", digit=1, verdict="digit", probability=0.9, model="best")

    before = [keep() for _ in range(3)] if known else []
    small_disk.fill()
    with pytest.raises(LabError) as caught:
        for _ in range(500):
            before.append(keep())  # a few still fit into pages that are there
    assert SAID in str(caught.value)
    small_disk.make_room()
    assert collection.count() == len(before)
    keep()
    assert collection.count() == len(before) + 1


def test_the_page_says_that_a_run_waits_for_room(open_page: OpenPage) -> None:
    run = run_folders.create(TINY, {"name": "digits-8x8", "identity": "0"})
    about = {"free": 0, "wanted": 3_000_000}
    run.write_status(Status("running", "disk-full", epochs=2, steps=5, epoch=1, details=about))
    shown = open_page("train", run=run.id)
    assert (
        "The disk of the lab's machine is full (0 kB are free, and it needs 3.0 MB). The run waits and goes on by "
        "itself when there is room; delete models for good, or stop it."
    ) in [one.value for one in shown.warning]
    assert "Epoch 2 of 2" in [one.value for one in shown.markdown]
    assert "Stop and save" in [button.label for button in shown.button]


def test_a_model_can_be_deleted_for_good_on_a_full_disk(simple_dataset: Dataset, small_disk: SmallDisk) -> None:
    """It is what the sentence advises."""
    run = new_run(simple_dataset)
    small_disk.fill()
    trash.delete(run, by=COMMAND_LINE)
    assert [one.id for one in trash.all_deleted()] == [run.id] and run_folders.all_runs() == []
    trash.purge()
    trash.remove(run.id, by=COMMAND_LINE)
    assert trash.all_deleted() == []


@pytest.mark.long
def test_an_export_says_so(small_disk: SmallDisk) -> None:
    small_disk.fill()
    shipped = run_folders.find("best")
    say_no(lambda: exporting.make_onnx(shipped), environment.home())


def test_an_import_says_so(small_disk: SmallDisk) -> None:
    import io

    capsule = exporting.content(run_folders.find("best"), ".capsule")
    small_disk.fill()
    say_no(lambda: importing.bring_in(io.BytesIO(capsule), "best.capsule"), environment.home())
