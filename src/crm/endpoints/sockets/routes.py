"""Where sockets are opened."""

from __future__ import annotations

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from crm.endpoints.execution import Executor
from crm.endpoints.sockets.origins import same_origin
from crm.endpoints.sockets.socket import Socket


def routes(executor: Executor) -> list[WebSocketRoute]:
    """`/graphql`, beside the HTTP route of the same path."""

    async def serve(websocket: WebSocket) -> None:
        if not same_origin(websocket, executor.settings.allowed_origins):
            await websocket.close()  # before it is accepted: the handshake is answered 403
            return
        await Socket(websocket, executor, websocket.app.state.services).serve()

    return [WebSocketRoute("/graphql", serve)]
