"""Uploads that nobody asked for, that are too large, or too many: refused before they fill the memory."""

import asyncio
import http.client
import re
import urllib.request
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, closing, suppress
from typing import Any
from uuid import uuid4

import psutil
import pytest
from streamlit.proto.Common_pb2 import FileUploaderState, UploadedFileInfo

from mnist_core.bench.app_client import AppClient, open_session
from mnist_core.bench.app_process import AppProcess
from mnist_core.ui.server.room import MEGABYTE, MOST_IN_ALL, MOST_OF_A_SESSION
from mnist_core.ui.uploader import KEPT_BYTES
from tests.conftest import wait_for

BOUNDARY = "digits"
HEAD = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{{}}"\r\n\r\n'
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()
# What the app as a whole may take, whatever is sent to it.
MOST_MEMORY = 700 * 1_000_000


def put(
    client: AppClient, megabytes: int = 0, content: bytes = b"", name: str = "a.capsule", *, chunked: bool = False
) -> tuple[int, str]:
    """Sends a file as an upload field does; returns the status and the text of the answer, 0 where it was cut off."""
    head = HEAD.format(name).encode()
    length = len(head) + megabytes * MEGABYTE + len(content) + len(TAIL)
    headers = {
        "Cookie": client.cookie,
        "X-Xsrftoken": client.cookie.partition("=")[2],
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
    } | ({"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(length)})
    connection = http.client.HTTPConnection(client.address.partition("//")[2], timeout=60)
    path = f"/_stcore/upload_file/{client.name}/{name if content else uuid4()}"
    with closing(connection):
        with suppress(OSError):  # the app closed the connection; what it said may still be there
            connection.request("PUT", path, pieces(head, megabytes, content), headers, encode_chunked=chunked)
        try:
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""


def pieces(head: bytes, megabytes: int, content: bytes) -> Iterator[bytes]:
    yield head
    yield content
    for _ in range(megabytes):
        yield bytes(MEGABYTE)
    yield TAIL


def memory(lab: AppProcess) -> int:
    return int(psutil.Process(lab.process.pid).memory_info().rss)


@asynccontextmanager
async def session_on(lab: AppProcess, page: str) -> AsyncIterator[AppClient]:
    async with open_session(lab.address) as client:
        await client.visit(page)
        assert client.name
        yield client


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


@pytest.mark.long
def test_a_page_without_an_upload_field_takes_no_file(lab: AppProcess) -> None:
    async def story() -> None:
        async with session_on(lab, "train") as client:
            before = memory(lab)
            assert put(client, 1) == (403, "This page takes no files; open a page that has an upload field.\n")
            assert {put(client, 60)[0] for _ in range(5)} <= {403, 0}
            assert memory(lab) - before < 60 * MEGABYTE

    run(story)


def test_files_for_sessions_that_are_not_there_are_refused(lab: AppProcess) -> None:
    nobody = AppClient(lab.address, None, name=str(uuid4()))  # type: ignore[arg-type]
    status, said = put(nobody, 1)
    assert status == 400 and said.startswith("The page that sends this file is closed")


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "unannounced"])
def test_a_file_that_is_too_large_is_refused(lab: AppProcess, chunked: bool) -> None:
    async def story() -> None:
        async with session_on(lab, "models") as client:
            before = memory(lab)
            status, said = put(client, MOST_OF_A_SESSION + 5, chunked=chunked)
            assert (status, said) in (
                (0, ""),
                (413, f"The file is larger than the {MOST_OF_A_SESSION} MB that this page takes.\n"),
            )
            assert memory(lab) - before < 60 * MEGABYTE
            assert put(client, 1)[0] == 204, "nothing of the refused file is counted"

    run(story)


def test_a_flood_of_uploads_is_bounded_and_what_was_kept_is_let_go(lab: AppProcess) -> None:
    async def story() -> None:
        async with session_on(lab, "models") as one, session_on(lab, "models") as two:
            half = MOST_OF_A_SESSION // 2
            assert [put(one, half)[0] for _ in range(2)] == [204, 204]
            status, said = put(one, 2)
            assert (status, said[:22]) == (413, "One visitor's uploads ")
            assert put(two, MOST_IN_ALL - MOST_OF_A_SESSION - 5)[0] == 204
            status, said = put(two, 10)
            assert (status, said[:25]) == (503, "The lab has no room left ")
            assert memory(lab) < MOST_MEMORY
            full = memory(lab)
            await one.visit("train")  # to leave the page lets its files go
            wait_for(lambda: full - memory(lab) > 150 * MEGABYTE, "the memory to be given back", 20)
            assert put(two, 77)[0] == 204, "Kaggle's train.csv finds room again"

    run(story)


def test_a_large_file_that_was_read_is_let_go(lab: AppProcess) -> None:
    """So a class can hand in Kaggle's train.csv one after the other; its digits stay."""
    rows = "".join(f"{number % 10},{','.join(['12'] * 784)}\n" for number in range(4_000))
    table = ("label," + ",".join(f"pixel{number}" for number in range(784)) + "\n" + rows).encode()
    assert len(table) > KEPT_BYTES

    async def story() -> None:
        async with open_session(lab.address) as client:
            await client.visit("evaluate", data="upload")
            field = next(element.file_uploader for element in client.elements("file_uploader"))
            assert put(client, content=table, name="train.csv")[0] == 204
            kept = kept_bytes(lab)
            said = UploadedFileInfo(file_id="train.csv", name="train.csv", size=len(table))
            state = FileUploaderState(uploaded_file_info=[said])
            await client.set_value("file_uploader", field.label, file_uploader_state_value=state)
            # Streamlit counts again only after some seconds.
            wait_for(lambda: kept_bytes(lab) <= kept - len(table), "the file to be let go", 20)
            shown = " ".join([*client.texts(), *client.alerts()])
            assert "All 3,600 images that are read wrong" in shown, (
                "a model that always reads an 8 is right in each tenth"
            )
            assert any("Still here" in caption for caption in client.texts())
            (field_now,) = client.elements("file_uploader")
            assert field_now.file_uploader.id != field.id, "an empty field"

    run(story)


def kept_bytes(lab: AppProcess) -> int:
    """What Streamlit says of the uploads that it keeps."""
    with urllib.request.urlopen(f"{lab.address}/_stcore/metrics", timeout=10) as answer:
        text = answer.read().decode()
    found = re.search(r"UploadedFileManager[^}]*} (\d+)", text)
    return int(found[1]) if found else 0


def test_other_requests_have_short_bodies(lab: AppProcess) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", lab.port, timeout=10)
    with closing(connection):
        connection.putrequest("POST", "/_stcore/health")
        connection.putheader("Content-Length", str(2_000_000_000))
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status == 413 and answer.read().startswith(b"This request is longer")
