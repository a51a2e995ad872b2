"""Rows in the binary form of COPY, column by column: half the work of the driver's own encoding, and possible in another process.

The values of most columns come again and again, so each is encoded once and remembered. Ids and instants do not.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from itertools import chain, repeat
from typing import Any, NamedTuple

from crm.cli.synthetic.batch import TABLES, Batch, Writer
from crm.services.deeds import Deed

Types = Mapping[str, Mapping[str, str]]
"""Table → column → type."""
Encode = Callable[[Any], bytes]

_BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_EPOCH, _FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC), date(2000, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)
_BASE = 10_000

_short, _int, _long = struct.Struct(">ih").pack, struct.Struct(">ii").pack, struct.Struct(">iq").pack


class Packed(NamedTuple):
    """The rows of one table, ready to be copied."""

    table: str
    label: str
    columns: tuple[str, ...]
    rows: int
    data: bytes


def packed(batch: Batch, types: Types) -> list[Packed]:
    """Every table of a batch, in the order in which they can be written."""
    return [_packed(batch.of(kind), kind._fields, *TABLES[kind], types) for kind in batch.filled()]


async def read_types(deed: Deed) -> Types:
    """The types of the columns of all tables that batches fill."""
    rows = await deed.rows(
        "SELECT attrelid::regclass::text AS table, attname, format_type(atttypid, NULL) AS type FROM pg_attribute"
        " WHERE attrelid = ANY($1::text[]::regclass[]) AND attnum > 0 AND NOT attisdropped",
        [table for table, _ in TABLES.values()],
    )
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row["table"], {})[row["attname"]] = row["type"]
    return found


async def write_packed(deed: Deed, writer: Writer, parts: Iterable[Packed]) -> None:
    """Copy packed rows inside the deed's transaction."""
    for part in parts:
        async with deed.tx.acquire_connection() as connection:
            await connection.copy_to_table(part.table, source=BytesIO(part.data), columns=part.columns, format="binary")
        writer.count(part.label, part.rows)


def _packed(rows: Sequence[Any], columns: tuple[str, ...], table: str, label: str, types: Types) -> Packed:
    encoded: list[Iterable[bytes]] = [repeat(struct.pack(">h", len(columns)))]
    for name, values in zip(columns, zip(*rows, strict=True), strict=True):
        type_ = types[table][name]
        encoded.append(_AT_ONCE[type_](values) if type_ in _AT_ONCE else map(_Encoded(_ENCODERS[type_]).__getitem__, values))
    return Packed(table, label, columns, len(rows), b"".join([_BEGIN, *chain.from_iterable(zip(*encoded, strict=False)), _END]))


class _Encoded(dict[Any, bytes]):
    """Values of one column, each encoded when it is met first."""

    def __init__(self, encode: Encode) -> None:
        super().__init__({None: _NULL})
        self._encode = encode

    def __missing__(self, value: Any) -> bytes:
        made = self[value] = self._encode(value)
        return made


def _text(value: str) -> bytes:
    data = value.encode()
    return len(data).to_bytes(4, "big") + data


def _ids(values: Iterable[Any]) -> list[bytes]:
    return [_NULL if value is None else b"\0\0\0\x10" + value.bytes for value in values]


def _instants(values: Iterable[Any]) -> list[bytes]:
    return [_NULL if value is None else _long(8, (value - _EPOCH) // _MICROSECOND) for value in values]


def _tokens(value: Iterable[str]) -> bytes:
    """A `tsvector` without positions. PostgreSQL sorts what does not come in its order."""
    data = struct.pack(">i", len(tokens := sorted(each.encode() for each in value)))
    data += b"".join(token + b"\0\0\0" for token in tokens)
    return len(data).to_bytes(4, "big") + data


def _json(value: str) -> bytes:
    """A text that is JSON already, behind the number of the format."""
    data = value.encode()
    return (len(data) + 1).to_bytes(4, "big") + b"\1" + data


def _numeric(value: Decimal) -> bytes:
    """Groups of four digits to the base 10,000, none of them zero at either end; `weight` is the power of the first."""
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), "a number"
    scale = max(0, -exponent)
    behind = -(-scale // 4)  # groups behind the point
    number, groups = abs(int(value.scaleb(4 * behind))), list[int]()
    while number:
        number, group = divmod(number, _BASE)
        groups.append(group)
    weight = len(groups) - 1 - behind
    while groups and not groups[0]:
        del groups[0]
    sign = 0x4000 if value < 0 else 0
    groups.reverse()
    return struct.pack(f">ihhHh{len(groups)}H", 8 + 2 * len(groups), len(groups), weight if groups else 0, sign, scale, *groups)


_AT_ONCE = {"uuid": _ids, "timestamp with time zone": _instants}
_ENCODERS: dict[str, Encode] = {
    "character varying": _text,
    "text": _text,
    "date": lambda value: _int(4, value.toordinal() - _FIRST_DAY),
    "boolean": lambda value: b"\0\0\0\x01\x01" if value else b"\0\0\0\x01\0",
    "smallint": lambda value: _short(2, value),
    "integer": lambda value: _int(4, value),
    "bigint": lambda value: _long(8, value),
    "numeric": _numeric,
    "tsvector": _tokens,
    "jsonb": _json,
}
