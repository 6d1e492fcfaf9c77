"""The frame of a page: navigation, title, errors in words."""

import contextlib
import functools
import gc
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core import environment
from mnist_core.errors import InputError, LabError, is_of_disk, not_written
from mnist_core.files import home_folder, home_record
from mnist_core.files.records import NewerError
from mnist_core.language import N_, direction, gettext, language, speaking
from mnist_core.presentation.charts import picture_files
from mnist_core.presentation.charts.template import Spec, enlarged
from mnist_core.ui import browser, glossary, script_run, spoken, taking_part, visitor
from mnist_core.ui.components import news
from mnist_core.ui.loaders import clear_leftovers, read_ahead
from mnist_core.ui.paths import without_paths
from mnist_core.ui.uploader import enter_page

Arguments = ParamSpec("Arguments")
ICON = environment.PACKAGE / "icon.png"
# private: the `data-testid`s and classes in it are Streamlit's; it has no other names for what it draws.
STYLE = (Path(__file__).parent / "frame.css").read_text(encoding="utf-8")
PRESENTATION_STYLE = (Path(__file__).parent / "presentation.css").read_text(encoding="utf-8")
SERVER_GONE = N_("The lab is not answering. Your drawing is kept; it goes on by itself.")
FILE_REFUSED = N_(
    "The file marked in red was not taken: its kind is not named above, or it is too large. Save a phone's HEIC "
    "picture as a JPEG, and choose that."
)
# The name in the address (`?present=1`) and in the session's memory.
PRESENT = "present"
ENLARGEMENT = 1.5  # of what a presentation shows; as presentation.css has it
PAGES = {
    N_("Start"): ("app.py", ":material/home:"),
    N_("Explore"): ("pages/explore.py", ":material/grid_view:"),
    N_("Train"): ("pages/train.py", ":material/show_chart:"),
    N_("Sweep"): ("pages/sweep.py", ":material/tune:"),
    N_("Evaluate"): ("pages/evaluate.py", ":material/fact_check:"),
    N_("Draw"): ("pages/draw.py", ":material/draw:"),
    N_("Models"): ("pages/models.py", ":material/inventory_2:"),
}
TEACHERS = {N_("Class"): ("pages/class.py", ":material/school:")}


# After so many new objects Python looks for those that nobody reaches; after so many such looks among older ones, too,
# and after so many of those among all. An answer to a drawing makes some thousand, and at Python's own 700 the looking
# took a fifteenth of its time. Were all looked through much less often than by Python's own, memory would grow.
LOOKED_THROUGH_AFTER = (10_000, 4, 4)

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def page(name: str, sentence: str, alone: bool = False) -> Iterator[None]:
    """Draws the frame of a page; what goes wrong inside with a reason in words is shown as that sentence.

    A page that stands `alone` has no links to the others.
    """
    spoken.follow_address()
    with speaking(language()):  # asked once: a page has up to two thousand texts
        body = _draw_frame(name, sentence, alone)
        with body, explained():
            yield


def _draw_frame(name: str, sentence: str, alone: bool) -> DeltaGenerator:
    """Draws what stands around a page; returns the place for what stands on it."""
    st.set_page_config(f"{gettext(name)} · Digit Lab", str(ICON), layout="wide", initial_sidebar_state="collapsed")
    _follow_address()
    st.html(f"<style>{STYLE}{PRESENTATION_STYLE if presenting() else ''}</style>")
    enter_page()
    try:
        home_record.use()
    except NewerError as error:  # nothing in it is looked at, so that nothing is changed
        logger.warning("No page is shown: %s", error.with_place)
        st.title("Digit Lab", anchor=False)
        st.warning(plain(str(error)))
        st.stop()
    with explained():
        set_up_process()
    lesson = None if alone else taking_part.lesson_of(browser.actor())
    held = bool(lesson and lesson.locked)
    with st.container(horizontal=True, gap="small", key="navigation", vertical_alignment="center"):
        words = {"page": name, "name": N_("Pages"), "menu": N_("Menu"), "gone": SERVER_GONE, "refused": FILE_REFUSED}
        told = {part: gettext(word) for part, word in words.items()}
        _menu(data=told | {"language": language(), "direction": direction()}, key="menu")
        for label, (path, icon) in _links(alone or held).items():
            st.page_link(path, label=gettext(label), icon=icon)
        spoken.choose()
        _show_switch()
    if st.runtime.exists():
        read_ahead()
        clear_leftovers()
    if lesson and not held:
        fragment(_lead_back, key="way-back")(held)
    st.title("Digit Lab" if name == "Start" else gettext(name), anchor=False)
    if held:
        fragment(_lead_back, key="way-back")(held)
        # A page that ends here keeps what its widgets hold, but the canvas comes back empty unless it begins anew.
        st.session_state.pop("canvas-start", None)
        st.stop()
    if sentence:
        st.markdown(gettext(sentence))
    if _home_is_missing():
        st.stop()
    if only_read := home_folder.read_only():
        st.warning(only_read)
    body = st.container()
    glossary.show()  # below the page, and there before it is complete
    return body


def _links(alone: bool) -> dict[str, tuple[str, str]]:
    """The pages that the menu leads to: those of the teacher are no pupil's matter."""
    return {} if alone else PAGES | (TEACHERS if browser.actor().in_charge else {})


def _lead_back(held: bool) -> None:
    """The way to the lesson that goes on, and why there is no other; runs again with each step of the teacher."""
    lesson = taking_part.lesson_of(browser.actor())
    if lesson is None or lesson.locked != held:
        if script_run.is_of_parts():
            st.rerun()
        return
    news.follow(lesson, "lesson-news", steps=True)
    if held:
        st.markdown(gettext("Your teacher keeps the class together for now."))
    st.page_link("pages/join.py", label=gettext("Back to the lesson"), icon=":material/arrow_back:")


def presenting() -> bool:
    """Whether the page is shown to a class on a beamer: larger, over the whole width, its forms out of the way."""
    return bool(st.session_state.get(PRESENT))


def _follow_address() -> None:
    """Takes over what a link says (`?present=1`), and says it on the pages that follow."""
    if PRESENT in st.query_params:
        st.session_state[PRESENT] = st.query_params[PRESENT] == "1"
    elif presenting():
        st.query_params[PRESENT] = "1"


def _show_switch() -> None:
    """The switch between a screen of one's own and a beamer."""

    def switch() -> None:
        st.session_state[PRESENT] = st.session_state[key]
        if presenting():
            st.query_params[PRESENT] = "1"
        else:
            st.query_params.pop(PRESENT, None)

    key = f"{PRESENT}-switch"
    st.session_state[key] = presenting()
    st.toggle(gettext("Present"), key=key, on_change=switch, help=gettext("Larger text and curves, for a beamer"))


def form_beside(name: str, shown_first: bool = False) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Returns where a form stands and where what comes of it: side by side.

    In a presentation the form is folded, below what the class looks at.

    Args:
        name: What the form is called.
        shown_first: Whether on a phone the form is folded, too, and in a narrow window stands below.
    """
    if presenting() or (shown_first and visitor.has_phone()):
        shown = st.container()
        return st.expander(gettext(name)), shown
    key = "shown-first" if shown_first else "form-first"
    column, shown = st.container(key=key).columns([1, 2], gap="large")
    column.header(gettext(name), anchor=False)
    return column.container(gap="xsmall"), shown


def _home_is_missing() -> bool:
    """Says so, and whether it is."""
    sentence = home_folder.missing()
    if sentence:
        st.error(sentence)
    return bool(sentence)


@functools.cache
def set_up_process() -> None:
    """Prepares the process of the pages, once.

    What the imports made stays for good, so no collection need look at it. Streamlit's own collection after each run is
    switched off: with many objects it takes a fifth of a second each time.

    Raises:
        InputError: As `environment.set_up_process`.
    """
    environment.set_up_process()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*LOOKED_THROUGH_AFTER)


def offer_file(
    label: str, content: str | bytes | Callable[[], str | bytes], name: str, mime: str | None = None, **options: Any
) -> None:
    """A button that downloads a file; its page does not run again for it, by which a press could be lost.

    Args:
        label: What stands on it.
        content: The file's content, or a function that makes it once the button is pressed.
        name: What the file is called.
        mime: Its media type.
        options: As `st.download_button` takes them.
    """
    made = _in_language(content, language()) if callable(content) else content
    st.download_button(label, made, name, mime, icon=":material/download:", on_click="ignore", **options)


def _in_language(make: Callable[[], str | bytes], code: str) -> Callable[[], str | bytes]:
    """Lets a function speak as its page does; it is called outside of it."""

    def made() -> str | bytes:
        with speaking(code):
            return make()

    return made


def offer_pictures(label: str, draw: Callable[[], Spec], name: str) -> None:
    """Buttons that download a chart as a picture of each format.

    Args:
        label: What stands on them before the format.
        draw: Returns the chart.
        name: What the files are called, without their endings.
    """
    with st.container(horizontal=True):
        for suffix, mime in picture_files.FORMATS.items():
            content = functools.partial(_picture, draw, suffix)
            offer_file(f"{label}{suffix.upper()}", content, f"{name}.{suffix}", mime)


def _picture(draw: Callable[[], Spec], suffix: str) -> bytes:
    return picture_files.picture(draw(), suffix)


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Shows what goes wrong inside as its sentence."""
    try:
        yield
    except InputError as error:
        logger.log(logging.WARNING if error.place else logging.INFO, "A page says: %s", error.with_place, exc_info=True)
        st.warning(plain(str(error)))
    except LabError as error:
        logger.warning("A page says: %s", error.with_place, exc_info=True)
        st.error(plain(str(error)))
    except OSError as error:
        if not is_of_disk(error):
            raise
        logger.exception("The disk refuses what a page wants")
        st.error(plain(str(not_written(gettext("The lab cannot work in its folder"), error))))


def fragment(
    draw: Callable[Arguments, None], *, run_every: float | None = None, key: str | None = None, beside: bool = False
) -> Callable[Arguments, None]:
    """Makes a function a part of the page that runs again alone; what goes wrong in it is shown as its sentence.

    Args:
        draw: The function. When it runs alone, the page's own `explained` is not around it.
        run_every: After how many seconds it runs again by itself; never, if None.
        key: The name by which a callback lets it run again (`st.rerun`).
        beside: Whether it runs beside another part that says it where the home is missing.
    """

    @functools.wraps(draw)
    def drawn(*args: Arguments.args, **options: Arguments.kwargs) -> None:
        # The page has looked before all its parts.
        if script_run.is_of_parts() and (home_folder.missing() if beside else _home_is_missing()):
            return
        with speaking(language()), explained():
            draw(*args, **options)

    part: Callable[Arguments, None] = st.fragment(drawn, run_every=run_every, key=key)
    return part


# Has no width: an address that it parts is no link, and the name of a sign or a colour stays a name.
JOINER = "\u2060"


def plain(text: str) -> str:
    """Escapes Markdown: what an address or a file says must not become a picture or a link on the page.

    It names no path of the server, either.
    """
    escaped = re.sub(r"([\\`*_\[\]<>$~]|&(?=#?\w+;)|(?m:^)[-+#])", r"\\\1", without_paths(text))
    escaped = re.sub(r"(?m)^(\d+)([.)])", r"\1\\\2", escaped)
    return re.sub(r":(?=[A-Za-z+/-])|(?i:\bwww)(?=\.)|[\w.+-](?=@)", rf"\g<0>{JOINER}", escaped)


_live_region = st.components.v2.component(
    "digit_lab_live_region",
    js="""export default ({ parentElement }) => {
        const region = parentElement.closest(".stVerticalBlock");
        region.setAttribute("role", "status");
        region.setAttribute("aria-live", "polite");
    }""",
    isolate_styles=False,
)


_menu = st.components.v2.component(
    "digit_lab_menu",
    html='<button type="button" aria-expanded="false"></button>',
    js=(Path(__file__).parent / "frame.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


class Drawing(NamedTuple):
    """A chart whose data changes often, apart from it: the browser moves what it drew."""

    rows: Any  # as Streamlit sends them
    look: dict[str, Any]  # the same each time, as far as that can be

    @classmethod
    def of(cls, spec: Spec) -> "Drawing":
        """Of Vega-Lite with its rows as `data`."""
        look = dict(spec)
        return cls(_table(look.pop("data")["values"]), look)


def _table(rows: list[dict[str, Any]]) -> Any:
    """By itself Streamlit takes ten times as long, by way of pandas."""
    import pyarrow

    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: pyarrow.array([row.get(name) for row in rows], from_pandas=True) for name in names}
    return pyarrow.Table.from_pydict(columns)


def show_chart(spec: Spec, alt: str, **options: Any) -> None:
    """Shows a chart, larger in a presentation.

    Args:
        spec: Vega-Lite.
        alt: What the chart shows, in words.
        options: As `st.vega_lite_chart` takes them.
    """
    st.vega_lite_chart(_as_presented(spec), alt=alt, **options)


def _as_presented(spec: Spec) -> Spec:
    return enlarged(spec, ENLARGEMENT) if presenting() else spec


def changing_chart(shown: Spec | Drawing, alt: str, key: str | None = None) -> None:
    """Shows a chart whose data changes often.

    Args:
        shown: Vega-Lite with its rows as `data`, or what was made of it once for all who watch.
        alt: What the chart shows, in words that hold whatever the data.
        key: Of the chart, unique on the page, where what stands before it comes and goes.
    """
    drawing = shown if isinstance(shown, Drawing) else Drawing.of(shown)
    st.vega_lite_chart(drawing.rows, _as_presented(drawing.look), alt=alt, key=key)


@contextlib.contextmanager
def announced() -> Iterator[None]:
    """What is shown inside, a screen reader says again whenever it changes, without a change of focus."""
    with st.container(key="announcement", gap=None):
        yield
        _live_region(key="announcement-aid")


def announce(sentence: str) -> None:
    """Shows a sentence that a screen reader says again whenever it changes."""
    with announced():
        st.markdown(f"**{sentence}**")
