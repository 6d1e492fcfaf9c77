"""The start page: what this is, where to go, who else is here. Run with `streamlit run app.py`."""

import streamlit as st

from mnist_core import environment
from mnist_core.data import sources
from mnist_core.formatting import count
from mnist_core.language import N_, gettext, ngettext
from mnist_core.runs import run_folders
from mnist_core.ui.server import doors

ROOMS = {
    "Explore": N_("Look at the digits that a network learns from."),
    "Train": N_("Start a network and watch it learn."),
    "Sweep": N_("Let the lab try many settings and keep the best."),
    "Evaluate": N_("See what a model reads right, and what it mixes up."),
    "Draw": N_("Write a digit and see what the model makes of it."),
    "Models": N_("Name, share and compare what was trained here."),
}
IN_A_ROW = 3


def start() -> None:
    # Parts of a page register with Streamlit's server, which does not run yet when it looks for `app` below.
    from mnist_core.ui import frame, loaders
    from mnist_core.ui.start import demonstration, last_runs, sharing

    with frame.page(
        N_("Start"), N_("Teach a computer to read handwritten digits, and find out what it really learned.")
    ):
        shipped, trained = run_folders.shipped_runs(), run_folders.all_runs()
        if shipped:
            demonstration.show_demonstration(shipped[0])
        else:
            st.info(gettext("No model yet. Train one on the Train page (about 30 s)."))
        if not sources.find_mnist():
            st.info(
                gettext(
                    "MNIST is not on this machine. The Explore page downloads it; without a network, "
                    "digits-8x8 is here."
                )
            )
        rooms = list(ROOMS.items())
        for first in range(0, len(rooms), IN_A_ROW):
            for column, (name, sentence) in zip(st.columns(IN_A_ROW), rooms[first:][:IN_A_ROW], strict=True):
                with column.container(border=True, height="stretch", gap="small"):
                    page, icon = frame.PAGES[name]
                    st.page_link(page, label=f"**{gettext(name)}**", icon=icon)
                    st.markdown(gettext(sentence))
        runs, addresses = st.columns([2, 1], gap="large")
        with addresses:
            sharing.show_lesson()
            sharing.show_addresses()
        with runs:
            last_runs.show_last_runs(trained)
            busy = [run for run in trained if not run.status().finished]
            if busy:
                if environment.can_train():
                    loaders.engine().start()  # after a restart of the machine they go on by themselves
                st.info(
                    ngettext(
                        "{number} run under way or waiting; the Train page shows them live.",
                        "{number} runs under way or waiting; the Train page shows them live.",
                        len(busy),
                        number=count(len(busy)),
                    )
                )


if __name__ == "__main__":
    start()
else:  # `streamlit run` takes from here what it serves: this page and those in pages/, behind the lab's doors
    app = st.App(__file__, middleware=doors.MIDDLEWARE, lifespan=doors.lifespan)
