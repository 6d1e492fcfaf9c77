"""The canvas and the keys that write on it."""

import contextlib
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from mnist_core.errors import InputError
from mnist_core.language import N_, gettext
from mnist_core.preprocessing.canvas import read_canvas, strokes_from_canvas, taken_back, to_canvas, visible
from mnist_core.preprocessing.keypad import EXAMPLES, MOST_KEYS, strokes_from_keys
from mnist_core.preprocessing.strokes import CANVAS_PEN, CANVAS_SIDE, Strokes
from mnist_core.ui import script_run
from mnist_core.ui.frame import explained

# What the canvas and the answer lack in the browser; the page works without, too.
_canvas_aid = st.components.v2.component(
    "digit_lab_canvas", js=(Path(__file__).parent / "canvas.js").read_text(encoding="utf-8"), isolate_styles=False
)

NO_DRAWING = "not what this canvas sends"
# By their names, which are their keys in small letters, too.
BUTTONS = {N_("Undo"): "undo", N_("Redo"): "redo", N_("Clear"): "delete"}
LONGEST_NUMBER = 9  # of a canvas; it comes from the browser


def canvas(follow: Callable[[], None]) -> None:
    """Shows the canvas, white ink on black, with its buttons; the drawing survives visits elsewhere.

    After each change of the drawing `follow` is called, from a callback.
    """
    from streamlit_drawable_canvas import st_canvas

    if "canvas-number" not in st.session_state:
        st.session_state["canvas-number"] = _number_in_browser()
    key = f"canvas-{st.session_state['canvas-number']}"
    # A browser outlives the app: what it says to a new one is a drawing of which this one knows nothing.
    is_left_over = "drawing" not in st.session_state
    if key not in st.session_state or "canvas-start" not in st.session_state:
        # The widget is new, on a first visit or after one to another page: hand its last drawing back, once.
        st.session_state["canvas-start"] = {"objects": _drawn()}
    start = st.session_state["canvas-start"]
    with st.container(key="canvas"):
        try:
            drawing = st_canvas(
                stroke_width=CANVAS_PEN,
                stroke_color="#FFFFFF",
                background_color="#000000",
                width=CANVAS_SIDE,
                height=CANVAS_SIDE,
                initial_drawing=start,
                key=key,
                # Whoever leaves for another page right after a stroke may stop what shows its answer.
                on_change=functools.partial(_after, _follow_newest, follow),
            ).json_data
        except (AttributeError, KeyError, TypeError):
            drawing = NO_DRAWING
        _follow_canvas(drawing)
        if is_left_over and _drawn():
            # It may have begun with another drawing than it is told now, and would go back to nothing.
            _restart_canvas(_drawn())
            st.rerun()
        buttons = _buttons()
        with st.container(horizontal=True, gap="small", key="canvas-buttons"):
            for name, icon in BUTTONS.items():
                press = functools.partial(_after, functools.partial(_press, name), follow)
                idle = not (buttons.redo if name == "Redo" else buttons.undo)
                st.button(gettext(name), icon=f":material/{icon}:", key=name.lower(), disabled=idle, on_click=press)
            about = {"canvas": key, "label": gettext(CANVAS_LABEL), "blank": not start["objects"]}
            about |= {"side": CANVAS_SIDE, "strokes": _points(start)}
            _canvas_aid(data=about, key="canvas-aid")
    st.session_state["canvas-shown"] = buttons


def _number_in_browser() -> int:
    """The number of the canvas that a browser still shows after the app was started again; 0 in a fresh one."""
    names = (key.removeprefix("canvas-") for key in script_run.keys_from_browser() if key.startswith("canvas-"))
    found = [int(name) for name in names if name.isdecimal() and len(name) < LONGEST_NUMBER]
    return max(found, default=0)


def _after(change: Callable[[], object], follow: Callable[[], None]) -> None:
    change()
    follow()


class _Buttons(NamedTuple):
    """What the canvas and its buttons look like on the page, but for the drawing itself."""

    canvas: int  # its number, another one after each restart
    undo: bool  # whether there is something to undo, and to clear
    redo: bool


def _buttons() -> _Buttons:
    # A drawing that cannot be read can be cleared.
    undo = bool(_drawn()) or not st.session_state["was-read"]
    return _Buttons(st.session_state["canvas-number"], undo, bool(st.session_state.get("taken-back")))


def is_up_to_date() -> bool:
    """Whether the canvas and its buttons can stay on the page as they are."""
    return bool(st.session_state.get("canvas-shown") == _buttons())


def strokes_drawn() -> Strokes:
    """The visible strokes of the drawing; raises InputError if it is not what the canvas sends."""
    strokes: Strokes | None = st.session_state.get("strokes")
    return visible(strokes_from_canvas(st.session_state.get("sent"))) if strokes is None else strokes


def number_of_strokes() -> int:
    """How many the canvas holds, whether all of them are visible or not."""
    return len(_drawn())


CANVAS_LABEL = N_("Canvas: draw a digit here with mouse, pen or finger, or write it with the keyboard below")


def _drawn() -> list[dict[str, Any]]:
    """The strokes of this session's drawing, as the canvas takes them back."""
    return list(st.session_state.get("drawing", {"objects": []})["objects"])


def _follow_canvas(drawing: Any) -> bool:
    """Remembers the drawing and what Redo can bring back; says whether it could be read."""
    if "sent" in st.session_state and st.session_state["sent"] == drawing:
        return bool(st.session_state["was-read"])
    st.session_state["sent"], st.session_state["strokes"] = drawing, None
    try:
        strokes, objects = read_canvas(drawing)
    except InputError:
        st.session_state["was-read"] = False
        return False  # the page says why; what was drawn before stays
    st.session_state["was-read"], st.session_state["strokes"] = True, visible(strokes)
    st.session_state["taken-back"] = taken_back(_drawn(), objects, st.session_state.get("taken-back", []))
    st.session_state["drawing"] = {"objects": objects}
    return True


def _follow_newest() -> bool:
    """Remembers what the canvas sent last; says whether it could be read."""
    # private: what the canvas component keeps in its state, which its own return value lags behind.
    newest = st.session_state.get(f"canvas-{st.session_state['canvas-number']}") or {}
    try:
        return _follow_canvas(newest["drawing"]["raw"]) if "drawing" in newest else True
    except (AttributeError, KeyError, TypeError):
        return _follow_canvas(NO_DRAWING)  # not even the form of it


def _points(drawing: dict[str, Any]) -> list[list[list[float]]]:
    """The strokes of a drawing as lists of points, to a tenth of a pixel of the canvas."""
    return [stroke.round(1).tolist() for stroke in strokes_from_canvas(drawing)]


def _press(name: str) -> None:
    """Undo, Redo and Clear where the canvas's own history ends, such as after a visit to another page."""
    was_read = _follow_newest()  # a stroke may have come since the buttons were drawn
    drawn, taken = _drawn(), st.session_state.get("taken-back", [])
    if name == "Undo":
        _restart_canvas(drawn[:-1] if was_read else drawn)
    elif name == "Redo":
        _restart_canvas([*drawn, *(taken[-1] if taken else [])])
    else:
        clear()


def clear() -> None:
    """Empties the canvas, from a callback."""
    _restart_canvas([])


def begin_anew() -> None:
    """Empties the canvas for a drawing of something else, from a callback; Redo does not bring the last one back."""
    clear()
    st.session_state["taken-back"] = []


def _restart_canvas(strokes: list[dict[str, Any]]) -> None:
    """Starts the canvas again with another drawing; a new key is the component's way to replace what it holds."""
    _follow_canvas({"objects": strokes})
    st.session_state["canvas-number"] += 1


def keypad() -> None:
    """Lets a person write a digit by keys instead of a pointer; what they type appears on the canvas."""
    with st.expander(gettext("Write with the keyboard instead"), icon=":material/keyboard:"):
        st.markdown(
            gettext(
                "Think of a phone's number keys as a 3×3 grid. Type them in the order in which your "
                "pen crosses them. A space lifts the pen."
            )
        )
        label = gettext("Keys of a digit, such as {examples} for a 7; Enter writes it", examples=EXAMPLES[7])
        keys = st.text_input(label, key="keys", max_chars=MOST_KEYS, on_change=_write, autocomplete="off")
        with explained():
            strokes_from_keys(keys)  # what could be written is on the canvas by now, and no longer here
        ways = ", ".join(gettext("**{digit}** by {keys}", digit=digit, keys=one) for digit, one in enumerate(EXAMPLES))
        st.caption(gettext("One way to write each: {ways}", ways=ways))


def _write() -> None:
    """Puts the typed digit on the canvas in place of what is there; keys that cannot be read stay to be corrected."""
    with contextlib.suppress(InputError):
        if strokes := strokes_from_keys(st.session_state["keys"]):
            _restart_canvas(to_canvas(strokes))
            st.session_state["keys"] = ""
