"""Class: a teacher leads a class through a lesson."""

import streamlit as st

from mnist_core.language import N_, gettext
from mnist_core.ui import frame, late
from mnist_core.ui.browser import actor

on_beamer = st.query_params.get("board") == "1"
with frame.page(
    N_("Class"), "" if on_beamer else N_("Lead a class: all join by a code, and you see what they do."), alone=on_beamer
):
    if actor().in_charge:
        with late.LOADING:
            from mnist_core.ui.lesson import teaching
        teaching.show()
    else:
        st.info(
            gettext(
                "This page is the teacher's: on the computer that runs the lab, or by the teacher's link. To take "
                "part, open Join."
            )
        )
        st.page_link("pages/join.py", label=gettext("Join"), icon=":material/login:")
