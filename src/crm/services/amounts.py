"""Money that came from outside: in which currency, at what rate, and never less than nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from crm.core.errors import DomainError, Invalid, Refusals
from crm.core.naming import camel_case

_CURRENCY = re.compile(r"[A-Z]{3}")


def check_amounts(values: Mapping[str, Any], names: Sequence[str]) -> None:
    """The amounts among the values are not negative, their currency looks like one, and the exchange rate is above zero."""
    errors: list[DomainError] = [
        Invalid("An amount is not negative.", ("input", camel_case(name))) for name in names if (values.get(name) or 0) < 0
    ]
    if "currency" in values and not _CURRENCY.fullmatch(values["currency"]):
        errors.append(Invalid("A currency is three capital letters, such as CNY.", ("input", "currency")))
    if "exchange_rate" in values and values["exchange_rate"] <= 0:
        errors.append(Invalid("An exchange rate is above zero.", ("input", "exchangeRate")))
    if errors:
        raise errors[0] if len(errors) == 1 else Refusals(errors)
