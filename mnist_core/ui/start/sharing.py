"""How others open the lab: its address in the network, to read and to photograph."""

import streamlit as st

from mnist_core.language import gettext
from mnist_core.presentation import qr_code
from mnist_core.presentation.markup import part
from mnist_core.ui import visitor
from mnist_core.ui.browser import actor
from mnist_core.ui.server import reach

SIZE = 168


def show_lesson() -> None:
    """Leads the teacher to a lesson with a class, and everybody else into one."""
    with st.container(border=True, gap="small"):
        if actor().in_charge:
            st.page_link("pages/class.py", label=gettext("**Teach a class**"), icon=":material/school:")
            st.markdown(gettext("All join by a code. You see what they draw, and lead them through a lesson."))
        else:
            st.page_link("pages/join.py", label=gettext("**Join a lesson**"), icon=":material/login:")
            st.markdown(gettext("With the code on your teacher's board."))


def show_addresses() -> None:
    """Shows by which address others open the lab, where it listens to them."""
    found = reach.addresses(st.context.headers.get("Host", ""))
    if not visitor.on_this_machine():
        found = found[:1]  # the one by which this visitor came; the machine's other networks are its own matter
    if not found:
        return
    with st.container(key="addresses"):
        st.header(gettext("Open it on your device"), anchor=False)
        chosen = found[0]
        if len(found) > 1:
            chosen = st.selectbox(gettext("Network"), found, key="network", format_func=lambda one: one.split("//")[-1])
        st.html(part("qr_code.html", "shown", qr_code.source(chosen), chosen, SIZE))
        st.caption(gettext("Your device must be in the same network as this lab."))
