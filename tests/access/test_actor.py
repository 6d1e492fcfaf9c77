import pytest

from mnist_core.access.actor import COMMAND_LINE, Actor, NotYoursError

ADA = Actor("ada", "203.0.113.5")
AT_THE_MACHINE = Actor("teacher", on_this_machine=True)


@pytest.mark.parametrize(
    ("by", "owner", "may"),
    [
        (ADA, "ada", True),
        (ADA, "bob", False),
        (ADA, "", False),
        (Actor(), "", False),
        (AT_THE_MACHINE, "ada", True),
        (AT_THE_MACHINE, "", True),
        (COMMAND_LINE, "ada", True),
    ],
)
def test_one_may_change_what_is_ones_own_and_this_machine_everything(by: Actor, owner: str, may: bool) -> None:
    assert by.may_change(owner) == may
    if may:
        by.check_may_change(owner, "The run a")
    else:
        with pytest.raises(NotYoursError, match="The run a belongs to somebody else"):
            by.check_may_change(owner, "The run a")


def test_who_else_may_is_said_as_it_is() -> None:
    with pytest.raises(NotYoursError, match="Only the browser that made it and the teacher can change"):
        ADA.check_may_change("bob", "The run a")
    with pytest.raises(NotYoursError, match="Only the teacher can change"):
        ADA.check_may_change("", "The run a")


def test_only_the_command_line_is_without_an_owner_on_this_machine() -> None:
    assert COMMAND_LINE.is_command_line
    assert not any(by.is_command_line for by in (ADA, AT_THE_MACHINE, Actor()))


def test_an_address_has_one_word_that_does_not_show_it() -> None:
    assert ADA.client == Actor("bob", "203.0.113.5").client != Actor("ada", "203.0.113.6").client
    assert ADA.client and "203" not in ADA.client
    assert COMMAND_LINE.client == AT_THE_MACHINE.client == Actor("ada").client == ""


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1:2:3", True),  # one machine may have all addresses of such a block
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::1", True),
        ("::ffff:203.0.113.5", "203.0.113.5", True),
        ("not an address", "not an address", True),
    ],
)
def test_what_one_machine_can_call_itself_is_one_client(one: str, other: str, same: bool) -> None:
    assert (Actor("a", one).client == Actor("b", other).client) == same
