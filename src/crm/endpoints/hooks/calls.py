"""`POST /hooks/calls/{source}`: what a switchboard tells of its calls. All of a list is taken, or nothing of it."""

from __future__ import annotations

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crm.config import Settings
from crm.core.clock import now
from crm.endpoints.hooks import twilio
from crm.endpoints.hooks.call_bodies import BadBody, report_of, reports_of
from crm.endpoints.hooks.field_maps import PLAIN, field_map
from crm.endpoints.hooks.signatures import refusal_of
from crm.services.customers.call_intake import take_in
from crm.services.customers.call_reports import CallReport
from crm.services.deeds import DiallingPlan

LARGEST_BODY = 256 * 1024

log = structlog.get_logger("crm.hooks")


def routes(settings: Settings) -> list[Route]:
    """The hook, with the secrets of these settings."""
    return [Route("/hooks/calls/{source}", CallHook(settings).serve, methods=["POST"])]


class CallHook:
    """The endpoint and what it needs of the settings."""

    def __init__(self, settings: Settings) -> None:
        self.secrets = settings.hook_secrets
        self.twilio = frozenset(name for name, chosen in settings.hook_maps.items() if chosen.like == "twilio")
        self.maps = {name: field_map(chosen) for name, chosen in settings.hook_maps.items()}
        self.plan = DiallingPlan.of(settings)

    async def serve(self, request: Request) -> Response:
        """Who is it, what do they say, store it, answer how much was new."""
        source = request.path_params["source"]
        body = await request.body()
        if len(body) > LARGEST_BODY:
            return _answer(413, error=f"The body is larger than {LARGEST_BODY} bytes.")
        if (refusal := self._refusal(request, source, body)) is not None:
            return _answer(401, error=refusal)
        try:
            told = self._told(source, body)
        except BadBody as bad:
            log.info("telephony event refused", source=source, field=bad.field, reason=bad.message)
            return _answer(bad.status, error=bad.message, field=bad.field)
        request_id = str(request.scope.get("state", {}).get("request_id", ""))
        reports = [report for report in told if report is not None]
        new = await take_in(request.app.state.database, reports, self.plan, request_id) if reports else 0
        return _answer(200, received=len(told), new=new, ignored=len(told) - len(reports) or None)

    def _refusal(self, request: Request, source: str, body: bytes) -> str | None:
        """Why it is not taken for one of this source, by the signature that the source gives."""
        if source in self.twilio:
            return twilio.refusal_of(request, body, self.secrets.get(source))
        return refusal_of(request, source, body, self.secrets)

    def _told(self, source: str, body: bytes) -> list[CallReport | None]:
        at = now()
        if source not in self.twilio:
            return reports_of(source, body, at, self.maps.get(source, PLAIN))
        event = twilio.event_of(body, at)
        return [None if event is None else report_of(source, event, at)]


def _answer(status: int, **told: object) -> Response:
    body = {name: value for name, value in told.items() if value is not None}
    return Response(orjson.dumps(body), status, media_type="application/json")
