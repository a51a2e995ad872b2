"""Accounts for short messages."""

from __future__ import annotations

from decimal import Decimal

import strawberry

from crm.graph.fields import column, computed
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.schema.messaging.sms_enums import SmsDriver
from crm.schema.system.record import Record

MAY_CHANGE = "sms_account.update"


@noun(
    "sms_account",
    entity="sms_account",
    order="code",
    description="By what short messages are sent (短信账号): a provider or a way of our own. All staff choose from them.",
)
class SmsAccount(Record):
    """短信账号."""

    code: str = column("Its name in the address of its hook (编码), which never changes.", sort=True)
    name: str = column("What people call it (名称).")
    driver: SmsDriver = column("By what it sends (通道).")
    url: str | None = column("Where the provider listens (地址).", requires=MAY_CHANGE, filterable=False)
    sender: str | None = column("The number or name that recipients see (发送号码).")
    signature: str | None = column("What stands in 【】 before every text (签名).")
    opt_out_text: str | None = column("What is added to marketing, so that people can opt out (退订提示).")
    per_second: int = column("How many messages it takes in a second (每秒条数); a long one counts for each of its parts.")
    per_number_per_day: int | None = column("How many one number gets within 24 hours (每号每日上限); null is no limit.")
    quiet_from: str | None = column("From when on marketing waits (免打扰开始), such as 21:00.")
    quiet_until: str | None = column("Until when it waits (免打扰结束), such as 08:00.")
    time_zone: str = column("By whose clocks (时区).")
    segment_price: Decimal = column("What one part of a message costs (单价).", filterable=False)
    currency: str = column("ISO 4217, such as CNY (币种).")
    primary: bool = column("Whether it sends what names no account (默认账号).")
    active: bool = column("Whether anything is sent by it (启用).")

    @computed("Whether a secret is kept for it (已设密钥). It is never shown.", reads=("sealed_secret",), requires=MAY_CHANGE)
    def secret_set(root: Row) -> bool | None:
        """Only that there is one."""
        root.check("secret_set")
        return root.record["sealed_secret"] is not None


SmsAccountFilter = filter_of(SmsAccount)
SmsAccountOrder = order_of(SmsAccount)
SmsAccountPayload = payload_of(SmsAccount)


@strawberry.input(description="What creation and update of an account for short messages have in common.")
class SmsAccountValues:
    """短信账号."""

    url: strawberry.Maybe[str | None] = strawberry.field(description="Where the provider listens: https://… or smpp://….")
    secret: strawberry.Maybe[str | None] = strawberry.field(
        description="What the provider and we sign with, or its password; kept encrypted, never shown. Null forgets it."
    )
    sender: strawberry.Maybe[str | None] = strawberry.field(description="The number or name that recipients see.")
    signature: strawberry.Maybe[str | None] = strawberry.field(description="What stands in 【】; without the brackets.")
    opt_out_text: strawberry.Maybe[str | None] = strawberry.field(description="Added to marketing, such as 拒收请回复R.")
    per_second: strawberry.Maybe[int] = strawberry.field(description="Messages in a second, 1 to 1000; 10 at first.")
    per_number_per_day: strawberry.Maybe[int | None] = strawberry.field(description="1 to 1000; null is no limit.")
    quiet_from: strawberry.Maybe[str | None] = strawberry.field(description="A time of day, such as 21:00.")
    quiet_until: strawberry.Maybe[str | None] = strawberry.field(description="A time of day, such as 08:00.")
    time_zone: strawberry.Maybe[str] = strawberry.field(description="Such as Asia/Shanghai, which it is at first.")
    segment_price: strawberry.Maybe[Decimal] = strawberry.field(description="What one part costs; not negative.")
    currency: strawberry.Maybe[str] = strawberry.field(description="ISO 4217; CNY at first.")
    primary: strawberry.Maybe[bool] = strawberry.field(description="True makes it the one and only primary account.")
    active: strawberry.Maybe[bool] = strawberry.field(description="False: nothing is sent by it.")


@strawberry.input(description="The values of an account for short messages. Absent fields stay as they are; null clears.")
class SmsAccountUpdateInput(SmsAccountValues):
    """What an update takes."""

    name: strawberry.Maybe[str] = strawberry.field(description="What people call it.")
    driver: strawberry.Maybe[SmsDriver] = strawberry.field(description="By what it sends.")


@strawberry.input(description="A new account for short messages.")
class SmsAccountCreateInput(SmsAccountValues):
    """Code, name and driver must be given."""

    code: str = strawberry.field(description="Small letters, digits and hyphens, unique.")
    name: str = strawberry.field(description="What people call it.")
    driver: SmsDriver = strawberry.field(description="By what it sends.")
