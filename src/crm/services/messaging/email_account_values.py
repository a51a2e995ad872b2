"""What the columns of a mailbox take: addresses, servers, limits, the shape of its return path, members and rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crm.core.errors import DomainError, Invalid, Refusals
from crm.core.naming import camel_case
from crm.models import EmailAccount, EmailRule
from crm.rules.messaging.email_addresses import address_key, address_of, header_text
from crm.rules.messaging.email_flow import EmailAccountKind
from crm.rules.messaging.email_rules import ARRIVING, LONGEST_VALUE, MOST_CONDITIONS, EmailRuleField
from crm.rules.messaging.email_text import composed_html
from crm.rules.messaging.email_tokens import HOLE, with_token
from crm.rules.messaging.mail_hosts import host_of
from crm.rules.system.user_kinds import UserKind
from crm.services.deeds import Deed
from crm.services.messaging.email_secrets import refuse_clear
from crm.services.records import refuse_outside
from crm.services.references import rule_of_table, visible_id
from crm.services.values import checked, columns

TRIAL = "email trial"
"""The bell of whoever tries log-ins."""
CONNECTION = {side: tuple(f"{side}_{name}" for name in ("host", "port", "security", "user")) for side in ("smtp", "imap")}
MEMBERS, RULES = ("input", "members"), ("input", "rules")
_LISTS = ("members", "rules", "smtp_secret", "imap_secret")
_LIMITS = {
    "undo_seconds": (0, 120), "connections": (1, 10), "per_minute": (1, 6000), "per_day": (1, 1_000_000),
    "most_recipients": (1, 500), "largest_megabytes": (1, 50), "smtp_port": (1, 65535), "imap_port": (1, 65535),
}  # fmt: skip
_PROBE = "a" * 32


def decided(given: Mapping[str, Any], account: Any) -> dict[str, Any]:
    """The columns of a mailbox, all that is wrong refused together."""
    values, _ = columns(EmailAccount, given, _LISTS)
    errors: list[DomainError] = []
    for check in (_addresses, _names, _hosts, _numbers):
        try:
            check(values)
        except DomainError as error:
            errors.append(error)
    if errors:
        raise errors[0] if len(errors) == 1 else Refusals(errors)
    if values.get("signature_html") is not None:
        values["signature_html"] = composed_html(values["signature_html"])
    if values.get("receiving") and values.get("imap_host", getattr(account, "imap_host", None)) is None:
        raise Invalid("It has no server to receive from.", ("input", "receiving"))
    if "imap_host" in values and values["imap_host"] is None and getattr(account, "receiving", False):
        values.setdefault("receiving", False)
    refuse_clear(values, account, given)
    return values


def _fixed(values: dict[str, Any], name: str, way: Callable[[str], str]) -> None:
    if values.get(name) is not None:
        try:
            values[name] = way(values[name])
        except ValueError as error:
            raise Invalid(str(error), ("input", camel_case(name))) from None


def _addresses(values: dict[str, Any]) -> None:
    for name in ("address", "reply_to"):
        _fixed(values, name, address_of)
    if values.get("address") is not None:
        values["address_key"] = address_key(values["address"])
    if (pattern := values.get("return_path")) is not None:
        if pattern.rpartition("@")[0].count(HOLE) != 1 or pattern.count(HOLE) != 1:
            raise Invalid("A return path looks like bounce+{token}@example.com.", ("input", "returnPath"))
        _fixed({"return_path": with_token(pattern, _PROBE)}, "return_path", address_of)


def _names(values: dict[str, Any]) -> None:
    for name in ("display_name", "smtp_user", "imap_user"):
        _fixed(values, name, lambda text: header_text(text, 254))


def _hosts(values: dict[str, Any]) -> None:
    for name in ("smtp_host", "imap_host"):
        _fixed(values, name, host_of)


def _numbers(values: dict[str, Any]) -> None:
    for name, (low, high) in _LIMITS.items():
        refuse_outside(values.get(name), low, high, name)


async def members_of(deed: Deed, kind: EmailAccountKind, given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The people a shared mailbox is for: our own, each once."""
    if given and kind is EmailAccountKind.PERSONAL:
        raise Invalid("A personal mailbox has no members.", MEMBERS)
    rows: list[dict[str, Any]] = []
    for place, item in enumerate(given):
        where = (*MEMBERS, str(place), "userId")
        key = await visible_id(deed, rule_of_table("user_account"), item["user_id"], where)
        person = (await deed.rows("SELECT active, kind FROM user_account WHERE id = $1", key))[0]
        if not person["active"] or person["kind"] != UserKind.STAFF:
            raise Invalid("Members are people of ours who still work here.", where)
        if any(row["user_id"] == key for row in rows):
            raise Invalid("This person is in the list already.", where)
        rows.append({"user_id": key, "may_send": item.get("may_send", True)})
    return rows


async def rules_of(deed: Deed, given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rules of a mailbox, in their order."""
    return [await _rule(deed, item, (*RULES, str(place))) for place, item in enumerate(given)]


async def _rule(deed: Deed, item: Mapping[str, Any], where: tuple[str, ...]) -> dict[str, Any]:
    row = {
        **checked(EmailRule, {"name": item["name"]}, where),
        **{name: item.get(name, default) for name, default in _SWITCHES.items()},
        "conditions": _conditions(item["conditions"], (*where, "conditions")),
        "folder": item.get("folder"), "assignee_id": None,
    }  # fmt: skip
    if row["folder"] is not None and row["folder"] not in ARRIVING:
        raise Invalid("What arrives goes to the inbox, the archive or to junk.", (*where, "folder"))
    row["folder"] = None if row["folder"] is None else str(row["folder"])
    if item.get("assignee_id") is not None:
        row["assignee_id"] = await visible_id(deed, rule_of_table("user_account"), item["assignee_id"], (*where, "assigneeId"))
    return row


_SWITCHES = {"active": True, "any_of": False, "mark_seen": False, "mark_flagged": False, "stop": True}


def _conditions(given: Sequence[Mapping[str, Any]], where: tuple[str, ...]) -> list[dict[str, str]]:
    if not 1 <= len(given) <= MOST_CONDITIONS:
        raise Invalid(f"Between 1 and {MOST_CONDITIONS} conditions.", where)
    found = []
    for place, each in enumerate(given):
        value = (each.get("value") or "").strip()
        if "\0" in value or len(value) > LONGEST_VALUE or (not value and each["field"] is not EmailRuleField.HAS_ATTACHMENT):
            raise Invalid(f"A value of 1 to {LONGEST_VALUE} characters.", (*where, str(place), "value"))
        found.append({"field": str(each["field"]), "test": str(each["test"]), "value": value})
    return found
