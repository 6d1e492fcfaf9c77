"""The network of three pupils is cut for a minute, each in another way, while their teacher goes on with the class."""

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import App
from tests.browser.test_class import PHONE, SCHOOL, browser, lab, ring, teacher
from tests.support.wire import Wire

__all__ = ["browser", "lab"]

pytestmark = [pytest.mark.browser, pytest.mark.long]

CUT_SECONDS = 62


def offline(page: Page, wire: Wire) -> None:
    """The phone itself knows that it has no network."""
    page.context.set_offline(True)
    wire.drop()


def online(page: Page, wire: Wire) -> None:
    page.context.set_offline(False)


# How a network is cut, and mended.
CUTS: dict[str, tuple[Callable[[Page, Wire], None], Callable[[Page, Wire], None]]] = {
    "the phone": (offline, online),
    "silence": (lambda page, wire: wire.hush(), lambda page, wire: wire.mend()),
    "the server": (lambda page, wire: wire.refuse(), lambda page, wire: wire.mend()),
}


@pytest.fixture
def wires(lab: App) -> Iterator[dict[str, Wire]]:
    found = {how: Wire(lab.port) for how in CUTS}
    yield found
    for wire in found.values():
        wire.close()


def pupil(browser: Browser, port: int, code: str, name: str) -> Page:
    page = browser.new_context(**PHONE).new_page()  # type: ignore[arg-type]
    page.goto(f"http://{SCHOOL}:{port}/join?code={code}")
    page.get_by_role("textbox", name="A name for this lesson").fill(name)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_text("You are in.")).to_be_visible()
    return page


def test_who_is_cut_off_for_a_minute_is_the_same_person_and_catches_up(
    browser: Browser, lab: App, wires: dict[str, Wire]
) -> None:
    leads, code = teacher(browser, lab)
    cut = {how: pupil(browser, wire.port, code, f"Cut by {how}") for how, wire in wires.items()}
    other = pupil(browser, lab.port, code, "Never cut")
    leads.get_by_role("button", name="Start for all").click()
    for page in (*cut.values(), other):
        expect(page.get_by_text("Write a 0")).to_be_visible()
        page.wait_for_timeout(500)  # the canvas is new
        ring(page)
        page.get_by_role("button", name="Hand in").click()
        expect(page.get_by_text("1 of 10 done")).to_be_visible()

    begun = time.monotonic()
    for how, page in cut.items():
        CUTS[how][0](page, wires[how])
    leads.get_by_role("button", name="Eyes up").click()
    expect(other.get_by_text("Eyes up!")).to_be_visible()
    leads.get_by_role("radio", name="Bet", exact=True).click()
    leads.get_by_role("button", name="Start for all").click()
    expect(other.get_by_text("How many of 100")).to_be_visible()
    expect(leads.get_by_text("away", exact=True).first).to_be_visible()
    other.wait_for_timeout(max(0.0, 1000 * (begun + CUT_SECONDS - time.monotonic())))
    for page in cut.values():
        assert page.get_by_text("Write a 1").count() == 1 and not page.get_by_text("How many of 100").count()

    for how, page in cut.items():
        CUTS[how][1](page, wires[how])
    mended = time.monotonic()
    for how, page in cut.items():
        expect(page.get_by_text("How many of 100")).to_be_visible()
        print(f"{how}: caught up after {time.monotonic() - mended:.1f} s")
        expect(page.get_by_text(f"You are Cut by {how}")).to_be_visible()
        page.get_by_label("Your answer").fill("97")
        page.get_by_role("button", name="Hand in").click()
        expect(page.get_by_text("Handed in: 97")).to_be_visible()
        page.reload()
        expect(page.get_by_text("Handed in: 97")).to_be_visible()
        expect(page.get_by_text(f"You are Cut by {how}")).to_be_visible()
    expect(leads.get_by_text("away", exact=True)).to_have_count(0)
    leads.get_by_role("button", name="Write: each digit").click()
    leads.get_by_role("button", name="Take more").click()
    for page in cut.values():
        expect(page.get_by_text("1 of 10 done")).to_be_visible()
        expect(page.get_by_role("group", name="Your drawings").locator("img")).to_have_count(1)
    for page in (leads, other, *cut.values()):
        page.context.close()
