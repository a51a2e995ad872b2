"""The fixed table of record kinds. A kind's number stands inside every id (`core/ids.py`), so it is never changed or reused."""

from __future__ import annotations

from enum import IntEnum, unique


@unique
class Kind(IntEnum):
    """What sort of record an id belongs to. Customer, channel and supplier share `PARTY`."""

    USER = 1
    DEPARTMENT = 2
    ROLE = 3
    EVERYONE = 4
    SESSION = 5
    SHARE = 6
    CHANGE = 7
    DICTIONARY = 8
    DICTIONARY_ITEM = 9
    TAG = 10
    PARTY = 20
    CONTACT = 21
    ACTIVITY = 22
    PHONE_NUMBER = 23
    EMAIL_ADDRESS = 24
    ADDRESS = 25
