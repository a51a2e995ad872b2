"""Suppliers."""

from __future__ import annotations

from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.customers.duplicate import duplicates_field
from crm.schema.customers.party import Party


@noun(
    "party",
    entity="supplier",
    fixed="SUPPLIER",
    segmented=True,
    order="-updated_at",
    description="An organisation that we buy from (供应商).",
)
class Supplier(Party):
    """供应商."""


SupplierFilter = filter_of(Supplier)
SupplierOrder = order_of(Supplier)
SupplierPayload = payload_of(Supplier, duplicates=duplicates_field())
