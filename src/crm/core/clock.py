"""The time, always aware and in UTC, and how instants are printed."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """This instant in UTC."""
    return datetime.now(UTC)


def print_instant(instant: datetime) -> str:
    """RFC 3339 in UTC exactly as PostgreSQL's `row_to_json` prints a `timestamptz`.

    Microseconds without trailing zeros, `+00:00`. Both ways of reading (loaders and compiled statements) must give equal bytes.
    """
    utc = instant.astimezone(UTC)
    text = utc.strftime("%Y-%m-%dT%H:%M:%S")
    if utc.year < 1000:
        text = f"{utc.year:04d}{text[text.index('-') :]}"
    fraction = f".{utc.microsecond:06d}".rstrip("0") if utc.microsecond else ""
    return f"{text}{fraction}+00:00"
