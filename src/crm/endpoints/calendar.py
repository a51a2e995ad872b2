"""`GET /calendar/{token}.ics`: the calendar of whoever made the feed, for telephones and mail programs.

The token is all that is asked for. What it opens is read under its owner's rights at this moment. An unknown token, a revoked one
and that of somebody who left get the same 404.
"""

from __future__ import annotations

import asyncio
import hashlib

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from crm.access.loading import load_by_user
from crm.access.viewer import Viewer
from crm.graph.context import Operation, RightsMoved
from crm.graph.context import Request as Asked
from crm.rules.office.icalendar import calendar
from crm.schema.office.schedule_feed import entries_of
from crm.services.office.calendar_feeds import found
from crm.store.database import Database

PATH = "/calendar"
ATTEMPTS = 3
SECONDS_UNTIL_AGAIN = 5
HEADERS = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


def routes() -> list[Route]:
    """The feed."""
    return [Route(f"{PATH}/{{token}}.ics", show, methods=["GET"])]


async def show(request: Request) -> Response:
    """The calendar; 304 where the reader has it already."""
    database: Database = request.app.state.database
    async with database.connection() as connection:
        feed = await found(connection, request.path_params["token"])
    if feed is None:
        return _absent()
    owner, name = feed
    for _ in range(ATTEMPTS):
        async with database.connection() as connection:
            viewer = await load_by_user(connection, owner)
        if viewer is None:
            return _absent()
        try:
            entries = await entries_of(_operation(request, database, viewer))
        except RightsMoved:
            continue  # somebody's rights changed while we read: from the start
        return _answer(request, await asyncio.to_thread(calendar, name, entries))
    return PlainTextResponse("Try again.", 503, HEADERS | {"Retry-After": str(SECONDS_UNTIL_AGAIN)})


def _operation(request: Request, database: Database, viewer: Viewer) -> Operation:
    async def reload() -> Viewer | None:
        return None

    request_id = str(request.scope.get("state", {}).get("request_id", ""))
    return Operation(database, viewer, Asked(request_id, ""), reload)


def _answer(request: Request, text: str) -> Response:
    body = text.encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = HEADERS | {"ETag": tag}
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if known & {tag, "*"}:
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


def _absent() -> Response:
    return PlainTextResponse("There is no such calendar.", 404, HEADERS)
