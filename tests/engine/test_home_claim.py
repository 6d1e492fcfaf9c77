"""One engine a home: who holds it, what is noted, and when it is lost."""

import json
import shutil
import threading
import time
from pathlib import Path

import pytest

from mnist_core.engine import home_claim
from mnist_core.engine.home_claim import HomeClaim
from mnist_core.errors import LabError

ADDRESS = "tls://127.0.0.1:9"


def test_a_home_is_held_by_one_engine_until_it_ends() -> None:
    assert not home_claim.is_held(), "there is not even a home"
    with home_claim.held() as claim:
        assert home_claim.is_held()
        claim.announce(ADDRESS)
        with pytest.raises(LabError, match="already serves"), home_claim.held():
            pass
        claim.withdraw()
        assert not home_claim.note().exists()
    assert not home_claim.is_held()


def test_an_engine_that_starts_waits_for_one_that_ends() -> None:
    taken = threading.Event()

    def end_soon() -> None:
        with home_claim.held():
            taken.set()
            time.sleep(2 * home_claim.LOCK_SECONDS)

    ending = threading.Thread(target=end_soon)
    ending.start()
    assert taken.wait(10)
    with home_claim.held():
        assert not ending.is_alive() or home_claim.is_held()
    ending.join()


def test_a_note_that_a_crash_left_is_taken_away_before_the_engine_is_there(temporary_home: Path) -> None:
    temporary_home.mkdir()
    home_claim.note().write_text("{}")
    with home_claim.held():
        assert not home_claim.note().exists()


def test_a_note_is_written_when_it_is_lost_or_wrong_and_not_otherwise() -> None:
    with home_claim.held() as claim:
        claim.announce(ADDRESS)
        right = home_claim.note().read_bytes()
        written = home_claim.note().stat().st_mtime_ns
        claim.renew()
        assert home_claim.note().stat().st_mtime_ns == written
        home_claim.note().unlink()
        claim.renew()
        assert home_claim.note().read_bytes() == right
        home_claim.note().write_text("{}")
        claim.renew()
        assert home_claim.note().read_bytes() == right
        assert claim.stands()


@pytest.mark.parametrize("again", [False, True])
def test_a_home_that_is_gone_or_another_one_is_no_longer_the_engines(temporary_home: Path, again: bool) -> None:
    with home_claim.held() as claim:
        claim.announce(ADDRESS)
        shutil.rmtree(temporary_home)
        if again:
            with home_claim.held() as other:
                other.announce("tls://127.0.0.1:10")
                assert other.stands()
                assert not claim.stands()
                claim.withdraw()
                assert json.loads(home_claim.note().read_text())["address"] == "tls://127.0.0.1:10"
        else:
            assert not claim.stands()
            claim.renew()
            claim.withdraw()
            assert not temporary_home.exists()


def test_a_folder_that_cannot_be_seen_for_a_moment_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def stale(path: Path) -> None:
        raise OSError(116, "Stale file handle")

    with home_claim.held() as claim:
        monkeypatch.setattr(Path, "stat", stale)
        assert claim.stands()
        monkeypatch.undo()


def test_the_lock_of_an_earlier_release_becomes_its_owners_alone(temporary_home: Path) -> None:
    temporary_home.mkdir()
    lock = temporary_home / "engine.lock"
    lock.touch(0o644)
    with home_claim.held() as claim:
        assert isinstance(claim, HomeClaim)
        assert lock.stat().st_mode & 0o777 == 0o600
