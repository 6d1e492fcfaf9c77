"""A browser session of the app without a browser: Streamlit's own messages over a websocket.

It keeps the page as the browser would and answers each question about it, for hardly any processor time, so that
thirty of them can share a machine with the app. Of Streamlit it knows the messages alone.
"""

import asyncio
import json
import re
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

# private: the messages between Streamlit and its browser side; they change with its versions.
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Block_pb2 import Block
from streamlit.proto.Common_pb2 import FileURLs, UploadedFileInfo
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

from mnist_core.errors import LabError

CANVAS = "streamlit-drawable-canvas.streamlit_drawable_canvas"
ANSWER_SECONDS = 60.0
ANSWER = re.compile('class="answer[^>]* data-shown="([^"]*)"')
LARGEST_MESSAGE = 200_000_000
# Where something stands: the way through the page's blocks.
Place = tuple[int, ...]


@dataclass
class Shown:
    """One thing on the page."""

    content: Element | Block  # an element, or the block that holds others
    fragment: str  # the one that drew it; empty for the page itself
    run: int  # in which script run it came, counted from 1
    seconds: float  # when it came, by `time.perf_counter`


@dataclass
class AppClient:
    """One session; made by `open_session`."""

    address: str  # `http://host:port`
    connection: ClientConnection
    query: str = ""  # what stands behind the `?` in the browser's address line
    cookie: str = ""  # as it is sent with each request
    name: str = ""  # what the app calls the session; empty before the first visit
    drawn: int = 0  # how many drawings it sent
    _shown: dict[Place, Shown] = field(default_factory=dict)
    _states: dict[str, WidgetState] = field(default_factory=dict)
    _timers: dict[str, float] = field(default_factory=dict)
    _page_hash: str = ""
    _run: int = 0

    # --- What a person does --------------------------------------------------------------------------------------

    async def visit(self, page: str, **query: str) -> float:
        """Opens a page by its name (empty for the start page); returns the seconds until it was complete."""
        self._page_hash, self.query = "", urlencode(query)
        self._states.clear()
        return await self._rerun("", page=page)

    async def press(self, label: str) -> float:
        """Presses the button with this label; returns the seconds until the page was complete again."""
        shown = self._find("button", lambda element: element.button.label == label, f"a button '{label}'")
        identity = shown.content.button.id
        return await self._rerun(shown.fragment, WidgetState(id=identity, trigger_value=True))

    async def set_value(self, kind: str, label: str, **value: Any) -> float:
        """Changes a widget; returns the seconds until the page was complete again.

        `kind` is its field in Streamlit's `Element`, such as `selectbox`, `value` its field in `WidgetState`, such as
        `string_value="digits-8x8"`.
        """
        shown = self._find(kind, lambda element: getattr(element, kind).label == label, f"a {kind} '{label}'")
        state = WidgetState(id=getattr(shown.content, kind).id, **value)
        self._states[state.id] = state
        return await self._rerun(shown.fragment)

    async def draw(self, drawing: dict[str, Any]) -> float:
        """Sends a drawing (Fabric.js JSON) as the canvas does; returns the seconds until its answer was there.

        The canvas itself waits 200 ms after a stroke before it sends; that is not counted.
        """
        start = time.perf_counter()
        await self.send_drawing(drawing)
        answer = self._find("html", lambda element: bool(ANSWER.search(element.html.body)), "an answer")
        if answer.seconds < start:  # that to the drawing before
            raise LabError("The page did not answer; was this the drawing that it had already?")
        return answer.seconds - start

    async def send_drawing(self, drawing: dict[str, Any]) -> None:
        """Sends a drawing as `draw` does, on a page that need not answer it."""
        shown = self._component(CANVAS)
        value = json.dumps({"drawing": {"raw": drawing, "data": None}, "backgroundFit": None})
        state = WidgetState(id=shown.content.bidi_component.id, json_value=value)
        self._states[state.id] = state
        self.drawn += 1
        await self._rerun(shown.fragment)

    async def refresh(self, component: str) -> float:
        """Lets the part of the page run again in which a component stands, as that can ask for it."""
        return await self._rerun(self._component(component).fragment)

    async def open(self, label: str) -> float:
        """Opens what is folded; returns the seconds until the page was complete again."""
        for _, shown in sorted(self._shown.items()):
            if isinstance(shown.content, Block) and shown.content.expandable.label == label:
                state = WidgetState(id=shown.content.expandable.id, bool_value=True)
                self._states[state.id] = state
                return await self._rerun(shown.fragment)
        raise LabError(f"The page has nothing to open that is called '{label}'.")

    async def choose(self, label: str, option: str) -> float:
        """Presses one of the options that stand side by side; returns the seconds until the page was complete again."""
        return await self.set_value("button_group", label, string_array_value={"data": [option]})

    async def upload(self, label: str, name: str, content: bytes) -> float:
        """Gives a file to the uploader with this label; returns the seconds until the page was complete again.

        Raises LabError with the server's own words where it does not take the file.
        """
        shown = self._find("file_uploader", lambda element: element.file_uploader.label == label, f"a place '{label}'")
        request = BackMsg()
        request.file_urls_request.request_id = uuid.uuid4().hex
        request.file_urls_request.session_id = self.name
        request.file_urls_request.file_names.append(name)
        (place,) = (await self._ask(request, "file_urls_response")).file_urls_response.file_urls
        await asyncio.to_thread(put_file, self.address, place.upload_url, self.cookie, name, content)
        state = WidgetState(id=shown.content.file_uploader.id)
        urls = FileURLs(file_id=place.file_id, upload_url=place.upload_url, delete_url=place.delete_url)
        state.file_uploader_state_value.uploaded_file_info.append(
            UploadedFileInfo(file_id=place.file_id, name=name, size=len(content), file_urls=urls)
        )
        self._states[state.id] = state
        return await self._rerun(shown.fragment)

    async def download(self, label: str) -> bytes:
        """What the button with this label downloads, made for it if need be; LabError where it cannot be made."""
        button = self._find("download_button", lambda element: element.download_button.label == label, f"a '{label}'")
        url = button.content.download_button.url
        if identity := button.content.download_button.deferred_file_id:
            request = BackMsg()
            request.backend_operation_request.request_id = uuid.uuid4().hex
            request.backend_operation_request.session_id = self.name
            request.backend_operation_request.deferred_file.file_id = identity
            answer = (await self._ask(request, "backend_operation_response")).backend_operation_response
            if answer.error_msg:
                raise LabError(answer.error_msg)
            url = answer.deferred_file.url
        return await asyncio.to_thread(_get, f"{self.address}{url}")

    async def watch(self, condition: Callable[["AppClient"], bool], seconds: float) -> float:
        """Lets the page's timers run until a condition holds; returns the seconds, or raises LabError."""
        start = time.perf_counter()
        due = {fragment: start + interval for fragment, interval in self._timers.items()}
        while not condition(self):
            now = time.perf_counter()
            if now - start > seconds:
                raise LabError(f"The app did not show within {seconds:.0f} s what was waited for; its log says why.")
            for fragment, interval in self._timers.items():
                if now >= due.setdefault(fragment, now + interval):
                    await self._rerun(fragment, by_timer=True)
                    due[fragment] = time.perf_counter() + interval
                    break
            else:
                await asyncio.sleep(0.02)
        return time.perf_counter() - start

    async def tick(self) -> float:
        """Lets what the page runs by itself do so once, now; returns the seconds until that was complete."""
        start = time.perf_counter()
        for fragment in list(self._timers):
            await self._rerun(fragment, by_timer=True)
        return time.perf_counter() - start

    # --- What the page shows -------------------------------------------------------------------------------------

    def metric(self, label: str) -> str:
        """Its value, or an empty string where it is not on the page."""
        return next((one.metric.body for one in self.elements("metric") if one.metric.label == label), "")

    def answer(self) -> str:
        """What Draw says to the drawing, in a few letters (`7`); an empty string where it says nothing."""
        found = (ANSWER.search(element.html.body) for element in self.elements("html"))
        return next((one[1] for one in found if one), "")

    def texts(self) -> list[str]:
        """Every text in Markdown on the page."""
        return [element.markdown.body for element in self.elements("markdown")]

    def alerts(self) -> list[str]:
        """Every message in a coloured box."""
        return [element.alert.body for element in self.elements("alert")]

    def exceptions(self) -> list[str]:
        """What went wrong without a sentence for it."""
        return [element.exception.message for element in self.elements("exception")]

    def charts(self) -> list[dict[str, Any]]:
        """Every Vega-Lite specification; the data of charts that change often come apart from it."""
        return [json.loads(element.vega_lite_chart.spec) for element in self.elements("vega_lite_chart")]

    def has_button(self, label: str) -> bool:
        """Whether a button with this label can be pressed."""
        return any(one.button.label == label and not one.button.disabled for one in self.elements("button"))

    def elements(self, kind: str) -> Iterator[Element]:
        """In the order of the page."""
        for _, shown in sorted(self._shown.items()):
            if isinstance(shown.content, Element) and shown.content.WhichOneof("type") == kind:
                yield shown.content

    def drawn_last(self) -> list[str]:
        """The kinds of the elements that came with the last answer, in the order of the page."""
        last = [shown.content for _, shown in sorted(self._shown.items()) if shown.run == self._run]
        return [str(content.WhichOneof("type")) for content in last if isinstance(content, Element)]

    def labels(self, kind: str) -> list[str]:
        """Of the widgets of a kind, its field in Streamlit's `Element`."""
        return [str(getattr(element, kind).label) for element in self.elements(kind)]

    def _component(self, name: str) -> Shown:
        return self._find(
            "bidi_component", lambda element: element.bidi_component.component_name.endswith(name), f"a {name}"
        )

    def _find(self, kind: str, wanted: Callable[[Element], bool], name: str) -> Shown:
        for _, shown in sorted(self._shown.items()):
            element = shown.content
            if isinstance(element, Element) and element.WhichOneof("type") == kind and wanted(element):
                return shown
        said = " ".join([*self.alerts(), *self.exceptions()]) or "nothing"
        raise LabError(f"The page has no {name.removeprefix('a ').removeprefix('an ')}; it says: {said}.")

    # --- The messages --------------------------------------------------------------------------------------------

    async def _rerun(self, fragment: str, *triggers: WidgetState, page: str = "", by_timer: bool = False) -> float:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash, state.page_name = self.query, self._page_hash, page
        state.fragment_id, state.is_auto_rerun = fragment, by_timer
        state.widget_states.widgets.extend([*self._states.values(), *triggers])
        state.context_info.timezone, state.context_info.locale = "UTC", "en"
        state.context_info.url = f"{self.address}/{page}"
        start = time.perf_counter()
        await self.connection.send(message.SerializeToString())
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._receive_run(fragment)
        return time.perf_counter() - start

    async def _ask(self, question: BackMsg, kind: str) -> ForwardMsg:
        """Sends what is no run of the script, and returns the message of this kind that answers it."""
        await self.connection.send(question.SerializeToString())
        async with asyncio.timeout(ANSWER_SECONDS):
            while (message := await self._receive()).WhichOneof("type") != kind:
                self._take(message)
        return message

    async def _receive(self) -> ForwardMsg:
        return ForwardMsg.FromString(await self.connection.recv(decode=False))

    async def _receive_run(self, fragment: str) -> None:
        fragments = {fragment} - {""}
        self._run += 1
        while True:
            message = await self._receive()
            self._take(message)
            match message.WhichOneof("type"):
                case "new_session":
                    fragments = set(message.metadata.run.fragment_ids)  # a callback may have asked for others
                case "script_finished":
                    if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                        self._drop_old(fragments)
                        return

    def _take(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session":
                self._page_hash = message.new_session.page_script_hash
                self.name = message.new_session.initialize.session_id
            case "navigation":  # which page it is once the app has chosen
                self._page_hash = message.navigation.page_script_hash
            case "delta":
                self._apply(message)
            case "page_info_changed":
                self.query = message.page_info_changed.query_string
            case "auto_rerun":
                self._timers[message.auto_rerun.fragment_id] = message.auto_rerun.interval
            case "stop_auto_rerun":
                for ended in message.stop_auto_rerun.fragment_ids:
                    self._timers.pop(ended, None)

    def _apply(self, message: ForwardMsg) -> None:
        kind = message.delta.WhichOneof("type")
        if kind not in ("new_element", "add_block"):
            return
        content = getattr(message.delta, kind)
        place = tuple(message.metadata.delta_path)
        self._shown[place] = Shown(content, message.delta.fragment_id, self._run, time.perf_counter())

    def _drop_old(self, fragments: set[str]) -> None:
        """Takes away what the script run did not draw again: a run of these fragments, or of the page."""
        old = [place for place, shown in self._shown.items() if shown.run != self._run]
        drawn = {
            place for place, shown in self._shown.items() if shown.run == self._run and shown.fragment in fragments
        }
        for place in old:
            # Within what a fragment drew, others' are old, too.
            inside = any(place[:end] in drawn for end in range(1, len(place)))
            if not fragments or inside or self._shown[place].fragment in fragments:
                del self._shown[place]
        if not fragments:
            there = {shown.fragment for shown in self._shown.values()}
            self._timers = {name: interval for name, interval in self._timers.items() if name in there}


@asynccontextmanager
async def open_session(
    address: str, headers: Mapping[str, str] | None = None, cookies: Mapping[str, str] | None = None
) -> AsyncIterator[AppClient]:
    """Opens a session of an app with cookies of its own, as another browser would be; ends it afterwards.

    `headers` are what a proxy between the two would add, `cookies` what the browser has besides.
    """
    own = await asyncio.to_thread(_cookie, address)
    cookie = "; ".join([own, *(f"{name}={value}" for name, value in (cookies or {}).items())])
    stream = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    async with connect(
        stream,
        additional_headers={"Cookie": cookie} | dict(headers or {}),
        subprotocols=["streamlit"],  # type: ignore[list-item]
        max_size=LARGEST_MESSAGE,
        compression=None,
    ) as connection:
        yield AppClient(address, connection, cookie=cookie)


def request_with(page: str, value: str) -> bytes:
    """A message that asks for a page, with the value of a widget that no page has."""
    message = BackMsg()
    message.rerun_script.page_name = page
    message.rerun_script.widget_states.widgets.add(id="nothing", string_value=value)
    return bytes(message.SerializeToString())


def put_file(address: str, path: str, cookie: str, name: str, content: bytes) -> None:
    """Sends a file as the browser does; LabError with the server's words where it is not taken."""
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Cookie": cookie,
        "X-Xsrftoken": cookie.partition(";")[0].partition("=")[2],
    }
    request = urllib.request.Request(f"{address}{path}", body, headers, method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS):
            pass
    except urllib.error.HTTPError as error:
        words = error.read(1000).decode(errors="replace")
        raise LabError(f"The app did not take the file {name} ({error.code}: {words}).") from error
    except OSError as error:  # whoever does not want the file may hang up before all of it was sent
        raise LabError(f"The app did not take the file {name} ({error}).") from error


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:
        return bytes(answer.read())


def _cookie(address: str) -> str:
    with urllib.request.urlopen(f"{address}/_stcore/health", timeout=ANSWER_SECONDS) as answer:
        return str(answer.headers.get("Set-Cookie", "")).split(";")[0]
