"""A message that came in, written down (收信): itself, its conversation and files, whom it is from, how far the mailbox was read.

All of it is one transaction: whatever ends this process, a message is there whole and its number is behind us, or neither. One
that comes again, because its folder was numbered anew or it was delivered twice, is known by its fingerprint.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import EmailMessage
from crm.rules.messaging.email_flow import EmailCategory, EmailDirection, EmailFolder, EmailState
from crm.rules.messaging.email_rules import Effect, Facts, applied
from crm.rules.messaging.received_mail import ReceivedMail
from crm.rules.system.notices import Notice
from crm.services import events
from crm.services.attempts import PASSING
from crm.services.deeds import Channel, Database, Deed
from crm.services.messaging import email_bounces, email_matches, email_threading, email_threads
from crm.services.messaging.email_arrivals import Arrival, keep_contents, write_files
from crm.services.messaging.email_matches import Match
from crm.services.messaging.email_threading import Place
from crm.services.notices import notify_people
from crm.services.records import FieldChange, insert, record_change
from crm.services.system.accounts import system_deed
from crm.services.topics import Topic
from crm.store.blobs import BlobStore

NEWS = timedelta(days=1)
"""Nobody is told of older mail that is only found now: a mailbox that is connected may bring years of it."""
ATTEMPTS = 3
"""Where it meets somebody who reads the same conversation, and the database chose it as the victim."""
LONGEST_SUBJECT, LONGEST_ID = 400, 500

_ACCOUNT = "SELECT * FROM email_account WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE"
_REACHED = """
UPDATE email_account SET last_uid = greatest($3, last_uid), synced_at = $4
WHERE id = $1 AND uid_validity = $2
"""
_KNOWN = "SELECT 1 FROM email_message WHERE account_id = $1 AND fingerprint = $2"
_AGAIN = """
UPDATE email_message SET uid_validity = $3, uid = $4 WHERE account_id = $1 AND fingerprint = $2 RETURNING id
"""
# Its number may be that of a letter of another folder that this mailbox had, or server: many begin all of them with the same.
_FREED = """
UPDATE email_message SET uid_validity = NULL, uid = NULL
WHERE account_id = $1 AND uid_validity = $2 AND uid = $3 AND fingerprint IS DISTINCT FROM $4
"""
# What went out in bulk begins no conversation by itself; an answer does, and takes it in.
_JOINS = "UPDATE email_message SET thread_id = $2 WHERE id = $1 AND thread_id IS NULL AND account_id = $3"
_RECIPIENTS = """
INSERT INTO email_recipient (id, message_id, position, role, address, address_key, name, party_id, contact_id, state, repeated)
SELECT k.id, $1, k.place - 1, k.role, k.address, lower(k.address), k.name, k.party, k.contact, 'NONE', FALSE
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::uuid[]) WITH ORDINALITY
    AS k(id, role, address, name, party, contact, place)
"""


class Moved(Exception):
    """The mailbox is not what it was when the message was fetched: look again from the start."""


async def receive(database: Database, blobs: BlobStore, account_id: UUID, arrival: Arrival) -> UUID | None:
    """Keep a message that was fetched; its id, or None where it was here before. Committed when this returns."""
    async with system_deed(database, "mail", channel=Channel.MAIL) as deed:
        known = bool(await deed.rows(_KNOWN, account_id, arrival.mail.fingerprint))
        if not known:
            # Before the mailbox is locked: what is sent by it would wait for the upload.
            await keep_contents(deed, blobs, arrival)
        for attempt in range(1, ATTEMPTS + 1):
            # What was kept stays kept, as the transaction that keeps sweeps away goes on.
            try:
                async with deed.savepoint() as inner:
                    return await _received(inner, account_id, arrival, known=known)
            except PASSING:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returns or raises")


async def skip(database: Database, account_id: UUID, uid_validity: int, uid: int) -> None:
    """A message that cannot be kept, or is gone, must not keep those behind it from coming."""
    async with system_deed(database, "mail", channel=Channel.MAIL) as deed:
        await deed.run(_REACHED, account_id, uid_validity, uid, deed.at)


async def _received(deed: Deed, account_id: UUID, arrival: Arrival, *, known: bool) -> UUID | None:
    account = await _account(deed, account_id, arrival)
    await deed.run(_REACHED, account_id, arrival.uid_validity, arrival.uid, deed.at)
    await deed.run(_FREED, account_id, arrival.uid_validity, arrival.uid, arrival.mail.fingerprint)
    if await deed.rows(_AGAIN, account_id, arrival.mail.fingerprint, arrival.uid_validity, arrival.uid):
        return None
    if known:  # it was purged just now, and its files were not kept anew
        raise Moved
    return await written(deed, account, arrival)


async def _account(deed: Deed, account_id: UUID, arrival: Arrival) -> Mapping[str, Any]:
    """The mailbox, locked: two that take in its mail at once would each begin a conversation of the same message."""
    rows = await deed.rows(_ACCOUNT, account_id)
    # None where it has another server or folder by now, and whoever listens to that has not begun: these numbers are of the old.
    if not rows or not rows[0]["receiving"] or rows[0]["uid_validity"] != arrival.uid_validity:
        raise Moved
    return rows[0]


async def written(deed: Deed, account: Mapping[str, Any], arrival: Arrival) -> UUID:
    """Write it down with all that follows from it, in a mailbox that the caller has locked."""
    mail = arrival.mail
    about = await email_bounces.returned(deed, account, mail)
    gone = await email_bounces.unsubscribed(deed, mail)
    place = await email_threading.place_of(deed, account["id"], mail, arrival.received)
    if about is not None:
        place = await _beside(deed, account, about)
    silent = mail.automatic is not None or mail.bounce is not None or gone
    sender = None if mail.sender is None or mail.bounce is not None else mail.sender.key
    match = await email_matches.matched(deed, account, sender, place.thread_id)
    effect = await _ruled(deed, account, mail)
    if gone and effect.folder is None:
        effect.folder, effect.seen = EmailFolder.ARCHIVE, True
    thread = place.thread_id or await email_threads.begin(
        deed, account["id"], (mail.subject or "")[:LONGEST_SUBJECT], mail.sent_at
    )
    values = _columns(account, arrival, match, effect, silent=silent) | {"thread_id": thread, "reply_to_id": place.reply_to_id}
    message, _ = await insert(deed, EmailMessage, Kind.EMAIL_MESSAGE, values)
    if place.thread_id is None:
        await deed.run(_JOINS, place.reply_to_id, thread, account["id"])
    await _recipients(deed, message.id, mail)
    await write_files(deed, message, arrival)
    if sender is not None:
        await email_matches.suggest(deed, message.id, sender, match.suggestions)
    if place.reply_to_id is not None and not silent:
        await deed.run(
            "UPDATE email_message SET answered_at = coalesce(answered_at, $2) WHERE id = $1", place.reply_to_id, deed.at
        )
    await email_threads.recount(deed, thread)
    told = [FieldChange(name, None, values[column]) for name, column in (("subject", "subject"), ("fromAddress", "from_address"))]
    await record_change(deed, message, "email_message.receive", told)
    if deed.at - arrival.received < NEWS:
        await _tell(deed, account, message, effect, silent=silent)
    return message.id


async def _beside(deed: Deed, account: Mapping[str, Any], message_id: UUID) -> Place:
    """A report stands beside what it is about, where that is in the same mailbox."""
    rows = await deed.rows("SELECT account_id, thread_id FROM email_message WHERE id = $1", message_id)
    return Place(rows[0]["thread_id"] if rows[0]["account_id"] == account["id"] else None, message_id)


async def _ruled(deed: Deed, account: Mapping[str, Any], mail: ReceivedMail) -> Effect:
    """What the rules of the mailbox do with it."""
    rules = await deed.rows("SELECT * FROM email_rule WHERE account_id = $1 AND active ORDER BY position, id", account["id"])
    if not rules:
        return Effect()
    for rule in rules:
        if isinstance(rule["conditions"], str):
            rule["conditions"] = orjson.loads(rule["conditions"])
    facts = Facts(
        sender=mail.sender.address if mail.sender else "", recipients=[each.address.address for each in mail.recipients],
        subject=mail.subject or "", text=mail.text, attachments=len(mail.attachments),
    )  # fmt: skip
    effect = applied(rules, facts)
    if effect.assignee is not None:
        query = "SELECT id FROM user_account WHERE id = $1 AND active AND deleted_at IS NULL"
        effect.assignee = effect.assignee if await deed.rows(query, effect.assignee) else None
    return effect


def _columns(account: Mapping[str, Any], arrival: Arrival, match: Match, effect: Effect, *, silent: bool) -> dict[str, Any]:
    mail, page = arrival.mail, arrival.page
    references = [f"<{each}>" for each in mail.references]
    return {
        "account_id": account["id"], "direction": EmailDirection.INBOUND.value, "state": EmailState.RECEIVED.value,
        "folder": (effect.folder or EmailFolder.INBOX).value, "category": EmailCategory.PERSONAL.value,
        "party_id": match.party_id, "contact_id": match.contact_id, "assignee_id": effect.assignee, "filed": silent,
        "rfc_message_id": _named(mail.message_id), "rfc_in_reply_to": _named(next(iter(mail.in_reply_to), None)),
        "rfc_references": " ".join(references) or None, "subject": (mail.subject or "")[:LONGEST_SUBJECT],
        "from_address": mail.sender.address if mail.sender else None, "from_name": mail.sender.name if mail.sender else None,
        "reply_address": mail.reply_to.address if mail.reply_to else None, "dated_at": mail.sent_at,
        "received_at": arrival.received, "text": mail.text, "html": page.html if page else None, "snippet": arrival.snippet,
        "size": min(mail.size, 2**31 - 1), "remote_images": page.remote_images if page else 0, "remarks": arrival.remarks,
        "auto_reply": mail.automatic is not None, "bounce": mail.bounce is not None, "seen": effect.seen,
        "flagged": effect.flagged, "uid_validity": arrival.uid_validity, "uid": arrival.uid, "fingerprint": mail.fingerprint,
    }  # fmt: skip


def _named(name: str | None) -> str | None:
    return None if name is None else f"<{name}>"[:LONGEST_ID]


async def _recipients(deed: Deed, message_id: UUID, mail: ReceivedMail) -> None:
    known = await email_matches.known(deed, [each.address.key for each in mail.recipients])
    people = [known.get(each.address.key, {}) for each in mail.recipients]
    await deed.run(
        _RECIPIENTS, message_id, [new_id(Kind.EMAIL_RECIPIENT) for _ in people], [each.role for each in mail.recipients],
        [each.address.address for each in mail.recipients], [each.address.name for each in mail.recipients],
        [each.get("party_id") for each in people], [each.get("contact_id") for each in people],
    )  # fmt: skip


async def _tell(deed: Deed, account: Mapping[str, Any], message: Any, effect: Effect, *, silent: bool) -> None:
    """Whoever sees the mailbox is pushed it; who looks after it is notified, unless a rule put it aside or no person wrote it."""
    for topic in (Topic.NEW_MAIL, Topic.MAIL_RECEIVED):
        await events.record(deed, topic, message.id)
    if silent or effect.seen or message.folder != EmailFolder.INBOX:
        return
    await notify_people(deed, Notice.EMAIL_RECEIVED, message.id, {effect.assignee or account["owner_id"]})
