"""Who asks: the same browser is the same person, as far as fairness and what is one's own go."""

import functools
import secrets

import streamlit as st

from mnist_core.access.actor import Actor
from mnist_core.classroom import passes
from mnist_core.ui import taking_part, visitor
from mnist_core.ui.server import owners, streamlit_cookie


def actor() -> Actor:
    """Returns who sits at this browser, as the core asks for it."""
    teaches = passes.is_teacher(st.context.cookies.get(passes.TEACHER_COOKIE) or "")
    held = functools.partial(taking_part.is_held, owner())
    return Actor(owner(), visitor.address(), visitor.on_this_machine(), teaches, held)


def owner() -> str:
    """Returns a name for whoever sits at this browser: 16 hexadecimal digits that say nothing about the person.

    It comes from the browser's pass, so that a reload, a second tab or the next day is the same person; where there is
    none, from the token that Streamlit gives each browser. A browser without cookies gets a name for as long as its
    session lasts.
    """
    known = owners.owner_of(st.context.cookies)
    return known or streamlit_cookie.name_of(st.session_state.setdefault("owner", secrets.token_bytes(16)))
