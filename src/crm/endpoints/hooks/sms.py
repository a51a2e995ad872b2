"""`POST /hooks/sms/{account}`: receipts of what an account sent, and what is written to it. All of a list is taken, or nothing.

The last part of the path is the account's code; that of an account which sends as the installation does may also be its driver.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crm.config import Settings
from crm.core.clock import now
from crm.core.vault import Vault, VaultError
from crm.endpoints.hooks.call_bodies import BadBody
from crm.endpoints.hooks.signatures import refusal_of
from crm.endpoints.hooks.sms_bodies import reports_of
from crm.rules.messaging.sms_drivers import SmsDriver
from crm.services.deeds import Database, DiallingPlan
from crm.services.messaging import sms_intake
from crm.services.messaging.sms_accounts import CODE, place_of

LARGEST_BODY = 256 * 1024

log = structlog.get_logger("crm.hooks")


def routes(settings: Settings) -> list[Route]:
    """The hook, with what it needs of these settings."""
    return [Route("/hooks/sms/{account}", SmsHook(settings).serve, methods=["POST"])]


class SmsHook:
    """The endpoint. Whose secret it is stands with the account."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.plan = DiallingPlan.of(settings)

    async def serve(self, request: Request) -> Response:
        """Which account, is it its provider, what do they say; store it, answer how much was new."""
        name, body = request.path_params["account"], await request.body()
        if len(body) > LARGEST_BODY:
            return _answer(413, error=f"The body is larger than {LARGEST_BODY} bytes.")
        database: Database = request.app.state.database
        account = await _account(database, name, self.settings.sms_driver) if CODE.fullmatch(name) else None
        secret = self._secret(account)
        known = {name: SecretStr(secret)} if secret else {}
        if (refusal := refusal_of(request, name, body, known)) is not None or account is None:
            return _answer(401, error=refusal)
        try:
            reports = reports_of(body, now())
        except BadBody as bad:
            log.info("report of short messages refused", account=name, field=bad.field, reason=bad.message)
            return _answer(bad.status, error=bad.message, field=bad.field)
        request_id = str(request.scope.get("state", {}).get("request_id", ""))
        new = await sms_intake.take_in(database, account, reports, self.plan, request_id)
        return _answer(200, received=len(reports), new=new)

    def _secret(self, account: Mapping[str, Any] | None) -> str:
        """What the provider signs with; nothing where nobody has entered it, and then nobody gets in."""
        if account is None:
            return ""
        if account["driver"] == SmsDriver.INSTALLATION:
            return self.settings.sms_secret.get_secret_value() if self.settings.sms_secret else ""
        key = self.settings.secret_key
        vault = Vault(key.get_secret_value().encode() if key else b"")
        try:
            return vault.open(account["sealed_secret"], place_of(account["id"])) if account["sealed_secret"] else ""
        except VaultError as error:
            log.warning("the secret of an account cannot be opened", account=account["code"], reason=str(error))
            return ""


_ACCOUNT = """
SELECT id, code, driver, sealed_secret, currency FROM sms_account
WHERE deleted_at IS NULL AND (code = $1 OR ($1 = $2 AND driver = 'INSTALLATION')) ORDER BY code = $1 DESC, id LIMIT 1
"""


async def _account(database: Database, name: str, driver: str) -> Mapping[str, Any] | None:
    async with database.transaction() as tx:
        rows: list[Mapping[str, Any]] = list(await tx.execute_query_dict(_ACCOUNT, [name, driver]))
    return rows[0] if rows else None


def _answer(status: int, **told: object) -> Response:
    body = {name: value for name, value in told.items() if value is not None}
    return Response(orjson.dumps(body), status, media_type="application/json")
