"""The GraphQL IDE: GraphiQL with a sign-in line, served from here so that it works without any other network.

Switched on by `CRM_IDE`; the demo does so.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

TYPES = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
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
    media_type = TYPES.get(name.rpartition(".")[2])
    plain, packed = _file(name), _file(f"{name}.gz")
    if media_type is None or (plain is None and packed is None):
        return Response("There is no such file.", 404)
    headers = {"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"}
    if plain is None:
        headers["Content-Encoding"] = "gzip"
    return Response(plain or packed, media_type=media_type, headers=headers)


@cache
def _file(name: str) -> bytes | None:
    """A file of this folder. The route's parameter holds no slash, so nothing outside can be named."""
    found = files(__package__).joinpath(name)
    return found.read_bytes() if found.is_file() else None
