"""Files on records of the fixture company: on those that are seen, those that are not, those that are gone; and loose ones."""

from __future__ import annotations

from datetime import timedelta

from tests.factories.company_rows import Company, Fact, bits, instant, key, user_id

from crm.core.kinds import Kind

TYPES = ("application/pdf", "image/png", "text/csv")
TABLES = {"party": Kind.PARTY, "contact": Kind.CONTACT, "activity": Kind.ACTIVITY, "contract": Kind.CONTRACT,
          "sms_message": Kind.SMS_MESSAGE}  # fmt: skip


def files(company: Company) -> None:
    """After all records."""
    for table, kind in TABLES.items():
        for row in company.of(table):
            number = bits(f"files of {row.id}")
            if number % 3 == 0:
                _file(company, f"{table} {row.id}", row, kind)
            if number % 11 == 0:
                _file(company, f"removed {table} {row.id}", row, kind, removed=True)
    for name in ("agent", "partner", "admin"):
        _file(company, f"loose of {name}", None, None, author=name)


def _file(
    company: Company, name: str, row: Fact | None, kind: Kind | None, *, author: str = "outsider", removed: bool = False
) -> None:
    number, at = bits(f"file {name}"), instant(f"file {name}")
    company.add(
        "stored_file", id=key(Kind.STORED_FILE, name), record_id=None if row is None else row.id,
        record_kind=None if kind is None else int(kind), name=f"{name}.pdf", media_type=TYPES[number % 3], size=1 + number % 9000,
        sha256=f"{number:064x}", author_id=user_id(author), created_at=at, deleted_at=at + timedelta(days=1) if removed else None,
    )  # fmt: skip
