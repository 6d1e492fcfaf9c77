"""A class's models: named, deleted and brought back, and carried to another lab as a capsule."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mnist_core.config.recipes import RECIPES
from mnist_core.formatting import percent
from mnist_core.runs import run_folders
from mnist_core.runs.run import Run
from mnist_core.runs.status import Status
from tests.browser.conftest import SETTLED, App

pytestmark = pytest.mark.browser


def new_run(app: App) -> Run:
    reference = {"name": "mnist", "identity": "0", "title": "MNIST"}
    run = run_folders.create(RECIPES["quick"].config, reference, app.home / "runs")
    run.write_status(Status("done", epoch=2, epochs=2, test_accuracy=0.9))
    return run


@pytest.mark.long
def test_a_run_is_named_deleted_and_brought_back(page: Page, app: App) -> None:
    run = new_run(app)
    page.goto(f"{app.address}/models?run={run.id}")
    page.get_by_role("button", name="Name and note").click()
    page.get_by_label("Name", exact=True).fill("Ada's *net*")
    page.get_by_role("textbox", name="Note").fill("Deeper than ours.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Ada's *net* (90.00 %)")).to_be_visible()
    expect(page.get_by_text("Deeper than ours.").first).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    assert run.label().name == "Ada's *net*"

    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("Ada's *net* (90.00 %) is deleted.").first).to_be_visible()
    assert not run.folder.exists()
    heading = page.get_by_role("heading", name="Ada's *net* (90.00 %)")
    expect(heading).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    expect(heading).to_be_visible()
    assert run.folder.exists() and run.label().note == "Deeper than ours."


@pytest.mark.long
def test_a_capsule_is_downloaded_and_imported_again(page: Page, app: App, real_mnist: Path, tmp_path: Path) -> None:
    page.goto(f"{app.address}/models?run=best")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Capsule", exact=True).click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    assert path.name == "best.capsule"

    page.locator("input[type=file]").set_input_files(path)
    page.get_by_label("Name", exact=True).fill("From next door")
    page.get_by_label("Name", exact=True).press("Tab")
    page.get_by_role("button", name="Import", exact=True).click()
    accuracy = run_folders.find(run_folders.SHIPPED_MODEL).status().test_accuracy
    assert accuracy is not None
    words = percent(accuracy)
    sentence = f"Imported: {words} there, {words} on the same 10,000 images here."
    expect(page.get_by_text(sentence).first).to_be_visible(timeout=300_000)
    expect(page.get_by_role("heading", name=f"From next door ({words})")).to_be_visible()
    (imported,) = (run for run in map(Run, (app.home / "runs").iterdir()) if run.label().name == "From next door")
    assert imported.id in page.url and imported.status().test_accuracy == accuracy
    page.wait_for_function(SETTLED, polling=50)
    page.get_by_role("link", name="Draw").last.click()
    expect(page.get_by_text("Nothing drawn yet.").first).to_be_visible()  # the shipped model answers beside it
    expect(page.get_by_role("combobox", name="Model")).to_have_value(f"From next door ({words})")
