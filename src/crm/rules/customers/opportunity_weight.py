"""What an opportunity is worth by its probability (加权金额)."""

from __future__ import annotations

from decimal import Decimal

from crm.core.money import round_money


def weighted_amount(amount: Decimal, probability: int, currency: str) -> Decimal:
    """Amount times probability in whole per cent, half up to the currency's digits."""
    # 20 digits times 3 stay within the 28 that a product keeps, so nothing is rounded before `round_money` does it.
    return round_money((amount * probability).scaleb(-2), currency)
