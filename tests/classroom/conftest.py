"""A lesson's database of each test's own, and no limits that a test before has used up."""

import pytest

from mnist_core.access import quotas
from mnist_core.classroom.activities import Activities
from mnist_core.classroom.lessons import Lessons


@pytest.fixture(autouse=True)
def no_limits() -> None:
    quotas.forget()


@pytest.fixture
def activities() -> Activities:
    return Activities(Lessons())
