"""The start page: what this is, the state of the lab, where to go next. Run with `streamlit run app.py`."""

import streamlit as st

from mnist_core import environment
from mnist_core.data import sources
from mnist_core.formatting import count, percent
from mnist_core.runs import run_folders
from mnist_core.ui.server import doors

STEPS = (
    ("Explore", "Look at the images that a network learns from.", "pages/explore.py"),
    ("Train", "Choose a recipe and watch the network learn.", "pages/train.py"),
    ("Evaluate", "See what it reads right, and what it confuses.", "pages/evaluate.py"),
    ("Draw", "Write a digit by hand and see what it makes of it.", "pages/draw.py"),
)


def start() -> None:
    # Parts of a page register with Streamlit's server, which does not run yet when it looks for `app` below.
    from mnist_core.ui import frame, loaders

    with frame.page("Start", "Train a network on handwritten digits, judge it, and draw digits that it reads."):
        for column, (name, sentence, path) in zip(st.columns(len(STEPS)), STEPS, strict=True):
            with column.container(border=True, height="stretch"):
                st.header(name, anchor=False)
                st.write(sentence)
                st.page_link(path, label=f"Open {name}", icon=frame.PAGES[name][1])

        st.header("The lab now", anchor=False)
        shipped, trained = run_folders.shipped_runs(), run_folders.all_runs()
        busy = [run for run in trained if not run.status().finished]
        model, data, training = st.columns(3)
        if shipped:
            model.metric("Shipped model, on MNIST's test set", percent(shipped[0].status().test_accuracy))
        else:
            model.info("No model yet. Train one on the Train page (about 30 s).")
        data.metric("MNIST on this machine", "Yes" if sources.find_mnist() else "No")
        training.metric("Runs", count(len(trained)))
        if not sources.find_mnist():
            st.info(
                "MNIST is not on this machine. The Explore page downloads it; without a network, digits-8x8 is here."
            )
        if busy:
            if environment.can_train():
                loaders.engine().start()  # after a restart of the machine they go on by themselves
            st.info(
                f"{len(busy)} run{'s' if len(busy) > 1 else ''} under way or waiting; the Train page shows them live."
            )


if __name__ == "__main__":
    start()
else:  # `streamlit run` takes from here what it serves: this page and those in pages/, behind the lab's doors
    app = st.App(__file__, middleware=doors.MIDDLEWARE, lifespan=doors.lifespan)
