"""The teacher's link, and what browsers are remembered by: cookies that only this lab can write.

The link has a token, as Jupyter's has. Its secrets lie in the home, for its owner alone, so that a link and a cookie
outlive the app, and hold for all processes that serve it.
"""

import functools
import hashlib
import hmac
import logging
import os
import re
import secrets
from pathlib import Path

from filelock import Timeout
from itsdangerous import BadData, URLSafeTimedSerializer

from mnist_core.environment import home
from mnist_core.errors import InputError
from mnist_core.files import atomic, locks

logger = logging.getLogger(__name__)

NO_TOKEN = "MNIST_NO_TOKEN"
FILE = "teacher.json"
BYTES = 32  # of a token, and of the key that signs
LOCK_SECONDS = 2.0
KEPT_DAYS = 200  # a school year
OWNER = re.compile(r"[0-9a-f]{16}")
TEACHER, BROWSER = "teacher", "browser"  # what a pass is for
TEACHER_COOKIE, BROWSER_COOKIE = "digit_lab_teacher", "digit_lab_browser"
Secrets = tuple[str, str]  # the token of the link, the key of the passes


def token() -> str:
    """Returns what the teacher's link has behind `?token=`; empty where `$MNIST_NO_TOKEN` wants none."""
    return "" if os.environ.get(NO_TOKEN) else _secrets()[0]


def is_token(given: str) -> bool:
    """Whether it is the token of the teacher's link; how long the answer takes tells nothing about it."""
    wanted = token()
    return bool(wanted) and hmac.compare_digest(wanted.encode(), given.encode())


def teacher_pass() -> str:
    """Returns a cookie for whoever has opened the teacher's link; it ends with the link, and after `KEPT_DAYS`."""
    return _signer(TEACHER).dumps(_digest(token()))


def is_teacher(given: str) -> bool:
    """Whether a cookie is one that `teacher_pass` made."""
    return bool(token()) and _read(TEACHER, given) == _digest(token())


def browser_pass(owner: str = "") -> str:
    """Returns a cookie by which a browser stays the same person.

    Args:
        owner: Who it is, 16 hexadecimal digits; somebody new by default.
    """
    return _signer(BROWSER).dumps(owner or secrets.token_hex(8))


def owner_of(given: str) -> str:
    """Returns who a browser is by a cookie that `browser_pass` made; empty for any other."""
    owner = _read(BROWSER, given)
    return owner if isinstance(owner, str) and OWNER.fullmatch(owner) else ""


def _read(use: str, given: str) -> object:
    try:
        return _signer(use).loads(given, max_age=KEPT_DAYS * 24 * 3600)
    except BadData:
        return None


def _signer(use: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(_secrets()[1], salt=f"digit-lab-{use}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _secrets() -> Secrets:
    """Whoever deletes the file ends all links and passes."""
    path = home() / FILE
    stamp = atomic.stamp(path)
    return (stamp and _read_once(path, stamp)) or _make(path)


@functools.lru_cache(maxsize=2)
def _read_once(path: Path, stamp: tuple[int, ...]) -> Secrets | None:
    return _written(path)


def _make(path: Path) -> Secrets:
    if not path.parent.is_dir():  # a home that is gone is said, and not made anew
        return _of_this_process()
    try:
        with locks.lock(path.with_suffix(".lock"), LOCK_SECONDS):
            if found := _written(path):  # another process was faster
                return found
            made = _drawn()
            atomic.write_json(path, {"token": made[0], "key": made[1]}, atomic.OWNER_ALONE)
            return made
    except (OSError, Timeout):
        logger.info("The teacher's link cannot be kept in the home; it ends with the app", exc_info=True)
        return _of_this_process()


@functools.cache
def _of_this_process() -> Secrets:
    return _drawn()


def _drawn() -> Secrets:
    return secrets.token_urlsafe(BYTES), secrets.token_urlsafe(BYTES)


def _written(path: Path) -> Secrets | None:
    try:
        values = atomic.read_json(path)
        found = values["token"], values["key"]
    except (InputError, KeyError, TypeError):
        return None
    return found if all(isinstance(one, str) and len(one) >= BYTES for one in found) else None
