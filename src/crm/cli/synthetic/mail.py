"""Synthetic e-mail: mailboxes that have no server, and what came to them and went out, each letter with the activity it became.

No activity is made for it: what was entered as mail, done and with a contact who has an address, is a letter then. All addresses
are of domains that nobody can have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.mail_rows import EmailAccountRow, EmailMemberRow, EmailMessageRow, EmailRecipientRow, EmailThreadRow
from crm.cli.synthetic.party_rows import ActivityRow, ContactRow, EmailAddressRow
from crm.cli.synthetic.scene import Owner
from crm.core.kinds import Kind
from crm.rules.customers.activity_flow import ActivityKind, ActivityStatus
from crm.rules.messaging.email_flow import EmailAccountKind, EmailDirection, EmailFolder, EmailRecipientState, EmailState
from crm.rules.messaging.email_mime import message_id_of
from crm.rules.messaging.email_subjects import answering, subject_key
from crm.rules.messaging.email_text import snippet

DOMAIN = "example.com"
TOGETHER = timedelta(days=120)
"""What comes later begins a conversation of its own."""
UNSEEN = 0.3
SUBJECTS = (
    ("节能水泵询价", "Inquiry: pumps"), ("交货期确认", "Delivery date"), ("对账单有出入", "Statement of account"),
    ("样品寄送地址", "Where to send samples"), ("合同盖章件", "Signed contract"), ("设备参数咨询", "Technical data"),
)  # fmt: skip
ASKED = (
    ("您好，\n\n请报一下价格和交货期，数量约50台。", "Hello,\n\nplease quote price and delivery for about 50 pieces."),
    ("您好，\n\n附件已收到，还有两处想再确认。", "Hello,\n\nwe got the papers and have two questions left."),
    ("您好，\n\n下周三前需要答复，麻烦尽快处理。", "Hello,\n\nwe need an answer by next Wednesday."),
)
ANSWERED = (
    ("您好，\n\n已按您的要求处理，资料今天发出，请查收。", "Hello,\n\nit is done as you wished; the papers go out today."),
    ("您好，\n\n单价和交货期如下：现货，款到三天发货。", "Hello,\n\nfrom stock, three days after payment."),
    ("您好，\n\n已转技术部门核实，明天上午给您回复。", "Hello,\n\nour engineers look into it until tomorrow."),
)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox, and of whom the customers write to it."""

    id: UUID
    address: str
    name: str
    people: Collection[UUID]


class _Writer(NamedTuple):
    """Somebody who writes to us."""

    party: UUID
    contact: UUID
    name: str
    address: str

    @property
    def english(self) -> bool:
        return self.name.isascii()


def add_mailbox(
    batch: Batch, dice: Dice, at: datetime, owner: Owner, name: str, local: str, members: Sequence[UUID] = ()
) -> Mailbox:
    """A personal one, or one that is shared with members. Customers of its members write to it, or of its owner."""
    assert owner.id is not None, "somebody's"
    kind = EmailAccountKind.SHARED if members else EmailAccountKind.PERSONAL
    address = f"{local}@{DOMAIN}"
    row = EmailAccountRow(
        id=dice.id(Kind.EMAIL_ACCOUNT, at), created_at=at, created_by_id=owner.id, updated_at=at, updated_by_id=owner.id,
        owner_id=owner.id, department_id=owner.department, address=address, address_key=address, name=name, display_name=name,
        kind=kind.value, signature_text=name,
    )  # fmt: skip
    batch.add(row)
    for place, member in enumerate(members):
        batch.add(EmailMemberRow(dice.id(Kind.EMAIL_MEMBER, at), row.id, member, place))
    return Mailbox(row.id, address, name, frozenset(members or (owner.id,)))


def add_letters(batch: Batch, dice: Dice, mailboxes: Sequence[Mailbox]) -> None:
    """The letters of all parties in the batch; where somebody writes from several mailboxes, they lie in the first."""
    box_of = {person: box for box in reversed(mailboxes) for person in box.people}
    addresses = {row.contact_id: row.address for row in batch.of(EmailAddressRow) if row.contact_id is not None}
    names = {row.id: row.name for row in batch.of(ContactRow) if row.deleted_at is None and row.id in addresses}
    places: dict[UUID, list[int]] = defaultdict(list)
    for place, row in enumerate(batch.of(ActivityRow)):
        if row.contact_id in names and row.owner_id in box_of and _was_mail(row):
            places[row.party_id].append(place)
    for party, theirs in places.items():
        first = batch.of(ActivityRow)[theirs[0]]
        assert first.contact_id is not None
        assert first.owner_id is not None
        writer = _Writer(party, first.contact_id, names[first.contact_id], addresses[first.contact_id])
        for talk in _talks(batch.of(ActivityRow), theirs):
            _add_talk(batch, dice, box_of[first.owner_id], writer, talk)


def _was_mail(row: ActivityRow) -> bool:
    """Whether a letter could have become this activity."""
    done = row.kind == ActivityKind.EMAIL and row.status == ActivityStatus.DONE
    return done and row.planned_at is None and row.deleted_at is None


def _talks(rows: Sequence[ActivityRow], places: Sequence[int]) -> list[list[int]]:
    """Apart where much time lies between."""
    talks: list[list[int]] = []
    last: datetime | None = None
    for place in sorted(places, key=lambda each: rows[each].created_at):
        at = rows[place].created_at
        if last is None or at - last > TOGETHER:
            talks.append([])
        talks[-1].append(place)
        last = at
    return talks


def _add_talk(batch: Batch, dice: Dice, box: Mailbox, writer: _Writer, talk: Sequence[int]) -> None:
    """One conversation: they write and we answer, in turns."""
    activities = batch.of(ActivityRow)
    subject = dice.pick(SUBJECTS)[writer.english]
    begun, ended = activities[talk[0]].created_at, activities[talk[-1]].created_at
    thread = dice.id(Kind.EMAIL_THREAD, begun)
    made: list[EmailMessageRow] = []
    for number, place in enumerate(talk):
        words = dice.pick((ASKED, ANSWERED)[number % 2])[writer.english]
        following = activities[talk[number + 1]].created_at if number + 1 < len(talk) and number % 2 == 0 else None
        letter = _letter(dice, box, writer, activities[place], made)._replace(
            thread_id=thread, subject=answering(subject) if number else subject, text=words, snippet=snippet(words),
            size=len(words.encode()), answered_at=following,
        )  # fmt: skip
        activities[place] = activities[place]._replace(
            subject=letter.subject, content=words, contact_id=writer.contact, created_by_id=letter.created_by_id,
            updated_by_id=letter.created_by_id,
        )  # fmt: skip
        made.append(letter)
    waits = made[-1].received_at is not None and dice.chance(UNSEEN)
    made[-1] = made[-1]._replace(seen=not waits)
    first = made[0].created_by_id
    row = EmailThreadRow(
        id=thread, created_at=begun, created_by_id=first, updated_at=ended, updated_by_id=first, account_id=box.id,
        subject=subject, subject_key=subject_key(subject), party_id=writer.party, contact_id=writer.contact,
        message_count=len(made), unseen_count=int(waits), last_at=ended,
    )  # fmt: skip
    batch.add(row)
    for letter in made:
        batch.add(letter)
        batch.add(_recipient(dice, box, writer, letter))


def _letter(
    dice: Dice, box: Mailbox, writer: _Writer, activity: ActivityRow, before: Sequence[EmailMessageRow]
) -> EmailMessageRow:
    """One of theirs, or the answer to it; what it says follows."""
    at, inbound = activity.created_at, len(before) % 2 == 0
    key, sender = dice.id(Kind.EMAIL_MESSAGE, at), writer.address if inbound else box.address
    earlier = before[-1] if before else None
    return EmailMessageRow(
        id=key, created_at=at, created_by_id=None if inbound else activity.owner_id, updated_at=at,
        updated_by_id=None if inbound else activity.owner_id, account_id=box.id, thread_id=key,
        direction=(EmailDirection.INBOUND if inbound else EmailDirection.OUTBOUND).value,
        state=(EmailState.RECEIVED if inbound else EmailState.SENT).value,
        folder=(EmailFolder.INBOX if inbound else EmailFolder.SENT).value, party_id=writer.party, contact_id=writer.contact,
        assignee_id=activity.owner_id if inbound else None, activity_id=activity.id,
        reply_to_id=earlier.id if earlier else None, rfc_message_id=message_id_of(key, sender),
        rfc_in_reply_to=earlier.rfc_message_id if earlier else None,
        rfc_references=" ".join(each.rfc_message_id for each in before) or None, subject="", from_address=sender,
        from_name=writer.name if inbound else box.name, dated_at=at, received_at=at if inbound else None,
        sent_at=None if inbound else at, ended_at=None if inbound else at, answered_at=None, text="", snippet="", size=0,
        seen=True, tries=0 if inbound else 1,
    )  # fmt: skip


def _recipient(dice: Dice, box: Mailbox, writer: _Writer, letter: EmailMessageRow) -> EmailRecipientRow:
    inbound = letter.received_at is not None
    address, name = (box.address, None) if inbound else (writer.address, writer.name)
    state = EmailRecipientState.NONE if inbound else EmailRecipientState.SENT
    return EmailRecipientRow(
        dice.id(Kind.EMAIL_RECIPIENT, letter.created_at), letter.id, 0, "TO", address, address.lower(), name, state.value,
        None if inbound else "250", letter.sent_at,
    )  # fmt: skip
