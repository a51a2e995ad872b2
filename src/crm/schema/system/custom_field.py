"""Definitions of custom fields."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, computed, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.rules.system.field_types import FieldType
from crm.schema.system.record import Record

strawberry.enum(
    FieldType,
    name="CustomFieldType",
    description="What sort of value a custom field has: 文本, 数字, 金额, 日期, 单选, 多选, 人员, 关联记录, 是否.",
)


@noun(
    "custom_field",
    entity="custom_field",
    order="position",
    label="label_zh",
    description="A field that an administrator has added to the records of an entity (自定义字段).",
)
class CustomField(Record):
    """自定义字段."""

    entity: str = column("Whose records have it, such as `customer` (对象).", sort=True)
    key: str = column("The name programs use, unique in its entity; never changed.", sort=True)
    type: FieldType = column("What sort of value it has (类型).")
    label_zh: str = column("The Chinese label.")
    label_en: str = column("The English label.")
    dictionary = related(
        "system.Dictionary", "dictionary_id", "Where the options of OPTION and MULTI_OPTION come from.", card=True
    )
    target: str | None = column("Of RECORD: the entity whose records it names, such as `contact`.")
    required: bool = column("Whether a new record needs a value, and none can be cleared (必填).")
    unique: bool = column("Whether no two records have the same value (唯一).", column="distinct_values", filterable=False)
    default_value: str | None = column(
        "What a new record gets that says nothing else (默认值), as text; of an option its code.", filterable=False
    )
    filterable: bool = column("Whether lists can be filtered by it (可筛选).")
    sortable: bool = column("Whether lists can be ordered by it (可排序).")
    importable: bool = column("Whether imports offer it (可导入).")
    position: int = column("Its place in forms (排序).", sort=True)
    active: bool = column("Whether it is still in use; a retired one shows its values and takes no new ones (启用).")

    @computed(
        "Whether its values stand in an index (索引): those of every field that can be asked about or ordered by.",
        needs=("filterable", "sortable"),
    )
    def indexed(root: Row) -> bool:
        """One index holds the values of all fields of a type, so there is nothing to switch on."""
        return bool(root.record["filterable"] or root.record["sortable"])


CustomFieldFilter = filter_of(CustomField)
CustomFieldOrder = order_of(CustomField)
CustomFieldPayload = payload_of(CustomField)


@strawberry.input(description="What creation and update of a custom field have in common.")
class CustomFieldSettings:
    """What a field is asked to be, beside its type and labels."""

    required: strawberry.Maybe[bool] = strawberry.field(
        description="Whether new records need a value; old ones stay as they are."
    )
    unique: strawberry.Maybe[bool] = strawberry.field(description="Whether no two records have the same value.")
    default_value: strawberry.Maybe[str | None] = strawberry.field(
        description="What a new record gets: a number, a day, `true`, the code of an option, or a text."
    )
    filterable: strawberry.Maybe[bool] = strawberry.field(description="Whether lists can be filtered by it.")
    sortable: strawberry.Maybe[bool] = strawberry.field(
        description="Whether lists can be ordered by it: texts, numbers, amounts, days, yes or no."
    )
    importable: strawberry.Maybe[bool] = strawberry.field(description="Whether imports offer it.")
    position: strawberry.Maybe[int] = strawberry.field(description="Its place in forms.")
    active: strawberry.Maybe[bool] = strawberry.field(description="`false` retires it: its values stay and no new ones come.")


@strawberry.input(description="The values of a custom field. Absent fields stay as they are; null clears.")
class CustomFieldUpdateInput(CustomFieldSettings):
    """Entity, key, dictionary and target never change."""

    type: strawberry.Maybe[FieldType] = strawberry.field(
        description="What sort of value it has; refused where there are values that cannot be turned into the other."
    )
    label_zh: strawberry.Maybe[str] = strawberry.field(description="The Chinese label.")
    label_en: strawberry.Maybe[str] = strawberry.field(description="The English label.")


@strawberry.input(description="A new custom field.")
class CustomFieldCreateInput(CustomFieldSettings):
    """Entity, key, type and labels must be given."""

    entity: str = strawberry.field(description="Whose records get it: an entity whose records have owners, such as `customer`.")
    key: str = strawberry.field(description="1 to 40 small letters, digits or `_`, a letter first; never changed.")
    type: FieldType = strawberry.field(description="What sort of value it has.")
    label_zh: str = strawberry.field(description="The Chinese label.")
    label_en: str = strawberry.field(description="The English label.")
    dictionary_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Where the options come from; for OPTION and MULTI_OPTION."
    )
    target: strawberry.Maybe[str] = strawberry.field(description="The entity whose records it names; for RECORD.")
