"""The agent console: one page and its modules, a client of the public API like any other.

Nothing here knows who is asking: the page signs in by `signIn` and lives on queries, mutations and subscriptions.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

PAGE = "index.html"
ASSETS = (
    "announcements.js",
    "api.js",
    "app.js",
    "callForm.js",
    "calls.js",
    "callView.js",
    "clock.js",
    "console.css",
    "customerView.js",
    "documents.js",
    "dom.js",
    "icon.svg",
    "language.js",
    "newCustomer.js",
    "notices.js",
    "parties.js",
    "presence.js",
    "recentCalls.js",
    "reminders.js",
    "ringing.js",
    "ringtone.js",
    "session.js",
    "signIn.js",
    "socket.js",
    "texts.js",
    "textsEn.js",
    "textsZh.js",
)
TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self' ws: wss:",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Asked for again each time, answered 304 while unchanged: a deploy reaches every desk with the next reload.
    "Cache-Control": "no-cache",
}


def routes() -> list[Route]:
    """`/` and the files the page is made of."""
    return [Route("/", page), Route("/console/{name}", asset)]


async def page(request: Request) -> Response:
    """The console's page."""
    return _answer(request, PAGE)


async def asset(request: Request) -> Response:
    """One of the page's files; any other name is unknown, whatever it would mean to a file system."""
    name = request.path_params["name"]
    if name not in ASSETS:
        return PlainTextResponse("There is no such file.", 404, HEADERS)
    return _answer(request, name)


def _answer(request: Request, name: str) -> Response:
    content, tag = _file(name)
    headers = HEADERS | {"ETag": tag}
    known = [known.strip().removeprefix("W/") for known in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers | {"Content-Type": TYPES[name.rpartition(".")[2]]})


@cache
def _file(name: str) -> tuple[bytes, str]:
    """A file of `assets` and its entity tag; only names listed above come here."""
    content = files(__package__).joinpath("assets", name).read_bytes()
    return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'
