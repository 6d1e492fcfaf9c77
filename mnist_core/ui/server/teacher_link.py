"""The teacher's link: said once, to whoever started the app, where it was started."""

import contextlib

from mnist_core import environment
from mnist_core.classroom import passes
from mnist_core.ui.server import reach
from mnist_core.ui.server.pass_door import TOKEN


def say() -> None:
    """Prints the link; no log has it, and no page that somebody else may see."""
    with contextlib.suppress(OSError):  # such a home can only be read, and the pages say so
        environment.home().mkdir(parents=True, exist_ok=True)
    if token := passes.token():
        print(f"\n  For the teacher, on another device: {link(token)}\n", flush=True)


def link(token: str) -> str:
    """Returns the address at which others open the lab, with the token."""
    found = reach.addresses("") or [reach.local()]
    return f"{found[0]}/?{TOKEN}={token}"
