"""What is somebody's, only they and the lab's own machine may steer, name or delete."""

import asyncio
import dataclasses
import inspect
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from mnist_core.access.actor import COMMAND_LINE, Actor, NotYoursError
from mnist_core.bench.app_client import AppClient, open_session
from mnist_core.bench.app_process import running_app
from mnist_core.classroom import passes
from mnist_core.classroom.passes import TEACHER_COOKIE
from mnist_core.config import recipes
from mnist_core.config.recipes import RECIPES
from mnist_core.data import download, sources, uploads
from mnist_core.data.collection.store import Collection
from mnist_core.data.dataset import Dataset
from mnist_core.engine import submission
from mnist_core.engine.sweeps import sweep_folders, trial_tasks
from mnist_core.engine.sweeps.search_space import Space
from mnist_core.engine.sweeps.sweep import Plan, Sweep
from mnist_core.files import atomic
from mnist_core.runs import run_folders, trash
from mnist_core.runs.run import Run
from mnist_core.runs.run_label import RunLabel
from mnist_core.runs.status import Status
from mnist_core.sharing import importing
from mnist_core.training import pins
from mnist_core.training.pins import Pins
from mnist_core.ui import browser
from tests.conftest import PretendedEngine, simple_images, simple_strokes
from tests.support.visitors import STRANGER, come_from, labels, press, pretended_engine, said, visit

ADA = Actor("ada0ada0ada0ada0", "203.0.113.6")
TEACHER = Actor("b" * 16, "203.0.113.7", teaches=True)
QUICK = RECIPES["quick"].config
DATA = {"name": "digits-8x8", "identity": "0", "title": "Digits 8×8"}


def run_of(owner: str, state: str = "running", **more: Any) -> Run:
    run = run_folders.create(QUICK, DATA, about={"owner": owner})
    run.write_status(Status(state, epochs=2, **more))
    return run


def sweep_of(owner: str) -> Sweep:
    return sweep_folders.create(Plan(QUICK, Space.parse(["batch_size=32,64"]), 2), DATA, {"owner": owner})


def stopped_sweep_of(owner: str) -> Sweep:
    sweep = sweep_of(owner)
    sweep.stop(by=COMMAND_LINE)
    return sweep


def drawing_of(by: Actor) -> int:
    said: dict[str, Any] = {"digit": 4, "verdict": "digit", "probability": 0.9, "model": "best"}
    return Collection().add(simple_strokes(4), 4, session=f"session of {by.owner}", by=by, **said)


def deleted_run_of(owner: str) -> str:
    run = run_of(owner, "done")
    trash.delete(run, by=COMMAND_LINE)
    return run.id


def deleted_drawing_of(by: Actor) -> int:
    number = drawing_of(by)
    Collection().delete([number], by=COMMAND_LINE)
    return number


def recipe_of(by: Actor) -> str:
    return str(recipes.save("ours", "Ours", "", QUICK, by).config.recipe)


def fingerprint(home: Path) -> dict[str, object]:
    """Everything that a home holds, but for the locks and the database's own files."""
    files: dict[str, object] = {
        str(path.relative_to(home)): path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and path.suffix != ".lock" and "collection.sqlite" not in path.name
    }
    kept = Collection()
    drawings = [(drawing.id, drawing.label) for drawing in kept.drawings()]
    return files | {"drawings": drawings, "bin": kept.deletions(COMMAND_LINE)}


# Makes what somebody owns, and returns what changes it once it is told who asks.
Change = Callable[..., object]
CHANGES: dict[str, Callable[[Actor], Change]] = {
    "pause": lambda by: partial(run_of(by.owner).request, "pause"),
    "let go on": lambda by: partial(run_of(by.owner, "paused").request, "resume"),
    "one epoch": lambda by: partial(run_of(by.owner).request, "epoch"),
    "stop": lambda by: partial(run_of(by.owner).request, "stop"),
    "stop what waits": lambda by: partial(run_of(by.owner, "queued").request, "stop"),
    "rate": lambda by: partial(run_of(by.owner).change_learning_rate, 0.1),
    "try again": lambda by: partial(submission.resume, PretendedEngine(), run_of(by.owner, "failed")),
    "name": lambda by: partial(run_of(by.owner).write_label, RunLabel("Mine")),
    "delete run": lambda by: partial(trash.delete, run_of(by.owner, "done")),
    "restore run": lambda by: partial(trash.restore, deleted_run_of(by.owner)),
    "remove run": lambda by: partial(trash.remove, deleted_run_of(by.owner)),
    "stop sweep": lambda by: sweep_of(by.owner).stop,
    "go on with sweep": lambda by: partial(trial_tasks.go_on, PretendedEngine(), stopped_sweep_of(by.owner)),
    "delete sweep": lambda by: sweep_of(by.owner).delete,
    "delete recipe": lambda by: partial(recipes.delete, recipe_of(by)),
    "relabel": lambda by: partial(Collection().relabel, drawing_of(by), 1),
    "delete drawing": lambda by: partial(Collection().delete, [drawing_of(by)]),
    "remove drawing": lambda by: partial(Collection().remove, [drawing_of(by)]),
    "restore drawing": lambda by: partial(Collection().restore, [deleted_drawing_of(by)]),
    "remove deleted drawing": lambda by: partial(Collection().remove, [deleted_drawing_of(by)]),
}


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("owner", [ADA, COMMAND_LINE], ids=["somebody's", "nobody's"])
def test_a_stranger_changes_nothing(what: str, owner: Actor, temporary_home: Path) -> None:
    change = CHANGES[what](owner)
    before = fingerprint(temporary_home)
    for stranger in (STRANGER, Actor(), Actor("", STRANGER.address)):
        with pytest.raises(NotYoursError, match="belongs to somebody else"):
            change(by=stranger)
    assert fingerprint(temporary_home) == before


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize(
    "asker",
    [
        *(ADA, TEACHER),
        *(pytest.param(one, marks=pytest.mark.long) for one in (Actor("teacher", on_this_machine=True), COMMAND_LINE)),
    ],
)
def test_its_owner_and_the_teacher_do(what: str, asker: Actor, temporary_home: Path) -> None:
    change = CHANGES[what](ADA)
    before = fingerprint(temporary_home)
    change(by=asker)
    assert fingerprint(temporary_home) != before


HELD = dataclasses.replace(ADA, held=lambda: True)
NEW: dict[str, Callable[[Dataset], object]] = {
    "start": lambda data: submission.submit(PretendedEngine(), QUICK, data, HELD),
    "start sweep": lambda data: trial_tasks.start(
        PretendedEngine(), Plan(QUICK, Space.parse(["batch_size=32,64"]), 2), data, HELD
    ),
    "keep a drawing": lambda data: drawing_of(HELD),
    "save a recipe": lambda data: recipe_of(HELD),
    "give a file": lambda data: uploads.read_uploads([("data.csv", b"1,2")], HELD),
}


@pytest.mark.parametrize("what", NEW)
def test_whoever_is_kept_in_a_lesson_makes_nothing_new(
    what: str, simple_dataset: Dataset, temporary_home: Path
) -> None:
    before = fingerprint(temporary_home)
    with pytest.raises(
        NotYoursError, match=r"^Your teacher keeps the class together for now; go back to the lesson\.$"
    ):
        NEW[what](simple_dataset)
    assert fingerprint(temporary_home) == before


@pytest.mark.parametrize("what", CHANGES)
def test_whoever_is_kept_in_a_lesson_changes_nothing_either(what: str, temporary_home: Path) -> None:
    change = CHANGES[what](ADA)
    before = fingerprint(temporary_home)
    with pytest.raises(NotYoursError, match="keeps the class together"):
        change(by=HELD)
    assert fingerprint(temporary_home) == before
    change(by=dataclasses.replace(HELD, teaches=True))


def test_all_drawings_at_once_are_for_this_machine() -> None:
    number = drawing_of(ADA)
    for act in (Collection().delete_all, Collection().clear):
        with pytest.raises(NotYoursError):
            act(by=ADA)
    assert Collection().has(number)
    assert Collection().delete_all(by=COMMAND_LINE) == 1


def test_drawings_of_others_are_the_teachers_to_see_and_to_download() -> None:
    own, other = drawing_of(ADA), drawing_of(STRANGER)
    kept = Collection()
    assert [drawing.id for drawing in kept.drawings(by=ADA)] == [own] and kept.count(by=ADA) == 1
    assert [drawing.id for drawing in kept.drawings(4, False, None, 0, STRANGER)] == [other]
    for nobody in (Actor(), Actor("", STRANGER.address), Actor("c" * 16)):
        assert kept.drawings(by=nobody) == [] and kept.count(by=nobody) == 0
    with pytest.raises(NotYoursError, match=r"^Downloading the class's drawings is for the teacher: on the computer"):
        kept.export(ADA)
    for teacher in (TEACHER, COMMAND_LINE, Actor("d" * 16, on_this_machine=True)):
        assert len(kept.drawings(by=teacher)) == 2 and kept.export(teacher)


def test_the_class_as_data_is_the_teachers_to_look_at() -> None:
    assert not sources.may_look_at("collection", ADA) and sources.may_look_at("collection", TEACHER)
    with pytest.raises(NotYoursError, match=r"^Looking at the class's drawings is for the teacher"):
        sources.check_may_look_at("collection", ADA)
    sources.check_may_look_at("mnist", ADA)


def test_models_come_in_and_data_is_downloaded_for_the_teacher_alone(temporary_home: Path) -> None:
    with pytest.raises(NotYoursError, match=r"^Importing a model is for the teacher"):
        importing.bring_in(io.BytesIO(b"model"), "mine.keras", by=ADA)
    with pytest.raises(NotYoursError, match=r"^Downloading MNIST is for the teacher"):
        download.download_mnist(sources=[], by=ADA)
    assert not temporary_home.exists()


def test_where_one_drawing_is_anothers_none_is_deleted() -> None:
    own, other = drawing_of(ADA), drawing_of(STRANGER)
    with pytest.raises(NotYoursError, match=f"Drawing #{other}"):
        Collection().delete([own, other], by=ADA)
    assert Collection().count() == 2


def test_nobody_who_calls_can_forget_to_say_who_asks() -> None:
    changes: list[Callable[..., object]] = [
        Run.request, Run.change_learning_rate, Run.write_label, submission.resume, trash.delete, trash.restore,
        trash.remove, Sweep.stop, Sweep.go_on, Sweep.delete, trial_tasks.go_on, recipes.delete, Collection.relabel,
        Collection.delete, Collection.delete_all, Collection.restore, Collection.remove, Collection.clear,
    ]  # fmt: skip
    for change in changes:
        by = inspect.signature(change).parameters["by"]
        assert by.kind is by.KEYWORD_ONLY and by.default is by.empty, change


def test_a_damaged_folder_is_nobodys(temporary_home: Path) -> None:
    run = run_of(ADA.owner, "done")
    (run.folder / "config.json").write_text("{")
    with pytest.raises(NotYoursError):
        trash.delete(run, by=ADA)
    trash.delete(run, by=COMMAND_LINE)


def test_pins_reach_ones_own_runs_only() -> None:
    ada, other, nobodys = run_of(ADA.owner), run_of("other"), run_of("")
    pinned = Pins.none().with_pin(simple_images(1, 0)[0][0], 0, "drawn-1")
    pins.keep(pinned, ADA.owner)
    assert [len(Pins.load(run.pins_path)) for run in (ada, other, nobodys)] == [1, 0, 0]


# --- The pages -------------------------------------------------------------------------------------------------------

STEERING = {"Stop", "Pause", "Resume", "One epoch", "Learning rate", "Stop and save", "Try again"}
CHANGING = {
    "Delete it",
    "Name and note",
    "Restore",
    "Delete for good",
    "Stop the sweep",
    "Delete this recipe",
    "Delete all",
}


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> PretendedEngine:
    come_from(monkeypatch)
    return pretended_engine(monkeypatch)


def offered(page: Any) -> set[str]:
    return set(labels(page)) & (STEERING | CHANGING)


@pytest.mark.parametrize(
    ("owner", "state"), [(ADA.owner, "queued"), (ADA.owner, "paused"), (ADA.owner, "failed"), ("", "running")]
)
def test_the_train_page_offers_a_stranger_no_steering(
    engine: PretendedEngine, monkeypatch: pytest.MonkeyPatch, owner: str, state: str
) -> None:
    run = run_of(owner, state)
    page = visit("train", run=run.id, data="digits-8x8")
    assert offered(page) == set()
    assert state == "failed" or "This is somebody else's run." in said(page)
    monkeypatch.setattr(browser, "owner", lambda: ADA.owner)
    assert bool(offered(visit("train", run=run.id, data="digits-8x8"))) == bool(owner), "its owner may"


def test_the_machine_itself_is_offered_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    pretended_engine(monkeypatch)
    come_from(monkeypatch, "")
    assert "Pause" in offered(visit("train", run=run_of("").id, data="digits-8x8"))
    page = visit("train", run=run_of(ADA.owner).id, data="digits-8x8")
    (steer,) = [toggle for toggle in page.toggle if toggle.label == "Somebody else's run: steer it all the same"]
    steer.set_value(True)
    assert "Pause" in offered(page.run())


def test_the_models_page_offers_a_stranger_neither_names_nor_the_bin(
    engine: PretendedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, gone = run_of(ADA.owner, "done"), deleted_run_of(ADA.owner)
    assert offered(visit("models", run=run.id)) == set()
    monkeypatch.setattr(browser, "owner", lambda: ADA.owner)
    assert offered(visit("models", run=run.id)) == {"Delete it", "Name and note", "Restore", "Delete for good"}
    press(visit("models", run=run.id), "Restore")
    assert gone in [one.id for one in run_folders.all_runs()]


def test_the_sweep_page_offers_a_stranger_no_end(engine: PretendedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep, recipe = sweep_of(ADA.owner), recipe_of(ADA)
    page = visit("sweep", sweep=sweep.id, data="digits-8x8", recipe=recipe)
    assert offered(page) == set() and "Somebody else's sweep" in said(page)
    monkeypatch.setattr(browser, "owner", lambda: ADA.owner)
    page = visit("sweep", sweep=sweep.id, data="digits-8x8", recipe=recipe)
    assert offered(page) == {"Stop the sweep", "Delete this recipe"}
    press(page, "Stop the sweep")
    assert sweep.stopped


def test_explore_lets_a_stranger_delete_their_own_drawings_only(
    engine: PretendedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = drawing_of(ADA)
    page = visit("explore", data="digits-8x8")
    assert offered(page) == set() and "None of them is yours" in said(page)
    page.session_state["drawings-chosen"] = {number}  # as a press on its picture would
    assert offered(page.run()) == set()
    monkeypatch.setattr(browser, "owner", lambda: ADA.owner)
    drawing_of(STRANGER)
    page = visit("explore", data="digits-8x8")
    page.session_state["drawings-chosen"] = {number, number + 1}
    page = press(page.run(), "Delete")
    assert Collection().count() == 1 and "1 drawing is deleted." in said(page)
    press(page, "Undo")
    assert Collection().count() == 2


def test_deleted_drawings_lie_beside_deleted_models(engine: PretendedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    deleted_drawing_of(ADA)

    def opened() -> Any:
        page = visit("models")
        page.session_state["deleted-drawings"] = True
        return page.run()

    assert "None that you could bring back" in said(opened())
    monkeypatch.setattr(browser, "owner", lambda: ADA.owner)
    page = opened()
    assert "1 drawing, deleted" in said(page) and "7 days left" in said(page)
    press(page, "Restore")
    assert Collection().count() == 1


def test_what_a_visitor_saves_and_brings_in_is_theirs(engine: PretendedEngine) -> None:
    page = visit("train", data="digits-8x8", recipe="quick")
    next(one for one in page.text_input if one.label == "Name of the recipe").set_value("mine")
    page = press(page.run(), "Save")
    owner = recipes.own_recipes()[0]["mine"].owner
    assert len(owner) == 16
    recipes.delete("mine", by=Actor(owner))


@pytest.mark.parametrize("page", ["explore", "evaluate"])
def test_the_class_as_data_is_not_shown_to_a_pupil(page: str, engine: PretendedEngine) -> None:
    drawing_of(ADA)
    shown = visit(page, data="collection", run="best")
    assert "Looking at the class's drawings is for the teacher" in said(shown)


def test_the_pages_offer_a_pupil_no_import_and_no_download(
    engine: PretendedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "find_mnist", lambda: None)
    assert "Download MNIST (11 MB)" not in labels(visit("explore", data="digits-8x8"))
    assert "Import a model" not in [str(one.value) for one in visit("models").header]
    come_from(monkeypatch, "")
    assert "Download MNIST (11 MB)" in labels(visit("explore", data="digits-8x8"))
    assert "Import a model" in [str(one.value) for one in visit("models").header]


# --- A real app ------------------------------------------------------------------------------------------------------


def test_behind_a_proxy_on_the_machine_nobody_counts_as_sitting_at_it(temporary_home: Path, tmp_path: Path) -> None:
    shipped, model = run_folders.find("best"), run_of("", "done")
    atomic.write_bytes(model.model_path, shipped.model_path.read_bytes())
    secret = tmp_path / "secret.csv"
    secret.write_text("password=hunter2\n")
    with running_app(temporary_home) as app:
        asyncio.run(_visit_both(app.address, model, secret))


async def _visit_both(address: str, model: Run, secret: Path) -> None:
    async with open_session(address) as here, open_session(address, {"X-Forwarded-For": "203.0.113.5"}) as there:
        for session, may in ((here, True), (there, False)):
            await session.visit("models", run=model.id)
            assert session.has_button("Delete it") == may
            await session.visit("explore", data=str(secret))
            assert "There is no data at" in _alerts(session) and "password" not in _alerts(session)


def test_whoever_opens_the_link_is_the_teacher_from_anywhere(temporary_home: Path) -> None:
    run = run_of(ADA.owner, "done")
    with running_app(temporary_home) as app:
        token = passes.token()
        asyncio.run(_visit_with_link(app.address, run, token))
        said = (temporary_home / "app.log").read_text(encoding="utf-8")
    (line,) = [line for line in said.splitlines() if token in line]
    assert line.startswith("  For the teacher, on another device: http://"), "it is said once, and logged never"


async def _visit_with_link(address: str, run: Run, token: str) -> None:
    elsewhere = {"X-Forwarded-For": "203.0.113.5"}
    with requests.get(f"{address}/?token={token}", headers={"Accept": "text/html"}, allow_redirects=False) as answer:
        assert answer.status_code == 303 and answer.headers["Location"] == "/"
        given = str(answer.cookies.get(TEACHER_COOKIE))
    for value, may in ((given, True), (given[:-1], False), (passes.browser_pass(), False)):
        async with open_session(address, elsewhere, {TEACHER_COOKIE: value}) as session:
            await session.visit("models", run=run.id)
            assert session.has_button("Delete it") == may


def _alerts(session: AppClient) -> str:
    return " ".join([*session.alerts(), *session.exceptions()])
