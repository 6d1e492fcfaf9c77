"""How the doors refuse."""

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, sentence: str) -> None:
    """Answers with a sentence, also where a websocket was asked for."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        return await send({"type": "websocket.close", "code": 1008, "reason": ""})
    return await PlainTextResponse(f"{sentence}\n", status, {"Connection": "close"})(scope, receive, send)
