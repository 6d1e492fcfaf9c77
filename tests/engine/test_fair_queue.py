import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_core.config.network import count_multiply_adds, parse_network
from mnist_core.config.train_config import TrainConfig
from mnist_core.engine import fair_queue
from mnist_core.errors import InputError, LabError
from mnist_core.files import atomic
from mnist_core.runs import run_folders, summary
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status
from tests.support.paths import ROOT

CONFIG = TrainConfig("quick", parse_network("flatten,dense:10:softmax"), epochs=4)
REFERENCE = {"name": "mnist", "identity": "0", "title": "MNIST"}


def ask(owner: str, work: float = 0.0) -> Run:
    with fair_queue.joining(owner) as tag:
        return run_folders.create(CONFIG, REFERENCE, about={"owner": owner, "tag": tag, "work": work})


def begin(run: Run, state: str = "running", **values: float) -> None:
    fair_queue.note_start(fair_queue.entry(run).tag)
    run.write_status(dataclasses.replace(run.stored_status(), state=state, **values))  # type: ignore[arg-type]


def owners_in_order() -> list[str]:
    """Starts and ends one run after another, the next one always first; returns whose they were."""
    order = []
    while queue := fair_queue.look().waiting:
        begin(queue[0])
        queue[0].write_status(Status("done"))
        order.append(fair_queue.entry(queue[0]).owner)
    return order


def test_the_first_run_of_one_comes_before_the_second_of_another() -> None:
    first = ask("ada")
    begin(first)
    for owner in ("ada", "ada", "bob", "bob", "cleo"):
        ask(owner)
    assert owners_in_order() == ["bob", "cleo", "ada", "bob", "ada"]


def test_thirty_people_with_one_run_each_start_in_the_order_of_asking_and_their_second_ones_after_that() -> None:
    class_list = [f"pupil {number}" for number in range(30)]
    for owner in [*class_list[:15], *class_list[:15], *class_list[15:], *class_list[15:]]:
        ask(owner)
    assert owners_in_order() == class_list * 2


def test_who_was_idle_gains_no_credit_and_who_was_busy_owes_nothing_for_ever() -> None:
    ask("ada")
    for _ in range(5):
        ask("bob")
    assert owners_in_order() == ["ada", *["bob"] * 5]
    for owner in ("bob", "ada", "ada", "ada", "bob"):
        ask(owner)
    assert owners_in_order() == ["ada", "bob", "ada", "ada", "bob"]


def test_a_sweep_takes_as_many_tags_as_it_has_trials() -> None:
    with fair_queue.joining("ada", 20) as first:
        pass
    with fair_queue.joining("ada") as after:
        assert (first, after) == (0.0, 20.0)
    with fair_queue.joining("bob") as other:
        assert other == 0.0


TAKE_TAGS = """
from mnist_core.engine import fair_queue
for _ in range(20):
    with fair_queue.joining("ada") as tag:
        print(tag)
"""


def test_two_processes_never_draw_the_same_tag() -> None:
    command = [sys.executable, "-c", TAKE_TAGS]
    processes = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    taken = [float(tag) for process in processes for tag in process.communicate(timeout=60)[0].split()]
    assert sorted(taken) == list(range(40))


def test_a_run_that_could_not_be_made_uses_no_tag() -> None:
    with pytest.raises(LabError), fair_queue.joining("ada"):
        raise LabError("refused")
    with fair_queue.joining("ada") as tag:
        assert tag == 0.0


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"virtual_time": null, "last": {}}', '{"virtual_time": 1, "last": []}']
)
def test_a_damaged_ledger_starts_anew(temporary_home: Path, content: str) -> None:
    temporary_home.mkdir()
    (temporary_home / "queue.json").write_text(content)
    with fair_queue.joining("ada") as tag:
        assert tag == 0.0


def test_the_ledger_forgets_who_is_no_longer_ahead(temporary_home: Path) -> None:
    ask("ada")
    ask("bob")
    fair_queue.note_start(5.0)
    assert atomic.read_json(temporary_home / "queue.json") == {"format": 1, "virtual_time": 5.0, "last": {}}


def test_a_home_that_cannot_be_written_is_said(temporary_home: Path) -> None:
    temporary_home.write_text("a file in the way")
    with pytest.raises(LabError, match="cannot be written"), fair_queue.joining("ada"):
        pass


# --- Place and expected start ------------------------------------------------------------------------------------


def test_place_and_expected_start_follow_the_fair_order() -> None:
    done = ask("ada", work=1e9)
    done.write_status(Status("done", epoch=4, epochs=4, seconds=10.0))
    running = ask("ada", work=1e9)
    begin(running, seconds_left=30.0)
    second, third = ask("ada", work=2e9), ask("bob", work=1e9)
    assert [fair_queue.look().place(run) for run in (third, second)] == [1, 2]
    assert fair_queue.look().expected_wait(third) == 30.0
    assert fair_queue.look().expected_wait(second) == pytest.approx(30 + 10 + fair_queue.FIXED_SECONDS)
    assert fair_queue.queue_sentence(third) == (
        f"Next in the queue, behind {summary.title(running)}, which is running; starts in about 30 s."
    )
    assert fair_queue.queue_sentence(second).startswith("Number 2 in the queue, behind quick, ")
    assert fair_queue.queue_sentence(second).endswith("starts in about 50 s.")


def test_two_trainers_share_the_queue() -> None:
    for seconds in (100.0, 300.0):
        begin(ask("ada"), seconds_left=seconds)
    first, second, third = (ask(owner, work=100.0 / fair_queue.USUAL_PACE) for owner in ("bob", "cleo", "dan"))
    fixed = fair_queue.FIXED_SECONDS
    assert fair_queue.look().expected_wait(first) == 100
    assert fair_queue.look().expected_wait(second) == pytest.approx(200 + fixed)
    assert fair_queue.look().expected_wait(third) == pytest.approx(300)
    assert fair_queue.queue_sentence(third).endswith("starts in about 5 min.")


def test_behind_a_paused_run_no_time_is_promised() -> None:
    paused, waiting = ask("ada"), ask("bob")
    begin(paused, "paused", seconds_left=30.0)
    assert fair_queue.look().expected_wait(waiting) is None
    assert fair_queue.queue_sentence(waiting) == f"Next in the queue, behind {summary.title(paused)}, which is paused."
    paused.write_status(dataclasses.replace(paused.status(), parked=True))
    assert fair_queue.queue_sentence(waiting) == "Next in the queue; about to start."


def test_the_work_of_a_run_is_that_of_its_layers() -> None:
    layers = parse_network("conv:32:3:relu,maxpool:2,conv:64:3:relu,maxpool:2,flatten,dense:10:softmax")
    assert count_multiply_adds(layers) == 9 * 32 * 26**2 + 9 * 32 * 64 * 11**2 + 1600 * 10
    assert fair_queue.work(CONFIG, 1000) == 4 * 900 * 7840
    assert fair_queue.work(dataclasses.replace(CONFIG, non_digits=0.5), 1000) == 4 * 1350 * 7840


# --- Limits ------------------------------------------------------------------------------------------------------


def test_a_person_has_one_run_in_training_and_one_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ask("ada")
    assert [run.id for run in fair_queue.in_the_way("ada")] == [first.id]
    assert fair_queue.in_the_way("bob") == fair_queue.in_the_way("") == []
    begin(first)
    assert fair_queue.in_the_way("ada") == []
    second = ask("ada")
    assert [run.id for run in fair_queue.in_the_way("ada")] == [second.id]
    monkeypatch.setenv("MNIST_MAX_WAITING", "2")
    assert fair_queue.in_the_way("ada") == []
    begin(second, "paused", parked=True)
    monkeypatch.delenv("MNIST_MAX_WAITING")
    assert fair_queue.in_the_way("ada") == []


def test_the_limit_of_images_is_said_with_both_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fair_queue.check_size(CONFIG, 60_000) == {}
    monkeypatch.setenv("MNIST_MAX_IMAGES", "200000")
    with pytest.raises(InputError) as caught:
        fair_queue.check_size(CONFIG, 60_000)
    assert str(caught.value) == (
        "This run would train on 216,000 images (4 epochs of 54,000), but this lab allows 200,000; "
        "lower the epochs or the share of the data."
    )
    monkeypatch.setenv("MNIST_MAX_SECONDS", "90")
    assert fair_queue.check_size(dataclasses.replace(CONFIG, epochs=3), 60_000) == {"seconds": 90.0}


@pytest.mark.parametrize("value", ["many", "0", "-3", "nan"])
@pytest.mark.parametrize("name", ["MNIST_MAX_IMAGES", "MNIST_MAX_SECONDS", "MNIST_MAX_WAITING"])
def test_a_limit_that_is_no_number_is_said(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=f"^.{name} is '{value}', but must be a number from 1 up"):
        fair_queue.check_size(CONFIG, 60_000)
        fair_queue.in_the_way("ada")
