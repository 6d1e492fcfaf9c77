"""Who asks for something: a browser somewhere, or the command line. What one may change, and by what one is counted."""

import functools
import hashlib
import ipaddress
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from mnist_core.errors import InputError
from mnist_core.language import gettext

# An IPv6 network gives each of its machines as many addresses as it likes out of a block of this size.
IPV6_PREFIX = 64


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Actor:
    """Whoever asks; what changes what is somebody's takes one, and checks it where it makes the change."""

    owner: str = ""  # the browser's word, which what it makes keeps (`ui.browser.owner`)
    address: str = ""  # where its browser is, as its connection says; empty where no limit goes by the address
    on_this_machine: bool = False  # whether the browser, or the command line, runs on the lab's own machine
    teaches: bool = False  # whether the browser has opened the teacher's link (`classroom.passes`)
    # Whether a teacher keeps the browser in a lesson: asked where it counts, as that may change at any moment.
    held: Callable[[], bool] = field(default=_never, compare=False, repr=False)

    @property
    def is_command_line(self) -> bool:
        return self.on_this_machine and not self.owner

    @property
    def in_charge(self) -> bool:
        """Whether it is the teacher: who has the lab's link for teachers, or sits at its own machine."""
        return self.on_this_machine or self.teaches

    @property
    def client(self) -> str:
        """A word for the network address, by which limits count; the same until this process ends, and then for none.

        It says nothing about the address to whoever reads it later. Empty for a browser on this machine.
        """
        return "" if self.on_this_machine or not self.address else _word(self.address)

    def may_change(self, owner: str) -> bool:
        """Whether one may change what this owner made; what nobody owns is left to the teacher."""
        return self.in_charge or bool(owner and owner == self.owner)

    def check_may_change(self, owner: str, what: str) -> None:
        """Raises NotYoursError where one may not, or not now; `what` names it at the start of a sentence."""
        self.check_not_held()
        if not self.may_change(owner):
            if owner:
                sentence = gettext(
                    "{what} belongs to somebody else, so it stays as it is. Only the browser that made it and the "
                    "teacher can change or delete it.",
                    what=what,
                )
            else:  # the command line made it, or many did
                sentence = gettext(
                    "{what} belongs to somebody else, so it stays as it is. Only the teacher can change or delete it.",
                    what=what,
                )
            raise NotYoursError(sentence)

    def check_not_held(self) -> None:
        """Raises NotYoursError for a pupil while the teacher keeps the class on the lesson's page."""
        if not self.in_charge and self.held():
            raise NotYoursError(gettext("Your teacher keeps the class together for now; go back to the lesson."))

    def check_in_charge(self, what: str) -> None:
        """Raises NotYoursError where it is not the teacher; `what` is done, at the start of a sentence."""
        if not self.in_charge:
            raise NotYoursError(
                gettext(
                    "{what} is for the teacher: on the computer that runs the lab, or by the teacher's link, which the "
                    "lab shows where it was started.",
                    what=what,
                )
            )


class NotYoursError(InputError):
    """Somebody asks for a change of what is another's."""


COMMAND_LINE = Actor(on_this_machine=True)


@functools.cache
def _key() -> bytes:
    return secrets.token_bytes(16)


def _word(address: str) -> str:
    return hashlib.blake2b(network_of(address).encode(), key=_key(), digest_size=6).hexdigest()


def network_of(address: str) -> str:
    """Returns the block of addresses that counts as one client."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:  # whatever it is, it is the same one next time
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, IPV6_PREFIX), strict=False))
    return str(found)
