from streamlit.testing.v1 import AppTest

from tests.pages.conftest import checked, said

PAGE = """
import streamlit as st

from mnist_core.evaluation.evaluation import Evaluation
from mnist_core.runs import run_folders
from mnist_core.ui.evaluate import report

run = run_folders.find("best")
report.offer_report(run, Evaluation.load(run.evaluation_path), None)
"""


def test_a_report_is_offered_in_both_formats() -> None:
    page = checked(AppTest.from_string(PAGE, default_timeout=30).run())
    buttons = page.get("download_button")
    assert [button.proto.label for button in buttons] == ["Report as HTML", "Report as PDF"]
    assert "opens in any browser, also offline" in said(page)
    assert "lists the mistakes without pictures" in said(page)
