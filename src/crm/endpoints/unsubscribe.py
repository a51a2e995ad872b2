"""`GET /unsubscribe/…` shows a page with a button, `POST` there unsubscribes (RFC 8058).

Neither asks who somebody is: the link in their message says that. `GET` changes nothing, whoever follows it; mail programs that
offer one click send `POST` with `List-Unsubscribe=One-Click`, and so does the button.
"""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from crm.endpoints.execution import Services
from crm.services.messaging.unsubscribing import PATH, address_of, token_of, unsubscribe

HEADERS = {
    "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
}  # fmt: skip
GONE = "该链接无效。This link is not valid."
DONE = "已退订，您不会再收到群发邮件。You are unsubscribed and get no more mail of this kind."


def routes() -> list[Route]:
    """Both ways."""
    return [Route(f"{PATH}/{{token}}", show, methods=["GET"]), Route(f"{PATH}/{{token}}", act, methods=["POST"])]


async def show(request: Request) -> Response:
    """The page with the button; nothing is changed by looking at it."""
    services: Services = request.app.state.services
    token = token_of(services.secret, request.path_params["token"])
    address = None if token is None else await address_of(services.database, token)
    if address is None:
        return _page(404, GONE)
    button = (
        '<form method="post"><button type="submit" name="List-Unsubscribe" value="One-Click">退订 Unsubscribe</button></form>'
    )
    return _page(200, f"{_masked(address)}", button)


async def act(request: Request) -> Response:
    """Unsubscribe; again, and nothing changes."""
    services: Services = request.app.state.services
    token = token_of(services.secret, request.path_params["token"])
    done = token is not None and await unsubscribe(services.database, token)
    return _page(200, DONE) if done else _page(404, GONE)


def _masked(address: str) -> str:
    """A link may be passed on; it tells enough for the right person to know their address."""
    local, _, domain = address.rpartition("@")
    return f"{local[:2]}***@{domain}"


def _page(status: int, text: str, more: str = "") -> Response:
    body = (
        '<!doctype html><html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>退订 Unsubscribe</title><p>{escape(text)}</p>{more}"
    )
    return HTMLResponse(body, status, HEADERS)
