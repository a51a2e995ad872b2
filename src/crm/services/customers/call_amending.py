"""What was filed of a call, put right afterwards by whoever had it; the activity that came of it follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.core.errors import IllegalTransition
from crm.models import Activity, Call
from crm.rules.customers.call_states import CallVerb
from crm.services.customers.call_filing import disposition_of
from crm.services.customers.call_rows import locked_own
from crm.services.customers.calls import held
from crm.services.deeds import Deed
from crm.services.records import check_frozen, check_version, record_change, revise
from crm.services.values import checked

_LABELS = """
SELECT i.label_zh, i.label_en, u.locale FROM user_account u LEFT JOIN dictionary_item i ON i.id = $2 WHERE u.id = $1
"""


async def amend(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """Another note or outcome of a call that was filed."""
    check_frozen(deed, "call", list(given))
    call = await held(deed, record_id)
    check_version(call, version)
    if call.filed_at is None:
        raise IllegalTransition("Call", call.state, CallVerb.AMEND)
    values: dict[str, Any] = checked(Call, {name: given[name] for name in ("note",) if name in given})
    if "disposition" in given:
        option = await disposition_of(deed, given["disposition"])
        values["disposition_id"] = option and option["id"]
    before = {"content": call.note, "outcome": await _outcome(deed, call)}
    if changes := await revise(deed, call, values):
        await record_change(deed, call, "call.amend", changes)
        await _follow(deed, call, before)
    return UUID(str(call.id))


async def _follow(deed: Deed, call: Any, before: Mapping[str, Any]) -> None:
    """Write the same into the activity, as far as nobody has written anything else there."""
    activity = call.activity_id and await locked_own(deed, Activity, call.activity_id)
    if not activity:
        return
    after = {"content": call.note, "outcome": await _outcome(deed, call)}
    values = {name: value for name, value in after.items() if getattr(activity, name) == before[name]}
    if changes := await revise(deed, activity, values):
        await record_change(deed, activity, "activity.update", changes)


async def _outcome(deed: Deed, call: Any) -> str | None:
    """The call's disposition as filing writes it into the activity: in the language of whoever filed it."""
    row = (await deed.rows(_LABELS, deed.actor, call.disposition_id))[0]
    text: str | None = row["label_zh" if row["locale"].startswith("zh") else "label_en"]
    return text
