"""What the Train page offers in each state of a run, and what its buttons ask for."""

import dataclasses
import time

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button, NumberInput

from mnist_core.config.network import parse_network
from mnist_core.config.recipes import RECIPES
from mnist_core.config.train_config import TrainConfig
from mnist_core.data import sources
from mnist_core.data.dataset import Dataset
from mnist_core.errors import InputError
from mnist_core.runs import bets, run_folders
from mnist_core.runs.bets import Bet, Bets
from mnist_core.runs.description import Continues, Imported
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status
from mnist_core.training import continuation, loop
from mnist_core.ui import visitor
from tests.conftest import PretendedEngine
from tests.pages.conftest import OpenPage, checked, said

REFERENCE = {"name": "digits-8x8", "identity": "0", "title": "digits-8x8"}
TINY = TrainConfig(
    "quick", parse_network("conv:8:5:relu,maxpool:4,flatten,dense:10:softmax"), epochs=2, learning_rate=0.01
)


def run_in(state: str, **more: object) -> Run:
    run = run_folders.create(RECIPES["quick"].config, REFERENCE)
    run.write_status(Status(state, epoch=1, epochs=2, step=3, steps=10, **more))  # type: ignore[arg-type]
    return run


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click()
    return checked(page.run())


def labels(page: AppTest) -> set[str]:
    return {button.label for button in page.button}


def test_each_state_offers_what_can_be_done(open_page: OpenPage) -> None:
    steering = {"Pause", "Resume", "Try again", "One epoch", "Stop", "Stop and save", "Apply", "Use its settings"}
    expected = {
        "queued": {"Stop"},
        "running": {"Pause", "One epoch", "Stop and save", "Apply"},
        "paused": {"Resume", "One epoch", "Stop and save", "Apply"},
        "failed": {"Use its settings"},
        "stopped": {"Use its settings"},
    }
    for state, offered in expected.items():
        page = open_page("train", run=run_in(state).id)
        assert labels(page) & steering == offered, state


def test_buttons_ask_the_trainer(open_page: OpenPage) -> None:
    run = run_in("running")
    page = press(open_page("train", run=run.id), "Pause")
    assert run.control().request == "pause" and "Pausing …" in said(page), "it is said in the same moment"
    run.write_status(dataclasses.replace(run.stored_status(), state="paused"))
    press(checked(page.run()), "One epoch")
    assert (run.control().request, run.control().until) == ("epoch", 2)
    press(page, "Stop and save")
    assert run.control().request == "stop"


def test_the_learning_rate_of_a_running_run_is_changed(open_page: OpenPage) -> None:
    run = run_in("running", learning_rate=0.01)
    page = open_page("train", run=run.id)
    number(page, "From now on").set_value(0.002)
    press(page, "Apply")
    assert run.control().learning_rate == 0.002


def test_curves_grow_in_charts_that_stay(open_page: OpenPage) -> None:
    run = run_in("running")
    history = {"epoch": [0.1, 0.2], "loss": [2.3, 1.1], "accuracy": [0.1, 0.6]}
    run.write_batches(history)
    page = open_page("train", run=run.id)
    before = [chart.proto for chart in page.get("vega_lite_chart")]
    run.write_batches({name: [*values, 0.7] for name, values in history.items()})
    after = [chart.proto for chart in checked(page.run()).get("vega_lite_chart")]
    # The browser draws a chart again as soon as anything but its data is another.
    assert [(chart.id, chart.spec, chart.alt) for chart in before] == [(one.id, one.spec, one.alt) for one in after]
    assert len(after) == 2 and all(one.data.data != two.data.data for one, two in zip(before, after, strict=True))
    assert [text.value for text in page.caption if "0.7000" in text.value or "70.00 %" in text.value]


def test_a_parked_run_gets_a_trainer_before_it_goes_on(open_page: OpenPage, engine: PretendedEngine) -> None:
    run = run_in("paused", parked=True, problem="parked")
    page = open_page("train", run=run.id)
    assert "Its trainer is free for others" in said(page)
    press(page, "One epoch")
    assert run.stored_status().state == "queued" and not run.stored_status().parked
    assert run.control().request == "epoch"
    assert [task.argument for task in engine.tasks] == [str(run.folder)]


def test_a_failed_run_is_tried_again(open_page: OpenPage, engine: PretendedEngine) -> None:
    run = run_folders.create(RECIPES["quick"].config, REFERENCE)
    run.write_status(Status("failed", "not-handed-over", details={"text": "No engine."}))
    page = open_page("train", run=run.id)
    assert "No engine. Then press 'Try again'." in said(page)
    press(page, "Try again")
    assert run.stored_status().state == "queued" and [task.argument for task in engine.tasks] == [str(run.folder)]


def test_settings_of_a_run_are_used_again(open_page: OpenPage) -> None:
    run = run_folders.create(dataclasses.replace(RECIPES["simple-cnn"].config, epochs=3, seed=77), REFERENCE)
    run.write_status(Status("stopped", "stopped-waiting"))
    page = open_page("train", run=run.id)
    page = press(page, "Use its settings")
    assert page.query_params["recipe"] == "simple-cnn" and page.query_params["seed"] == "77"
    assert (number(page, "Epochs").value, number(page, "Seed").value) == (3, 77)


def test_a_finished_run_is_trained_on(
    open_page: OpenPage, engine: PretendedEngine, simple_dataset: Dataset, simple_npz: object
) -> None:
    dataset = dataclasses.replace(simple_dataset, name=str(simple_npz))
    first = run_folders.create(TINY, dataset.reference())
    assert loop.train(TINY, dataset, first).state == "done"
    page = open_page("train", run=first.id)
    number(page, "More epochs").set_value(3)
    next(button for button in page.button if button.key == f"train-on-{first.id}").click()
    checked(page.run())
    run = next(run for run in run_folders.all_runs() if run.id != first.id)
    assert run.config().epochs == 5 and run.description().continues == Continues(first.id, 2)
    assert page.query_params["run"] == run.id
    assert [task.argument for task in engine.tasks] == [str(run.folder)]


def test_the_data_of_a_continued_run_must_be_there(open_page: OpenPage, simple_dataset: Dataset) -> None:
    dataset = dataclasses.replace(simple_dataset, name="/nowhere.npz")
    first = run_folders.create(dataclasses.replace(TINY, epochs=1), dataset.reference())
    loop.train(first.config(), dataset, first)
    page = open_page("train", run=first.id)
    next(button for button in page.button if button.key == f"train-on-{first.id}").click()
    checked(page.run())
    assert "There is no data at /nowhere.npz" in said(page)
    assert [run.id for run in run_folders.all_runs()] == [first.id]


def test_event_files_are_written_on_request(open_page: OpenPage) -> None:
    page = open_page("train", data="digits-8x8")
    next(box for box in page.checkbox if box.label == "TensorBoard files").check()
    press(page, "Start")
    (run,) = run_folders.all_runs()
    assert run.description().tensorboard is True


def number(page: AppTest, label: str) -> NumberInput:
    return next(one for one in page.number_input if one.label == label)


def bet(page: AppTest, share: float, name: str) -> AppTest:
    number(page, "My bet, in %").set_value(share)
    next(field for field in page.text_input if field.label == "Name").set_value(name)
    return press(page, "Add this bet")


def test_bets_are_locked_at_the_start_and_decided_at_the_end(open_page: OpenPage) -> None:
    page = press(open_page("train", data="digits-8x8"), "Add this bet")
    assert "Type a number from 0 to 100" in said(page)
    page = bet(bet(page, 97.0, "Ada"), 99.0, " Ben ")
    assert "The bets: Ada 97 %, Ben 99 %." in said(page) and number(page, "My bet, in %").value is None
    number(page, "My bet, in %").set_value(50.0)  # typed, and not added
    page = press(page, "Start")
    (run,) = run_folders.all_runs()
    assert bets.load(run.bets_path) == Bets((Bet("Ada", 0.97), Bet("Ben", 0.99), Bet("", 0.5)))
    assert number(page, "My bet, in %").value is None and "Remove all bets" not in labels(page)
    run.write_status(Status("done", epoch=1, epochs=1, steps=10, test_accuracy=0.985))
    page = checked(page.run())
    assert "It became 98.50 %: nearest was Ben, 0.5 points apart." in said(page)
    (decided,) = [one for one in page.markdown if "0.5 points apart" in one.value]
    assert "How far two shares in percent are apart" in decided.proto.help
    assert {one.label for one in page.metric if one.proto.help} == {"Validation accuracy", "Training loss"}
    assert "nearest was Ben" in said(open_page("train", run=run.id)), "whoever watches reads it"


def test_a_slow_start_is_in_the_address_and_in_the_run(open_page: OpenPage) -> None:
    page = open_page("train", data="digits-8x8")
    assert "the quick recipe takes about 10 seconds" in said(page)
    (slow,) = [one for one in page.toggle if one.label == "Slow start"]
    page = checked(slow.set_value(True).run())
    assert "the quick recipe takes about 30 seconds" in said(page)
    assert page.query_params["slow"] in ("1", ["1"])
    press(open_page("train", data="digits-8x8", slow="1"), "Start")
    (run,) = run_folders.all_runs()
    assert run.description().slow_start
    run.write_status(Status("done", epoch=1, epochs=1, steps=10, seconds=4, test_accuracy=0.985))
    assert "Test accuracy 98.50 %. The waits of the slow start are not counted." in said(open_page("train", run=run.id))


def test_an_imported_model_was_not_trained_here(open_page: OpenPage) -> None:
    imported = Imported("theirs.keras", "keras", measured=0.97, images=100, judged_on="MNIST")
    run = run_folders.create(RECIPES["quick"].config, REFERENCE, about={"imported": imported})
    run.write_status(Status("done", "imported", 0, 10, test_accuracy=0.97))
    run.model_path.write_bytes(b"")
    page = open_page("train", run=run.id)
    assert "Imported; it was not trained here." in said(page) and "Now showing: " in said(page)
    assert not page.metric and not labels(page) & {"Use its settings", "Pause"}
    assert {"See its evaluation", "Draw with it"} <= {link.proto.label for link in page.get("page_link")}


def test_a_run_can_have_its_name_at_the_start(open_page: OpenPage) -> None:
    page = open_page("train", data="digits-8x8")
    field = next(box for box in page.text_input if box.label == "Name of the run")
    field.set_value(" ours ")
    page = press(page, "Start")
    (run,) = run_folders.all_runs()
    assert run.label().name == "ours"
    assert next(box for box in page.text_input if box.label == "Name of the run").value == ""


def test_the_same_run_is_offered_before_it_is_trained_again(open_page: OpenPage) -> None:
    run = run_folders.create(RECIPES["quick"].config, sources.load("digits-8x8").reference())
    run.write_status(Status("done", epoch=1, epochs=1, test_accuracy=0.97))
    run.model_path.write_bytes(b"")
    other = run_in("stopped")
    page = open_page("train", data="digits-8x8", run=other.id)
    assert "This very run is here already." in said(page) and not start_button(page).disabled
    # Below the button, which keeps its place.
    words = [getattr(one, "value" if one.type == "markdown" else "label", "") for one in page.main]
    assert words.index("Start") < next(place for place, one in enumerate(words) if "This very run" in str(one))
    page = press(page, "Use it")
    assert page.query_params["run"] == run.id and "Use it" not in labels(page)
    page = press(page, "Another seed")
    assert "This very run" not in said(page) and f"This run: quick, seed {page.query_params['seed']}" in said(page)
    seed = number(page, "Seed")
    assert seed.value == int(page.query_params["seed"]) and seed.proto.set_value, "the browser is told of it, too"
    press(page, "Start")
    assert run_folders.all_runs()[0].config().seed == int(page.query_params["seed"])


def start_button(page: AppTest) -> Button:
    return next(button for button in page.button if button.label == "Start")


def test_the_network_of_the_form_is_that_of_the_editor(open_page: OpenPage) -> None:
    page = open_page("train", data="digits-8x8", network="flatten,dense:10:softmax")
    assert "7,850 parameters in 2 layers." in said(page)
    # Without a browser a click inside the dialog runs the whole page, so the dialog has to be opened with it.
    page = press(page, "Change the network")
    for label in ("Change the network", "Remove"):
        next(button for button in page.button if button.label == label).click()
    page = checked(page.run())
    assert "This network does not work yet." in said(page) and start_button(page).disabled
    assert page.query_params["network"] == "flatten,dense:10:softmax"
    for label in ("Change the network", "Reset"):
        next(button for button in page.button if button.label == label).click()
    page = checked(page.run())
    assert not start_button(page).disabled and "network" not in page.query_params


def test_on_a_phone_the_run_of_a_link_comes_before_the_form(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitor, "has_phone", lambda: True)
    page = open_page("train", run=run_in("stopped").id)
    kinds = [element.label for element in page.button]
    assert kinds.index("Use its settings") < kinds.index("Start")
    assert "Next run" in [fold.label for fold in page.expander]
    page = open_page("train")
    assert "Next run" not in [fold.label for fold in page.expander]


def test_a_second_waiting_run_is_refused_with_words(open_page: OpenPage, engine: PretendedEngine) -> None:
    page = press(open_page("train", data="digits-8x8"), "Start")
    first = next(iter(run_folders.all_runs()))
    first.write_status(dataclasses.replace(first.stored_status(), state="running", heartbeat=time.time()))
    page = press(page, "Start")
    page = press(page, "Start")
    assert len(run_folders.all_runs()) == len(engine.tasks) == 2
    assert "still waits in the queue" in said(page)


def test_continuing_needs_an_end() -> None:
    with pytest.raises(InputError, match="has not ended"):
        continuation.create(run_in("running"), 1)
