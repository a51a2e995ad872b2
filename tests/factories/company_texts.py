"""Short messages of the fixture company: accounts, templates, opt-outs, bulk messages and messages in every state."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.factories.company_rows import Company, Fact, bits, instant, key, owned, record, share, tag, user_id

from crm.core.kinds import Kind
from crm.core.pinyin import name_key

WORKERS = (None, "outsider", "agent", "junior", "partner", "mixed", "hider", "manager", "double", "closed")
LABELS = ("agent READ", "agent EDIT", "agent expired", "partner EDIT", "mixed EDIT", "everyone READ")
STATES = ("QUEUED", "SUBMITTED", "DELIVERED", "FAILED", "EXPIRED", "UNKNOWN", "CANCELLED", "REFUSED", "RECEIVED")
REASONS = {"FAILED": "REJECTED", "EXPIRED": "TOO_OLD", "UNKNOWN": "NO_ANSWER", "REFUSED": "NO_NUMBER"}
BATCHES = ("PREPARING", "QUEUED", "CANCELLED")
CATEGORIES = ("CODE", "NOTICE", "MARKETING")


def texts(company: Company) -> None:
    """After activities."""
    for name in ("main", "spare", "binned"):
        _account(company, name)
    for name in ("greeting", "due", "binned"):
        _template(company, name)
    for place, name in enumerate(("139 0000 0001", "139 0000 0002", "binned")):
        company.add(
            "sms_opt_out", **record(Kind.SMS_OPT_OUT, name, deleted=name == "binned"), number=name, e164=f"+861390000000{place}",
            cause=("REPLY", "MANUAL")[place % 2], note=f"a note on {name}" if place else None,
        )  # fmt: skip
    for place, owner in enumerate(WORKERS):
        batch = _batch(company, f"batch of {owner or 'nobody'}", owner, BATCHES[place % 3])
        _message(company, f"text of {owner or 'nobody'}", owner, STATES[place % len(STATES)])
        _message(company, f"text in batch of {owner or 'nobody'}", "leaver", STATES[(place + 4) % 8], batch=batch)
    for label in LABELS:
        share(company, _batch(company, f"batch shared {label}", "outsider", "QUEUED").id, Kind.SMS_BATCH, label)
        share(company, _message(company, f"text shared {label}", "outsider", "DELIVERED").id, Kind.SMS_MESSAGE, label)
    for place, party in enumerate(("customer of agent", "customer of outsider", "channel of outsider", "customer of mixed")):
        _message(company, f"text with {party}", "leaver", STATES[1 + place], party=party)


def _account(company: Company, name: str) -> None:
    made = record(Kind.SMS_ACCOUNT, name, deleted=name == "binned")
    company.add(
        "sms_account", **made, code=name, name=f"account {name}", driver="FILE", url=f"https://{name}.example.com/",
        sealed_secret="v1.x.x" if name == "main" else None, sender=None, signature="江南", opt_out_text="回T退订", per_second=10,
        per_number_per_day=None, quiet_from="21:00", quiet_until="08:00", time_zone="Asia/Shanghai",
        segment_price=Decimal("0.050000"), currency="CNY", primary=name == "main", active=True, next_at=None,
    )  # fmt: skip


def _template(company: Company, name: str) -> None:
    company.add(
        "sms_template", **record(Kind.SMS_TEMPLATE, name, deleted=name == "binned"), name=name, name_key=name_key(name),
        category="NOTICE", text="{name}, hello", provider_code=f"T-{name}" if name == "due" else None,
        account_id=key(Kind.SMS_ACCOUNT, "main") if name == "greeting" else None, active=True,
    )  # fmt: skip
    company.add(
        "sms_template_variable", id=key(Kind.SMS_TEMPLATE_VARIABLE, name), template_id=key(Kind.SMS_TEMPLATE, name), position=0,
        name="name", source="SENDER_NAME", longest=50, example=None,
    )  # fmt: skip


def _batch(company: Company, name: str, owner: str | None, status: str) -> Fact:
    number = bits(name)
    fact = company.add(
        "sms_batch", **owned(Kind.SMS_BATCH, name, owner, None, deleted=False), name=name, status=status,
        account_id=key(Kind.SMS_ACCOUNT, ("main", "spare")[number % 2]),
        template_id=key(Kind.SMS_TEMPLATE, "greeting") if number % 3 == 0 else None, category=CATEGORIES[number % 3],
        text=f"text of {name}", given="{}", send_at=instant(f"send {name}") if number % 4 == 0 else None,
        recipient_count=9, prepared_count=number % 9, prepared_parts="[]", refused_count=number % 3, segment_count=number % 30,
        cost=Decimal(f"{number % 9}.0500"), currency="CNY",
        cancelled_at=instant(f"cancel {name}") if status == "CANCELLED" else None,
    )  # fmt: skip
    tag(company, fact, Kind.SMS_BATCH)
    return fact


def _message(
    company: Company, name: str, owner: str | None, state: str, *, batch: Fact | None = None, party: str | None = None
) -> Fact:
    number, at = bits(name), instant(f"submit {name}")
    inbound, went = state == "RECEIVED", state in ("SUBMITTED", "DELIVERED", "UNKNOWN")
    earlier = company.of("sms_message")
    fact = company.add(
        "sms_message", **owned(Kind.SMS_MESSAGE, name, owner, None, deleted=False),
        direction="INBOUND" if inbound else "OUTBOUND", state=state, category=CATEGORIES[number % 3],
        account_id=key(Kind.SMS_ACCOUNT, ("main", "spare", "binned")[number % 3]),
        template_id=key(Kind.SMS_TEMPLATE, ("due", "binned")[number % 2]) if number % 3 else None,
        batch_id=None if batch is None else batch.id, party_id=None if party is None else key(Kind.PARTY, party),
        contact_id=key(Kind.CONTACT, "contact of agent") if number % 5 == 0 and batch is None else None,
        recipient_id=user_id("agent") if number % 7 == 0 else None,
        e164=None if state == "REFUSED" else f"+86139{number % 10**8:08d}",
        number=None if state == "REFUSED" else f"139 {number % 10**8:08d}", text=name, encoding=("GSM7", "UCS2")[number % 2],
        segments=number % 3, cost=Decimal(f"0.{number % 9}500"), currency="CNY",
        send_at=instant(f"send {name}") if number % 4 == 0 else None, submitted_at=at if went else None,
        delivered_at=at + timedelta(minutes=1) if state in ("DELIVERED", "RECEIVED") else None,
        ended_at=at + timedelta(minutes=1) if state not in ("QUEUED", "SUBMITTED") else None, tries=number % 4,
        doubts=number % 2, repeated=bool(number % 2), reason=REASONS.get(state),
        detail=f"words on {name}" if state == "FAILED" else None,
        activity_id=key(Kind.ACTIVITY, "activity of agent") if went and number % 2 else None, filed=True,
        reply_to_id=earlier[number % len(earlier)].id if inbound and earlier else None,
    )  # fmt: skip
    tag(company, fact, Kind.SMS_MESSAGE)
    return fact
