"""Contacts."""

from __future__ import annotations

from datetime import date

import strawberry

from crm.graph.fields import column, owned_list, related, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.customers.address import AddressInput
from crm.schema.customers.duplicate import duplicates_field
from crm.schema.customers.email_address import EmailAddressInput
from crm.schema.customers.phone_number import PhoneNumberInput
from crm.schema.system.custom_value import OwnedValues
from crm.schema.system.record import OwnedRecord


@noun(
    "contact",
    entity="contact",
    order="name",
    segmented=True,
    description="A person at a customer, channel or supplier (联系人).",
)
class Contact(OwnedRecord):
    """联系人."""

    name: str = column("The person's name (姓名).", sort="name_key")
    title: str | None = column("Position held (职务).")
    department_name: str | None = column("Their department over there (所在部门).")
    primary: bool = column("Whether it is the first to ask for (主要联系人).")
    birthday_on: date | None = column("Birthday (生日).")
    note: str | None = column("Anything else (备注).", filterable=False)
    party = related("customers.Party", "party_id", "Where the person works (所属单位).")
    phone_numbers = owned_list("customers.PhoneNumber", "contact_id", "Their phone numbers (电话).")
    email_addresses = owned_list("customers.EmailAddress", "contact_id", "Their e-mail addresses (电子邮件).")
    addresses = owned_list("customers.Address", "contact_id", "Their addresses (地址).")
    activities = related_list("customers.Activity", "contact_id", "What is planned and was done with them (活动).")
    calls = related_list("customers.Call", "contact_id", "The telephone calls with them (来电).")
    email_messages = related_list("messaging.EmailMessage", "contact_id", "The e-mail with them (邮件).")
    sms_messages = related_list("messaging.SmsMessage", "contact_id", "The short messages with them (短信).")
    stakes = related_list("customers.Stakeholder", "contact_id", "Where they have a say (影响).")
    opportunities = related_list("customers.Opportunity", "contact_id", "What they may decide to buy (销售机会).")


ContactFilter = filter_of(Contact)
ContactOrder = order_of(Contact)
ContactPayload = payload_of(Contact, duplicates=duplicates_field())


@strawberry.input(description="What creation and update of a contact have in common.")
class ContactValues(OwnedValues):
    """Everything but the party and the owner."""

    title: strawberry.Maybe[str | None] = strawberry.field(description="Position held (职务).")
    department_name: strawberry.Maybe[str | None] = strawberry.field(description="Their department over there (所在部门).")
    primary: strawberry.Maybe[bool] = strawberry.field(description="Whether it is the first to ask for.")
    birthday_on: strawberry.Maybe[date | None] = strawberry.field(description="Birthday (生日).")
    note: strawberry.Maybe[str | None] = strawberry.field(description="Anything else, at most 20,000 characters.")
    phone_numbers: strawberry.Maybe[list[PhoneNumberInput]] = strawberry.field(
        description="The whole list of their phone numbers, at most 50; replaces what is there."
    )
    email_addresses: strawberry.Maybe[list[EmailAddressInput]] = strawberry.field(
        description="The whole list of their e-mail addresses, at most 50; replaces what is there."
    )
    addresses: strawberry.Maybe[list[AddressInput]] = strawberry.field(
        description="The whole list of their addresses, at most 50; replaces what is there."
    )


@strawberry.input(description="The values of a contact. Absent fields stay as they are; null clears.")
class ContactUpdateInput(ContactValues):
    """What an update takes."""

    name: strawberry.Maybe[str] = strawberry.field(description="The person's name (姓名).")


@strawberry.input(description="A new contact.")
class ContactCreateInput(ContactValues):
    """Name and party must be given; without an owner the record is the creator's."""

    party_id: strawberry.ID = strawberry.field(description="Where the person works (所属单位).")
    name: str = strawberry.field(description="The person's name (姓名).")
    owner_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Who will be responsible (负责人).")
