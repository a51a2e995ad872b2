"""Inputs of mutations as plain data: what services take, and what tells one call from another."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import orjson
import strawberry
from strawberry.types.base import StrawberryMaybe, get_object_definition

from crm.services.values import loggable


def fingerprint(arguments: dict[str, Any], key: bytes) -> str:
    """What tells one input from another: all arguments, absent ones and nulls apart.

    Keyed, because it is stored and some inputs hold passwords: a plain hash could be guessed at past Argon2.
    """
    plain = {name: plain_input(value) for name, value in arguments.items()}
    text = orjson.dumps(loggable(plain), option=orjson.OPT_SORT_KEYS, default=str)
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def plain_input(value: Any) -> Any:
    """An input object as a mapping of what the client wrote, by column-style names; enums as their values."""
    definition = get_object_definition(value) if not isinstance(value, type) else None
    if definition is not None and definition.is_input:
        given = {}
        for item in definition.fields:
            found = getattr(value, item.python_name)
            if isinstance(found, strawberry.Some):
                given[item.python_name] = plain_input(found.value)
            elif found is not strawberry.UNSET and not (found is None and _is_maybe(item)):
                given[item.python_name] = plain_input(found)
        return given
    if isinstance(value, list):
        return [plain_input(each) for each in value]
    return value.value if hasattr(value, "value") and hasattr(value, "name") else value


def _is_maybe(item: Any) -> bool:
    return isinstance(item.type, StrawberryMaybe)
