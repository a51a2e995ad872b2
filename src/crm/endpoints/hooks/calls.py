"""`POST /hooks/calls/{source}`: what a switchboard tells of its calls. All of a list is taken, or nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crm.config import Settings
from crm.core.clock import now
from crm.endpoints.hooks.call_bodies import BadBody, reports_of
from crm.endpoints.hooks.signatures import refusal_of
from crm.services.attempts import PASSING, REFUSED
from crm.services.customers.call_reports import CallReport, receive_all
from crm.services.deeds import Channel, Database, DiallingPlan, deed
from crm.services.system.accounts import SYSTEM

LARGEST_BODY = 256 * 1024
ATTEMPTS = 5

log = structlog.get_logger("crm.hooks")


def routes(settings: Settings) -> list[Route]:
    """The hook, with the secrets of these settings."""
    return [Route("/hooks/calls/{source}", CallHook(settings).serve, methods=["POST"])]


class CallHook:
    """The endpoint and what it needs of the settings."""

    def __init__(self, settings: Settings) -> None:
        self.secrets = settings.hook_secrets
        self.plan = DiallingPlan(settings.default_region, settings.default_area_code or None)

    async def serve(self, request: Request) -> Response:
        """Who is it, what do they say, store it, answer how much was new."""
        source = request.path_params["source"]
        body = await request.body()
        if len(body) > LARGEST_BODY:
            return _answer(413, error=f"The body is larger than {LARGEST_BODY} bytes.")
        if (refusal := refusal_of(request, source, body, self.secrets)) is not None:
            return _answer(401, error=refusal)
        try:
            reports = reports_of(source, body, now())
        except BadBody as bad:
            log.info("telephony event refused", source=source, field=bad.field, reason=bad.message)
            return _answer(bad.status, error=bad.message, field=bad.field)
        request_id = str(request.scope.get("state", {}).get("request_id", ""))
        new = await self._received(request.app.state.database, reports, request_id)
        return _answer(200, received=len(reports), new=new)

    async def _received(self, database: Database, reports: Sequence[CallReport], request_id: str) -> int:
        """In one transaction; again where the database chose it as a victim, or somebody purged what it had just found."""
        attempt = 0
        while True:
            try:
                async with deed(database, SYSTEM, request_id, channel=Channel.TELEPHONY, dialling=self.plan) as opened:
                    return await receive_all(opened, reports)
            except (*PASSING, REFUSED):
                attempt += 1
                if attempt == ATTEMPTS:
                    raise
                await asyncio.sleep(0.01 * 2**attempt)


def _answer(status: int, **told: object) -> Response:
    body = {name: value for name, value in told.items() if value is not None}
    return Response(orjson.dumps(body), status, media_type="application/json")
