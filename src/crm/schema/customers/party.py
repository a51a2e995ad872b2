"""The interface `Party`: what customers, channels and suppliers have in common, over one table."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from crm.graph.fields import column, owned_list, related, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.schema.customers.enums import Lifecycle, PartyType
from crm.schema.system.record import OwnedRecord

ITEM = "system.DictionaryItem"


@noun(
    "party",
    interface=True,
    segmented=True,
    order="-updated_at",
    description="An organisation or person we deal with (往来单位): a customer, a channel or a supplier.",
    extra=("owner_since", "protected_until", "channel_group_id", "territory_id", "channel_id"),
)
class Party(OwnedRecord):
    """往来单位."""

    type: PartyType = column("Which of the three; never changes.")
    name: str = column("Its full name (名称).", sort="name_key")
    short_name: str | None = column("What people call it (简称).")
    credit_code: str | None = column("Unified social credit code (统一社会信用代码).")
    level = related(ITEM, "level_id", "Dictionary `customer_level` (客户级别).", card=True)
    category = related(ITEM, "category_id", "Dictionary `customer_type`, `channel_type` or `supplier_type` (类型).", card=True)
    source = related(ITEM, "source_id", "Dictionary `customer_source` (来源).", card=True)
    industry = related(ITEM, "industry_id", "Dictionary `industry` (行业).", card=True)
    region = related(ITEM, "region_id", "Dictionary `region` (地区).", card=True)
    credit_grade = related(ITEM, "credit_grade_id", "Dictionary `credit_grade` (信用等级).", card=True)
    credit_limit: Decimal | None = column("Most that may be owed at once, in the organisation's currency (信用额度).")
    payment_terms_days: int | None = column("Days until an invoice is due (账期).")
    website: str | None = column("Its website (网址).")
    lifecycle: Lifecycle = column("How far the relationship has come (生命周期).")
    parent = related("customers.Party", "parent_id", "The party it belongs to (上级单位).")
    last_contact_at: datetime | None = column("When somebody last dealt with it (最近联系时间).", sort=True)
    next_contact_at: datetime | None = column("When it is to be contacted next (下次联系时间).", sort=True)
    contact_cycle_days: int | None = column("Every how many days it is to be contacted (联系周期).")
    note: str | None = column("Anything else (备注).", filterable=False)
    phone_numbers = owned_list("customers.PhoneNumber", "party_id", "Its phone numbers (电话).")
    email_addresses = owned_list("customers.EmailAddress", "party_id", "Its e-mail addresses (电子邮件).")
    addresses = owned_list("customers.Address", "party_id", "Its addresses (地址).")
    subsidiaries = related_list("customers.Party", "parent_id", "The parties that belong to it (下级单位).", search=True)
    contacts = related_list("customers.Contact", "party_id", "The people there (联系人).", search=True)
    activities = related_list("customers.Activity", "party_id", "What is planned and what was done (活动).")
    email_messages = related_list("messaging.EmailMessage", "party_id", "The e-mail with it (邮件).")
    sms_messages = related_list("messaging.SmsMessage", "party_id", "The short messages with it (短信).")
    calls = related_list("customers.Call", "party_id", "The telephone calls with it (来电).")
    opportunities = related_list("customers.Opportunity", "party_id", "What may be sold to it (销售机会).")
    contracts = related_list("marketing.Contract", "party_id", "What was agreed with it (合同).")
    projects = related_list("customers.Project", "party_id", "What is carried out for it (项目).")
    maintenances = related_list("customers.Maintenance", "party_id", "The after-sales maintenance for it (后期维护).")
    service_cases = related_list("customers.ServiceCase", "party_id", "What it wanted of our service (服务单).")
    deliveries = related_list("trade.Delivery", "party_id", "What was sent to it (发货单).")
    trail = related_list("system.Change", "party_id", "The change log of the party and all its records (往来变更记录).")


PartyFilter = filter_of(Party)
PartyOrder = order_of(Party)
