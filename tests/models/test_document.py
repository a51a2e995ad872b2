"""The bases of numbered papers and their lines: what every one of them will have."""

from __future__ import annotations

from tortoise.fields import DecimalField, FloatField

from crm.models.document import Document, Line
from crm.models.record import OwnedRecord, Record


def decimals(model) -> dict[str, tuple[int, int]]:
    fields = model._meta.fields_map.items()
    return {name: (field.max_digits, field.decimal_places) for name, field in fields if isinstance(field, DecimalField)}


def test_a_document_is_an_owned_record_with_a_number_and_a_flow():
    assert issubclass(Document, OwnedRecord)
    assert issubclass(Document, Record)
    fields = Document._meta.fields_map
    assert {"number", "status", "submitted_at", "cancelled_at", "cancel_reason", "currency", "exchange_rate"} <= set(fields)
    assert {"id", "version", "created_at", "updated_at", "deleted_at"} <= set(fields)
    assert fields["number"].unique
    assert not fields["number"].null


def test_amounts_prices_and_quantities_have_the_houses_scales():
    assert decimals(Line) == {
        "quantity": (18, 4),
        "unit_price": (20, 6),
        "discount_percent": (9, 4),
        "discount_amount": (20, 4),
        "tax_rate": (9, 4),
        "amount": (20, 4),
    }
    assert decimals(Document) == {"exchange_rate": (20, 10)}


def test_no_money_is_a_float():
    for model in (Document, Line):
        assert not [name for name, field in model._meta.fields_map.items() if isinstance(field, FloatField)]


def test_both_are_bases_without_a_table():
    assert Document._meta.abstract
    assert Line._meta.abstract
