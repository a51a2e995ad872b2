"""Instants are in UTC and printed byte for byte as PostgreSQL prints them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from crm.core.clock import now, print_instant


def test_now_is_aware_and_in_utc():
    assert now().tzinfo is UTC


INSTANTS = [
    datetime(2026, 1, 31, 9, 0, tzinfo=UTC),
    datetime(2026, 1, 31, 9, 0, 0, 120_000, tzinfo=UTC),
    datetime(2026, 1, 31, 9, 0, 0, 1, tzinfo=UTC),
    datetime(2026, 1, 31, 9, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=8))),
    datetime(2026, 1, 31, 1, 30, tzinfo=timezone(timedelta(hours=-5, minutes=-30))),
    datetime(987, 6, 5, tzinfo=UTC),
    datetime(1, 1, 2, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999_998, tzinfo=UTC),
]


@pytest.mark.parametrize("instant", INSTANTS, ids=str)
async def test_instants_are_printed_as_postgresql_prints_them(database, instant):
    async with database.connection() as connection:
        printed = await connection.fetchval("SELECT row_to_json(x)->>'at' FROM (SELECT $1::timestamptz AS at) x", instant)
    assert print_instant(instant) == printed
