"""A teacher follows a plan with a simulated class, keeps a copy of it, and a pupil takes theirs home."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import App
from tests.browser.test_class import browser, lab, ring
from tests.support.accessibility import violations
from tests.support.layout import SOME_WIDTHS, cut_off

__all__ = ["browser", "lab"]

pytestmark = [pytest.mark.browser, pytest.mark.long]


@pytest.fixture
def leads(browser: Browser, lab: App) -> Iterator[Page]:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{lab.address}/class?lesson=new")
    page.get_by_role("button", name="Try it with a simulated class").click()
    expect(page.get_by_text("A simulated class:")).to_be_visible()
    yield page
    page.context.close()


def test_a_lesson_is_led_by_a_plan_kept_and_taken_home(leads: Page, browser: Browser, lab: App, tmp_path: Path) -> None:
    code = leads.locator("text=/^[A-Z]{4}$/").first.inner_text()
    leads.get_by_text("Choose a lesson plan").click()
    leads.get_by_role("button", name="Follow this plan").click()
    expect(leads.get_by_text("step 1 of 7")).to_be_visible()
    leads.get_by_role("button", name="Next step").click()
    expect(leads.get_by_text("step 2 of 7")).to_be_visible()
    leads.get_by_role("button", name="Start for all").first.click()
    expect(leads.get_by_text("12 drawings by 12 people")).to_be_visible(timeout=90_000)
    assert violations(leads) == [] and cut_off(leads, SOME_WIDTHS) == {}
    phone = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
    phone.goto(f"http://school.test:{lab.port}/join?code={code}")
    phone.get_by_role("button", name="Join").click()
    expect(phone.get_by_text("Write a 7")).to_be_visible()
    ring(phone)
    phone.get_by_role("button", name="Hand in").click()
    expect(phone.get_by_text("Done. Thank you!")).to_be_visible()
    leads.get_by_text("End the lesson").click()
    leads.get_by_role("button", name="End it now").click()
    with leads.expect_download() as given:
        leads.get_by_role("button", name="Save the lesson").click()
    given.value.save_as(tmp_path / "lesson.zip")
    with zipfile.ZipFile(tmp_path / "lesson.zip") as found:
        assert sum(name.startswith("drawings/") for name in found.namelist()) == 13
    assert violations(leads) == [] and cut_off(leads, SOME_WIDTHS) == {}
    expect(phone.get_by_role("heading", name="has ended")).to_be_visible()
    assert violations(phone) == []
    with phone.expect_download() as given:
        phone.get_by_role("button", name="Take it home").click()
    given.value.save_as(tmp_path / "home.html")
    home = browser.new_page()
    home.goto((tmp_path / "home.html").as_uri())
    expect(home.get_by_role("heading", name="Write: 7")).to_be_visible()
    assert violations(home) == []
    leads.get_by_role("button", name="Delete it").click()
    leads.get_by_role("button", name="Delete the lesson").click()
    leads.get_by_role("button", name="Undo").click()
    expect(leads.get_by_text("Lessons so far")).to_be_visible()
    phone.context.close()
    home.close()
