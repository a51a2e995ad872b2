"""What tests of service cases have in common: a customer, a case, and a clock that can be set back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.factories.api import Api, Office

SHANGHAI = ZoneInfo("Asia/Shanghai")
CASE = """serviceCase { id version number subject status priority actions pendingAt pendingReason resolution resolvedAt closedAt
    rejectReason reopenedCount satisfaction satisfactionNote firstRespondedAt responseDueAt resolutionDueAt responseBreached
    resolutionBreached escalationLevel slaPolicy { name } owner { username } type { code } call { id } project { id } }"""
MONDAY = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
"""The first of the working hours of an ordinary week."""


async def customer(office: Office, name: str = "华为") -> str:
    return str((await office.admin.do("customerCreate", "customer { id }", input={"name": name}))["id"])


async def opened_case(office: Office, who: Api | None = None, **given: object) -> dict[str, Any]:
    party = given.pop("partyId", None) or await customer(office)
    made: dict[str, Any] = await (who or office.admin).do(
        "serviceCaseCreate", CASE, input={"subject": "打印机不工作", "partyId": party, **given}
    )
    return made


async def taken(office: Office, key: str, step: str, **given: object) -> dict[str, Any]:
    """A step of the flow, with what it asks for."""
    needs = {"Pend": {"reason": "等客户"}, "Reject": {"reason": "不归我们"}, "Reopen": {"reason": "又坏了"},
             "Resolve": {"resolution": "换了墨盒"}, "Assign": {"toId": office.admin.id}}  # fmt: skip
    made: dict[str, Any] = await office.admin.do(f"serviceCase{step}", CASE, id=key, **{**needs.get(step, {}), **given})
    return made


async def asked(office: Office, key: str) -> dict[str, Any]:
    """The case as it is now."""
    made: dict[str, Any] = await office.admin.ask("serviceCase", CASE[CASE.index("{") + 1 : CASE.rindex("}")], id=key)
    return made


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of March 2026 in Shanghai; the second is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


def printed(instant: datetime) -> str:
    """An instant as the API prints it."""
    return instant.astimezone(ZoneInfo("UTC")).isoformat()


def stop_clock(monkeypatch: Any, instant: datetime = MONDAY) -> Any:
    """Deeds happen at an instant of the test's own; the answer moves it on."""
    now = [instant]
    monkeypatch.setattr("crm.services.deeds.now", lambda: now[0].astimezone(ZoneInfo("UTC")))

    def move(to: datetime | timedelta) -> datetime:
        now[0] = now[0] + to if isinstance(to, timedelta) else to
        return now[0]

    return move
