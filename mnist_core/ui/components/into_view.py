"""Brings a part of a page into view when it shows something else."""

import streamlit as st

_component = st.components.v2.component(
    "digit_lab_into_view",
    js="""export default ({ data, parentElement }) => {
        const { shown } = parentElement;
        parentElement.shown = data.shown;
        if (shown === undefined || shown === data.shown) return; // a page that opens stays at its top
        const part = document.querySelector(`.st-key-${data.part}`);
        const top = part?.getBoundingClientRect().top;
        if (part && (top < 0 || top > 0.5 * innerHeight)) part.scrollIntoView();
    }""",
    isolate_styles=False,
)


def bring_into_view(part: str, shown: str) -> None:
    """Scrolls to a part of the page that is out of sight, whenever it shows something else than before.

    Args:
        part: The key of its container.
        shown: What it shows; another text is another thing.
    """
    _component(data={"part": part, "shown": shown}, key=f"{part}-into-view")
