"""Evaluate: what a model reads right, and what it confuses."""

from typing import Any

import streamlit as st

from mnist_core import charts, history, runs, session
from mnist_core.datasets import Dataset
from mnist_core.evaluation import NORMALISATIONS, REPORT_COLUMNS, REPORT_ROWS, Evaluation
from mnist_core.phrases import confidence, count, percent
from mnist_core.pictures import gallery
from mnist_core.runs import Run

MOST_SHOWN = 60


def choose() -> tuple[Run, Evaluation, Dataset | None]:
    """The model and the data to judge it on; its own test set by default, even where its images are not here."""
    model, data = st.columns(2)
    with model:
        run = session.choose_model()
    own = "The test set of its own data"
    with data:
        other = st.selectbox("Data", [own, "Other data"], index=int("data" in st.query_params))
        if other == own:
            st.query_params.pop("data", None)
            return run, session.evaluation(run), session.own_dataset(run)
        dataset = session.choose_dataset("Other data", memory="judged-data")
    return run, session.evaluation_on(run, dataset), dataset


def show_headline(evaluation: Evaluation) -> None:
    """Accuracy, loss and mistakes."""
    with st.container(horizontal=True, gap="medium"):
        st.metric("Test accuracy", percent(evaluation.accuracy), width="content")
        st.metric("Loss", f"{evaluation.loss:.4f}", width="content")
        wrong = f"{count(len(evaluation.mistakes()))} of {count(len(evaluation.labels))}"
        st.metric("Wrong", wrong, width="content")


def show_confusion(evaluation: Evaluation) -> None:
    """The confusion matrix, with its downloads."""
    st.header("Confusion matrix", anchor=False)
    normalisation = st.segmented_control("Numbers", NORMALISATIONS, default=NORMALISATIONS[0], required=True)
    sentence = evaluation.worst_confusion()
    st.vega_lite_chart(charts.confusion_matrix(evaluation, normalisation), alt=sentence)
    st.caption(f"{sentence} {'' if normalisation == 'counts' else 'Numbers are percentages.'}")
    with st.container(horizontal=True):
        for name, mime in charts.FORMATS.items():
            st.download_button(
                name.upper(),
                lambda name=name: charts.confusion_file(evaluation, normalisation, name),  # type: ignore[misc]
                f"confusion-matrix.{name}",
                mime,
                icon=":material/download:",
            )


def show_report(evaluation: Evaluation) -> None:
    """scikit-learn's classification report."""
    st.header("Classification report", anchor=False)
    rows = [
        {"": name, **dict(zip(REPORT_COLUMNS, values, strict=True))}
        for name, values in zip(REPORT_ROWS, evaluation.report.tolist(), strict=True)
    ]
    formats: dict[str, Any] = {name: st.column_config.NumberColumn(format="%.4f") for name in REPORT_COLUMNS[:3]}
    formats["support"] = st.column_config.NumberColumn(format="%d")
    formats[""] = st.column_config.TextColumn(width=100)
    st.dataframe(rows, hide_index=True, column_config=formats, height=460)
    st.caption(
        "Precision: of what was read as this digit, the share that is one. Recall: of this digit's images, the share "
        "read as one. F1: their harmonic mean. Support: how many images there are."
    )
    st.download_button("CSV", evaluation.report_csv(), "report.csv", "text/csv", icon=":material/download:")


def show_history(run: Run) -> None:
    """How the model came about."""
    st.header("Training history", anchor=False)
    st.caption(history.summary(run))
    metrics, batches = run.metrics(), run.batches()
    if not batches["epoch"]:
        st.info("The curves of this run are lost.")
        return
    for column, quantity in zip(st.columns(2), ("loss", "accuracy"), strict=True):
        sentence = charts.curve_sentence(quantity, batches, metrics)
        curve = charts.learning_curve(quantity, batches, metrics)
        column.vega_lite_chart(curve, alt=sentence)
        column.caption(sentence)
    with st.container(horizontal=True):
        for name, mime in charts.FORMATS.items():
            st.download_button(
                f"Curves as {name.upper()}",
                lambda name=name: charts.curves_file(batches, metrics, name),  # type: ignore[misc]
                f"curves.{name}",
                mime,
                icon=":material/download:",
            )


def show_images(evaluation: Evaluation, dataset: Dataset | None) -> None:
    """Predictions with true and predicted labels, and the mistakes, the most confident first."""
    st.header("Images", anchor=False)
    if dataset is None:
        st.info("The images of this test set are not on this machine; the Explore page downloads MNIST.")
        return
    which = st.segmented_control("Show", ["Mistakes", "Predictions"], default="Mistakes", required=True)
    mistakes = which == "Mistakes"
    indices = evaluation.mistakes() if mistakes else range(len(evaluation.labels))
    if not len(indices):
        st.success("No mistakes: every image of this test set is read right.")
        return
    page = 1
    if len(indices) > MOST_SHOWN:
        pages = -(-len(indices) // MOST_SHOWN)
        page = st.number_input(f"Page (of {count(pages)})", 1, pages, 1, key=f"page-{which}", width=160)
    shown = list(indices[(page - 1) * MOST_SHOWN : page * MOST_SHOWN])
    captions = {}
    for index in map(int, shown):
        predicted, true = evaluation.predictions[index], evaluation.labels[index]
        sure = confidence(float(evaluation.probabilities[index].max()))
        mark = "✗" if predicted != true else "✓"
        captions[index] = f"{mark} #{index} is {true}, read as {predicted}, {sure}"
    st.html(gallery(dataset.test_images[shown], list(captions.values()), size=88))
    if mistakes:
        st.caption("The most confident mistakes come first.")
    session.choose_pin(dataset.test_images, dataset.test_labels, captions)


def show_runs() -> None:
    """The history of runs; a row leads to its evaluation."""
    st.header("All models", anchor=False)
    st.caption("Sort by a click on a column's head; choose a row to judge that model.")
    chosen = session.run_table([one for one in [*runs.shipped_runs(), *runs.all_runs()] if one.has_model], "history")
    if chosen:
        session.remember("run", chosen.id)
        st.rerun()


with session.page("Evaluate", "What a model reads right, and what it confuses, on images that it never trained on."):
    run, evaluation, dataset = choose()
    show_headline(evaluation)
    matrix, report = st.columns([3, 2], gap="large")
    with matrix:
        show_confusion(evaluation)
    with report:
        show_report(evaluation)
    show_history(run)
    show_images(evaluation, dataset)
    show_runs()
