"""A model's report to keep, as a page and on paper."""

import numpy as np
import streamlit as st

from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.language import N_, gettext
from mnist_core.presentation import report
from mnist_core.runs.run import Run
from mnist_core.ui.frame import offer_file

LABELS = {"html": N_("Report as HTML"), "pdf": N_("Report as PDF")}


def offer_report(run: Run, evaluation: Evaluation, images: np.ndarray | None, data: str = "") -> None:
    """Offers a run's report in both formats; each is made when it is asked for, which takes about two seconds.

    Args:
        run: The run.
        evaluation: Its answers to the images that it is judged by.
        images: Those images, uint8 `[N, 28, 28]`, or None where they are not on this machine.
        data: What they are called; by default told by their identity.
    """
    st.write(
        gettext(
            "All about this model in one file, to hand out or to keep: its settings, curves and "
            "figures, its most confident mistakes, and how to train it again. The HTML file opens "
            "in any browser, also offline. The PDF is for paper."
        )
    )
    if images is None:
        st.info(gettext("The images of this test set are not here, so the report lists the mistakes without pictures."))
    with st.container(horizontal=True):
        for file_format, mime in report.FORMATS.items():
            offer_file(
                gettext(LABELS[file_format]),
                lambda file_format=file_format: report.render(  # type: ignore[misc]
                    report.gather(run, evaluation, images, data), file_format
                ),
                f"{run.id}-report.{file_format}",
                mime,
                key=f"report-{file_format}",
            )
