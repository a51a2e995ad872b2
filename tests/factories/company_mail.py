"""E-mail of the fixture company: mailboxes of one's own and shared ones, letters in every state, templates, who wants none."""

from __future__ import annotations

from datetime import timedelta

from tests.factories.company_rows import Company, Fact, bits, instant, key, owned, record, share, tag, user_id

from crm.core.kinds import Kind

OWNERS = ("admin", "outsider", "agent", "junior", "partner", "mixed", "hider", "manager", "double", "closed", "leaver")
MEMBERS = {
    "shared one": (("agent", True), ("junior", False), ("mixed", True)),
    "shared two": (("closed", True), ("hider", False)),
}
STATES = ("DRAFT", "QUEUED", "SENT", "PARTLY", "FAILED", "EXPIRED", "UNKNOWN", "CANCELLED", "REFUSED", "RECEIVED")
REASONS = {"FAILED": "REJECTED", "EXPIRED": "TOO_OLD", "UNKNOWN": "NO_ANSWER", "REFUSED": "NO_ADDRESS", "PARTLY": "REJECTED"}
RECIPIENTS = {
    "DRAFT": "NONE", "QUEUED": "QUEUED", "SENT": "SENT", "PARTLY": "BOUNCED", "FAILED": "REFUSED", "EXPIRED": "REFUSED",
    "UNKNOWN": "UNKNOWN", "CANCELLED": "NONE", "REFUSED": "NONE", "RECEIVED": "NONE",
}  # fmt: skip
FOLDERS = {"DRAFT": "DRAFTS", "QUEUED": "OUTBOX", "RECEIVED": "INBOX"}
LABELS = ("agent READ", "agent EDIT", "partner EDIT", "everyone READ")
PARTIES = ("customer of agent", "customer of outsider", "customer of mixed")
BATCHES = ("PREPARING", "QUEUED", "CANCELLED")


def mail(company: Company) -> None:
    """After activities."""
    for name in ("welcome", "offer", "binned"):
        _template(company, name)
    for place, name in enumerate(("a@gone.test", "b@gone.test", "binned")):
        company.add(
            "email_suppression", **record(Kind.EMAIL_SUPPRESSION, name, deleted=name == "binned"), address=name, address_key=name,
            cause=("UNSUBSCRIBED", "MANUAL")[place % 2], note=f"a note on {name}" if place else None,
        )  # fmt: skip
    boxes = [_account(company, f"box of {owner}", owner) for owner in OWNERS]
    boxes += [_account(company, name, "outsider", shared=True) for name in MEMBERS]
    binned = _account(company, "box binned", "agent", deleted=True)
    batches = [_batch(company, f"mailing of {owner}", owner, BATCHES[place % 3]) for place, owner in enumerate(OWNERS)]
    for label in LABELS:
        share(company, _batch(company, f"mailing shared {label}", "outsider", "QUEUED").id, Kind.EMAIL_BATCH, label)
    for place, box in enumerate((*boxes, binned)):
        thread = _thread(company, f"talk in {box['name']}", box)
        for number in range(3):
            state = STATES[(place * 3 + number) % len(STATES)]
            _message(company, f"letter {number} in {box['name']}", box, thread, state, binned=number == 2 and place % 4 == 0)
        if place < len(batches):
            _message(company, f"bulk in {box['name']}", box, None, "SENT", batch=batches[place])


def _account(company: Company, name: str, owner: str, *, shared: bool = False, deleted: bool = False) -> Fact:
    number, address = bits(name), f"{name.replace(' ', '.')}@mail.test"
    fact = company.add(
        "email_account", **owned(Kind.EMAIL_ACCOUNT, name, owner, None, deleted=deleted), address=address, address_key=address,
        name=name, display_name=f"sender {name}" if number % 2 else None, kind="SHARED" if shared else "PERSONAL", reply_to=None,
        active=True, signature_text=f"regards, {name}", signature_html=None, undo_seconds=10, smtp_host="smtp.mail.test",
        smtp_port=587, smtp_security="STARTTLS", smtp_user=None, sealed_smtp_secret="v1.x.x" if number % 2 else None,
        return_path=None, connections=2, per_minute=60, per_day=None, most_recipients=50, largest_megabytes=20, next_at=None,
        smtp_state=("UNTRIED", "OK", "FAILING")[number % 3], smtp_error=f"words on {name}" if number % 3 == 2 else None,
        smtp_checked_at=instant(f"smtp {name}") if number % 3 else None, imap_host="imap.mail.test", imap_port=None,
        imap_security="TLS", imap_user=None, sealed_imap_secret=None, receiving=bool(number % 2), imap_folder="INBOX",
        receive_since=None, uid_validity=None, last_uid=None, imap_state="UNTRIED", imap_error=None, imap_checked_at=None,
        synced_at=instant(f"sync {name}") if number % 2 else None,
    )  # fmt: skip
    tag(company, fact, Kind.EMAIL_ACCOUNT)
    for place, (person, may_send) in enumerate(MEMBERS.get(name, ())):
        company.add(
            "email_member", id=key(Kind.EMAIL_MEMBER, f"{name} {person}"), account_id=fact.id, user_id=user_id(person),
            position=place, may_send=may_send,
        )  # fmt: skip
    if number % 2:
        company.add(
            "email_rule", id=key(Kind.EMAIL_RULE, name), account_id=fact.id, position=0, name=f"rule of {name}", active=True,
            any_of=False, conditions='[{"field": "FROM", "test": "CONTAINS", "value": "x"}]', folder="ARCHIVE", mark_seen=True,
            mark_flagged=False, assignee_id=user_id("agent"), stop=True,
        )  # fmt: skip
    return fact


def _template(company: Company, name: str) -> None:
    company.add(
        "email_template", **record(Kind.EMAIL_TEMPLATE, name, deleted=name == "binned"), name=name, name_key=name,
        category="NOTICE", subject="{name}", text="{name}, hello", html="<p>{name}</p>" if name == "offer" else None, active=True,
    )  # fmt: skip
    company.add(
        "email_template_variable", id=key(Kind.EMAIL_TEMPLATE_VARIABLE, name), template_id=key(Kind.EMAIL_TEMPLATE, name),
        position=0, name="name", source="SENDER_NAME", longest=50, example=None,
    )  # fmt: skip


def _batch(company: Company, name: str, owner: str, status: str) -> Fact:
    number = bits(name)
    fact = company.add(
        "email_batch", **owned(Kind.EMAIL_BATCH, name, owner, None, deleted=False), name=name, status=status,
        account_id=key(Kind.EMAIL_ACCOUNT, ("box of agent", "box of outsider")[number % 2]),
        template_id=key(Kind.EMAIL_TEMPLATE, "welcome") if number % 3 == 0 else None,
        category=("NOTICE", "MARKETING")[number % 2],
        subject=f"subject of {name}", text=f"text of {name}", html=None, given="{}",
        send_at=instant(f"send {name}") if number % 4 == 0 else None, recipient_count=9, prepared_count=number % 9,
        prepared_parts="[]", refused_count=number % 3, cancelled_at=instant(f"cancel {name}") if status == "CANCELLED" else None,
    )  # fmt: skip
    tag(company, fact, Kind.EMAIL_BATCH)
    return fact


def _thread(company: Company, name: str, account: Fact) -> Fact:
    number = bits(name)
    return company.add(
        "email_thread", **record(Kind.EMAIL_THREAD, name), account_id=account.id, subject=name, subject_key=name,
        party_id=key(Kind.PARTY, ("customer of agent", "customer of outsider")[number % 2]) if number % 3 else None,
        contact_id=None, message_count=1 + number % 4, unseen_count=number % 2, last_at=instant(f"last {name}"),
    )  # fmt: skip


def _message(
    company: Company,
    name: str,
    account: Fact,
    thread: Fact | None,
    state: str,
    *,
    batch: Fact | None = None,
    binned: bool = False,
) -> Fact:
    number, at = bits(name), instant(f"letter {name}")
    earlier = [row for row in company.of("email_message") if row["account_id"] == account.id]
    inbound, went = state == "RECEIVED", state in ("SENT", "PARTLY")
    fact = company.add(
        "email_message", **record(Kind.EMAIL_MESSAGE, name, deleted=binned), account_id=account.id,
        thread_id=None if thread is None else thread.id, direction="INBOUND" if inbound else "OUTBOUND", state=state,
        folder=FOLDERS.get(state, "SENT"), category="PERSONAL" if batch is None else batch["category"],
        batch_id=None if batch is None else batch.id,
        template_id=key(Kind.EMAIL_TEMPLATE, ("offer", "binned")[number % 2]) if number % 3 else None,
        party_id=key(Kind.PARTY, PARTIES[number % 3]) if number % 4 else None,
        contact_id=key(Kind.CONTACT, "contact of agent") if number % 5 == 0 and batch is None else None,
        assignee_id=user_id("agent") if number % 3 == 0 else None,
        activity_id=key(Kind.ACTIVITY, "activity of agent") if went and number % 2 else None, filed=True,
        reply_to_id=earlier[number % len(earlier)].id if inbound and earlier else None, rfc_message_id=f"<{number}@mail.test>",
        rfc_in_reply_to=None, rfc_references=None, subject=name, from_address=account["address"],
        from_name=None, reply_address=None,
        dated_at=at, received_at=at if inbound else None, sent_at=at + timedelta(minutes=1) if went else None,
        ended_at=at + timedelta(minutes=2) if state not in ("DRAFT", "QUEUED") else None,
        send_at=instant(f"send {name}") if number % 4 == 0 else None, undo_until=None, text=f"text of {name}",
        html=f'<p>{name}<img data-remote-src="http://there.test/"></p>' if number % 2 else None, snippet=f"text of {name}",
        size=number % 9000, original_id=None, remote_images=number % 3, images_allowed=number % 3 == 1,
        remarks='["TOO_DEEP"]' if inbound else "[]", auto_reply=False, bounce=False, seen=bool(number % 2),
        flagged=bool(number % 3 == 0), answered_at=None, uid_validity=None, uid=None, fingerprint=None,
        tries=number % 4, doubts=number % 2, repeated=bool(number % 2), reason=REASONS.get(state),
        detail=f"words on {name}" if state == "FAILED" else None,
    )  # fmt: skip
    for place, role in enumerate(("TO", "BCC")[: 1 + number % 2]):
        company.add(
            "email_recipient", id=key(Kind.EMAIL_RECIPIENT, f"{name} {role}"), message_id=fact.id, position=place, role=role,
            address=f"{place}.{number}@there.test", address_key=f"{place}.{number}@there.test", name=f"reader of {name}",
            party_id=key(Kind.PARTY, "customer of outsider") if number % 3 == 0 else None, contact_id=None,
            state=RECIPIENTS[state], reply="550 no" if state == "FAILED" else None,
            status_code="550" if state == "FAILED" else None,
            settled_at=at if went else None, repeated=False, token=f"{place}{number:031x}"[:32],
        )  # fmt: skip
    if number % 3 == 0:
        _attachment(company, fact, name)
    if inbound:
        _suggestions(company, fact, name)
    return fact


def _suggestions(company: Company, message: Fact, name: str) -> None:
    """Parties that some of those who see the mailbox see, and others do not."""
    for place, party in enumerate(PARTIES):
        company.add(
            "email_suggestion", id=key(Kind.EMAIL_SUGGESTION, f"{party} in {name}"), message_id=message.id, position=place,
            party_id=key(Kind.PARTY, party), contact_id=key(Kind.CONTACT, "contact of agent") if place == 0 else None,
            reason=("SAME_DOMAIN", "SAME_ADDRESS", "SAME_THREAD")[place], address="x@there.test", score=50 + place,
            state=("OPEN", "ACCEPTED", "DISMISSED")[place],
        )  # fmt: skip


def _attachment(company: Company, message: Fact, name: str) -> None:
    number = bits(f"file in {name}")
    file = company.add(
        "stored_file", id=key(Kind.STORED_FILE, f"file in {name}"), record_id=message.id, record_kind=int(Kind.EMAIL_MESSAGE),
        name=f"{name}.pdf", media_type="application/pdf", size=1 + number % 9000, sha256=f"{number:064x}",
        author_id=user_id("outsider"), created_at=instant(f"file in {name}"), deleted_at=None,
    )  # fmt: skip
    company.add(
        "email_attachment", id=key(Kind.EMAIL_ATTACHMENT, name), message_id=message.id, position=0, name=f"{name}.pdf",
        media_type="application/pdf", size=file["size"], file_id=file.id, content_id=None, inline=False, dangerous=False,
        state="KEPT",
    )  # fmt: skip
