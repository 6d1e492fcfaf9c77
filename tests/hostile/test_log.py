"""A line of the log is one that the lab wrote, whatever a visitor sends."""

import asyncio
import http.client
from pathlib import Path

from mnist_core.bench.app_client import open_session
from mnist_core.bench.app_process import AppProcess

FORGED = "2026-01-01 00:00:00,000 CRITICAL mnist_core: the disk is damaged"


async def visit(address: str) -> None:
    """Opens a page, with which the log begins."""
    async with open_session(address) as session:
        await session.visit("models")


def test_a_visitor_writes_no_line_of_the_log(tmp_path: Path) -> None:
    app = AppProcess.start(tmp_path, variables={"MNIST_LOG": "INFO"})
    try:
        asyncio.run(visit(app.address))
        connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=10)
        connection.request("GET", f"/x%0A{FORGED.replace(' ', '%20')}%1B%5B2J", headers={"Host": "evil.example"})
        assert connection.getresponse().status == 400
        connection.close()
    finally:
        app.end()
    said = (tmp_path / "app.log").read_text()
    assert "the disk is damaged" in said, "the request is in the log"
    assert not [line for line in said.splitlines() if line.startswith(FORGED[:4] + "-01-01")]
    assert "\x1b[2J" not in said, "what a terminal obeys"
