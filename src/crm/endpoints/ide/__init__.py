"""The GraphQL IDE: GraphiQL with a sign-in line, served from here so that it works without any other network.

Switched on by `CRM_IDE`; the demo does so.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

TYPES = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
PLAIN = ("page.js", "page.css")
PACKED = ("graphiql.min.js", "graphiql.min.css", "react.production.min.js", "react-dom.production.min.js")
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; frame-ancestors 'none'"
)


def page() -> Response:
    """The IDE's page."""
    headers = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}
    return Response(_file("index.html"), media_type="text/html", headers=headers)


async def asset(request: Request) -> Response:
    """One of the page's scripts and styles; the large ones are kept compressed."""
    name = request.path_params["name"]
    if name not in PLAIN + PACKED:
        return Response("There is no such file.", 404)
    headers = {"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"}
    if name in PACKED:
        headers["Content-Encoding"] = "gzip"
    content = _file(f"{name}.gz" if name in PACKED else name)
    return Response(content, media_type=TYPES[name.rpartition(".")[2]], headers=headers)


@cache
def _file(name: str) -> bytes:
    """A file of this folder; only names listed above come here."""
    return files(__package__).joinpath(name).read_bytes()
